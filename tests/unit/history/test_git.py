from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.errors import MachineError, UsageError
from lockenv.history.git import configure, content, merged, top
from tests.support.repository import ENVIRONMENT, commit, git, repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Provide a repository with a file in a directory, committed twice; the first commit is tagged `one`."""
    directory = repository(tmp_path / "repository")
    (directory / "part").mkdir()
    (directory / "part/file").write_bytes(b"one\r\n")
    commit(directory, "One")
    git(directory, "tag", "one")
    (directory / "part/file").write_bytes(b"two\r\n")
    commit(directory, "Two")
    return directory


def test_bytes_are_those_of_the_revision(history: Path) -> None:
    part = str(history / "part")

    assert [content(part, revision, "file", ENVIRONMENT) for revision in ("one", "HEAD", "HEAD~1")] == [
        b"one\r\n",
        b"two\r\n",
        b"one\r\n",
    ]


def test_file_that_a_revision_lacks_is_none(history: Path) -> None:
    assert content(str(history), "HEAD", "file", ENVIRONMENT) is None


@pytest.mark.parametrize("revision", ["nonsense", "--help", "", "HEAD:part/file", "a\0b"])
def test_what_is_no_revision_is_a_usage_error(history: Path, revision: str) -> None:
    with pytest.raises(UsageError):
        content(str(history), revision, "file", ENVIRONMENT)


def test_outside_of_a_repository_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not in the working tree"):
        content(str(tmp_path), "HEAD", "file", {**ENVIRONMENT, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    with pytest.raises(UsageError) as raised:
        configure(str(tmp_path), {}, ENVIRONMENT)
    assert raised.value.hint == "run it in a git repository"


def test_without_git_the_machine_is_at_fault(history: Path, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="git was not found on PATH"):
        content(str(history), "HEAD", "file", {"PATH": str(tmp_path)})


def test_settings_reach_the_repository(history: Path) -> None:
    configure(str(history / "part"), {"merge.lockenv.driver": "program %A"}, ENVIRONMENT)

    assert git(history, "config", "merge.lockenv.driver") == "program %A\n"
    assert top(str(history / "part")) == str(history.resolve())


def test_lines_that_both_changed_are_marked(tmp_path: Path) -> None:
    paths = []
    for name, text in (("ours", "a\nx\n"), ("base", "a\nb\n"), ("theirs", "a\ny\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        paths.append(str(tmp_path / name))

    found = merged((paths[0], paths[1], paths[2]), ("ours", "base", "theirs"), ENVIRONMENT)

    assert found == b"a\n<<<<<<< ours\nx\n||||||| base\nb\n=======\ny\n>>>>>>> theirs\n"
