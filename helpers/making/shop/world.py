"""Which part of the world each split may use: training text, or held-out text."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.errors import unknown
from helpers.making.shop import entities
from helpers.making.shop.draw import Draw

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class World:
    """The names a split draws from. ``held_out`` also selects held-out templates."""

    split: str
    names: tuple[str, ...]
    made_names: tuple[str, ...]
    plants: tuple[entities.Plant, ...]
    streets: tuple[str, ...]
    places: tuple[str, ...]
    events: tuple[str, ...]
    staff: tuple[str, ...]
    tools: tuple[str, ...]

    @property
    def held_out(self) -> bool:
        return self.split == "test"

    def person(self, draw: Draw, made: float = 0.5) -> str:
        """A first name; with probability ``made`` one of the many made-up ones."""
        return draw.choice(self.made_names if draw.chance(made) else self.names)

    def people(self, draw: Draw, n: int, made: float = 0.5) -> list[str]:
        """``n`` different first names."""
        found: list[str] = []
        while len(found) < n:
            name = self.person(draw, made)
            if name not in found:
                found.append(name)
        return found


def world(split: str) -> World:
    """The names of a split.

    Training and validation share names and differ in the seed; test has its own
    people and places, and plants from both lists.

    Raises CourseError for an unknown split.
    """
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    if split == "test":
        return World(split, entities.NAMES_HELD_OUT, entities.MADE_NAMES_HELD_OUT,
                     entities.PLANTS + 4 * entities.PLANTS_HELD_OUT, entities.STREETS_HELD_OUT,
                     entities.PLACES_HELD_OUT, entities.EVENTS_HELD_OUT, entities.STAFF_HELD_OUT,
                     entities.TOOLS + entities.TOOLS_HELD_OUT)
    return World(split, entities.NAMES, entities.MADE_NAMES, entities.PLANTS, entities.STREETS,
                 entities.PLACES, entities.EVENTS, entities.STAFF, entities.TOOLS)
