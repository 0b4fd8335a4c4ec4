"""Edit the requirements of a requirements file line by line.

Pure: the text and what is to change go in; the new text comes out, every other line as it was, line ends included.
Files that it includes are not followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.project import messages
from lockenv.project.edit import EditedFile
from lockenv.project.requested import RequestedRequirement, read
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockenv.vocabulary.names import NormalizedName

_LINE = lazy_pattern(r"[^\n]*\n|[^\n]+")
_COMMENT = lazy_pattern(r"(?:^|(?<!\s)\s++)#.*$")


def added(text: str, file: str, wanted: Sequence[RequestedRequirement]) -> EditedFile:
    """Return `text` with `wanted` declared.

    Merged into the line of the same name and marker, or on lines at its end.
    """
    lines = _LINE.findall(text)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    unbounded: dict[NormalizedName, None] = {}
    for one in wanted:
        if _merged(lines, file, one):
            continue
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += end
        lines.append(f"{one}{end}")
        if not (one.specifier or one.url):
            unbounded[one.normalized] = None
    return EditedFile(text="".join(lines), unbounded=tuple(unbounded))


def removed(text: str, file: str, names: Sequence[str]) -> EditedFile:
    """Return `text` without the lines that require `names`. Raises UsageError for a name that is not there."""
    lines = _LINE.findall(text)
    for name in names:
        at = [number for number, line in enumerate(lines) if _is_of(_requirement(line), name)]
        if not at:
            known = [one.normalized for one in map(_requirement, lines) if one]
            near = messages.suggestion(normalize(name), known)
            raise UsageError(f"{name} is not in {file}{near}", hint=messages.declared_hint(name, known))
        for number in reversed(at):
            _check_whole(lines, number, file)
            del lines[number]
    return EditedFile(text="".join(lines))


def declared_of(text: str, names: Collection[NormalizedName]) -> tuple[str, ...]:
    """Return the requirements of `names` in `text`, in their order."""
    found = map(_requirement, _LINE.findall(text))
    return tuple(str(one) for one in found if one and one.normalized in names)


def _merged(lines: list[str], file: str, wanted: RequestedRequirement) -> bool:
    for number, line in enumerate(lines):
        one = _requirement(line)
        if one is None or (one.normalized, one.canonical_marker) != (wanted.normalized, wanted.canonical_marker):
            continue
        merged = one.merged(wanted)
        if merged != one:
            _check_whole(lines, number, file)
            bare = _COMMENT.sub("", line.rstrip("\r\n"))
            lines[number] = line.replace(bare.strip(), str(merged), 1)
        return True
    return False


def _requirement(line: str) -> RequestedRequirement | None:
    return read(_COMMENT.sub("", line.strip()).removesuffix("\\").strip())


def _is_of(one: RequestedRequirement | None, name: str) -> bool:
    return one is not None and one.normalized == normalize(name)


def _check_whole(lines: Sequence[str], number: int, file: str) -> None:
    before = lines[number - 1] if number else ""
    if any(line.rstrip("\r\n").endswith("\\") for line in (before, lines[number])):
        raise UsageError(f"{file}:{number + 1} is part of a continued line", hint="edit it by hand")
