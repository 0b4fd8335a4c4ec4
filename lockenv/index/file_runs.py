"""Which releases the files of a page are of, by their names: run by run, as pages list a release's files together.

Pure: file names go in, in the order of the page; their positions come out, by version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import Key, read_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.vocabulary.names import NormalizedName

_T = TypeVar("_T")

DASHES = 4
"""In the name of a wheel without a build tag."""
_RUN = lazy_pattern(
    r"([^-\n]++)-([^-\n]++)(?:-[^-\n]++){3}(?<=\.whl)\n"
    r"(?:\1-\2(?:-[^-\n]++){3}(?<=\.whl)\n)*+(?:\1-\2\.(?:tar\.gz|zip)\n)*+"
    r"|[^\n]*+\n"
)
"""The wheels of a release without build tags, and what is named like them and is none; or any other one file."""


class FileRuns:
    """The names of the files of one project."""

    def __init__(self, names: Sequence[str], project: NormalizedName) -> None:
        self._names = names
        self._project = project
        self._own: set[str] = {project}
        """How names spell the project."""
        self._known: dict[str, tuple[str, Key] | None] = {}
        self.unread: list[str] = []
        """The names that cannot be read, in no certain order."""
        self.releases: dict[Key, tuple[str, range | list[int]]] = {}
        """The positions of the files of each version, with the shortest way it is spelled. A range is of wheels, of
        source distributions, or of both in this order."""
        for text, runs in self._written().items():
            self._add(text, runs)

    def _written(self) -> dict[str, list[range]]:
        """Return the runs of files by the version that is written in their names."""
        written: dict[str, list[range]] = {}
        own, start = self._own, 0
        for found in _RUN.finditer("\n".join(self._names) + "\n" if self._names else ""):
            name, text = found.groups()
            end = start + found[0].count("\n")
            if text is not None and (name in own or normalize(name) == self._project):
                own.add(name)
                written.setdefault(text, []).append(range(start, end))
            else:
                for number in range(start, end):
                    self._add_one(number, written)
            start = end
        return written

    def _add_one(self, number: int, written: dict[str, list[range]]) -> None:
        filename = self._names[number]
        text = written_version(filename, self._project, self._own, self._known)
        if text is None:
            self.unread.append(filename)
        else:
            written.setdefault(text, []).append(range(number, number + 1))

    def _add(self, text: str, runs: list[range]) -> None:
        """Add the files in whose names a version is written so."""
        numbers = runs[0] if len(runs) == 1 else [number for run in runs for number in run]
        found = read(text, self._known)
        if found is None:
            self.unread += [self._names[number] for number in numbers]
            return
        spelled, key = found
        before = self.releases.get(key)
        if before is not None:
            spelled, numbers = min(before[0], spelled, key=_length), [*before[1], *numbers]
        self.releases[key] = (spelled, numbers)


def _length(spelled: str) -> tuple[int, str]:
    return len(spelled), spelled


def taken(column: Sequence[_T], numbers: range | list[int]) -> Sequence[_T]:
    """Return the values of a column at some positions."""
    if isinstance(numbers, range):
        return column[numbers.start : numbers.stop]
    return [column[number] for number in numbers]


def written_version(
    filename: str, project: NormalizedName, own: set[str], known: dict[str, tuple[str, Key] | None]
) -> str | None:
    """Return the version in a file name as written; None when the name is not one of a file of `project`.

    `own` are ways to spell the project, and `known` are versions, as `read` knows them; both grow.
    """
    if filename.endswith(".whl"):
        # Binary distribution format: {distribution}-{version}(-{build tag})?-{python tag}-{abi tag}-{platform tag}.whl
        dashes = filename.count("-")
        if dashes not in (DASHES, DASHES + 1):
            return None
        name, version, tags = filename.split("-", 2)
        if (dashes == DASHES + 1 and not tags[:1].isdecimal()) or (name not in own and normalize(name) != project):
            return None
        own.add(name)
        return version
    stem = filename[: -7 if filename.endswith(".tar.gz") else -4]
    # Old names hold dashes in the project and even in the version, so every dash may be the one between them.
    at = stem.find("-")
    while at >= 0:
        name, text = stem[:at], stem[at + 1 :]
        if (name in own or normalize(name) == project) and read(text, known) is not None:
            own.add(name)
            return text
        at = stem.find("-", at + 1)
    return None


def read(text: str, known: dict[str, tuple[str, Key] | None]) -> tuple[str, Key] | None:
    """Return what `read_version` returns; None for what is no version."""
    if text not in known:
        try:
            known[text] = read_version(text)
        except ValueError:
            known[text] = None
    return known[text]
