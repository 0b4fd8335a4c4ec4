"""What services and editors read about the repository says what the repository does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RUN = (ROOT / "tests" / "run.py").read_text("utf-8")
WORKFLOWS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / ".github" / "workflows").glob("*.yml"))
UNPINNED = {".github/workflows/release.yml": ["actions/attest-build-provenance@v4"]}
"""What a comment beside it says the reason of."""
yaml: Any = pytest.importorskip("yaml", reason="the dependency group `docs` is not installed")


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def test_workflow_runs_the_command_of_the_readme_last() -> None:
    steps = read(".github/workflows/tests.yml")["jobs"]["tests"]["steps"]

    assert f"```sh\n{steps[-1]['run']}\n```" in (ROOT / "README.md").read_text("utf-8")


def test_workflow_and_classifiers_name_the_same_pythons() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    matrix = read(".github/workflows/tests.yml")["jobs"]["tests"]["strategy"]["matrix"]

    classified = re.findall(r"Python :: (3\.\d+)$", "\n".join(project["classifiers"]), re.MULTILINE)

    assert matrix["python"] == classified
    assert project["requires-python"] == f">={classified[0]}"


@pytest.mark.parametrize("path", WORKFLOWS)
def test_workflow_grants_little_and_pins_what_it_uses(path: str) -> None:
    workflow = read(path)
    steps = [step for job in workflow["jobs"].values() for step in job.get("steps", ())]
    used = [step["uses"] for step in steps if "uses" in step]

    assert workflow["permissions"] == {"contents": "read"}
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == UNPINNED.get(path, [])
    assert [step for step in steps if "${{" in step.get("run", "")] == []  # shells read what is put in there as code


def test_release_publishes_by_trust_alone_and_after_all_tests() -> None:
    jobs = read(".github/workflows/release.yml")["jobs"]

    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["environment"] == "release"
    assert jobs["publish"]["needs"] == jobs["attest"]["needs"] == ["tests", "build"]
    assert "secrets." not in (ROOT / ".github/workflows/release.yml").read_text("utf-8")


def test_hooks_are_steps_of_the_test_command_and_need_no_network() -> None:
    hooks = [(repo["repo"], hook) for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]

    assert [(repo, hook["language"]) for repo, hook in hooks] == [("local", "system")] * len(hooks)
    commands = [hook["entry"].removeprefix("build/test-environment/bin/").split() for _, hook in hooks]
    steps = ['[str(SCRIPTS / "' + '", "'.join(words).replace('", "', '"), "', 1) + '"' for words in commands]
    assert [step for step in steps if step not in RUN] == []


@pytest.mark.parametrize("name", ["bug", "feature"])
def test_templates_of_issues_are_forms(name: str) -> None:
    form = read(f".github/ISSUE_TEMPLATE/{name}.yml")

    assert {"name", "description", "body"} <= form.keys()
    assert [item["id"] for item in form["body"] if item["type"] != "markdown"] != []
