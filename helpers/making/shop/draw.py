"""Random choices that give the same result on every Python version and platform.

Only ``random.Random(seed).random()`` is used: the standard library guarantees
that its sequence never changes, which it does not promise for ``choice``,
``shuffle`` or ``sample`` (https://docs.python.org/3/library/random.html,
"Notes on Reproducibility").
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A seeded source of choices. Two with equal seeds give equal sequences."""

    def __init__(self, seed: int | str):
        self._random = random.Random(seed)

    def fraction(self) -> float:
        """A float in [0, 1)."""
        return self._random.random()

    def below(self, n: int) -> int:
        """An integer in 0 … n-1."""
        return int(self._random.random() * n)

    def between(self, low: int, high: int) -> int:
        """An integer in low … high, both included."""
        return low + self.below(high - low + 1)

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random.random() < probability

    def choice(self, items: Sequence[T]) -> T:
        """One item."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """A new list with the items in random order (Fisher–Yates)."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result

    def sample(self, items: Sequence[T], n: int) -> list[T]:
        """``n`` different positions of ``items``, in random order."""
        return self.shuffled(items)[:n]

    def weighted(self, weights: Mapping[str, float]) -> str:
        """One key, with probability proportional to its weight."""
        names = sorted(weights)
        position = self.fraction() * sum(weights[name] for name in names)
        for name in names:
            position -= weights[name]
            if position < 0:
                return name
        return names[-1]
