"""The parsers that read what others wrote, each with the honest inputs that mutation starts from.

A target reads bytes to an end: it returns, or raises a LockenvError, and nothing else.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tests.unit.lockfile
from lockenv.errors import InputError
from lockenv.fetch.http_cache import CachedResponse
from lockenv.fetch.http_cache import HttpCache as PageStore
from lockenv.files.ops import Folder
from lockenv.index import archives, metadata, page_cache, page_columns, page_cutter, simple
from lockenv.lockfile import text as lock_text
from lockenv.lockfile.digest import is_intact
from lockenv.lockfile.validity import validate
from lockenv.project import pyproject, requirements
from lockenv.sync import entrypoints, journal, record
from lockenv.sync.archive import Archive, Limits
from lockenv.sync.journal import Journal
from lockenv.sync.wheel import inspect
from lockenv.vocabulary.names import NormalizedName
from tests.hostile import answers, tars
from tests.support import pages
from tests.support.wheels import sdist, wheel
from tests.unit.sync.crafted import archive, members, parts, sha512_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_URL = "https://index.example/simple/bad/"
_NAME = NormalizedName("bad")
_SMALL = Limits(unpacked=64 << 20, entries=1000)


@dataclass(frozen=True, slots=True)
class Target:
    """One parser."""

    seeds: Sequence[bytes]
    read: Callable[[bytes], object]
    repair: Callable[[bytes], bytes] = bytes
    """Makes checksums right again, so that what is behind them is reached."""


def _listings() -> list[pages.Listing]:
    built = [wheel("bad", f"1.{n}", requires_python=">=3.8") for n in range(3)] + [sdist("bad", "0.9")]
    return [
        pages.Listing(
            built=one, url=f"../../files/{one.filename}", yanked="broken" if number == 1 else None,
            requires_python=one.requires_python, upload_time="2024-01-02T03:04:05.678Z", metadata="served",
            has_sha256=True, sha256=one.sha256, has_size=True, metadata_sha256="a" * 64 if number else "",
        )
        for number, one in enumerate(built)
    ]  # fmt: skip


def _read_json(content: bytes) -> None:
    page_columns.decode(page_cache.encode(simple.parse(content, pages.JSON, _URL, _NAME), _NAME))


def _cut_json(content: bytes) -> None:
    slices = page_cutter.cut(content, _URL, _NAME)
    if slices is not None:
        lines, pieces = page_cache.encode_slices(slices, _NAME, "https://index.example")
        columns = page_columns.decode(b"".join([page_cache.joined(lines, ()), *pieces]))
        for row in range(len(columns.versions)):
            columns.files(row)


def _read_html(content: bytes) -> None:
    page_columns.decode(page_cache.encode(simple.parse(content, pages.HTML, _URL, _NAME), _NAME))


def _read_lock(content: bytes) -> None:
    lock = lock_text.read(lock_text.decode(content))
    validate(lock)
    is_intact(lock)
    lock_text.write(lock.document)


def _read_metadata(content: bytes) -> None:
    metadata.decode(metadata.compact(content, "bad.whl"), "bad.whl", _NAME, "1.0")


def _read_source_metadata(content: bytes) -> None:
    metadata.decode(metadata.compact_source(content, "bad.tar.gz"), "bad.tar.gz", _NAME, "1.0")


def _read_wheel(content: bytes) -> None:
    checked = Archive(content, "bad-1.0-py3-none-any.whl", _SMALL)
    for member in inspect(checked, _NAME, "1.0").members:
        for _ in checked.pieces(member.entry):
            pass


def _read_wheel_loosely(content: bytes) -> None:
    archives.wheel_metadata(io.BytesIO(content), "bad-1.0-py3-none-any.whl")


def _read_sdist(content: bytes) -> None:
    archives.sdist_metadata(io.BytesIO(gzip.compress(content, 0)), "bad-1.0.tar.gz")


def _as_input_error(read: Callable[[str], object]) -> Callable[[bytes], None]:
    """Return a reader of a parser whose contract is to raise ValueError."""

    def outer(content: bytes) -> None:
        try:
            read(content.decode())
        except ValueError as error:
            raise InputError(str(error)) from error

    return outer


def _text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8") from error


def _read_requirements(content: bytes) -> None:
    def file(name: str) -> str:
        if name == "requirements.txt":
            return _text_of(content)
        raise InputError(f"{name} does not exist")

    requirements.manifest(["requirements.txt"], file, {"TOKEN": "x"})


def _read_pyproject(content: bytes) -> None:
    pyproject.manifest(_text_of(content), now="2026-01-01T00:00:00Z")


# What is read from the disk


_HERE = tempfile.mkdtemp(prefix="lockenv-fuzz-")


def _read_kept(content: bytes) -> None:
    store = PageStore(_HERE)
    store.put("page-1", "key", CachedResponse(b"x"))
    path = next(path for path in Path(_HERE, "page-1").rglob("*") if path.is_file())
    path.write_bytes(content)
    store.get("page-1", "key")


def _kept_seed() -> bytes:
    store = PageStore(_HERE)
    store.put(
        "seed", "key", CachedResponse(b"payload\nof lines\n", stored=1.5, fresh_until=2.5, etag='"x"', modified="Mon")
    )
    return next(path for path in Path(_HERE, "seed").rglob("*") if path.is_file()).read_bytes()


def _with_checksum(content: bytes) -> bytes:
    rest = content[19:]
    return b"lockenv 1 %08x\n" % zlib.crc32(rest) + rest


def _read_journal(content: bytes) -> None:
    Path(_HERE, journal.FILE).write_bytes(content)
    with Folder.open(_HERE, "fuzz") as folder:
        journal.read(folder)


def _journal_seeds() -> list[bytes]:
    lists: Mapping[str, tuple[str, ...]] = {
        "moved": ("lib/site-packages/a.py", "lib/site-packages/a-1.dist-info"),
        "created": ("bin/a",), "claims": ("lib/site-packages/a-2.dist-info",), "made": ("lib/b",), "floors": ("lib",),
    }  # fmt: skip
    with Folder.open(_HERE, "fuzz") as folder:
        journal.write(folder, Journal(phase="changing", **lists))
    return [Path(_HERE, journal.FILE).read_bytes()]


def _repaired_zip(content: bytes) -> bytes:
    """Return `content` with the end record pointing at the directory that is there."""
    start, end = content.find(b"PK\1\2"), content.rfind(b"PK\5\6")
    if 0 <= start < end and len(content) - end >= 22:
        return content[: end + 12] + struct.pack("<2L", end - start, start) + content[end + 20 :]
    return content


_LOCKS = Path(tests.unit.lockfile.__path__[0], "pylock.golden.toml").read_bytes()
_FOREIGN = b"""lock-version = "1.0"\ncreated-by = "x"\nrequires-python = ">=3.8"\nenvironments = ["os_name == 'nt'"]
[[packages]]\nname = "bad"\nversion = "1.0"\nmarker = "python_version >= '3.8' and 'x' in extras"
[packages.sdist]\nurl = "https://index.example/bad-1.0.tar.gz"\nsize = 3\nhashes = {sha256 = "%s"}
[[packages]]\nname = "vcs"\n[packages.vcs]\ntype = "git"\nurl = "https://x.example/y"\ncommit-id = "%s"
""" % (b"a" * 64, b"b" * 40)
_METADATA = b"""Metadata-Version: 2.3\nName: bad\nVersion: 1.0\nRequires-Python: >=3.8,<4\nProvides-Extra: x
Requires-Dist: a[b,c] (>=1.0,!=1.5.*) ; python_version < "3.9" and extra == 'x'\nRequires-Dist: d @ https://x.example/d.whl
Dynamic: Requires-Dist\nDescription: a\n  b\n\nbody\n"""
_PYPROJECT = b"""[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"
dependencies = ["a[b]>=1,<2; sys_platform == 'win32'", "c @ https://x.example/c-1.0-py3-none-any.whl"]
[project.optional-dependencies]\nfast = ["x[slow]", "d~=1.2"]\nslow = []
[dependency-groups]\ndev = ["pytest", {include-group = "lint"}]\nlint = ["e==1.*"]
[tool.lockenv]\nenvironments = ["python_version >= '3.11'"]\nconstraints = ["a<3"]\noverrides = ["b==1"]
exclude-newer = "7 days"\ndefault-groups = ["dev"]\nconflicts = [[{extra = "fast"}, {extra = "slow"}]]
[[tool.lockenv.index]]\nname = "own"\nurl = "https://index.example/simple/"
[tool.lockenv.sources]\na = {index = "own"}\n"""
_REQUIREMENTS = b"""# comment\n-i https://index.example/simple/\n--extra-index-url https://u:${TOKEN}@index.example/x/
a[b]>=1 ; python_version < "3.9" \\\n  --hash=sha256:%s\n-c constraints.txt\n-r other.txt\n--pre\n--no-binary :all:
c @ https://index.example/c-1.0-py3-none-any.whl#sha256=%s\nd~=1.2 # e\n--only-binary=d,e\n./local\n-e .\n"""
_REQUIREMENTS %= (b"a" * 64, b"b" * 64)
_ZIPS = [
    archive(parts(members())),
    archive([part.streamed() for part in parts(members({"bad/__init__.py": b"x = 1\n" * 99, "bad/b.py": b""}))]),
    wheel("bad", entry_points={"console_scripts": {"bad": "bad:main"}}, data={"scripts/run": "#!python\n"}).content,
]
_LISTED = _listings()
_JSON = pages.project_json("bad", _LISTED, api_version="1.3", status=("archived", "x"))

TARGETS: dict[str, Target] = {
    "lock": Target([_LOCKS, _FOREIGN], _read_lock),
    "json": Target([_JSON], _read_json),
    "cut": Target([_JSON.replace(b"../../files/", b"/files/")], _cut_json),
    "html": Target([pages.project_html("bad", _LISTED, api_version="1.3", status=("archived", "x"))], _read_html),
    "metadata": Target([_METADATA, wheel("bad", requires=["a", "b>1"]).metadata], _read_metadata),
    "pkg-info": Target([_METADATA, sdist("bad").metadata], _read_source_metadata),
    "wheel": Target(_ZIPS, _read_wheel, _repaired_zip),
    "wheel-metadata": Target(_ZIPS, _read_wheel_loosely, _repaired_zip),
    "sdist": Target(tars.seeds(), _read_sdist, tars.repaired),
    "sources": Target(tars.seeds(), tars.read, tars.repaired),
    "record": Target([sha512_record(), members()["bad-1.0.dist-info/RECORD"]], _as_input_error(record.parse)),
    "entry-points": Target(
        [b"[console_scripts]\nx = bad.sub:Class.main [e1,e2]\n; c\n\n[other]\ny = any\n"],
        _as_input_error(entrypoints.parse),
    ),
    "requirements": Target([_REQUIREMENTS], _read_requirements),
    "pyproject": Target([_PYPROJECT], _read_pyproject),
    "kept": Target([_kept_seed()], _read_kept, _with_checksum),
    "journal": Target(_journal_seeds(), _read_journal),
    "answers": Target(answers.seeds(), answers.Reader()),
}


def name_of(content: bytes) -> str:
    """Return a short name for an input, the same each time."""
    return hashlib.sha256(content).hexdigest()[:12]


def close() -> None:
    """Remove what reading from the disk left."""
    for root, directories, files in os.walk(_HERE, topdown=False):
        for file in files:
            os.unlink(os.path.join(root, file))
        for directory in directories:
            os.rmdir(os.path.join(root, directory))
    os.rmdir(_HERE)
