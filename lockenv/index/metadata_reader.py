"""Where the metadata of a file is read from, from the cheapest source to the dearest.

A file that a page lists goes in; its compact metadata comes out, kept under what was read and proved: never under a
hash that an index only claims. All sources say the same of an honest file, so which of them answered never changes an
answer. A metadata file that no index promised with a hash is a guess: whatever is wrong with it, the wheel is read.
"""

from __future__ import annotations

import os

from lockenv.errors import NetworkError, RefusedError
from lockenv.fetch.http_cache import CachedResponse
from lockenv.fetch.local import is_local
from lockenv.fetch.urls import beside
from lockenv.index import kept_pages
from lockenv.index.metadata import (
    LIMIT,
    OTHER_VERSION,
    compact,
    compact_bare,
    compact_source,
    is_current,
    is_metadata_of,
)
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import Sha256, normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.fetch import downloads, ranges
    from lockenv.fetch import wanted as fetch_wanted
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index import archives as index_archives
    from lockenv.index import static
    from lockenv.index.metadata import Headers
    from lockenv.index.page import File
else:
    downloads = late("lockenv.fetch.downloads")
    ranges = late("lockenv.fetch.ranges")
    fetch_wanted = late("lockenv.fetch.wanted")
    index_archives = late("lockenv.index.archives")
    static = late("lockenv.index.static")

FORM = "metadata-2"
_WHEEL_FORM = "wheel-metadata-1"
_LONGEST = 64 << 20
"""Bytes of a wheel that is fetched whole only to compare its metadata."""
_SUFFIX = ".metadata"
_ENOUGH = 3
"""An index that lacked this many metadata files is not asked for more that it does not advertise.

One whose server sent no parts of as many wheels is not asked for parts of more.
"""


class MetadataReader:
    """Reads metadata for one command. Safe to use from several threads."""

    def __init__(self, fetcher: Fetcher, *, reads_licenses: bool = False) -> None:
        """With `reads_licenses`, what was kept without the words of its license is read again."""
        self._fetcher = fetcher
        self._reads_licenses = reads_licenses
        self._lacking: dict[str, int] = {}
        """How many metadata files each index lacked that it does not advertise."""
        self._without_parts: dict[str, int] = {}
        """Of how many wheels the server of each index sent no parts."""
        self.fetched = 0
        """How many came from a server."""
        self.unserved: dict[str, str] = {}
        """Why the wheel at a URL was read although its index advertises a metadata file, by that URL."""
        self.fleeting: set[str] = set()
        """The files of which the next command may read something else though their page is the same, by their names."""

    def kept(self, file: File) -> bytes | None:
        """Return the compact metadata that the cache keeps of `file`; None when it keeps none.

        What may have come from a guess is not final: a refresh reads it again.
        """
        proved = _proved(file)
        is_guess = not proved and file.filename.endswith(".whl") and not is_local(file.url)
        place = "" if is_guess and self._is_refreshed(file) else _place(file)
        for key in (proved, place):
            payload = self._fetcher.store.payload(FORM, key) if key else None
            if payload is not None and is_current(payload, has_license=self._reads_licenses):
                return payload
        return None

    def _is_refreshed(self, file: File) -> bool:
        settings = self._fetcher.settings
        return settings.refresh or (
            bool(settings.refresh_packages) and normalize(file.filename.partition("-")[0]) in settings.refresh_packages
        )

    def read(self, file: File, index: str) -> bytes:
        """Return the compact metadata of `file`, which `index` lists.

        Raises NetworkError, InputError or RefusedError when it cannot be read.
        """
        kept = self.kept(file)
        if kept is not None:
            return kept
        key = _place(file)
        if not (key or _proved(file)):
            self.fleeting.add(file.filename)  # nothing says which bytes it has
        if not file.filename.endswith(".whl"):
            payload = self._sdist(file)
        elif self._fetcher.settings.offline or is_local(file.url):
            payload = compact(self._from_whole(file), file.filename)
        elif (payload_beside := self._read_beside(file)) is not None:
            self.fetched += 1
            return payload_beside
        else:
            content = self._advertised(file) if _proved(file) else None
            if content is not None:
                key = _proved(file)
            else:
                content = self._unstated(file, index) or self._from_whole(file)
            if file.url in self.unserved:
                self.fleeting.add(file.filename)  # which is noted, as long as the cache does not have it
            payload = compact(content, file.filename)
        self.fetched += 1
        if key:
            self._fetcher.store.put(FORM, key, CachedResponse(payload))
        return payload

    def readily(self, file: File) -> bytes:
        """Return the compact metadata of a wheel from the source that is tried first, and keep it.

        Raises NetworkError where it cannot be had from there, or as `read`.
        """
        if file.metadata == "true":
            content = self._fetcher.guess(beside(file.url, _SUFFIX), LIMIT)[0]
            content = content if content is not None and is_metadata_of(content, file.filename) else None
        else:
            content = self._advertised(file) if _proved(file) else self._from_parts(file)
        if content is None:
            raise NetworkError(f"{file.filename} has to be looked at more closely")
        payload = compact(content, file.filename)
        if key := _proved(file) or _place(file):
            self._fetcher.store.put(FORM, key, CachedResponse(payload))
        return payload

    def _read_beside(self, file: File) -> bytes | None:
        """Return what `readily` returns in a copy of this process; None where it has to be read here."""
        return self._fetcher.asked_beside(
            file.url, kept_pages.ASKING[0], "metadata", file.filename, file.url, file.sha256, file.metadata
        )

    def in_wheel(self, file: File) -> bytes | None:
        """Return the compact metadata that the wheel `file` holds, whatever is beside it.

        None where only the whole of a long wheel would say. Raises as `read`.
        """
        key = _place(file)
        entry = self._fetcher.store.get(_WHEEL_FORM, key) if key else None
        if entry is not None and is_current(entry.payload):
            return entry.payload
        is_near = is_local(file.url) or self._is_kept(file)
        content = None if is_near else self._from_parts(file)
        if content is None:
            if not is_near and (file.size or 0) > _LONGEST:
                return None
            content = self._from_whole(file)
        payload = compact(content, file.filename)
        if key:
            self._fetcher.store.put(_WHEEL_FORM, key, CachedResponse(payload))
        return payload

    def _is_kept(self, file: File) -> bool:
        archives = self._fetcher.settings.archives
        return bool(file.sha256) and os.path.isfile(
            downloads.archive_path(archives, Sha256(file.sha256), file.filename)
        )

    def _advertised(self, file: File) -> bytes | None:
        """Return the metadata file whose hash the index states (PEP 658); None when its server does not serve it.

        Raises RefusedError when its bytes have another hash: PEP 658 has a tool verify it.
        """
        try:
            content = self._fetcher.content(beside(file.url, _SUFFIX), file.metadata)
        except NetworkError as error:
            self.unserved[file.url] = error.message
            return None
        if content is None:
            self.unserved[file.url] = "the server has no such file"
        elif len(content) > LIMIT:
            raise RefusedError(
                "too-large", f"{file.filename}: its metadata is longer than {LIMIT} bytes", hint=OTHER_VERSION
            )
        return content

    def _unstated(self, file: File, index: str) -> bytes | None:
        """Return the metadata of a wheel for which the index states no hash; None where only the whole wheel says it.

        The end of the wheel mostly has it. A metadata file that the index does not advertise comes after that: a server
        takes a round trip, and some a tenth of a second, to find out that there is none. Some mirrors serve such files
        without saying so, and no parts of wheels; an index that advertises none is tried a few times.
        """
        if file.metadata == "true":
            return self._guessed(file, index) or self._from_parts(file)
        if self._without_parts.get(index, 0) < _ENOUGH:
            content = self._from_parts(file)
            if content is not None:
                return content
            self._without_parts[index] = self._without_parts.get(index, 0) + 1
        return None if _proved(file) or self._lacking.get(index, 0) >= _ENOUGH else self._guessed(file, index)

    def _guessed(self, file: File, index: str) -> bytes | None:
        """Return the metadata file of a wheel, if its server has one of this release."""
        content, is_absent = self._fetcher.guess(beside(file.url, _SUFFIX), LIMIT)
        if content is not None and is_metadata_of(content, file.filename):
            return content
        if file.metadata == "true":
            self.unserved[file.url] = "the server has no such file" if content is None else "it is not its metadata"
        # A server that fails or answers with something else does so for the next file as well.
        self._lacking[index] = self._lacking.get(index, 0) + (1 if is_absent else _ENOUGH)
        return None

    def _from_parts(self, file: File) -> bytes | None:
        """Return METADATA from parts of the wheel; None when its server serves no parts, or none that fit together."""
        import io

        try:
            remote = ranges.open_remote(self._fetcher, file.url)
            return None if remote is None else index_archives.wheel_metadata(io.BufferedReader(remote), file.filename)
        except NetworkError:
            # The whole file is asked for next: its error counts.
            return None

    def _from_whole(self, file: File) -> bytes:
        with open(self._archive(file), "rb") as archive:
            return index_archives.wheel_metadata(archive, file.filename)

    def _sdist(self, file: File) -> bytes:
        def project(version: str) -> Headers | str:
            archive.seek(0)
            content = index_archives.sdist_pyproject(archive, file.filename)
            return "" if content is None else static.project_headers(content, version)

        with open(self._archive(file), "rb") as archive:
            try:
                content = index_archives.sdist_metadata(archive, file.filename)
            except index_archives.NoMetadataError:
                return compact_bare(file.filename, project)
            return compact_source(content, file.filename, project)

    def _archive(self, file: File) -> str:
        """Return the path of the whole file, checked, where an installation will find it again."""
        wanted = fetch_wanted.FileRequest(
            url=file.url,
            filename=file.filename,
            sha256=Sha256(file.sha256) if file.sha256 else None,
            size=file.size,
        )
        return downloads.download(wanted, self._fetcher.settings.archives, self._fetcher).path


def _proved(file: File) -> str:
    """Return the key of a wheel's metadata that was fetched and has the hash that its index states; empty for none."""
    is_stated = file.filename.endswith(".whl") and file.metadata not in ("", "true") and not is_local(file.url)
    return f"sha256 {file.metadata}" if is_stated else ""


def _place(file: File) -> str:
    """Return the key of what was read of the file itself; empty when nothing says which bytes it has.

    Its URL is a part of it: an index that states the hash of another's file does not speak for that file.
    """
    return f"{file.url} {file.sha256} {file.metadata}" if file.sha256 else ""
