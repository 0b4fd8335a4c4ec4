"""Source distributions that must be built: locked, built where policy allows it, synced, verified."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.pylock import Pylock

from tests.support.locks import pins
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from tests.support.server import LoopbackIndex

ALLOW = {"allow-build": ["dynamic"]}
BROKEN = "def build_wheel(*_, **__):\n    raise SystemExit('there is no compiler here')\n"
HELPED = """\
import pathlib, shutil, helper

def get_requires_for_build_wheel(config_settings=None):
    return ["late"]

def build_wheel(directory, config_settings=None, metadata_directory=None):
    import late
    name = next(pathlib.Path("prebuilt").iterdir()).name
    shutil.copyfile(pathlib.Path("prebuilt") / name, pathlib.Path(directory) / name)
    return name
"""
SYSTEM = '[build-system]\nrequires = ["helper"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.fixture
def project(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a project that needs a release which must be built, and requires a library."""
    index.add(sdist("dynamic", "1.0", requires=["lib"], static=False))
    return write_project(tmp_path / "project", ["dynamic"], index=index.url, tool=ALLOW)


def test_release_that_must_be_built_is_locked_synced_verified_and_synced_offline(project: Path) -> None:
    lock = lockenv("lock", cwd=project)
    text = project.joinpath("pylock.toml").read_bytes()

    assert lock.code == 0, lock.err
    assert [line.strip() for line in lock.err.splitlines()][:3] == [
        "building the metadata of dynamic 1.0",
        "+ dynamic 1.0 (must be built)",
        "+ lib 1.1",
    ]
    assert "sdist" in text.decode()

    sync = lockenv("sync", cwd=project)
    ran = lockenv("run", "python", "-c", "import dynamic, lib; print(dynamic.__version__)", cwd=project)
    verified = lockenv("verify", "--json", cwd=project)

    assert sync.code == 0, sync.err
    assert "building dynamic 1.0" in sync.err
    assert (ran.code, ran.out) == (0, "1.0\n"), ran.err
    assert verified.code == 0, verified.err

    project.joinpath("pylock.toml").unlink()
    again = lockenv("lock", cwd=project)
    assert "building" not in again.err
    assert project.joinpath("pylock.toml").read_bytes() == text

    shutil.rmtree(project / ".venv")
    offline = lockenv("sync", "--offline", cwd=project)
    assert offline.code == 0, offline.err
    assert "building" not in offline.err
    assert json.loads(lockenv("verify", "--json", cwd=project).out) == json.loads(verified.out)


def test_environment_that_holds_the_build_is_in_sync(project: Path) -> None:
    assert lockenv("lock", cwd=project).code == 0
    assert lockenv("sync", cwd=project).code == 0

    assert lockenv("sync", "--check", cwd=project).code == 0
    (provenance,) = project.glob(".venv/lib/python*/site-packages/dynamic-1.0.dist-info/provenance_url.json")
    assert json.loads(provenance.read_text())["url"].endswith("/dynamic-1.0.tar.gz")


def test_nothing_is_built_that_policy_does_not_name(project: Path) -> None:
    assert lockenv("lock", cwd=project).code == 0
    write_project(project, ["dynamic"], index=index_of(project), tool={"allow-build": ["other"]})

    sync = lockenv("sync", cwd=project)

    assert sync.code == 1
    assert "hint: run `lockenv sync --allow-build dynamic` to allow it" in sync.err
    assert not (project / ".venv").exists()


def test_build_that_fails_shows_its_last_lines_and_where_its_log_is(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("dynamic", "1.0", static=False, files={"backend.py": BROKEN}))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool=ALLOW)

    lock = lockenv("lock", cwd=project)

    assert lock.code == 2, lock.err
    assert "building dynamic 1.0 failed" in lock.err
    assert "there is no compiler here" in lock.err
    log = Path(lock.err.partition("full log: ")[2].partition(";")[0])
    assert "there is no compiler here" in log.read_text()
    assert not project.joinpath("pylock.toml").exists()


def test_hint_of_metadata_that_cannot_be_built_here_names_a_setting_that_locks(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(sdist("dynamic", "1.0", static=False, files={"backend.py": BROKEN}), wheel("app", "1.0"))
    project = write_project(tmp_path / "project", ["app"], extras={"gpu": ["dynamic"]}, index=index.url, tool=ALLOW)
    failed = lockenv("lock", cwd=project)
    with project.joinpath("pyproject.toml").open("a") as file:
        file.write('\n[[tool.lockenv.dependency-metadata]]\nname = "dynamic"\nversion = "1.0"\nrequires-dist = []\n')

    lock, sync = lockenv("lock", cwd=project), lockenv("sync", cwd=project)

    assert failed.err.endswith(
        "; or state what dynamic 1.0 requires in [tool.lockenv] dependency-metadata to lock it\n"
    )
    assert (lock.code, pins(project), sync.code) == (0, ["app 1.0", "dynamic 1.0"], 0), lock.err + sync.err


def test_backend_and_what_it_asks_for_come_from_the_index(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("helper"), wheel("late"))
    index.add(sdist("dynamic", "1.0", static=False, files={"backend.py": HELPED, "pyproject.toml": SYSTEM}))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool=ALLOW)

    lock, sync = lockenv("lock", cwd=project), lockenv("sync", cwd=project)

    assert lock.code == 0, lock.err
    assert sync.code == 0, sync.err
    assert "helper" not in project.joinpath("pylock.toml").read_text()


def test_missing_build_requirement_is_named(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("dynamic", "1.0", static=False, files={"backend.py": HELPED, "pyproject.toml": SYSTEM}))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool=ALLOW)

    lock = lockenv("lock", cwd=project)

    assert lock.code == 2, lock.err
    assert "cannot resolve the build requirements of dynamic 1.0" in lock.err
    assert "helper" in lock.err


def test_build_knows_no_secret_and_sees_a_fixed_clock(tmp_path: Path, index: LoopbackIndex) -> None:
    ask = "import os\nraise SystemExit(f\"{os.environ.get('SECRET')} {os.environ['SOURCE_DATE_EPOCH']}\")\n"
    index.add(sdist("dynamic", "1.0", static=False, files={"backend.py": ask}))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool=ALLOW)

    lock = lockenv("lock", cwd=project, env={"SECRET": "hush"})

    assert "None 315532800" in lock.err


def test_wheel_is_verified_only_as_it_was_built(project: Path) -> None:
    assert lockenv("lock", cwd=project).code == 0
    assert lockenv("sync", cwd=project).code == 0
    (module,) = project.glob(".venv/lib/python*/site-packages/dynamic/__init__.py")
    module.write_bytes(module.read_bytes() + b"#")

    assert lockenv("verify", cwd=project).code == 1

    shutil.rmtree(project.with_name("project.cache"))
    unknown = lockenv("verify", cwd=project)
    assert (unknown.code, "is not in the cache" in unknown.err) == (2, True)


def index_of(project: Path) -> str:
    url: str = tomllib.loads(project.joinpath("pyproject.toml").read_text())["tool"]["lockenv"]["index"][0]["url"]
    return url


@pytest.fixture
def helped(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a locked project whose one dependency is built with two tools from the index."""
    index.add_all(wheel("helper"), wheel("late"))
    index.add(sdist("dynamic", "1.0", static=False, files={"backend.py": HELPED, "pyproject.toml": SYSTEM}))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool=ALLOW)
    lock = lockenv("lock", cwd=project)
    assert lock.code == 0, lock.err
    return project


def test_build_goes_on_with_what_was_locked_when_a_newer_tool_is_broken(helped: Path, index: LoopbackIndex) -> None:
    index.add(wheel("helper", "2.0", files={"helper/__init__.py": "raise SystemExit('helper 2.0 is broken')\n"}))
    shutil.rmtree(helped.with_name("project.cache"))

    sync = lockenv("sync", cwd=helped)

    assert sync.code == 0, sync.err

    assert lockenv("lock", "-U", cwd=helped).code == 2, "what is locked anew is built with the broken release"


def test_tools_are_a_standard_lock_that_stays_as_it_is(helped: Path) -> None:
    path = helped / "pylock.build.toml"
    text = path.read_bytes()
    table = tomllib.loads(text.decode())
    Pylock.from_dict(table)

    assert [package["name"] for package in table["packages"]] == ["helper", "late"]
    assert table["dependency-groups"] == ["dynamic-1-0"]

    helped.joinpath("pylock.toml").unlink()
    assert lockenv("lock", cwd=helped).code == 0
    assert path.read_bytes() == text


def test_nothing_is_built_with_tools_that_are_not_locked(helped: Path) -> None:
    (helped / "pylock.build.toml").unlink()

    sync = lockenv("sync", cwd=helped)

    assert sync.code == 2
    assert "pylock.build.toml does not exist, so the build requirements of dynamic 1.0 are not locked" in sync.err
    assert "lockenv lock" in sync.err
    assert lockenv("lock", cwd=helped).code == 0
    assert lockenv("sync", cwd=helped).code == 0


def test_tools_that_no_longer_suffice_are_named(helped: Path) -> None:
    path = helped / "pylock.build.toml"
    path.write_text(
        path.read_text().replace("'dynamic-1-0' in dependency_groups", "'dynamic-1-0' not in dependency_groups")
    )

    sync = lockenv("sync", cwd=helped)

    assert sync.code == 2
    assert "pylock.build.toml has no package for `helper`, which the build of dynamic 1.0 requires" in sync.err


def test_tools_that_do_not_go_together_are_locked_apart(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("helper", "1.0"), wheel("helper", "2.0"), wheel("late"))
    for name, version in (("one", "1.0"), ("two", "2.0")):
        system = SYSTEM.replace('"helper"', f'"helper=={version}"')
        index.add(sdist(name, static=False, files={"backend.py": HELPED, "pyproject.toml": system}))
    project = write_project(tmp_path / "project", ["one", "two"], index=index.url, tool={"allow-build": True})

    lock, sync = lockenv("lock", cwd=project), lockenv("sync", cwd=project)

    assert lock.code == 0, lock.err
    assert sync.code == 0, sync.err


def test_lock_of_tools_goes_when_nothing_is_built(helped: Path) -> None:
    write_project(helped, ["lib"], index=index_of(helped), tool=ALLOW)

    assert lockenv("lock", cwd=helped).code == 0
    assert not (helped / "pylock.build.toml").exists()


def test_check_looks_at_what_builds_need_as_well(helped: Path) -> None:
    path = helped / "pylock.build.toml"
    text = path.read_text()

    assert lockenv("check", cwd=helped).code == 0

    path.write_text(text.replace("late", "lite"))
    changed = lockenv("check", cwd=helped)
    path.write_text(text.replace("dynamic-1-0", "dynamic-2-0"))
    other = lockenv("check", cwd=helped)
    path.unlink()
    missing = lockenv("check", cwd=helped)

    assert [result.code for result in (changed, other, missing)] == [1, 1, 1]
    assert "pylock.build.toml was changed since lockenv wrote it" in changed.err
    assert "pylock.build.toml does not lock the build requirements of dynamic 1.0" in other.err
    assert "pylock.build.toml does not exist, but it must lock the build requirements of dynamic 1.0" in missing.err
