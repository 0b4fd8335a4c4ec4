"""Which lock and which table of settings is meant, where a project declares named locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import lockenv
from lockenv.errors import UsageError
from lockenv.operations import load, lock_choice
from lockenv.operations.named_locks import file_of
from lockenv.operations.settings_edit import setting_place

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
[project]
name = "kettle"
version = "1"
requires-python = ">=3.11"
[dependency-groups]
docs = []
[tool.lockenv]
allow-build = ["one"]
[tool.lockenv.lock.docs]
groups = ["docs"]
allow-build = []
[tool.lockenv.lock.tools]
requirements = ["tools.in"]
"""


@pytest.fixture
def here(tmp_path: Path) -> lockenv.Settings:
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "tools.in").write_text("", encoding="utf-8")
    return lockenv.Settings.of(tmp_path, environ={"HOME": str(tmp_path)}, offline=True)


def named(here: lockenv.Settings, name: str) -> lockenv.Settings:
    return lockenv.Settings.of(here.directory, environ=here.environ, offline=True, named_lock=name)


def test_all_locks_are_meant_unless_some_are_named(here: lockenv.Settings) -> None:
    def meant(*names: str, is_single: bool = False) -> list[str]:
        return [one.named_lock for one in lock_choice.meant(names, here, is_single=is_single)]

    assert meant() == ["", "docs", "tools"]
    assert meant("tools", "docs", "tools") == ["tools", "docs"]
    assert meant(is_single=True) == [""]


def test_builds_are_allowed_where_the_lock_reads_it(here: lockenv.Settings) -> None:
    places = [setting_place(load.project(named(here, name)), "allow-build")[1] for name in ("", "docs", "tools")]

    assert places == [("tool", "lockenv"), ("tool", "lockenv", "lock", "docs"), ("tool", "lockenv")]


def test_lock_of_a_library_user_is_the_named_one(here: lockenv.Settings) -> None:
    answer = lockenv.lock(lockenv.LockRequest(), named(here, "tools"))

    assert isinstance(answer, lockenv.Locked)
    assert answer.delivered is not None
    assert answer.delivered.name.endswith("pylock.tools.toml")


def test_lock_that_is_not_declared_is_an_error_of_usage(here: lockenv.Settings) -> None:
    with pytest.raises(UsageError, match='declares no lock `tool`; did you mean "tools"'):
        load.project(named(here, "tool"))


@pytest.mark.parametrize(
    ("file", "lock"),
    [
        ("tools.in", "pylock.tools.toml"),
        ("requirements/dev.txt", "pylock.dev.toml"),
        ("requirements.dev.in", "pylock.requirements-dev.toml"),
        ("build.in", "pylock.build-lock.toml"),
        (".in", "pylock.-in.toml"),
    ],
)
def test_lock_to_propose_is_called_after_the_requirements_file(file: str, lock: str) -> None:
    assert file_of([file]) == lock
