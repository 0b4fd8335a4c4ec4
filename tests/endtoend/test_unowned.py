"""`lockenv sync` reports what belongs to no distribution, and removes it on request."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv_here
from tests.support.trees import snapshot

if TYPE_CHECKING:
    from pathlib import Path


def site_of(project: Path) -> Path:
    return next(project.glob(".venv/lib/*/site-packages"))


def litter(project: Path) -> None:
    (site_of(project) / "mine.pth").write_text("")
    (site_of(project) / "mine").mkdir()
    (site_of(project) / "mine/\x1b[2K\nevil.py").write_text("")


def test_what_belongs_to_nothing_is_reported_and_stays(synced: Path) -> None:
    litter(synced)
    before = snapshot(synced / ".venv")

    done = lockenv_here("sync", "--no-default-groups", cwd=synced)

    assert done.code == 0, done.err
    site = site_of(synced).relative_to(synced / ".venv")
    named = f"{site}/mine.pth, {site}/mine/"
    assert (
        f"note: .venv contains files that belong to no installed package: {named}; use --prune-unowned to remove them\n"
        in done.err
    )
    after = snapshot(synced / ".venv")
    assert {path for path in before if path not in after and "tester" not in path} == set()


def test_what_belongs_to_nothing_is_removed_on_request_and_all_else_stays(synced: Path) -> None:
    before = snapshot(synced / ".venv")
    litter(synced)

    done = lockenv_here("sync", "--prune-unowned", cwd=synced)

    assert done.code == 0, done.err
    assert [line.rpartition("/site-packages/")[2] for line in done.err.splitlines() if line.startswith("  - ")] == [
        "mine.pth",
        "mine/",
    ]
    assert {**snapshot(synced / ".venv"), ".lockenv/state": before[".lockenv/state"]} == before
    assert lockenv_here("verify", cwd=synced).code == 0


def test_removing_is_asked_for_each_time_though_the_sync_was_done(synced: Path) -> None:
    assert lockenv_here("sync", "--prune-unowned", cwd=synced).code == 0
    litter(synced)

    done = lockenv_here("sync", "--prune-unowned", cwd=synced)

    assert (done.code, (site_of(synced) / "mine").exists()) == (0, False)


def test_check_and_dry_run_report_what_would_be_removed_and_remove_nothing(synced: Path) -> None:
    litter(synced)
    before = snapshot(synced / ".venv")

    dry = lockenv_here("sync", "--prune-unowned", "--dry-run", cwd=synced)
    checked = lockenv_here("sync", "--prune-unowned", "--check", cwd=synced)
    plain = lockenv_here("sync", "--check", cwd=synced)

    assert (dry.code, checked.code, plain.code) == (0, 1, 0)
    assert "site-packages/mine.pth" in dry.err
    assert snapshot(synced / ".venv") == before


MADE = ("CACHEDIR.TAG", ".lock", ".gitignore", "bin/activate_this.py", "bin/activate.xsh", "bin/pydoc.bat")
"""What uv and virtualenv write as they make an environment, beside what Python itself writes."""
OTHERS = ("share/jupyter/kernels/mine/kernel.json", "etc/mine.conf", ".idea/workspace.xml")


@pytest.mark.skipif(sys.platform == "win32", reason="the directories have other names there")
def test_environment_that_another_tool_made_is_synced_and_keeps_what_that_wrote(locked: Path) -> None:
    """Packages that are not locked go, pip too, with all that they include; files beside them stay."""
    environment = locked / ".venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    for name in (*MADE, *OTHERS):
        (environment / name).parent.mkdir(parents=True, exist_ok=True)
        (environment / name).write_text("theirs")

    done = lockenv_here("sync", "--prune-unowned", cwd=locked)

    assert done.code == 0, done.err
    assert "- pip " in done.err
    assert [
        name for name in os.listdir(site_of(locked)) if name.startswith(("pip", "setuptools", "pkg_resources"))
    ] == []
    assert [(environment / name).read_text() for name in (*MADE, *OTHERS)] == ["theirs"] * len(MADE + OTHERS)
    assert "files that belong to no installed package" not in done.err
    for name in OTHERS:
        (environment / name).unlink()
    for directory in ("share", "etc", ".idea"):
        shutil.rmtree(environment / directory)
    assert lockenv_here("verify", cwd=locked).code == 0
