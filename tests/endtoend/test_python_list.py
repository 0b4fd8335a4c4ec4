"""`lockenv python list` and `lockenv shell`."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def test_interpreter_that_runs_lockenv_is_among_those_listed(tmp_path: Path) -> None:
    result = lockenv_here("python", "list", "--json", cwd=tmp_path)

    found = {one["executable"]: one["version"] for one in json.loads(result.out)["interpreters"]}
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    assert (result.code, found[base]) == (0, sys.version.split()[0])


def test_list_is_a_line_for_each(tmp_path: Path) -> None:
    as_json = lockenv_here("python", "list", "--json", cwd=tmp_path)

    result = lockenv_here("python", "list", cwd=tmp_path)

    executables = [one["executable"] for one in json.loads(as_json.out)["interpreters"]]
    assert [line.split()[-1] for line in result.out.splitlines()] == executables


def test_shell_is_in_the_environment(synced: Path) -> None:
    env = {"SHELL": "/bin/sh"}

    result = lockenv("shell", cwd=synced, env=env, stdin='app; echo "$VIRTUAL_ENV"; exit 3\n')

    assert (result.code, result.out) == (3, f"app on lib 1.1\n{synced / '.venv'}\n")


def test_shell_locks_and_syncs_first_unless_locked(synced: Path, index: LoopbackIndex) -> None:
    write_project(synced, ["app>=1", "lib==1.0"], index=index.url)

    refused = lockenv("shell", "--locked", cwd=synced, env={"SHELL": "/bin/sh"}, stdin="app\n")
    result = lockenv("shell", cwd=synced, env={"SHELL": "/bin/sh"}, stdin="app\n")

    assert (refused.code, refused.out) == (1, "")
    assert (result.code, result.out) == (0, "app on lib 1.0\n")
