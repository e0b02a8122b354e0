"""The workflow files keep to GitHub's schema and run the commands of the README."""

import re
import subprocess
import sys

import pytest
import yaml

from tests.platforms import resolution

REPOSITORY = resolution.REPOSITORY
CI_RUN_MINUTES = 90  # so long may .ci/run take
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))


def load(name):
    """Return a parsed workflow; YAML 1.1 reads the key `on` as true, which is put right."""
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / name).read_text(encoding="utf-8"))
    workflow["on"] = workflow.pop(True)
    return workflow


def check_schema(path):
    """Validate one file against the schema that check-jsonschema carries (no network)."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    return subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_keeps_to_the_schema(path):
    done = check_schema(path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"), [("runs-on:", "runs_on:"), ("timeout-minutes: 90", "timeout-minutes: soon")]
)
def test_a_mistake_is_seen(tmp_path, right, wrong):
    text = (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert right in text
    broken = tmp_path / "ci.yml"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    done = check_schema(broken)
    assert done.returncode == 1
    assert "Schema validation errors" in done.stdout


def test_actions_are_pinned_by_version():
    used = [use for path in WORKFLOWS for use in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))]
    assert used
    assert [use for use in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", use)] == []


def commands(workflow):
    """Return the shell lines of a workflow's steps."""
    return [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]


def test_no_job_stops_before_ci_run_may():
    for path in WORKFLOWS:
        jobs = load(path.name)["jobs"]
        assert {name: job["timeout-minutes"] for name, job in jobs.items() if job["timeout-minutes"] < CI_RUN_MINUTES} == {}


def test_the_cpu_workflow_runs_everything_on_one_python_and_unit_tests_on_the_others():
    workflow = load("ci.yml")
    assert set(workflow["on"]) == {"push", "pull_request"}
    everything, unit = commands(workflow)
    assert everything == "make test"
    assert unit == 'make test ARGS="tests/platforms tests/notebooks tests/helpers"'
    assert all((REPOSITORY / folder).is_dir() for folder in re.findall(r"tests/\w+", unit))
    assert workflow["jobs"]["everything"]["steps"][1]["with"]["python-version"] == "3.11"
    assert workflow["jobs"]["unit"]["strategy"]["matrix"]["python"] == ["3.12", "3.13", "3.14"]
    assert "make test" in (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "\nexec make test\n" in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")


def test_the_nightly_workflow_measures_the_cards():
    workflow = load("nightly.yml")
    assert workflow["on"]["schedule"] and "push" not in workflow["on"]
    assert commands(workflow) == ["make cards"]
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert "\t@$(BIN)/course test -m card tests/helpers $(ARGS)\n" in makefile


def test_the_gpu_workflow_runs_nightly_and_on_a_label_in_both_modes():
    workflow = load("gpu.yml")
    job = workflow["jobs"]["notebooks"]
    assert workflow["on"]["schedule"] and "labeled" in workflow["on"]["pull_request"]["types"]
    assert "'gpu'" in job["if"] and "gpu" in job["runs-on"]
    assert job["strategy"]["matrix"]["models"] == ["shipped", "hub"]
    assert job["env"]["COURSE_MODELS"] == "${{ matrix.models }}"
    assert job["env"]["COURSE_DEVICE"] == "cuda"
    assert "make test ARGS=notebooks" in commands(workflow)
