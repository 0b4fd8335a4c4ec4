"""Builds that nothing allows yet: asked for at once, allowed by one command or on the terminal, and remembered."""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.interpreters import INTERPRETERS, RUNNING
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex
    from tests.support.wheels import Built


def serve(index: LoopbackIndex, *files: Built) -> None:
    for file in files:
        index.add(file)


HERE = f"cp3{sys.version_info.minor}"
"""The tag of the interpreter that runs the tests and the program."""
VERSION = "{}.{}.{}".format(*sys.version_info)


def noted(err: str) -> list[str]:
    """Return the arguments of the command that the first note names."""
    command = err.partition("note: ")[2].partition("`")[2].partition("`")[0]
    return command.removeprefix("lockenv ").split()


@pytest.fixture
def project(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return a project whose requirement needs two builds, one of which needs a third."""
    serve(index, wheel("app", "1.0"), wheel("app", "2.0", requires=["first", "second"]))
    serve(index, sdist("first", "1.0", requires=["third"], static=False), sdist("second", "1.0", static=False))
    serve(index, sdist("third", "1.0", static=False))
    return write_project(tmp_path / "project", ["app"], index=index.url)


def hinted(err: str) -> list[str]:
    """Return the arguments of the command that the hint names."""
    command = err.rpartition("hint: ")[2].partition("`")[2].partition("`")[0]
    return command.removeprefix("lockenv ").split()


def test_following_each_hint_ends_at_a_synced_environment(project: Path) -> None:
    before = project.joinpath("pyproject.toml").read_text()

    first = lockenv("lock", cwd=project)

    assert first.code == 1
    assert "no: 2 packages must be built, which runs their code" in first.err
    assert "first 1.0, required by app 2.0" in first.err
    assert first.err.endswith(
        " to allow it; what first and second require is unknown until then, and may have to be built too\n"
    )
    assert project.joinpath("pyproject.toml").read_text() == before
    second = lockenv(*hinted(first.err), cwd=project)

    assert (second.code, hinted(second.err)) == (
        1,
        ["lock", *(word for name in ("first", "second", "third") for word in ("--allow-build", name))],
    )
    assert project.joinpath("pyproject.toml").read_text() == before
    third = lockenv(*hinted(second.err), cwd=project)

    assert third.code == 0, third.err
    assert "+ app 2.0" in third.err
    settings = tomllib.loads(project.joinpath("pyproject.toml").read_text())["tool"]["lockenv"]
    assert settings["allow-build"] == ["first", "second", "third"]
    assert lockenv("sync", cwd=project).code == 0
    assert lockenv("check", cwd=project).code == 0


def test_one_question_names_what_lock_and_sync_must_build(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, sdist("first", "1.0", static=False), sdist("second", "1.0"))
    serve(index, wheel("second", "1.0", tag="cp36-cp36m-any"))
    project = write_project(tmp_path / "project", ["first", "second"], index=index.url)

    refused = lockenv("lock", cwd=project)
    locked = lockenv(*hinted(refused.err), cwd=project)

    assert hinted(refused.err) == ["lock", "--allow-build", "first", "--allow-build", "second"]
    assert "second 1.0: none of its wheels fits an environment that is locked" in refused.err
    assert refused.err.endswith(
        " to allow it; what first requires is unknown until then, and may have to be built too\n"
    )
    assert locked.code == 0, locked.err
    assert lockenv("sync", cwd=project).code == 0


def test_lock_notes_what_has_no_wheel_that_fits(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, sdist("second", "1.0"), wheel("second", "1.0", tag="cp36-cp36m-any"))
    project = write_project(tmp_path / "project", ["second"], index=index.url)

    lock = lockenv("lock", cwd=project)

    assert "note: second 1.0 has no wheel that fits, and building is not allowed; run `lockenv lock" in lock.err


def test_refusal_notes_what_a_sync_here_must_build_too(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, sdist("first", "1.0", static=False), sdist("second", "1.0"))
    serve(index, wheel("second", "1.0", tag="cp38-none-any"))
    project = write_project(tmp_path / "project", ["first", "second"], index=index.url, requires_python=">=3.8")

    refused = lockenv("lock", cwd=project)

    assert hinted(refused.err) == ["lock", "--allow-build", "first"]
    assert (
        f"note: second 1.0 has no wheel for CPython {VERSION} on this machine; to install here, allow the build with "
        "`--allow-build second` too\n"
    ) in refused.err
    assert lockenv(*hinted(refused.err), "--allow-build", "second", cwd=project).code == 0
    assert lockenv("sync", cwd=project).code == 0


def test_lock_notes_what_has_no_wheel_for_the_python_in_use_and_its_command_works(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    serve(index, wheel("app", "1.0", requires=["fine", "second"]), wheel("fine", "1.0", tag=f"{HERE}-none-any"))
    serve(index, sdist("fine", "1.0"), sdist("second", "1.0"), wheel("second", "1.0", tag="cp38-none-any"))
    project = write_project(tmp_path / "project", ["app"], index=index.url, requires_python=">=3.8")

    lock = lockenv("lock", cwd=project)
    text = project.joinpath("pylock.toml").read_bytes()

    assert lock.code == 0, lock.err
    assert f"note: second 1.0 has no wheel for CPython {VERSION} on this machine, and building is not allowed; run" in (
        lock.err
    )
    refused = lockenv("sync", cwd=project)
    assert (refused.code, hinted(refused.err)) == (1, ["sync", "--allow-build", "second"])
    allowed = lockenv(*noted(lock.err), cwd=project)
    assert allowed.code == 0, allowed.err
    assert "note:" not in allowed.err
    assert project.joinpath("pylock.toml").read_bytes() == text
    synced = lockenv("sync", cwd=project)
    assert synced.code == 0, synced.err
    assert "+ second 1.0" in synced.err


@pytest.mark.parametrize("command", [("add", "old"), ("run", "python", "-V"), ("lock",)], ids=lambda words: words[0])
def test_refusal_names_what_the_sync_that_follows_has_to_build_too(
    tmp_path: Path, index: LoopbackIndex, command: tuple[str, ...]
) -> None:
    """`old` tells nothing before it is built; `second` is locked without a build, and not installed without one."""
    serve(index, sdist("old", "1.0", static=False), sdist("second", "1.0"))
    serve(index, wheel("second", "1.0", tag="cp38-none-any"))
    requires = ["second"] if command[0] == "add" else ["old", "second"]
    project = write_project(tmp_path / "project", requires, index=index.url, requires_python=">=3.8")

    refused = lockenv(*command, cwd=project)

    assert refused.code == 1
    assert (f"second 1.0: it has no wheel for CPython {VERSION}" in refused.err) is (command != ("lock",))
    if command[0] == "add":
        allowed = lockenv(*hinted(refused.err), cwd=project)
        assert allowed.code == 0, allowed.err
        assert "+ second 1.0" in allowed.err


def test_lock_notes_nothing_where_a_sync_builds_nothing(tmp_path: Path, index: LoopbackIndex) -> None:
    """A wheel for the stable ABI, one for any later Python 3, and one for what is required elsewhere alone."""
    serve(index, sdist("stable", "1.0"), wheel("stable", "1.0", tag="cp38-abi3-any"))
    serve(index, sdist("later", "1.0"), wheel("later", "1.0", tag="py37-none-any"))
    serve(index, sdist("other", "1.0"), wheel("other", "1.0", tag="cp38-none-any"))
    requires = ["stable", "later", "other ; sys_platform == 'sunos5' or python_version < '3.9'"]
    project = write_project(tmp_path / "project", requires, index=index.url, requires_python=">=3.8")

    assert "note:" not in lockenv("lock", cwd=project).err


def test_pinned_python_decides_what_a_lock_notes(tmp_path: Path, index: LoopbackIndex) -> None:
    """The Python that runs lockenv is that of the environment unless something else is asked for."""
    serve(index, sdist("second", "1.0"), wheel("second", "1.0", tag=f"{HERE}-none-any"))
    project = write_project(tmp_path / "project", ["second"], index=index.url, requires_python=">=3.8")
    here, other = lockenv("lock", cwd=project), next(iter(INTERPRETERS))
    project.joinpath("pylock.toml").unlink()
    project.joinpath(".python-version").write_text(other)
    path = os.pathsep.join((os.path.dirname(INTERPRETERS[other]), os.environ["PATH"]))

    assert "note:" not in here.err
    if other == RUNNING:
        pytest.skip("one Python alone")
    assert f"second 1.0 has no wheel for CPython {other}." in lockenv("lock", cwd=project, env={"PATH": path}).err


def test_python_of_the_environment_decides_what_a_lock_notes(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, sdist("second", "1.0"), wheel("second", "1.0", tag=f"{HERE}-none-any"))
    project = write_project(tmp_path / "project", index=index.url, requires_python=">=3.8")
    other = next(iter(INTERPRETERS))
    made = lockenv("lock", cwd=project), lockenv("sync", "--python", INTERPRETERS[other], cwd=project)
    write_project(project, ["second"], index=index.url, requires_python=">=3.8")

    assert [each.code for each in made] == [0, 0]
    if other == RUNNING:
        pytest.skip("one Python alone")
    assert f"second 1.0 has no wheel for CPython {other}." in lockenv("lock", cwd=project).err


def test_lock_notes_a_declared_environment_that_has_no_wheel(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, sdist("second", "1.0"), wheel("second", "1.0", tag=f"{HERE}-none-any"))
    serve(index, sdist("third", "1.0"), wheel("third", "1.0", tag=f"{HERE}-none-win_amd64"))
    declared = [f"sys_platform == '{sys.platform}'", "sys_platform == 'win32'", "sys_platform == 'sunos5'"]
    requires = ["second", "third ; sys_platform == 'win32' or sys_platform == 'sunos5'"]
    project = write_project(tmp_path / "project", requires, index=index.url, tool={"environments": declared})

    lock = lockenv("lock", cwd=project)

    assert "note: third 1.0 has no wheel where sys_platform == 'sunos5', and building is not allowed" in lock.err
    assert noted(lock.err) == ["lock", "--allow-build", "third"]


def test_add_allows_what_it_needs_and_changes_nothing_before(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, sdist("first", "1.0", static=False))
    project = write_project(tmp_path / "project", index=index.url)
    before = project.joinpath("pyproject.toml").read_text()

    refused = lockenv("add", "first", cwd=project)

    assert (refused.code, hinted(refused.err)) == (1, ["add", "first", "--allow-build", "first"])
    assert project.joinpath("pyproject.toml").read_text() == before
    added = lockenv(*hinted(refused.err), cwd=project)

    assert added.code == 0, added.err
    table = tomllib.loads(project.joinpath("pyproject.toml").read_text())
    assert (table["project"]["dependencies"], table["tool"]["lockenv"]["allow-build"]) == (["first>=1.0"], ["first"])


def test_sync_names_all_it_would_have_to_build_before_it_fetches_anything(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, wheel("app", "1.0", requires=["first", "second"]), sdist("first", "1.0"), sdist("second", "1.0"))
    project = write_project(tmp_path / "project", ["app"], index=index.url)
    lock = lockenv("lock", cwd=project)

    assert lock.code == 0, lock.err
    assert "first 1.0, second 1.0 have no wheel" in lock.err
    refused = lockenv("sync", cwd=project)

    assert (refused.code, hinted(refused.err)) == (
        1,
        ["sync", "--allow-build", "first", "--allow-build", "second"],
    )
    assert "first 1.0, required by app 1.0" in refused.err
    assert not project.joinpath(".venv").exists()
    synced = lockenv(*hinted(refused.err), cwd=project)

    assert synced.code == 0, synced.err
    assert "+ second 1.0" in synced.err


def test_requirements_file_remembers_in_the_settings_beside_it(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, sdist("first", "1.0", static=False))
    project = tmp_path / "project"
    project.mkdir()
    project.joinpath("requirements.in").write_text(f"--index-url {index.url}\nfirst\n")
    refused = lockenv("lock", cwd=project)

    assert refused.code == 1
    assert lockenv(*hinted(refused.err), cwd=project).code == 0
    assert tomllib.loads(project.joinpath("lockenv.toml").read_text()) == {"allow-build": ["first"]}
    assert lockenv("sync", cwd=project).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize(("typed", "code"), [("y\ny\n", 0), ("n\n", 1), ("\n", 1)])
def test_person_at_a_terminal_is_asked(typed: str, code: int, project: Path) -> None:
    from tests.support.terminal import on_terminal

    ended, screen = on_terminal("lock", cwd=project, env={"CI": ""}, typed=typed)

    assert ended == code, screen
    assert "2 packages must be built, which runs their code:" in screen
    assert project.joinpath("pylock.toml").exists() is (code == 0)


def test_broken_sdist_of_an_old_release_is_left_out_with_a_note(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, wheel("app", "1.0"), wheel("app", "2.0", requires=["lib<2"]), wheel("lib", "1.0"), wheel("lib", "2.0"))
    serve(index, replace(sdist("lib", "1.5"), content=b"no archive"))
    project = write_project(tmp_path / "project", ["app"], index=index.url)

    lock = lockenv("lock", cwd=project)

    assert lock.code == 0, lock.err
    assert "+ lib 1.1" in lock.err
    assert "note: lib 1.5 was excluded: lib-1.5.tar.gz: its metadata cannot be read" in lock.err


def test_no_build_names_what_it_holds_back(tmp_path: Path, index: LoopbackIndex) -> None:
    serve(index, wheel("app", "1.0"), wheel("app", "2.0", requires=["mid>=2"]))
    serve(index, wheel("mid", "1.0"), wheel("mid", "2.0", requires=["leaf>=2"]))
    serve(index, wheel("leaf", "1.0"), sdist("leaf", "2.0", static=False))
    project = write_project(tmp_path / "project", ["app", "mid"], index=index.url, tool={"no-build": True})

    lock = lockenv("lock", cwd=project)

    assert lock.code == 0, lock.err
    assert "+ app 1.0" in lock.err
    assert (
        "note: `no-build` holds back app 1.0 (2.0 without it), mid 1.0 (2.0 without it); leaf 2.0 must be built"
        in lock.err
    )
    assert not any("leaf-2.0" in path for path in index.paths)
