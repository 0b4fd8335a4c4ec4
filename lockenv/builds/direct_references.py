"""Find out what direct references name: the commit, the hash, and the metadata of the one release there.

In: the sources that a manifest names, and what the old lock made of them. Out: a DirectRelease for each, and for each
project that one of them takes from a URL in turn. Static metadata is read; else a build reports it, where policy allows
it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.builds.checkout import key_of
from lockenv.builds.workspace import add_itself, stated, stated_in
from lockenv.errors import InputError, NetworkError, RefusedError
from lockenv.fetch.downloads import archive_path
from lockenv.fetch.http_cache import CachedResponse
from lockenv.index.archives import sdist_metadata, wheel_metadata
from lockenv.index.direct_release import DirectRelease
from lockenv.index.metadata import compact, compact_headers, compact_source, decode_any, is_static
from lockenv.project.direct import from_requirement
from lockenv.project.references import References
from lockenv.resolve.places import check_place, divisions
from lockenv.resolve.problem import universe_of
from lockenv.sync.wheel import is_release
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import Archive, Commit, DeclaredSource, Directory, is_local, shown
from lockenv.vocabulary.distribution import NeedsBuild, Wheel
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.progress import during
from lockenv.vocabulary.requirement import Declared, Requirement, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lockenv.builds.builder import WheelBuilder
    from lockenv.builds.checkout import SourceCheckout
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.distribution import Metadata
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Pin

_FORM = "direct-metadata-2"
_PLACES = "archive-places-1"
"""Remembers of a URL and a hash that they belong together."""


class DirectReferenceReader:
    """Looks at direct references for one resolution."""

    def __init__(
        self,
        manifest: Manifest,
        locked: Sequence[Pin],
        is_moving: Callable[[NormalizedName], bool],
        source: Fetcher,
        workshop: WheelBuilder,
    ) -> None:
        """Keep what `locked` pins say of a reference, unless the project `is_moving`."""
        self._manifest = manifest
        self._locked: dict[NormalizedName, list[Direct]] = {}
        for pin in locked:
            if pin.direct is not None and not is_moving(pin.name):
                self._locked.setdefault(pin.name, []).append(pin.direct)
        self._source = source
        self._workshop = workshop
        self._divisions = divisions(manifest, universe_of(manifest)) if manifest.places else {}
        self._known: dict[tuple[NormalizedName, Direct], DirectRelease] = {}
        self._trees: SourceCheckout = workshop.trees

    def releases(self) -> Mapping[NormalizedName, DirectRelease]:
        """Return the release that each reference names, by name.

        Raises InputError where one is not what it is said to be, or where two say different things of one project.
        """
        references = References(self._source.settings.base, self._manifest.direct)
        add_itself(references, self._manifest)
        found: dict[NormalizedName, DirectRelease] = {}
        for name, direct, origin in self._placed():
            self._note_urls(references, self.release(name, DeclaredSource(direct=direct, origin=origin)))
        while left := sorted(name for name in references.sourced if self._is_open(name, references, found)):
            for name in left:
                found[name] = self.release(name, references.sourced[name])
                self._note_urls(references, found[name])
        return found

    def _placed(self) -> Iterator[tuple[NormalizedName, Direct, Origin]]:
        """Yield the references that count for some environments only."""
        for name, some in self._manifest.places.items():
            for each in some:
                if each.direct is not None:
                    yield name, each.direct, each.origin

    def _note_urls(self, references: References, release: DirectRelease) -> None:
        """Note where the requirements of a release come from that name a URL."""
        title = f"{release.metadata.name} ({shown(release.direct)})"
        for text in release.metadata.requires:
            try:
                requirement = parse(text)
            except ValueError:
                continue  # it is reported when the release is judged
            if not requirement.url:
                continue
            declared = Declared(requirement=requirement, origin=Origin(file=title, key="Requires-Dist"))
            if requirement.name in self._divisions:
                check_place(self._divisions[requirement.name], declared, from_requirement(declared, references.base))
                continue
            _refuse_local(requirement, references, release.direct, title)
            references.without_urls([declared])

    def _commit(self, direct: Commit, name: NormalizedName) -> str:
        """Return the commit that a reference to a repository means now."""
        with during(self._trees.progress, f"fetching {name}"):
            return self._trees.repository(direct).commit(direct.revision)

    def _is_open(
        self, name: NormalizedName, references: References, found: Mapping[NormalizedName, DirectRelease]
    ) -> bool:
        """Return whether a reference is still to be followed: also one whose hash was stated by another only later."""
        if name == self._manifest.name or name not in found:
            return name != self._manifest.name
        wanted, known = references.sourced[name].direct, found[name].direct
        stated = wanted.sha256 if isinstance(wanted, Archive) else None
        return stated is not None and isinstance(known, Archive) and known.sha256 != stated

    def release(self, name: NormalizedName, sourced: DeclaredSource) -> DirectRelease:
        """Return what one reference names."""
        key = name, sourced.direct
        if key not in self._known:
            self._known[key] = self._read(name, sourced)
        return self._known[key]

    def _read(self, name: NormalizedName, sourced: DeclaredSource) -> DirectRelease:
        direct = self._pinned(name, sourced.direct)
        files: tuple[Wheel, ...] = ()
        match direct:
            case Commit():
                direct = replace(direct, commit=direct.commit or self._commit(direct, name))
                payload = self._tree(name, direct)
            case Directory():
                payload = self._tree(name, direct)
            case Archive():
                path, direct = self._fetched(direct, is_stated=direct is sourced.direct and direct.sha256 is not None)
                payload = self._archive(name, direct, path)
                files = _wheels(direct)
        metadata = _metadata(payload, name, direct, sourced.origin)
        if isinstance(direct, Archive) and direct.is_wheel:
            _check_release(direct, metadata, sourced.origin)
        metadata = self._restated(metadata)
        return DirectRelease(metadata=metadata, direct=direct, files=files)

    def _fetched(self, archive: Archive, *, is_stated: bool) -> tuple[str, Archive]:
        """Return the path of an archive, and it with its hash and size.

        The cache may have another file under a hash that the project states, and did not correct with the URL. So what
        is there is compared with what the URL has, once. Raises RefusedError where that is another.
        """
        source, key = self._source, f"{archive.location} {archive.sha256}"
        if is_stated and archive.sha256 is not None and source.store.get(_PLACES, key) is None:
            kept = archive_path(source.settings.archives, archive.sha256, archive.filename)
            if os.path.exists(kept) and not (source.settings.offline or source.settings.folders):
                self._compare(archive)
        found = self._trees.archive(archive)
        if is_stated:
            source.store.put(_PLACES, key, CachedResponse(b""))
        return found

    def _compare(self, archive: Archive) -> None:
        """Raise RefusedError where the URL of `archive` has a file with another hash; not where it has no answer."""
        try:
            _, found = self._trees.archive(replace(archive, sha256=None))
        except NetworkError:
            return
        if found.sha256 != archive.sha256:
            raise RefusedError(
                "hash-mismatch",
                f"hash mismatch for {archive.filename}: expected sha256 {archive.sha256}, downloaded {found.sha256}",
                hint="correct the hash in the project, or find out why the file behind this URL changed",
            )

    def _restated(self, metadata: Metadata) -> Metadata:
        """Return `metadata` with what the project states in its place."""
        one = self._manifest.statement(metadata.name, metadata.version)
        return metadata if one is None else one.over(metadata)

    def _pinned(self, name: NormalizedName, direct: Direct) -> Direct:
        """Return a reference as the old lock has it, if that is the same."""
        for before in self._locked.get(name, ()):
            match direct, before:
                case Commit(), Commit() if replace(before, commit="") == direct:
                    return before
                case Archive(), Archive() if (before.location, before.subdirectory) == (
                    direct.location,
                    direct.subdirectory,
                ) and direct.sha256 in (None, before.sha256):
                    return before
        return direct

    def _once(self, key: str, look: Callable[[], bytes]) -> bytes:
        store = self._source.store
        entry = store.get(_FORM, key)
        if entry is not None:
            return entry.payload
        payload = look()
        store.put(_FORM, key, CachedResponse(payload))
        return payload

    def _tree(self, name: NormalizedName, direct: Direct) -> bytes:
        """Return the compact metadata of sources, which a build reports where they do not."""
        if isinstance(direct, Directory):
            static = self._static(name, direct)
        else:
            static = self._once(f"{key_of(direct)} {name}", lambda: self._static(name, direct))
        return static or self._said(name, direct) or compact(self._workshop.metadata_of(name, direct), shown(direct))

    def _said(self, name: NormalizedName, direct: Direct) -> bytes:
        """Return the compact metadata of sources whose version the project states; empty for all others."""
        stated = self._manifest.stated
        versions = [one.version for one in stated if one.name == name and one.version and one.requires is not None]
        if len(versions) != 1:
            return b""
        return compact(f"Metadata-Version: 2.4\nName: {name}\nVersion: {versions[0]}\n".encode(), shown(direct))

    def _static(self, name: NormalizedName, direct: Direct) -> bytes:
        """Return the compact metadata that sources state without a build; empty when they do not."""
        with self._trees.opened(name, direct) as tree:
            found = stated(tree.path)
        return compact_headers(found, shown(direct)) if found is not None and found.first("version") else b""

    def _archive(self, name: NormalizedName, archive: Archive, path: str) -> bytes:
        """Return the compact metadata of an archive: a wheel, a source distribution, or other sources."""
        with open(path, "rb") as stream:
            if archive.is_wheel:
                return compact(wheel_metadata(stream, archive.filename), archive.filename)
            if not archive.subdirectory:
                try:
                    payload = compact_source(sdist_metadata(stream, archive.filename), archive.filename)
                except RefusedError:
                    payload = b""  # no source distribution, or one without PKG-INFO: its sources say
                if payload and is_static(payload):
                    return payload
        return self._tree(name, archive)


class OtherNameError(InputError):
    """A source that has another project than the one that was meant."""

    def __init__(self, meant: NormalizedName, found: NormalizedName, what: str, origin: Origin | None) -> None:
        super().__init__(
            f"{what}: it contains {found}", hint=f"correct the name or the source of {meant}", origin=origin
        )
        self.meant = meant
        self.found = found


def itself(manifest: Manifest, builds: WheelBuilder | None) -> DirectRelease | None:
    """Return the release that the project itself is; None where it is none, or none that is known.

    It is none without a build system, and not known where it is left to a build and there is nothing that `builds`.
    """
    if not manifest.is_buildable:
        return None
    name, direct = NormalizedName(manifest.name), Directory(path=manifest.root, editable=True)
    found, payload = stated_in(manifest.text), b""
    if found is None or not found.first("version"):
        if builds is None:
            return None
        payload = compact(builds.metadata_of(name, direct), shown(direct))
        # What the text states counts: it may be about to be written, and be built then.
        found = stated_in(manifest.text, _metadata(payload, name, direct).version)
    payload = compact_headers(found, shown(direct)) if found is not None else payload
    return DirectRelease(metadata=_metadata(payload, name, direct), direct=direct)


def _metadata(payload: bytes, name: NormalizedName, direct: Direct, origin: Origin | None = None) -> Metadata:
    metadata = decode_any(payload, shown(direct))
    what = f"{name} cannot come from {shown(direct)}"
    if isinstance(metadata, NeedsBuild):
        raise InputError(f"{what}: {metadata.reason}", hint=f"correct the source of {name}", origin=origin)
    if metadata.name != name:
        raise OtherNameError(name, metadata.name, what, origin)
    return metadata


def _check_release(archive: Archive, metadata: Metadata, origin: Origin | None) -> None:
    """Raise InputError for a wheel that is another release than its file name says: no installer takes it."""
    name, title = metadata.name, f"{metadata.name} {metadata.version}"
    project, _, rest = archive.filename.partition("-")
    if not is_release(project, rest.partition("-")[0], name, metadata.version):
        raise InputError(
            f"{name} cannot come from {shown(archive)}: it contains {title}, which is not what its file name says",
            hint=f"correct the source of {name}, or report it to those who publish it",
            origin=origin,
        )


def _wheels(archive: Archive) -> tuple[Wheel, ...]:
    if not archive.is_wheel:
        return ()
    return (Wheel(filename=archive.filename, url=archive.location, sha256=archive.sha256, size=archive.size),)


def _refuse_local(requirement: Requirement, references: References, source: Direct, title: str) -> None:
    """Raise InputError where what is on another machine names a place on this one, which would be built unasked."""
    match source:
        case Archive(location=place):
            is_remote = "://" in place
        case Commit(url=place):
            is_remote = not is_local(place)
        case Directory():
            is_remote = False
    if not is_remote or requirement.name in references.sourced:
        return
    if requirement.url.removeprefix("git+").startswith("file:"):
        raise InputError(
            f"{title} requires {requirement.name} from {requirement.url}, a place on this machine",
            hint="if this is intended, add it to [tool.lockenv.sources]",
        )
