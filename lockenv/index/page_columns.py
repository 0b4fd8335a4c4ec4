"""The compact form of a page as it is read: columns of releases, and the files of those that are looked at.

Pure: bytes go in, and whatever has the bytes behind them; columns come out that build nothing for a release that is not
looked at. Text, so that no version of Python can misread it.

What is said of files is of one of two kinds: lines that `page_cache` wrote, a field behind the other; or the entries of
a JSON page as the index wrote them, which `page_slices` cut out of it.
"""

from __future__ import annotations

import zlib

from lockenv.errors import MachineError
from lockenv.index.page import File
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from lockenv.index import page_slices
    from lockenv.vocabulary import python_tags
    from lockenv.vocabulary.python_tags import Span

    class Rest(Protocol):
        """Bytes that are kept beside the compact form of a page."""

        def part(self, start: int, end: int) -> bytes:
            """Return the bytes from `start` to `end`; less where they are no longer there."""

        def drop(self) -> None:
            """Forget them: they are damaged."""

else:
    page_slices = late("lockenv.index.page_slices")
    python_tags = late("lockenv.vocabulary.python_tags")

FORM = "releases-7"
"""Changes with the layout, so that no release of lockenv reads another's."""
LINES = 11
"""Lines of the compact form before what it says of files."""
NO_TIME = "~"
"""Sorts after every time: a release with a file of unknown time is never wholly within a cutoff."""
SEVERAL = "?"
"""In place of the Requires-Python of a release whose files state several."""
WHEEL, SDIST, BOTH = "w", "s", "b"
CUT = "entries"
"""What the last of the lines begins with where files are entries of JSON; the checksum of each release follows."""
_CHECKSUM = 8
"""Hexadecimal digits."""
_NEW = 8
_SHORT = 1 << 14
"""Bytes of a compact form that are copied at once, rather than looked through line by line."""


class _Held:
    """The end of some bytes."""

    def __init__(self, content: bytes, start: int) -> None:
        self._content = content
        self._start = start

    def part(self, start: int, end: int) -> bytes:
        return self._content[self._start + start : self._start + end]

    def drop(self) -> None:
        pass


class PageColumns:
    """A page of releases, each named by its position, newest first."""

    def __init__(self, lines: Sequence[str], rest: Rest) -> None:
        """`lines` are those of the compact form."""
        status, versions, requires, yanked, self.kinds, self._stable, newest, ends, prefixes, gone, kind = lines
        active, reason, skipped, example, unread, unread_example, variants, variant_example = status.split("\t")
        self.status, self.status_reason = active, reason
        self.skipped = int(skipped)
        """How many entries of files made no sense."""
        self.example = example
        """The name of one of them; empty when none had one."""
        self.unread = int(unread)
        """How many files have a name that cannot be read, and seem newer than every release that can."""
        self.unread_example = unread_example
        self.variants = int(variants)
        """How many files are variant wheels, which are left out."""
        self.variant_example = variant_example
        self.versions: list[str] = versions.split("\t") if self.kinds else []
        self.gone = gone.split("\t") if gone else []
        """Files that were listed once and are no longer, or no longer with a hash: `filename sha256`, sorted."""
        self.prefix, self.provenance_prefix = prefixes.split("\t")
        """What the URLs of all files, and of all provenance objects, begin with; of entries, the root of the page, and
        something where any has a provenance object."""
        self.has_yanked = bool(yanked) and not yanked.isspace()
        """Whether a release is yanked."""
        self._requires, self._yanked, self._newest, self._ends = requires, yanked, newest, ends
        self._checksums = kind.removeprefix(CUT)
        self.is_cut = kind.startswith(CUT)
        """Whether files are entries of JSON."""
        self._rest = rest
        self._split: dict[str, list[str]] = {}
        self._respelled: Mapping[str, str] | None = None

    def _column(self, text: str) -> list[str]:
        """Return the values of a column, which is split when it is first looked at."""
        found = self._split.get(text)
        if found is None:
            found = self._split[text] = text.split("\t")
        return found

    def requires_python(self, position: int) -> str | None:
        """Return the Requires-Python that all files of a release state; None where its files have to be read for it."""
        stated = SEVERAL if self.is_cut else self._column(self._requires)[position]
        return None if stated == SEVERAL else stated

    def yanked(self, position: int) -> str | None:
        """Return the reason where a release is yanked."""
        text = self._column(self._yanked)[position] if self.has_yanked else ""
        return text[1:] if text else None

    def yanked_rows(self) -> list[int]:
        """Return the releases that are yanked."""
        return [row for row, text in enumerate(self._column(self._yanked)) if text] if self.has_yanked else []

    def newest(self, position: int) -> str:
        """Return the latest upload time of a release's files; `~`, after all times, when that of any is unknown."""
        return self._column(self._newest)[position]

    def is_prerelease(self, position: int) -> bool:
        """Return whether a release is a pre-release or a development release."""
        return self._stable[position] == "p"

    def has_wheels(self, position: int) -> bool:
        """Return whether a release has a wheel."""
        return self.kinds[position] != SDIST

    def has_sdist(self, position: int) -> bool:
        """Return whether a release has a source distribution."""
        return self.kinds[position] != WHEEL

    def segment(self, position: int) -> bytes:
        """Return what is said of the files of a release. Raises MachineError when the cache no longer has it."""
        # What is looked at is nearly always among the newest releases of hundreds.
        ends = self._ends.split("\t", position + 1) if position < _NEW else self._column(self._ends)
        found = self._rest.part(int(ends[position - 1]) if position else 0, int(ends[position]))
        if self.is_cut and f"{zlib.crc32(found):08x}" != self._checksums[_CHECKSUM * position :][:_CHECKSUM]:
            self._rest.drop()
            raise MachineError(
                f"what the cache kept of {self.versions[position]} on a page of an index is damaged or was replaced",
                hint="run the command again; the page is fetched again",
            )
        return found

    def files(self, position: int) -> list[File]:
        """Return the usable files of a release: wheels sorted by file name, then its source distribution.

        Raises InputError for entries that contradict themselves, and MachineError as `segment`.
        """
        if self.is_cut:
            return usable(self.listed(position))
        return self.listed(position)

    def listed(self, position: int) -> list[File]:
        """Return the files of a release; of entries, also those that `usable` leaves out. Raises as `files`."""
        segment = self.segment(position).decode()
        if self.is_cut:
            return page_slices.read(segment, self.prefix, self._specifiers())
        return [_file_of(line, self.prefix, self.provenance_prefix) for line in segment.split("\n")]

    def _specifiers(self) -> Mapping[str, str]:
        """Return the canonical Requires-Python by how entries write it, for those that write another."""
        if self._respelled is None:
            pairs = self._requires.split("\t") if self._requires else []
            self._respelled = dict(zip(pairs[::2], pairs[1::2], strict=True))
        return self._respelled


def decode(payload: bytes, rest: Rest | None = None) -> PageColumns:
    """Return the columns that `encode` wrote; `rest` has what is said of files where that is not in `payload`."""
    if len(payload) < _SHORT:
        start = len(payload) - len(payload.split(b"\n", LINES)[-1])
    else:
        start = 0
        for _ in range(LINES):
            start = payload.index(b"\n", start) + 1
    return PageColumns(payload[: start - 1].decode().split("\n"), rest or _Held(payload, start))


def usable(files: list[File]) -> list[File]:
    """Return the wheels sorted by file name, then one source distribution.

    PEP 592: "An installer MUST ignore yanked releases, if the selection constraints can be satisfied with a
    non-yanked version": a yanked file counts only where all of its release are yanked.
    """
    held = [file for file in files if file.yanked is None] or files
    wheels = [file for file in held if file.filename.endswith(".whl")]
    if len(wheels) > 1:
        wheels.sort()
    if len(wheels) == len(held):
        return wheels
    sdists = [file for file in held if not file.filename.endswith(".whl")]
    return [*wheels, min(sdists, key=lambda file: sdist_order(file.filename))]


def sdist_order(filename: str) -> tuple[bool, str]:
    """Return what sorts the source distributions of a release, the one that counts first.

    Source distribution format: .tar.gz is its file format; a .zip is of older tools.
    """
    return not filename.endswith(".tar.gz"), filename


def described_by(files: list[File], pythons: tuple[Span, ...] = ()) -> File:
    """Return the file whose metadata counts for a release: the first wheel by name, of those that come first by this.

    A wheel that a Python in `pythons` can use, which are those of the lockfile: what others require is nothing that it
    would install, and only their Pythons may be what their requirements and Requires-Python are right for. Then one
    whose metadata the index serves beside it, one for every platform, and one for Python 3.

    Wheels of one release may differ in their metadata; the choice is the same for every machine. `files` are as
    `PageColumns.files` returns them.
    """
    found = [file for file in files if file.filename.endswith(".whl")]
    if not found:
        return files[-1]
    first = _first(found)
    if pythons and len(found) > 1 and not python_tags.serves(first.filename, pythons):
        # Where the first of all serves them, it is the first of those that do.
        serves = python_tags.serves
        return _first([file for file in found if serves(file.filename, pythons)] or found)
    return first


def _first(wheels: list[File]) -> File:
    if len(wheels) > 1:
        wheels = [file for file in wheels if file.metadata] or wheels
        wheels = [file for file in wheels if file.filename.endswith("-any.whl")] or wheels
        wheels = [file for file in wheels if "-cp3" in file.filename or "py3" in file.filename] or wheels
    return wheels[0]


def _file_of(line: str, prefix: str, proofs: str) -> File:
    filename, rest, sha256, size, upload_time, requires_python, yanked, metadata, proved = line.split("\t")
    url = prefix + rest
    return File(
        filename,
        url + filename if url.endswith("/") else url,
        sha256,
        int(size) if size else None,
        upload_time,
        requires_python,
        yanked[1:] if yanked else None,
        metadata,
        (proofs + proved).replace("*", filename, 1) if proved else "",
    )
