"""The code in what a model answers."""

import ast
import io
import re
import textwrap
import warnings
from collections.abc import Callable

# CommonMark's fence: backticks or tildes, then what the model says of the block. A list indents it.
FENCE = re.compile(r"[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<about>[^`\n]*)\n?")
LANGUAGE = re.compile(r"[{.\s]*([\w+#-]*)")  # python, {.python .numberLines}, python title="a.py"
PYTHON = {"", "python", "python3", "py", "py3", "ipython"}


def code_in(answer: str) -> str:
    r"""Return the Python code of a model's answer, with line ends ``\n``.

    Without a fence of backticks or tildes that is all of the answer. Else it is, of the blocks that
    are called Python or nothing, those that import, or define what no block before them has
    defined: a helper counts, a ``pip install``, a call as an example and a second version do not.
    If no block defines anything, the first that is Python is meant, or the first at all.
    """
    answer = io.StringIO(answer, newline=None).read()
    blocks = _blocks(answer)
    if not blocks:
        return answer
    python = [code for language, code in blocks if language in PYTHON]
    python = python or [code for _, code in blocks]
    kept, known = [], set()
    for code in filter(parses, python):
        body = _quietly(ast.parse, code).body
        names = {node.name for node in body if hasattr(node, "name")}
        imports = all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in body)
        if imports or (names and not names & known):
            kept.append(code)
            known |= names
    return "\n".join(kept) if known else next(filter(parses, python), python[0])


def parses(code: str) -> bool:
    """Return whether ``code`` is Python."""
    try:
        _quietly(compile, code, "<answer>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def _quietly(work: Callable, *arguments, **options):
    """Call ``work`` without the warnings that careless code earns."""
    with warnings.catch_warnings(action="ignore"):
        return work(*arguments, **options)


def _blocks(answer: str) -> list[tuple[str, str]]:
    """Return (language, code) of each fenced block; the last may lack its end."""
    found, opened, lines = [], None, []

    def close() -> None:
        code = "".join(lines)
        language = LANGUAGE.match(opened["about"])[1].lower()
        found.append((language, code if parses(code) else textwrap.dedent(code)))

    for line in io.StringIO(answer):
        fence = FENCE.fullmatch(line)
        if opened is None:
            if fence:
                opened, lines = fence, []
        elif fence and fence["mark"].startswith(opened["mark"]) and not fence["about"].strip():
            close()
            opened = None
        elif fence and fence["mark"] == opened["mark"]:  # the next block: this one was never closed
            close()
            opened, lines = fence, []
        elif line.rstrip().endswith(opened["mark"]):  # the fence ends the last line of code
            lines.append(line.rstrip().removesuffix(opened["mark"]) + "\n")
            close()
            opened = None
        else:
            lines.append(line)
    if opened is not None:
        close()
    return found
