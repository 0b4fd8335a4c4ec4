"""The releases of one project as resolution sees them: the columns of its page, less what policy leaves out.

Pure: columns and a Policy go in; positions, newest first, come out. Wheels and source distributions are built when
they are asked for.
"""

from __future__ import annotations

from lockenv.fetch.urls import shown
from lockenv.index.page_columns import described_by
from lockenv.vocabulary.dataclasses import maker
from lockenv.vocabulary.distribution import Sdist, Wheel
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import Sha256

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.index.page import File
    from lockenv.index.page_columns import PageColumns
    from lockenv.vocabulary import listed_hashes
    from lockenv.vocabulary.listed_hashes import HashList
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.places import Placed
    from lockenv.vocabulary.python_tags import Span
else:
    listed_hashes = late("lockenv.vocabulary.listed_hashes")


_wheel = maker(Wheel)


class IndexReleases:
    """The releases of `name` on one index."""

    def __init__(
        self,
        name: NormalizedName,
        index: str,
        columns: PageColumns,
        policy: Policy,
        pythons: tuple[Span, ...] = (),
    ) -> None:
        """`pythons` are the releases of Python that are locked, as far as they are limited."""
        self.name = name
        self.index = index
        self.columns = columns
        self._pythons = pythons
        self._wheels_allowed = not _names(policy.no_binary, name)
        self._sdists_allowed = not _names(policy.no_build, name)
        self._cutoff = policy.cutoff_of(name).removesuffix("Z")
        exception = policy.past_cutoff.get(name)
        self._past_cutoff = exception.version if exception is not None else ""
        self.untimed = 0
        """Files that the cutoff left out because the index does not say when they were uploaded."""
        self._files: dict[int, list[File]] = {}
        self._wheels: dict[int, tuple[Wheel, ...]] = {}
        self._sources: dict[int, Sdist] = {}
        self._described: dict[int, File] = {}
        self._cut: set[int] = set()
        """Rows of which the cutoff, or hashes that are listed, left only a part."""
        self.refusal = ""
        """Why no file may be locked of what is required, by the hashes that are listed for it; empty where one may."""
        self._rows = self._kept()
        if name in policy.hashes:
            self._rows = self._listed(policy.hashes[name])
        self.stated: dict[int, str] | None = None
        """The Requires-Python that the project states of releases; None where it was not looked for."""
        self.versions: Sequence[str] = (
            columns.versions
            if len(self._rows) == len(columns.versions)
            else [columns.versions[row] for row in self._rows]
        )

    @property
    def yanked_positions(self) -> Sequence[int]:
        """The releases that are yanked."""
        rows = self.columns.yanked_rows()
        if not rows or len(self._rows) == len(self.columns.versions):
            return rows
        return [position for position, row in enumerate(self._rows) if row in rows]

    def requires_python(self, position: int) -> str:
        """Return it as the file says whose metadata counts for the release, unless the project states another."""
        if self.stated and position in self.stated:
            return self.stated[position]
        row = self._rows[position]
        stated = None if row in self._cut else self.columns.requires_python(row)
        return self.described(position).requires_python if stated is None else stated

    def yanked(self, position: int) -> str | None:
        """Return the reason when the release is yanked."""
        return self.columns.yanked(self._rows[position])

    def is_prerelease(self, position: int) -> bool:
        """Return whether the release is a pre-release or a development release."""
        return self.columns.is_prerelease(self._rows[position])

    def wheels(self, position: int) -> Sequence[Wheel]:
        """Return the wheels that policy allows."""
        if not self._wheels_allowed:
            return ()
        found = self._wheels.get(position)
        if found is None:
            found = self._wheels[position] = self._made(position)
        return found

    def _made(self, position: int) -> tuple[Wheel, ...]:
        return tuple(
            [
                _wheel(filename, url, sha256 or None, size, upload_time, provenance)
                for filename, url, sha256, size, upload_time, _, _, _, provenance in self.files(position)
                if filename.endswith(".whl")
            ]
        )

    def sdist(self, position: int) -> Sdist | None:
        """Return the source distribution, if policy allows it."""
        if not self._sdists_allowed or not self.columns.has_sdist(self._rows[position]):
            return None
        found = self._sources.get(position)
        if found is None and not (file := self.files(position)[-1]).filename.endswith(".whl"):
            found = self._sources[position] = _source(file)
        return found

    def placed(self, position: int) -> Placed | None:  # noqa: ARG002 - the same for all
        """Return None: where the project comes from depends on nothing."""
        return None

    def described(self, position: int) -> File:
        """Return the file whose metadata counts for the release.

        A wheel where there is one, even when policy lets none be installed: it has metadata without a build.
        """
        found = self._described.get(position)
        if found is None:
            found = self._described[position] = described_by(self.files(position), self._pythons)
        return found

    def files(self, position: int) -> list[File]:
        """Return the files of a release within the cutoff, also of a kind that policy does not allow."""
        row = self._rows[position]
        found = self._files.get(row)
        if found is None:
            found = self._files[row] = self.columns.files(row)
        return found

    def differing_wheels(self, position: int) -> list[list[File]]:
        """Return the wheels whose metadata is not that of `described`, by the hashes on the page; those alike together.

        Nothing where the page states no hash for it.
        """
        stated = self.described(position).metadata
        found: dict[str, list[File]] = {}
        for file in self.files(position) if stated not in ("", "true") else ():
            if file.filename.endswith(".whl") and file.metadata not in ("", "true", stated):
                found.setdefault(file.metadata, []).append(file)
        return list(found.values())

    def is_attested(self, version: str) -> bool:
        """Return whether the index says who published some file of a version (PEP 740), whatever policy leaves out."""
        columns = self.columns
        if not columns.provenance_prefix or version not in columns.versions:
            return False
        return any(file.provenance for file in columns.files(columns.versions.index(version)))

    def _kept(self) -> Sequence[int]:
        """Return the rows of the releases that policy leaves something of."""
        columns = self.columns
        rows: Sequence[int] = range(len(columns.versions))
        if not (self._wheels_allowed and self._sdists_allowed):
            rows = [
                row
                for row in rows
                if (self._wheels_allowed and columns.has_wheels(row))
                or (self._sdists_allowed and columns.has_sdist(row))
            ]
        return [row for row in rows if self._is_within_cutoff(row)] if self._cutoff else rows

    def _listed(self, lists: Sequence[HashList]) -> Sequence[int]:
        """Return the rows of the releases of which a file may be locked by the hashes that are listed.

        A file whose hash the index does not state may: it is compared when it is known.
        """
        rows: list[int] = []
        required: dict[HashList, None] = {}
        met: set[HashList] = set()
        for row in self._rows:
            about = listed_hashes.about(lists, self.columns.versions[row])
            required |= dict.fromkeys(about)
            files = self._files.get(row) or self.columns.files(row)
            held = [file for file in files if not file.sha256 or listed_hashes.admits(about, file.sha256)]
            if len(held) < len(files):
                self._files[row] = held
                self._cut.add(row)
            if any(map(self._is_allowed, held)):
                rows.append(row)
                met.update(about)
        for one in required:
            if one not in met:
                self.refusal = (
                    f"no file of `{self.name}{one.specifier}` on {shown(self.index)} has a hash that {one.origin} lists"
                )
        return rows

    def _is_within_cutoff(self, row: int) -> bool:
        columns, cutoff = self.columns, self._cutoff
        # "Z" would sort after a fraction of a second, so it takes part in no comparison.
        if columns.newest(row).removesuffix("Z") < cutoff or columns.versions[row] == self._past_cutoff:
            return True
        files = columns.files(row)
        self.untimed += sum(not file.upload_time for file in files)
        held = [file for file in files if file.upload_time and file.upload_time.removesuffix("Z") < cutoff]
        held = [file for file in held if self._is_allowed(file)]
        if held:
            self._files[row] = held
            self._cut.add(row)
        return bool(held)

    def _is_allowed(self, file: File) -> bool:
        return self._wheels_allowed if file.filename.endswith(".whl") else self._sdists_allowed


def _source(file: File) -> Sdist:
    return Sdist(
        filename=file.filename,
        url=file.url,
        sha256=Sha256(file.sha256) if file.sha256 else None,
        size=file.size,
        upload_time=file.upload_time,
        provenance=file.provenance,
    )


def _names(listed: tuple[str, ...], name: NormalizedName) -> bool:
    return name in listed or "*" in listed
