"""git runs nothing that a repository names, and finds no repository by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.files.git_program import run_git
from tests.support.repository import ENVIRONMENT, commit, git, repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a directory that has the shape of a bare repository, whose configuration names a program."""
    directory = repository(tmp_path / "bare")
    for name in ("objects", "refs"):
        (directory / name).mkdir()
    (directory / "HEAD").write_text("ref: refs/heads/main\n")
    (directory / "config").write_text(
        f"[core]\n\tbare = true\n\tsshCommand = touch {tmp_path}/ran; false\n\tfsmonitor = touch {tmp_path}/ran\n"
        '[url "ssh://evil.invalid/"]\n\tinsteadOf = https://git.invalid/\n'
    )
    monkeypatch.chdir(directory)
    return directory


@pytest.mark.usefixtures("bare")
def test_directory_in_the_shape_of_a_repository_is_none(tmp_path: Path) -> None:
    run_git(["ls-remote", "--", "https://git.invalid/x.git"], {**ENVIRONMENT, "GIT_ALLOW_PROTOCOL": "ssh"})

    assert run_git(["rev-parse", "--git-dir"], ENVIRONMENT).returncode == 128
    assert not (tmp_path / "ran").exists()


def test_program_of_a_hook_or_a_monitor_is_not_run(tmp_path: Path) -> None:
    directory = repository(tmp_path / "work")
    (directory / "file").write_text("one")
    commit(directory, "One")
    hook = directory / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    git(directory, "config", "core.fsmonitor", f"touch {tmp_path}/ran; false")
    inside = ("--git-dir", str(directory / ".git"), "--work-tree", str(directory))

    done = run_git([*inside, "checkout", "--force", "--detach", "HEAD"], ENVIRONMENT)

    assert (done.returncode, (tmp_path / "ran").exists()) == (0, False)


@pytest.mark.parametrize("allowed", [{}, {"GIT_ALLOW_PROTOCOL": "ext:file"}])
def test_address_that_runs_a_command_is_refused(tmp_path: Path, allowed: dict[str, str]) -> None:
    done = run_git(["ls-remote", "--", f"ext::touch {tmp_path}/ran"], {**ENVIRONMENT, **allowed})

    assert (done.returncode, (tmp_path / "ran").exists()) == (128, False)


def test_missing_object_is_not_fetched_by_the_command_of_a_remote(tmp_path: Path) -> None:
    directory = repository(tmp_path / "work")
    (directory / "file").write_text("one")
    commit(directory, "One")
    for key, value in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialclone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", str(directory)),
        ("remote.origin.uploadpack", f"touch {tmp_path}/ran; false"),
    ):
        git(directory, "config", key, value)

    done = run_git(["--git-dir", str(directory / ".git"), "cat-file", "blob", "1" * 40], ENVIRONMENT, network=False)

    assert (done.returncode != 0, (tmp_path / "ran").exists()) == (True, False)


def test_variables_about_another_repository_are_left_out(tmp_path: Path) -> None:
    directory = repository(tmp_path / "work")
    other = {"GIT_DIR": str(directory / ".git"), "GIT_WORK_TREE": str(directory)}

    assert run_git(["rev-parse", "--git-dir"], {**ENVIRONMENT, **other}).returncode == 128
