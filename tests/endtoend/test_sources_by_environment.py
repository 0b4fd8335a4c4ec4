"""Sources of one project that differ by extra, group and marker: one lock, and each environment gets its own files."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from packaging.markers import Marker

from lockenv.lockfile.digest import sealed_text
from lockenv.lockfile.text import read
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.sources import commit, write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LINUX = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", "platform_machine": "x86_64"}
MAC = {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin", "platform_machine": "arm64"}
CONFLICTS = [[{"extra": "cpu"}, {"extra": "cuda"}]]
BY_EXTRA = [{"index": "cpu", "extra": "cpu"}, {"index": "cuda", "extra": "cuda"}]


@pytest.fixture
def indexes() -> Iterator[dict[str, LoopbackIndex]]:
    """Provide the indexes of a library with builds for processors and for graphics cards, and one of all else.

    The same version of the small library on two indexes is not the same file.
    """
    with LoopbackIndex() as cpu, LoopbackIndex() as cuda, LoopbackIndex() as plain:
        cpu.add_all(wheel("torch", "2.6.0+cpu"), wheel("small", "1.0", files={"small.py": "KIND = 'cpu'\n"}))
        cuda.add_all(
            wheel("torch", "2.6.0+cu128", requires=["nvidia-cublas ; sys_platform == 'linux'"]),
            wheel("small", "1.0", files={"small.py": "KIND = 'cuda'\n"}),
        )
        plain.add_all(
            wheel("torch", "2.6.0"), wheel("nvidia-cublas", "12.8"), wheel("vision", "0.21", requires=["torch"])
        )
        plain.add(wheel("small", "1.0", files={"small.py": "KIND = 'plain'\n"}))
        yield {"cpu": cpu, "cuda": cuda, "plain": plain}


def tool(indexes: dict[str, LoopbackIndex], sources: dict[str, Any], **more: Any) -> dict[str, Any]:
    listed = [{"name": name, "url": each.url, "explicit": name != "plain"} for name, each in indexes.items()]
    return {"index": listed, "sources": sources, **more}


def selected(
    project: Path, extras: Sequence[str] = (), groups: Sequence[str] = (), machine: dict[str, str] = LINUX
) -> dict[str, tuple[str, str]]:
    """Return version and index of what an environment gets, by the markers of the lock."""
    environment: Any = {
        **machine,
        "python_version": "3.12",
        "python_full_version": "3.12.4",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extras": frozenset(extras),
        "dependency_groups": frozenset(groups),
    }
    document = tomllib.loads(project.joinpath("pylock.toml").read_text(encoding="utf-8"))
    return {
        package["name"]: (package.get("version", ""), package.get("index", ""))
        for package in document["packages"]
        if "marker" not in package or Marker(package["marker"]).evaluate(environment, context="lock_file")
    }


def locked(project: Path) -> str:
    lock = lockenv("lock", cwd=project)
    assert lock.code == 0, lock.err
    text = project.joinpath("pylock.toml").read_text(encoding="utf-8")
    again, check = lockenv("lock", cwd=project), lockenv("check", cwd=project)
    assert (again.code, check.code) == (0, 0), again.err + check.out + check.err
    assert project.joinpath("pylock.toml").read_text(encoding="utf-8") == text
    return text


def test_each_extra_gets_the_build_of_its_index(tmp_path: Path, indexes: dict[str, LoopbackIndex]) -> None:
    project = write_project(
        tmp_path,
        ["vision"],
        extras={"cpu": ["torch"], "cuda": ["torch"]},
        tool=tool(indexes, {"torch": BY_EXTRA}, conflicts=CONFLICTS),
    )

    text = locked(project)

    cpu, cuda, plain = (indexes[name].url for name in ("cpu", "cuda", "plain"))
    assert selected(project, ["cpu"]) == {"torch": ("2.6.0+cpu", cpu), "vision": ("0.21", plain)}
    assert selected(project, ["cuda"]) == {
        "torch": ("2.6.0+cu128", cuda),
        "nvidia-cublas": ("12.8", plain),
        "vision": ("0.21", plain),
    }
    assert selected(project, ["cuda"], machine=MAC).keys() == {"torch", "vision"}
    assert selected(project) == {"torch": ("2.6.0", plain), "vision": ("0.21", plain)}
    # The order in which sources are written changes nothing.
    write_project(
        tmp_path,
        ["vision"],
        extras={"cpu": ["torch"], "cuda": ["torch"]},
        tool=tool(indexes, {"torch": BY_EXTRA[::-1]}, conflicts=CONFLICTS),
    )
    assert lockenv("check", cwd=project).code == 0
    project.joinpath("pylock.toml").unlink()
    assert locked(project) == text


def test_switching_extras_swaps_a_wheel_of_the_same_version(tmp_path: Path, indexes: dict[str, LoopbackIndex]) -> None:
    project = write_project(
        tmp_path,
        extras={"cpu": ["small"], "cuda": ["small"]},
        tool=tool(indexes, {"small": BY_EXTRA}, conflicts=CONFLICTS),
    )
    locked(project)

    for extra in ("cpu", "cuda", "cpu"):
        sync = lockenv("sync", "--extra", extra, cwd=project)
        assert sync.code == 0, sync.err
        found = next((project / ".venv").rglob("small.py")).read_text(encoding="utf-8")
        assert found == f"KIND = '{extra}'\n"
    verify = lockenv("verify", cwd=project)
    assert verify.code == 0, verify.out + verify.err


def test_markers_and_groups_choose_a_source_and_the_rest_is_the_default(
    tmp_path: Path, indexes: dict[str, LoopbackIndex]
) -> None:
    sources = {
        "torch": [{"index": "cuda", "marker": "sys_platform == 'linux'"}],
        "small": {"index": "cpu", "group": "test"},
    }
    project = write_project(tmp_path, ["torch", "small"], groups={"test": ["small"]}, tool=tool(indexes, sources))

    locked(project)

    cpu, cuda, plain = (indexes[name].url for name in ("cpu", "cuda", "plain"))
    assert selected(project)["torch"] == ("2.6.0+cu128", cuda)
    assert selected(project, machine=MAC)["torch"] == ("2.6.0", plain)
    assert selected(project)["small"] == ("1.0", plain)
    assert selected(project, groups=["test"])["small"] == ("1.0", cpu)


def test_no_index_hears_of_a_project_that_has_a_source_everywhere(
    tmp_path: Path, indexes: dict[str, LoopbackIndex]
) -> None:
    halves = [
        {"index": "cpu", "marker": "sys_platform == 'darwin'"},
        {"index": "cuda", "marker": "sys_platform != 'darwin'"},
    ]
    project = write_project(tmp_path, ["torch"], tool=tool(indexes, {"torch": halves}))

    locked(project)

    assert not [path for path in indexes["plain"].paths if "torch" in path]
    assert {version for version, _ in (selected(project)["torch"], selected(project, machine=MAC)["torch"])} == {
        "2.6.0+cpu",
        "2.6.0+cu128",
    }


@pytest.mark.parametrize(
    ("sources", "sentence", "hint"),
    [
        (
            BY_EXTRA,
            "torch has two sources where ",
            'never installed together: `conflicts = [[{ extra = "cpu" }, { extra = "cuda" }]]`',
        ),
        (
            [{"index": "cpu"}, {"index": "cuda", "marker": "sys_platform == 'linux'"}],
            "torch has two sources where sys_platform == 'linux'",
            "hint: write markers that exclude each other",
        ),
        (
            [{"index": "cpu", "extra": "tpu"}],
            "a source of `torch` is for the extra `tpu`",
            "hint: use one that it declares",
        ),
        (
            [{"index": "cpu", "extra": "cpu", "group": "dev"}],
            "is for an extra and for a group",
            "hint: write one source",
        ),
        ([{"index": "tpu", "extra": "cpu"}], "tpu", "hint:"),
        ([{"index": "cpu", "marker": "linux"}], "not an environment marker", ""),
    ],
)
def test_sources_that_make_no_sense_together_are_refused_where_they_are_written(
    sources: list[dict[str, str]], sentence: str, hint: str, tmp_path: Path, indexes: dict[str, LoopbackIndex]
) -> None:
    extras = {"cpu": ["torch"], "cuda": ["torch"]}
    project = write_project(tmp_path, extras=extras, tool=tool(indexes, {"torch": sources}))

    refused = lockenv("lock", cwd=project)

    assert refused.code == 2
    assert "pyproject.toml:" in refused.err
    assert sentence in " ".join(refused.err.split())
    assert hint in " ".join(refused.err.split())


def test_check_notices_another_source_and_a_file_from_the_wrong_one(
    tmp_path: Path, indexes: dict[str, LoopbackIndex]
) -> None:
    extras = {"cpu": ["torch"], "cuda": ["torch"]}
    project = write_project(tmp_path, extras=extras, tool=tool(indexes, {"torch": BY_EXTRA}, conflicts=CONFLICTS))
    locked(project)
    turned = [{**each, "extra": other["extra"]} for each, other in zip(BY_EXTRA, BY_EXTRA[::-1], strict=True)]
    write_project(tmp_path, extras=extras, tool=tool(indexes, {"torch": turned}, conflicts=CONFLICTS))

    stale = lockenv("check", cwd=project)

    assert stale.code == 1
    assert "sources" in stale.out + stale.err

    write_project(tmp_path, extras=extras, tool=tool(indexes, {"torch": BY_EXTRA}, conflicts=CONFLICTS))
    held = read(project.joinpath("pylock.toml").read_text(encoding="utf-8"), "pylock.toml")
    swapped = {indexes["cpu"].url: indexes["cuda"].url}
    document = {
        **held.document,
        "packages": [
            {**each, "index": swapped.get(each["index"], each["index"])} for each in held.document["packages"]
        ],
    }
    project.joinpath("pylock.toml").write_text(sealed_text(document), encoding="utf-8")

    wrong = lockenv("check", cwd=project)

    assert wrong.code == 1
    assert "torch 2.6.0+cpu comes from " in wrong.out + wrong.err
    assert "but the project uses the index cpu" in " ".join((wrong.out + wrong.err).split())


def test_archives_and_commits_may_be_sources_too(tmp_path: Path, indexes: dict[str, LoopbackIndex]) -> None:
    plain = indexes["plain"]
    here, there = wheel("part", "1.0", files={"part.py": "HERE = 1\n"}), wheel("part", "2.0")
    for built in (here, there):
        plain.add_all(built)
    plain.add_all(wheel("tool", "0.1"))
    tree = write_tree(tmp_path / "tool", "tool")
    commit(tree)
    sources = {
        "part": [
            {"url": plain.file_url(here.filename), "marker": "sys_platform == 'linux'"},
            {"url": plain.file_url(there.filename), "marker": "sys_platform == 'darwin'"},
        ],
        "tool": {"git": tree.as_uri(), "group": "dev"},
    }
    project = write_project(
        tmp_path / "project", ["part", "tool"], groups={"dev": ["tool"]}, tool=tool(indexes, sources)
    )

    locked(project)

    packages = tomllib.loads(project.joinpath("pylock.toml").read_text(encoding="utf-8"))["packages"]
    assert selected(project)["part"] == ("1.0", "")
    assert selected(project, machine=MAC)["part"] == ("2.0", "")
    assert selected(project)["tool"] == ("0.1", plain.url)
    assert selected(project, groups=["dev"])["tool"] == ("", "")
    # Neither Linux nor macOS: the default index.
    kinds = {
        (package["name"], kind) for package in packages for kind in ("archive", "vcs", "wheels") if kind in package
    }
    assert kinds == {("part", "archive"), ("part", "wheels"), ("tool", "vcs"), ("tool", "wheels")}
    assert len(packages) == 5


def test_refusal_says_that_a_release_is_not_from_the_source_that_counts(
    tmp_path: Path, indexes: dict[str, LoopbackIndex]
) -> None:
    project = write_project(
        tmp_path,
        ["torch==2.6.0+cpu"],
        extras={"cpu": [], "cuda": []},
        tool=tool(indexes, {"torch": BY_EXTRA}, conflicts=CONFLICTS),
    )

    refused = lockenv("lock", cwd=project)

    assert refused.code == 1
    reported = " ".join(refused.err.split())
    assert "for the environments where 'cpu' not in extras" in reported
    assert f"torch 2.6.0+cpu is from {indexes['cpu'].url}, which is not the source of torch there" in reported


def test_requirements_with_a_url_for_each_platform_are_locked_together(
    tmp_path: Path, indexes: dict[str, LoopbackIndex]
) -> None:
    plain = indexes["plain"]
    here, there = wheel("part", "1.0", files={"part.py": "HERE = 1\n"}), wheel("part", "2.0")
    plain.add_all(here, there, wheel("user", "1.0", requires=["part"]))
    requires = [
        f"part @ {plain.file_url(here.filename)} ; sys_platform == 'linux'",
        f"part @ {plain.file_url(there.filename)} ; sys_platform == 'darwin'",
        "user ; sys_platform != 'win32'",
    ]
    project = write_project(tmp_path, requires, tool=tool(indexes, {}))

    text = locked(project)

    assert selected(project) == {"part": ("1.0", ""), "user": ("1.0", plain.url)}
    assert selected(project, machine=MAC) == {"part": ("2.0", ""), "user": ("1.0", plain.url)}
    sync = lockenv("sync", cwd=project)
    assert sync.code == 0, sync.err
    assert next((project / ".venv").rglob("part.py")).read_text(encoding="utf-8") == "HERE = 1\n"
    # A requirements file says the same.
    other = tmp_path / "other"
    other.mkdir()
    (other / "requirements.in").write_text("\n".join([f"--index-url {plain.url}", *requires]))
    files = lockenv("lock", "--python", ">=3.11", cwd=other)
    assert files.code == 0, files.err
    assert selected(other) == selected(project)
    assert [line for line in text.splitlines() if "part-" in line]


def test_directories_may_be_sources_for_some_environments(tmp_path: Path, indexes: dict[str, LoopbackIndex]) -> None:
    plain = indexes["plain"]
    plain.add_all(wheel("old-dep", "1.0"), wheel("new-dep", "1.0"), wheel("lib", "0.1"))
    old = write_tree(tmp_path / "old", "lib", version="1.0", dependencies=["old-dep"])
    write_tree(tmp_path / "new", "lib", version="2.0", dependencies=["new-dep"])
    sources = {"lib": [{"path": "../old", "extra": "old"}, {"path": "../new", "extra": "new", "editable": True}]}
    project = write_project(
        tmp_path / "project",
        ["lib"],
        extras={"old": ["lib"], "new": ["lib"]},
        tool=tool(indexes, sources, conflicts=[[{"extra": "old"}, {"extra": "new"}]]),
    )

    locked(project)

    assert selected(project) == {"lib": ("0.1", plain.url)}
    assert selected(project, ["old"]) == {"lib": ("", ""), "old-dep": ("1.0", plain.url)}
    assert selected(project, ["new"]) == {"lib": ("", ""), "new-dep": ("1.0", plain.url)}
    for extra in ("old", "new", "old"):
        sync, verify = lockenv("sync", "--extra", extra, cwd=project), lockenv("verify", cwd=project)
        assert (sync.code, verify.code) == (0, 0), sync.err + verify.out + verify.err
        assert [path.name for path in (project / ".venv").rglob("*_dep-*.dist-info")] == [f"{extra}_dep-1.0.dist-info"]
    # What a directory declares is a part of what the lock is made from.
    assert lockenv("check", cwd=project).code == 0
    write_tree(old, "lib", version="1.1", dependencies=["old-dep"])
    stale = lockenv("check", cwd=project)
    assert stale.code == 1
    assert "lib" in stale.out + stale.err


def test_member_of_a_workspace_may_name_a_source_for_each_environment(
    tmp_path: Path, indexes: dict[str, LoopbackIndex]
) -> None:
    plain = indexes["plain"]
    here, there = wheel("part", "1.0"), wheel("part", "2.0")
    plain.add_all(here, there, wheel("tool", "0.1"), wheel("tool", "0.2"))
    write_tree(
        tmp_path / "packages" / "member",
        "member",
        dependencies=[
            f"part @ {plain.file_url(here.filename)} ; sys_platform == 'linux'",
            f"part @ {plain.file_url(there.filename)} ; sys_platform != 'linux'",
            "tool",
        ],
        tool={"sources": {"tool": {"url": plain.file_url("tool-0.1-py3-none-any.whl"), "marker": "os_name == 'nt'"}}},
    )
    project = write_project(tmp_path, tool=tool(indexes, {}, workspace={"members": ["packages/*"]}))

    locked(project)

    assert selected(project) == {"member": ("", ""), "part": ("1.0", ""), "tool": ("0.2", plain.url)}
    windows = {**LINUX, "sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"}
    assert selected(project, machine=windows) == {"member": ("", ""), "part": ("2.0", ""), "tool": ("0.1", "")}


def test_release_that_names_another_url_than_the_project_is_refused(
    tmp_path: Path, indexes: dict[str, LoopbackIndex]
) -> None:
    plain = indexes["plain"]
    here, there = wheel("part", "1.0"), wheel("part", "2.0")
    plain.add_all(here, there)
    write_tree(tmp_path / "lib", "lib", dependencies=[f"part @ {plain.file_url(here.filename)}"])
    sources = {
        "lib": {"path": "../lib"},
        "part": [
            {"url": plain.file_url(here.filename), "marker": "sys_platform == 'linux'"},
            {"url": plain.file_url(there.filename), "marker": "sys_platform != 'linux'"},
        ],
    }
    project = write_project(tmp_path / "project", ["lib"], tool=tool(indexes, sources))

    refused = lockenv("lock", cwd=project)

    assert refused.code == 2
    assert "which is not its source where sys_platform != 'linux'" in " ".join(refused.err.split())
