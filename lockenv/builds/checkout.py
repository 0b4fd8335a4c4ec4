"""Open the sources that a direct reference names, so that they can be read and built.

In: a Commit, a Directory or an Archive. Out: a Tree, there while it is open; and a digest of what decides how it is
built. A directory is opened where it is; the others below the cache, in the same place every time.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from lockenv.backend.builder import Tree
from lockenv.backend.gitobjects import Commits
from lockenv.backend.member import DamagedError
from lockenv.builds.source_digests import editable_digest, tree_digest
from lockenv.errors import InputError, MachineError, NetworkError, RefusedError
from lockenv.fetch.downloads import download
from lockenv.fetch.git import Repository, commit_text
from lockenv.fetch.local import url_of
from lockenv.fetch.urls import shown as without_secrets
from lockenv.fetch.wanted import FileRequest
from lockenv.files.atomic import make_directory
from lockenv.files.locks import hold
from lockenv.lockfile.bundled import commit_filename
from lockenv.lockfile.hosts import host_of, is_allowed
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import Archive, Commit, Directory, is_local, shown
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import Sha256
from lockenv.vocabulary.progress import SILENT, during

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockenv.backend import commit_archive
    from lockenv.backend import unpack as backend_unpack
    from lockenv.context.settings import Settings
    from lockenv.fetch import urls
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Progress
    from lockenv.vocabulary.selected import Selected
else:
    commit_archive = late("lockenv.backend.commit_archive")
    backend_unpack = late("lockenv.backend.unpack")
    urls = late("lockenv.fetch.urls")


class SourceCheckout:
    """Opens sources for one command."""

    def __init__(
        self, settings: Settings, source: Fetcher, allowed_hosts: Sequence[str] = (), progress: Progress = SILENT
    ) -> None:
        """Paths are relative to the directory that `source` knows as that of the lock.

        Nothing is asked of a host that `allowed_hosts` does not name; where it is empty, every host may be.
        """
        self._settings = settings
        self._allowed_hosts = allowed_hosts
        self._source = source
        self._base = source.settings.base
        self.progress = progress
        """Follows what is fetched."""

    @contextmanager
    def opened(self, name: NormalizedName, direct: Direct) -> Iterator[Tree]:
        """Return the sources of the project `name`. Raises InputError, NetworkError, RefusedError or MachineError."""
        if isinstance(direct, Directory):
            path = os.path.join(self._base, direct.path)
            if not os.path.isdir(path):
                raise InputError(f"the directory {direct.path} of {name} does not exist", hint="restore it")
            path = os.path.realpath(path)
            yield Tree(path=path, name=name, version="", key=sha256(os.fsencode(path)).hexdigest())
            return

        key = key_of(direct)
        root = os.path.join(self._settings.cache, "trees", key[:32])
        make_directory(os.path.dirname(root))
        with hold(f"{root}.lock"):
            shutil.rmtree(root, ignore_errors=True)
            try:
                top = self._laid_out(name, direct, root)
                path = os.path.join(top, direct.subdirectory) if direct.subdirectory else top
                if not os.path.isdir(path):
                    raise InputError(
                        f"{shown(direct)} has no directory {direct.subdirectory}", hint="correct its subdirectory"
                    )
                _refuse_link_out(path, root, direct)
                yield Tree(path=path, name=name, version="", key=key)
            finally:
                shutil.rmtree(root, ignore_errors=True)

    def repository(self, commit: Commit) -> Repository:
        """Return the repository of a commit.

        Raises NetworkError for one that could only be asked without encryption, RefusedError for one on a host that
        is not allowed.
        """
        address = os.path.normpath(os.path.join(self._base, commit.url)) if is_local(commit.url) else commit.url
        settings = self._settings
        self._admit(address)

        def admit(submodule: str) -> None:
            self._admit(submodule, f"{shown(commit)} has a submodule that")

        return Repository(address, settings.cache, settings.tools_environ, offline=settings.offline, admit=admit)

    def _admit(self, address: str, what: str = "") -> None:
        """Raise what speaks against asking for `address`, which is that of `what`."""
        _refuse_plain(address, self._settings.allow_http)
        if not (is_local(address) or address.startswith("file:")):
            self._refuse_foreign(address, what)

    def _refuse_foreign(self, address: str, what: str = "") -> None:
        if not self._allowed_hosts:
            return

        host = host_of(address)
        if not is_allowed(host, self._allowed_hosts):
            raise RefusedError(
                "host-not-allowed",
                f"{what or without_secrets(address)} comes from {host}, which is not in allowed-hosts",
                hint="if this is expected, add the host to allowed-hosts",
            )

    def archive(self, archive: Archive) -> tuple[str, Archive]:
        """Return the path of an archive, checked as far as its hash is known, and its hash and size with it."""
        if "://" in archive.location:
            self._refuse_foreign(archive.location)
        wanted = FileRequest(url=archive.location, filename=archive.filename, sha256=archive.sha256, size=archive.size)
        done = download(wanted, self._source.settings.archives, self._source, self.progress)
        return done.path, replace(archive, sha256=done.sha256, size=os.stat(done.path).st_size)

    @contextmanager
    def checked_out(self, commit: Commit) -> Iterator[tuple[str, Commits]]:
        """Return the directory of the whole tree of a commit, as git lays it out, and what it is of."""
        root = os.path.join(self._settings.cache, "trees", key_of(commit)[:32])
        make_directory(os.path.dirname(root))
        with hold(f"{root}.lock"):
            try:
                links = self.repository(commit).checkout(commit.commit, root)
                places = {place: os.path.join(root, *place.split("/")) for place in links}
                texts = {place: commit_text(path, self._settings.tools_environ) for place, path in places.items()
                         if os.path.isdir(os.path.join(path, ".git"))}  # fmt: skip
                texts[""] = commit_text(root, self._settings.tools_environ)
                yield root, Commits(commit.commit, texts, links)
            finally:
                shutil.rmtree(root, ignore_errors=True)

    def _laid_out(self, name: NormalizedName, direct: Commit | Archive, root: str) -> str:
        if isinstance(direct, Commit):
            damaged = self._from_folders(name, direct, root)
            if damaged is not None:
                with during(self.progress, f"fetching {name}"):
                    self._checked_out(direct, root, damaged)
            return root
        path, _ = self.archive(direct)
        return backend_unpack.unpack(path, direct.filename, root, is_release=False)

    def _from_folders(self, name: NormalizedName, commit: Commit, root: str) -> str | None:
        """Lay the files of `commit` out at `root` from its archive in a folder that is asked, and return None.

        Where no folder has it, return what is wrong with one that is called so; empty when none is.
        """
        damaged = ""
        for folder in self._settings.folders:
            path = os.path.join(folder, commit_filename(name, commit))
            if not os.path.isfile(path):
                continue
            try:
                commit_archive.unpack(path, commit.commit, name, root, commit.subdirectory)
            except DamagedError as error:
                shutil.rmtree(root, ignore_errors=True)
                damaged = damaged or f"{path} is not the locked commit: {error}"
                continue
            return None
        return damaged

    def _checked_out(self, commit: Commit, root: str, damaged: str) -> None:
        """Have git lay the files out. Where it cannot, an archive that was passed over as `damaged` is the reason."""
        try:
            self.repository(commit).checkout(commit.commit, root)
        except (MachineError, NetworkError) as error:
            if not damaged:
                raise
            raise RefusedError(
                "hash-mismatch", damaged, hint="find out why it changed, or create the bundle again"
            ) from error


def key_of(direct: Commit | Archive) -> str:
    """Return a digest of what a reference names, whose commit or hash is known."""
    return sha256(repr(direct).encode()).hexdigest()


def _refuse_plain(address: str, allowed: Sequence[str]) -> None:
    """Raise NetworkError where anybody on the way could say what the commits of a repository are."""
    scheme, colons, rest = address.partition("://")
    if not colons or scheme not in ("http", "git"):
        return
    where = urls.place(f"http://{rest}")
    if not where.is_loopback and where.host not in allowed:
        raise NetworkError(
            f"{without_secrets(address)} cannot be fetched: the connection is not encrypted",
            hint=f"use https or ssh, or allow it with --allow-http {where.host}",
        )


def _refuse_link_out(path: str, root: str, direct: Direct) -> None:
    """Raise InputError where the sources at `path` are links to what is not among the files of `root`."""
    top = os.path.join(os.path.realpath(root), "")
    for place in (path, os.path.join(path, "pyproject.toml")):
        if not os.path.join(os.path.realpath(place), "").startswith(top):
            name = os.path.relpath(place, root).replace(os.sep, "/")
            raise InputError(
                f"{shown(direct)}: {name} is a link to a path outside of the sources",
                hint="replace the link by the file, or use other sources",
            )


def identified(selected: Iterable[Selected], base: str) -> tuple[Selected, ...]:
    """Return `selected` with what distinguishes each commit and directory from others, and where it is (PEP 610).

    Paths are seen from `base`. Raises InputError for a directory that is not there.
    """
    return tuple(one if one.direct is None else _identified(one, base) for one in selected)


def _identified(one: Selected, base: str) -> Selected:
    match one.direct:
        case Commit(url=url):
            place = url_of(os.path.normpath(os.path.join(base, url))) if is_local(url) else url
            found = Sha256(key_of(one.direct))
            return replace(one, file=Sdist(filename=one.file.filename, url=place, sha256=found))
        case Directory(path=path, editable=editable):
            whole = os.path.realpath(os.path.join(base, path))
            if not os.path.isdir(whole):
                raise InputError(f"the directory {path} of {one.name} does not exist", hint="restore it")
            found = editable_digest(whole) if editable else tree_digest(whole)
            return replace(one, file=Sdist(filename=one.file.filename, url=url_of(whole), sha256=found))
    return one
