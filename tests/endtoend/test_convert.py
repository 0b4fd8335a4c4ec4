"""Projects of other tools: `lock` stops where it would miss a source, and `import` converts what they declare."""

from __future__ import annotations

import os
import shlex
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.sources import write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

PROJECT = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["app"]\n'
PYTHON: dict[str, Any] = {"requires-python": ">=3.11"}


def ran(*args: str, cwd: Path, code: int = 0) -> Result:
    result = lockenv(*args, cwd=cwd)
    assert result.code == code, result.err
    return result


def test_lock_stops_at_an_index_that_only_uv_reads_until_it_is_converted(tmp_path: Path, index: LoopbackIndex) -> None:
    file = tmp_path / "pyproject.toml"
    uv = f'[[tool.uv.index]]\nname = "house"\nurl = "{index.url}"\ndefault = true\n# kept\n'
    file.write_text(f"{PROJECT}\n{uv}")

    stopped = ran("lock", cwd=tmp_path, code=2)
    added = ran("add", "--no-sync", "tester", cwd=tmp_path, code=2)
    ran("import", "--dry-run", cwd=tmp_path)
    before = file.read_text()
    reported = ran("import", cwd=tmp_path)
    ran("lock", cwd=tmp_path)

    assert "tool.uv.index[0]" in stopped.err
    assert "hint: run `lockenv import`" in stopped.err
    assert "hint: run `lockenv import`" in added.err
    assert before == f"{PROJECT}\n{uv}"
    assert file.read_text().startswith(before)
    assert tomllib.loads(file.read_text())["tool"]["lockenv"] == {"index": [{"name": "house", "url": index.url}]}
    assert "  + [[tool.lockenv.index]]" in reported.err
    ran("import", cwd=tmp_path)
    assert ran("lock", "--check", cwd=tmp_path).code == 0


def test_project_of_an_older_flit_is_not_converted(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.flit.metadata]\nmodule = "shop"\n', encoding="utf-8")

    for command in ("import", "lock"):
        assert "replace it with a [project] table, which flit reads" in ran(command, cwd=tmp_path, code=2).err


def test_source_that_a_directory_names_for_poetry_alone_is_converted_there(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    here = write_project(tmp_path / "here", ["two"], index=index.url, tool={"sources": {"two": {"path": "../a b/two"}}})
    two = write_tree(tmp_path / "a b" / "two", "two", dependencies=["three"])
    write_tree(tmp_path / "a b" / "three", "three")
    with (two / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.poetry.dependencies]\nthree = { path = "../three" }\n')

    stopped = ran("lock", cwd=here, code=2)
    command = stopped.err.rpartition("run `")[2].partition("`")[0]
    ran(*shlex.split(command)[1:], cwd=here)

    assert command == "lockenv import --project '../a b/two'"
    ran("lock", cwd=here)


def test_settings_that_only_uv_reads_are_noted_until_they_are_converted(tmp_path: Path, index: LoopbackIndex) -> None:
    here = write_project(tmp_path / "here", ["lib"], index=index.url)
    (here / "uv.toml").write_text('constraint-dependencies = ["lib<1.1"]\n')
    declaration = here / "pyproject.toml"
    declaration.write_text(
        f'{declaration.read_text()}[dependency-groups]\ndev = []\n[tool.uv]\ndev-dependencies = ["app"]\n'
    )

    noted = ran("lock", cwd=here).err
    ran("import", cwd=here)
    after = ran("lock", cwd=here).err

    assert "uv.toml: lockenv does not read `constraint-dependencies`; run `lockenv import` to convert it\n" in noted
    assert "note: pyproject.toml: lockenv does not read `tool.uv.dev-dependencies`; run `lockenv import`" in noted
    assert "does not read" not in after
    locked = tomllib.loads(here.joinpath("pylock.toml").read_text())["packages"]
    assert {("lib", "1.0"), ("app", "1.0")} <= {(each["name"], each["version"]) for each in locked}


def test_lock_stops_at_a_source_of_a_member(tmp_path: Path, index: LoopbackIndex) -> None:
    settings = (
        f'[[tool.lockenv.index]]\nname = "house"\nurl = "{index.url}"\n[tool.lockenv.workspace]\nmembers = ["api"]\n'
    )
    tmp_path.joinpath("pyproject.toml").write_text(PROJECT + settings)
    tmp_path.joinpath("api").mkdir()
    member = tmp_path / "api" / "pyproject.toml"
    text = '[project]\nname = "api"\nversion = "1"\ndependencies = ["acme"]\n'
    member.write_text(f'{text}[tool.uv.sources]\nacme = {{ path = "../acme" }}\n')

    stopped = ran("lock", cwd=tmp_path, code=2)
    ran("import", cwd=tmp_path)

    assert "api/pyproject.toml" in stopped.err
    assert tomllib.loads(member.read_text())["tool"]["lockenv"] == {"sources": {"acme": {"path": "../acme"}}}


def test_project_of_setuptools_says_the_command_that_converts_it(tmp_path: Path) -> None:
    tmp_path.joinpath("setup.py").write_text("raise SystemExit('run')\nfrom setuptools import setup\nsetup(name='a')\n")

    stopped = ran("lock", cwd=tmp_path, code=2)
    ran("import", cwd=tmp_path)

    assert "hint: run `lockenv import` to convert setup.py to pyproject.toml" in stopped.err
    assert tomllib.loads(tmp_path.joinpath("pyproject.toml").read_text())["project"]["name"] == "a"


def test_settings_of_tools_beside_setup_py_are_sent_to_the_conversion(tmp_path: Path) -> None:
    tmp_path.joinpath("setup.py").write_text("from setuptools import setup\nsetup(name='a', version='1')\n")
    tmp_path.joinpath("setup.cfg").write_text("[flake8]\nmax-line-length = 99\n")
    tmp_path.joinpath("pyproject.toml").write_text("[tool.black]\nline-length = 99\n")

    stopped = ran("lock", cwd=tmp_path, code=2)
    ran("import", cwd=tmp_path)

    assert "`lockenv import` to convert setup.py" in stopped.err
    assert tomllib.loads(tmp_path.joinpath("pyproject.toml").read_text())["project"]["name"] == "a"


def test_project_of_poetry_is_not_begun_again(tmp_path: Path) -> None:
    tmp_path.joinpath("pyproject.toml").write_text('[tool.poetry]\nname = "shop"\n')

    assert "already declared by [tool.poetry]" in ran("init", cwd=tmp_path, code=2).err


def names(directory: Path) -> set[str]:
    lock = tomllib.loads(directory.joinpath("pylock.toml").read_text())
    return {package["name"] for package in lock["packages"]}


@pytest.fixture
def workspace(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return a workspace of uv: `api` needs `core` and the application; `old` is no member."""
    root = tmp_path / "house"
    house = f'[[tool.uv.index]]\nname = "house"\nurl = "{index.url}"\ndefault = true\n'
    text = f'{PROJECT.replace("app", "api")}[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old"]\n'
    for name, requires in {"api": ["core", "app"], "core": [], "old": []}.items():
        directory = write_tree(root / "packages" / name, name, dependencies=requires, **PYTHON)
        if requires:
            with directory.joinpath("pyproject.toml").open("a") as stream:
                stream.write("[tool.uv.sources]\ncore = { workspace = true }\n")
    root.joinpath("pyproject.toml").write_text(f"{text}{house}[tool.uv.sources]\napi = {{ workspace = true }}\n")
    root.joinpath("packages", "api", "src").mkdir()
    return root


def test_member_of_a_workspace_counts_as_the_workspace(workspace: Path) -> None:
    api = workspace / "packages" / "api"
    stopped = ran("lock", cwd=api / "src", code=2)
    ran("import", cwd=api / "src")
    ran("lock", cwd=api / "src")

    assert "tool.uv.workspace" in stopped.err
    assert sorted(path.name for path in workspace.glob("**/pylock.toml")) == ["pylock.toml"]
    assert {"api", "core", "app"} <= names(workspace)
    assert ran("check", cwd=api).code == 0
    assert ran("tree", cwd=api).out.startswith("shop ")


def test_what_a_member_declares_is_edited_in_its_own_file_and_locked_with_the_rest(workspace: Path) -> None:
    api = workspace / "packages" / "api"
    ran("import", cwd=api)
    ran("lock", cwd=api)
    before = workspace.joinpath("pyproject.toml").read_text()

    ran("add", "--no-sync", "tester", cwd=api)

    assert '"tester>=' in api.joinpath("pyproject.toml").read_text()
    assert workspace.joinpath("pyproject.toml").read_text() == before
    assert "tester" in names(workspace)
    ran("check", cwd=workspace)
    there = api.joinpath("pyproject.toml").read_text()
    locked = workspace.joinpath("pylock.toml").read_bytes()
    ran("add", "--no-sync", "lib==0.0.1", cwd=api, code=1)
    ran("add", "--no-sync", "--dry-run", "lib", cwd=api)
    ran("add", "--no-sync", "--dry-run", "--dev", "lib", cwd=api)
    assert api.joinpath("pyproject.toml").read_text() == there
    assert workspace.joinpath("pylock.toml").read_bytes() == locked
    ran("remove", "--no-sync", "tester", cwd=api)
    assert "tester" not in names(workspace)


def test_project_that_is_no_member_or_is_named_counts_for_itself(workspace: Path) -> None:
    ran("import", cwd=workspace)

    ran("lock", cwd=workspace / "packages" / "old")
    ran("lock", "--project", "packages/core", cwd=workspace)

    assert sorted(path.parent.name for path in workspace.glob("**/pylock.toml")) == ["core", "old"]


def test_source_that_is_no_member_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(f"{PROJECT}[tool.lockenv.sources]\napp = {{ workspace = true }}\n")
    alone = ran("lock", cwd=tmp_path, code=2)
    file.write_text(f'{file.read_text()}[tool.lockenv.workspace]\nmembers = ["packages/*"]\n')
    absent = ran("lock", cwd=tmp_path, code=2)

    assert "this project is not a workspace root" in alone.err
    assert "workspace member `app` is missing: no project of that name matches" in absent.err


def test_source_in_a_workspace_that_is_elsewhere_is_taken_from_an_index_as_the_refusal_says(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    file = tmp_path / "pyproject.toml"
    house = f'[[tool.lockenv.index]]\nname = "house"\nurl = "{index.url}"\n'
    file.write_text(f"{PROJECT}[tool.uv.sources]\napp = {{ workspace = true }}\n{house}")

    converted = ran("import", cwd=tmp_path)
    stopped = ran("lock", cwd=tmp_path, code=2)
    wanted = stopped.err.rpartition("set `")[2].partition("`")[0].replace("NAME", "house")
    file.write_text(f"{file.read_text()}[tool.lockenv.sources]\n{wanted}\n")
    ran("lock", cwd=tmp_path)

    assert "pyproject.toml already declares everything else\n" in converted.err
    assert "run `lockenv import`" not in stopped.err
    assert wanted == 'app = { index = "house" }'


def test_all_sources_that_are_not_there_are_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    tree = write_tree(tmp_path / "here", "here", **PYTHON)
    sources = '[tool.lockenv.sources]\nzoo.path = "zoo"\nhere.path = "here"\napp.path = "../app"\n'
    file.write_text(PROJECT + sources)
    directories = ran("lock", cwd=tmp_path, code=2).err
    file.write_text(f"{PROJECT}[tool.lockenv.sources]\nhere.path = 'here'\n")
    with (tree / "pyproject.toml").open("a", encoding="utf-8") as more:
        more.write("[tool.lockenv.sources]\nfar.path = '../far'\n")
    behind = ran("lock", cwd=tmp_path, code=2).err
    mates = "[tool.lockenv.sources]\napp.workspace = true\nzoo.workspace = true\n"
    file.write_text(f'{PROJECT}{mates}[tool.lockenv.workspace]\nmembers = ["packages/*"]\n')
    members = ran("lock", cwd=tmp_path, code=2).err

    assert "pyproject.toml:7 (tool.lockenv.sources.zoo): 2 sources name directories that do not exist: " in directories
    assert f"zoo (zoo), app ({os.path.join(os.pardir, 'app')})\n" in directories
    assert 'hint: correct the paths, or take zoo from an index: `zoo = { index = "NAME" }`\n' in directories
    assert "the directory far does not exist\n" in behind
    assert "workspace members `app`, `zoo` are missing: no projects of these names match members" in members


def test_requirements_files_become_a_project_with_what_they_include_and_where_it_is_from(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    write_tree(tmp_path / "core", "core", **PYTHON)
    tmp_path.joinpath("base.txt").write_text("app>=0.1 \\\n    --hash=sha256:00\n")
    tmp_path.joinpath("limits.txt").write_text("lib<9\n")
    options = f"--index-url {index.url}\n--trusted-host files.example\n"
    tmp_path.joinpath("requirements.txt").write_text(f"{options}-r base.txt\n-c limits.txt\n-e ./core\n")
    tmp_path.joinpath("requirements-dev.txt").write_text("tester\n")

    reported = ran("import", "requirements.txt", "--declare", "--python", ">=3.11", cwd=tmp_path)
    ran("import", "requirements-dev.txt", "--declare", cwd=tmp_path)

    values = tomllib.loads(tmp_path.joinpath("pyproject.toml").read_text())
    assert values["project"]["dependencies"] == ["app>=0.1", "core"]
    assert values["dependency-groups"] == {"dev": ["tester"]}
    assert values["tool"]["lockenv"] == {
        "constraints": ["lib<9"],
        "sources": {"core": {"path": "core", "editable": True}},
        "index": [{"url": index.url}],
    }
    assert "requirements.txt: `--trusted-host`" in reported.err
    ran("check", cwd=tmp_path)


def test_workspace_whose_root_is_no_project_is_locked_for_what_its_members_admit(workspace: Path) -> None:
    file = workspace / "pyproject.toml"
    rest = file.read_text().partition("[tool.uv.workspace]")[2].partition("[tool.uv.sources]")[0]
    file.write_text(f"[tool.uv.workspace]{rest}")

    ran("import", cwd=workspace)
    reported = ran("lock", cwd=workspace / "packages" / "api")

    assert "note:" not in reported.err
    assert tomllib.loads(workspace.joinpath("pylock.toml").read_text())["requires-python"] == ">=3.11"
    assert {"api", "core", "app"} <= names(workspace)
    ran("check", cwd=workspace)


def test_project_that_nothing_can_be_converted_of_is_sent_to_what_works(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["flit_core >=2,<4"]\nbuild-backend = "flit_core"\n'
    )

    refused = [lockenv(*args, cwd=here) for args in (("lock",), ("import",))]
    begun = lockenv("init", cwd=here)

    assert [one.code for one in refused] == [2, 2], [one.err for one in refused]
    assert "run `lockenv init`" in refused[1].err
    assert begun.code == 0, begun.err


def test_import_of_a_file_of_another_shape_is_an_error_of_its_own(tmp_path: Path) -> None:
    tmp_path.joinpath("pyproject.toml").write_text('tool.lockenv = 1\nproject.name = "a"\n')

    assert "error: pyproject.toml: tool.lockenv is not a table" in ran("import", cwd=tmp_path, code=2).err
