"""Side-by-side measurements: ratios out of one run on this machine, never a gate.

A benchmark is a module of this package with a function ``measurement() -> str``.
"""

import importlib

BENCHES = ("padding",)


def run(name: str) -> str:
    """Return the printed result of a benchmark; CourseError for an unknown name."""
    from helpers.errors import unknown

    if name not in BENCHES:
        raise unknown("benchmark", name, BENCHES)
    return importlib.import_module(f"helpers.bench.{name}").measurement()
