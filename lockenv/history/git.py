"""Ask git about the user's own repository, and set there how locks are merged.

A directory and words go in; bytes come out. A word of the user never becomes an option. Raises UsageError for what git
does not know, MachineError where there is no git.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import MachineError, UsageError
from lockenv.files.git_program import run_git

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence


_HINT = "run it in a git repository"


def content(directory: str, revision: str, path: str, environ: Mapping[str, str]) -> bytes | None:
    """Return the bytes of `path`, relative to `directory`, as of `revision`; None when it has no such file."""
    if revision.startswith("-") or "\0" in revision or ":" in revision or not revision:
        raise UsageError(f"`{revision}` is not a file or a git revision", hint="use a commit, a branch or a tag")
    root = top(directory, hint=f"{_HINT}, or pass two files to `lockenv diff`")
    slashed = os.path.relpath(os.path.join(os.path.realpath(directory), path), root).replace(os.sep, "/")
    # Unlike `git show`, this never runs a program that the repository's attributes name.
    found = _run(root, ("cat-file", "blob", f"{revision}:{slashed}"), environ)
    if found.returncode == 0:
        return found.stdout
    if _run(root, ("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}"), environ).returncode == 0:
        return None
    raise UsageError(f"unknown git revision {revision}", hint="use a file, a commit, a branch or a tag")


def top(directory: str, *, hint: str = _HINT) -> str:
    """Return the directory of the working tree that `directory` belongs to. Raises UsageError outside of one.

    It is the nearest with a `.git`: what merely has the shape of a repository is none (git, `safe.bareRepository`).
    """
    place = os.path.realpath(directory)
    while not os.path.exists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            raise UsageError(
                f"{directory} is not in the working tree of a git repository",
                hint=hint,
            )
        place = above
    return place


def configure(directory: str, values: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Set `values` in the configuration of the repository of `directory`."""
    root = top(directory)
    for key, value in sorted(values.items()):
        found = _run(root, ("config", "--local", key, value), environ)
        if found.returncode != 0:
            raise MachineError(
                f"git config {key} failed: {_said(found.stderr)}", hint="correct the configuration of git"
            )


def merged(paths: tuple[str, str, str], names: tuple[str, str, str], environ: Mapping[str, str]) -> bytes:
    """Return what git makes of three files (ours, base, theirs) line by line, conflicts marked with `names`."""
    labels = [word for name in names for word in ("-L", name)]
    whole = map(os.path.abspath, paths)
    found = run_git(("merge-file", "-p", "--diff3", *labels, "--", *whole), environ, network=False)
    # "The exit value of this program is negative on error, and the number of conflicts otherwise" (git-merge-file).
    if found.returncode > 127:
        raise MachineError(f"git merge-file failed: {_said(found.stderr)}", hint="merge the files by hand")
    return found.stdout


def _run(root: str, words: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Return what git answers to `words` about the repository of the working tree `root`, without asking any server."""
    return run_git(("--git-dir", os.path.join(root, ".git"), *words), environ, network=False)


def _said(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip().rpartition("\n")[2] or "no reason was given"
