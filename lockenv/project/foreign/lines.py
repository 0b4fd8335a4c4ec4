"""Requirements files whose lines pin releases, as `pip freeze`, pip-tools and others write them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from lockenv.project import messages
from lockenv.project.direct import name_in
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
_VERSION = lazy_pattern(r"[^-]+-([^-]+)-.*\.whl|.+-([0-9][^-]*?)\.(?:zip|tgz|tar\.[a-z0-9]+)")
_CONDA_BUILD = lazy_pattern(
    r"_[0-9]{10,}(?:/|$)|/(?:feedstock_root|croots?|conda-bld|bld)/|/tmp/build/[0-9a-f]{8}/|/b/abs_"
)
"""Where conda builds packages: `…/NAME_MILLISECONDS/work`, below one of several directories."""
FREEZE_HINT = "write NAME==VERSION for each: where they are installed, `python -m pip list --format=freeze` prints that"


def is_conda_build(path: str) -> bool:
    """Return whether `path` is a directory in which conda built a package, which `pip freeze` writes after `@`."""
    return _CONDA_BUILD.search(path) is not None


def title(name: str, path: str, line: int, file: str = "") -> str:
    """Return how messages name the requirement of `path` at a line: with its version where its file name has one."""
    filename = path.partition("#")[0].rpartition("/")[2]
    pin = f"{name}=={_version(filename)}" if name_in(filename) and _version(filename) else name
    return f"{pin} ({file}:{line})" if file else f"{pin} (line {line})"


def _version(filename: str) -> str:
    found = _VERSION.fullmatch(filename)
    return unquote(found[1] or found[2]) if found else ""


def read(text: str, file: str) -> ForeignPins:
    """Return what a requirements file pins; files that it includes are named and not followed."""
    return collected(_logical(text), file)


def collected(written: Iterable[tuple[int, str]], file: str, python: str = "", left: Iterable[str] = ()) -> ForeignPins:
    """Return what numbered lines pin. Raises InputError for one that is no requirement."""
    pins: list[ForeignPin] = []
    others = list(left)
    places: list[str] = []
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
        if parsed.url.startswith("file:"):
            places.append(title(parsed.name, parsed.url, number))
            continue
        if parsed.url:
            others.append(f"{parsed.name} comes from a URL, not from an index")
            continue
        listed.append(requirement)
        exact = _EXACT.fullmatch(parsed.specifier)
        if exact:
            pins.append(pinned(file, parsed.name, exact[1], parsed.marker, _HASH.findall(line)))
    if places:
        what = "1 line names a path" if len(places) == 1 else f"{len(places)} lines name paths"
        others.append(f"{what} in place of a version: {', '.join(places)}; {FREEZE_HINT}")
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
