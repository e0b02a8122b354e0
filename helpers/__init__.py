"""Helpers of the Greenhouse course: what a notebook needs that is not its lesson.

Names load on first use, so that ``import helpers`` costs milliseconds and no
heavy library is imported before a lesson asks for it.
"""

from importlib import import_module

_HOME = {
    "start": "opening",
    "device": "runtime",
    "dtype": "runtime",
    "models": "runtime",
    "scale": "runtime",
    "scaled": "runtime",
    "seed_everything": "runtime",
    "checkpoint": "checkpoints",
    "is_stand_in": "checkpoints",
    "dataset": "datasets",
    "own_data": "own",
    "fits_window": "own",
    "result": "long_runs",
    "check": "exercises",
    "claim": "claims",
    "CourseError": "errors",
}
_MODULES = ("measure", "plots")

__all__ = sorted([*_HOME, *_MODULES])


def __getattr__(name: str):
    if name in _MODULES:
        return import_module(f"helpers.{name}")
    if name in _HOME:
        return getattr(import_module(f"helpers.{_HOME[name]}"), name)
    raise AttributeError(f"module 'helpers' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
