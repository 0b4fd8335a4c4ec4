"""Whatever is wrong with the input: one clear sentence, the right exit code, nothing changed on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.pages import JSON
from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.server import Answer, Garbage, LoopbackIndex, Status, Truncate, WrongBytes
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """An input that cannot be used, and what must be said about it."""

    name: str
    spoil: Callable[[Path, LoopbackIndex], object]
    """Spoils a project that is locked but has no environment."""
    args: tuple[str, ...] = ("lock",)
    code: int = 2
    words: tuple[str, ...]


def requiring(*requires: str) -> Callable[[Path, LoopbackIndex], object]:
    return lambda project, index: write_project(project, requires, index=index.url)


def in_pyproject(text: str) -> Callable[[Path, LoopbackIndex], object]:
    return lambda project, _: project.joinpath("pyproject.toml").write_text(text, encoding="utf-8")


def in_lock(change: Callable[[str], str]) -> Callable[[Path, LoopbackIndex], object]:
    def spoil(project: Path, _: LoopbackIndex) -> None:
        lock = project / "pylock.toml"
        lock.write_text(change(lock.read_text(encoding="utf-8")), encoding="utf-8")

    return spoil


def conflicting(text: str) -> str:
    return f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> feature\n"


def stopped(project: Path, index: LoopbackIndex) -> None:
    write_project(project, ["unseen"], index=index.url)
    index.stop()


def failing(project: Path, index: LoopbackIndex) -> None:
    write_project(project, ["ribbon", "unseen"], index=index.url)
    index.fail("/simple/", Status(500), times=None)


def nonsense(project: Path, index: LoopbackIndex) -> None:
    write_project(project, ["unseen"], index=index.url)
    index.fail("/simple/unseen/", Answer(b'{"files": [', {"Content-Type": JSON}), times=None)


def no_http(project: Path, index: LoopbackIndex) -> None:
    write_project(project, ["unseen"], index=index.url)
    index.fail("/simple/unseen/", Garbage(), times=None)


def future_page(project: Path, index: LoopbackIndex) -> None:
    write_project(project, ["unseen"], index=index.url)
    index.add(wheel("unseen"))
    index.api_version = "2.0"


def needs_newer_python(project: Path, index: LoopbackIndex) -> None:
    index.add(wheel("tomorrow", "1.0", requires_python=">=3.30"))
    write_project(project, ["tomorrow"], index=index.url)


def folder_at_venv(project: Path, _: LoopbackIndex) -> None:
    project.joinpath(".venv").mkdir()
    project.joinpath(".venv/precious.txt").write_text("mine", encoding="utf-8")


def file_at_venv(project: Path, _: LoopbackIndex) -> None:
    project.joinpath(".venv").write_text("mine", encoding="utf-8")


def unlocked(project: Path, _: LoopbackIndex) -> None:
    project.joinpath("pylock.toml").unlink()


BAD = [
    Bad(
        name="invalid TOML",
        spoil=in_pyproject('[project]\nname = "x"\ndependencies = [\n'),
        words=("pyproject.toml",),
    ),
    Bad(
        name="not UTF-8",
        spoil=lambda project, _: project.joinpath("pyproject.toml").write_bytes(b"x = '\xff'"),
        words=("pyproject.toml",),
    ),
    Bad(
        name="no project at all",
        spoil=lambda project, _: project.joinpath("pyproject.toml").unlink(),
        words=("pyproject.toml",),
    ),
    Bad(
        name="unknown setting",
        spoil=in_pyproject('[project]\nname = "x"\nversion = "1"\n[tool.lockenv]\nenviroments = []\n'),
        words=("enviroments", "environments", "pyproject.toml"),
    ),
    Bad(name="bad specifier", spoil=requiring("app>>1"), words=("app>>1", "pyproject.toml")),
    Bad(name="bad marker", spoil=requiring("app; sys_platfrom == 'linux'"), words=("sys_platfrom", "pyproject.toml")),
    Bad(
        name="bad requires-python",
        spoil=in_pyproject('[project]\nname = "x"\nversion = "1"\nrequires-python = "3.11 or so"\n'),
        words=("requires-python", "3.11 or so"),
    ),
    Bad(name="unknown package", spoil=requiring("ribon"), code=1, words=("ribon", "ribbon")),
    Bad(name="no such version", spoil=requiring("lib>9"), code=1, words=("lib", "1.1")),
    Bad(name="no version for this Python", spoil=needs_newer_python, code=1, words=("tomorrow", "3.30")),
    Bad(name="index unreachable", spoil=stopped, words=("127.0.0.1", "unseen")),
    Bad(name="index fails", spoil=failing, words=("500", "127.0.0.1")),
    Bad(name="page is nonsense", spoil=nonsense, words=("unseen",)),
    Bad(name="index speaks no HTTP", spoil=no_http, words=("unseen",)),
    Bad(name="page of a newer major version", spoil=future_page, words=("2.0", "unseen")),
    Bad(
        name="lock with half a merge conflict, locked again",
        spoil=in_lock(lambda text: conflicting(text).replace("=======\n", "")),
        words=("pylock.toml", "conflict"),
    ),
    Bad(
        name="lock with a merge conflict of which one side is no lock, locked again",
        spoil=in_lock(lambda text: conflicting(text).replace("[[packages]]", "[[packages", 1)),
        words=("pylock.toml", "conflict", "git checkout --ours"),
    ),
    Bad(
        name="lock with merge conflict, synced",
        spoil=in_lock(conflicting),
        args=("sync",),
        words=("pylock.toml", "conflict"),
    ),
    Bad(
        name="lock with merge conflict, checked",
        spoil=in_lock(conflicting),
        args=("check",),
        words=("pylock.toml", "conflict"),
    ),
    Bad(
        name="lock of a newer major version",
        spoil=in_lock(lambda text: text.replace('lock-version = "1.0"', 'lock-version = "2.0"')),
        args=("sync",),
        words=("pylock.toml", "2.0"),
    ),
    Bad(name="empty lock", spoil=in_lock(lambda _: ""), args=("sync",), words=("pylock.toml",)),
    Bad(name="cut lock", spoil=in_lock(lambda text: text[: len(text) // 2]), args=("sync",), words=("pylock.toml",)),
    Bad(name="sync without a lock", spoil=unlocked, args=("sync",), words=("pylock.toml", "lockenv lock")),
    Bad(name="folder that is no environment", spoil=folder_at_venv, args=("sync",), words=(".venv",)),
    Bad(name="file where the environment belongs", spoil=file_at_venv, args=("sync",), words=(".venv",)),
    Bad(name="unknown command", spoil=lambda *_: None, args=("lokc",), words=("lokc", "lock")),
    Bad(name="unknown option", spoil=lambda *_: None, args=("lock", "--upgarde"), words=("--upgarde",)),
    Bad(name="upgrade of nothing known", spoil=lambda *_: None, args=("lock", "-P", "nowhere"), words=("nowhere",)),
    Bad(name="no such interpreter", spoil=lambda *_: None, args=("sync", "--python", "2.1"), words=("2.1",)),
    Bad(name="offline with an empty cache", spoil=requiring("unseen"), args=("lock", "--offline"), words=("unseen",)),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad.name))
def test_bad_input_is_reported_in_a_sentence_and_changes_nothing(bad: Bad, locked: Path, index: LoopbackIndex) -> None:
    bad.spoil(locked, index)
    before = snapshot(locked)

    result = lockenv(*bad.args, cwd=locked)

    assert (result.code, missing_words(result, bad.words)) == (bad.code, [])
    assert snapshot(locked) == before
    assert is_clear(result)


DAMAGE = [
    WrongBytes(),
    Truncate(),
    Status(404),
    Status(500),
    Answer(b"<html>log in</html>", {"Content-Type": "text/html"}),
]


@pytest.mark.parametrize("fault", DAMAGE, ids=lambda fault: type(fault).__name__)
def test_damaged_wheel_changes_nothing_and_is_fetched_again(
    fault: WrongBytes | Truncate | Status | Answer, locked: Path, index: LoopbackIndex
) -> None:
    index.fail(r"/files/lib-1\.1.*\.whl$", fault, times=None)
    before = snapshot(locked)

    result = lockenv("sync", cwd=locked)

    assert (result.code, missing_words(result, ("lib-1.1-py3-none-any.whl",))) == (2, [])
    assert packages(snapshot(locked)) == packages(before)
    assert is_clear(result)
    index.heal()
    assert lockenv("sync", cwd=locked).code == 0


def test_damaged_wheel_leaves_a_standing_environment_alone(synced: Path, index: LoopbackIndex, tmp_path: Path) -> None:
    index.add(wheel("lib", "1.2"))
    assert lockenv("lock", "-U", "--refresh", cwd=synced).code == 0
    index.fail(r"/files/lib-1\.2.*\.whl$", WrongBytes(), times=None)
    before = snapshot(synced)

    result = lockenv("sync", cwd=synced, env={"LOCKENV_CACHE_DIR": str(tmp_path / "empty")})

    assert (result.code, snapshot(synced)) == (2, before)
    assert "lib-1.2-py3-none-any.whl" in result.err
    assert "sha256" in result.err


def test_metadata_file_that_is_wrong_is_refused(tmp_path: Path, index: LoopbackIndex) -> None:
    index.fail(r"\.metadata$", WrongBytes(), times=None)
    project = write_project(tmp_path / "project", ["ribbon"], index=index.url)

    result = lockenv("lock", cwd=project)

    assert result.code == 2
    assert "ribbon-2.0-py3-none-any.whl" in result.err
    assert not project.joinpath("pylock.toml").exists()


def missing_words(result: Result, words: tuple[str, ...]) -> list[str]:
    return [f"{word} not in: {result.err}" for word in words if word not in result.err]


def is_clear(result: Result) -> bool:
    lines = result.err.strip().splitlines()
    return "Traceback" not in result.err and result.code != 70 and 1 <= len(lines) <= 12 and result.out == ""


def packages(tree: dict[str, tuple[int, str]]) -> list[str]:
    """Return the paths that packages own; an environment that was made but not filled has none."""
    return [path for path in sorted(tree) if "site-packages/" in path or path.startswith(".venv/bin/app")]
