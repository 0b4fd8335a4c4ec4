"""The whole program as on Windows: a project is locked, synced, verified, changed and built, and its text is printed.

Calls to the system behave as `tests.support.windows` says; standard output is a pipe in the code page 1252.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.cli import main
from tests.support.program import environment, no_pause
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import sdist, wheel
from tests.support.windows import install, windows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD = wheel("tool", "1.0", requires=["lib"], entry_points={"console_scripts": {"tool": "tool:main"}})
NEW = wheel("tool", "2.0", requires=["lib"], entry_points={"console_scripts": {"tool": "tool:main"}})
LIB = wheel("lib", "1.0", data={"scripts/plain": "#!python\n", "data/share/x.txt": "x"})
SOURCE = sdist("built", "1.0")


class Machine:
    """A project on a machine with Windows."""

    def __init__(self, directory: Path) -> None:
        self.project = directory / "project"
        self.python = install(directory / "Python", os.path.realpath(sys.executable))

    def run(self, *args: str, **more: str) -> tuple[int, str, str]:
        """Return the exit code of `lockenv ARGS` with `more` variables, and what it wrote to the two streams."""
        variables = environment(self.project)
        variables |= {"USERPROFILE": variables.pop("HOME"), "PATHEXT": ".com;.exe;.bat;.cmd", **more}
        streams = [io.TextIOWrapper(io.BytesIO(), "cp1252", newline="\r\n") for _ in range(2)]
        out, err = streams
        with (
            pytest.MonkeyPatch.context() as process,
            windows(),
            contextlib.chdir(self.project),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            process.setattr(sys, "executable", str(self.python))
            try:
                code = main(list(args), variables, no_pause)
            except SystemExit as end:  # after help
                code = int(end.code or 0)
        texts = []
        for stream in streams:
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8" if stream is out else "cp1252"))
        return int(code), texts[0], texts[1]

    def must(self, *args: str) -> str:
        code, out, err = self.run(*args)
        assert code == 0, (args, out, err)
        return out


@pytest.fixture(scope="module")
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as served:
        served.add_all(OLD, NEW, LIB, SOURCE)
        yield served


@pytest.fixture
def machine(tmp_path: Path, index: LoopbackIndex) -> Machine:
    made = Machine(tmp_path)
    write_project(made.project, ["tool==1.0"], index=index.url)
    return made


def test_project_is_locked_synced_verified_and_changed(machine: Machine, index: LoopbackIndex) -> None:
    machine.must("lock")
    machine.must("sync", "--python", str(machine.python))
    first = machine.run("verify")
    machine.must("check")
    write_project(machine.project, ["tool==2.0"], index=index.url)
    machine.must("lock", "--upgrade")
    machine.must("sync")
    second = machine.run("verify")

    assert (first[0], second[0]) == (0, 0), (first, second)
    assert (machine.project / ".venv/Scripts/tool.exe").exists()
    assert (machine.project / ".venv/Lib/site-packages/tool-2.0.dist-info").is_dir()


def test_release_without_wheels_is_built(machine: Machine, index: LoopbackIndex) -> None:
    write_project(machine.project, ["built"], index=index.url, tool={"allow-build": True})
    machine.must("lock")
    machine.must("sync", "--python", str(machine.python))

    assert machine.run("verify")[0] == 0


def test_shell_and_commands_are_run_and_waited_for(machine: Machine) -> None:
    handler = signal.getsignal(signal.SIGINT)
    machine.must("lock")
    machine.must("sync", "--python", str(machine.python))
    shell = machine.project / "cmd.exe"
    shell.write_text("#!/bin/sh\nexit 7\n")
    shell.chmod(0o755)
    try:
        in_shell = machine.run("shell", COMSPEC=str(shell))
        alone = machine.run("run", "python", "-c", "raise SystemExit(5)")
        with_more = machine.run("run", "--with", "lib", "python", "-c", "raise SystemExit(6)")
    finally:
        signal.signal(signal.SIGINT, handler)

    assert (in_shell[0], alone[0], with_more[0]) == (7, 5, 6), (in_shell, alone, with_more)


def test_strange_or_damaged_environment_is_rebuilt(machine: Machine) -> None:
    machine.must("lock")
    machine.must("sync", "--python", str(machine.python))
    (machine.project / ".venv/Scripts/python.exe").unlink()

    machine.must("sync", "--python", str(machine.python))

    assert machine.run("verify")[0] == 0


READING = (
    ("check",),
    ("check", "--json"),
    ("verify", "--json"),
    ("tree",),
    ("tree", "--json"),
    ("why", "lib"),
    ("why-not", "lib", "2.0"),
    ("outdated",),
    ("coverage",),
    ("export",),
    ("export", "--format", "cyclonedx"),
    ("diff", "other.toml", "pylock.toml"),
    ("diff", "other.toml", "pylock.toml", "--json"),
    ("config",),
    ("doctor",),
    ("cache", "size"),
    ("completion", "bash"),
    ("python", "list"),
    ("bundle", "offline"),
    ("check", "--format", "sarif"),
    ("--help",),
    ("lock", "--help"),
    ("nonsense",),
)


def test_every_command_writes_to_a_pipe_in_a_code_page(machine: Machine, index: LoopbackIndex) -> None:
    machine.must("lock")
    (machine.project / "pylock.toml").replace(machine.project / "other.toml")
    write_project(machine.project, ["tool==2.0"], index=index.url)
    machine.must("lock")
    machine.must("sync", "--python", str(machine.python))

    codes = {" ".join(args): machine.run(*args) for args in READING}

    assert {args for args, (code, *_) in codes.items() if code == 2} <= {"nonsense", "why-not lib 2.0"}, codes
    crashed = {args: text for args, (code, *text) in codes.items() if code == 70}
    assert crashed == {}
    carriage = [args for args, (_, out, _) in codes.items() if "\r\r" in out]
    assert carriage == []


def test_checkout_with_the_line_ends_of_windows_is_current(machine: Machine) -> None:
    machine.must("lock")
    machine.must("sync", "--python", str(machine.python))
    for name in ("pyproject.toml", "pylock.toml"):
        path = machine.project / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    checked = machine.run("check")
    machine.must("sync")

    assert checked[0] == 0, checked
    assert machine.run("verify")[0] == 0
