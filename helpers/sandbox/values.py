"""Results of generated code as values: read from their source, compared."""

import ast
import cmath
from collections.abc import Collection, Mapping, Set
from numbers import Number

RELATIVE, ABSOLUTE = 1e-9, 1e-12  # how far apart two floats may be
NAMES = {"inf": float("inf"), "nan": float("nan")}
CALLS = {"float": float, "set": set, "frozenset": frozenset}


def value(source: str) -> object:
    """Return what a Python literal stands for; infinities and nan are written as they print.

    >>> value("[1, float('-inf'), nan, frozenset({2})]")
    [1, -inf, nan, frozenset({2})]

    Raises ValueError, SyntaxError, RecursionError or MemoryError for anything else.
    """
    return ast.literal_eval(_Literals().visit(ast.parse(source.strip(), mode="eval")))


class _Literals(ast.NodeTransformer):
    """Makes constants of ``inf``, ``math.nan``, ``float("inf")`` and ``frozenset({1})``."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(NAMES[node.id]) if node.id in NAMES else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "math" and node.attr in NAMES:
            return ast.Constant(NAMES[node.attr])
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id in CALLS and not node.keywords:
            given = [ast.literal_eval(self.visit(one)) for one in node.args]
            try:
                return ast.Constant(CALLS[node.func.id](*given))
            except TypeError as error:
                raise ValueError(f"not a value: {ast.unparse(node)}") from error
        return node


def equal(given: object, expected: object) -> bool:
    """Return whether two results are the same, as ``==`` understands it, with two differences.

    - Numbers of any type are the same within one part in 10⁹ (near 0: 10⁻¹²), also inside of
      lists, sets and dicts, unless both are ints. Infinity is itself, and so is nan.
    - A bool is no number: 1 is not True.

    As with ``==``, a Counter or a defaultdict may be the same as a dict, a namedtuple as a tuple,
    a frozenset as a set; a list is never the same as a tuple, nor a range or a generator as a list.
    """
    if isinstance(given, bool) or isinstance(expected, bool):
        return given is expected
    if isinstance(given, Number) and isinstance(expected, Number):
        return _same_number(given, expected)
    for kind in (list, tuple):
        if isinstance(given, kind) and isinstance(expected, kind):
            return len(given) == len(expected) and all(map(equal, given, expected))
    if isinstance(given, Mapping) and isinstance(expected, Mapping):
        return _same_members(given.items(), expected.items())
    if isinstance(given, Set) and isinstance(expected, Set):
        return _same_members(given, expected)
    return given == expected


def _same_number(given: Number, expected: Number) -> bool:
    if given == expected or (given != given and expected != expected):
        return True
    if isinstance(given, int) and isinstance(expected, int):
        return False
    try:
        return cmath.isclose(given, expected, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    except OverflowError:  # an int that no float can hold
        return False


def _same_members(given: Collection, expected: Collection) -> bool:
    """Return whether each member has its partner, in whatever order."""
    if len(given) != len(expected):
        return False
    left = list(given)
    for one in expected:
        partner = next((place for place, other in enumerate(left) if equal(other, one)), None)
        if partner is None:
            return False
        del left[partner]
    return True
