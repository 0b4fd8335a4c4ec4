"""Commits of git repositories, through the git program of the user, with the credentials and keys that it knows.

The address of a repository and a revision go in; a commit, or a tree of files at one, comes out. What was fetched once
is kept in the cache. Never: a hook of a repository, a prompt, an address that reaches git as an option.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING

from lockenv.errors import InputError, MachineError, NetworkError
from lockenv.fetch.urls import shown
from lockenv.files.locks import hold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

_WHOLE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]{7,64}")
_HEAD = "refs/lockenv/head"
_SETTINGS = (
    # A repository must not run anything here, and no transport that runs a program may be named by one.
    "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c", "advice.detachedHead=false",
    "-c", "core.autocrlf=false", "-c", "init.defaultBranch=main", "-c", "gc.auto=0",
)  # fmt: skip


class Repository:
    """A repository at `address` (what `git clone` takes), and what the cache keeps of it."""

    def __init__(self, address: str, cache: str, environ: Mapping[str, str], *, offline: bool = False) -> None:
        self._address = address
        self._kept = os.path.join(cache, "git", sha256(address.encode()).hexdigest()[:32])
        # Were git to look for the repository from a directory, it would find one above a cache that is damaged.
        self._in_kept = ("--git-dir", self._kept)
        # What a surrounding git (a hook, an alias) says of its own repository must not be taken for this one.
        self._environ = {key: value for key, value in environ.items() if key not in _OF_ANOTHER}
        self._environ |= {"LC_ALL": "C"}
        self._environ.setdefault("GIT_TERMINAL_PROMPT", "0")
        self._offline = offline
        is_local = os.path.isdir(address)
        # Only a local repository may name local ones as its submodules.
        self._local = ("-c", "protocol.file.allow=always") if is_local else ()

    def commit(self, revision: str) -> str:
        """Give the full name of the commit that `revision` is now: a branch, a tag or a commit; empty: the default.

        Raises NetworkError when the repository cannot be reached, InputError when it has no such revision.
        """
        with self._held():
            if _WHOLE.fullmatch(revision) and (known := self._known(revision)):
                return known  # of a tag with a message, the commit that it is of
            self._fetch(revision)
            for name in _names(revision):
                found = self._known(name)
                if found:
                    return found
        what = f"the revision {revision}" if revision else "a default branch"
        raise InputError(f"{shown(self._address)} has not {what}", hint="name a branch, a tag or a whole commit")

    def checkout(self, commit: str, into: str) -> None:
        """Make the directory `into` hold the files of `commit`, those of its submodules with them.

        Raises NetworkError when it must be fetched and cannot be, InputError when the repository has not got it.
        """
        with self._held():
            if not self._known(commit):
                self._fetch(commit)
            if self._known(commit) != commit:
                raise InputError(
                    f"{shown(self._address)} has no longer the commit {commit}",
                    hint="lock again, or push the commit there",
                )
            shutil.rmtree(into, ignore_errors=True)
            self._git("clone", "--quiet", "--shared", "--no-checkout", "--", self._kept, into)
        self._git("-C", into, "checkout", "--quiet", "--force", "--detach", commit)
        if os.path.isfile(os.path.join(into, ".gitmodules")):
            self._submodules(into)
        found = self._git("-C", into, "rev-parse", "HEAD").strip()
        if found != commit:
            raise InputError(f"{shown(self._address)}: git gave {found} for the commit {commit}")

    def _submodules(self, tree: str) -> None:
        # Relative addresses of submodules are relative to the repository itself, not to what the cache keeps of it.
        self._git("-C", tree, "remote", "set-url", "origin", self._address)
        self._git("-C", tree, "submodule", "--quiet", "update", "--init", "--recursive", network=True)

    def _fetch(self, revision: str) -> None:
        if self._offline:
            raise NetworkError(
                f"{shown(self._address)} is not in the cache as it is needed, and --offline forbids to fetch it",
                hint="run the command once without --offline",
            )
        # Also where it is there: what was interrupted is made whole, and what is whole stays.
        self._git("init", "--quiet", "--bare", "--", self._kept)
        heads = ("+HEAD:" + _HEAD, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        self._git(
            *self._in_kept,
            "fetch",
            "--quiet",
            "--force",
            "--prune",
            "--no-tags",
            "--",
            self._address,
            *heads,
            network=True,
        )
        if _WHOLE.fullmatch(revision) and not self._known(revision):
            # A commit that no branch or tag leads to, such as one of a pull request, is there for the asking.
            self._run(*self._in_kept, "fetch", "--quiet", "--", self._address, f"+{revision}:refs/lockenv/{revision}")

    def _known(self, name: str) -> str:
        """Give the commit that `name` is in what the cache keeps; empty when it has none."""
        if not os.path.isdir(self._kept):
            return ""
        done = self._run(*self._in_kept, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def _held(self) -> AbstractContextManager[None]:
        os.makedirs(os.path.dirname(self._kept), exist_ok=True)
        return hold(f"{self._kept}.lock")

    def _git(self, *arguments: str, network: bool = False) -> str:
        done = self._run(*arguments)
        if done.returncode:
            lines = done.stderr.strip().split("\n")
            # Advice may follow what is wrong.
            told = next((line for line in lines if line.startswith("fatal: ")), lines[-1]).removeprefix("fatal: ")[:300]
            kind = NetworkError if network else InputError
            raise kind(
                f"git cannot read {shown(self._address)}: {shown(told)}",
                hint="try `git ls-remote` with this address; git's own credentials and keys are used",
            )
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(  # noqa: S603 - an option can only be one of ours: addresses and revisions are checked
                ["git", *_SETTINGS, *self._local, *arguments],  # noqa: S607 - the user's git, wherever it is
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise MachineError(f"git cannot be started: {error.strerror or error}", hint="install git") from error


_OF_ANOTHER = frozenset(
    (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
        "GIT_SHALLOW_FILE",
    )
)


def _names(revision: str) -> list[str]:
    """Give what `revision` may mean, in the order in which git looks (gitrevisions, section "Specifying Revisions")."""
    if not revision:
        return [_HEAD]
    names = [f"refs/tags/{revision}", f"refs/heads/{revision}"]
    if revision.startswith("refs/"):
        names.insert(0, revision)
    return [*names, revision] if _HEX.fullmatch(revision) else names
