"""Requirements files whose lines pin releases, as `pip freeze`, pip-tools and others write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.project import messages
from lockenv.project.foreign.pinned import ForeignPin, ForeignPins, fault, merged, pinned
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMMENT = lazy_pattern(r"(?:^|(?<!\s)\s++)#.*$")
"""Whitespace is tried once, from its beginning: a long run of it costs no more than its length."""
_OPTIONS = lazy_pattern(r"(?<!\s)\s++--[a-z-]+(?:[= ]\S+)?")
_HASH = lazy_pattern(r"\s--hash[= ]['\"]?(sha256:[0-9A-Fa-f]{64})\b")
_EXACT = lazy_pattern(r"===?([^,*]+)")


def read(text: str, file: str) -> ForeignPins:
    """Return what a requirements file pins; files that it includes are named and not followed."""
    return collected(_logical(text), file)


def collected(written: Iterable[tuple[int, str]], file: str, python: str = "", left: Iterable[str] = ()) -> ForeignPins:
    """Return what numbered lines pin. Raises InputError for one that is no requirement."""
    pins: list[ForeignPin] = []
    others = list(left)
    listed: list[str] = []
    for number, line in written:
        if line.startswith("-"):
            if line.startswith(("-r", "-e", "-c", "--requirement", "--editable", "--constraint")):
                others.append(f"line {number} was ignored: `{messages.without_secrets(line)}`")
            continue
        requirement = _OPTIONS.sub("", line).strip()
        if messages.is_place(requirement):
            others.append(f"line {number} names no release of an index: `{messages.without_secrets(line)}`")
            continue
        try:
            parsed = parse(requirement)
        except ValueError as error:
            reason, _ = messages.reason_and_offset(error, requirement)
            source = messages.without_secrets(line)
            raise fault(
                file, number, f"this is not a requirement: {reason}", messages.requirement_hint(requirement), source
            ) from error
        if parsed.url:
            others.append(f"{parsed.name} comes from a URL, not from an index")
            continue
        listed.append(requirement)
        exact = _EXACT.fullmatch(parsed.specifier)
        if exact:
            pins.append(pinned(file, parsed.name, exact[1], parsed.marker, _HASH.findall(line)))
    return ForeignPins(file=file, pins=merged(pins), python=python, left=tuple(others), listed=tuple(listed))


def _logical(text: str) -> Iterable[tuple[int, str]]:
    """Return each line that is not empty, joined over backslashes, without comments, with its number."""
    held, start = "", 0
    for number, physical in enumerate([*text.replace("\r\n", "\n").split("\n"), ""], 1):
        if not held:
            start = number
        if physical.endswith("\\") and not physical.lstrip().startswith("#"):
            held += physical[:-1] + " "
            continue
        line = _COMMENT.sub("", held + physical).strip()
        held = ""
        if line:
            yield start, line
