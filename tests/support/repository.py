"""Real git repositories for the tests: no configuration of this machine gets in."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {
    "GIT_AUTHOR_EMAIL": "author@example.com",
    "GIT_AUTHOR_NAME": "Author",
    "GIT_COMMITTER_EMAIL": "author@example.com",
    "GIT_COMMITTER_NAME": "Author",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "LC_ALL": "C",
    "PATH": os.environ.get("PATH", os.defpath),
}


def git(directory: Path, *words: str, code: int = 0, env: dict[str, str] | None = None) -> str:
    """Run git in `directory`, which must end with `code`; return what it printed."""
    if shutil.which("git") is None:
        pytest.skip("git was not found on PATH")
    done = subprocess.run(
        ["git", *words],
        cwd=directory,
        env={**ENVIRONMENT, "HOME": str(directory.parent), **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def repository(directory: Path) -> Path:
    """Make `directory` a repository whose branch is `main`; return it."""
    directory.mkdir(parents=True, exist_ok=True)
    git(directory, "init", "--quiet", "--initial-branch", "main")
    return directory


def commit(directory: Path, message: str) -> None:
    """Commit everything in `directory`."""
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", message)
