"""`make lab` serves a page that a browser opens, and in which lesson 00 runs to its end."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from helpers.files import REPOSITORY
from helpers.lessons.notebook import read

NOTEBOOK = REPOSITORY / "notebooks" / "00_start_here.ipynb"
# Ten times what a quiet machine takes, and more.
START_SECONDS, RUN_SECONDS = 300, 900
TOKEN = "e2e"


@pytest.fixture
def own_copy(tmp_path):
    """A copy of lesson 00 in the clone, but not among the notebooks, which other tests look
    through."""
    copy = REPOSITORY / "reports" / "e2e_copy.ipynb"
    copy.parent.mkdir(exist_ok=True)
    book = read(NOTEBOOK)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    import nbformat

    nbformat.write(book, copy)
    yield copy
    copy.unlink()


@pytest.fixture
def lab(tmp_path):
    """JupyterLab started by `make lab` on a free loopback port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = (
        f"--no-browser --ServerApp.ip=127.0.0.1 --ServerApp.port={port} "
        f"--IdentityProvider.token={TOKEN}"
    )
    log = open(tmp_path / "lab.log", "w+")  # noqa: SIM115 - open for as long as the server runs
    server = subprocess.Popen(
        ["make", "lab", f"ARGS={options}"], cwd=REPOSITORY, stdout=log, stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path)},
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=2).close()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                log.seek(0)
                assert server.poll() is None, log.read()
                assert time.monotonic() < deadline, log.read()
                time.sleep(0.2)
        yield address
    finally:
        # The group is ours: make, course, Jupyter and its kernels
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(150)
        log.close()


@pytest.fixture
def browser(tmp_path):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--window-size=1280,1600",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}",
    ):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium")
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="Chromium or its driver is not installed"
)
def test_lesson_00_runs_to_its_end_in_a_browser(lab, browser, own_copy, tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get(f"{lab}/lab/tree/reports/{own_copy.name}?token={TOKEN}")
    wait = WebDriverWait(browser, START_SECONDS)
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, ".jp-Notebook .jp-CodeCell"))
    # Idle is said before there is a kernel, too: then Run All would ask for one
    wait.until(lambda b: "Python 3" in b.find_element(
        By.CSS_SELECTOR, ".jp-NotebookPanel-toolbar .jp-Toolbar-kernelName").text)
    wait.until(lambda b: "Idle" in b.find_element(
        By.CSS_SELECTOR,
        ".jp-Notebook-ExecutionIndicator").get_attribute("data-status").title())

    menus = browser.find_elements(By.CSS_SELECTOR, ".lm-MenuBar-item")
    next(menu for menu in menus if menu.text == "Run").click()
    entries = wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, ".lm-Menu-item"))
    next(entry for entry in entries if entry.text.startswith("Run All Cells")).click()

    # The notebook on disk is what counts: the page shows only the cells in view.
    code = [cell for cell in read(own_copy).cells if cell.cell_type == "code"
            and cell.source.strip()]
    deadline = time.monotonic() + RUN_SECONDS
    while True:
        browser.find_element(By.CSS_SELECTOR,
                             ".jp-NotebookPanel-toolbar [data-jp-item-name='save'] jp-button, "
                             ".jp-NotebookPanel-toolbar [data-jp-item-name='save'] button").click()
        done = [cell for cell in read(own_copy).cells if cell.cell_type == "code"
                and cell.execution_count]
        if len(done) == len(code):
            break
        assert time.monotonic() < deadline, f"{len(done)} of {len(code)} cells ran"
        time.sleep(1)
    errors = [output for cell in done for output in cell.outputs if output.output_type == "error"]
    assert errors == []
    browser.save_screenshot(str(tmp_path / "lab.png"))
    assert browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output")
