"""Training text: whole documents in batches of similar length.

Documents are not put one after the other into rows, as large models do: there a
question could be answered from the neighbour in the row, and looking up the right
thing in its own document is learnt at a third of the speed (here, measured).
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

POOL = 5000  # documents that are sorted by length together


def batches(lengths: Sequence[int], tokens: int, seed: int) -> list[list[int]]:
    """Return batches of document numbers in random order; a batch with its padding has at most ``tokens``.

    Documents longer than ``tokens`` are left out: half a document would teach the
    model to stop in mid-sentence.
    """
    import numpy

    random = numpy.random.default_rng(seed)
    order = [int(number) for number in random.permutation(len(lengths)) if lengths[number] <= tokens]
    result: list[list[int]] = []
    for start in range(0, len(order), POOL):
        batch: list[int] = []
        for number in sorted(order[start : start + POOL], key=lambda number: lengths[number]):
            if lengths[number] * (len(batch) + 1) > tokens:
                result.append(batch)
                batch = []
            batch.append(number)
        result.append(batch)
    return [result[number] for number in random.permutation(len(result))]


def write(folder: Path, documents: Sequence, parts: Sequence[Sequence[int]]) -> None:
    """Write ``documents`` (int16 arrays) in the order of ``parts``, batches of document numbers, into an existing ``folder``."""
    import numpy

    ordered = [documents[number] for part in parts for number in part]
    numpy.save(folder / "tokens.npy", numpy.concatenate(ordered))
    numpy.save(folder / "ends.npy", numpy.cumsum([len(document) for document in ordered]))
    numpy.save(folder / "batches.npy", numpy.cumsum([len(part) for part in parts]))


class Batches:
    """The batches that ``write`` left in ``folder``, read from the disk as they are used.

    ``tokens``: all documents one after the other, int16. A token that is read but not
    to be learnt stands there as its complement, ``~token``.
    """

    def __init__(self, folder: Path, padding: int):
        import numpy

        self.tokens, self.padding = numpy.load(folder / "tokens.npy", mmap_mode="r"), padding
        self.starts = [0, *numpy.load(folder / "ends.npy").tolist()]
        self.bounds = list(pairwise([0, *numpy.load(folder / "batches.npy").tolist()]))

    def __len__(self) -> int:
        return len(self.bounds)

    def __getitem__(self, number: int):
        """Return a batch: int16 array (documents, longest), filled up with padding on the right."""
        import numpy

        first, end = self.bounds[number]
        documents = [self.tokens[start:stop] for start, stop in pairwise(self.starts[first : end + 1])]
        rows = numpy.full((len(documents), max(map(len, documents))), self.padding, dtype=numpy.int16)
        for row, document in zip(rows, documents):
            row[: len(document)] = document
        return rows
