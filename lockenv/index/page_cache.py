"""The compact form of a page: made once when the page arrives, and read by `page_columns` from then on.

Pure: a Page, or what `page_cutter` cut out of one, goes in and bytes come out.
"""

from __future__ import annotations

import zlib
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

from lockenv.errors import RefusedError
from lockenv.index.file_runs import DASHES, FileRuns, read, taken, written_version
from lockenv.index.file_values import yanked
from lockenv.index.page_columns import BOTH, CUT, NO_TIME, SDIST, SEVERAL, WHEEL, sdist_order, usable
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import Key, is_prerelease, read_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from lockenv.index.page import File, Page
    from lockenv.index.page_columns import PageColumns
    from lockenv.index.page_cutter import PageSlices
    from lockenv.vocabulary.names import NormalizedName

_NUMBER = lazy_pattern(r"[-_.]v?(\d{1,12}(?:\.\d{1,12}){0,9})", "a")
"""Where a file name that cannot be read seems to have its version."""
_PYTHON_TAG = lazy_pattern(r"[a-z]+[0-9]", "a")
_LABEL = lazy_pattern(r"[0-9a-z._]{1,16}", "a")
_MOST_GONE = 100_000

_T = TypeVar("_T")
_Releases = dict[Key, tuple[str, list[_T]]]
"""What is grouped by version, each with the shortest way it is spelled."""


def encode(page: Page, project: NormalizedName, gone: Iterable[str] = ()) -> bytes:
    """Return the compact form of what `page` lists of `project`; files of other projects are left out.

    `gone` is kept as it is.

    Raises RefusedError `changed-on-index` when the page lists one file name with two hashes.
    """
    files = _distinct(page.files)
    releases, unread = grouped([(file.filename, file) for file in files], project)
    order = sorted(releases, reverse=True)
    prefix = _common_prefix([file.url for key in order for file in releases[key][1]])
    kept = [usable(releases[key][1]) for key in order]
    proved = [_without_name(file) if file.provenance else "" for files in kept for file in files]
    proofs = _common_prefix(list(filter(None, proved)))
    segments = _segments(kept, prefix, [url[len(proofs) :] for url in proved] if proofs else proved)
    ends, end = [], 0
    for segment in segments:
        end += len(segment) if segment.isascii() else len(segment.encode())
        ends.append(str(end))
    lines = (
        f"{page.status}\t{page.status_reason}\t{page.skipped}\t{page.example}\t{_unusual(unread, order, project)}",
        "\t".join([releases[key][0] for key in order]),
        "\t".join(map(_stated_python, kept)),
        "\t".join(["" if files[0].yanked is None else f"y{files[0].yanked}" for files in kept]),
        "".join(map(_kind, kept)),
        "".join(["p" if is_prerelease(key) else "-" for key in order]),
        "\t".join(map(_newest, kept)),
        "\t".join(ends),
        f"{prefix}\t{proofs}",
        "\t".join(gone),
        "",
    )
    return ("\n".join(lines) + "\n" + "".join(segments)).encode()


def encode_slices(slices: PageSlices, project: NormalizedName, root: str) -> tuple[list[str], list[memoryview | bytes]]:
    """Return the lines of the compact form of what was cut out of a page, and the entries of each release.

    The last line has the checksums of these.
    `root` is what comes before a URL that begins with a slash. No file is gone in them: see `withdrawn`.
    """
    names = slices.filenames
    runs = FileRuns(names, project)
    releases = runs.releases
    order = sorted(releases, reverse=True)
    listed = [releases[key][1] for key in order]
    segments = _cut_out(slices, listed)
    held = [_held(numbers, slices.yanked) for numbers in listed] if slices.yanked else listed
    lines = [
        f"{slices.status}\t{slices.status_reason}\t0\t\t{_unusual(runs.unread, order, project)}",
        "\t".join([releases[key][0] for key in order]),
        "\t".join([text for pair in slices.respelled.items() for text in pair]),
        "\t".join([_reason(slices, numbers) for numbers in held]) if slices.yanked else "\t" * (len(order) - 1),
        "".join([_kind_of(names, numbers) for numbers in held]),
        "".join(["p" if is_prerelease(key) else "-" for key in order]),
        "\t".join(_newest_times(slices.times, held)),
        "\t".join(map(str, accumulate(map(len, segments)))),
        f"{root}\t{'https://' if slices.is_proved else ''}",
        "",
        CUT + "".join([f"{zlib.crc32(segment):08x}" for segment in segments]),
    ]
    return lines, segments


def _cut_out(slices: PageSlices, listed: list[range | list[int]]) -> list[memoryview | bytes]:
    """Return the entries of each release, a comma between each and the next."""
    content, ends = memoryview(slices.content), slices.ends
    return [
        content[ends[numbers.start] + numbers.start : ends[numbers.stop] + numbers.stop - 1]
        if isinstance(numbers, range)
        else b",".join([content[ends[number] + number : ends[number + 1] + number] for number in numbers])
        for numbers in listed
    ]


def _newest_times(times: list[str], held: list[range | list[int]]) -> list[str]:
    """Return the latest upload time of each release; see `_latest`."""
    if "" in times:
        return [_latest(taken(times, numbers)) for numbers in held]
    return [
        max(times[numbers.start : numbers.stop])
        if isinstance(numbers, range)
        else max([times[number] for number in numbers])
        for numbers in held
    ]


def _held(numbers: range | list[int], values: list[bool | str | None]) -> range | list[int]:
    """Return the files of a release that count (see `usable`); `values` say which are yanked."""
    if not any(taken(values, numbers)):
        return numbers
    return [number for number in numbers if not values[number]] or numbers


def _reason(slices: PageSlices, numbers: range | list[int]) -> str:
    """Return what is noted of why a release is yanked, of which the files at `numbers` count; empty where it is not."""
    if not slices.yanked[numbers[0]]:
        return ""
    names = slices.filenames
    wheels = [number for number in numbers if names[number].endswith(".whl")]
    order = names.__getitem__ if wheels else lambda number: sdist_order(names[number])
    return f"y{yanked(slices.yanked[min(wheels or numbers, key=order)]) or ''}"


def joined(lines: Iterable[str], gone: Iterable[str]) -> bytes:
    """Return the compact form with these lines, in front of the entries; `gone` is kept in it."""
    *before, _, kind = lines
    return "\n".join([*before, "\t".join(gone), kind, ""]).encode()


def unchanged(before: PageColumns, page: Page, url: str) -> list[str]:
    """Return what `page` no longer says of the files in the compact form `before`, for `encode` to keep.

    Raises RefusedError `changed-on-index` when it has other bytes for a file. A file that is gone, or new, is no
    change; but a name is never used for other bytes, even if the index withdrew the file meanwhile.
    """
    seen = _digests(before, range(len(before.versions)))
    return _withdrawn(seen, page.files, url)


def withdrawn(before: PageColumns, now: PageColumns, url: str) -> list[str]:
    """Return what `unchanged` does for a page of which entries were cut out; those of most releases are the same."""
    rows, changed = [*range(len(now.versions))], [*range(len(before.versions))]
    if before.is_cut and before.prefix == now.prefix:
        same = {(version, before.segment(row)) for row, version in enumerate(before.versions)}
        same &= {(version, now.segment(row)) for row, version in enumerate(now.versions)}
        rows = [row for row, version in enumerate(now.versions) if (version, now.segment(row)) not in same]
        changed = [row for row, version in enumerate(before.versions) if (version, before.segment(row)) not in same]
    return _withdrawn(_digests(before, changed), [file for row in rows for file in now.listed(row)], url)


def _digests(columns: PageColumns, rows: Iterable[int]) -> dict[str, str]:
    """Return the sha256 of the files in `rows`, and of those that are gone, by file name."""
    seen = dict(pair.split(" ") for pair in columns.gone)
    for row in rows:
        seen.update({file.filename: file.sha256 for file in columns.listed(row) if file.sha256})
    return seen


def _withdrawn(seen: dict[str, str], files: Iterable[File], url: str) -> list[str]:
    """Return what is not among `files` of what was `seen`. Raises RefusedError where one has another hash now."""
    for file in files:
        first = seen.pop(file.filename, file.sha256) if file.sha256 else ""
        if first != file.sha256:
            raise RefusedError(
                "changed-on-index",
                f"hash of {file.filename} changed on {url}: sha256 {first} before, {file.sha256} now",
                hint="find out why the file changed; run `lockenv cache clean` to discard the earlier hash",
            )
    return sorted(f"{filename} {sha256}" for filename, sha256 in seen.items())[:_MOST_GONE]


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


def grouped(files: Iterable[tuple[str, _T]], project: NormalizedName) -> tuple[_Releases[_T], list[str]]:
    """Return what has a file name by version, and the names that cannot be read."""
    written: dict[str, list[tuple[str, _T]]] = {}
    unread: list[str] = []
    own: set[str] = {project}
    known: dict[str, tuple[str, Key] | None] = {}
    # Pages list the files of a release one after the other: what the last one began with, up to the dash after its
    # version, nearly every file begins with.
    begun, release = "\n", list[tuple[str, _T]]()
    for pair in files:
        filename = pair[0]
        if filename.startswith(begun) and filename.endswith(".whl") and filename.count("-") == DASHES:
            release.append(pair)
            continue
        text = written_version(filename, project, own, known)
        if text is None:
            unread.append(filename)
            continue
        release = written.setdefault(text, [])
        release.append(pair)
        begun = "-".join([*filename.split("-", 2)[:2], ""]) if filename.endswith(".whl") else "\n"
    releases: _Releases[_T] = {}
    for text, pairs in written.items():
        found = read(text, known)
        if found is not None:
            spelled, held = releases.get(found[1], (found[0], []))
            listed = [each for _, each in pairs]
            releases[found[1]] = (min(spelled, found[0], key=lambda text: (len(text), text)), held + listed)
        else:
            unread += [filename for filename, _ in pairs]
    return releases, unread


def _unusual(unread: Sequence[str], order: list[Key], project: NormalizedName) -> str:
    """Return what is noted of file names that cannot be read, and of variant wheels, each with an example."""
    variants = [filename for filename in unread if _is_variant(filename, project)]
    newer = _newer((name for name in unread if not _is_of_variants(name, variants)), order, project)
    return f"{len(newer)}\t{min(newer, default='')}\t{len(variants)}\t{min(variants, default='')}"


def _is_variant(filename: str, project: NormalizedName) -> bool:
    """Return whether a name is one of a wheel of `project` with a variant label behind its tags (PEP 825, a draft)."""
    if not filename.endswith(".whl"):
        return False
    name, _, *rest = filename[:-4].split("-") if filename.count("-") > DASHES else ("", "")
    is_built = bool(rest) and rest[0][:1].isdecimal()
    if len(rest) != DASHES + is_built or not _PYTHON_TAG.match(rest[is_built]) or normalize(name) != project:
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


def _common_prefix(texts: list[str]) -> str:
    # What the first and the last in sorted order begin with, all between them begin with.
    first, last = min(texts, default=""), max(texts, default="")
    same = 0
    while same < len(first) and first[same] == last[same]:
        same += 1
    # Up to a slash, so that what is left of a URL holds its whole last part.
    return first[: first.rfind("/", 0, same) + 1]


def _stated_python(files: list[File]) -> str:
    stated = {file.requires_python for file in files}
    return stated.pop() if len(stated) == 1 else SEVERAL


def _newest(files: list[File]) -> str:
    return _latest([file.upload_time for file in files])


def _latest(times: Sequence[str]) -> str:
    return NO_TIME if "" in times else max(times)


def _kind(files: list[File]) -> str:
    if files[-1].filename.endswith(".whl"):
        return WHEEL
    return BOTH if len(files) > 1 else SDIST


def _kind_of(filenames: list[str], numbers: range | list[int]) -> str:
    """Return the same of files by their names, in the order of `FileRuns` or any; of several sdists, one counts."""
    if isinstance(numbers, range):
        if filenames[numbers[-1]].endswith(".whl"):
            return WHEEL
        return BOTH if filenames[numbers[0]].endswith(".whl") else SDIST
    names = [filenames[number] for number in numbers]
    wheels = sum([name.endswith(".whl") for name in names])
    return WHEEL if wheels == len(names) else BOTH if wheels else SDIST


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
