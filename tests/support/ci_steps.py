"""Run the steps of a composite action of GitHub, or the script of a job of GitLab, with bash, in their order.

In: the YAML, inputs and variables, a directory. Out: the outputs of the action. It knows the part of both languages
that the files of this repository use, and refuses what it does not know.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EXPRESSION = re.compile(r"\$\{\{ (inputs|steps)\.([a-z]+)(?:\.outputs\.([a-z]+))? \}\}")
_CONDITION = re.compile(r"steps\.([a-z]+)\.outputs\.([a-z]+) == '([a-z]+)'")
_STEP_KEYS = {"name", "id", "if", "shell", "env", "run"}


def loaded(file: Path) -> dict[str, Any]:
    """Return a YAML file; the test is skipped where nothing can read one."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    found: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return found


class FailedStepError(Exception):
    """A step, by its name, that ended with another code than 0; what was printed by then."""

    def __init__(self, name: str, log: str) -> None:
        super().__init__(f"{name}:\n{log}")
        self.name = name
        self.log = log


@dataclass(slots=True)
class Ran:
    """What was run, and what came of it."""

    steps: list[str] = field(default_factory=list)
    """The names of those that were run."""
    log: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the id of each step."""


def run_action(file: Path, inputs: Mapping[str, str], directory: Path, env: Mapping[str, str]) -> Ran:
    """Run a composite action; inputs that are not given have their defaults. Raises FailedStepError."""
    action = loaded(file)
    given = {name: inputs.get(name, each.get("default", "")) for name, each in action["inputs"].items()}
    assert set(inputs) <= set(given)
    ran = Ran()
    output = directory.parent / "step-output"
    for step in action["runs"]["steps"]:
        assert set(step) <= _STEP_KEYS, step
        # Nothing that a user or an index chose is put into a script: scripts get it as variables.
        assert step["shell"] == "bash" and "${{" not in step["run"], step
        if not _holds(step.get("if", ""), ran):
            continue
        output.write_text("")
        variables = {name: _value(text, given, ran) for name, text in step.get("env", {}).items()}
        _bash(step["name"], step["run"], directory, {**env, **variables, "GITHUB_OUTPUT": str(output)}, ran)
        if "id" in step:
            ran.outputs[step["id"]] = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return ran


def run_job(file: Path, job: str, directory: Path, env: Mapping[str, str]) -> Ran:
    """Run the script of a job of GitLab, whose entries share a shell. Raises FailedStepError."""
    whole = loaded(file)
    ran = Ran()
    # "script" is run by one shell, which ends at the first command that fails.
    _bash(job, "\n".join(whole[job]["script"]), directory, {**whole["variables"], **env}, ran)
    return ran


def _bash(name: str, script: str, directory: Path, env: Mapping[str, str], ran: Ran) -> None:
    # "bash --noprofile --norc -eo pipefail {0}" is what `shell: bash` means.
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=directory, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    ran.steps.append(name)
    ran.log += done.stdout
    if done.returncode:
        raise FailedStepError(name, ran.log)


def _holds(condition: str, ran: Ran) -> bool:
    if not condition:
        return True
    found = _CONDITION.fullmatch(condition)
    assert found is not None, condition
    return ran.outputs.get(found[1], {}).get(found[2]) == found[3]


def _value(text: str, given: Mapping[str, str], ran: Ran) -> str:
    found = _EXPRESSION.fullmatch(text)
    assert found is not None, text
    return given[found[2]] if found[1] == "inputs" else ran.outputs[found[2]][found[3]]
