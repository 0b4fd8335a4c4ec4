"""Other tools take our locks as they are."""

from __future__ import annotations

import os
import subprocess
import venv
from typing import TYPE_CHECKING

import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from tests.endtoend.test_sync import installed
from tests.support.locks import read_lock
from tests.support.program import PYTHON, environment

if TYPE_CHECKING:
    from pathlib import Path


def test_packaging_selects_what_sync_installs(synced: Path) -> None:
    lock = read_lock(synced)

    chosen = lock.select(environment=default_environment(), tags=list(sys_tags()))

    assert sorted(f"{package.name} {package.version}" for package, _ in chosen) == installed(synced)


@pytest.fixture(scope="session")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a directory that holds a pip which reads locks; skip when the registry is out of reach."""
    directory = tmp_path_factory.mktemp("pip")
    done = subprocess.run(
        [
            PYTHON,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--retries=0",
            "--no-compile",
            f"--target={directory}",
            "pip>=26.1",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no pip that reads locks: {done.stderr.strip().splitlines()[-1]}")
    return directory


@pytest.mark.registry
def test_pip_installs_the_files_that_sync_installs(pip: Path, synced: Path, tmp_path: Path) -> None:
    target = tmp_path / "by-pip"
    venv.create(target, with_pip=False)
    variables = {**environment(synced), "PYTHONPATH": str(pip), "PIP_CONFIG_FILE": os.devnull}

    done = subprocess.run(
        [PYTHON, "-m", "pip", "--python", target, "install", "--no-deps", "--no-cache-dir", "-r", "pylock.toml"],
        cwd=synced,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert contents(target) == contents(synced / ".venv")


def contents(prefix: Path) -> dict[str, bytes]:
    """Return the bytes of what packages brought: what an installer writes of its own accord is left out."""
    site = next(prefix.glob("lib/python*/site-packages"))
    own = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "provenance_url.json"}
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in sorted(site.rglob("*"))
        if path.is_file() and path.name not in own and "__pycache__" not in path.parts
    }
