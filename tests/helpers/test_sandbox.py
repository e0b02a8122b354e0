"""The sandbox lets right code pass, and survives what wrong code may do."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers import sandbox
from helpers.errors import CourseError
from helpers.files import REPOSITORY

ONE = [{"call": "f()", "expected": "1"}]


def run(body, tests=ONE, **options):
    code = "def f():\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return sandbox.run(code, tests, **options)


def returns(given, expected):
    """Return whether code that returns ``given`` is judged right where ``expected`` is wanted."""
    imports = "import collections, decimal, enum, fractions, math, types"
    tests = [{"call": "f()", "expected": expected}]
    return sandbox.run(f"{imports}\ndef f():\n    return {given}", tests).passed


def test_right_code_passes():
    tests = [
        {"call": "total([1, 2], 1)", "expected": "2"},
        {"call": "total([], 0)", "expected": "0"},
    ]
    code = "def total(prices, limit):\n    return sum(price for price in prices if price > limit)"
    outcome = sandbox.run(code, tests)
    assert outcome.passed and (outcome.status, outcome.detail) == ("passed", "")
    assert (outcome.right, outcome.tests) == (2, 2) and 0 < outcome.seconds < 10


def test_wrong_results_are_counted_and_shown():
    tests = [{"call": "double(2)", "expected": "4"}, {"call": "double(3)", "expected": "6"}]
    outcome = sandbox.run("def double(n):\n    return n ** 2", tests)
    assert (outcome.status, outcome.right) == ("failed", 1)
    assert outcome.detail == "expected 6, got 9"


@pytest.mark.parametrize(
    ("given", "expected", "same"),
    [
        ("3", "3.0", True),
        ("1", "True", False),
        ("[True]", "[1]", False),
        ("(1, 2)", "[1, 2]", False),
        ("[0.1 * 3, 'a']", "[0.3, 'a']", True),
        ("{'a': 1.0}", "{'a': 1}", True),
        ("{'a': 1, 'b': 2}", "{'a': 1}", False),
        ("{'a': 1}", "{'b': 1}", False),
        ("None", "0", False),
        ("'1'", "1", False),
        ("b'1'", "'1'", False),
        ("{1, 2}", "{2, 1}", True),
        ("{1, 2}", "{2, 3}", False),
        ("set()", "{}", False),
        ("object()", "1", False),
        ("(n for n in [1])", "[1]", False),
        ("range(2)", "[0, 1]", False),
        ("[1]", "[1, 2]", False),
        ("1 + 2j", "1 + 2j", True),
    ],
)
def test_results_are_compared_by_value(given, expected, same):
    assert returns(given, expected) is same


@pytest.mark.parametrize(
    ("given", "expected", "same"),
    [
        ("collections.Counter('abb')", "{'a': 1, 'b': 2}", True),
        ("collections.Counter('abb')", "{'a': 1, 'b': 3}", False),
        ("collections.defaultdict(list, a=[1])", "{'a': [1]}", True),
        ("collections.OrderedDict(b=2, a=1)", "{'a': 1, 'b': 2}", True),
        ("[collections.Counter('a')]", "[{'a': 1}]", True),
        ("types.MappingProxyType({'a': 1})", "{'a': 1}", True),
        ("collections.namedtuple('P', 'x y')(1, 2)", "(1, 2)", True),
        ("collections.namedtuple('P', 'x y')(1, 2)", "[1, 2]", False),
        ("collections.deque([1])", "[1]", False),
        ("frozenset({1, 2})", "{1, 2}", True),
        ("{frozenset({1}): 2}", "{frozenset({1}): 2}", True),
        ("{'a': 1}.keys()", "{'a'}", True),
        ("{'a': 1}.values()", "[1]", False),
        ("bytearray(b'a')", "b'a'", True),
        ("enum.IntEnum('E', 'A').A", "1", True),
        ("enum.StrEnum('E', 'A').A", "'a'", True),
        ("enum.Enum('E', 'A').A", "1", False),
        ("decimal.Decimal('12.50')", "12.5", True),
        ("decimal.Decimal('3')", "3", True),
        ("fractions.Fraction(1, 3)", "0.3333333333333333", True),
        ("fractions.Fraction(1, 3)", "0.334", False),
        ("{True: 1}", "{1: 1}", False),
    ],
)
def test_types_that_are_equal_in_python_are_equal(given, expected, same):
    assert returns(given, expected) is same


@pytest.mark.parametrize(
    ("given", "expected", "same"),
    [
        ("math.inf", "float('inf')", True),
        ("-math.inf", "-math.inf", True),
        ("math.inf", "-inf", False),
        ("math.inf", "1e308", False),
        ("[1, math.inf]", "[1, inf]", True),
        ("{'a': math.nan}", "{'a': float('nan')}", True),
        ("math.nan", "1", False),
        ("0", "nan", False),
        ("decimal.Decimal('Infinity')", "inf", True),
        ("'inf'", "inf", False),
        ("10 ** 400", "float('inf')", False),
        ("10 ** 400", "1.5", False),
    ],
)
def test_infinity_and_nan_are_themselves(given, expected, same):
    assert returns(given, expected) is same


@pytest.mark.parametrize(
    ("given", "expected", "same"),
    [
        ("0.1 + 0.2", "0.3", True),
        ("1 + 5e-10", "1.0", True),
        ("1 + 2e-9", "1.0", False),
        ("1e6 + 5e-4", "1e6", True),
        ("1e6 + 2e-3", "1e6", False),
        ("5e-13", "0.0", True),
        ("2e-12", "0.0", False),
        ("1 + 5e-10 + 0j", "1.0", True),
        ("{0.1 + 0.2}", "{0.3}", True),
        ("{0.1 + 0.2: 'a'}", "{0.3: 'a'}", True),
        ("{1, 1 + 1e-8}", "{1, 1.0000001}", False),
        ("{1, 5}", "{1, 1.0000000001}", False),
        ("1_000_000_008", "1_000_000_007", False),
        ("10 ** 18 + 1", "1_000_000_000_000_000_000", False),
    ],
)
def test_floats_have_a_tolerance_and_ints_have_none(given, expected, same):
    assert returns(given, expected) is same


@pytest.mark.parametrize("expected", ["total", "1 +", "f()", "float('x')", "float(1, 2)", "a.inf"])
def test_an_expected_result_that_is_no_value_is_named(expected):
    with pytest.raises(CourseError, match="is no value; write a literal"):
        returns("1", expected)


def test_an_object_that_prints_as_the_right_result_is_wrong():
    outcome = sandbox.run("class f:\n    def __repr__(self): return '1'", ONE)
    assert (outcome.status, outcome.detail) == ("failed", "expected 1, got 1")


MODULES = {
    "dataclass, later annotations": """
        from __future__ import annotations
        from dataclasses import dataclass
        @dataclass
        class P:
            x: int
            y: ClassVar[int] = 2
        def f(): return P(1).x""",
    "dataclass, slots": """
        from dataclasses import dataclass, field
        @dataclass(order=True, frozen=True, slots=True)
        class P:
            x: list = field(default_factory=list)
        def f(): return 1 - len(P().x)""",
    "named tuple, type hints": """
        from __future__ import annotations
        from typing import NamedTuple, get_type_hints
        class P(NamedTuple):
            x: int
        def f(): return len(get_type_hints(P))""",
    "enumeration": """
        import enum
        class Kind(enum.Enum):
            ONE = 1
        def f(): return Kind.ONE.value""",
    "copy and pickle": """
        import copy, pickle
        class P: x = 1
        def f(): return pickle.loads(pickle.dumps(copy.deepcopy(P()))).x""",
    "dispatch by annotation": """
        from functools import singledispatch
        @singledispatch
        def g(x): return 0
        @g.register
        def _(x: str) -> int: return 1
        def f(): return g('')""",
    "global": """
        total = 0
        def f():
            global total
            total += 1
            return total""",
    "no main": """
        if __name__ == '__main__':
            raise SystemExit
        def f(): return 1""",
}


@pytest.mark.parametrize("name", MODULES)
def test_code_runs_as_a_module(name):
    outcome = sandbox.run(MODULES[name].replace("\n        ", "\n"), ONE)
    assert outcome.passed, outcome.detail


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("def f(:", "SyntaxError"),
        ("def g(): return 1", "NameError"),
        ("def f(): return 1 / 0", "ZeroDivisionError"),
        ("def f(): return f()", "RecursionError"),
        ("def f():\n    found = []\n    found.append(found)\n    return found", "RecursionError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("def f(): raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("\0", "null bytes"),
        ("def f(x): return 1", "TypeError"),
        ("x = '\\ud800'\ndef f(): raise ValueError(x)", "ValueError"),
        ("import no_such_module", "ModuleNotFoundError"),
    ],
)
def test_errors_are_told(code, detail):
    outcome = sandbox.run(code, ONE)
    assert outcome.status == "error" and detail in outcome.detail


def test_the_standard_library_is_there():
    names = "collections, datetime, functools, itertools, math, random, re, statistics, string"
    assert run(f"import {names}\nreturn math.isqrt(1)").passed


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ],
)
def test_an_endless_loop_is_stopped(body):
    began = time.perf_counter()
    outcome = run(body, seconds=1)
    assert outcome.status == "timeout" and time.perf_counter() - began < 20


def test_waiting_for_ever_is_stopped():
    outcome = run("import time\ntime.sleep(60)", seconds=0.2)
    assert outcome.status == "timeout" and "1 seconds" in outcome.detail


# What is tried from here on does little harm where a guard is broken: some memory, one process,
# signal 0, files of the test's own.
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no address space limit")
@pytest.mark.parametrize(
    "body",
    [
        "return len(bytearray(4 * 10 ** 8))",
        "kept = []\nfor n in range(40): kept.append('x' * 10 ** 7)",
        "return len([0] * 5 * 10 ** 7)",
    ],
)
def test_a_memory_bomb_is_stopped(body):
    assert run(body, memory=128_000_000).status in ("memory", "crashed")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no such limits")
def test_the_limits_are_set():
    code = (
        "import resource; from helpers.sandbox import child; child.limit(3, 10 ** 9); "
        "print([resource.getrlimit(getattr(resource, 'RLIMIT_' + name)) "
        "for name in ('CPU', 'AS', 'FSIZE', 'CORE')])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.stdout.strip() == str([(3, 4), (10**9, 10**9), (10**6, 10**6), (0, 0)]), done.stderr


@pytest.mark.parametrize(
    "body",
    [
        "import os\nif os.fork() == 0: os._exit(0)",
        "import os\nos.system('true')",
        "import os\nos.execv('/bin/true', ['true'])",
        "import os\nos.posix_spawn('/bin/true', ['true'], {})",
        "import subprocess\nsubprocess.run(['true'])",
        "import multiprocessing",
        "import _posixsubprocess",
        "import threading\nthreading.Thread(target=print).start()",
        "import _thread\n_thread.start_new_thread(print, ())",
        "import os\nos.kill(os.getppid(), 0)",
        "import os\nos.killpg(os.getpgid(os.getppid()), 0)",
    ],
)
def test_other_processes_and_threads_are_refused(body):
    outcome = run(body)
    assert outcome.status == "refused" and "refused in the sandbox" in outcome.detail


@pytest.mark.parametrize(
    "name",
    ["socket", "_socket", "ctypes", "urllib.request", "http.server", "resource", "signal", "mmap"],
)
def test_network_and_foreign_code_are_refused(name):
    assert run(f"import {name}").status == "refused"


def test_files_outside_its_folder_are_out_of_reach(tmp_path):
    victim = tmp_path / "diary.txt"
    victim.write_text("dear diary", encoding="utf-8")
    path = str(victim)
    for body in (
        f"open({path!r}, 'w')",
        f"open({path!r}, 'a')",
        f"open({path!r}, 'r+')",
        f"open({path!r})",
        f"import os\nos.open({path!r}, os.O_WRONLY)",
        f"import os\nos.remove({path!r})",
        f"import os\nos.rename({path!r}, 'mine')",
        f"import os\nos.truncate({path!r}, 0)",
        f"import os\nos.chmod({path!r}, 0)",
        f"import shutil\nshutil.rmtree({str(tmp_path)!r})",
        f"import pathlib\npathlib.Path({str(tmp_path / 'new')!r}).mkdir()",
        f"import os\nos.symlink({path!r}, 'link')\nopen('link', 'w')",
        f"open('../../../../{path}', 'w')",
        f"import os\nos.link({path!r}, 'hard')",
    ):
        assert run(body).status == "refused", body
    assert victim.read_text(encoding="utf-8") == "dear diary"
    assert [one.name for one in tmp_path.iterdir()] == ["diary.txt"]


def test_its_own_folder_may_be_used_and_is_gone_afterwards():
    outcome = run(
        "import os\nassert os.listdir() == []\nopen('note', 'w').write('x')\nos.mkdir('more')\n"
        "open('more/note', 'w').close()\nreturn os.getcwd()"
    )
    folder = outcome.detail.split("got ")[1].strip("'")
    assert outcome.status == "failed" and "sandbox-" in folder and not Path(folder).exists()


def test_a_huge_file_is_refused():
    body = "with open('big', 'wb') as file:\n    for _ in range(100): file.write(bytes(10 ** 6))"
    assert "OSError" in run(body).detail


@pytest.mark.parametrize(
    "body",
    [
        "for n in range(10 ** 4): print('x' * 1000)",
        "print('x' * 10 ** 7)",
        "import sys\nfor n in range(10 ** 4): sys.stderr.write('x' * 1000)",
    ],
)
def test_huge_output_is_refused(body):
    outcome = run(body)
    assert outcome.status == "error" and "characters printed" in outcome.detail
    assert len(outcome.printed) <= 20_000


def test_output_past_python_goes_nowhere(capfd):
    body = "import os\nfor _ in range(1000): os.write(1, b'x' * 1000); os.write(2, b'x')\nreturn 1"
    assert run(body).passed
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("result", ["'x' * 10 ** 6", "[1] * 10 ** 5", "object, 'x' * 10 ** 6"])
def test_a_huge_result_is_refused(result):
    assert "more than" in run(f"return {result}").detail


def test_what_is_printed_is_kept():
    assert run("print('roses')\nreturn 1").printed == "roses\n"


@pytest.mark.parametrize(
    "code", ["import os\nos._exit(0)", "def f():\n    import os\n    os._exit(3)"]
)
def test_leaving_early_is_a_crash(code):
    assert sandbox.run(code, ONE).status == "crashed"


def test_a_forged_report_passes_nothing():
    for report in ("1", "()", "([(1, 2)], 3)", "([], '')", "(" * 5000, "([('value', 1)], 1)"):
        outcome = run(
            "import os\nfor number in range(3, 20):\n"
            f"    try: os.write(number, {report!r}.encode())\n"
            "    except OSError: pass\nos._exit(0)"
        )
        assert not outcome.passed


def test_the_environment_is_empty_and_sets_have_an_order(monkeypatch):
    monkeypatch.setenv("API_KEY", "secret")
    body = (
        "import os\nassert 'API_KEY' not in os.environ\n"
        "return ' '.join({'rose', 'tulip', 'lily', 'iris', 'aster'})"
    )
    details = {run(body).detail for _ in range(3)}
    assert len(details) == 1 and "rose" in details.pop()


def test_bad_arguments_are_named():
    with pytest.raises(CourseError, match="0 seconds"):
        sandbox.run("", ONE, seconds=0)
    with pytest.raises(CourseError, match="12 bytes"):
        sandbox.run("", ONE, memory=12)
    for tests in ([], [{"call": "f()"}]):
        with pytest.raises(CourseError, match="Each test needs a call"):
            sandbox.run("", tests)


CODE = "def f():\n    return 1\n"
ANSWERS = {
    "no fence": CODE,
    "no fence, CRLF": CODE.replace("\n", "\r\n"),
    "fence": f"```python\n{CODE}```",
    "prose around, no language": f"Here you are:\n\n```\n{CODE}```\nDone.",
    "no end": f"```py\n{CODE}",
    "no end, another follows": f"```python\n{CODE}```text\n1\n```",
    "CRLF": f"So:\r\n```python\r\n{CODE}```\r\n".replace("\r\n", "\n").replace("\n", "\r\n"),
    "old line ends": f"```python\n{CODE}```\n".replace("\n", "\r"),
    "a space first": f"``` python\n{CODE}```",
    "spaces behind": f"```Python3   \n{CODE}```   ",
    "a title": f'```python title="f.py" linenums=1\n{CODE}```',
    "a class": f"```{{.python .numberLines}}\n{CODE}```",
    "R Markdown": f"```{{python}}\n{CODE}```",
    "a path": f"```python:src/f.py\n{CODE}```",
    "tildes": f"~~~python\n{CODE}~~~",
    "a longer end": f"~~~\n{CODE}~~~~",
    "four backticks": f"````python\n{CODE}````",
    "in a list": "1. So:\n\n   ```python\n   def f():\n       return 1\n   ```\n\n2. Done.",
    "tabs": "- So:\n\t```python\n\tdef f():\n\t    return 1\n\t```\n",
    "only the fence is indented": f"  ```python\n{CODE}  ```\n",
    "the end on the last line": "```python\ndef f():\n    return 1```",
    "pip first": f"```bash\npip install numpy\n```\n\n```python\n{CODE}```",
    "pip first, no language": f"```\npip install numpy\n```\n```\n{CODE}```",
    "pip in a notebook first": f"```python\n!pip install numpy\n```\n```python\n{CODE}```",
    "an example after": f"```python\n{CODE}```\n```python\nprint(f())\nf(2)\n```\n```\n1\n```\n",
    "an example first": f"So:\n```python\nprint(f())\n```\nThe code:\n```python\n{CODE}```",
    "a second version": f"```python\n{CODE}```\nShorter:\n```python\ndef f(): return 2\n```",
    "text first": f"```{{.text}}\ndef f():\n    return 2\n```\n```{{.python}}\n{CODE}```",
    "data first": f"```json\n{{}}\n```\n```python\n{CODE}```",
    "an unknown language": f"```code\n{CODE}```",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_code_is_found_in_an_answer(name):
    assert sandbox.code_in(ANSWERS[name]).strip() == CODE.strip()


def test_code_in_pieces_is_put_together():
    pieces = ["import math\n", "def g():\n    return 1\n", "def f():\n    return math.isqrt(g())\n"]
    answer = "\n".join(f"Then:\n```python\n{piece}```" for piece in pieces)
    assert sandbox.run(sandbox.code_in(answer), ONE).passed


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("```python\nf = lambda: 1\n```\n```python\nprint(f())\n```", "f = lambda: 1\n"),
        ("```python\ndef f(:\n```", "def f(:\n"),
        ("```python\n'\\d'\n```", "'\\d'\n"),
        ("```python\n```", ""),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''\n"),
        ("```python\ns = 'a\x0cb\u2028c'\n```", "s = 'a\x0cb\u2028c'\n"),
        ("no code at all", "no code at all"),
        ("", ""),
    ],
)
def test_other_answers_give_what_there_is(answer, code, recwarn):
    assert sandbox.code_in(answer) == code and not recwarn.list


def test_parsing_is_a_question_not_an_error():
    assert sandbox.parses(CODE)
    assert not any(map(sandbox.parses, ("def f(:", "\0", "(" * 10_000, "return 1")))


def test_many_run_in_order_and_fast():
    codes = [f"def f():\n    return {number}" for number in (1, 2, 1, 3) * 5]
    began = time.perf_counter()
    outcomes = sandbox.run_all([(code, ONE) for code in codes])
    assert [outcome.passed for outcome in outcomes] == [True, False, True, False] * 5
    assert (time.perf_counter() - began) / len(codes) < 1  # 0.03 seconds on a quiet machine
