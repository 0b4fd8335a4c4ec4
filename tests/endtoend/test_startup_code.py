"""Packages that run code whenever Python starts, or take names of others: named, and refused where that is set."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.program import Result

PLAIN = wheel("kettle", "1.0")
HOOKED = wheel("kettle", "2.0", files={"kettle/__init__.py": "", "kettle.pth": "import kettle\n"})


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Provide an index with a release that runs nothing."""
    with LoopbackIndex() as running:
        running.page_cache_control = "no-cache"
        running.add(PLAIN)
        yield running


def project(tmp_path: Path, index: LoopbackIndex, *requires: str, **tool: Any) -> Path:
    settings = {key.replace("_", "-"): value for key, value in tool.items()}
    return write_project(tmp_path / "project", requires or ("kettle",), index=index.url, tool=settings)


def locked(directory: Path, *args: str) -> Result:
    result = lockenv_here("lock", *args, cwd=directory)
    assert result.code == 0, result.err
    return result


def own(directory: Path) -> dict[str, Any]:
    (package,) = tomllib.loads(directory.joinpath("pylock.toml").read_text(encoding="utf-8"))["packages"]
    return {key: value for key, value in package["tool"]["lockenv"].items() if key != "digest"}


STARTING: list[tuple[str, dict[str, Any]]] = [
    ("kettle.pth", {"files": {"kettle/__init__.py": "", "kettle.pth": "import kettle\n"}}),
    ("kettle.start", {"files": {"kettle/__init__.py": "", "kettle.start": "kettle:main\n"}}),
    ("sitecustomize.py", {"files": {"sitecustomize.py": ""}}),
    ("usercustomize/__init__.py", {"files": {"usercustomize/__init__.py": ""}}),
    ("hook.pth", {"data": {"purelib/hook.pth": "import os\n"}}),
    ("tab.pth", {"files": {"tab.pth": "\ufefflib\rimport\tos\r"}}),
    # The root of an environment has site-packages in it, and on Windows is a site directory itself.
    ("lib/python3.11/site-packages/hook.pth", {"data": {"data/lib/python3.11/site-packages/hook.pth": "lib\n"}}),
    ("Lib/site-packages/usercustomize.py", {"data": {"data/Lib/site-packages/usercustomize.py": ""}}),
    ("hook.pth", {"data": {"data/hook.pth": "import os\n"}}),
    # `site` imports these from every directory that a path file names.
    ("kettle/on/sitecustomize.py", {"files": {"kettle/on/sitecustomize.py": "", "kettle.pth": "kettle/on\n"}}),
    ("share/usercustomize/__init__.py", {"data": {"data/share/usercustomize/__init__.py": "", "purelib/a.pth": "x\n"}}),
    ("k\\xa0.pth", {"files": {"k\xa0.pth": "import os\n"}}),
]


@pytest.mark.parametrize(("path", "made"), STARTING)
def test_each_kind_is_refused_by_lock_and_by_sync(
    tmp_path: Path, index: LoopbackIndex, path: str, made: dict[str, Any]
) -> None:
    index.add(wheel("kettle", "2.0", **made))
    directory = project(tmp_path, index)
    locked(directory)
    written = directory.joinpath("pylock.toml").read_bytes()
    project(tmp_path, index, deny_startup_code=True)

    lock = lockenv_here("lock", cwd=directory)
    sync = lockenv("sync", "--frozen", cwd=directory)

    said = f"kettle 2.0: {path} would run whenever Python starts (deny-startup-code)"
    assert (lock.code, said in lock.err, directory.joinpath("pylock.toml").read_bytes()) == (1, True, written)
    assert (sync.code, said in sync.err, directory.joinpath(".venv").exists()) == (1, True, False)


def test_path_file_that_only_names_directories_is_accepted(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("kettle", "2.0", files={"kettle/__init__.py": "", "kettle.pth": "lib\n"}))
    directory = project(tmp_path, index, deny_startup_code=True)

    locked(directory)

    assert lockenv("sync", cwd=directory).code == 0


@pytest.mark.parametrize(
    "files",
    [
        {"kettle/__init__.py": "", "kettle/bootstrap/sitecustomize.py": ""},
        {"kettle/__init__.py": "", "kettle/hook.pth": "import os\n", "hook.PTH": "import os\n"},
    ],
)
def test_what_python_does_not_run_by_itself_is_accepted(
    tmp_path: Path, index: LoopbackIndex, files: dict[str, str]
) -> None:
    index.add(wheel("kettle", "2.0", files=files))
    directory = project(tmp_path, index, deny_startup_code=True)

    locked(directory)

    assert lockenv("sync", cwd=directory).code == 0


def test_allowed_package_is_recorded_and_installed(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(HOOKED)
    directory = project(tmp_path, index, deny_startup_code=True, allow_startup_code=["Kettle"])

    locked(directory)
    sync = lockenv("sync", cwd=directory)

    assert (own(directory), lockenv_here("check", cwd=directory).code, sync.code) == (
        {"startup-code": ["kettle.pth"]},
        0,
        0,
    )
    assert "kettle 2.0: kettle.pth runs whenever Python starts" in sync.err


def test_release_that_gains_code_is_named_by_lock_and_diff(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, deny_startup_code=True, allow_startup_code=["kettle"])
    locked(directory)
    directory.joinpath("old.toml").write_bytes(directory.joinpath("pylock.toml").read_bytes())
    index.add(HOOKED)

    result = locked(directory, "--upgrade")

    line = "kettle 2.0 runs code whenever Python starts: kettle.pth"
    assert f"  ! {line}" in result.err.splitlines()
    assert f"  ! {line}" in lockenv_here("diff", "old.toml", "pylock.toml", cwd=directory).out
    reported = json.loads(lockenv_here("diff", "old.toml", "pylock.toml", "--json", cwd=directory).out)
    assert reported["changes"][0]["startup_code"] == ["kettle.pth"]


def test_check_refuses_what_is_not_allowed_any_more(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(HOOKED)
    directory = project(tmp_path, index, deny_startup_code=True, allow_startup_code=["kettle"])
    locked(directory)
    project(tmp_path, index, deny_startup_code=True)

    result = lockenv_here("check", "--json", cwd=directory)

    assert (result.code, [each["rule"] for each in json.loads(result.out)["findings"]]) == (1, ["startup-code"])


def test_second_lock_looks_into_no_wheel_and_has_the_same_bytes(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(HOOKED)
    directory = project(tmp_path, index, deny_startup_code=True, allow_startup_code=["kettle"])
    locked(directory)
    before = directory.joinpath("pylock.toml").read_bytes()
    index.requests.clear()

    locked(directory, "--refresh")

    assert directory.joinpath("pylock.toml").read_bytes() == before
    assert [path for path in index.paths if path.endswith(".whl")] == []


def test_lock_without_the_setting_looks_into_no_wheel(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(HOOKED)
    directory = project(tmp_path, index)

    locked(directory)

    assert (own(directory), [path for path in index.paths if path.endswith(".whl")]) == ({}, [])


def test_wheel_that_cannot_be_read_in_parts_is_left_to_sync(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(HOOKED)
    index.ranges = False
    directory = project(tmp_path, index, deny_startup_code=True)

    lock = locked(directory)
    sync = lockenv("sync", cwd=directory)

    assert "kettle: its wheel cannot be looked into in parts" in lock.err
    assert (sync.code, "kettle.pth would run whenever Python starts" in sync.err) == (1, True)


def test_sync_names_commands_however_they_are_installed(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("kettle", "3.0", data={"scripts/Git.EXE": "x", "data/bin/ls": "x", "data/share/bin/cat": "x"}))
    directory = project(tmp_path, index)
    locked(directory)

    result = lockenv("sync", cwd=directory)

    assert [line for line in result.err.splitlines() if line.startswith("note")] == [
        "note: kettle 3.0 installs the command `git`, which shadows that of the system",
        "note: kettle 3.0 installs the command `ls`, which shadows that of the system",
    ]


def test_sync_names_what_takes_the_name_of_something_else(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(
        wheel(
            "kettle",
            "3.0",
            requires=["pot"],
            files={"random.py": "", "shared.py": "", "kettle/__init__.py": ""},
            entry_points={"console_scripts": {"git": "kettle:main", "kettle": "kettle:main"}},
        )
    )
    index.add(wheel("pot", "1.0", files={"shared/__init__.py": ""}))
    directory = project(tmp_path, index)
    locked(directory)

    result = lockenv("sync", cwd=directory)

    assert [line for line in result.err.splitlines() if line.startswith("note")] == [
        "note: kettle 3.0 installs the command `git`, which shadows that of the system",
        "note: kettle 3.0 has the module `random`, as the standard library has",
        "note: pot 1.0 has the module `shared`, as kettle 3.0 has",
    ]


@pytest.mark.parametrize("key", ["startup-code", "license-classifiers"])
def test_edited_lock_without_a_list_is_judged(tmp_path: Path, index: LoopbackIndex, key: str) -> None:
    directory = project(tmp_path, index, deny_startup_code=True, licenses={"allow": ["MIT"]})
    locked(directory)
    lock = directory.joinpath("pylock.toml")
    directory.joinpath("old.toml").write_bytes(lock.read_bytes())
    heading = "[packages.tool.lockenv]\n"
    text = lock.read_text(encoding="utf-8").replace(heading, f"{heading}{key} = 5\n", 1)
    lock.write_text(text, encoding="utf-8")

    check = lockenv_here("check", cwd=directory)
    diff = lockenv_here("diff", "old.toml", "pylock.toml", cwd=directory)

    assert (check.code, "internal error" in check.err + diff.err) == (1, False)
