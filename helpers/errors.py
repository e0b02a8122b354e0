"""The one exception a learner meets, and the sentence for an unknown name."""

from collections.abc import Iterable
from difflib import get_close_matches


class CourseError(ValueError):
    """Bad input or a missing piece; the message names the value and the remedy.

    Commands turn it into one line on stderr and exit code 2.
    """


def unknown(kind: str, value: object, allowed: Iterable[object]) -> CourseError:
    """Return the error for a value that is none of ``allowed``, with a near miss if there is one.

    >>> print(unknown("role", "encodr", ["encoder", "lm"]))
    Unknown role 'encodr'. Did you mean 'encoder'? Known: encoder, lm.
    """
    names = [str(name) for name in allowed]
    near = get_close_matches(str(value).lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    hint = ""
    if near:
        original = next(name for name in names if name.lower() == near[0])
        hint = f" Did you mean {original!r}?"
    return CourseError(f"Unknown {kind} {str(value)!r}.{hint} Known: {', '.join(names)}.")
