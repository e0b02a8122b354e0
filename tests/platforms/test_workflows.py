"""The workflow files keep to GitHub's schema and run the commands of the README."""

import re
import subprocess
import sys

import pytest
import yaml

from tests.platforms import resolution

REPOSITORY = resolution.REPOSITORY
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
    ("right", "wrong"), [("runs-on:", "runs_on:"), ("timeout-minutes: 60", "timeout-minutes: soon")]
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


def test_the_cpu_workflow_runs_the_readme_command_on_each_python():
    workflow = load("ci.yml")
    assert set(workflow["on"]) == {"push", "pull_request"}
    assert commands(workflow) == ["make test"]
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert "make test" in (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "\nexec make test\n" in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")


def test_the_gpu_workflow_runs_nightly_and_on_a_label_in_both_modes():
    workflow = load("gpu.yml")
    job = workflow["jobs"]["notebooks"]
    assert workflow["on"]["schedule"] and "labeled" in workflow["on"]["pull_request"]["types"]
    assert "'gpu'" in job["if"] and "gpu" in job["runs-on"]
    assert job["strategy"]["matrix"]["models"] == ["shipped", "hub"]
    assert job["env"]["COURSE_MODELS"] == "${{ matrix.models }}"
    assert job["env"]["COURSE_DEVICE"] == "cuda"
    assert "make test ARGS=notebooks" in commands(workflow)
