"""The hashes that a requirements file has behind a requirement.

Pure: a line goes in, and the hashes that it lists come out. The format is pip's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.direct import Commit, Directory
from lockenv.vocabulary.listed_hashes import HashList
from lockenv.vocabulary.names import Sha256
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from lockenv.errors import InputError
    from lockenv.project.requirements_lines import Line
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.requirement import Declared

_HASH = lazy_pattern(r"\s*--hash(?:\s*=\s*|\s+)(?:\"([^\"\s]*)\"|'([^'\s]*)'|(\S+))(?=\s|$)")
_DIGEST = lazy_pattern(r"[0-9A-Fa-f]{64}")
_HINT = "use --hash=sha256: and 64 hexadecimal digits, as `pip-compile --generate-hashes` writes them"
_KNOWN = ("md5", "sha1", "sha224", "sha384", "sha512", "blake2b")


def hashes(line: Line, start: int) -> tuple[tuple[Sha256, ...], int]:
    """Return the sha256 of each `--hash` of `line` from `start` on, sorted, and where the first other text begins.

    That is the end of the line where there is nothing else. Raises InputError for a hash that is not a sha256.
    """
    found: set[Sha256] = set()
    end = start
    while match := _HASH.match(line.text, end):
        written = next(part for part in match.groups() if part is not None)
        algorithm, _, digest = written.partition(":")
        if algorithm != "sha256" or not _DIGEST.fullmatch(digest):
            raise _malformed(line, algorithm, match.start() + len(match[0]) - len(match[0].lstrip()))
        found.add(Sha256(digest.lower()))
        end = match.end()
    rest = line.text[end:].lstrip()
    end = len(line.text) - len(rest)
    if rest.partition("=")[0].rstrip() == "--hash":
        raise line.error("this --hash has no value", hint=_HINT, inside=end)
    if rest and not rest.startswith("-"):
        raise line.error("a requirement ends where its hashes begin", hint="write the marker before them", inside=end)
    return tuple(sorted(found)), end


def note(
    noted: dict[NormalizedName, list[HashList]],
    line: Line,
    inside: int,
    declared: Declared,
    direct: Direct | None,
    listed: tuple[Sha256, ...],
) -> None:
    """Add what `line` lists, from `inside` on, behind the requirement `declared` to what was `noted` before.

    `direct` is the place that the requirement is, where it has no name. Raises InputError for what no file is, and for
    other hashes behind the same requirement.
    """
    requirement = declared.requirement
    if isinstance(direct, Commit | Directory) or requirement.url.startswith("git+"):
        raise line.error(
            "these hashes cannot be compared, as only files have hashes, not directories or commits",
            hint="remove them",
            inside=inside,
        )
    one = HashList(
        specifier=requirement.specifier, marker=requirement.marker, sha256=listed, origin=line.origin(inside)
    )
    before = noted.setdefault(requirement.name, [])
    for each in before:
        if (each.specifier, each.marker) == (one.specifier, one.marker):
            if each.sha256 != listed:
                raise line.error(
                    f"these hashes are not those that {each.origin} lists for the same requirement",
                    hint="list the same hashes on both lines, or remove one of them",
                    inside=inside,
                )
            return
    before.append(one)


def _malformed(line: Line, algorithm: str, inside: int) -> InputError:
    if algorithm == "sha256":
        return line.error("this --hash is not a sha256 of 64 hexadecimal digits", hint=_HINT, inside=inside)
    if algorithm in _KNOWN:
        said = f"this --hash is a {algorithm}, but lockfiles name files by their sha256"
        return line.error(said, hint=_HINT, inside=inside)
    return line.error("this --hash names no algorithm that lockenv knows", hint=_HINT, inside=inside)
