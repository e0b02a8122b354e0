"""The sandbox lets right code pass, and survives what wrong code may do."""

import sys
import time
from pathlib import Path

import pytest

from helpers import sandbox
from helpers.errors import CourseError

ONE = [{"call": "f()", "expected": "1"}]


def run(body, tests=ONE, **options):
    code = "def f():\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return sandbox.run(code, tests, **options)


def test_right_code_passes():
    tests = [{"call": "total([1, 2], 1)", "expected": "2"}, {"call": "total([], 0)", "expected": "0"}]
    outcome = sandbox.run("def total(prices, limit):\n    return sum(price for price in prices if price > limit)", tests)
    assert outcome.passed and (outcome.status, outcome.right, outcome.tests, outcome.detail) == ("passed", 2, 2, "")
    assert 0 < outcome.seconds < 10


def test_wrong_results_are_counted_and_shown():
    tests = [{"call": "double(2)", "expected": "4"}, {"call": "double(3)", "expected": "6"}]
    outcome = sandbox.run("def double(n):\n    return n ** 2", tests)
    assert (outcome.status, outcome.right, outcome.detail) == ("failed", 1, "expected 6, got 9")


@pytest.mark.parametrize(
    ("given", "expected", "same"),
    [
        ("0.1 + 0.2", "0.3", True), ("3", "3.0", True), ("1", "True", False), ("(1, 2)", "[1, 2]", False), ("[0.1 * 3, 'a']", "[0.3, 'a']", True),
        ("{'a': 1.0}", "{'a': 1}", True), ("{'a': 1, 'b': 2}", "{'a': 1}", False), ("None", "0", False), ("'1'", "1", False), ("{1, 2}", "{2, 1}", True),
        ("object()", "1", False), ("(n for n in [1])", "[1]", False), ("float('nan')", "1", False), ("[1]", "[1, 2]", False),
    ],
)
def test_results_are_compared_by_value(given, expected, same):
    assert sandbox.run(f"def f():\n    return {given}", [{"call": "f()", "expected": expected}]).passed is same


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("def f(:", "SyntaxError"), ("def g(): return 1", "NameError"), ("def f(): return 1 / 0", "ZeroDivisionError"),
        ("def f(): return f()", "RecursionError"),
        ("raise SystemExit(0)", "SystemExit"), ("def f(): raise KeyboardInterrupt", "KeyboardInterrupt"), ("\0", "null bytes"),
        ("def f(x): return 1", "TypeError"),
        ("x = '\\ud800'\ndef f(): raise ValueError(x)", "ValueError"), ("import no_such_module", "ModuleNotFoundError"),
    ],
)
def test_errors_are_told(code, detail):
    outcome = sandbox.run(code, ONE)
    assert outcome.status == "error" and detail in outcome.detail


def test_the_standard_library_is_there():
    assert run("import collections, datetime, functools, itertools, math, random, re, statistics, string\nreturn math.isqrt(1)").passed


@pytest.mark.parametrize("body", ["while True: pass", "while True:\n    try:\n        while True: pass\n    except BaseException: pass"])
def test_an_endless_loop_is_stopped(body):
    began = time.perf_counter()
    outcome = run(body, seconds=1)
    assert outcome.status == "timeout" and time.perf_counter() - began < 20


def test_waiting_for_ever_is_stopped():
    outcome = run("import time\ntime.sleep(1000)", seconds=0.2)
    assert outcome.status == "timeout" and "1 seconds" in outcome.detail


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no address space limit")
@pytest.mark.parametrize("body", ["return len(bytearray(10 ** 10))", "kept = []\nwhile True: kept.append('x' * 10 ** 7)", "return [0] * 10 ** 10"])
def test_a_memory_bomb_is_stopped(body):
    assert run(body, memory=128_000_000).status in ("memory", "crashed")


@pytest.mark.parametrize(
    "body",
    [
        "import os\nwhile True: os.fork()", "import os\nos.system('true')", "import os\nos.execv('/bin/true', ['true'])",
        "import os\nos.posix_spawn('/bin/true', ['true'], {})",
        "import subprocess\nsubprocess.run(['true'])", "import multiprocessing", "import _posixsubprocess",
        "import threading\nthreading.Thread(target=print).start()",
        "import _thread\nwhile True: _thread.start_new_thread(print, ())", "import os\nos.kill(os.getppid(), 9)",
    ],
)
def test_other_processes_and_threads_are_refused(body):
    outcome = run(body)
    assert outcome.status == "refused" and "refused in the sandbox" in outcome.detail


@pytest.mark.parametrize("body", ["import socket", "import ctypes", "import urllib.request", "import resource", "import _socket", "import http.server"])
def test_network_and_foreign_code_are_refused(body):
    assert run(body).status == "refused"


def test_files_outside_its_folder_are_out_of_reach(tmp_path):
    victim = tmp_path / "diary.txt"
    victim.write_text("dear diary", encoding="utf-8")
    path = str(victim)
    for body in (
        f"open({path!r}, 'w')", f"open({path!r}, 'a')", f"open({path!r}, 'r+')", f"open({path!r})", f"import os\nos.open({path!r}, os.O_WRONLY)",
        f"import os\nos.remove({path!r})",
        f"import os\nos.rename({path!r}, 'mine')", f"import os\nos.truncate({path!r}, 0)", f"import os\nos.chmod({path!r}, 0)",
        f"import shutil\nshutil.rmtree({str(tmp_path)!r})",
        f"import pathlib\npathlib.Path({str(tmp_path / 'new')!r}).mkdir()", f"import os\nos.symlink({path!r}, 'link')\nopen('link', 'w')",
        f"open('../../../../{path}', 'w')",
        f"import os\nos.link({path!r}, 'hard')",
    ):
        assert run(body).status == "refused", body
    assert victim.read_text(encoding="utf-8") == "dear diary" and [one.name for one in tmp_path.iterdir()] == ["diary.txt"]


def test_its_own_folder_may_be_used_and_is_gone_afterwards():
    body = "import os\nassert os.listdir() == []\nopen('note', 'w').write('x')\nos.mkdir('more')\nopen('more/note', 'w').close()\nreturn os.getcwd()"
    outcome = sandbox.run("def f():\n" + "".join(f"    {line}\n" for line in body.splitlines()), ONE)
    folder = outcome.detail.split("got ")[1].strip("'")
    assert outcome.status == "failed" and "sandbox-" in folder and not Path(folder).exists()


def test_a_huge_file_is_refused():
    assert "OSError" in run("with open('big', 'wb') as file:\n    for _ in range(100): file.write(bytes(10 ** 6))").detail


@pytest.mark.parametrize("body", ["while True: print('x' * 1000)", "print('x' * 10 ** 7)", "import sys\nwhile True: sys.stderr.write('x' * 1000)"])
def test_huge_output_is_refused(body):
    outcome = run(body)
    assert outcome.status == "error" and "characters printed" in outcome.detail and len(outcome.printed) <= 20_000


def test_output_past_python_goes_nowhere(capfd):
    assert run("import os\nfor _ in range(1000): os.write(1, b'x' * 1000); os.write(2, b'x')\nreturn 1").passed
    assert capfd.readouterr() == ("", "")


def test_a_huge_result_is_refused():
    assert "more than" in run("return 'x' * 10 ** 6").detail


def test_what_is_printed_is_kept():
    assert run("print('roses')\nreturn 1").printed == "roses\n"


@pytest.mark.parametrize("code", ["import os\nos._exit(0)", "def f():\n    import os\n    os._exit(3)"])
def test_leaving_early_is_a_crash(code):
    assert sandbox.run(code, ONE).status == "crashed"


def test_a_forged_report_passes_nothing():
    for report in ("1", "()", "([(1, 2)], 3)", "([], '')", "(" * 5000, "([('value', 1)], 1)"):
        outcome = run(f"import os\nfor number in range(3, 20):\n    try: os.write(number, {report!r}.encode())\n    except OSError: pass\nos._exit(0)")
        assert not outcome.passed


def test_the_environment_is_empty_and_sets_have_an_order(monkeypatch):
    monkeypatch.setenv("API_KEY", "secret")
    body = "import os\nassert 'API_KEY' not in os.environ\nreturn ' '.join({'rose', 'tulip', 'lily', 'iris', 'aster'})"
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


def test_code_is_found_in_an_answer():
    code = "def f():\n    return 1\n"
    for answer in (code, f"```python\n{code}```", f"Here you are:\n\n```\n{code}```\nDone.", f"```py\n{code}"):
        assert sandbox.code_in(answer) == code


def test_parsing_is_a_question_not_an_error():
    assert sandbox.parses("def f():\n    return 1")
    assert not any(sandbox.parses(code) for code in ("def f(:", "\0", "(" * 10_000, "return 1"))


def test_many_run_in_order_and_fast():
    codes = [f"def f():\n    return {number}" for number in (1, 2, 1, 3) * 5]
    began = time.perf_counter()
    outcomes = sandbox.run_all([(code, ONE) for code in codes])
    assert [outcome.passed for outcome in outcomes] == [True, False, True, False] * 5
    assert (time.perf_counter() - began) / len(codes) < 1  # 0.03 seconds on a quiet machine
