"""Rows of equal length made from whole documents, so that no document is cut in two."""

from collections.abc import Sequence

OPEN_ROWS = 32


def pack(documents: Sequence[Sequence[int]], length: int, padding: int):
    """Pack token lists into rows of ``length``; each goes where it leaves the least room (best fit).

    Returns an int16 array of shape (rows, length), filled up with ``padding``.
    Documents longer than ``length`` are left out: half a document would teach
    the model to stop in mid-sentence.
    """
    import numpy

    full, rows = [], []
    for document in documents:
        if len(document) > length:
            continue
        fitting = [row for row in rows if len(row) + len(document) <= length]
        if fitting:
            max(fitting, key=len).extend(document)
        else:
            if len(rows) == OPEN_ROWS:
                fullest = max(rows, key=len)
                rows = [row for row in rows if row is not fullest]
                full.append(fullest)
            rows.append(list(document))
    full.extend(rows)
    packed = numpy.full((len(full), length), padding, dtype=numpy.int16)
    for row, tokens in zip(packed, full):
        row[: len(tokens)] = tokens
    return packed
