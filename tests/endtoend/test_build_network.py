"""What builds reach: nothing but themselves, unless the project or the command allows it."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.backend.runner import Runner
from tests.support.program import lockenv
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BACKEND = """\
import pathlib, socket

def build_editable(directory, config_settings=None, metadata_directory=None):
    socket.create_connection(("127.0.0.1", {port}), 5).close()
    (pathlib.Path(directory) / {name!r}).write_bytes({content!r})
    return {name!r}
"""
PROJECT = """\
[project]
name = "reaching"
version = "1.0"
requires-python = ">=3.11"

[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
MADE = wheel("reaching", "1.0")
ALLOWED = "\n[tool.lockenv]\nbuild-network = true\n"
NOTE = "builds can access the network on this machine"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Provide a project whose backend connects to a server on this machine, to build it."""
    here = tmp_path / "reaching"
    here.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        backend = BACKEND.format(port=port, name=MADE.filename, content=MADE.content)
        here.joinpath("backend.py").write_text(backend, "utf-8")
        here.joinpath("pyproject.toml").write_text(PROJECT, "utf-8")
        lock = lockenv("lock", cwd=here)
        assert lock.code == 0, lock.err
        yield here


def refusal() -> str:
    """Return why builds are not cut off on this machine; empty where they are."""
    reported: list[str] = []
    Runner(note=reported.append).run([sys.executable, "-c", ""])
    return "".join(reported)


def test_build_reaches_no_server_and_the_hint_says_what_allows_it(project: Path) -> None:
    if reason := refusal():
        pytest.skip(reason)

    sync = lockenv("sync", cwd=project)

    assert sync.code == 2, sync.err
    assert "Connection refused" in sync.err
    assert "hint: full log: " in sync.err
    assert "it ran without network access; allow it once with `--build-network`" in sync.err
    assert not list(project.glob(".venv/lib/*/site-packages/reaching*"))


def test_build_reaches_it_where_the_command_allows_it(project: Path) -> None:
    sync = lockenv("sync", "--build-network", "--verbose", cwd=project)

    assert sync.code == 0, sync.err
    assert NOTE not in sync.err


def test_build_reaches_it_where_the_project_allows_it(project: Path) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8") + ALLOWED, "utf-8")

    sync = lockenv("sync", cwd=project)

    assert sync.code == 0, sync.err


def test_machine_that_cannot_cut_builds_off_builds_and_says_so_where_more_is_to_be_said(project: Path) -> None:
    is_cut_off = not refusal()

    plain, verbose = lockenv("sync", cwd=project), lockenv("sync", "--verbose", "--no-editable", cwd=project)

    assert (plain.code, NOTE in plain.err) == (2 if is_cut_off else 0, False), plain.err
    assert (verbose.code, NOTE in verbose.err) == ((2, False) if is_cut_off else (0, True))


def test_build_without_servers_is_without_network_whatever_the_project_says(project: Path) -> None:
    if reason := refusal():
        pytest.skip(reason)

    assert lockenv("sync", "--build-network", "--offline", cwd=project).code == 2
