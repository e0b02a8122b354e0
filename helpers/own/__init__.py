"""own_data(path): the reader's own file, whole or refused; fits_window(): texts and a model."""

from collections.abc import Sequence
from pathlib import Path

from helpers.errors import CourseError
from helpers.own.columns import frame
from helpers.own.place import find
from helpers.own.readers import read


def own_data(path: str | Path, columns: Sequence[str] | str = ()):
    """Return the reader's CSV, TSV, JSON, JSON Lines or Parquet file as a ``pandas.DataFrame``.

    Rows and columns are those of the file, in its order. ``columns`` names those that the recipe
    needs as text, such as the text and the label: their values are strings as they stand in the
    file ("01", "1.0", "NA", "true"), and an empty field is missing. Of the others, a column of
    plain numbers becomes numeric (whole numbers with gaps: ``Int64``); all else stays as it is.

    ``path``: seen from the notebook's folder, or else from the clone; ``~`` is your home. The
    ending may be followed by ``.gz``.

    What had to be assumed is printed, a line each. Raises CourseError, with line, reason and
    remedy, where rows could be lost or values changed: for a file that can be read in two ways or
    in none, for a missing or empty column of ``columns``, and for infinite numbers.
    """
    place = find(path)
    columns = (columns,) if isinstance(columns, str) else tuple(columns)
    table = read(place, columns)
    found = frame(table, columns)
    for note in table.notes:
        print(f"{place.name}: {note}")
    return found


def fits_window(texts, tokenizer, window: int | None = None) -> None:
    """Raise CourseError if one of ``texts`` has more tokens than a model's window.

    ``window``: tokens, the special ones included; by default the tokenizer's ``model_max_length``.
    The message names the longest text and its row (of a ``pandas.Series``: its index).
    """
    window = window or tokenizer.model_max_length
    if window > 1e9:
        raise CourseError("This tokenizer knows no window; give it: fits_window(..., window=512).")
    rows = list(texts.index) if hasattr(texts, "iloc") else range(len(texts))
    texts = list(texts)
    counts = [len(ids) for ids in tokenizer(texts, verbose=False)["input_ids"]] if texts else []
    over = [count for count in counts if count > window]
    if over:
        longest = counts.index(max(over))
        raise CourseError(
            f"{len(over)} of {len(texts)} texts are longer than the model's window of {window} "
            f"tokens; the longest has {max(over)} (row {rows[longest]}: {texts[longest][:60]!r}…). "
            "Shorten them, split them, or pass truncation=True and say so."
        )
