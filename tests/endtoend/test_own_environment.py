"""lockenv in the environment that it syncs, where pip puts it once that is active."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lockenv as program
from tests.support.program import environment

if TYPE_CHECKING:
    from subprocess import CompletedProcess

ROOT = Path(program.__file__).parent.parent


@pytest.fixture
def home(locked: Path) -> Path:
    """Provide a locked project whose environment another tool made, with lockenv and one of what it requires in it."""
    venv.create(locked / ".venv", with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(locked / ".venv")}))
    for name, version in (("pylockenv", program.__version__), ("resolvelib", "1.2.1")):
        about = site / f"{name}-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (about / "RECORD").write_text(f"{about.name}/METADATA,,\n{about.name}/RECORD,,\n")
    (site / "elsewhere.pth").write_text("".join(f"{path}\n" for path in (str(ROOT), *sys.path) if os.path.isdir(path)))
    return locked


def own(project: Path, *words: str) -> CompletedProcess[str]:
    """Run the lockenv of the project's own environment."""
    python = project / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return subprocess.run(
        [python, "-m", "lockenv", *words],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
    )


def names(project: Path) -> set[str]:
    return {path.name.partition("-")[0] for path in project.glob(".venv/lib/python*/site-packages/*.dist-info")}


def test_sync_that_would_remove_lockenv_from_where_it_runs_is_refused(home: Path) -> None:
    looked = own(home, "sync", "--dry-run")
    result = own(home, "sync")

    assert (looked.returncode, "- pylockenv" in looked.stderr) == (0, True), looked.stderr
    assert (result.returncode, result.stdout, result.stderr) == (
        2,
        "",
        "error: lockenv itself runs in .venv, and this sync would remove or replace what it needs: pylockenv, "
        "resolvelib\n"
        "  hint: install lockenv in an environment of its own, for example with pipx; or choose another with --venv\n",
    )
    assert names(home) == {"pylockenv", "resolvelib"}


def test_lockenv_syncs_the_environment_it_runs_in_where_it_stays(home: Path) -> None:
    kept = own(home, "sync", "--inexact")
    other = own(home, "sync", "--venv", "other")

    assert (kept.returncode, other.returncode) == (0, 0), kept.stderr + other.stderr
    assert names(home) == {"app", "lib", "pylockenv", "resolvelib", "tester"}
