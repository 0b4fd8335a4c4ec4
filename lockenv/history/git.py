"""Ask git, and tell it: every call of the program stands here.

A directory and words go in; bytes come out. A word of the user never becomes an option. Raises UsageError for what git
does not know, MachineError where there is no git.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from lockenv.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MISSING = "git is not installed, or not on PATH"


def content(directory: str, revision: str, path: str, environ: Mapping[str, str]) -> bytes | None:
    """Give the bytes of `path`, relative to `directory`, as of `revision`; None when it has no such file."""
    if revision.startswith("-") or "\0" in revision or ":" in revision or not revision:
        raise UsageError(f"{revision!r} is neither a file nor a revision", hint="name a commit, a branch or a tag")
    slashed = path.replace("\\", "/")
    # Unlike `git show`, this never runs a program that the repository's attributes name.
    found = _run(directory, ("cat-file", "blob", f"{revision}:./{slashed}"), environ)
    if found.returncode == 0:
        return found.stdout
    if _run(directory, ("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}"), environ).returncode == 0:
        return None
    top(directory, environ)
    raise UsageError(f"git knows no revision {revision}", hint="name a file, a commit, a branch or a tag")


def top(directory: str, environ: Mapping[str, str]) -> str:
    """Give the directory of the working tree that `directory` belongs to. Raises UsageError outside of one."""
    found = _run(directory, ("rev-parse", "--show-toplevel"), environ)
    if found.returncode != 0:
        raise UsageError(
            f"{directory} is not in the working tree of a git repository",
            hint="run it in one; `lockenv diff` compares two files anywhere",
        )
    return found.stdout.decode("utf-8", "surrogateescape").rstrip("\r\n")


def configure(directory: str, values: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Set `values` in the configuration of the repository of `directory`."""
    for key, value in sorted(values.items()):
        found = _run(directory, ("config", "--local", key, value), environ)
        if found.returncode != 0:
            raise MachineError(f"git config {key} failed: {_said(found.stderr)}")


def merged(paths: tuple[str, str, str], names: tuple[str, str, str], environ: Mapping[str, str]) -> bytes:
    """Give what git makes of three files (ours, base, theirs) line by line, conflicts marked with `names`."""
    labels = [word for name in names for word in ("-L", name)]
    found = _run(".", ("merge-file", "-p", "--diff3", *labels, "--", *paths), environ)
    # "The exit value of this program is negative on error, and the number of conflicts otherwise" (git-merge-file).
    if found.returncode > 127:
        raise MachineError(f"git merge-file failed: {_said(found.stderr)}")
    return found.stdout


def _run(directory: str, words: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 -- no shell; what the user gave stands behind a fixed word
            ["git", *words],  # noqa: S607 -- the user's own git
            cwd=directory,
            env={**environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise MachineError(_MISSING, hint="install git, or compare files by name") from error
    except OSError as error:
        raise MachineError(f"git could not be started: {error.strerror or error}") from error


def _said(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it did not say why"
