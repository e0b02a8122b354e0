"""What the readers make of a file, before any value is typed."""

from dataclasses import dataclass, field

from helpers.errors import CourseError


@dataclass
class Table:
    """Columns of equal length, name → values, with None where a value is missing.

    ``lines``: the line on which each row begins, if the file has lines. ``text``: the values are
    the strings of a delimited file. ``notes``: what was assumed, a sentence each.
    """

    name: str
    columns: dict[str, list]
    lines: list[int] | None = None
    text: bool = False
    decimal_comma: bool = False
    notes: list[str] = field(default_factory=list)

    def where(self, row: int) -> str:
        """Return how the reader finds row number ``row``, counted from 0."""
        return f"line {self.lines[row]}" if self.lines else f"row {row + 1}"


def headed(names: list[str], name: str, notes: list[str]) -> list[str]:
    """Return column names without blanks around them; a nameless one is called as pandas does.

    Raises CourseError if two are the same.
    """
    named = [each.strip() or f"Unnamed: {place}" for place, each in enumerate(names)]
    for place, (given, each) in enumerate(zip(names, named)):
        if each in named[:place]:
            first = named.index(each) + 1
            raise CourseError(
                f"{name}: columns {first} and {place + 1} are both called {each!r}. Rename one."
            )
        if not given.strip():
            notes.append(f"column {place + 1} has no name; it is called {each!r} here.")
        elif given != each:
            notes.append(f"column {given!r} is called {each!r} here.")
    return named
