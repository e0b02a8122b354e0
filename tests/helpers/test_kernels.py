"""Kernels are those of the course's own Python, whatever kernelspecs lie around."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import pytest

from helpers import doctor
from helpers.errors import CourseError
from helpers.files import REPOSITORY
from helpers.lessons import kernels
from helpers.lessons.run import execute
from tests.helpers.test_suite import course_test

GONE = "/no/such/environment/bin/python"


@pytest.fixture
def registered(tmp_path, monkeypatch):
    """Register kernelspecs where Jupyter looks first; "" is a file that can't be read."""
    folder = tmp_path / "jupyter"
    monkeypatch.setenv("JUPYTER_PATH", str(folder))

    def register(**programs):
        for name, program in programs.items():
            spec = folder / "kernels" / name / "kernel.json"
            spec.parent.mkdir(parents=True, exist_ok=True)
            argv = [program, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            content = {"argv": argv, "display_name": name, "language": "python"}
            spec.write_text(json.dumps(content) if program else "{", encoding="utf-8")
        return folder

    return register


@pytest.fixture
def notebook(tmp_path):
    """A notebook that prints its kernel's Python."""
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import sys\nprint(sys.executable)")],
        metadata={"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}},
    )
    path = tmp_path / "which.ipynb"
    nbformat.write(book, path)
    return path


@pytest.mark.parametrize("program", [GONE, "", "false"])
def test_the_runner_takes_its_own_python(registered, notebook, program):
    registered(python3=program)
    run = execute(notebook)
    assert run.error is None
    assert run.notebook.cells[0].outputs[0].text.strip() == sys.executable


def test_course_test_takes_its_own_python(registered, notebook):
    registered(python3=GONE)
    book = nbformat.read(notebook, as_version=4)
    book.cells[0].source += f"\nassert sys.executable == {sys.executable!r}"
    nbformat.write(book, notebook)
    out, _ = course_test(str(notebook)).communicate()
    assert " 1 passed" in out, out


@pytest.fixture
def lab(registered):
    """`course lab` on a free port among stale kernelspecs; yields a function that asks its API."""
    registered(python3=GONE, other=GONE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--ServerApp.port={port}", "--IdentityProvider.token=t", "--no-browser"]
    server = subprocess.Popen(
        [sys.executable, "-m", "helpers.cli", "lab", "--ServerApp.ip=127.0.0.1", *options],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def ask(path, content=None):
        data = json.dumps(content).encode() if content else None
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/api/{path}?token=t", data)
        with urllib.request.urlopen(asked, timeout=60) as response:
            return json.load(response)

    try:
        while True:
            try:
                ask("status")
                break
            except (urllib.error.URLError, ConnectionError):
                assert server.poll() is None
                time.sleep(0.2)
        yield ask
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # the group is ours: course, Jupyter and its kernels
        server.wait(60)


def test_jupyterlab_takes_its_own_python_and_lists_the_others(lab):
    specs = lab("kernelspecs")["kernelspecs"]
    assert specs["python3"]["spec"]["argv"][0] == sys.executable
    assert specs["other"]["spec"]["argv"][0] == GONE
    assert lab("kernels", {"name": "python3"})["id"]


# Doctor


def kernel_findings():
    return {finding.name: finding for finding in doctor._kernels()}


def test_doctor_starts_a_kernel_and_names_stale_ones_with_what_mends_them(registered):
    folder = registered(python3=GONE, greenhouse="", other=GONE)
    found = kernel_findings()
    assert found.keys() == {"Kernel", "kernelspec python3", "kernelspec greenhouse"}
    assert found["Kernel"].value.startswith("starts in") and not found["Kernel"].remedy
    assert found["kernelspec python3"].value == f"its Python {GONE} is gone"
    assert found["kernelspec greenhouse"].value == "its kernel.json can't be read"
    remedy = found["kernelspec python3"].remedy
    subprocess.run(remedy.split(" "), check=True, capture_output=True)
    assert sorted(path.name for path in (folder / "kernels").iterdir()) == ["greenhouse", "other"]
    assert found["kernelspec greenhouse"].remedy.endswith(
        "--name greenhouse --display-name Greenhouse"
    )


def test_kernelspecs_that_start_are_no_finding(registered):
    registered(python3=sys.executable, greenhouse="python")
    assert kernels.stale(("python3", "greenhouse", "missing")) == {}


def test_a_kernel_that_does_not_start_is_told_with_its_last_words(monkeypatch):
    spec = {"display_name": "x", "language": "python"}
    broken = [sys.executable, "-c", "import sys; sys.exit('it broke')"]
    monkeypatch.setattr(kernels, "get_kernel_dict", lambda: spec | {"argv": broken})
    with pytest.raises(CourseError, match="^it broke$"):
        kernels.try_one()
    [found] = doctor._kernels()
    assert found.value == "does not start (it broke)" and found.remedy == "make clean setup"
    monkeypatch.setattr(kernels, "get_kernel_dict", lambda: spec | {"argv": [GONE]})
    [found] = doctor._kernels()
    assert "No such file or directory" in found.value


def test_an_error_in_the_helpers_is_told(monkeypatch):
    code = "import sys; sys.modules['helpers'] = None; from ipykernel import kernelapp"
    argv = [
        sys.executable,
        "-c",
        f"{code}; kernelapp.launch_new_instance()",
        "-f",
        "{connection_file}",
    ]
    spec = {"display_name": "x", "language": "python", "argv": argv}
    monkeypatch.setattr(kernels, "get_kernel_dict", lambda: spec)
    with pytest.raises(CourseError, match="ModuleNotFoundError: .*helpers"):
        kernels.try_one()


@pytest.mark.parametrize(
    ("package", "name"),
    [("psutil", "psutil"), ("torch", "COURSE_DEVICE"), ("ipykernel.kernelspec",) * 2],
)
def test_a_missing_package_is_a_finding(monkeypatch, package, name):
    for module in (package, "helpers.lessons.kernels"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(doctor, "_files", list)  # takes seconds, and imports nothing
    found = [finding for finding in doctor.findings() if finding.remedy]
    assert [finding.name for finding in found] == [name]
    assert package in found[0].value and found[0].remedy == "make setup"
