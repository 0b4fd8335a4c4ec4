"""Where the metadata of a file is read from, from the cheapest source to the dearest.

A file that a page lists goes in; its compact metadata comes out, kept under what identifies it. All sources tell the
same of an honest file, so which of them answered never changes an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import RefusedError
from lockenv.fetch.store import Entry
from lockenv.index.metadata import LIMIT, compact, compact_source, is_current

if TYPE_CHECKING:
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.metadata import Headers
    from lockenv.index.page import File

FORM = "metadata-1"
_ENOUGH = 3
"""An index that lacked this many metadata files is not asked for more that it does not advertise."""


class MetadataReader:
    """Reads metadata for one command. Safe to use from several threads."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._lacking: dict[str, int] = {}
        self.fetched = 0
        """How many came from a server."""

    def kept(self, file: File) -> bytes | None:
        """Give the compact metadata that the cache keeps of `file`."""
        entry = self._fetcher.store.get(FORM, _key(file))
        return entry.payload if entry is not None and is_current(entry.payload) else None

    def read(self, file: File, index: str) -> bytes:
        """Give the compact metadata of `file`, which `index` lists.

        Raises NetworkError, InputError or RefusedError when it cannot be read.
        """
        kept = self.kept(file)
        if kept is not None:
            return kept
        payload = self._wheel(file, index) if file.filename.endswith(".whl") else self._sdist(file)
        self.fetched += 1
        self._fetcher.store.put(FORM, _key(file), Entry(payload))
        return payload

    def _wheel(self, file: File, index: str) -> bytes:
        if file.url.startswith("file:"):
            return compact(self._from_whole(file), file.filename)
        content = self._metadata_file(file, index)
        if content is None:
            content = self._from_parts(file)
        if content is None:
            content = self._from_whole(file)
        return compact(content, file.filename)

    def _metadata_file(self, file: File, index: str) -> bytes | None:
        """Give the file that PEP 658 puts beside a wheel; None when the index has none.

        Some mirrors serve these files without saying so, so an index that advertises none is tried a few times.
        """
        if not file.metadata and self._lacking.get(index, 0) >= _ENOUGH:
            return None
        sha256 = file.metadata if file.metadata != "true" else ""
        content = self._fetcher.content(f"{file.url}.metadata", sha256 or None)
        if content is None:
            self._lacking[index] = self._lacking.get(index, 0) + 1
        elif len(content) > LIMIT:
            raise RefusedError("too-large", f"{file.filename}: its metadata is longer than {LIMIT} bytes")
        return content

    def _from_parts(self, file: File) -> bytes | None:
        """Give METADATA from parts of the wheel; None when its server gives no parts."""
        import io

        from lockenv.fetch.ranges import open_remote
        from lockenv.index.archives import wheel_metadata

        remote = open_remote(self._fetcher, file.url)
        return None if remote is None else wheel_metadata(io.BufferedReader(remote), file.filename)

    def _from_whole(self, file: File) -> bytes:
        from lockenv.index.archives import wheel_metadata

        with open(self._archive(file), "rb") as archive:
            return wheel_metadata(archive, file.filename)

    def _sdist(self, file: File) -> bytes:
        from lockenv.index.archives import sdist_metadata, sdist_pyproject

        def project(version: str) -> Headers | str:
            from lockenv.index.static import project_headers

            archive.seek(0)
            content = sdist_pyproject(archive, file.filename)
            return "" if content is None else project_headers(content, version)

        with open(self._archive(file), "rb") as archive:
            return compact_source(sdist_metadata(archive, file.filename), file.filename, project)

    def _archive(self, file: File) -> str:
        """Give the path of the whole file, checked, where an installation will find it again."""
        from lockenv.fetch.downloads import Wanted, download
        from lockenv.vocabulary.names import Sha256

        wanted = Wanted(
            url=file.url,
            filename=file.filename,
            sha256=Sha256(file.sha256) if file.sha256 else None,
            size=file.size,
        )
        return download(wanted, self._fetcher.settings.archives, self._fetcher).path


def _key(file: File) -> str:
    """Give what identifies the metadata: its own hash, or else the file and where it lies.

    The hash of the file alone would let one index tell lies about another's files.
    """
    return file.metadata if file.metadata not in ("", "true") else f"{file.url} {file.sha256}"
