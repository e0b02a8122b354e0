"""What every recipe leaves beside its weights: fingerprint, metrics.json, card, and the check of its figures."""

import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path

from helpers.files import DATA, REPOSITORY, sha256
from helpers.measure import Interval

MAKING = REPOSITORY / "helpers" / "making"
GROW, SHOP = MAKING / "grow", MAKING / "shop"
PHRASES = DATA / "phrases" / "grow"
SHOP_PHRASES = DATA / "phrases" / "shop"


def fingerprint(settings: dict, paths: Iterable[Path], base: str = "") -> str:
    """Return the SHA-256 of what the weights depend on: settings, ``base`` (a checksum of other weights), and source text."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(base.encode())
    for path in paths:
        digest.update(path.read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def sources(role: str, grown_by: Sequence[str], told_by: Sequence[str]) -> list[Path]:
    """Return the source files of a role's recipe: shared modules of helpers/making/grow, its own, and the modules of helpers/making/shop with their phrases."""
    name = role.replace("-", "_")
    own = [*(GROW / f"{module}.py" for module in (*grown_by, name)), *sorted(PHRASES.glob(f"{name}_*.toml"))]
    named = [path for module in told_by for folder in (SHOP, SHOP_PHRASES) for path in sorted(folder.glob(f"{module}*.*"))]
    return [*own, SHOP / "entities.py", SHOP / "world.py", *named]


def run(device, bf16: bool, seconds: float, losses: Sequence[float], points: int = 40, packages: Sequence[str] = (), **further) -> dict:
    """Return what is recorded of a training run; of the losses about ``points``. ``further`` is recorded too."""
    versions = {name: import_module(name).__version__ for name in ("torch", "transformers", *packages)}
    steps = len(losses)
    return {
        "device": device.type,
        **further,
        "precision": "bfloat16 autocast" if bf16 else "float32",
        "training_seconds": round(seconds),
        "versions": {"python": platform.python_version(), **versions},
        "loss": [[step, round(losses[step - 1], 4)] for step in sorted({*range(1, steps, max(1, steps // points)), steps})],
    }


def rounded(figures: dict[str, Interval]) -> dict[str, list[float]]:
    """Return figures as they are recorded: estimate, low, high."""
    return {name: [round(value, 4) for value in vars(interval).values()] for name, interval in figures.items()}


def write(folder: Path, metrics: dict, render: Callable[[dict], str]) -> None:
    """Write metrics.json, with the checksums of the files that are in ``folder``, and the card that ``render`` makes of it."""
    metrics = metrics | {"files": {path.name: sha256(path) for path in sorted(folder.iterdir())}}
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(render(metrics), encoding="utf-8")


def compare(folder: Path, recomputed: dict[str, Interval]) -> dict[str, tuple[Interval, Interval]]:
    """Return {figure: (recorded, recomputed)} for a shipped folder."""
    recorded = json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))["figures"]
    return {name: (Interval(*recorded[name]), interval) for name, interval in recomputed.items()}


def figure_table(metrics: dict, explained: dict[str, str], bar: Callable[[str, float], str]) -> str:
    """Return the rows of a card's figures; ``bar(name, estimate)`` is the text of the last column."""
    figures = {name: f"{Interval(*values):.3f}" for name, values in metrics["figures"].items()}
    return "\n".join(
        f"| {name} | {explained.get(name, '')} | {figures.get(f'familiar {name}', '')} | {value} | {bar(name, metrics['figures'][name][0])} |"
        for name, value in figures.items()
        if not name.startswith("familiar ")
    )


def everyday_table(rows: Sequence[dict]) -> tuple[str, int]:
    """Return the rows of a card's everyday inputs, and how many of them come out as expected."""
    text = "\n".join(
        f"| {' '.join(row['text'].split())} | {row['expected']} | {row['given']}{'' if row['given'] == row['expected'] else ' ✗'} |" for row in rows
    )
    return text, sum(row["given"] == row["expected"] for row in rows)
