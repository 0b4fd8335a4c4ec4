"""The commands that explain a lock, beyond what the transcripts show: other locks, interpreters, offline, and what is
written where.
"""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.teahouse import age, teahouse
from tests.support.program import PYTHON, environment, lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.sources import write_tree
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Provide the teahouse, locked, with its index still there."""
    with LoopbackIndex() as index:
        yield teahouse(tmp_path_factory.mktemp("explain") / "teahouse", index)


@pytest.fixture
def copy(house: Path, tmp_path: Path) -> Path:
    """Provide a copy of the teahouse with a cache of its own and nothing that answers."""
    return shutil.copytree(house, tmp_path / "copy")


def reported(*args: str, cwd: Path, code: int = 0) -> dict[str, Any]:
    result = lockenv(*args, "--json", cwd=cwd)
    assert result.code == code, result.err
    answer: dict[str, Any] = json.loads(result.out)
    assert answer["schema"] == 1
    return answer


def names(answer: dict[str, Any]) -> list[str]:
    return [f"{each['name']} {each['version']}" for each in answer["packages"]]


@pytest.mark.parametrize("args", [("tree",), ("why", "cup"), ("why-not", "element==2.0"), ("coverage",)], ids=" ".join)
def test_lock_alone_answers_without_network_and_nothing_is_written(copy: Path, args: tuple[str, ...]) -> None:
    before = snapshot(copy)

    result = lockenv(*args, cwd=copy, env={"LOCKENV_OFFLINE": "1"} if args[0] == "why-not" else {})

    assert (result.code, snapshot(copy)) == (1 if args[0] == "why-not" else 0, before)


def test_tree_for_an_interpreter_has_what_a_sync_installs(house: Path) -> None:
    answer = reported("tree", "--python", PYTHON, cwd=house)

    synced = lockenv("sync", "--python", PYTHON, "--all-extras", "--all-groups", "--dry-run", cwd=house)
    installed = sorted(line.removeprefix("  + ") for line in synced.err.splitlines() if line.startswith("  + "))
    assert names(answer) == installed
    assert {each["condition"] for each in answer["requirements"]} == {None}


def test_tree_for_an_interpreter_that_the_lock_does_not_cover_is_a_no(tmp_path: Path) -> None:
    other = "linux" if sys.platform == "win32" else "win32"
    with LoopbackIndex() as index:
        index.add(wheel("lib", "1.0"))
        project = write_project(
            tmp_path / "project", ["lib"], index=index.url, tool={"environments": [f"sys_platform == '{other}'"]}
        )
        assert lockenv("lock", cwd=project).code == 0

    result = lockenv("tree", "--python", PYTHON, cwd=project)

    assert (result.code, result.out) == (1, "")
    assert "does not cover this interpreter" in result.err


def test_package_that_is_not_for_an_interpreter_is_distinguished_from_one_that_is_not_there(house: Path) -> None:
    absent = "element" if sys.platform == "win32" else "whistle"

    result = lockenv("tree", absent, "--python", PYTHON, cwd=house)

    assert (result.code, "for this environment" in result.err) == (1, True), result.err


def test_tree_for_a_platform_keeps_the_conditions_that_are_left(house: Path) -> None:
    windows = reported("tree", "--environment", "windows", cwd=house)
    one = reported("tree", "--environment", "windows 3.14", cwd=house)

    assert "whistle 0.5" in names(windows)
    assert {each["condition"] for each in windows["requirements"]} == {
        None,
        "python_version < '3.13'",
        "python_version >= '3.13'",
    }
    assert "scale 1.9" not in names(one)
    assert {each["condition"] for each in one["requirements"]} == {None}


def test_declared_environment_is_called_by_its_marker(house: Path) -> None:
    marker = "sys_platform == 'linux' and platform_machine == 's390x'"

    answer = reported("tree", "--environment", marker.replace("'", '"'), cwd=house)

    assert "whistle 0.5" not in names(answer)
    assert "kettle 1.4" in names(answer)


def test_environment_that_the_lock_does_not_cover_is_a_no(house: Path) -> None:
    result = lockenv("tree", "--environment", "windows 3.10", cwd=house)

    assert (result.code, "covers no environment named `windows 3.10`" in result.err) == (1, True)


def test_stale_lock_is_explained_as_it_is_with_a_note(copy: Path) -> None:
    pyproject = copy / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8").replace('  "scale",\n', ""), "utf-8")

    result = lockenv("why", "scale", cwd=copy)

    assert result.code == 0
    assert "note: pylock.toml is out of date" in result.err
    assert result.out.splitlines()[1] == "scale ; python_version < '3.13'"


def test_lock_without_a_project_is_explained_from_what_it_records(copy: Path) -> None:
    copy.joinpath("pyproject.toml").unlink()

    tree, why = lockenv("tree", cwd=copy), lockenv("why", "resin", cwd=copy)

    assert (tree.code, tree.err, why.code, why.err) == (0, "", 0, "")
    assert tree.out.startswith("pylock.toml (14 packages)\n|-- kettle 1.4 (>=1)\n")
    assert why.out.splitlines()[1:] == [
        "tray[lacquer]",
        "`-- tray 2.2 requires resin>=1 with the extra lacquer",
        "    `-- resin 1.0",
    ]


def test_resolution_without_a_project_is_refused(copy: Path) -> None:
    copy.joinpath("pyproject.toml").unlink()

    for args in (("outdated",), ("why-not", "element==1.0")):
        result = lockenv(*args, cwd=copy)

        assert (result.code, "declares no requirements" in result.err) == (2, True)


def _entry(name: str, version: str, marker: str = "") -> str:
    file = f"{name}-{version}-py3-none-any.whl"
    condition = f'marker = "{marker}"\n' if marker else ""
    return (
        f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{condition}'
        f'wheels = [{{url = "https://index.example/{file}", hashes = {{sha256 = "{"0" * 64}"}}}}]\n'
    )


_FOREIGN = f"""\
lock-version = "1.0"
created-by = "another"

{_entry("a", "1.0")}
{_entry("b", "2.0", "sys_platform == 'win32'")}
"""


def test_lock_of_another_tool_is_shown_as_far_as_it_says(tmp_path: Path) -> None:
    tmp_path.joinpath("project").mkdir()
    project = tmp_path / "project"
    project.joinpath("pylock.toml").write_text(_FOREIGN, "utf-8")

    assert (
        lockenv("tree", cwd=project).out == "pylock.toml (2 packages)\n|-- a 1.0\n`-- b 2.0 ; sys_platform == 'win32'\n"
    )
    assert lockenv("tree", "--invert", "b", cwd=project).out == "b 2.0\n`-- not required by any locked package\n"
    assert lockenv("why", "b", cwd=project).out == (
        "b 2.0 ; sys_platform == 'win32' is locked; the lockfile does not record what requires it\n"
    )
    assert lockenv("coverage", cwd=project).code == 0


def test_requirements_file_is_named_by_its_line(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.add_all(wheel("app", "1.0", requires=["lib"]), wheel("lib", "1.0"))
        project = tmp_path / "project"
        project.mkdir()
        project.joinpath("requirements.in").write_text("# what we need\napp\n", "utf-8")
        assert lockenv("lock", "--index-url", index.url, cwd=project).code == 0

    assert lockenv("why", "lib", cwd=project).out.splitlines()[1] == "requirements.in:2: app"


def test_page_is_the_same_wherever_the_program_is_started(house: Path) -> None:
    cache = {"LOCKENV_CACHE_DIR": environment(house)["LOCKENV_CACHE_DIR"]}  # what it knows is on the page
    from_within = lockenv("tree", "--html", "-", cwd=house, env=cache)
    from_above = lockenv("--project", str(house), "tree", "--html", "-", cwd=house.parent, env=cache)

    assert (from_within.code, from_within.out) == (0, from_above.out)
    assert "pyproject.toml:6 (project.dependencies[0])" in from_within.out


def test_page_takes_no_option_that_it_could_not_obey(house: Path) -> None:
    result = lockenv("tree", "--html", "x.html", "--invert", cwd=house)

    assert (result.code, house.joinpath("x.html").exists()) == (2, False)


def test_page_that_cannot_be_written_is_an_error_of_one_sentence(house: Path) -> None:
    house.joinpath("folder.html").mkdir()

    result = lockenv("tree", "--html", "folder.html", cwd=house)

    assert result.code == 2
    assert result.err.startswith("error: ")
    assert "folder.html" in result.err


@pytest.mark.parametrize("file", ["pylock.toml", "pyproject.toml"])
def test_page_does_not_take_the_place_of_the_files_it_is_made_from(copy: Path, file: str) -> None:
    before = snapshot(copy)

    result = lockenv("tree", "--html", file, cwd=copy)

    assert (result.code, snapshot(copy)) == (2, before)


def test_declared_environment_without_a_file_is_a_no(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.add(wheel("part", "1.0", tag="cp311-cp311-win_amd64"))
        tool = {"environments": ["sys_platform == 'win32' and platform_machine == 'AMD64'"]}
        project = write_project(
            tmp_path / "project", ["part"], index=index.url, requires_python=">=3.11,<3.13", tool=tool
        )
        assert lockenv("lock", cwd=project).code == 0

    result = lockenv("coverage", cwd=project)

    assert (result.code, result.err) == (
        1,
        "no: packages have no file for a declared environment\n"
        "  the environments where python_version == '3.12' and sys_platform == 'win32' and platform_machine == 'AMD64' "
        "are not covered: part 1.0 has no wheel there\n"
        "  hint: require versions that have a file for this environment, or change `environments`\n",
    )


def test_outdated_is_silent_and_good_when_everything_is_the_newest(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.page_cache_control = "no-cache"
        house = teahouse(tmp_path / "teahouse", index)

        result = lockenv("outdated", cwd=house)

        assert (result.code, result.out) == (0, "")

        age(index)

        assert reported("outdated", cwd=house, code=1)["outdated"][0] == {
            "name": "cup",
            "version": "4.0",
            "marker": None,
            "compatible": "4.0",
            "latest": "5.0",
        }


def test_version_for_pythons_that_the_entry_is_not_for_does_not_make_it_outdated(house: Path) -> None:
    outdated = lockenv("outdated", "--json", cwd=house)

    assert "scale" not in outdated.out


def test_locked_prerelease_is_compared_with_prereleases(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.page_cache_control = "no-cache"
        index.add_all(wheel("lib", "1.0"), wheel("lib", "2.0a1"))
        project = write_project(tmp_path / "project", ["lib>=2.0a1"], index=index.url)
        assert lockenv("lock", cwd=project).code == 0
        index.add(wheel("lib", "2.0a2"))

        (found,) = reported("outdated", cwd=project, code=1)["outdated"]

    assert (found["compatible"], found["latest"]) == ("2.0a2", "2.0a2")


@pytest.mark.parametrize(
    "pin", ["element", "element==1.*", "element==1.0,==1.1", "a b==1", "element==x; python_version<'3'"]
)
def test_why_not_takes_one_version_of_one_package(house: Path, pin: str) -> None:
    result = lockenv("why-not", pin, cwd=house)

    assert (result.code, "hint: " in result.err and "==" in result.err.partition("hint: ")[2]) == (2, True)


def test_possible_version_is_locked_by_the_command_that_is_named(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.page_cache_control = "no-cache"
        house = teahouse(tmp_path / "teahouse", index)
        age(index)

        assert reported("why-not", "element==1.2", cwd=house)["changes"] == ["~ element 1.1 → 1.2"]
        assert "  ~ element 1.1 → 1.2" in lockenv("lock", "-P", "element==1.2", cwd=house).err.splitlines()


@pytest.mark.parametrize(
    ("version", "instead"),
    [
        ("1.15", "the releases next to it are 1.2 and 2.0"),
        ("1.1.5", "the releases next to it are 1.1 and 1.2, and the newest is 2.0"),
        ("2.1", "its newest release is 2.0"),
        ("0.5", "its first release is 1.0, and the newest is 2.0"),
        ("1.1.5a1", "the releases next to it are 1.1 and 1.2a1, and the newest is 2.0"),
    ],
)
def test_version_that_does_not_exist_is_not_called_excluded(tmp_path: Path, version: str, instead: str) -> None:
    with LoopbackIndex() as index:
        house = teahouse(tmp_path / "teahouse", index)
        age(index)
        index.add(wheel("element", "1.2a1"))
        project = house / "pyproject.toml"
        project.write_text(project.read_text().replace('["cup<5"]', '["cup<5", "element==1.1"]'))
        assert lockenv("lock", "--refresh", cwd=house).code == 0

        found, kept = (
            lockenv("why-not", f"element=={version}", cwd=house),
            lockenv("why-not", f"element=={version}", "--offline", cwd=house),
        )

    said = f"no: element {version} was not found on any index\n  {instead}\n"
    assert [(each.code, each.err) for each in (found, kept)] == [(1, said), (1, said)]


def test_version_that_is_locked_for_some_environments_is_said_to_be(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        for version in ("1.0", "2.0"):
            index.add(wheel("lib", version))
        requirements = ["lib<2 ; sys_platform == 'win32'", "lib>=2 ; sys_platform != 'win32'"]
        project = write_project(tmp_path / "project", requirements, index=index.url)
        assert lockenv("lock", cwd=project).code == 0

        result = lockenv("why-not", "lib==2.0", cwd=project)
        answer = reported("why-not", "lib==2.0", cwd=project, code=1)

    said = "no: lib 2.0 is excluded by a requirement, and locked only where sys_platform != 'win32'"
    assert (result.code, result.err.splitlines()[0]) == (1, said)
    assert answer["locked_where"] == ["sys_platform != 'win32'"]


def test_release_newer_than_the_kept_page_is_excluded_and_not_missing(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.page_cache_control = "no-cache"
        house = teahouse(tmp_path / "teahouse", index)
        age(index)

        assert reported("why-not", "element==2.0", cwd=house, code=1)["answer"] == "excluded"


def test_lock_alone_answers_where_no_index_does(copy: Path, tmp_path: Path) -> None:
    nothing = {"LOCKENV_CACHE_DIR": str(tmp_path / "empty"), "LOCKENV_OFFLINE": "1"}

    excluded = lockenv("why-not", "element==7", cwd=copy, env=nothing)
    unknown = lockenv("why-not", "teapot==1.0", cwd=copy, env=nothing)

    assert (excluded.code, excluded.err.splitlines()[0]) == (1, "no: element 7 is excluded by a requirement")
    assert unknown.code == 1
    assert unknown.err.splitlines()[0] == "no: teapot is not required by anything in pylock.toml"


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[Path]:
    """Provide a project, locked, that takes one package from a directory, one from a wheel and one from an index."""
    with LoopbackIndex() as index:
        index.page_cache_control = "no-cache"
        index.add(wheel("lib", "1.0"))
        place = tmp_path / "project"
        write_tree(place / "near", "near", version="0.5", dependencies=["lib"])
        built = wheel("packed", "2.0", requires=["lib>=1"])
        place.joinpath(built.filename).write_bytes(built.content)
        sources = {"near": {"path": "near"}, "packed": {"path": built.filename}}
        project = write_project(place, ["near", "packed"], index=index.url, tool={"sources": sources})
        result = lockenv("lock", cwd=project)
        assert result.code == 0, result.err
        yield project
        index.stop()


def test_what_no_index_serves_is_shown_with_where_it_comes_from(mixed: Path) -> None:
    assert lockenv("tree", cwd=mixed).out == (
        "example (3 packages)\n"
        "|-- near 0.5 from near\n"
        "|   `-- lib 1.0\n"
        "`-- packed 2.0 from packed-2.0-py3-none-any.whl\n"
        "    `-- lib 1.0 (>=1)\n"
    )
    assert lockenv("why", "lib", cwd=mixed).out.splitlines()[0] == "lib 1.0 is required by 2 lines of the project"


def test_directory_is_built_and_a_wheel_by_itself_is_a_wheel(mixed: Path) -> None:
    files = {each["name"]: {*each["files"]} for each in reported("coverage", cwd=mixed)["packages"]}

    assert files == {"lib": {"wheel"}, "near": {"build"}, "packed": {"wheel"}}


def test_no_index_is_asked_for_the_versions_of_what_none_serves(mixed: Path) -> None:
    outdated, why_not = lockenv("outdated", cwd=mixed), lockenv("why-not", "near==0.6", cwd=mixed)

    assert (outdated.code, outdated.out) == (0, ""), outdated.err
    assert (why_not.code, why_not.err) == (1, "no: near 0.6 was not found on any index\n  near comes from near\n")
