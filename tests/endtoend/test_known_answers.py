"""What `check` and `lock` remember of files that they have seen: the same answer, and little is loaded for it."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_module_budget import loaded_whole
from tests.support.program import PYTHON, environment, lockenv
from tests.support.projects import write_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_FULL = {"check": "lockenv.operations.check", "lock": "lockenv.operations.lock"}
"""What each command loads to answer in full."""

_SILENT = """\
assert check(CheckRequest(), settings).is_silent
assert lock(LockRequest(), settings).is_silent
"""
_LOOKED_AT = """\
import os, sys
from lockenv import CheckRequest, LockRequest, Settings, check, lock

root, cache = sys.argv[1:]
seen, asked = set(), set()

class Variables(dict):
    def get(self, name, default=None):
        asked.add(name)
        return super().get(name, default)
    def __getitem__(self, name):
        asked.add(name)
        return super().__getitem__(name)
    def __iter__(self):
        asked.add("all")
        return super().__iter__()

def hear(event, args):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(args[0], str):
        path = os.path.abspath(args[0])
        if path.startswith(root):
            seen.add(os.path.relpath(path, root))

sys.addaudithook(hear)
settings = Settings(directory=root, environ=Variables(os.environ), now="2026-01-01T00:00:00Z", cache_dir=cache)
{code}
print(*sorted(seen), *sorted(asked))
"""


def is_known(cwd: Path, command: str, *args: str) -> bool:
    """Run `command`, and return whether it answers without the modules that make the answer."""
    return _FULL[command] not in loaded_whole(cwd, command, *args)


@pytest.mark.parametrize("command", ["check", "lock"])
def test_second_answer_is_known_and_the_same(locked: Path, command: str) -> None:
    first = lockenv(command, cwd=locked)
    assert "pylock.toml is up to date" in first.err

    assert is_known(locked, command)
    assert lockenv(command, cwd=locked) == first


@pytest.mark.parametrize("command", ["check", "lock"])
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", "# a comment\n"),
        ("pylock.toml", "# a comment\n"),
        ("lockenv.toml", "# a comment\n"),
        ("pylock.build.toml", 'lock-version = "1.0"\ncreated-by = "lockenv"\npackages = []\n'),
        ("uv.toml", "# a comment\n"),
    ],
)
def test_answer_about_other_files_is_not_known(locked: Path, command: str, file: str, text: str) -> None:
    lockenv(command, cwd=locked)
    with (locked / file).open("a", encoding="utf-8") as opened:
        opened.write(text)

    result = subprocess.run(
        [PYTHON, "-X", "importtime", "-m", "lockenv", command],
        cwd=locked,
        env=environment(locked),
        capture_output=True,
        text=True,
        check=False,
    )

    assert _FULL[command] in result.stderr


def test_answer_of_one_command_is_not_that_of_another(locked: Path) -> None:
    lockenv("lock", cwd=locked)

    assert not is_known(locked, "check")


@pytest.mark.parametrize(
    "args", [("--format", "json"), ("--json",), ("-v",), ("--lockfile", "pylock.toml")], ids=" ".join
)
def test_check_with_options_answers_in_full(locked: Path, args: tuple[str, ...]) -> None:
    lockenv("check", cwd=locked)

    assert not is_known(locked, "check", *args)


@pytest.mark.parametrize("args", [("--dry-run",), ("--refresh",), ("-P", "app"), ("-v",)], ids=" ".join)
def test_lock_with_options_answers_in_full(locked: Path, args: tuple[str, ...]) -> None:
    lockenv("lock", cwd=locked)

    assert not is_known(locked, "lock", *args)


def test_no_is_an_answer_in_full_each_time(locked: Path) -> None:
    assert lockenv("check", cwd=locked).code == 0
    write_project(locked, ["app>=1", "ribbon"])

    first = lockenv("check", cwd=locked)

    assert (first.code, lockenv("check", cwd=locked)) == (1, first)


@pytest.mark.parametrize(
    "settings",
    [
        {"exclude-newer-package": {"ribbon": "2026-01-01T00:00:00Z"}},
        {"licenses": {"deny": ["GPL-*"]}},
        {"accept-faults": {"app": ["record-mismatch"]}},
    ],
    ids=str,
)
def test_answer_that_time_may_change_or_that_has_a_note_is_not_remembered(
    project: Path, index: LoopbackIndex, settings: dict[str, object]
) -> None:
    write_project(project, ["app>=1"], index=index.url, tool=settings)
    assert lockenv("lock", cwd=project).code == 0

    assert [is_known(project, "check") for _ in range(2)] == [False, False]


def test_answer_about_several_locks_is_not_remembered(project: Path, index: LoopbackIndex) -> None:
    tool = {"lock": {"tools": {"groups": ["dev"]}}}
    write_project(project, ["app>=1"], groups={"dev": ["tester"]}, index=index.url, tool=tool)
    assert lockenv("lock", cwd=project).code == 0

    first = lockenv("check", cwd=project)

    assert "pylock.tools.toml is up to date" in first.err
    assert lockenv("check", cwd=project) == first


@pytest.mark.parametrize("command", ["check", "lock"])
def test_answer_about_the_only_named_lock_is_not_that_about_the_lock_of_the_project(
    project: Path, command: str
) -> None:
    settings = (project / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.")
    table = '[tool.lockenv.lock.tools]\nrequirements = ["tools.in"]\nrequires-python = ">=3.11"\n'
    (project / "pyproject.toml").write_text(f"[tool.{settings[2]}\n{table}", encoding="utf-8")
    (project / "tools.in").write_text("tester\n", encoding="utf-8")
    assert lockenv("lock", cwd=project).code == 0
    shutil.copy(project / "pylock.tools.toml", project / "pylock.toml")
    lockenv(command, cwd=project)
    (project / "tools.in").write_text("ribbon\n", encoding="utf-8")

    result = lockenv(command, cwd=project)

    assert (result.code, "pylock.tools.toml" in result.err) == (1 if command == "check" else 0, True)
    assert "up to date" not in result.err


def test_answer_is_known_where_the_user_configures_something(locked: Path) -> None:
    configuration = locked.with_name("project.home") / ".config/lockenv/lockenv.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text('bounds = "lower"\n', encoding="utf-8")

    assert [is_known(locked, "check") for _ in range(2)] == [False, True]


def test_full_answers_read_no_file_and_no_variable_that_is_not_part_of_the_question(
    locked: Path,
) -> None:
    """Whatever else an answer depends on would have to be part of what it is remembered under."""
    (locked / "pylock.build.toml").unlink(missing_ok=True)

    assert looked_at(locked, _SILENT) == (["lockenv.toml", "pylock.toml", "pyproject.toml"], "")


def looked_at(project: Path, code: str) -> tuple[list[str], str]:
    """Run `code`, and return the files of the project and the variables that it looked at; and what went wrong."""
    done = subprocess.run(
        [PYTHON, "-c", _LOOKED_AT.replace("{code}", code), str(project), str(project.with_name("another.cache"))],
        env=environment(project),
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split(), done.stderr
