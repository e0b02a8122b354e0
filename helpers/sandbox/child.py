"""What ``helpers.sandbox`` starts in a process of its own.

It reads code and calls from stdin and writes what the calls return. It runs as a script, alone:
nothing of the course is imported here.
"""

import _thread
import ast
import contextlib
import io
import os
import sys
from collections.abc import Mapping, Set
from numbers import Number

LARGEST = 20_000  # characters of one result, or of everything that is printed
SMALL_FILES = 1_000_000  # bytes of a file that the code writes
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Audit events (https://docs.python.org/3/library/audit_events.html) that are refused: other
# processes and threads, the network, foreign code.
REFUSED = (
    "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile",
    "os.kill", "pty.", "_winapi.", "signal.", "_thread.start", "socket.", "ssl.", "http.",
    "urllib.", "ftplib.", "smtplib.", "ctypes.", "resource.", "mmap.", "winreg.", "msvcrt.",
    "syslog.", "os.putenv", "os.unsetenv", "sys.addaudithook", "sys.remote_exec", "gc.",
    "cpython.run_", "code.__new__",
)
MODULES = {
    "ctypes", "_ctypes", "subprocess", "_posixsubprocess", "multiprocessing", "_multiprocessing",
    "socket", "_socket", "resource", "signal", "_signal", "_winapi", "mmap", "pty",
}
# Events that change files; all their paths must be inside the folder.
CHANGING = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "os.utime", "os.chdir", "os.setxattr", "os.removexattr",
}


class Printed(io.StringIO):
    """Standard output that has an end."""

    def write(self, text: str) -> int:
        if self.tell() + len(text) > LARGEST:
            raise OSError(f"more than {LARGEST} characters printed")
        return super().write(text)


def limit(seconds: int, memory: int) -> None:
    """Limit CPU seconds, address space in bytes and file sizes, where the platform can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {
        "RLIMIT_CPU": (seconds, seconds + 1),
        "RLIMIT_AS": (memory, memory),
        "RLIMIT_FSIZE": (SMALL_FILES, SMALL_FILES),
        "RLIMIT_CORE": (0, 0),
    }
    for name, values in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(getattr(resource, name), values)
    del sys.modules["resource"]  # so that importing it again is seen


def guard(folder: str) -> None:
    """Refuse what a small function has no need of. A hook can't be taken away again."""
    inside = os.path.realpath(folder) + os.sep
    readable = (inside, *(os.path.realpath(path) + os.sep for path in sys.path))

    def within(path, places) -> bool:
        path = os.path.realpath(os.fsdecode(path))
        return any((path + os.sep).startswith(place) for place in places)

    def hook(event: str, arguments: tuple) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = bool((flags or 0) & WRITING) or any(sign in (mode or "") for sign in "wax+")
            if isinstance(path, int) or not within(path, (inside,) if writes else readable):
                raise PermissionError(f"refused in the sandbox: open {path!r}")
        elif event == "import":
            if arguments[0].partition(".")[0] in MODULES:
                raise PermissionError(f"refused in the sandbox: import {arguments[0]}")
        elif event in CHANGING:
            paths = [one for one in arguments if isinstance(one, (str, bytes))]
            if not all(within(path, (inside,)) for path in paths):
                raise PermissionError(f"refused in the sandbox: {event}")
        elif event.startswith(REFUSED):
            raise PermissionError(f"refused in the sandbox: {event}")

    def no_thread(*_):
        raise PermissionError("refused in the sandbox: a thread")

    # From Python 3.12 on, threads have an audit event.
    for name in ("start_new_thread", "start_new", "start_joinable_thread"):
        setattr(_thread, name, no_thread)
    sys.addaudithook(hook)


def told(error: BaseException) -> str:
    """Return an exception as one line, even if it does not want to be printed."""
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:
        text = type(error).__name__
    return " ".join(text.split())[:300]


def plain(value: object) -> object:
    """Return ``value`` as one that prints as a literal, at any depth.

    A Counter becomes a dict, a namedtuple a tuple, a Decimal a number: what ``==`` would let pass.
    Raises TypeError for what has no such form, such as a generator or an object of its own class.
    """
    if value is None or value is ... or isinstance(value, bool):
        return value
    for kind in (int, float, complex, bytes):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, str):
        return str.__str__(value)  # a StrEnum
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, Number):  # a Decimal or a Fraction
        number = float(value)
        return int(value) if number.is_integer() else number
    if isinstance(value, Mapping):
        return {plain(key): plain(one) for key, one in value.items()}
    for kind, form in ((list, list), (tuple, tuple), (Set, frozenset)):
        if isinstance(value, kind):
            return form(map(plain, value))
    raise TypeError(f"{type(value).__name__} is no plain value")


def answer(space: dict, call: str) -> tuple[str, str]:
    """Return what became of the call, in two words.

    ("value", the result's source), ("object", its text if it has no source) or ("error", the
    exception).
    """
    try:
        result = eval(call, space)
        try:
            kind, text = "value", repr(plain(result))
        except TypeError:
            kind, text = "object", repr(result)
        if len(text) > LARGEST:
            return "error", f"a result of more than {LARGEST} characters"
        return kind, text
    except BaseException as error:
        return "error", told(error)


def main() -> None:
    """Run the code, then each call; write a line for each, and what was printed last."""
    seconds, memory, code, calls = ast.literal_eval(sys.stdin.buffer.read().decode("utf-8"))
    report, write, leave = os.dup(1), os.write, os._exit
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    printed = Printed()
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), printed, printed
    module = type(sys)("__sandbox__")  # a real one: dataclasses look their annotations up in it
    sys.modules[module.__name__] = module
    space = module.__dict__
    limit(seconds, memory)
    guard(os.getcwd())
    try:
        exec(compile(code, "<answer>", "exec"), space)
        answers = [answer(space, call) for call in calls]
    except BaseException as error:
        answers = [("error", told(error))] * len(calls)
    try:
        write(report, repr((answers, printed.getvalue())).encode("utf-8", "backslashreplace"))
    finally:
        leave(0)  # without waiting for what the code may have left behind


if __name__ == "__main__":
    main()
