"""The project itself, where something that it requires requires it: its sources answer for its name, and no index."""

from __future__ import annotations

import shutil
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.test_direct import PYTHON, no, ok, package, python, tool, whole_life
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.sources import BACKEND, commit, write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

INSTALLED = (
    "import importlib.metadata as m; print(*sorted(f'{each.name}-{each.version}' for each in m.distributions()))"
)
ITSELF = {"path": ".", "editable": True}


def names(directory: Path) -> list[str]:
    return [each["name"] for each in tomllib.loads((directory / "pylock.toml").read_text())["packages"]]


def space(directory: Path, index: LoopbackIndex, requires: list[str], **more: Any) -> Path:
    """Write a workspace whose member `one` requires its root, `private`; an index offers a higher release of that."""
    index.add(wheel("private", "99.0", files={"private.py": "raise SystemExit('attack')"}))
    root = write_tree(
        directory / "space", "private", tool=tool(index, workspace={"members": ["packages/*"]}), **PYTHON, **more
    )
    write_tree(root / "packages" / "one", "one", dependencies=requires)
    write_tree(root / "packages" / "two", "two")
    return root


def test_member_that_requires_the_project_gets_its_sources(tmp_path: Path, index: LoopbackIndex) -> None:
    root = space(tmp_path, index, ["private>=1"], dependencies=["lib"])

    whole_life(root)

    assert package(root, "private")["directory"] == ITSELF
    assert names(root) == ["lib", "one", "private", "two"]
    assert python(root, "import private; print(private.__file__)") == str(root / "private.py")
    ok("sync", "--package", "one", cwd=root)
    ok("verify", cwd=root)
    assert python(root, INSTALLED) == "lib-1.1 one-1.0 private-1.0"
    ok("sync", "--package", "two", cwd=root)
    assert python(root, INSTALLED) == "two-1.0"
    ok("sync", "--package", "one", "--no-editable", cwd=root)
    ok("verify", cwd=root)
    assert python(root, "import sys; sys.path.remove(''); import private; print(private.__file__)").startswith(
        str(root / ".venv")
    )
    ok("sync", "--no-project", cwd=root)
    ok("verify", cwd=root)
    assert "private" not in python(root, INSTALLED)
    assert "one" in ok("why", "private", cwd=root)
    assert "private" in ok("tree", cwd=root)
    assert "private" not in ok("export", cwd=root)


def test_commit_that_requires_the_project_gets_its_sources(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("private", "99.0"))
    commit(write_tree(tmp_path / "repository", "part", dependencies=["private"]))
    root = write_tree(
        tmp_path / "private", "private", dependencies=["part"],
        tool=tool(index, sources={"part": {"git": "../repository"}}, **{"allow-build": ["part"]}), **PYTHON,
    )  # fmt: skip

    whole_life(root)

    assert package(root, "private")["directory"] == ITSELF
    assert python(root, INSTALLED) == "part-1.0 private-1.0"


def test_release_that_requires_the_project_gets_its_sources(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("private", "99.0"), wheel("plugin", "1.0", requires=["private>=1,<3"]))
    root = write_tree(
        tmp_path / "private", "private", version="2.0", dependencies=["plugin"], tool=tool(index), **PYTHON
    )

    whole_life(root)

    assert package(root, "private")["directory"] == ITSELF
    assert not [request for request in index.requests if "private" in request.path]
    assert python(root, INSTALLED) == "plugin-1.0 private-2.0"


def test_no_index_is_asked_for_the_project_itself(tmp_path: Path, index: LoopbackIndex) -> None:
    root = space(tmp_path, index, ["private"])

    ok("lock", cwd=root)
    ok("outdated", cwd=root)
    ok("check", "--online", cwd=root)
    ok("sync", cwd=root)

    assert not [path for path in index.paths if "private" in path or "one" in path]


def test_extras_of_the_project_that_a_member_requires_are_locked(tmp_path: Path, index: LoopbackIndex) -> None:
    extras = {"all": ["private[web]"], "web": ["lib"]}
    root = space(tmp_path, index, ["private[all]"], **{"optional-dependencies": extras})

    whole_life(root)

    assert "lib-1.1" in python(root, INSTALLED)
    assert "marker" not in package(root, "lib")


def test_version_of_the_project_that_does_not_fit_is_refused(tmp_path: Path, index: LoopbackIndex) -> None:
    root = space(tmp_path, index, ["private>=2"])

    reported = no("lock", cwd=root, code=1).err

    assert "one" in reported
    assert "private>=2" in reported
    assert not (root / "pylock.toml").exists()


def test_project_that_cannot_be_installed_cannot_be_required(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("private", "99.0"), wheel("plugin", "1.0", requires=["private"]))
    root = write_project(tmp_path, ["plugin"], index=index.url, name="private")

    reported = no("lock", cwd=root, code=1).err

    assert "the project private requires itself" in reported
    assert "[build-system]" in reported
    assert not [path for path in index.paths if "private" in path]


def test_member_may_say_that_the_project_is_of_the_workspace(tmp_path: Path, index: LoopbackIndex) -> None:
    root = space(tmp_path, index, [])
    one = root / "packages" / "one"
    write_tree(one, "one", dependencies=["private"], tool={"sources": {"private": {"workspace": True}}})
    ok("lock", cwd=root)
    locked = (root / "pylock.toml").read_text()

    write_tree(one, "one", dependencies=["private"], tool={"sources": {"private": {"path": "../.."}}})
    ok("lock", cwd=root)
    assert (root / "pylock.toml").read_text() == locked
    write_tree(one, "one", dependencies=["private"], tool={"sources": {"private": {"path": "../two"}}})
    assert "private has two sources" in no("lock", cwd=root).err


def test_lock_goes_stale_with_the_project_only_where_something_requires_it(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    root = space(tmp_path, index, [])
    text = (root / "pyproject.toml").read_text()
    ok("lock", cwd=root)
    (root / "pyproject.toml").write_text(text.replace('version = "1.0"', 'version = "1.1"'))
    ok("check", cwd=root)
    (root / "pyproject.toml").write_text(text)
    write_tree(root / "packages" / "one", "one", dependencies=["private"])
    ok("lock", cwd=root)
    (root / "pyproject.toml").write_text(text.replace('version = "1.0"', 'version = "1.1"'))

    assert "+version 1.1" in no("check", cwd=root, code=1).err
    ok("lock", cwd=root)
    ok("check", cwd=root)
    write_tree(root / "packages" / "one", "one")
    ok("lock", cwd=root)
    assert names(root) == ["one", "two"]


def test_release_under_the_name_of_the_project_makes_a_lock_stale(tmp_path: Path, index: LoopbackIndex) -> None:
    root = write_tree(tmp_path / "mine", "mine", dependencies=["app"], tool=tool(index), **PYTHON)
    ok("lock", cwd=root)
    text = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(text.replace('name = "mine"', 'name = "lib"'))

    assert "lib now comes from the editable directory ." in no("check", cwd=root, code=1).err
    ok("lock", cwd=root)
    assert package(root, "lib")["directory"] == ITSELF


def test_commit_that_names_another_place_for_the_project_is_refused(tmp_path: Path, index: LoopbackIndex) -> None:
    other = commit(write_tree(tmp_path / "other", "private")) and (tmp_path / "other").as_uri()
    commit(write_tree(tmp_path / "repository", "part", dependencies=[f"private @ git+{other}"]))
    root = write_tree(
        tmp_path / "private", "private", dependencies=["part"],
        tool=tool(index, sources={"part": {"git": "../repository"}}), **PYTHON,
    )  # fmt: skip

    assert "private has two sources" in no("lock", cwd=root).err


def test_project_whose_version_a_build_decides_is_not_built_unless_it_is_required(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    later = {"version": None, "dynamic": ["version"], "files": {"VERSION": "3.1"}}
    root = space(tmp_path, index, [], **later)
    assert "building the metadata" not in lockenv("lock", cwd=root).err
    write_tree(root / "packages" / "one", "one", dependencies=["private>=3"])

    whole_life(root)

    assert "private-3.1" in python(root, INSTALLED)


@pytest.mark.parametrize("place", [".", "packages/one"])
@pytest.mark.parametrize("modes", [([], ["--no-editable"]), (["--no-editable"], [])])
def test_what_a_backend_asks_for_to_build_a_copy_or_a_link_is_there_when_a_sync_asks_it(
    place: str, modes: tuple[list[str], list[str]], tmp_path: Path, index: LoopbackIndex
) -> None:
    asks = "def get_requires_for_build_{0}(config_settings=None):\n    return ['{1}']\n\n"
    backend = (BACKEND + asks.format("wheel", "lib") + asks.format("editable", "ribbon")).replace(
        "    found = sorted(", "    import lib\n    found = sorted("
    )
    backend = backend.replace("    place = str(", "    import ribbon\n    place = str(")
    root = space(tmp_path, index, [])
    (root / place / "backend.py").write_text(backend)

    ok("lock", cwd=root)

    # A directory that describes itself is locked without running its backend, which a sync asks.
    tools = tomllib.loads((root / "pylock.build.toml").read_text())["packages"]
    assert [each["name"] for each in tools] == []
    synced = lockenv("sync", *modes[0], cwd=root)
    assert synced.code == 0, synced.err
    assert "requires packages that are not locked" in synced.err
    shutil.rmtree(root / ".venv")
    ok("sync", *modes[1], cwd=root)
    ok("verify", cwd=root)


def test_lock_runs_nothing_of_a_project_that_describes_itself(tmp_path: Path, index: LoopbackIndex) -> None:
    ran = tmp_path / "ran"
    root = write_tree(tmp_path / "mine", "mine", dependencies=["lib"], tool=tool(index), **PYTHON)
    (root / "backend.py").write_text(f"open({str(ran)!r}, 'w').close()\n{BACKEND}")

    ok("lock", cwd=root)
    ok("lock", "--upgrade", cwd=root)

    assert not ran.exists()
    ok("sync", cwd=root)
    assert ran.exists()


@pytest.mark.parametrize("later", [{}, {"version": None, "dynamic": ["version"], "files": {"VERSION": "3.1"}}])
def test_what_is_added_to_a_project_that_a_member_requires_is_in_its_entry(
    later: dict[str, Any], tmp_path: Path, index: LoopbackIndex
) -> None:
    root = space(tmp_path, index, ["private"], **later)
    ok("lock", cwd=root)

    ok("add", "lib", cwd=root)

    ok("check", cwd=root)
    locked = (root / "pylock.toml").read_text()
    ok("lock", "--refresh", cwd=root)
    assert (root / "pylock.toml").read_text() == locked
    ok("sync", cwd=root)
    ok("verify", cwd=root)


def dynamic(directory: Path, index: LoopbackIndex, needs: str = "lib>=1\n", **more: Any) -> Path:
    """Write a project that leaves to its build its requirements, which is what the file NEEDS says."""
    table: dict[str, Any] = {"version": None, **PYTHON, "tool": tool(index), **more}
    table["dynamic"] = ["version", "dependencies", "optional-dependencies"] if table["version"] is None else []
    root = write_tree(directory / "mine", "mine", files={"VERSION": "3.1", "NEEDS": needs}, **table)
    if table["dynamic"]:
        text = (root / "pyproject.toml").read_text().replace("dependencies = []\n", "")
        (root / "pyproject.toml").write_text(text)
    extras = """\
    for extra in sorted(pathlib.Path(".").glob("NEEDS-*")):
        lines.append("Provides-Extra: " + extra.name.removeprefix("NEEDS-"))
        for each in filter(None, extra.read_text().split("\\n")):
            lines.append(f"Requires-Dist: {each} ; extra == '{extra.name.removeprefix('NEEDS-')}'")
"""
    anchor = "    for extra, needs in project.get("
    (root / "backend.py").write_text(BACKEND.replace(anchor, extras + anchor))
    return root


def inputs(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((directory / "pylock.toml").read_text())["tool"]["lockenv"]["inputs"]
    return found


def test_build_adds_to_the_requirements_that_the_project_states(tmp_path: Path, index: LoopbackIndex) -> None:
    root = dynamic(tmp_path, index, "lib>=1\n")
    project, backend = root / "pyproject.toml", root / "backend.py"
    project.write_text(project.read_text().replace('name = "mine"\n', 'name = "mine"\ndependencies = ["ribbon"]\n'))
    alone = 'project["dependencies"] if "dependencies" in project else'
    assert alone in backend.read_text()
    backend.write_text(backend.read_text().replace(alone, 'project["dependencies"] +'))

    whole_life(root)

    assert names(root) == ["lib", "ribbon"]
    assert inputs(root)["dependencies"] == ["lib>=1", "ribbon"]


def test_project_that_leaves_its_requirements_to_a_build_is_locked_and_installed(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    root = dynamic(tmp_path, index, "lib>=1\nwinpart; sys_platform == 'win32'\n")
    (root / "NEEDS-show").write_text("ribbon\n")
    (root / "NEEDS-all").write_text("mine[show]\n")
    with (root / "pyproject.toml").open("a") as file:
        file.write('\n[dependency-groups]\ndev = ["mine[all]", "tester"]\n')

    whole_life(root)

    assert names(root) == ["lib", "ribbon", "tester", "winpart"]
    assert inputs(root)["dependencies"] == ["lib>=1", 'winpart; sys_platform == "win32"']
    assert inputs(root)["extras"] == {"all": ["ribbon"], "show": ["ribbon"]}
    ok("sync", "--no-default-groups", cwd=root)
    assert python(root, INSTALLED) == "lib-1.1 mine-3.1"
    ok("sync", "--no-default-groups", "--extra", "all", "--no-editable", cwd=root)
    assert python(root, INSTALLED) == "lib-1.1 mine-3.1 ribbon-2.0"
    assert "building" not in lockenv("lock", cwd=root).err
    ok("why", "ribbon", cwd=root)
    ok("tree", cwd=root)
    ok("export", cwd=root)


def test_extra_that_a_build_names_and_does_not_report_is_noted_at_once(tmp_path: Path, index: LoopbackIndex) -> None:
    root = dynamic(tmp_path, index)
    (root / "NEEDS-all").write_text("mine[lost]\nribbon\n")

    first, again = lockenv("lock", cwd=root), lockenv("lock", cwd=root)

    assert inputs(root)["extras"] == {"all": ["ribbon"]}
    assert [[line for line in result.err.splitlines() if "no extra" in line] for result in (first, again)] == [
        ["note: mine has no extra named lost [pyproject.toml:7 (project.optional-dependencies.all[0])]"]
    ] * 2


def test_files_that_decide_what_a_build_reports_make_the_lock_stale(tmp_path: Path, index: LoopbackIndex) -> None:
    root = dynamic(tmp_path, index)
    ok("lock", cwd=root)
    (root / "setup.cfg").write_text("[metadata]\n")
    (root / "NEEDS").write_text("app\n")

    reported = no("check", cwd=root, code=1).err
    assert "the files that determine the project's dynamic requirements changed" in reported
    assert "building" not in reported
    no("sync", cwd=root, code=1)
    ok("lock", cwd=root)
    assert names(root) == ["app", "lib", "winpart"]
    ok("check", cwd=root)


def test_what_a_build_reports_otherwise_than_it_was_locked_is_refused(tmp_path: Path, index: LoopbackIndex) -> None:
    root = dynamic(tmp_path, index)
    ok("lock", cwd=root)
    (root / "NEEDS").write_text("app\n")

    ok("check", cwd=root)
    assert "requires app, which it did not when it was locked" in no("sync", cwd=root).err
    ok("lock", "--refresh", cwd=root)
    ok("sync", cwd=root)
    ok("verify", cwd=root)


def test_requirements_file_that_setuptools_reads_makes_the_lock_stale(tmp_path: Path, index: LoopbackIndex) -> None:
    root = dynamic(tmp_path, index)
    with (root / "pyproject.toml").open("a") as file:
        file.write('\n[tool.setuptools.dynamic]\ndependencies = { file = ["NEEDS"] }\n')
    ok("lock", cwd=root)
    (root / "NEEDS").write_text("app\n")

    no("check", cwd=root, code=1)
    ok("lock", cwd=root)
    assert names(root) == ["app", "lib", "winpart"]


def test_project_becomes_dynamic_and_says_it_itself_again(tmp_path: Path, index: LoopbackIndex) -> None:
    root = dynamic(tmp_path, index, version="1.0", dependencies=["lib>=1"])
    ok("lock", cwd=root)
    stated = (root / "pyproject.toml").read_text()
    dynamic(tmp_path, index)

    assert "the project now has dynamic requirements" in no("check", cwd=root, code=1).err
    ok("lock", cwd=root)
    ok("check", cwd=root)
    assert "dynamic" in inputs(root)
    (root / "pyproject.toml").write_text(stated)
    assert "no longer has dynamic requirements" in no("check", cwd=root, code=1).err
    ok("lock", cwd=root)
    assert "dynamic" not in inputs(root)


def test_group_is_added_to_a_project_that_leaves_its_requirements_to_a_build(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    root = dynamic(tmp_path, index)
    ok("lock", cwd=root)

    ok("add", "--group", "dev", "tester", cwd=root)

    ok("check", cwd=root)
    assert names(root) == ["lib", "tester"]
    before = (root / "pyproject.toml").read_text()
    assert "declares dependencies as dynamic" in no("add", "app", cwd=root).err
    assert (root / "pyproject.toml").read_text() == before


def test_member_requires_a_project_that_leaves_its_requirements_to_a_build(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    root = dynamic(tmp_path, index, tool=tool(index, workspace={"members": ["packages/*"]}))
    (root / "NEEDS-show").write_text("ribbon\n")
    write_tree(root / "packages" / "one", "one", dependencies=["mine[show]>=3"])

    assert lockenv("lock", cwd=root).err.count("building the metadata of mine") == 1
    whole_life(root)

    assert names(root) == ["lib", "mine", "one", "ribbon"]
    assert package(root, "mine")["directory"] == ITSELF


def test_conflicts_may_name_extras_that_a_build_reports(tmp_path: Path, index: LoopbackIndex) -> None:
    conflicts = [[{"extra": "old"}, {"extra": "new"}]]
    root = dynamic(tmp_path, index, tool=tool(index, conflicts=conflicts))
    (root / "NEEDS-old").write_text("lib==1.0\n")
    (root / "NEEDS-new").write_text("lib==1.1\n")

    whole_life(root)


def test_build_that_fails_locks_nothing(tmp_path: Path, index: LoopbackIndex) -> None:
    root = dynamic(tmp_path, index)
    (root / "NEEDS").unlink()

    assert "mine" in no("lock", cwd=root).err
    assert not (root / "pylock.toml").exists()


def test_question_about_requirements_that_are_not_known_yet_is_not_answered(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    root = dynamic(tmp_path, index)
    ok("lock", cwd=root)
    ok("outdated", cwd=root)
    (root / "setup.cfg").write_text("[metadata]\n")

    for command in (["outdated"], ["why-not", "lib==1.0"]):
        assert "the requirements of mine are dynamic" in no(*command, cwd=root).err


def test_default_groups_of_another_tools_lock_are_installed_where_requirements_are_not_known(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    root = dynamic(tmp_path, index)
    with (root / "pyproject.toml").open("a") as file:
        file.write('\n[dependency-groups]\ndev = ["tester"]\n')
    ok("lock", cwd=root)
    lock = (root / "pylock.toml").read_text()
    (root / "pylock.toml").write_text(lock.partition("\n[tool.lockenv]")[0].replace('"lockenv"', '"other"') + "\n")

    ok("sync", "--no-project", cwd=root)

    assert python(root, INSTALLED) == "lib-1.1 tester-3.0"
