"""JSON, JSON Lines and Parquet: objects that are rows, each with all of its values."""

import io
import json
import re

from helpers.errors import CourseError
from helpers.own.table import Table, headed

BLANK = re.compile(r"[ \t\r\n]*")
BETWEEN = re.compile(r"[ \t\r\n]*(,?)[ \t\r\n]*")
ROW = '{"text": "…", "label": "…"}'


class Spelled(str):
    """A number of a JSON file, as it stands there."""


def read_json(
    text: str, name: str, ending: str, wanted: tuple[str, ...], notes: list[str]
) -> Table:
    """Return the table of a JSON or JSON Lines file; its text tells which it is.

    A document is a list of objects, an object of columns, or an object with one list of objects in
    it. Raises CourseError, with the line, for what is no JSON, no row, or has a key twice.
    """
    rows, lines, listed = _values(text, name, notes)
    if ending == ".json" and len(rows) > 1 and not listed:
        notes.append("read as JSON Lines: one object after the other.")
    elif ending != ".json" and listed:
        notes.append("read as one JSON list, not as JSON Lines.")
    elif ending == ".json" and len(rows) == 1 and isinstance(rows[0], dict) and not listed:
        rows, lines = _rows_of(rows[0], name, wanted, notes), None
    table = Table(name, {}, lines, notes=notes)
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            kind = "a list" if isinstance(row, list) else f"{row!r:.40}"
            raise CourseError(f"{name}, {table.where(place)}: {kind} is no row. Write {ROW}.")
    keys = list(dict.fromkeys(key for row in rows for key in row))
    for key, column in zip(keys, headed(keys, name, notes)):
        values = [row.get(key) for row in rows]
        table.columns[column] = values if column in wanted else [_settled(one) for one in values]
    return table


def read_parquet(content: bytes, name: str, notes: list[str]) -> Table:
    """Return the table of a Parquet file. Raises CourseError if it is none."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content))
    except (pyarrow.ArrowException, OSError) as error:
        raise CourseError(f"{name} can't be read as parquet: {error}") from error
    names = headed(table.column_names, name, notes)
    columns = {each: table.column(place).to_pylist() for place, each in enumerate(names)}
    for each in names:
        numbers = all(isinstance(value, int) for value in columns[each])
        if re.fullmatch(r"__index_level_\d+__", each) and numbers:  # pandas numbered the rows
            del columns[each]
    return Table(name, columns, notes=notes)


def _values(text: str, name: str, notes: list[str]) -> tuple[list, list[int], bool]:
    """Return the values, the line on which each begins, and whether they stand in a list."""
    decoder = json.JSONDecoder(parse_int=Spelled, parse_float=Spelled, object_pairs_hook=_once)
    place = BLANK.match(text).end()
    listed = text[place : place + 1] == "["
    if listed:
        place = BLANK.match(text, place + 1).end()
    values, lines, comma, stray = [], [], None, False
    line, counted = 1, 0
    while place < len(text) and not (listed and text[place] == "]"):
        line += text.count("\n", counted, place)
        counted = place
        try:
            if listed and comma == "":
                raise json.JSONDecodeError("a comma is missing", text, place)
            value, end = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise CourseError(
                f"{name}, line {error.lineno}: can't be read as json: {error.msg}. "
                f"{_remedy(text, error.pos)}"
            ) from error
        except (ValueError, RecursionError) as error:
            raise CourseError(
                f"{name}, from line {line} on: can't be read as json: {error}"
            ) from error
        values.append(value)
        lines.append(line)
        between = BETWEEN.match(text, end)
        place, comma = between.end(), between[1]
        stray = stray or (comma and (not listed or text[place : place + 1] == "]"))
    if stray:
        notes.append("commas behind the objects, which are no JSON, are left out.")
    if listed and (place == len(text) or text[place + 1 :].strip(" \t\r\n,")):
        line = text.count("\n", 0, place) + 1
        what = "the list is not closed" if place == len(text) else "the list isn't all of the file"
        raise CourseError(f"{name}, line {line}: can't be read as json: {what}. Is it cut off?")
    return values, lines, listed


def _remedy(text: str, place: int) -> str:
    if text[:place].rstrip()[-1:] == ",":
        return "Is there a comma too many before it?"
    if text[place : place + 1] == "'":
        return 'JSON has double quotation marks: "…".'
    return "Is the file cut off, or is a comma or a quotation mark missing before it?"


def _once(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"an object has the key {twice!r} twice. Rename one.")
    return found


def _rows_of(document: dict, name: str, wanted: tuple[str, ...], notes: list[str]) -> list[dict]:
    """Return the rows of a JSON object: one row, columns, or something around a list of rows."""
    values = list(document.values())
    lists = [key for key in document if isinstance(document[key], list)]
    inside = [key for key in lists if document[key] and _objects(document[key])]
    if {"columns", "data"} <= set(lists):  # pandas: orient="split"
        names = headed(list(map(str, document["columns"])), name, notes)
        for place, row in enumerate(document["data"]):
            if not isinstance(row, list) or len(row) != len(names):
                raise CourseError(f"{name}, row {place + 1}: not {len(names)} values, but {row!r}.")
        return [dict(zip(names, row)) for row in document["data"]]
    even = len({len(document[key]) for key in lists}) == 1
    if len(inside) == 1 and not (len(lists) == len(values) > 1 and even):
        notes.append(f"the rows are the objects in {inside[0]!r}.")
        return document[inside[0]]
    if lists and len(lists) == len(values):
        return _transposed(document, name)
    if values and _objects(values):
        if wanted and set(wanted) <= values[0].keys():  # pandas: orient="index"
            return values
        for key, value in document.items():
            if value.keys() != values[0].keys():
                raise CourseError(f"{name}: column {key!r} has other rows than the first column.")
        return [{key: document[key][row] for key in document} for row in values[0]]
    if not any(isinstance(value, (list, dict)) for value in values):
        return [document] if values else []
    raise CourseError(f"{name} holds one object that is no table. Write a list: [{ROW}, …]")


def _transposed(columns: dict[str, list], name: str) -> list[dict]:
    lengths = {key: len(values) for key, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key!r} {length}" for key, length in lengths.items())
        raise CourseError(f"{name}: the columns have different numbers of values: {told}.")
    return [dict(zip(columns, row)) for row in zip(*columns.values())]


def _objects(values: list) -> bool:
    return all(isinstance(value, dict) for value in values)


def _settled(value):
    """Return a JSON value with its numbers as numbers."""
    if isinstance(value, Spelled):
        return int(value) if re.fullmatch("-?[0-9]{1,4000}", value) else float(value)
    if isinstance(value, list):
        return [_settled(one) for one in value]
    if isinstance(value, dict):
        return {key: _settled(one) for key, one in value.items()}
    return value
