"""CSV and TSV: each row with all of its fields, or a refusal that names the line."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from helpers.errors import CourseError
from helpers.own.table import Table, headed

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
SEP = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;\t ]*\s*', re.IGNORECASE)  # Excel's own first line
NUMBER = re.compile(r"\s*-?[0-9]+([.,][0-9]+)?\s*")
LINES_OF_ONE_TEXT = 3  # more lines of text with a row's number of delimiters are no chance


class Refused(Exception):
    """This reading is impossible: the line and the reason."""


@dataclass
class Grid:
    """One reading of the lines: records (the first is the header), each with its lines."""

    delimiter: str
    records: list[list[str]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)  # first and last line
    notes: list[str] = field(default_factory=list)


def read(text: str, name: str, usual: str, wanted: tuple[str, ...], notes: list[str]) -> Table:
    """Return the table; ``usual`` is the delimiter that the file's ending stands for.

    Raises CourseError where rows have not as many fields as the header, where a quotation mark does
    not close, and where two delimiters would do.
    """
    lines = list(io.StringIO(text, newline=""))
    stated = SEP.fullmatch(lines[0]) if lines else None
    if stated:
        lines[0] = ""  # no row, but a line
    header = next((line for line in lines if line.strip()), None)
    if header is None:
        raise CourseError(f"{name} is empty.")
    if stated:
        choice = [stated[1]]
    else:
        choice = [one for one in DELIMITERS if one in header] or [usual]
    with _long_fields():
        grid = _chosen(lines, choice, usual, wanted, name)
    if stated or grid.delimiter != usual:
        kind = DELIMITERS.get(grid.delimiter, repr(grid.delimiter))
        grid.notes.insert(0, f"read as a table whose columns are separated by {kind}.")
    notes += grid.notes
    names = headed(grid.records[0], name, notes)
    rows = grid.records[1:]
    return Table(
        name,
        {each: [row[place] or None for row in rows] for place, each in enumerate(names)},
        [first for first, _ in grid.spans[1:]],
        text=True,
        decimal_comma=grid.delimiter != ",",
        notes=notes,
    )


def _chosen(lines: list[str], choice: list[str], usual: str, wanted: tuple[str, ...], name: str):
    """Return the one reading that is possible."""
    grids, refusals = [], {}
    for delimiter in choice:
        try:
            grids.append(_reading(lines, delimiter))
        except Refused as refusal:
            refusals[delimiter] = refusal
    fitting = [
        grid for grid in grids if set(wanted) <= {each.strip() for each in grid.records[0]}
    ] or grids
    if len(fitting) > 1:
        kinds = " or ".join(DELIMITERS[grid.delimiter] for grid in fitting)
        raise CourseError(
            f"{name}: the columns could be separated by {kinds}. Say which in a first line of its "
            f"own, such as: sep={fitting[0].delimiter}"
        )
    if not fitting:
        raise CourseError(f"{name}, {refusals.get(usual, next(iter(refusals.values())))}")
    return fitting[0]


def _reading(lines: list[str], delimiter: str) -> Grid:
    """Return the lines as records; tabs without quoting where quotation marks make no sense."""
    try:
        grid = _records(lines, delimiter)
        _check_quotes(grid, lines)
        _check_widths(grid)
        return grid
    except Refused:
        if delimiter != "\t":
            raise
        grid = _records(lines, delimiter, quoting=csv.QUOTE_NONE)
        fields = [one for record in grid.records for one in record if '""' in one]
        if any(one.startswith('"') or one.endswith('"') for one in fields):  # it is quoted
            raise
        with suppress(Refused):
            _check_widths(grid)
            grid.notes.append("quotation marks don't close: each line is a row, marks and all.")
            return grid
        raise


def _records(lines: list[str], delimiter: str, quoting: int = csv.QUOTE_MINIMAL) -> Grid:
    """Return the records of ``lines``; blank lines are none."""
    grid = Grid(delimiter)
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    blank = 0
    while True:
        first = reader.line_num + 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            what = "is never closed" if "end of data" in str(error) else "closes in mid-text"
            raise Refused(
                f"line {first}: a quotation mark in this row {what}. Inside of a text in quotation "
                'marks write each mark twice (""); a text that begins with a mark needs that, too.'
            ) from error
        if record is None:
            return grid
        wide = not grid.records or len(grid.records[0]) > 1
        if not record or (wide and len(record) == 1 and not record[0].strip()):
            blank = blank or first
            continue
        if blank and len(grid.records) > 0 and not wide:
            grid.notes.append(f"blank lines, such as line {blank}, are no rows.")
        blank = 0
        grid.records.append(record)
        grid.spans.append((first, reader.line_num))


def _check_quotes(grid: Grid, lines: list[str]) -> None:
    """Refuse a quotation mark that seems to join rows into one, and one that stands after a blank.

    A text of several lines is a row in good order, unless each of its lines would be a row, too.
    """
    if not any('"' in line for line in lines):
        return
    for place, (record, (first, last)) in enumerate(zip(grid.records, grid.spans)):
        row = lines[first - 1 : last]
        for each in record:
            plain = grid.delimiter + each in grid.delimiter + row[0]
            if plain and re.match(' +"', each) and grid.delimiter != "\t":
                raise Refused(
                    f"line {first}: a quotation mark stands behind a blank, where it marks "
                    "nothing. Take away the blanks behind the delimiters."
                )
        if first == last or len(record) == 1:
            continue
        row = [line for line in row if line.strip()]
        pieces = list(csv.reader(row, delimiter=grid.delimiter, quoting=csv.QUOTE_NONE))
        if any(len(piece) != len(record) for piece in pieces):
            continue
        others = grid.records[1:place] + grid.records[place + 1 :]
        if len(pieces) > LINES_OF_ONE_TEXT or _are_rows(pieces, others):
            raise Refused(
                f"line {first}: a quotation mark opens a text that only line {last} closes, but "
                "each of these lines would be a row, too. If they are rows, write the mark twice "
                "and put its text in quotation marks; if not, make the text one line."
            )
        grid.notes.append(f"lines {first} to {last} are one row: a text in quotation marks.")


def _are_rows(pieces: list[list[str]], others: list[list[str]]) -> bool:
    """Return whether a column of the pieces looks as it does in the other rows."""
    for place in range(len(pieces[0])):
        column = {piece[place] for piece in pieces}
        known = {row[place] for row in others if place < len(row)}
        if known and "" not in column and column <= known:
            return True
        if known and all(NUMBER.fullmatch(one) for one in column | known):
            return True
    return False


def _check_widths(grid: Grid) -> None:
    """Refuse a record that has not as many fields as the header.

    Delimiters at the ends of all lines make an empty, nameless last column, which is taken away.
    """
    header, *rows = grid.records
    cut = False
    while rows:
        nameless = len(header) > 1 and not header[-1].strip()
        if all(len(row) == len(header) + 1 and not row[-1].strip() for row in rows):
            ends = rows
        elif nameless and all(len(row) == len(header) - 1 for row in rows):
            ends = [header]
        elif nameless and all(len(row) == len(header) and not row[-1].strip() for row in rows):
            ends = grid.records
        else:
            break
        for record in ends:
            del record[-1]
        cut = True
    if cut:
        grid.notes.append("delimiters at the ends of the lines make no column.")
    width = len(header)
    lengths = Counter(map(len, rows))
    odd = {length for length in lengths if length not in (width, lengths.most_common(1)[0][0])}
    for record, (first, last) in zip(grid.records, grid.spans):
        if len(record) in (odd or lengths.keys() - {width}):
            lines = f"line {first}" if first == last else f"lines {first} to {last}"
            if len(record) > width:
                remedy = f"A text that holds {grid.delimiter!r} needs quotation marks around it."
            else:
                remedy = "Is a delimiter missing, or is a text broken into two lines?"
            raise Refused(
                f"{lines}: {len(record)} fields, where the header in line {grid.spans[0][0]} has "
                f"{width} ({grid.delimiter.join(header)[:80]}). {remedy}"
            )


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let fields be as long as they are; the csv module stops at 131,072 characters."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)
