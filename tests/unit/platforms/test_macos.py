"""Decisions that differ on macOS, taken here as they are there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

import pytest
from packaging.tags import mac_platforms

from lockenv.backend.backend import hook_environment
from lockenv.environment.creation import create
from lockenv.environment.interpreter_locations import candidates
from lockenv.environment.run_probe import examine
from lockenv.environment.tags import InterpreterFacts, supported
from lockenv.errors import MachineError
from lockenv.fetch import forked_call
from lockenv.fetch.worker_calls import processors
from lockenv.files import git_program
from lockenv.files.developer_tools import is_stub
from lockenv.files.ops import Folder
from tests.support.systems import assumed

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter


@pytest.mark.parametrize(
    ("version", "machine", "is_64bit"),
    [("10.9", "x86_64", True), ("10.16", "x86_64", True), ("11", "arm64", True), ("26.1", "arm64", True),
     ("15.3.1", "x86_64", True), ("10.6", "x86_64", False)],
)  # fmt: skip
def test_tags_are_those_of_packaging(version: str, machine: str, *, is_64bit: bool) -> None:
    facts: dict[str, Any] = {
        "version": "3.12.4",
        "version_nodot": "312",
        "platform": "macosx-10.13-universal2",
        "ext_suffix": ".cpython-312-darwin.so",
        "is_debug": False,
        "is_free_threaded": False,
        "is_64bit": is_64bit,
        "macos": [version, machine],
        "markers": {"implementation_name": "cpython", "platform_system": "Darwin"},
    }
    numbers = [*map(int, version.split(".")), 0][:2]

    found = dict.fromkeys(tag.rpartition("-")[2] for tag in supported(cast("InterpreterFacts", facts), None))

    expected = mac_platforms((numbers[0], numbers[1]), machine if is_64bit else "i386")
    assert list(found) == [*expected, "any"]


@pytest.mark.parametrize("place", ["var/db/xcode_select_link", "Library/Developer/CommandLineTools/usr/bin"])
def test_program_of_the_system_is_a_stub_without_developer_tools(tmp_path: Path, place: str) -> None:
    with assumed("darwin"):
        before = [is_stub(f"/usr/bin/{name}", str(tmp_path)) for name in ("cc", "python3", "git", "env")]
        elsewhere = is_stub("/opt/homebrew/bin/python3", str(tmp_path))
        (tmp_path / place).mkdir(parents=True)
        after = is_stub("/usr/bin/cc", str(tmp_path))

    assert (before, elsewhere, after) == ([True, True, True, False], False, False)
    assert not is_stub("/usr/bin/cc", str(tmp_path))


@pytest.mark.skipif(not os.path.exists("/usr/bin/cc"), reason="no compiler is where macOS has its stub")
def test_stub_of_the_compiler_is_not_started() -> None:
    environ = {"PATH": "/usr/bin", "CC": "cc"}
    with assumed("darwin"):
        there = hook_environment(environ, "/env/bin/python", "/build", is_allowed=False)

    assert "CPPFLAGS" not in there
    assert "CPPFLAGS" in hook_environment(environ, "/env/bin/python", "/build", is_allowed=False)


@pytest.mark.skipif(not os.path.exists("/usr/bin/python3"), reason="no interpreter is where macOS has its stub")
def test_stub_of_the_interpreter_is_no_candidate(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin", "HOME": str(tmp_path)}
    with assumed("darwin"):
        there = [one.executable for one in candidates(environ, str(tmp_path))]
    here = [one.executable for one in candidates(environ, str(tmp_path))]

    assert ("/usr/bin/python3" in there, "/usr/bin/python3" in here) == (False, True)


@pytest.mark.skipif(not os.path.exists("/usr/bin/git"), reason="no git is where macOS has its stub")
def test_stub_of_git_is_no_git() -> None:
    with assumed("darwin"), pytest.raises(MachineError, match="git was not found"):
        git_program.run_git(["--version"], {"PATH": "/usr/bin"})


def test_environment_has_no_lib64(tmp_path: Path, interpreter: Interpreter) -> None:
    with assumed("darwin"):
        create(str(tmp_path / "env"), interpreter)

    assert not (tmp_path / "env/lib64").exists()
    assert os.readlink(tmp_path / "env/bin/python") == interpreter.executable


def test_file_is_copied_where_no_link_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ENOTSUP is 45 on macOS: exFAT and network shares say so."""
    (tmp_path / "source").write_text("content")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(45, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    with assumed("darwin"), Folder.open(str(tmp_path), "test") as folder:
        folder.link("copy", folder, "source")

    assert (tmp_path / "copy").read_text() == "content"


@pytest.mark.skipif(processors() < 2, reason="needs a second processor")
def test_process_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of a process that has used libraries of the system may end by itself there."""
    monkeypatch.setattr(forked_call, "running_threads", lambda: 0)
    with assumed("darwin"):
        there = forked_call.processes()
    with assumed("linux"):
        here = forked_call.processes()

    assert there == 1
    assert here > 1


def test_launcher_of_another_interpreter_is_not_passed_on(tmp_path: Path) -> None:
    """A framework build starts a program of its bundle, which takes this variable for its own name."""
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\necho "launcher: $__PYVENV_LAUNCHER__" >&2\nexit 1\n')
    python.chmod(0o755)

    with pytest.raises(MachineError, match=r"exit status 1\): launcher:$"):
        examine(str(python), {"PATH": os.defpath, "__PYVENV_LAUNCHER__": "/other/env/bin/python3"})
