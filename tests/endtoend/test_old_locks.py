"""Lockfiles that earlier versions and other tools wrote are read, installed and verified by every later version."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.endtoend.test_bundle import installed
from tests.support.program import lockenv

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
LOCKS = sorted(path.name for path in (FIXTURES / "locks").iterdir() if path.is_dir())
NEEDED = ["kettle_demo-2.1.0", "saucer_demo-0.9.1", "teapot_demo-1.2.0", "thermos_demo-1.2.3"]
OWN = [name for name in LOCKS if name[0].isdecimal()]


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Provide a copy of the project with its lockfile."""
    return Path(shutil.copytree(FIXTURES / "locks" / request.param, tmp_path / "project"))


@pytest.mark.parametrize("project", LOCKS, indirect=True)
def test_lock_is_installed_and_verified(project: Path) -> None:
    before = (project / "pylock.toml").read_bytes()

    for command in (["sync", "--offline", "--find-links", str(FIXTURES / "files")], ["verify"], ["tree"], ["export"]):
        done = lockenv(*command, cwd=project)
        assert done.code == 0, done.err

    assert installed(project) == NEEDED
    assert (project / "pylock.toml").read_bytes() == before


@pytest.mark.parametrize("project", OWN, indirect=True)
def test_lock_of_lockenv_itself_is_up_to_date(project: Path) -> None:
    done = lockenv("check", cwd=project)

    assert done.code == 0, done.err
    assert done.err.startswith("pylock.toml is up to date, valid and sound")


def test_locks_of_several_tools_are_kept() -> None:
    assert {name.partition("-")[0] for name in LOCKS} >= {"0.1.0", "pip", "uv"}
