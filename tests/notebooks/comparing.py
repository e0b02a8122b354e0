"""A compared cell's output against the stored one: words exactly, figures with a tolerance.

A figure agrees if it differs by at most 2 % of the stored one, or by one unit of the last digit
printed (of the coarser of the two), whichever is more. Whole numbers have no such unit: where 3 of
10 are stored and 4 are counted, the result is another one. They agree within the 2 % alone, which
small counts do only if they are equal.
"""

import re
from decimal import Decimal

TOLERANCE = Decimal("0.02")

# Words, so exact: identifiers (bert2, Llama-3.2-1B, v0.5), versions, dates, times.
_IDENTIFIER = r"[^\W\d]\w*(?:[-./@]\w+)*"
_VERSION = r"\d+(?:\.\d+){2,}"
_DATE = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{4}"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_EXACT = rf"{_IDENTIFIER}|(?:{_VERSION}|{_DATE}|{_TIME})(?!\w)"
# Figures. A decimal one may carry a short unit (22.7M, 2.5x); a whole number with letters is a
# word (135M, 3rd, 0x1f).
_SIGN = r"(?:(?<![)\]])[+\-−])?"
_WHOLE = r"(?:\d{1,3}(?:,\d{3})+(?![\d,]\d)|\d+)"
_EXPONENT = r"(?:[eE][+\-−]?\d+)?"
_DECIMAL = rf"(?:{_WHOLE}\.\d+|\.\d+){_EXPONENT}(?=[A-Za-zµ]{{0,3}}(?!\w)(?!\.\d))"
_INTEGER = rf"{_WHOLE}{_EXPONENT}(?!\w)(?!\.\d)"
_PIECE = re.compile(rf"(?<![\w.])(?:{_EXACT}|(?P<figure>{_SIGN}(?:{_DECIMAL}|{_INTEGER})))")


def pieces(text: str) -> tuple[list[str], list[str]]:
    """Return the words and the figures of ``text``, which alternate: words, figure, …, words.

    Whitespace is collapsed. A figure is a number as printed, with its sign and exponent.
    """
    text = " ".join(text.split())
    words, figures, begin = [], [], 0
    for found in _PIECE.finditer(text):
        if found["figure"]:
            words.append(text[begin : found.start()])
            figures.append(found["figure"])
            begin = found.end()
    return [*words, text[begin:]], figures


def agree(stored: str, new: str, tolerance: Decimal = TOLERANCE) -> bool:
    """Say whether two figures, as printed, differ by at most the share ``tolerance``, or a unit."""
    first, second = _value(stored), _value(new)
    units = [_unit(figure) for figure in (stored, new)]
    allowed = abs(first) * tolerance
    if all(units):
        allowed = max(allowed, *units)
    return abs(first - second) <= allowed


def difference(stored: str, new: str, tolerance: Decimal = TOLERANCE) -> str:
    """Return the first thing in which the text ``new`` differs from ``stored``; "" if none does."""
    words, figures = pieces(stored)
    new_words, new_figures = pieces(new)
    for position, (word, new_word) in enumerate(zip(words, new_words, strict=False)):
        if word != new_word:
            before = _ending(words, figures, position)
            now = _ending(new_words, new_figures, position)
            return f"stored {before!r}, now {now!r}"
        if position < min(len(figures), len(new_figures)):
            figure, new_figure = figures[position], new_figures[position]
            if not agree(figure, new_figure, tolerance):
                place = _ending(words, figures, position)
                apart = f"more than {tolerance:%} apart"
                return f"stored {figure}, now {new_figure}: {apart}, after {place!r}"
    if len(words) != len(new_words):
        return f"stored {len(figures)} figures, now {len(new_figures)}"
    return ""


def _value(figure: str) -> Decimal:
    return Decimal(figure.replace(",", "").replace("−", "-"))


def _unit(figure: str) -> Decimal | None:
    """Return one unit of the last digit printed; None for a whole number."""
    mantissa = re.split("[eE]", figure)[0]
    return Decimal(1).scaleb(_value(figure).as_tuple().exponent) if "." in mantissa else None


def _ending(words: list[str], figures: list[str], position: int, most: int = 60) -> str:
    """Return the text up to and with ``words[position]``, its last ``most`` characters."""
    text = "".join(word + figure for word, figure in zip(words[:position], figures, strict=False))
    return (text + words[position])[-most:]
