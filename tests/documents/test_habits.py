"""What services and editors read about the repository says what the repository does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RUN = (ROOT / "tests" / "run.py").read_text("utf-8")
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
