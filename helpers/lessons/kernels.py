"""Kernels of the Python that runs the course, whatever kernelspecs lie around on the machine."""

import subprocess
import tempfile
import time
from pathlib import Path

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager, KernelManager
from traitlets import default

from helpers.errors import CourseError
from helpers.files import NOTEBOOKS

START_SECONDS = 120  # 2 where nothing else runs


class OwnKernels(KernelSpecManager):
    """Kernelspecs in which ``python3`` is this Python; the others are as they are registered.

    A folder of that name that another environment registered would come first, and stays behind
    when the environment is removed.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        if kernel_name == NATIVE_KERNEL_NAME:
            return self.kernel_spec_class(resource_dir=RESOURCES, **get_kernel_dict())
        return super().get_kernel_spec(kernel_name)


class OwnKernelManager(AsyncKernelManager):
    """The manager of a kernel of this Python."""

    @default("kernel_spec_manager")
    def _own(self) -> OwnKernels:
        return OwnKernels()


def try_one() -> float:
    """Start a kernel, let it import the helpers, stop it; return the seconds that it took.

    Raises CourseError with what went wrong.
    """
    began = time.perf_counter()
    manager, client = KernelManager(kernel_spec_manager=OwnKernels()), None
    quiet = ["--IPKernelApp.log_level=ERROR"]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        try:
            manager.start_kernel(
                extra_arguments=quiet, stdout=subprocess.DEVNULL, stderr=said, cwd=str(NOTEBOOKS)
            )
            client = manager.client()
            client.start_channels()
            client.wait_for_ready(timeout=START_SECONDS)
            reply = client.execute_interactive(
                "import helpers", timeout=START_SECONDS, output_hook=lambda message: None
            )["content"]
            if reply["status"] != "ok":
                raise CourseError(f"{reply.get('ename')}: {reply.get('evalue')}")
        except CourseError:
            raise
        except Exception as error:  # whatever Jupyter raises, the reader gets one sentence
            said.seek(0)
            last = next(reversed(said.read().strip().splitlines()), "")
            raise CourseError(last or f"{type(error).__name__}: {error}") from error
        finally:
            if client is not None:
                client.stop_channels()
            if manager.has_kernel:
                manager.shutdown_kernel(now=True)
    return time.perf_counter() - began


def stale(names: tuple[str, ...]) -> dict[str, str]:
    """Return name → path of those kernelspecs whose Python is gone, or that can't be read (""),
    as a Jupyter other than the course's finds them."""
    found, manager = {}, KernelSpecManager()
    registered = manager.find_kernel_specs()
    for name in names:
        if name not in registered:
            continue
        try:
            [program, *_] = manager.get_kernel_spec(name).argv
        except Exception:  # not JSON, no argv, no such provisioner: a spec that starts nothing
            found[name] = ""
            continue
        if Path(program).is_absolute() and not Path(program).exists():
            found[name] = program
    return found
