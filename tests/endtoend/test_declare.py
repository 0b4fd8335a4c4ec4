"""`init`, `add` and `remove`: the file, the lock and the environment change together, or not at all."""

from __future__ import annotations

import os
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.program import Result, lockenv
from tests.support.sources import write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_TEXT = """\
[project]
name = "example"
version = "1"
requires-python = ">=3.11"
dependencies = [
    "app>=1",  # what we sell
]

[[tool.lockenv.index]]
name = "loopback"
url = "{url}"
"""


@pytest.fixture
def declared(tmp_path: Path, index: LoopbackIndex) -> Path:
    directory = tmp_path / "declared"
    directory.mkdir()
    directory.joinpath("pyproject.toml").write_text(_TEXT.format(url=index.url))
    assert lockenv("lock", cwd=directory).code == 0
    return directory


def held(directory: Path) -> dict[str, bytes]:
    """Return the bytes of every file that declares or locks."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def names(directory: Path) -> dict[str, str]:
    lock = tomllib.loads(directory.joinpath("pylock.toml").read_text())
    return {package["name"]: package["version"] for package in lock["packages"]}


def ran(*args: str, cwd: Path, code: int = 0) -> Result:
    result = lockenv(*args, cwd=cwd)
    assert result.code == code, result.err
    return result


def test_name_alone_is_bounded_by_the_version_that_was_locked(declared: Path) -> None:
    before = declared.joinpath("pyproject.toml").read_text()

    ran("add", "Lib", "--no-sync", cwd=declared)

    after = declared.joinpath("pyproject.toml").read_text()
    assert after == before.replace("sell\n", 'sell\n    "Lib>=1.1",\n')
    assert ran("check", cwd=declared).code == 0
    assert not declared.joinpath(".venv").exists()


@pytest.mark.parametrize(
    ("bounds", "wanted"),
    [("lower", ">=1.1"), ("major", ">=1.1,<2"), ("minor", ">=1.1,<1.2"), ("exact", "==1.1"), ("none", "")],
)
def test_bounds_are_chosen(declared: Path, bounds: str, wanted: str) -> None:
    ran("add", "lib", "--bounds", bounds, "--no-sync", cwd=declared)

    assert f'"lib{wanted}"' in declared.joinpath("pyproject.toml").read_text()
    assert ran("lock", "--check", cwd=declared).code == 0


def test_other_pins_stay(declared: Path, index: LoopbackIndex) -> None:
    index.add(wheel("lib", "1.2"))

    ran("add", "ribbon", "--no-sync", cwd=declared)

    assert names(declared) == {"app": "1.0", "lib": "1.1", "ribbon": "2.0", "winpart": "0.1"}


def test_no_solution_leaves_every_byte(declared: Path) -> None:
    before = held(declared)

    result = ran("add", "lib>=7", "ribbon", cwd=declared, code=1)

    assert "you require lib>=7" in result.err
    assert "pyproject.toml was not changed" in result.err
    assert held(declared) == before


@pytest.mark.parametrize(
    "args",
    [
        ("add", "no-such-thing"),
        ("add", "lib @ https://127.0.0.1:1/lib.zip"),
        ("add", "lib=1"),
        ("add", "lib", "--group", "a", "--dev"),
        ("add", "lib", "--group", "-x-"),
        ("add", "example"),
        ("remove", "app", "lib"),
        ("remove", "a b"),
        ("add",),
    ],
    ids=" ".join,
)
def test_mistake_leaves_every_byte(declared: Path, args: tuple[str, ...]) -> None:
    before = held(declared)

    result = lockenv(*args, cwd=declared)

    assert result.code in (1, 2), result.err
    assert "Traceback" not in result.err
    assert held(declared) == before


def test_index_that_is_down_leaves_every_byte(declared: Path, index: LoopbackIndex) -> None:
    before = held(declared)
    index.stop()

    ran("add", "ribbon", cwd=declared, code=2)

    assert held(declared) == before


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="everything can be written by this user")
def test_lock_that_cannot_be_written_leaves_every_byte(declared: Path) -> None:
    before = held(declared)
    declared.chmod(0o500)
    try:
        result = lockenv("add", "ribbon", cwd=declared)
    finally:
        declared.chmod(0o700)

    assert result.code == 2
    assert held(declared) == before


def test_lock_that_leads_out_of_the_project_leaves_every_byte(declared: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.toml"
    declared.joinpath("pylock.toml").rename(elsewhere)
    declared.joinpath("pylock.toml").symlink_to(elsewhere)
    before = held(declared)

    result = ran("add", "ribbon", cwd=declared, code=2)

    assert "outside of the project" in result.err
    assert held(declared) == before


def test_dry_run_reports_and_writes_nothing(declared: Path) -> None:
    before = held(declared)

    result = ran("add", "ribbon", "--dry-run", cwd=declared)

    assert '+ "ribbon>=2.0",' in result.err
    assert "+ ribbon 2.0" in result.err
    assert held(declared) == before


def test_group_and_extra_are_declared_and_installed(declared: Path) -> None:
    ran("add", "tester", "--dev", cwd=declared)
    ran("add", "ribbon", "--optional", "fancy", cwd=declared)

    table = tomllib.loads(declared.joinpath("pyproject.toml").read_text())
    assert table["dependency-groups"] == {"dev": ["tester>=3.0"]}
    assert table["project"]["optional-dependencies"] == {"fancy": ["ribbon>=2.0"]}
    result = ran("sync", "--check", "--extra", "fancy", cwd=declared)
    assert "is up to date" in result.err


def test_what_is_removed_is_uninstalled(declared: Path) -> None:
    ran("add", "ribbon", cwd=declared)
    before = declared.joinpath("pyproject.toml").read_text()

    result = ran("remove", "Ribbon", cwd=declared)

    assert "- ribbon 2.0" in result.err
    assert declared.joinpath("pyproject.toml").read_text() == before.replace('    "ribbon>=2.0",\n', "")
    assert names(declared) == {"app": "1.0", "lib": "1.1", "winpart": "0.1"}
    assert not list(declared.glob(".venv/lib/python*/site-packages/ribbon*"))
    assert "nothing" not in ran("sync", "--check", cwd=declared).err


def test_marker_that_never_holds_leaves_a_name_without_bounds(declared: Path) -> None:
    ran("add", "ribbon; python_version < '3'", "--no-sync", cwd=declared)

    assert "\"ribbon; python_version < '3'\"" in declared.joinpath("pyproject.toml").read_text()
    assert "ribbon" not in names(declared)


def test_requirements_in_is_edited_too(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = tmp_path / "bare"
    directory.mkdir()
    file = directory / "requirements.in"
    file.write_bytes(f"--index-url {index.url}\r\napp  # ours\r\n".encode())
    ran("lock", cwd=directory)

    ran("add", "ribbon", cwd=directory)
    assert file.read_bytes().endswith(b"\r\napp  # ours\r\nribbon>=2.0\r\n")
    assert ran("check", cwd=directory).code == 0

    ran("remove", "app", cwd=directory)
    assert file.read_bytes().endswith(b"/\r\nribbon>=2.0\r\n")
    assert names(directory) == {"ribbon": "2.0"}
    before = held(directory)
    assert "neither groups nor extras" in ran("add", "lib", "--dev", cwd=directory, code=2).err
    assert held(directory) == before


@pytest.mark.parametrize(
    ("python", "pin"), [(("--python", "3.12"), "3.12\n"), (("--python", "<4,>=3.11.2"), "3.11.2\n"), ((), None)]
)
def test_init_writes_the_files_beside_it_on_request(tmp_path: Path, python: tuple[str, ...], pin: str | None) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n/.venv")

    done = ran("init", *python, "--pin-python", "--gitignore", cwd=tmp_path)

    assert done.err.splitlines()[-2:] == ["wrote .gitignore", "wrote .python-version"]
    assert (tmp_path / ".gitignore").read_text() == "*.log\n/.venv\n__pycache__/\n"
    running = f"{sys.version_info.major}.{sys.version_info.minor}\n"
    assert (tmp_path / ".python-version").read_text() == (pin or running)


def test_init_changes_no_pin_and_leaves_what_git_ignores_already(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(".venv/\n__pycache__\n")
    (tmp_path / ".python-version").write_text("3.13\n")

    refused = ran("init", "--pin-python", cwd=tmp_path, code=2)
    unnamed = ran("init", "there", "--pin-python", "--python", "<4", cwd=tmp_path, code=2)
    done = ran("init", "--gitignore", "--name", "x", cwd=tmp_path)

    assert ".python-version exists already" in refused.err
    assert "--python <4 names no version to pin" in unnamed.err
    assert "wrote .gitignore" not in done.err
    assert {path.name for path in tmp_path.iterdir()} >= {"pyproject.toml", "pylock.toml"}


@pytest.mark.parametrize(
    ("pin", "python"), [("3.8.18", ">=3.8"), ("pypy3.9", ">=3.9"), ("3.99", ""), ("2.7", ""), ("x", "")]
)
def test_python_that_a_pin_requests_is_what_a_new_project_is_for_where_it_is_older(
    tmp_path: Path, pin: str, python: str
) -> None:
    expected = python or f">={sys.version_info.major}.{sys.version_info.minor}"
    (tmp_path / ".python-version").write_text(f"{pin}\n")
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "pyproject.toml").write_text('[project]\nname = "bare"\nversion = "1"\n')

    ran("init", "--name", "x", cwd=tmp_path)
    noted = ran("lock", cwd=bare).err

    declared = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]["requires-python"]
    locked = tomllib.loads((bare / "pylock.toml").read_text())["requires-python"]
    assert (declared, locked, f"locking for {expected} (" in noted) == (expected, expected, True)


def test_init_says_that_the_workspace_above_does_not_have_the_project(tmp_path: Path) -> None:
    ran("init", "--name", "top", cwd=tmp_path)
    with (tmp_path / "pyproject.toml").open("a") as stream:
        stream.write('[tool.lockenv.workspace]\nmembers = ["parts/a"]\nexclude = ["out"]\n')

    member, other, excluded = (ran("init", place, cwd=tmp_path).err for place in ("parts/a", "parts/b", "out"))

    note = "note: add `parts/b` to the members of the workspace in pyproject.toml to lock it with them\n"
    assert ("members of" in member, note in other, "members of" in excluded) == (False, True, False), other


def test_init_declares_and_locks_an_empty_project(tmp_path: Path) -> None:
    directory = tmp_path / "My Project!"
    directory.mkdir()
    directory.joinpath("pyproject.toml").write_text("[tool.black]\nline-length = 99\n")

    ran("init", "--python", ">=3.12", cwd=directory)

    table = tomllib.loads(directory.joinpath("pyproject.toml").read_text())
    assert table == {
        "project": {"name": "my-project", "version": "0.1.0", "requires-python": ">=3.12", "dependencies": []},
        "tool": {"black": {"line-length": 99}},
    }
    assert names(directory) == {}
    before = held(directory)
    assert "already declares a project" in ran("init", cwd=directory, code=2).err
    assert held(directory) == before


@pytest.mark.parametrize(
    ("args", "file", "message"),
    [
        (("--name", "-"), "", "not a valid name"),
        (("--python", "3"), "", "not a version specifier"),
        ((), "requirements.in", "this project is already declared"),
        ((), "setup.py", "run `lockenv import` to convert it to pyproject.toml"),
        ((), "Pipfile", "this project is already declared by Pipfile"),
        ((), "pylock.toml", "pylock.toml belongs to no project here, and would be replaced"),
    ],
)
def test_init_refuses(tmp_path: Path, args: tuple[str, ...], file: str, message: str) -> None:
    directory = tmp_path / "new"
    directory.mkdir()
    if file:
        directory.joinpath(file).write_text("idna\n")
    before = held(directory)

    assert message in ran("init", *args, cwd=directory, code=2).err
    assert held(directory) == before


def test_direct_reference_is_added_as_it_is_and_replaced_by_versions(declared: Path, index: LoopbackIndex) -> None:
    url = index.file_url("ribbon-2.0-py3-none-any.whl")

    ran("add", f"ribbon @ {url}", "--no-sync", cwd=declared)
    assert f'    "ribbon @ {url}",\n' in declared.joinpath("pyproject.toml").read_text()

    ran("add", "Ribbon>=2", "--no-sync", cwd=declared)
    assert '    "ribbon>=2",\n' in declared.joinpath("pyproject.toml").read_text()
    assert ran("check", cwd=declared).code == 0


@pytest.mark.parametrize(
    "command", [("add", "lib"), ("remove", "app"), ("upgrade",), ("init",)], ids=lambda one: one[0]
)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project]\nname = \n", "error: pyproject.toml:2 is not valid TOML: invalid value\n"),
        ("[project]\n<<<<<<< HEAD\n", "error: pyproject.toml:2 has unresolved merge conflict markers\n"),
    ],
)
def test_file_that_is_no_toml_is_reported_with_its_place(
    declared: Path, command: tuple[str, ...], text: str, said: str
) -> None:
    declared.joinpath("pyproject.toml").write_text(text)

    result = lockenv(*command, cwd=declared)

    assert (result.code, said in result.err) == (2, True), result.err


@pytest.mark.parametrize("place", ["../my sibling", "../my sibling[x]", "mine @ ../my sibling"])
def test_directory_with_a_blank_in_its_path_is_added(declared: Path, place: str) -> None:
    write_tree(declared.with_name("my sibling"), "mine")

    added = lockenv("add", place, "--no-sync", cwd=declared)

    values = tomllib.loads(declared.joinpath("pyproject.toml").read_text())
    assert added.code == 0, added.err
    assert values["tool"]["lockenv"]["sources"] == {"mine": {"path": "../my sibling"}}


def test_directory_and_list_are_added_with_their_sources(declared: Path) -> None:
    library = declared.with_name("sibling")
    library.mkdir()
    build = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
    library.joinpath("pyproject.toml").write_text(f'{build}\n[project]\nname = "mine"\nversion = "1"\n')
    declared.joinpath("list.txt").write_text("ribbon==2.0  # tied\ntester\n")

    placed = lockenv("add", "../sibling", "--editable", "--no-sync", cwd=declared)
    listed = lockenv("add", "-r", "list.txt", "--dev", "--no-sync", cwd=declared)
    refused = lockenv("add", "lib", "--tag", "v1", cwd=declared)

    values = tomllib.loads(declared.joinpath("pyproject.toml").read_text())
    assert (placed.code, listed.code, refused.code) == (0, 0, 2), placed.err + listed.err
    assert values["project"]["dependencies"] == ["app>=1", "mine"]
    assert values["tool"]["lockenv"]["sources"] == {"mine": {"path": "../sibling", "editable": True}}
    assert values["dependency-groups"]["dev"] == ["ribbon==2.0", "tester>=3.0"]
    assert "--tag" in refused.err


def test_project_is_begun_in_a_new_directory(tmp_path: Path) -> None:
    result = lockenv("init", "new", "--python", "3.12", cwd=tmp_path)

    project = tomllib.loads((tmp_path / "new" / "pyproject.toml").read_text())["project"]
    assert (result.code, project["name"], project["requires-python"]) == (0, "new", ">=3.12")
    assert (tmp_path / "new" / "pylock.toml").is_file()


@pytest.mark.parametrize("place", ["./part", "git+https://code.example/tool.git@v1"])
def test_place_that_names_no_package_for_sure_says_how_to_name_it(project: Path, place: str) -> None:
    (project / "part").mkdir()
    before = (project / "pyproject.toml").read_bytes()

    done = lockenv("add", "--offline", place, cwd=project)

    assert (done.code, (project / "pyproject.toml").read_bytes()) == (2, before)
    assert "write `NAME @ " in done.err.rpartition("hint: ")[2]
