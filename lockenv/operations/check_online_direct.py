"""What no index serves, asked at its own place: whether a commit and its tag, or an archive, is as locked.

A Lock goes in; findings come out. Repositories are asked for their branches and tags, archives are downloaded. Never: a
place that the project does not name, or a host that it does not allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds.checkout import SourceCheckout
from lockenv.errors import NetworkError, RefusedError
from lockenv.fetch.downloads import download
from lockenv.fetch.wanted import FileRequest
from lockenv.files.atomic import make_directory
from lockenv.lockfile import direct
from lockenv.lockfile.hosts import foreign
from lockenv.lockfile.pins import pins
from lockenv.resolve.lock_soundness import astray
from lockenv.vocabulary.direct import Archive, Commit, shown
from lockenv.vocabulary.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.finding import Level
    from lockenv.vocabulary.manifest import Manifest

_WHY = "find out why before installing it"
_MOVE = "run `lockenv lock -P {}` to lock its current commit"


def direct_findings(lock: Lock, manifest: Manifest, settings: Settings, source: Fetcher) -> list[Finding]:
    """Return what places say otherwise than `lock`, in its order. Raises NetworkError for one that cannot be asked."""
    passed = {pin.name for pin, _ in astray(lock, manifest, pins(lock))}
    if manifest.allowed_hosts:
        lines = {each.origin.line for each in foreign(lock, manifest.allowed_hosts) if each.origin}
        passed |= {
            package.name
            for position, package in enumerate(lock.packages)
            if package.kind and lock.place(position, package.kind, str(package.source.get("url", ""))).line in lines
        }
    look = _Look(lock, settings, source, SourceCheckout(settings, source, manifest.allowed_hosts))
    return [
        finding
        for position, package in enumerate(lock.packages)
        if package.kind and package.name not in passed
        for finding in look.entry(position)
    ]


class _Look:
    """Compares entries with what their places say."""

    def __init__(self, lock: Lock, settings: Settings, source: Fetcher, trees: SourceCheckout) -> None:
        self._lock = lock
        self._settings = settings
        self._source = source
        self._trees = trees

    def entry(self, position: int) -> Iterator[Finding]:
        """Yield what is otherwise about one entry; of a directory there is nothing to ask."""
        found, _ = direct.read(self._lock, position)
        if isinstance(found, Commit):
            yield from self._commit(position, found)
        elif isinstance(found, Archive):
            yield from self._archive(position, found)

    def _commit(self, position: int, commit: Commit) -> Iterator[Finding]:
        repository = self._trees.repository(commit)
        there = repository.references()
        name = self._lock.packages[position].name
        if commit.commit not in there.values():
            from tempfile import TemporaryDirectory

            make_directory(self._settings.cache)
            with TemporaryDirectory(dir=self._settings.cache, prefix="asked-") as scratch:
                if not repository.still_has(commit.commit, scratch):
                    sentence = f"{name}: {commit.url} no longer has the commit {commit.commit}"
                    yield self._finding(position, "gone", sentence, _WHY)
                    return
        if not commit.revision or commit.commit.startswith(commit.revision):
            return
        for full, kind in _names(commit.revision):
            if full in there:
                if there[full] != commit.commit:
                    yield self._moved(position, commit, kind, there[full])
                return
        if len(commit.revision) not in (40, 64):
            kinds = " or ".join(kind for _, kind in reversed(_names(commit.revision)) if kind != "reference")
            sentence = f"{name}: {commit.url} no longer has the {kinds} {_plain(commit.revision)}"
            yield self._finding(position, "gone", sentence, "", level="warning")

    def _moved(self, position: int, commit: Commit, kind: str, now: str) -> Finding:
        name = self._lock.packages[position].name
        is_tag = kind == "tag"
        return self._finding(
            position,
            "moved",
            f"{name}: the {kind} {_plain(commit.revision)} of {commit.url} moved to {now}, locked is {commit.commit}",
            "find out why; tags should not move" if is_tag else _MOVE.format(name),
            # A branch is there to move, a tag is not.
            level="error" if is_tag else "note",
        )

    def _archive(self, position: int, archive: Archive) -> Iterator[Finding]:
        from tempfile import TemporaryDirectory

        make_directory(self._settings.cache)
        title = f"{self._lock.packages[position].name}: {shown(archive)}"
        # Without its hash, it is taken from nowhere but its own place.
        wanted = FileRequest(url=archive.location, filename=archive.filename, sha256=None, size=archive.size)
        with TemporaryDirectory(dir=self._settings.cache, prefix="asked-") as scratch:
            try:
                digest = download(wanted, scratch, self._source).sha256
            except RefusedError as error:
                yield self._finding(position, "other-bytes", f"{title}: CONTENT CHANGED: {error.message}", _WHY)
                return
            except NetworkError as error:
                if error.status not in (404, 410) and "://" in archive.location:
                    raise
                yield self._finding(position, "gone", f"{title} no longer exists", _WHY)
                return
        if archive.sha256 is not None and digest != archive.sha256:
            sentence = f"{title}: HASH MISMATCH: locked sha256 {archive.sha256}, found {digest}"
            yield self._finding(position, "other-bytes", sentence, _WHY)

    def _finding(self, position: int, rule: str, sentence: str, hint: str, *, level: Level = "error") -> Finding:
        origin = self._lock.place(position, self._lock.packages[position].kind)
        return Finding(rule=rule, level=level, sentence=sentence, origin=origin, hint=hint)


def _plain(revision: str) -> str:
    return revision.removeprefix("refs/tags/").removeprefix("refs/heads/")


def _names(revision: str) -> tuple[tuple[str, str], ...]:
    """Return what a revision may be the name of, in full, and of which kind it is then."""
    for prefix, kind in (("refs/tags/", "tag"), ("refs/heads/", "branch")):
        if revision.startswith(prefix):
            return ((revision, kind),)
    return ((f"refs/tags/{revision}", "tag"), (f"refs/heads/{revision}", "branch"), (revision, "reference"))
