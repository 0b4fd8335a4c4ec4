"""`import`: the pins of another tool's lock stay where they resolve, and each other one is named."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def ran(*args: str, cwd: Path, code: int = 0) -> Result:
    result = lockenv(*args, cwd=cwd)
    assert result.code == code, result.err
    return result


def names(directory: Path) -> dict[str, str]:
    lock = tomllib.loads(directory.joinpath("pylock.toml").read_text())
    return {package["name"]: package["version"] for package in lock["packages"]}


def uv_lock(*pins: str) -> str:
    texts = ['version = 1\nrequires-python = ">=3.11"\n']
    for pin in pins:
        name, _, version = pin.partition("==")
        source = '{ registry = "https://index.example/simple" }'
        texts.append(f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {source}\n')
    return "\n".join(texts)


FILES = {
    "uv.lock": uv_lock("app==1.0", "lib==1.0"),
    "poetry.lock": '[[package]]\nname = "lib"\nversion = "1.0.0"\n[metadata]\nlock-version = "2.1"\n',
    "pdm.lock": '[metadata]\n[[package]]\nname = "Lib"\nversion = "1.0"\n',
    "Pipfile.lock": '{"_meta": {}, "default": {"lib": {"version": "==1.0"}}}',
    "requirements.txt": "lib==1.0 \\\n    --hash=sha256:00\n",
    "environment.yml": "dependencies:\n- python=3.11\n- pip:\n  - lib==1.0\n",
    "pylock.other.toml": 'lock-version = "1.0"\n[[packages]]\nname = "lib"\nversion = "1.0"\n',
}


@pytest.mark.parametrize(("file", "text"), FILES.items(), ids=FILES)
def test_pin_stays_though_there_is_a_newer_release(project: Path, file: str, text: str) -> None:
    project.joinpath(file).write_text(text)

    result = ran("import", file, cwd=project)

    count = "2 of 2 pins" if file == "uv.lock" else "1 of 1 pin"
    assert f"kept {count} of {file}" in result.err
    assert names(project)["lib"] == "1.0"
    ran("check", cwd=project)
    ran("lock", cwd=project)
    assert names(project)["lib"] == "1.0"


@pytest.mark.parametrize("file", ["uv.lock", "pdm.lock"])
def test_first_lock_says_how_to_keep_the_pins_of_another_tool(project: Path, file: str) -> None:
    project.joinpath(file).write_text(FILES[file])
    note = f"note: {file} is not read; run `lockenv import {file}` to lock with its pins\n"

    first, again = ran("lock", cwd=project), ran("lock", cwd=project)
    project.joinpath("pylock.toml").unlink()
    imported = ran("import", file, cwd=project)

    assert [note in result.err for result in (first, again, imported)] == [True, False, False]


def test_pin_that_does_not_stay_is_named_with_its_reason(project: Path, index: LoopbackIndex) -> None:
    index.add(wheel("app", "0.9", requires=["lib"]))
    project.joinpath("uv.lock").write_text(uv_lock("app==0.9", "lib==0.7", "gone==2", "lib==1.0"))

    result = ran("import", "uv.lock", cwd=project)

    assert [line for line in result.err.splitlines() if line.startswith(("warning", "kept"))] == [
        "warning: app 0.9 was not kept: does not satisfy the requirements; 1.0 was chosen",
        "warning: lib 0.7 was not kept: not found on any index; 1.0 was chosen",
        "warning: gone 2 was not kept: it is not required",
        "kept 1 of 4 pins of uv.lock",
    ]


def test_pins_of_the_old_lock_stay_where_the_file_has_none(locked: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("tester", "4.0"), wheel("lib", "1.2"))
    locked.joinpath("poetry.lock").write_text(FILES["poetry.lock"])

    ran("import", "poetry.lock", cwd=locked)

    assert (names(locked)["lib"], names(locked)["tester"]) == ("1.0", "3.0")


def test_versions_of_different_environments_stay_apart(project: Path) -> None:
    text = uv_lock("lib==1.0", "lib==1.1").replace(
        '"1.0"\n', '"1.0"\nresolution-markers = ["sys_platform == \'win32\'"]\n'
    )
    text = text.replace('"1.1"\n', '"1.1"\nresolution-markers = ["sys_platform != \'win32\'"]\n')
    project.joinpath("uv.lock").write_text(text)

    ran("import", "uv.lock", cwd=project)

    lock = tomllib.loads(project.joinpath("pylock.toml").read_text())
    found = {package["version"]: package["marker"] for package in lock["packages"] if package["name"] == "lib"}
    assert found == {"1.0": "sys_platform == 'win32'", "1.1": "sys_platform != 'win32'"}


def test_dry_run_and_no_solution_write_nothing(project: Path, index: LoopbackIndex) -> None:
    project.joinpath("uv.lock").write_text(FILES["uv.lock"])

    assert "would change" in ran("import", "uv.lock", "--dry-run", cwd=project).err
    write_project(project, ["lib>=7"], index=index.url)
    assert "you require lib>=7" in ran("import", "uv.lock", cwd=project, code=1).err
    assert not project.joinpath("pylock.toml").exists()


def test_list_becomes_a_project(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = tmp_path / "conda"
    directory.mkdir()
    directory.joinpath("environment.yml").write_text(
        "dependencies:\n- python=3.11\n- numpy=1.26\n- pip:\n  - app\n  - lib==1.0\n"
    )
    directory.joinpath("pyproject.toml").write_text(f'[[tool.lockenv.index]]\nname = "i"\nurl = "{index.url}"\n')

    result = ran("import", "environment.yml", "--declare", cwd=directory)

    assert "warning: numpy=1.26 is a conda package" in result.err
    table = tomllib.loads(directory.joinpath("pyproject.toml").read_text())["project"]
    assert (table["dependencies"], table["requires-python"]) == (["app", "lib==1.0"], "==3.11.*")
    assert names(directory) == {"app": "1.0", "lib": "1.0", "winpart": "0.1"}
    assert "already declares a project" in ran("import", "environment.yml", "--declare", cwd=directory, code=2).err


def test_list_that_a_project_does_not_have_yet_is_added_by_the_command_that_import_names(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    project = write_project(tmp_path / "project", [], index=index.url)
    (project / "requirements.txt").write_text("lib\n")

    refused = ran("import", "requirements.txt", "--declare", cwd=project, code=2)
    added = ran("add", "--no-sync", "-r", "requirements.txt", cwd=project)

    assert "hint: run `lockenv add -r requirements.txt` to add what requirements.txt lists\n" in refused.err
    assert "+ lib" in added.err


FROZEN = """\
lib==1.0
attrs @ file:///croot/attrs_1695717823297/work
app @ file:///home/conda/feedstock_root/build_artifacts/app_1726753373685/work
"""


@pytest.mark.parametrize("words", [["import", "--declare"], ["lock", "-r"], ["add", "--no-sync", "-r"]])
def test_directories_in_which_conda_built_are_refused_with_their_lines(project: Path, words: list[str]) -> None:
    file = project.joinpath("requirements.txt" if words[0] == "lock" else "requirements-dev.txt")
    file.write_text(FROZEN)
    before = project.joinpath("pyproject.toml").read_text()

    result = ran(*words, file.name, *(["-l", "pylock.r.toml"] if words[0] == "lock" else []), cwd=project, code=2)

    assert f"error: {file.name}:2: 2 requirements name directories in which conda built them: " in result.err
    assert "attrs (line 2), app (line 3)\n" in result.err
    assert "hint: write NAME==VERSION for each: where they are installed, `python -m pip list" in result.err
    assert project.joinpath("pyproject.toml").read_text() == before


def test_files_that_are_missing_are_named_with_their_versions(project: Path) -> None:
    project.joinpath("requirements.txt").write_text("lib==1.0\n-r more.txt\n")
    more = [
        "app @ file:///srv/app-1.0-py3-none-any.whl",
        "lib-x @ file:///srv/lib_x-1.1.tar.gz",
        "",
        *FROZEN.splitlines()[1:2],
    ]
    project.joinpath("more.txt").write_text("\n".join(more))

    result = ran("lock", "-r", "requirements.txt", "-l", "pylock.r.toml", cwd=project, code=2)

    found = "app==1.0 (line 1), lib-x==1.1 (line 2), attrs (line 4)"
    assert f"more.txt:1: 3 requirements name files or directories that do not exist: {found}\n" in result.err


def test_lines_of_a_list_of_pins_that_name_paths_are_named_together(project: Path) -> None:
    project.joinpath("requirements.txt").write_text(FROZEN)

    result = ran("import", "requirements.txt", cwd=project)

    assert (
        "warning: 2 lines name paths in place of a version: attrs (line 2), app (line 3); write NAME==VERSION"
        in result.err
    )


def test_list_in_the_encoding_of_powershell_becomes_a_project(tmp_path: Path, index: LoopbackIndex) -> None:
    tmp_path.joinpath("requirements.txt").write_text("lib==1.0\r\n", "utf-16")

    ran("import", "requirements.txt", "--declare", "--index-url", index.url, cwd=tmp_path)

    assert names(tmp_path) == {"lib": "1.0"}


def test_pipfile_becomes_a_project_with_a_group(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = tmp_path / "pipenv"
    directory.mkdir()
    directory.joinpath("Pipfile").write_text('[packages]\napp = ">=1"\n[dev-packages]\ntester = "*"\n')
    directory.joinpath("Pipfile.lock").write_text(FILES["Pipfile.lock"])

    ran("import", "Pipfile.lock", "--declare", "--python", ">=3.11", "--index-url", index.url, cwd=directory)

    table = tomllib.loads(directory.joinpath("pyproject.toml").read_text())
    assert table["project"]["dependencies"] == ["app>=1"]
    assert table["dependency-groups"] == {"dev": ["tester"]}
    assert names(directory)["lib"] == "1.0"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("Cargo.lock",), "cannot import"),
        (("missing/uv.lock",), "does not exist"),
        (("uv.lock", "--declare"), "does not list declared requirements"),
        (("uv.lock",), "no pyproject.toml, requirements.in or pylock.toml"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_mistake_is_reported_and_nothing_is_written(tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    directory = tmp_path / "empty"
    directory.mkdir()
    for name in ("uv.lock", "Cargo.lock"):
        directory.joinpath(name).write_text(FILES["uv.lock"])

    assert message in ran("import", *args, cwd=directory, code=2).err
    assert sorted(path.name for path in directory.iterdir()) == ["Cargo.lock", "uv.lock"]
