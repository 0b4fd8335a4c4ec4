"""RECORD files, both ways ("Recording installed projects" and "Binary distribution format").

Pure. In: text. Out: rows; and back, sorted by path.
"""

from __future__ import annotations

import binascii

from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.light_library import lru_cache
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

STRONG = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"})
"""Algorithms at least as strong as sha256: "RECORD ... must use sha256 or better; specifically, md5 and sha1 are not
permitted"."""

_FIELD = r'(?:"((?:[^"]++|"")*+)"|([^",]*+))'
_ROW = lazy_pattern(f"{_FIELD},{_FIELD},{_FIELD}")
_MOST_DIGITS = 18
"""Of a size that is read at once; Python reads no number of more than 4,300."""
_URLSAFE = bytes.maketrans(b"+/", b"-_")


class Row(NamedTuple):
    """What a RECORD says of one file."""

    algorithm: str
    """Lower case; empty when it states no hash."""
    digest: str
    """URL-safe base64 without padding."""
    size: int
    """-1 when it states none."""


def encoded(digest: bytes) -> str:
    """Return `digest` as RECORD writes it: URL-safe base64 without padding."""
    return binascii.b2a_base64(digest, newline=False).rstrip(b"=").translate(_URLSAFE).decode("ascii")


def parse(text: str) -> dict[str, Row]:
    """Return the rows of a RECORD by path, in file order.

    Raises ValueError, with the line in its message, when one is not path, hash and size, or a path comes twice.
    """
    usual = _columns(text)
    if usual is None:
        return _parse_lines(text)
    hashes = [hashed.partition("=") for hashed in usual.hashes]
    return {
        path: Row(algorithm.lower(), digest.rstrip("="), int(size) if size else -1)
        for path, (algorithm, _, digest), size in zip(usual.paths, hashes, usual.sizes, strict=True)
    }


def paths(text: str) -> Collection[str]:
    """Return the paths of a RECORD, in file order. Raises ValueError as `parse` does."""
    usual = _columns(text)
    return _parse_lines(text).keys() if usual is None else usual.paths


def sizes(text: str) -> dict[str, int]:
    """Return the size that a RECORD states of each path, -1 for none. Raises ValueError as `parse` does."""
    usual = _columns(text)
    if usual is None:
        return {path: row.size for path, row in _parse_lines(text).items()}
    return {path: int(size) if size else -1 for path, size in zip(usual.paths, usual.sizes, strict=True)}


class _Columns(NamedTuple):
    """What the rows of a RECORD say, by column."""

    paths: list[str]
    hashes: list[str]
    sizes: list[str]


@lru_cache(maxsize=1024)
def _columns(text: str) -> _Columns | None:
    """Return the columns of a RECORD that `parse` reads, where no row is quoted and each line ends in a line feed.

    None for any other text. Three calls do what takes `_fields` one for each row. A command may ask for the sizes of an
    environment, and then for its names.
    """
    # The line feeds become a column of their own, so that each row has the three others.
    cells = text.replace("\n", ",\n,").split(",")
    found = _Columns(cells[0:-1:4], cells[1::4], cells[2::4])
    digits, count = "".join(found.sizes), text.count("\n")
    is_usual = (
        len(cells) == 4 * count + 1
        and cells[3::4].count("\n") == count
        and not cells[-1]
        and '"' not in text
        and digits.isascii()
        and (digits.isdigit() or not digits)
        and max(map(len, found.sizes), default=0) <= _MOST_DIGITS
        and all("=" in hashed or not hashed for hashed in found.hashes)
        and all(found.paths)
        and len(set(found.paths)) == count
    )
    return found if is_usual else None


def _parse_lines(text: str) -> dict[str, Row]:
    """Return what `parse` does, of any RECORD."""
    rows: dict[str, Row] = {}
    for number, ended in enumerate(text.split("\n"), 1):
        line = ended.removesuffix("\r")
        if not line:
            continue
        path, algorithm, digest, size = _fields(line, number)
        if path in rows:
            raise ValueError(f"line {number} lists a file twice")
        rows[path] = Row(algorithm, digest, size)
    return rows


def _fields(line: str, number: int) -> tuple[str, str, str, int]:
    if '"' in line:
        match = _ROW.fullmatch(line)
        fields = [(match[i] or "").replace('""', '"') or match[i + 1] or "" for i in (1, 3, 5)] if match else []
    else:
        fields = line.split(",")
    if len(fields) != 3 or not fields[0]:
        raise ValueError(f"line {number} is not a path, a hash and a size")
    path, hashed, size = fields
    algorithm, separator, digest = hashed.partition("=")
    if (hashed and not separator) or (size and not (size.isascii() and size.isdigit())):
        raise ValueError(f"line {number} is not a path, a hash and a size")
    return path, algorithm.lower(), digest.rstrip("="), int(size) if size else -1


def line(path: str, digest: str, size: int) -> str:
    """Return the row of one file; an empty `digest` leaves hash and size out."""
    if "," in path or '"' in path:
        path = '"' + path.replace('"', '""') + '"'
    return f"{path},sha256={digest},{size}" if digest else f"{path},,"


def lines(prefix: str, names: Sequence[str], digests: Sequence[str], sizes: Sequence[int]) -> list[str]:
    """Return the rows of files whose names begin with `prefix`, as `line` does."""
    together = prefix + "".join(names)
    if "," in together or '"' in together:
        return [line(prefix + name, digest, size) for name, digest, size in zip(names, digests, sizes, strict=True)]
    rows = zip(names, digests, sizes, strict=True)
    return [f"{prefix}{name},sha256={digest},{size}" for name, digest, size in rows]


def compose(lines: Iterable[str]) -> bytes:
    """Return the RECORD that holds `lines`, sorted, so that equal installations have equal bytes."""
    return ("\n".join(sorted(lines)) + "\n").encode("utf-8")
