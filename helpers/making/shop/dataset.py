"""What the shop says of each of its data sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class DataSet:
    """One data set: ``rows(seed)`` gives split → records, each with all ``columns``.

    ``description`` is one sentence, ``made`` says how the rows came about, and
    ``limits`` says what they are not good for.
    """

    name: str
    description: str
    made: str
    columns: Mapping[str, str]
    rows: Callable[[int], dict[str, list[dict]]]
    limits: tuple[str, ...] = ()
