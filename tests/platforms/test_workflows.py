"""The workflow files keep to GitHub's schema and run the commands of the README."""

import re
import subprocess
import sys

import pytest
import yaml

from tests.platforms import resolution

REPOSITORY = resolution.REPOSITORY
CI_RUN_MINUTES = 90  # so long may .ci/run take
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))


def load(name):
    """Return a parsed workflow; YAML 1.1 reads the key `on` as true, which is put right."""
    workflow = yaml.safe_load(
        (REPOSITORY / ".github" / "workflows" / name).read_text(encoding="utf-8"))
    workflow["on"] = workflow.pop(True)
    return workflow


def check_schema(path):
    """Validate one file against the schema that check-jsonschema carries (no network)."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema",
               "vendor.github-workflows"]
    return subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_keeps_to_the_schema(path):
    done = check_schema(path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"), [("runs-on:", "runs_on:"), ("timeout-minutes: 90", "timeout-minutes: soon")]
)
def test_a_mistake_is_seen(tmp_path, right, wrong):
    text = (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert right in text
    broken = tmp_path / "ci.yml"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    done = check_schema(broken)
    assert done.returncode == 1
    assert "Schema validation errors" in done.stdout


# A tag can be moved to other code, a commit can't.
PIN = re.compile(r"([\w-]+/[\w-]+)@([0-9a-f]{40})  # (v\d+\.\d+\.\d+)")


def pins(texts):
    """Return what is used in workflows, and those lines of it that name no commit with its version.
    """
    used = [line for text in texts for line in re.findall(r"uses: (.+)", text)]
    return used, [line for line in used if not PIN.fullmatch(line)]


def test_actions_are_pinned_by_commit_the_same_everywhere():
    used, wrong = pins(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    assert used and wrong == []
    assert len(set(used)) == len({PIN.fullmatch(line)[1] for line in used})


@pytest.mark.parametrize("use",
                         ["actions/checkout@v6.0.2", "actions/checkout@de0fac2",
                          f"actions/checkout@{'a' * 40}"])
def test_another_pin_is_seen(use):
    assert pins([f"      - uses: {use}\n"])[1] == [use]


def commands(workflow):
    """Return the shell lines of a workflow's steps."""
    return [step["run"] for job in workflow["jobs"].values() for step in job["steps"]
            if "run" in step]


def test_no_job_stops_before_ci_run_may():
    for path in WORKFLOWS:
        jobs = {name: job for name, job in load(path.name)["jobs"].items()
                if "make" in str(job["steps"])}
        assert {name: job["timeout-minutes"] for name, job in jobs.items()
                if job["timeout-minutes"] < CI_RUN_MINUTES} == {}


def test_the_cpu_workflow_runs_everything_on_one_python_and_unit_tests_on_the_others():
    workflow = load("ci.yml")
    assert set(workflow["on"]) == {"push", "pull_request"}
    everything, unit = commands(workflow)
    assert everything == "make test"
    assert unit == 'make test ARGS="tests/platforms tests/notebooks tests/helpers"'
    assert all((REPOSITORY / folder).is_dir() for folder in re.findall(r"tests/\w+", unit))
    assert workflow["jobs"]["everything"]["steps"][1]["with"]["python-version"] == "3.11"
    assert workflow["jobs"]["unit"]["strategy"]["matrix"]["python"] == ["3.12", "3.13", "3.14"]
    assert "make test" in (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "\nexec make test\n" in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")


def test_the_nightly_workflow_measures_the_cards():
    workflow = load("nightly.yml")
    assert workflow["on"]["schedule"] and "push" not in workflow["on"]
    assert commands(workflow) == ["make cards"]
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert "\t@$(BIN)/course test -m card tests/helpers $(ARGS)\n" in makefile


def test_the_gpu_workflow_runs_nightly_and_on_a_label_in_both_modes():
    workflow = load("gpu.yml")
    job = workflow["jobs"]["notebooks"]
    assert workflow["on"]["schedule"]
    assert job["if"] == "github.event_name != 'pull_request' || github.event.label.name == 'gpu'"
    assert "gpu" in job["runs-on"]
    assert job["strategy"]["matrix"]["models"] == ["shipped", "hub"]
    assert job["env"]["COURSE_MODELS"] == "${{ matrix.models }}"
    assert job["env"]["COURSE_DEVICE"] == "cuda"
    assert "make test ARGS=notebooks" in commands(workflow)


def dangers(workflow):
    """Return what would let a stranger's pull request do more than it may.

    On a machine of ours its code may run when somebody has just labelled it, never since it was
    pushed to; with a token that may write, none of its code may run at all.
    """
    events, found = workflow["on"], []
    ours = any("self-hosted" in job["runs-on"] for job in workflow["jobs"].values())
    if ours and "pull_request" in events and (events["pull_request"]
                                              or {}).get("types") != ["labeled"]:
        found.append("a push starts it on a machine of ours")
    if "pull_request_target" in events:
        used = [step for job in workflow["jobs"].values() for step in job["steps"]
                if "uses" in step]
        found += ["it uses actions with a token that may write"] if used else []
        found += ["it runs on a machine of ours"] if ours else []
        found += (["text of a stranger's in a command"]
                  if "${{" in "".join(commands(workflow)) else [])
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_strangers_pull_request_can_do_no_harm(path):
    assert dangers(load(path.name)) == []


HOSTED, OURS = {"runs-on": "ubuntu-24.04"}, {"runs-on": ["self-hosted", "gpu"]}
MAKE, CHECKOUT = {"run": "make test"}, {"uses": "actions/checkout"}


@pytest.mark.parametrize(
    ("events", "job", "words"),
    [
        ({"pull_request": {"types": ["labeled", "synchronize"]}}, OURS | {"steps": [MAKE]},
         "a push starts it"),
        ({"pull_request": None}, OURS | {"steps": [MAKE]}, "a push starts it"),
        ({"pull_request_target": None}, HOSTED | {"steps": [CHECKOUT]}, "uses actions"),
        ({"pull_request_target": None}, OURS | {"steps": [MAKE]}, "a machine of ours"),
        ({"pull_request_target": None},
         HOSTED | {"steps": [{"run": "echo ${{ github.head_ref }}"}]}, "in a command"),
    ],
)
def test_a_danger_is_seen(events, job, words):
    [found] = dangers({"on": events, "jobs": {"one": job}})
    assert words in found


def test_a_push_takes_the_label_away():
    workflow = load("label.yml")
    assert workflow["on"] == {"pull_request_target": {"types": ["synchronize", "reopened"]}}
    job = workflow["jobs"]["remove"]
    assert workflow["permissions"] == {} and job["permissions"] == {"pull-requests": "write"}
    assert job["if"] == "contains(github.event.pull_request.labels.*.name, 'gpu')"
    assert commands(workflow) == ['gh api --method DELETE "$LABELS/gpu"']
    number = "${{ github.event.pull_request.number }}"
    assert (job["steps"][0]["env"]["LABELS"]
            == "repos/${{ github.repository }}/issues/" + number + "/labels")
