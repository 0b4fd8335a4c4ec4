"""What a clone brings is not run, and points to nothing outside of it, before the user runs its code."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.repository import git, repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a locked project without requirements."""
    project = write_project(tmp_path / "clone", [])
    (project / "pylock.toml").write_text('lock-version = "1.0"\ncreated-by = "x"\npackages = []\n', encoding="utf-8")
    return project


def plant(path: Path, trace: Path) -> None:
    """Make `path` a program that leaves a trace when it is run."""
    path.write_text(f"#!/bin/sh\n{shutil.which('touch')} {trace}\nexit 1\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize("is_inside", [True, False])
def test_interpreter_that_the_environment_of_a_clone_names_is_not_run(
    clone: Path, tmp_path: Path, is_inside: bool
) -> None:
    program = (clone if is_inside else tmp_path) / "python3"
    plant(program, tmp_path / "ran")
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    site = clone / f".venv/lib/python{minor}/site-packages"
    site.mkdir(parents=True)
    (clone / ".venv/bin").mkdir()
    (clone / ".venv/bin/python").symlink_to("../../python3" if is_inside else program)
    (clone / ".venv/pyvenv.cfg").write_text(
        f"home = {program.parent}\nversion = {minor}.0\nimplementation = CPython\nexecutable = {program}\n"
    )
    commands = ["verify", "sync --frozen", "sync --check --frozen", "sync --dry-run --frozen"]
    quiet = ["check", "lock", "tree", "export", "diff pylock.toml pylock.toml", "python list", "cache dir", "audit"]

    refused = [lockenv_here(*command.split(), cwd=clone) for command in commands]
    others = [lockenv_here(*command.split(), cwd=clone, env={"VIRTUAL_ENV": str(clone / ".venv")}) for command in quiet]

    assert [(one.code, one.err.partition(":")[0]) for one in refused] == [(2, "refused[environment-interpreter]")] * 4
    assert all(f"lockenv sync --python {program}" in one.err for one in refused)
    assert not (tmp_path / "ran").exists(), [one.err for one in others]


def test_link_to_no_environment_cannot_be_confirmed(clone: Path) -> None:
    (clone / ".venv").symlink_to("nowhere")

    refused = lockenv_here("sync", "--frozen", cwd=clone)

    assert (refused.code, refused.err.splitlines()[-1]) == (2, "  hint: remove the link")


def test_environment_that_a_link_of_a_clone_points_to_stays_as_it_is(clone: Path, tmp_path: Path) -> None:
    mine = write_project(tmp_path / "mine", [])
    for command in ("lock", "sync"):
        assert lockenv_here(command, cwd=mine).code == 0
    (clone / ".venv").symlink_to(mine / ".venv")
    before = sorted(os.walk(mine / ".venv"))

    refused = lockenv_here("sync", "--frozen", cwd=clone)
    after = sorted(os.walk(mine / ".venv"))
    named = lockenv_here("sync", "--frozen", "--allow-empty", "--venv", ".venv", cwd=clone)
    again = lockenv_here("sync", "--frozen", "--allow-empty", cwd=clone)

    assert (refused.code, refused.err.partition(":")[0]) == (2, "refused[environment-link]")
    assert "`lockenv sync --venv .venv`" in refused.err
    assert [(one.code, one.err.splitlines()[-1]) for one in (named, again)] == [
        (0, ".venv is up to date (0 distributions)"),
        (0, ".venv is up to date (0 distributions)"),
    ]
    assert after == before


@pytest.mark.parametrize("entry", [".", "", "{clone}"])
def test_programs_of_a_clone_are_not_run_where_path_names_it(clone: Path, tmp_path: Path, entry: str) -> None:
    repository(clone)
    for name in ("git", "cc", "python3", "python", f"python3.{sys.version_info.minor}", "uname", "lockenv", "ssh"):
        plant(clone / name, tmp_path / "ran")
    path = f"{entry.format(clone=clone)}{os.pathsep}{os.environ['PATH']}"
    declared = (clone / "pyproject.toml").read_text(encoding="utf-8")
    sources = f'{declared}[tool.lockenv.sources]\ndep = {{ git = "{tmp_path}/none" }}\n'
    (clone / "pyproject.toml").write_text(sources.replace("dependencies = []", 'dependencies = ["dep"]'), "utf-8")

    for command in ("lock", "sync --frozen", "diff", "python list", "merge-driver --install"):
        lockenv(*command.split(), cwd=clone, env={"PATH": path})

    assert not (tmp_path / "ran").exists()
    assert git(clone, "config", "merge.lockenv.name")


@pytest.mark.parametrize(
    "name", ["pylock.toml", "pyproject.toml", "requirements.in", "lockenv.toml", ".python-version"]
)
@pytest.mark.parametrize("kind", ["secret", "pipe", "/dev/zero"])
def test_file_of_a_project_that_is_no_file_of_it_is_not_read(clone: Path, tmp_path: Path, name: str, kind: str) -> None:
    if name == "requirements.in":
        (clone / "pyproject.toml").unlink()
    (tmp_path / "secret").write_text("very-secret", encoding="utf-8")
    (clone / name).unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(clone / name)
    else:
        (clone / name).symlink_to(tmp_path / kind if kind == "secret" else kind)
    commands = ["python list", "sync"] if name == ".python-version" else ["lock", "check", "sync"]

    results = [lockenv_here(*command.split(), cwd=clone) for command in commands]

    refused = results[1:] if name == ".python-version" else results
    assert [(one.code, f"\n{one.err}".count("\nrefused[project-file]: ")) for one in refused] == [(2, 1)] * len(refused)
    assert not [one for one in results if "very-secret" in one.out + one.err]


def test_interpreter_that_the_user_names_once_serves_from_then_on(clone: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine/python3"
    own.parent.mkdir()
    own.write_text(f'#!/bin/sh\nexec {os.path.realpath(sys.executable)} "$@"\n', encoding="utf-8")
    own.chmod(0o755)
    assert lockenv_here("sync", "--frozen", cwd=clone).code == 0
    configuration = clone / ".venv/pyvenv.cfg"
    lines = configuration.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("home", "executable"))]
    configuration.write_text("\n".join([f"home = {own.parent}", f"executable = {own}", *kept]), encoding="utf-8")
    commands = ["sync --frozen --reinstall", f"sync --frozen --python {own}", "sync --frozen --inexact", "verify"]

    results = [lockenv_here(*command.split(), cwd=clone) for command in commands]

    assert f"`lockenv sync --python {own}`" in results[0].err
    assert [one.code for one in results[:3]] == [2, 0, 0], [one.err for one in results]
    assert "refused[" not in results[3].err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="files cannot be given to another user")
@pytest.mark.parametrize("is_member", [True, False])
def test_project_of_another_user_in_a_shared_directory_above_is_refused(tmp_path: Path, is_member: bool) -> None:
    shared = write_project(tmp_path / "shared", name="planted", tool={"workspace": {"members": ["*/*"]}})
    os.chown(shared / "pyproject.toml", 65534, 65534)
    here = shared / "me" / "here"
    here.mkdir(parents=True)
    if is_member:
        write_project(here, name="here")

    refused = lockenv_here("lock", cwd=here)
    named = lockenv_here("lock", "--project", str(here if is_member else shared), cwd=here)
    os.chown(shared, 65534, 65534)
    of_their_directory = lockenv_here("lock", cwd=here)

    assert (refused.code, refused.err.splitlines()[0]) == (
        2,
        f"refused[project-file]: {shared}/pyproject.toml belongs to another user (uid 65534), and is above {here}",
    )
    assert named.code == 0, named.err
    assert (of_their_directory.code, "pylock.toml" in of_their_directory.err) == (0, True), of_their_directory.err
