"""What a repository brings is never the program that is started."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

import lockenv
from lockenv.files.programs import checkouts, empty_directory, find_program, without_repository


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a directory in a project in a work tree of git, beside a home directory."""
    inner = tmp_path / "clone/project/inner"
    inner.mkdir(parents=True)
    (tmp_path / "clone/.git").mkdir()
    (tmp_path / "clone/project/pyproject.toml").touch()
    (tmp_path / "home").mkdir()
    return tmp_path / "clone"


def planted(directory: Path, name: str = "git") -> str:
    """Return the path of a new program called `name` in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text("#!/bin/sh\n")
    (directory / name).chmod(0o755)
    return str(directory / name)


def test_project_and_work_tree_around_it_came_together(clone: Path, tmp_path: Path) -> None:
    found = checkouts(str(clone / "project/inner"), {"HOME": str(tmp_path / "home")})

    assert found == tuple(f"{path}/" for path in (clone, clone / "project", clone / "project/inner"))


def test_work_tree_that_holds_the_home_directory_did_not_bring_its_programs(clone: Path) -> None:
    home = clone / "home"
    (home / "code").mkdir(parents=True)

    assert checkouts(str(home / "code"), {"HOME": str(home)}) == (f"{home}/code/",)


def test_home_directory_in_a_project_came_with_it(clone: Path) -> None:
    home = clone / "project/home"
    home.mkdir()

    found = checkouts(str(clone / "project"), {"HOME": str(home)})

    assert found == (f"{clone}/", f"{clone}/project/")


@pytest.mark.parametrize("entry", [".", "", "bin", "{clone}/bin", "{clone}/project/../bin", "{outside}/link"])
def test_no_program_is_found_in_the_repository(
    clone: Path, tmp_path: Path, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = planted(tmp_path / "usr/bin")
    for directory in (clone / "bin", clone / "project", clone / "project/bin"):
        planted(directory)
    (tmp_path / "link").symlink_to(clone / "bin")
    monkeypatch.chdir(clone / "project")
    path = os.pathsep.join((entry.format(clone=clone, outside=tmp_path), os.path.dirname(honest)))
    environ = {"HOME": str(tmp_path / "home"), "PATH": path}

    clean = without_repository(environ, str(clone / "project"))

    assert clean == {**environ, "PATH": os.path.dirname(honest)}
    assert find_program("git", clean) == honest


def test_environment_without_such_entries_is_given_as_it_is(clone: Path) -> None:
    environ = {"HOME": "/home/me", "PATH": "/usr/bin:/bin"}

    assert without_repository(environ, str(clone)) is environ


def test_relative_path_is_no_program(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = planted(clone)
    monkeypatch.chdir(clone)

    assert (find_program("./git", {"PATH": ""}), find_program(whole, {"PATH": ""})) == (None, whole)


def test_directory_to_start_programs_in_is_empty_and_goes() -> None:
    with empty_directory() as place:
        assert os.listdir(place) == []
        assert os.stat(place).st_mode & 0o077 == 0
    assert not os.path.exists(place)


@pytest.mark.slow
def test_each_program_is_started_in_a_directory_that_is_named() -> None:
    missing = []
    for path in sorted(Path(lockenv.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            is_start = ast.unparse(node.func) in ("subprocess.run", "subprocess.Popen", "subprocess.call")
            if is_start and not {"cwd", None} & {keyword.arg for keyword in node.keywords}:
                missing.append(f"{path.parent.name}/{path.name}")

    # What the user names to be run, and a process that runs lockenv's own module by itself.
    assert missing == ["environment/replace_process.py", "fetch/worker_process.py"]
