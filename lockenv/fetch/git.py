"""Commits of git repositories, through the git program of the user, with the credentials and keys that it knows.

The address of a repository and a revision go in; a commit, or a tree of files at one, comes out. What was fetched once
is kept in the cache. Never: a hook of a repository, a prompt, an address that reaches git as an option.
"""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING

from lockenv.errors import InputError, MachineError, NetworkError
from lockenv.fetch.git_refusal import git_refusal
from lockenv.fetch.settings import DOWNLOAD_LIMIT, ONLINE
from lockenv.fetch.submodules import gitlinks, submodules
from lockenv.fetch.urls import shown
from lockenv.files.atomic import machine_error, make_directory, replace
from lockenv.files.bounded import GrowthLimit
from lockenv.files.git_program import run_git
from lockenv.files.locks import hold
from lockenv.files.reading import read_own
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from lockenv.fetch.submodules import Submodule

_WHOLE = lazy_pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HEX = lazy_pattern(r"[0-9a-f]{7,64}")
_HEAD = "refs/lockenv/head"
_CONFIGURATION = b"[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_SETTINGS = ("-c", "advice.detachedHead=false", "-c", "core.autocrlf=false", "-c", "init.defaultBranch=main")


class Repository:
    """A repository at `address` (what `git clone` takes), and what the cache keeps of it."""

    def __init__(
        self,
        address: str,
        cache: str,
        environ: Mapping[str, str],
        *,
        offline: bool = False,
        admit: Callable[[str], None] | None = None,
    ) -> None:
        """`admit` raises what speaks against an address that a submodule names, before it is asked for anything."""
        self._address = address
        self._cache = cache
        self._admit = admit
        self._kept = os.path.join(cache, "git", sha256(address.encode()).hexdigest()[:32])
        # Were git to look for the repository from a directory, it would find one above a cache that is damaged.
        self._in_kept = ("--git-dir", self._kept)
        self._environ = environ
        self._offline = offline
        is_local = os.path.isdir(address)
        # Only a local repository may name local ones as its submodules.
        self._local = ("-c", "protocol.file.allow=always") if is_local else ()

    def commit(self, revision: str) -> str:
        """Return the full name of the commit that `revision` is now: a branch, a tag or a commit; empty: the default.

        Raises NetworkError when the repository cannot be reached, InputError when it has no such revision.
        """
        with self._held():
            self._make_own()
            if _WHOLE.fullmatch(revision) and (known := self._known(revision)):
                return known  # of a tag with a message, the commit that it is of
            self._fetch(revision)
            for name in _names(revision):
                found = self._known(name)
                if found:
                    return found
        what, hint = (
            f"the revision {revision}" if revision else "a default branch",
            "use a branch, a tag or a full commit hash",
        )
        for prefix, kind, other in (("refs/heads/", "branch", "tag"), ("refs/tags/", "tag", "branch")):
            if revision.startswith(prefix):
                plain = revision.removeprefix(prefix)
                what, hint = f"the {kind} {plain}", f"use one that exists, or `{other} = ` if {plain} is a {other}"
        raise InputError(f"{shown(self._address)} does not have {what}", hint=hint)

    def references(self) -> dict[str, str]:
        """Return the commit of each branch and tag that the repository has now, by its full name; `HEAD` among them.

        Nothing of it is kept. Raises NetworkError when it cannot be asked.
        """
        if self._offline:
            raise NetworkError(f"{shown(self._address)} cannot be accessed with --offline", hint=ONLINE)
        found = {}
        for line in self._git("ls-remote", "--quiet", "--", self._address, network=True).split("\n"):
            commit, tab, name = line.partition("\t")
            if tab:
                # Of a tag with a message, the commit that it is of follows the tag itself.
                found[name.removesuffix("^{}")] = commit
        return found

    def still_has(self, commit: str, scratch: str) -> bool:
        """Return whether the repository has `commit` now, whatever the cache keeps; `scratch` is an empty directory.

        It is asked for that commit alone, then, where it serves none by its name, for all branches and tags.
        """
        inside = ("--git-dir", scratch)
        self._git("init", "--quiet", "--bare", "--", scratch)
        ways = (("--depth=1", "--", self._address, commit), ("--", self._address, "+refs/*:refs/*"))
        for way in ways:
            self._run(*inside, "fetch", "--quiet", "--no-tags", *way)
            if self._run(*inside, "rev-parse", "--quiet", "--verify", f"{commit}^{{commit}}").returncode == 0:
                return True
        return False

    def checkout(self, commit: str, into: str) -> dict[str, str]:
        """Make the directory `into` hold the files of `commit`, those of its submodules with them.

        They are what the commit holds, byte for byte: ends of lines are not those of the machine. Returns the commit of
        each submodule, those within others too, by its path; of one that is left empty as well.
        Raises NetworkError when it must be fetched and cannot be, InputError when the repository has not got it.
        """
        with self._held():
            self._make_own()
            if not self._known(commit):
                self._fetch(commit)
            if self._known(commit) != commit:
                raise InputError(
                    f"{shown(self._address)} no longer has the commit {commit}",
                    hint="lock again, or push the commit there",
                )
            shutil.rmtree(into, ignore_errors=True)
            self._git("clone", "--quiet", "--shared", "--no-checkout", "--", self._kept, into)
        _keep_bytes(into)
        own = ("--git-dir", os.path.join(into, ".git"))
        self._git(*own, "--work-tree", into, "checkout", "--quiet", "--force", "--detach", commit)
        found = self._git(*own, "rev-parse", "HEAD").strip()
        if found != commit:
            raise InputError(
                f"{shown(self._address)}: git returned {found} for the commit {commit}", hint="use another commit"
            )

        linked = gitlinks(self._git(*own, "ls-tree", "-r", "-z", "HEAD"))
        all_of_them = dict(linked)
        if linked and os.path.lexists(os.path.join(into, ".gitmodules")):
            for each in self._submodules(linked, into):
                within = self._checkout_submodule(each, into)
                all_of_them |= {f"{each.path}/{path}": commit for path, commit in within.items()}
        return all_of_them

    def _submodules(self, linked: dict[str, str], tree: str) -> tuple[Submodule, ...]:
        """Return the submodules of what is checked out at `tree`; the address of each is admitted."""
        configured = self._git(
            "--git-dir",
            os.path.join(tree, ".git"),
            "config",
            "--blob",
            "HEAD:.gitmodules",
            "-z",
            "--get-regexp",
            r"^submodule\.",
        )
        found = submodules(linked, configured, self._address)
        for each in found:
            if self._admit is not None:
                self._admit(each.address)
        return found

    def _checkout_submodule(self, submodule: Submodule, tree: str) -> dict[str, str]:
        into = os.path.join(tree, *submodule.path.split("/"))
        # git itself makes an empty directory for it: what is a link, or is behind one, is not of its making.
        if os.path.realpath(into) != os.path.join(os.path.realpath(tree), *submodule.path.split("/")):
            raise InputError(
                f"{shown(self._address)} has its submodule {submodule.path} behind a link", hint="use another commit"
            )
        own = Repository(submodule.address, self._cache, self._environ, offline=self._offline, admit=self._admit)
        return own.checkout(submodule.commit, into)

    def _fetch(self, revision: str) -> None:
        if self._offline:
            raise NetworkError(
                f"{shown(self._address)} is not completely in the cache and cannot be fetched with --offline",
                hint="run the command once without --offline",
            )
        # Also where it is there: what was interrupted is made whole, and what is whole stays.
        self._git("init", "--quiet", "--bare", "--", self._kept)
        self._make_own()
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
            # A commit that no branch or tag contains, such as one of a pull request, is there for the asking.
            self._run(*self._in_kept, "fetch", "--quiet", "--", self._address, f"+{revision}:refs/lockenv/{revision}")

    def _known(self, name: str) -> str:
        """Return the commit that `name` is in what the cache keeps; empty when it has none."""
        if not os.path.isdir(self._kept):
            return ""
        done = self._run(*self._in_kept, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def _make_own(self) -> None:
        """Have nothing but lockenv say how git works with what is kept.

        A cache may be in a repository, which then brings what is kept there, and its configuration may name programs.
        """
        configuration = os.path.join(self._kept, "config")
        try:
            # gitrepository-layout: with a file `commondir`, the configuration is that of another directory.
            if os.path.islink(self._kept) or os.path.lexists(os.path.join(self._kept, "commondir")):
                raise NotADirectoryError(self._kept)
            if read_own(configuration) == _CONFIGURATION:
                return
        except FileNotFoundError:
            if not os.path.lexists(self._kept):
                return
        except OSError:
            _remove(self._kept)
            return
        try:
            replace(configuration, _CONFIGURATION)
        except OSError as error:
            raise machine_error(error, configuration) from error

    def _held(self) -> AbstractContextManager[None]:
        make_directory(os.path.dirname(self._kept))
        return hold(f"{self._kept}.lock")

    def _git(self, *arguments: str, network: bool = False) -> str:
        done = self._run(*arguments)
        if done.returncode:
            sentence, hint = git_refusal(done.stderr, self._address)
            raise (NetworkError if network else InputError)(sentence, hint=hint)
        return done.stdout

    def _run(self, *arguments: str) -> _Answer:
        most = self._environ.get("LOCKENV_MAX_DOWNLOAD", "")
        growth = GrowthLimit(self._kept, int(most) if most.isdecimal() else DOWNLOAD_LIMIT)
        done = run_git([*_SETTINGS, *self._local, *arguments], self._environ, growth=growth)
        return _Answer(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


class _Answer(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def commit_text(tree: str, environ: Mapping[str, str]) -> bytes:
    """Return the object of the commit that is checked out at `tree`, as git hashes it. Raises MachineError."""
    done = run_git(["--git-dir", os.path.join(tree, ".git"), "cat-file", "commit", "HEAD"], environ, network=False)
    if done.returncode:
        raise MachineError(f"git cannot read the commit at {tree}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def commit_modes(tree: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the mode that git records of each file that is checked out at `tree`, by path. Raises MachineError."""
    words = ["--git-dir", os.path.join(tree, ".git"), "ls-tree", "-r", "-z", "HEAD"]
    done = run_git(words, environ, network=False)
    if done.returncode:
        raise MachineError(f"git cannot list the files at {tree}: {done.stderr.decode(errors='replace').strip()}")
    rows = (row.partition("\t") for row in os.fsdecode(done.stdout).split("\0") if row)
    return {path: facts.partition(" ")[0] for facts, _, path in rows}


def _remove(path: str) -> None:
    """Remove the directory or the link at `path`. Raises MachineError."""
    try:
        if os.path.islink(path):
            os.unlink(path)
        else:
            shutil.rmtree(path)
    except OSError as error:
        raise machine_error(error, path) from error


def _keep_bytes(tree: str) -> None:
    """Have git write the files of its clone at `tree` as they were committed, whatever `.gitattributes` says.

    Else the same commit would be other bytes on Windows. Filters stay: the user's own settings name them.
    """
    directory = os.path.join(tree, ".git", "info")
    os.makedirs(directory, exist_ok=True)
    # gitattributes: "$GIT_DIR/info/attributes file has the highest precedence".
    with open(os.path.join(directory, "attributes"), "w", encoding="ascii") as stream:
        stream.write("* -text !eol -ident !working-tree-encoding\n")


def _names(revision: str) -> list[str]:
    """Return what `revision` may mean, in the order that git looks (gitrevisions, "Specifying Revisions")."""
    if not revision:
        return [_HEAD]
    names = [f"refs/tags/{revision}", f"refs/heads/{revision}"]
    if revision.startswith("refs/"):
        names.insert(0, revision)
    return [*names, revision] if _HEX.fullmatch(revision) else names
