"""The check of lesson 00's exercise."""

from helpers.exercises import exercise, require


@exercise("00.1")
def megabytes(answer) -> str:
    """``answer``: a function from a number of parameters to megabytes of float32 weights."""
    require(callable(answer), "pass the function itself: check(\"00.1\", megabytes).")
    small = answer(1_000_000)
    require(small is not None, "megabytes(...) returns None: replace the ... with a line that "
                               "returns a number.")
    require(small != 4_000_000, "that is the number of bytes; a megabyte is a million of them.")
    require(small != 1, "that counts one byte a parameter; a float32 takes more.")
    require(abs(small - 4) < 1e-9, f"megabytes(1_000_000) gives {small!r}: bytes a parameter times "
                                   "parameters, in millions.")
    require(abs(answer(22_713_216) - 90.852864) < 1e-6,
            "it is right for one million parameters but not for other numbers.")
    return "The weights of a model with a million float32 parameters take 4 MB."
