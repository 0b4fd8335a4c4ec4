"""The lock records which Python the setting `python` found, and `sync`, `check` and `verify` compare with it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.test_module_budget import loaded
from tests.support.interpreters import INTERPRETERS, RUNNING
from tests.support.program import environment, lockenv
from tests.support.projects import write_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import Result
    from tests.support.server import LoopbackIndex

VERSION = platform.python_version()
pytestmark = pytest.mark.skipif(
    sys.implementation.name != "cpython" or not VERSION.replace(".", "").isdigit(),
    reason="the interpreter that runs the tests is no release of CPython",
)
_SAYING = """\
#!/bin/sh
{python} "$@" | {sed} -e 's|"version": "[0-9.]*"|"version": "{version}"|' \\
  -e 's|_version": "[0-9]*[.][0-9]*[.][0-9]*"|_version": "{version}"|g' \\
  -e 's|"build": "[^"]*"|"build": "{build}"|' -e 's|"executable": "[^"]*"|"executable": "{own}"|'
"""
"""The interpreter that runs the tests, but for what it says it is."""


class Pythons:
    """A directory on PATH with Pythons that say what the test wants."""

    def __init__(self, directory: Path, project: Path) -> None:
        self._directory = directory
        directory.mkdir()
        self.env = {"PATH": f"{directory}{os.pathsep}{environment(project)['PATH']}"}

    def put(self, version: str, build: str = "(main) [Test 1]", name: str = f"python{RUNNING}") -> None:
        path = self._directory / name
        real = os.path.realpath(INTERPRETERS[RUNNING])
        text = _SAYING.format(python=real, sed=shutil.which("sed"), version=version, build=build, own=path)
        path.write_text(text)
        path.chmod(0o755)

    def remove(self, name: str = f"python{RUNNING}") -> None:
        (self._directory / name).unlink()


@pytest.fixture
def pythons(tmp_path: Path, project: Path) -> Pythons:
    """Provide a directory of Pythons that are found before those of this machine, but for the one that runs lockenv."""
    return Pythons(tmp_path / "pythons", project)


def _declare(project: Path, index: LoopbackIndex, python: str, **tool: Any) -> None:
    write_project(project, ["app>=1"], index=index.url, tool={"python": python, **tool} if python else tool)


def _record(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((project / "pylock.toml").read_text())["tool"]["lockenv"].get("python", {})
    return found


def _lock(project: Path, *args: str, env: dict[str, str] | None = None) -> Result:
    done = lockenv("lock", *args, cwd=project, env=env)
    assert done.code == 0, done.err
    return done


def test_lock_without_the_setting_has_no_python(locked: Path) -> None:
    assert "python" not in (locked / "pylock.toml").read_text().replace("python_", "").replace("requires-python", "")


@pytest.mark.parametrize("request_", [f"{RUNNING}.*", VERSION, f"cpython>={RUNNING}"])
def test_lock_records_the_python_that_is_found(project: Path, index: LoopbackIndex, request_: str) -> None:
    _declare(project, index, request_)

    _lock(project)
    first = (project / "pylock.toml").read_bytes()
    again = _lock(project)

    assert _record(project) == {
        "implementation": "cpython",
        "version": VERSION,
        "platform": f"{sys.platform}-{platform.machine()}".lower(),
        "build": " ".join(sys.version.split()[1:]),
    }
    assert (project / "pylock.toml").read_bytes() == first
    assert "up to date" in again.err
    assert lockenv("check", cwd=project).code == 0
    assert lockenv("sync", cwd=project).code == 0
    assert lockenv("verify", cwd=project).code == 0


def test_value_that_is_no_version_is_refused_with_its_line(project: Path, index: LoopbackIndex) -> None:
    for written in ("./bin/python", "mypython", "", "pypy", ">=x"):
        (project / "pyproject.toml").unlink()
        write_project(project, ["app>=1"], index=index.url, tool={"python": written})
        done = lockenv("lock", cwd=project)
        assert (done.code, "which is not a version of Python" in done.err) == (2, True), done.err


@pytest.mark.parametrize(("asked", "shown"), [("3.99.*", "3.99"), ("==3.99.*", "'==3.99.*'")])
def test_python_that_this_machine_lacks_is_refused_with_the_command_that_helps(
    project: Path, index: LoopbackIndex, asked: str, shown: str
) -> None:
    _declare(project, index, asked)

    done = lockenv("lock", cwd=project)

    assert done.code == 2
    assert f"the setting `python` requests Python {asked} and " in done.err
    assert f"hint: run `lockenv python install {shown}`" in done.err


def test_other_implementation_is_not_one_to_install(project: Path, index: LoopbackIndex) -> None:
    _declare(project, index, "pypy==3.99.*")

    done = lockenv("lock", cwd=project)

    assert (done.code, "install pypy==3.99.* with your system's tools" in done.err) == (2, True), done.err


def test_record_stays_until_an_upgrade_finds_a_newer_one(project: Path, index: LoopbackIndex, pythons: Pythons) -> None:
    newer = f"{RUNNING}.98"
    _declare(project, index, f">={RUNNING}.90,<{RUNNING}.99")
    pythons.put(f"{RUNNING}.97")
    _lock(project, env=pythons.env)
    pythons.put(newer)
    _declare(project, index, f">={RUNNING}.90,<{RUNNING}.99", constraints=["lib<9"])
    _lock(project, env=pythons.env)
    kept = _record(project)["version"]

    _lock(project, "--upgrade", env=pythons.env)
    moved = _record(project)["version"]
    pythons.put(f"{RUNNING}.96")
    _lock(project, "--upgrade", env=pythons.env)

    assert (kept, moved, _record(project)["version"]) == (f"{RUNNING}.97", newer, newer)


def test_check_says_where_project_and_record_disagree(project: Path, index: LoopbackIndex) -> None:
    _declare(project, index, f"{RUNNING}.*")
    _lock(project)
    _declare(project, index, VERSION)
    narrowed = lockenv("check", cwd=project)
    _declare(project, index, "3.99.*")
    other = lockenv("check", cwd=project)
    refused = lockenv("sync", cwd=project)
    _declare(project, index, "")
    gone = lockenv("check", cwd=project)

    assert (narrowed.code, other.code, refused.code, gone.code) == (0, 1, 1, 1)
    assert f"python changed from {RUNNING}.* to 3.99.*, and the lockfile records CPython {VERSION}" in other.err
    assert f"python changed from {RUNNING}.* to none" in gone.err, gone.err


def test_sync_takes_the_recorded_python_and_no_other(project: Path, index: LoopbackIndex, pythons: Pythons) -> None:
    recorded = f"{RUNNING}.97"
    _declare(project, index, f"=={recorded}")
    pythons.put(recorded)
    _lock(project, env=pythons.env)
    _declare(project, index, f"{RUNNING}.*")

    done = lockenv("sync", cwd=project, env=pythons.env)
    again = lockenv("sync", cwd=project, env=pythons.env)
    contradicted = lockenv("sync", "--python", VERSION, cwd=project, env=pythons.env)
    (project / ".python-version").write_text("3.99\n")
    pinned = lockenv("sync", cwd=project, env=pythons.env)
    verified = lockenv("verify", cwd=project, env=pythons.env)

    assert (done.code, again.code, verified.code) == (0, 0, 0), done.err + verified.err
    assert f"created .venv with CPython {recorded}\n" in done.err
    assert again.err == ".venv is up to date\n"
    assert (contradicted.code, pinned.code) == (2, 2), pinned.err
    assert f"--python requests {VERSION}, which is CPython {VERSION}, but pylock.toml records CPython {recorded}\n" in (
        contradicted.err
    )


def test_pin_that_contradicts_the_record_is_refused(project: Path, index: LoopbackIndex) -> None:
    _declare(project, index, VERSION)
    _lock(project)
    (project / ".python-version").write_text("3.99\n")

    done = lockenv("sync", cwd=project)

    assert done.code == 2
    assert f".python-version requests 3.99, but pylock.toml records CPython {VERSION}\n" in done.err


def test_sync_with_nothing_to_do_stays_quick(project: Path, index: LoopbackIndex) -> None:
    _declare(project, index, VERSION)
    _lock(project)
    for _ in range(2):
        lockenv("sync", cwd=project)

    assert loaded(project, "sync").isdisjoint({"re", "typing", "json", "subprocess", "tomllib"})


def test_python_that_changed_below_an_environment_is_noticed(
    project: Path, index: LoopbackIndex, pythons: Pythons
) -> None:
    was, now = f"{RUNNING}.97", f"{RUNNING}.98"
    _declare(project, index, f"=={was}")
    pythons.put(was)
    _lock(project, env=pythons.env)
    lockenv("sync", cwd=project, env=pythons.env)
    pythons.put(now)

    verified = lockenv("verify", cwd=project, env=pythons.env)
    as_json = json.loads(lockenv("verify", "--json", cwd=project, env=pythons.env).out)
    synced = lockenv("sync", cwd=project, env=pythons.env)
    run = lockenv("run", "--locked", "python", "-c", "", cwd=project, env=pythons.env)
    pythons.put(was, name="python3")
    healed = lockenv("sync", cwd=project, env=pythons.env)

    assert (verified.code, synced.code, run.code, healed.code) == (1, 2, 2, 0), healed.err
    said = f"it is CPython {now}, but the lockfile records CPython {was}"
    assert f"python    bin/python: {said}\n" in verified.err
    assert "hint: run `lockenv sync`\n" in verified.err
    assert [(one["problem"], one["detail"]) for one in as_json["findings"]] == [("python", said)]
    assert f"pylock.toml records CPython {was}, but no matching interpreter was found" in synced.err
    assert f"hint: run `lockenv python install {was}`\n" in synced.err
    assert f".venv is rebuilt: it has CPython {now}, but the lockfile records CPython {was}\n" in healed.err
    assert lockenv("verify", cwd=project, env=pythons.env).code == 0


def test_other_build_of_the_same_version_is_a_note(project: Path, index: LoopbackIndex, pythons: Pythons) -> None:
    _declare(project, index, f"=={RUNNING}.97")
    pythons.put(f"{RUNNING}.97", build="(one) [GCC 1]")
    _lock(project, env=pythons.env)
    lockenv("sync", cwd=project, env=pythons.env)
    pythons.put(f"{RUNNING}.97", build="(two) [GCC 2]")

    done = lockenv("verify", cwd=project, env=pythons.env)
    as_json = json.loads(lockenv("verify", "--json", cwd=project, env=pythons.env).out)

    note = "the Python is another build than the lockfile records: (two) [GCC 2], recorded (one) [GCC 1]"
    assert (done.code, as_json["ok"], as_json["note"]) == (0, True, note)
    assert f"note: {note}\n" in done.err


def test_lock_that_lost_the_record_is_stale(project: Path, index: LoopbackIndex) -> None:
    _declare(project, index, VERSION)
    _lock(project)
    lock = project / "pylock.toml"
    before, _, after = lock.read_text().partition("\n[tool.lockenv.python]\n")
    lock.write_text(before + after[after.find("\n[") :] if "\n[" in after else before)

    done = lockenv("check", cwd=project)

    assert (done.code, "the lockfile does not record which Python to use" in done.err) == (1, True), done.err
    _lock(project)
    assert _record(project)["version"] == VERSION


def test_branches_that_record_one_python_merge_without_an_index(
    project: Path, index: LoopbackIndex, tmp_path: Path
) -> None:
    _declare(project, index, VERSION)
    _lock(project)
    (base, ours, theirs) = (tmp_path / name for name in ("base.toml", "ours.toml", "theirs.toml"))
    shutil.copy(project / "pylock.toml", base)
    for path, requires in ((ours, ["app>=1", "ribbon"]), (theirs, ["app>=1", "tester"])):
        shutil.copy(base, project / "pylock.toml")
        write_project(project, requires, index=index.url, tool={"python": VERSION})
        _lock(project)
        shutil.copy(project / "pylock.toml", path)

    merged = lockenv("merge-driver", str(base), str(ours), str(theirs), "pylock.toml", "--offline", cwd=project)

    assert merged.code == 0, merged.err
    assert tomllib.loads(ours.read_text())["tool"]["lockenv"]["python"]["version"] == VERSION


def test_diff_shows_another_python(project: Path, index: LoopbackIndex, pythons: Pythons) -> None:
    _declare(project, index, f">={RUNNING}.90,<{RUNNING}.99")
    pythons.put(f"{RUNNING}.97")
    _lock(project, env=pythons.env)
    shutil.copy(project / "pylock.toml", project / "pylock.old.toml")
    pythons.put(f"{RUNNING}.98")
    _lock(project, "--upgrade", env=pythons.env)

    done = lockenv("diff", "pylock.old.toml", "pylock.toml", cwd=project)

    assert f"python: + CPython {RUNNING}.98, - CPython {RUNNING}.97" in done.out, done.out


def test_record_that_is_not_what_lockenv_writes_is_refused(project: Path, index: LoopbackIndex) -> None:
    _declare(project, index, VERSION)
    _lock(project)
    lock = project / "pylock.toml"
    text = lock.read_text()
    assert f'version = "{VERSION}"' in text
    lock.write_text(text.replace(f'version = "{VERSION}"', 'version = "../../evil"'))

    done = lockenv("sync", cwd=project)

    assert (done.code, (project / ".venv").exists()) == (1, False), done.err
