"""`bundle`: a directory from which an environment is made without any network."""

from __future__ import annotations

import shutil
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_builds import HELPED, SYSTEM
from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.sources import write_tree
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def ran(*args: str, cwd: Path, code: int = 0) -> Result:
    result = lockenv(*args, cwd=cwd)
    assert result.code == code, result.err
    return result


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def without_network(project: Path, index: LoopbackIndex) -> None:
    """Take away the index, the cache and the environment."""
    index.stop()
    shutil.rmtree(project.with_name(f"{project.name}.cache"), ignore_errors=True)
    shutil.rmtree(project / ".venv", ignore_errors=True)


def installed(project: Path) -> list[str]:
    found = project.glob(".venv/lib/python*/site-packages/*.dist-info")
    return sorted(path.name.removesuffix(".dist-info") for path in found)


def test_environment_is_made_from_it_without_network_and_cache(locked: Path, index: LoopbackIndex) -> None:
    result = ran("bundle", "bundle", cwd=locked)
    without_network(locked, index)

    assert "bundle contains 4 files for Python 3" in result.err
    assert names(locked / "bundle") == [
        "app-1.0-py3-none-any.whl",
        "lib-1.1-py3-none-any.whl",
        "pylock.toml",
        "ribbon-2.0-py3-none-any.whl",
        "tester-3.0-py3-none-any.whl",
    ]
    ran("sync", "--from", "bundle", cwd=locked)
    assert installed(locked) == ["app-1.0", "lib-1.1", "tester-3.0"]


def test_its_own_lock_is_fresh_and_names_files_by_path(locked: Path, index: LoopbackIndex) -> None:
    ran("bundle", "bundle", cwd=locked)
    without_network(locked, index)

    ran("sync", "-l", "bundle/pylock.toml", "--from", "bundle", "--extra", "fancy", cwd=locked)

    assert installed(locked) == ["app-1.0", "lib-1.1", "ribbon-2.0", "tester-3.0"]
    lock = tomllib.loads((locked / "bundle/pylock.toml").read_text())
    assert [package["wheels"][0]["path"] for package in lock["packages"]] == [
        name for name in names(locked / "bundle") if name != "pylock.toml"
    ]
    assert all("url" not in package["wheels"][0] for package in lock["packages"])


def test_machine_with_the_bundle_alone_syncs_from_it(locked: Path, index: LoopbackIndex, tmp_path: Path) -> None:
    ran("bundle", str(tmp_path / "moved"), cwd=locked)
    index.stop()

    ran("sync", cwd=tmp_path / "moved")

    assert installed(tmp_path / "moved") == ["app-1.0", "lib-1.1", "tester-3.0"]


def test_other_platforms_and_pythons_are_chosen(locked: Path) -> None:
    ran("bundle", "windows", "--python", "3.12", "--python", "3.13", "--platform", "windows-x86_64", cwd=locked)
    ran("bundle", "all", "--all", cwd=locked)

    lock = tomllib.loads((locked / "windows/pylock.toml").read_text())
    assert "winpart-0.1-py3-none-any.whl" in names(locked / "windows")
    assert len(lock["environments"]) == 2
    assert all("sys_platform == 'win32'" in text for text in lock["environments"])
    assert "does not cover this environment" in ran("sync", "-l", "windows/pylock.toml", cwd=locked, code=1).err
    assert names(locked / "all") == names(locked / "windows")
    ran("check", "-l", "all/pylock.toml", cwd=locked)


def test_what_builds_need_is_in_it(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("helper"), wheel("late", requires=["deep"]), wheel("deep"))
    index.add(sdist("made", "1.0", static=False, files={"backend.py": HELPED, "pyproject.toml": SYSTEM}))
    project = write_project(tmp_path / "project", ["made"], index=index.url, tool={"allow-build": ["made"]})
    ran("lock", cwd=project)
    ran("bundle", "bundle", cwd=project)
    without_network(project, index)

    assert names(project / "bundle") == [
        "deep-1.0-py3-none-any.whl",
        "helper-1.0-py3-none-any.whl",
        "late-1.0-py3-none-any.whl",
        "made-1.0.tar.gz",
        "pylock.build.toml",
        "pylock.toml",
    ]
    ran("sync", "-l", "bundle/pylock.toml", "--from", "bundle", cwd=project)
    assert installed(project) == ["made-1.0"]


def test_second_run_copies_nothing_and_repairs_what_was_damaged(locked: Path) -> None:
    ran("bundle", "bundle", cwd=locked)
    lib, app = (locked / f"bundle/{name}-py3-none-any.whl" for name in ("lib-1.1", "app-1.0"))
    before, stamp = lib.read_bytes(), app.stat().st_mtime_ns
    lib.write_bytes(b"damaged")

    ran("bundle", "bundle", "--offline", cwd=locked)

    assert (lib.read_bytes(), app.stat().st_mtime_ns) == (before, stamp)


def test_index_that_changed_a_file_is_refused(locked: Path, index: LoopbackIndex) -> None:
    index.remove("lib-1.1-py3-none-any.whl")
    index.add(wheel("lib", "1.1", files={"lib.py": "evil = True\n"}))
    shutil.rmtree(locked.with_name(f"{locked.name}.cache"))

    result = ran("bundle", "bundle", cwd=locked, code=2)

    assert "refused[" in result.err
    assert not locked.joinpath("bundle/pylock.toml").exists()
    assert not locked.joinpath("bundle/lib-1.1-py3-none-any.whl").exists()


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ((".",), 2, "contains the lockfile itself"),
        (("bundle", "--all", "--python", "3.12"), 2, "--all cannot be used with --python or --platform"),
        (("bundle", "--python", "3.9"), 2, "does not cover Python 3.9"),
        ((), 2, "`lockenv bundle` requires DIR"),
    ],
    ids=str,
)
def test_mistake_is_reported(locked: Path, args: tuple[str, ...], code: int, message: str) -> None:
    before = names(locked)

    assert message in ran("bundle", *args, cwd=locked, code=code).err
    assert names(locked) == before


def test_release_without_a_file_for_the_environment_is_no(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("mac", tag="cp312-cp312-macosx_11_0_arm64"))
    requires = ["mac; sys_platform != 'linux' or platform_machine != 'aarch64'"]
    project = write_project(
        tmp_path / "project",
        requires,
        index=index.url,
        requires_python="==3.12.*",
        tool={"environments": ["sys_platform == 'darwin' and platform_machine == 'arm64'"]},
    )
    ran("lock", cwd=project)

    ran("bundle", "bundle", "--python", "3.12", "--platform", "macos-arm64", cwd=project)

    assert names(project / "bundle") == ["mac-1.0-cp312-cp312-macosx_11_0_arm64.whl", "pylock.toml"]
    result = ran("bundle", "linux", "--python", "3.12", "--platform", "linux-x86_64", cwd=project, code=2)
    assert "does not cover" in result.err


def test_directory_beside_the_lock_stays_there(tmp_path: Path, index: LoopbackIndex) -> None:
    write_tree(tmp_path / "project/inner", "inner", dependencies=["lib>=1"])
    tool = {"sources": {"inner": {"path": "inner"}}}
    project = write_project(tmp_path / "project", ["inner"], index=index.url, tool=tool)
    ran("lock", cwd=project)

    assert "are not copied to bundle; copy them yourself: inner" in ran("bundle", "bundle", "--all", cwd=project).err
    elsewhere = ran("bundle", "../elsewhere", cwd=project)

    assert names(project / "bundle") == ["lib-1.1-py3-none-any.whl", "pylock.build.toml", "pylock.toml"]
    assert 'path = "../inner"' in (project / "bundle/pylock.toml").read_text()
    assert "../elsewhere/pylock.toml does not include directories of the project: inner" in elsewhere.err
    assert "inner" not in tomllib.loads((tmp_path / "elsewhere/pylock.toml").read_text())["packages"]
    ran("check", "-l", "bundle/pylock.toml", cwd=project)
    without_network(project, index)
    ran("sync", "-l", "bundle/pylock.toml", cwd=project)
    assert installed(project) == ["inner-1.0", "lib-1.1"]
