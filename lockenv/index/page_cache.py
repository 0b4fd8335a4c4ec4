"""The compact form of a page: made once when the page arrives, and read at once from then on.

Pure: a Page goes in and bytes come out; from those bytes, columns of releases that build nothing for a release that
is not looked at. Text, so that no version of Python can misread it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockenv.errors import RefusedError
from lockenv.index.page import File
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import Key, is_prerelease, read_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockenv.index.page import Page
    from lockenv.vocabulary.names import NormalizedName

FORM = "releases-5"
"""Changes with the layout, so that no release of lockenv reads another's."""

_NUMBER = lazy_pattern(r"[-_.]v?(\d{1,12}(?:\.\d{1,12}){0,9})", "a")
"""Where a file name that cannot be read seems to have its version."""
_PYTHON_TAG = lazy_pattern(r"[a-z]+[0-9]", "a")
_LABEL = lazy_pattern(r"[0-9a-z._]{1,16}", "a")
_WHEEL, _SDIST, _BOTH = "w", "s", "b"
_DASHES = 4
"""In the name of a wheel without a build tag."""
_LINES = 10
"""Lines of the compact form before what it says of files."""
_SHORT = 1 << 14
"""Bytes of a compact form that are copied at once, rather than looked through line by line."""
_MOST_GONE = 100_000
_NO_TIME = "~"
"""Sorts after every time: a release with a file of unknown time is never wholly within a cutoff."""


class PageColumns(NamedTuple):
    """A page of releases, each named by its position, newest first."""

    status: str
    status_reason: str
    skipped: int
    """How many entries of files made no sense."""
    example: str
    """The name of one of them; empty when none had one."""
    unread: int
    """How many files have a name that cannot be read, and seem newer than every release that can."""
    unread_example: str
    variants: int
    """How many files are variant wheels, which are left out."""
    variant_example: str
    versions: list[str]
    requires_python: list[str]
    yanked: list[str]
    """Empty when not yanked; the reason after a `y` when it is."""
    kinds: str
    """One letter for each release: wheels, source distributions, both."""
    stable: str
    """One letter for each release: `p` for a pre-release, `-` for another."""
    newest: list[str]
    """The latest upload time of the release's files; `~`, after all times, when that of any is unknown."""
    ends: list[str]
    """Where the segment of each release ends."""
    prefix: str
    """What the URLs of all files begin with."""
    provenance_prefix: str
    """What the URLs of all provenance objects begin with."""
    gone: list[str]
    """Files that were listed once and are no longer, or no longer with a hash: `filename sha256`, sorted."""
    segments: bytes
    """What is said of files; in front of it, up to `start`, is what was read into the other columns."""
    start: int

    def has_wheels(self, position: int) -> bool:
        """Return whether a release has a wheel."""
        return self.kinds[position] != _SDIST

    def has_sdist(self, position: int) -> bool:
        """Return whether a release has a source distribution."""
        return self.kinds[position] != _WHEEL

    def files(self, position: int) -> list[File]:
        """Return the usable files of a release: wheels sorted by file name, then its source distribution."""
        start = int(self.ends[position - 1]) if position else 0
        segment = self.segments[self.start + start : self.start + int(self.ends[position])].decode()
        return [_file_of(line, self.prefix, self.provenance_prefix) for line in segment.split("\n")]


def encode(page: Page, project: NormalizedName, gone: Iterable[str] = ()) -> bytes:
    """Return the compact form of what `page` lists of `project`; files of other projects are left out.

    `gone` is kept as it is.

    Raises RefusedError `changed-on-index` when the page lists one file name with two hashes.
    """
    files = _distinct(page.files)
    releases, unread = _grouped(files, project)
    order = sorted(releases, reverse=True)
    variants = [filename for filename in unread if _is_variant(filename, project)]
    newer = _newer((name for name in unread if not _is_of_variants(name, variants)), order, project)
    prefix = _common_prefix([file.url for key in order for file in releases[key][1]])
    kept = [_usable(releases[key][1]) for key in order]
    proved = [_without_name(file) if file.provenance else "" for files in kept for file in files]
    proofs = _common_prefix(list(filter(None, proved)))
    segments = _segments(kept, prefix, [url[len(proofs) :] for url in proved] if proofs else proved)
    ends, end = [], 0
    for segment in segments:
        end += len(segment) if segment.isascii() else len(segment.encode())
        ends.append(str(end))
    lines = (
        f"{page.status}\t{page.status_reason}\t{page.skipped}\t{page.example}\t{len(newer)}\t{min(newer, default='')}"
        f"\t{len(variants)}\t{min(variants, default='')}",
        "\t".join([releases[key][0] for key in order]),
        "\t".join([described_by(files).requires_python for files in kept]),
        "\t".join(["" if files[0].yanked is None else f"y{files[0].yanked}" for files in kept]),
        "".join(map(_kind, kept)),
        "".join(["p" if is_prerelease(key) else "-" for key in order]),
        "\t".join(map(_newest, kept)),
        "\t".join(ends),
        f"{prefix}\t{proofs}",
        "\t".join(gone),
    )
    return ("\n".join(lines) + "\n" + "".join(segments)).encode()


def decode(payload: bytes) -> PageColumns:
    """Return the columns that `encode` wrote."""
    if len(payload) < _SHORT:
        start = len(payload) - len(payload.split(b"\n", _LINES)[-1])
    else:
        start = 0
        for _ in range(_LINES):
            start = payload.index(b"\n", start) + 1
    head = payload[: start - 1].decode().split("\n")
    status, versions, requires, yanked, kinds, stable, newest, ends, prefixes, gone = head
    prefix, proofs = prefixes.split("\t")
    active, reason, skipped, example, unread, unread_example, variants, variant_example = status.split("\t")
    facts = (active, reason, int(skipped), example, int(unread), unread_example, int(variants), variant_example)
    left = gone.split("\t") if gone else []
    if not kinds:
        return PageColumns(*facts, [], [], [], "", "", [], [], "", "", left, b"", 0)
    return PageColumns(
        *facts,
        versions.split("\t"),
        requires.split("\t"),
        yanked.split("\t"),
        kinds,
        stable,
        newest.split("\t"),
        ends.split("\t"),
        prefix,
        proofs,
        left,
        payload,
        start,
    )


def unchanged(before: bytes, page: Page, url: str) -> list[str]:
    """Return what `page` no longer says of the files in the compact form `before`, for `encode` to keep.

    Raises RefusedError `changed-on-index` when it has other bytes for a file. A file that is gone, or new, is no
    change; but a name is never used for other bytes, even if the index withdrew the file meanwhile.
    """
    columns = decode(before)
    seen = dict(pair.split(" ") for pair in columns.gone)
    for row in range(len(columns.versions)):
        seen.update({file.filename: file.sha256 for file in columns.files(row) if file.sha256})
    for file in page.files:
        first = seen.pop(file.filename, file.sha256) if file.sha256 else ""
        if first != file.sha256:
            raise RefusedError(
                "changed-on-index",
                f"hash of {file.filename} changed on {url}: sha256 {first} before, {file.sha256} now",
                hint="find out why the file changed; run `lockenv cache clean` to discard the earlier hash",
            )
    return sorted(f"{filename} {sha256}" for filename, sha256 in seen.items())[:_MOST_GONE]


def described_by(files: list[File]) -> File:
    """Return the file whose metadata counts for a release: a wheel for every platform where there is one.

    Wheels of one release may differ in their metadata; the choice is the same for every machine. `files` are as
    `PageColumns.files` returns them.
    """
    found = [file for file in files if file.filename.endswith(".whl")]
    if len(found) > 1:
        found = [file for file in found if file.metadata] or found
        found = [file for file in found if file.filename.endswith("-any.whl")] or found
        found = [file for file in found if "-cp3" in file.filename or "py3" in file.filename] or found
    return found[0] if found else files[-1]


def _distinct(files: list[File]) -> list[File]:
    """Return each file once; raises RefusedError when entries of one name contradict each other."""
    by_name = {file.filename: file for file in files}
    if len(by_name) == len(files):
        return files
    for file in files:
        if by_name[file.filename].sha256 != file.sha256:
            raise RefusedError(
                "changed-on-index",
                f"{file.filename}: the index lists this file with two different hashes",
                hint="report it to the index; until it is fixed, exclude this release",
            )
    return list(by_name.values())


def _grouped(files: Iterable[File], project: NormalizedName) -> tuple[dict[Key, tuple[str, list[File]]], list[str]]:
    """Return the files by version, each with the shortest way it is spelled, and the names that cannot be read."""
    written: dict[str, list[File]] = {}
    unread: list[str] = []
    own: set[str] = {project}
    known: dict[str, tuple[str, Key] | None] = {}
    # Pages list the files of a release one after the other: what the last one began with, up to the dash after its
    # version, nearly every file begins with.
    begun, release = "\n", list[File]()
    for file in files:
        filename = file.filename
        if filename.startswith(begun) and filename.endswith(".whl") and filename.count("-") == _DASHES:
            release.append(file)
            continue
        text = _written_version(filename, project, own, known)
        if text is None:
            unread.append(filename)
            continue
        release = written.setdefault(text, [])
        release.append(file)
        begun = "-".join([*filename.split("-", 2)[:2], ""]) if filename.endswith(".whl") else "\n"
    releases: dict[Key, tuple[str, list[File]]] = {}
    for text, listed in written.items():
        found = _read(text, known)
        if found is not None:
            spelled, held = releases.get(found[1], (found[0], []))
            releases[found[1]] = (min(spelled, found[0], key=lambda text: (len(text), text)), held + listed)
        else:
            unread += [file.filename for file in listed]
    return releases, unread


def _is_variant(filename: str, project: NormalizedName) -> bool:
    """Return whether a name is one of a wheel of `project` with a variant label behind its tags (PEP 825, a draft)."""
    if not filename.endswith(".whl"):
        return False
    name, _, *rest = filename[:-4].split("-") if filename.count("-") > _DASHES else ("", "")
    is_built = bool(rest) and rest[0][:1].isdecimal()
    if len(rest) != _DASHES + is_built or not _PYTHON_TAG.match(rest[is_built]) or normalize(name) != project:
        return False
    return _LABEL.fullmatch(rest[-1]) is not None


def _is_of_variants(filename: str, variants: Collection[str]) -> bool:
    """Return whether a file is a variant wheel, or what an index says of those of a release (PEP 825, a draft)."""
    return filename in variants or filename.endswith("-variants.json")


def _newer(unread: Iterable[str], order: list[Key], project: NormalizedName) -> list[str]:
    """Return the names, of those that cannot be read, that seem to be of a release newer than all in `order`.

    Only where such a release is missing does an answer depend on them: old projects have names of all kinds.
    """
    newest = next((key for key in order if not is_prerelease(key)), order[0] if order else None)
    found = []
    for filename in unread:
        # As many characters as the project has letters and dashes may spell it.
        seen = _NUMBER.search(filename, len(project))
        if seen is None or normalize(filename[: seen.start()]) != project:
            continue
        if newest is None or read_version(seen[1])[1] > newest:
            found.append(filename)
    return found


def _written_version(
    filename: str, project: NormalizedName, own: set[str], known: dict[str, tuple[str, Key] | None]
) -> str | None:
    """Return the version in a file name as written; None when the name is not one of a file of `project`."""
    if filename.endswith(".whl"):
        # Binary distribution format: {distribution}-{version}(-{build tag})?-{python tag}-{abi tag}-{platform tag}.whl
        dashes = filename.count("-")
        if dashes not in (_DASHES, _DASHES + 1):
            return None
        name, version, tags = filename.split("-", 2)
        if (dashes == _DASHES + 1 and not tags[:1].isdecimal()) or (name not in own and normalize(name) != project):
            return None
        own.add(name)
        return version
    stem = filename[: -7 if filename.endswith(".tar.gz") else -4]
    # Old names hold dashes in the project and even in the version, so every dash may be the one between them.
    at = stem.find("-")
    while at >= 0:
        name, text = stem[:at], stem[at + 1 :]
        if (name in own or normalize(name) == project) and _read(text, known) is not None:
            own.add(name)
            return text
        at = stem.find("-", at + 1)
    return None


def _read(text: str, known: dict[str, tuple[str, Key] | None]) -> tuple[str, Key] | None:
    if text not in known:
        try:
            known[text] = read_version(text)
        except ValueError:
            known[text] = None
    return known[text]


def _usable(files: list[File]) -> list[File]:
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
    # Source distribution format: .tar.gz is its file format; a .zip is of older tools.
    return [*wheels, min(sdists, key=lambda file: (not file.filename.endswith(".tar.gz"), file.filename))]


def _common_prefix(texts: list[str]) -> str:
    # What the first and the last in sorted order begin with, all between them begin with.
    first, last = min(texts, default=""), max(texts, default="")
    same = 0
    while same < len(first) and first[same] == last[same]:
        same += 1
    # Up to a slash, so that what is left of a URL holds its whole last part.
    return first[: first.rfind("/", 0, same) + 1]


def _newest(files: list[File]) -> str:
    times = [file.upload_time for file in files]
    return _NO_TIME if "" in times else max(times)


def _kind(files: list[File]) -> str:
    if files[-1].filename.endswith(".whl"):
        return _WHEEL
    return _BOTH if len(files) > 1 else _SDIST


def _segments(releases: list[list[File]], prefix: str, proved: list[str]) -> list[str]:
    """Return the lines of the files of each release; made column by column, as there are thousands.

    `proved` are the URLs of all their provenance objects, cut.
    """
    if not releases:
        return []
    names, urls, digests, sizes, times, pythons, reasons, metadata, _ = zip(
        *[file for files in releases for file in files], strict=True
    )
    cut = len(prefix)
    rests = [
        url[cut : -len(name)] if url.endswith(f"/{name}") else url[cut:] for name, url in zip(names, urls, strict=True)
    ]
    lengths = ["" if size is None else str(size) for size in sizes]
    yanked = ["" if reason is None else f"y{reason}" for reason in reasons]
    columns = zip(names, rests, digests, lengths, times, pythons, yanked, metadata, proved, strict=True)
    lines = list(map("\t".join, columns))
    segments, start = [], 0
    for files in releases:
        segments.append("\n".join(lines[start : start + len(files)]))
        start += len(files)
    return segments


def _without_name(file: File) -> str:
    """Return the URL of the provenance object of a file, an asterisk in place of the name: most are of one form."""
    return file.provenance.replace(f"/{file.filename}/", "/*/", 1)


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
