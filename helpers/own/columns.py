"""From a table to a DataFrame: which columns are text, which are numbers, and what is neither."""

import math
import re

from helpers.errors import CourseError
from helpers.own.table import Table

# A plain number, as programs write it: 1, -2.50, .5, 1.2e-05. Not 01, +1, 1_0, 1e5 or 1,000, which
# may be codes; as a number they would not come back as they were.
WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
PLAIN = re.compile(
    rf"(?:{WHOLE.pattern}(?:\.[0-9]*)?|-?\.[0-9]+|-?[0-9](?:\.[0-9]+)?[eE][+-][0-9]{{1,3}})"
)
COMMA = re.compile(rf"{WHOLE.pattern}(?:,([0-9]+))?")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[,.'’ \xa0\u202f_][0-9]{3})+(?:[.,][0-9]+)?")
INFINITE = re.compile(r"[+-]?(?:inf|infinity)", re.IGNORECASE)
ABSENT = {"", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "?"}  # among numbers only
EXACT = 2**53  # beyond it, not every whole number is a float
LARGEST = 2**63 - 1


def frame(table: Table, wanted: tuple[str, ...]):
    """Return the table as a ``pandas.DataFrame``; the columns of ``wanted`` are strings.

    Raises CourseError for a table without rows or without one of them, for one that is empty or
    holds lists, and for infinite numbers.
    """
    import pandas

    name, columns = table.name, table.columns
    if not any(columns.values()):
        raise CourseError(f"{name} holds no rows.")
    missing = [each for each in wanted if each not in columns]
    if missing:
        raise CourseError(
            f"{name} has no column {', '.join(map(repr, missing))}; it has {', '.join(columns)}."
            + (" The first line is read as their names." if table.text else "")
        )
    series = {}
    for each, values in columns.items():
        if each in wanted:
            series[each] = pandas.Series(_strings(table, each), dtype="str")
        elif table.text:
            series[each] = _from_text(table, each)
        else:
            series[each] = _from_values(table, each)
    return pandas.DataFrame(series)


def _strings(table: Table, column: str) -> list[str | None]:
    """Return the values as they stand in the file."""
    found = []
    for row, value in enumerate(table.columns[column]):
        if isinstance(value, (list, dict, bytes)):
            kind = {list: "a list", dict: "an object", bytes: "bytes"}[type(value)]
            raise CourseError(
                f"{table.name}, {table.where(row)}: column {column!r} holds {kind}, where a text "
                "or a label is needed. Write one value."
            )
        if isinstance(value, float) and math.isinf(value):
            raise _infinite(table, column, row, value)
        if isinstance(value, bool):
            value = str(value).lower()
        absent = value is None or value != value
        found.append(None if absent else _whole(table, column, row, str(value)))
    gaps = [row for row, value in enumerate(found) if value is None]
    if len(gaps) == len(found):
        raise CourseError(
            f"{table.name}: column {column!r} is empty in all of the {len(found)} rows. "
            "Fill it, or name another."
        )
    if gaps:
        table.notes.append(
            f"column {column!r} is empty in {len(gaps)} of {len(found)} rows, the first in "
            f"{table.where(gaps[0])}."
        )
    return found


def _from_text(table: Table, column: str):
    """Return a column of a delimited file: numbers if all values are plain ones, or else text."""
    import pandas

    values = table.columns[column]
    stripped = {row: value.strip() for row, value in enumerate(values) if value is not None}
    numbers = {row: value for row, value in stripped.items() if value not in ABSENT}
    plain = {row for row, value in numbers.items() if PLAIN.fullmatch(value)}
    infinite = {row for row, value in numbers.items() if INFINITE.fullmatch(value)}
    text = pandas.Series(values, dtype="str")
    if _decimal_commas(table, numbers):
        numbers = {row: value.replace(",", ".") for row, value in numbers.items()}
        table.notes.append(f"column {column!r} has decimal commas; its numbers are read so.")
    elif not plain or plain | infinite != numbers.keys():
        odd = min(numbers.keys() - plain, default=None)
        grouped = any(GROUPED.fullmatch(value) for value in numbers.values())
        if odd is not None and (grouped or 2 * len(plain) >= len(numbers)):
            table.notes.append(
                f"column {column!r} stays text, since {values[odd]!r} ({table.where(odd)}) is no "
                "plain number, such as 1234.5."
            )
        return text
    whole = all(WHOLE.fullmatch(value) for value in numbers.values())
    found = {row: (int if whole else float)(value) for row, value in numbers.items()}
    limit = LARGEST if whole else EXACT - 1
    for row, value in found.items():
        if isinstance(value, float) and math.isinf(value):
            raise _infinite(table, column, row, values[row])
        if abs(value) > limit and WHOLE.fullmatch(numbers[row]):
            table.notes.append(
                f"column {column!r} stays text, since {values[row]!r} ({table.where(row)}) has "
                "more digits than a number can keep."
            )
            return text
    if absent := sorted(stripped.keys() - numbers.keys()):
        table.notes.append(
            f"column {column!r} holds numbers; {values[absent[0]]!r} ({table.where(absent[0])}; "
            f"{len(absent)} in all) is read as missing."
        )
    return _numeric([found.get(row) for row in range(len(values))], whole)


def _decimal_commas(table: Table, numbers: dict[int, str]) -> bool:
    """Return whether the numbers have decimal commas, and no commas at their thousands."""
    found = [COMMA.fullmatch(value) for value in numbers.values()]
    decimals = [match[1] for match in found if match and match[1]]
    return table.decimal_comma and all(found) and any(len(one) != 3 for one in decimals)


def _from_values(table: Table, column: str):
    """Return a column whose values have types already."""
    import pandas

    values = [None if value != value else value for value in table.columns[column]]
    kinds = {type(value) for value in values if value is not None}
    for row, value in enumerate(values):
        if isinstance(value, float) and math.isinf(value):
            raise _infinite(table, column, row, value)
        if isinstance(value, str):
            _whole(table, column, row, value)
    present = [value for value in values if value is not None]
    if kinds == {bool}:
        return pandas.Series(values, dtype="bool" if len(present) == len(values) else "boolean")
    if kinds == {str}:
        return pandas.Series(values, dtype="str")
    if kinds == {int} and all(abs(value) <= LARGEST for value in present):
        return _numeric(values, whole=True)
    if kinds in ({float}, {int, float}) and all(
        isinstance(value, float) or abs(value) <= EXACT for value in present
    ):
        return _numeric(values, whole=False)
    if kinds & {list, dict}:
        table.notes.append(f"column {column!r} holds lists or objects, of no use to a recipe.")
    series = pandas.Series(values, dtype="object")
    return series if kinds & {int, float, bool} else series.infer_objects()  # times


def _numeric(values: list, whole: bool):
    import pandas

    gaps = any(value is None for value in values)
    return pandas.Series(values, dtype=("Int64" if gaps else "int64") if whole else "float64")


def _whole(table: Table, column: str, row: int, value: str) -> str:
    """Return ``value`` if UTF-8 can write it."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise CourseError(
            f"{table.name}, {table.where(row)}: column {column!r} holds half a character "
            f"({value[error.start]!r}), as when an emoji was cut in two. Take it away."
        ) from error
    return value


def _infinite(table: Table, column: str, row: int, value: object) -> CourseError:
    return CourseError(
        f"{table.name}, {table.where(row)}: column {column!r} holds {value!r}; no model can learn "
        "from an infinite number. Leave the value empty, or take the column away."
    )
