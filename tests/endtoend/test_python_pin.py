"""`lockenv python pin`."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
WHOLE = sys.version.split()[0]


@pytest.fixture
def project(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a project for the Python that runs the tests and newer ones, below a pin of another."""
    (tmp_path / ".python-version").write_text("3.8\n")
    directory = write_project(tmp_path / "project", [], index=index.url, requires_python=f">={HERE}")
    (directory / "part").mkdir()
    return directory


def test_pin_is_written_beside_the_project_and_read_from_below_it(project: Path) -> None:
    before = lockenv("python", "pin", cwd=project)
    written = lockenv("python", "pin", HERE, cwd=project / "part")
    again = lockenv("python", "pin", HERE, cwd=project)
    as_json = lockenv("python", "pin", "--json", cwd=project / "part")

    file = os.path.join("..", ".python-version")
    assert [(one.code, one.out, one.err) for one in (before, written, again)] == [
        (0, "3.8\n", ""),
        (0, "", f"wrote {file} ({HERE})\n"),
        (0, "", f".python-version requests {HERE} already\n"),
    ]
    assert json.loads(as_json.out) == {"schema": 1, "request": HERE, "file": file}
    assert (project / ".python-version").read_text() == f"{HERE}\n"


def test_other_lines_of_a_pin_stay(project: Path) -> None:
    pin = project / ".python-version"
    pin.write_bytes(b"# ours\r\n3.9  # old\r\n3.8\r\n")

    result = lockenv("python", "pin", WHOLE, cwd=project)

    assert (result.code, result.err) == (0, f".python-version: 3.9 → {WHOLE}\n")
    assert pin.read_bytes() == f"# ours\r\n{WHOLE}  # old\r\n3.8\r\n".encode()


def test_python_that_is_not_there_or_not_admitted_is_not_pinned(project: Path) -> None:
    refused = [lockenv("python", "pin", request, cwd=project) for request in ("3.99", "<3.8", "nonsense")]

    assert [one.code for one in refused] == [2, 2, 2]
    assert not (project / ".python-version").exists()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_pin_that_is_a_link_stays(project: Path) -> None:
    (project / "version").write_text(f"{HERE}\n")
    (project / ".python-version").symlink_to("version")

    result = lockenv("python", "pin", WHOLE, cwd=project)

    assert (result.code, result.err.splitlines()[0]) == (2, "error: .python-version is a link")
    assert (project / "version").read_text() == f"{HERE}\n"


def test_nothing_pinned_is_a_no(tmp_path: Path) -> None:
    result = lockenv("python", "pin", cwd=tmp_path)

    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[-1] == "  hint: run `lockenv python pin VERSION`"


@pytest.mark.parametrize("command", ["pin", "find"])
def test_request_that_contradicts_the_project_is_answered_with_what_to_change(project: Path, command: str) -> None:
    refused = lockenv("python", command, "2.7", cwd=project)

    assert (refused.code, refused.err) == (
        2,
        f"error: `python {command}` requests Python 2.7, but the project requires Python >={HERE}\n"
        "  hint: request another Python, or change requires-python in pyproject.toml\n",
    )


@pytest.mark.parametrize("command", ["pin", "find"])
def test_hint_for_a_python_that_is_not_there_names_no_option_that_the_command_lacks(
    project: Path, command: str
) -> None:
    refused = lockenv("python", command, "3.99", cwd=project)

    assert f"error: `python {command}` requests Python 3.99 and the project requires" in refused.err
    assert refused.err.endswith("\n  hint: install one, or put it on PATH\n")
    assert "--python" not in refused.err


def test_program_of_this_machine_is_not_pinned(project: Path) -> None:
    refused = lockenv("python", "pin", sys.executable, cwd=project)

    assert (refused.code, f"hint: pin its version: `lockenv python pin {HERE}`\n" in refused.err) == (2, True)
    assert not (project / ".python-version").exists()
