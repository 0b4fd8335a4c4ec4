"""Wheels that are not what they should be are refused by name and change nothing; odd but honest ones are installed."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.creation import create
from lockenv.errors import RefusedError
from lockenv.sync.archive import Archive, Limits
from lockenv.sync.paths import fault
from lockenv.sync.wheel import inspect
from tests.support.systems import assumed
from tests.support.wheels import wheel
from tests.unit.sync.conftest import Place
from tests.unit.sync.crafted import INFO, Part, archive, built, deflated, members, parts, sha512_record, with_part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.environment.interpreter import Interpreter

BAD = Part(name=b"bad.py", content=b"a = 1\n")
BIG = Part(name=b"bad.py", content=b"a = 1\n" * 5_000)


def zipped(part: Part) -> bytes:
    return archive(with_part(part))


def named(*names: str) -> bytes:
    """Return a wheel that holds these names beside its own, all listed in RECORD."""
    return archive(parts(members(dict.fromkeys(names, b"x"))))


def described(files: Mapping[str, bytes] | None = None, **text: bytes | None) -> bytes:
    return archive(parts(members(files, **text)))


def recorded(change: str, replacement: str) -> bytes:
    """Return a wheel whose RECORD has `change` replaced."""
    files = members()
    text = files[f"{INFO}/RECORD"].decode()
    assert change in text
    return archive(parts(files | {f"{INFO}/RECORD": text.replace(change, replacement).encode()}))


def entries(text: str, files: Mapping[str, bytes] | None = None) -> bytes:
    return archive(parts(members(files, **{"entry_points.txt": text.encode()})))


def scripts(line: str) -> bytes:
    return entries(f"[console_scripts]\n{line}\n")


def overlapping() -> bytes:
    made = parts(members())
    return archive([*made[:1], replace(made[0], name=b"twin.py", offset=0), *made[1:]])


def zip64(
    offset: int = 0,
    *,
    record_mark: bytes = b"PK\6\6",
    length: int = 44,
    mark: bytes = b"PK\6\7",
    disk: int = 0,
    away: int = 0,
    disks: int = 1,
    brief: int = 0xFFFF,
) -> bytes:
    """Return a wheel whose end record leaves all to a ZIP64 one; each argument makes one of the records say otherwise.

    Of the ZIP64 record: `offset`, `record_mark`, `length`. Of the locator: `mark`, `disk`, `away`, `disks`. Of the end
    record: `brief`, the number of entries.
    """
    whole = archive(parts(members()))
    count, size, start = struct.unpack_from("<8xH2xLL", whole, len(whole) - 22)[0:3]
    record = struct.pack("<4sQ2H2L4Q", record_mark, length, 45, 45, 0, 0, count, count, size, start + offset)
    locator = struct.pack("<4sLQL", mark, disk, len(whole) - 22 + away, disks)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, brief, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return whole[:-22] + record + locator + end


def patched(where: int, value: bytes) -> bytes:
    """Return a wheel with `value` at the byte `where` of the first entry of its directory."""
    whole = archive(parts(members()))
    at = whole.index(b"PK\1\2") + where
    return whole[:at] + value + whole[at + len(value) :]


def descriptor(part: Part) -> tuple[int, int, int]:
    """Return what a data descriptor of `part` has to say: checksum, packed size, size."""
    packed, crc, size = part.facts()
    return crc, len(packed), size


def stretched() -> bytes:
    """Return a wheel whose directory has bytes behind its entries, which its end record counts."""
    whole = archive(parts(members()), before_end=b"junk")
    signature, *fields = struct.unpack("<4s4H2LH", whole[-22:])
    return whole[:-22] + struct.pack("<4s4H2LH", signature, *map(int.__add__, fields, (0, 0, 0, 0, 4, 0, 0)))


def ending(*, disk: int = 0, first_disk: int = 0, here: int = 0, size: int = 0, start: int = 0) -> bytes:
    """Return a wheel whose end record says so much more than it should."""
    whole = archive(parts(members()))
    signature, *fields = struct.unpack("<4s4H2LH", whole[-22:])
    added = (disk, first_disk, here, 0, size, start, 0)
    return whole[:-22] + struct.pack("<4s4H2LH", signature, *map(int.__add__, fields, added))


SHA = "sha256="

HOSTILE: dict[str, tuple[str, bytes]] = {
    # Names
    **{
        f"name {name!r}": ("path-unsafe", named(name))
        for name in (
            "../out.py", "bad/../../out.py", "/abs.py", "bad\\..\\out.py", "C:/out.py", "c:out.py", "./bad.py",
            "bad//x.py", "bad/./x.py", "x/" * 1100 + "y", "n" * 256, "new\nline.py", "es\x1b[31mcape.py", "nul\0.py",
            "bad-1.0.data/scripts/../../../x", "bad-1.0.data/data//etc/x", "\x9bcsi.py",
        )
    },
    "name not marked as UTF-8": ("path-unsafe", zipped(replace(BAD, name="é.py".encode(), flags=0))),
    "name not UTF-8": ("path-unsafe", zipped(replace(BAD, name=b"\xff.py"))),
    # Collisions
    "one name twice": ("path-collision", archive([BAD, *parts(members())])),
    "letter case": ("path-collision", named("bad/X.py", "bad/x.py")),
    "unicode forms": ("path-collision", named("caf\u00e9.py", "cafe\u0301.py")),
    "final dot": ("path-collision", named("bad/x.py", "bad/x.py.")),
    "final blank": ("path-collision", named("bad/x.py", "bad /x.py")),
    "file and directory": ("path-collision", named("bad", "bad/x.py")),
    "file and directory entry": ("path-collision", archive([Part(name=b"bad.py/", external=0), *parts(members())])),
    "file and directory entry in other letters": (
        "path-collision", archive([Part(name=b"BAD.py/", external=0), *parts(members())]),
    ),
    # Special files
    "symbolic link": ("path-special", zipped(replace(BAD, external=0o120777 << 16))),
    "fifo": ("path-special", zipped(replace(BAD, external=0o010644 << 16))),
    "device": ("path-special", zipped(replace(BAD, external=0o020644 << 16))),
    "directory attribute": ("path-special", zipped(replace(BAD, external=0o100644 << 16 | 0x10))),
    "directory with content": ("path-special", archive([Part(name=b"d/", content=b"x"), *parts(members())])),
    # Headers
    "local name differs": ("zip-headers-differ", zipped(replace(BAD, local={"name": b"mad.py"}))),
    "local method differs": ("zip-headers-differ", zipped(replace(BAD, local={"method": 0}))),
    "local crc differs": ("zip-headers-differ", zipped(replace(BAD, local={"crc": 1}))),
    "local size differs": ("zip-headers-differ", zipped(replace(BAD, local={"size": 7}))),
    "local flags differ": ("zip-headers-differ", zipped(replace(BAD, local={"flags": 0}))),
    "other name in an extra field": (
        "zip-headers-differ", zipped(replace(BAD, extra=struct.pack("<HHBL", 0x7075, 11, 1, 0) + b"mad.py")),
    ),
    "extra field cut": ("zip-extra", zipped(replace(BAD, extra=b"\1\2\3"))),
    "extra field too long": ("zip-extra", zipped(replace(BAD, extra=struct.pack("<HH", 7, 9)))),
    "zip64 field lies": (
        "zip-zip64", zipped(replace(BAD, extra=struct.pack("<HHQQ", 1, 16, 9, 9))),
    ),
    "zip64 field missing": ("zip-zip64", zipped(replace(BAD, size=0xFFFFFFFF))),
    "zip64 end record lies": ("zip-layout", zip64(1)),
    "zip64 end record of another kind": ("zip-zip64", zip64(record_mark=b"PK\6\5")),
    "zip64 end record of another length": ("zip-zip64", zip64(length=45)),
    "zip64 locator of another kind": ("zip-zip64", zip64(mark=b"PK\6\5")),
    "zip64 locator on another disk": ("zip-zip64", zip64(disk=1)),
    "zip64 locator of several disks": ("zip-zip64", zip64(disks=2)),
    "zip64 locator leads elsewhere": ("zip-zip64", zip64(away=1)),
    "zip64 end record and the short one disagree": ("zip-zip64", zip64(brief=1)),
    "two zip64 fields": ("zip-zip64", zipped(replace(BAD, extra=struct.pack("<HHHH", 1, 0, 1, 0)))),
    "zip64 field of no whole number": ("zip-zip64", zipped(replace(BAD, extra=struct.pack("<HH", 1, 5) + b"12345"))),
    "entry of the directory of another kind": ("zip-layout", patched(0, b"PK\1\3")),
    "local header of another kind": ("zip-layout", b"PK\3\5" + archive(parts(members()))[4:]),
    "bytes and no entry": ("zip-layout", archive([], gap=b"hidden")),
    "member on another disk": ("zip-layout", patched(34, b"\1\0")),
    "bytes behind the directory's entries": ("zip-layout", stretched()),
    # Layout
    "not a zip": ("zip-layout", b"<html>not found</html>"),
    "empty": ("zip-layout", b""),
    "cut": ("zip-layout", archive(parts(members()))[:-30]),
    "bytes before": ("zip-layout", archive(parts(members()), prefix=b"#!/bin/sh\n")),
    "bytes behind": ("zip-layout", archive(parts(members()), suffix=b"\0")),
    "bytes between": ("zip-layout", zipped(replace(BAD, after=b"hidden"))),
    "bytes before the directory": ("zip-layout", archive(parts(members()), gap=b"hidden")),
    "comment": ("zip-layout", archive(parts(members()), comment=b"hello")),
    "comment that is announced only": ("zip-layout", archive(parts(members()))[:-2] + b"\5\0"),
    "several disks": ("zip-layout", ending(disk=1)),
    "directory on another disk": ("zip-layout", ending(first_disk=1)),
    "entries on other disks": ("zip-layout", ending(here=-1)),
    "directory elsewhere": ("zip-layout", ending(start=-1)),
    "directory of another length": ("zip-layout", ending(size=1)),
    "comment of a member": ("zip-layout", zipped(replace(BAD, comment=b"hello"))),
    "two archives": ("zip-layout", archive(parts(members())) + archive(parts(members()))),
    "member not in the directory": ("zip-layout", archive([replace(BAD, is_listed=False), *parts(members())])),
    "count too high": ("zip-layout", archive(parts(members()), count=1)),
    "count too low": ("zip-layout", archive(parts(members()), count=-1)),
    "two members at one place": ("zip-layout", overlapping()),
    "descriptor wrong": ("zip-descriptor", zipped(BAD.streamed(b"PK\7\x08" + bytes(12)))),
    "descriptor of another kind": (
        "zip-descriptor", zipped(BAD.streamed(b"PK\7\x09" + struct.pack("<3L", *descriptor(BAD)))),
    ),
    "descriptor missing": ("zip-descriptor", zipped(BAD.streamed(b""))),
    "stored with descriptor": ("zip-headers-differ", zipped(replace(BAD, method=0).streamed())),
    # Contents
    "encrypted": ("zip-encrypted", zipped(replace(BAD, flags=0x801))),
    "strong encryption": ("zip-flags", zipped(replace(BAD, flags=0x840))),
    "bzip2": ("zip-method", zipped(replace(BAD, method=12, packed=b"x"))),
    "unknown method": ("zip-method", zipped(replace(BAD, method=99, packed=b"x"))),
    "wrong checksum": ("zip-damaged", zipped(replace(BAD, crc=1))),
    "stream goes on": ("zip-damaged", zipped(replace(BIG, size=29_999))),
    "stream ends early": ("zip-damaged", zipped(replace(BIG, size=30_001))),
    "bytes behind the stream": ("zip-damaged", zipped(replace(BAD, packed=deflated(BAD.content) + b"hidden"))),
    "stream cut": ("zip-damaged", zipped(replace(BIG, packed=deflated(BIG.content)[:-4]))),
    "no stream": ("zip-damaged", zipped(replace(BAD, packed=b"\xff\xff"))),
    "stored with two sizes": ("zip-damaged", zipped(replace(BAD, method=0, size=5))),
    "ratio": ("zip-bomb", zipped(replace(BAD, size=100 << 20))),
    "metadata too large": (
        "zip-bomb", archive([replace(part, size=17 << 20, packed=bytes(1 << 18)) if b"METADATA" in part.name else part
                             for part in parts(members())]),
    ),
    # RECORD
    "no record": ("record-missing", described(RECORD=None)),
    "wrong hash": ("record-mismatch", recorded(SHA, SHA + "A")),
    "wrong size": ("record-mismatch", recorded(",6\n", ",7\n")),
    "no hash": ("record-weak-hash", archive(parts(members(RECORD=f"bad.py,,6\n{INFO}/METADATA,,\n".encode())))),
    "md5": ("record-weak-hash", recorded(SHA, "md5=")),
    "unlisted": ("record-unlisted", archive([*parts(members()), Part(name=b"more.py")])),
    "listed but absent": ("record-absent", recorded("bad.py", "gone.py")),
    "listed outside": ("record-absent", recorded("bad.py,", "../../../etc/passwd,,\nbad.py,")),
    "listed twice": ("record-malformed", recorded("bad.py,", "bad.py,,\nbad.py,")),
    "bad csv": ("record-malformed", recorded("bad.py,", '"bad.py,')),
    "four fields": ("record-malformed", recorded(",6\n", ",6,7\n")),
    "size of thousands of digits": ("record-malformed", recorded(",6\n", f",{'9' * 5000}\n")),
    "terminal sequence in a listed name": ("record-absent", recorded("bad.py,", "\x1b[2J.py,,\nbad.py,")),
    "terminal sequence as algorithm": ("record-weak-hash", recorded(SHA, "\x1b]0;x\x07=")),
    "record not UTF-8": ("record-malformed", described(RECORD=b"\xff,,\n")),
    # What it says it is
    "no dist-info": ("wheel-dist-info", archive([BAD])),
    "two dist-infos": ("wheel-dist-info", named("other-1.0.dist-info/METADATA")),
    "dist-info in other letters": ("wheel-dist-info", named("other-1.0.DIST-INFO/METADATA")),
    "dist-info of another": ("wheel-dist-info", archive(parts({"mad-1.0.dist-info/METADATA": b""}))),
    "another dist-info in purelib": ("wheel-dist-info", named("bad-1.0.data/purelib/pip-1.dist-info/METADATA")),
    "no metadata": ("wheel-metadata", described(METADATA=None)),
    "another name": ("wheel-metadata", described(METADATA=b"Name: mad\nVersion: 1.0\n")),
    "another version": ("wheel-metadata", described(METADATA=b"Name: bad\nVersion: 1.1\n")),
    "two names": ("wheel-metadata", described(METADATA=b"Name: bad\nName: bad\nVersion: 1.0\n")),
    "name in the body only": ("wheel-metadata", described(METADATA=b"Version: 1.0\n\nName: bad\n")),
    "no wheel file": ("wheel-metadata", described(WHEEL=None)),
    "terminal sequence as name": ("wheel-metadata", described(METADATA=b"Name: \x1b]0;x\x07bad\nVersion: 1.0\n")),
    "terminal sequence as wheel version": (
        "wheel-version", described(WHEEL=b"Wheel-Version: 9\x1b[31m\nRoot-Is-Purelib: true\n"),
    ),
    "wheel version 2": ("wheel-version", described(WHEEL=b"Wheel-Version: 2.0\nRoot-Is-Purelib: true\n")),
    "pure and not": (
        "purelib-twice", described(WHEEL=b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nRoot-Is-Purelib: false\n"),
    ),
    "neither pure nor not": ("wheel-metadata", described(WHEEL=b"Wheel-Version: 1.0\nRoot-Is-Purelib: maybe\n")),
    "unknown scheme": ("wheel-data", named("bad-1.0.data/etc/x")),
    "data directory in other letters": ("wheel-data", named("BAD-1.0.data/scripts/x")),
    "script in a directory": ("wheel-data", named("bad-1.0.data/scripts/sub/x")),
    # Entry points
    **{
        f"script {line!r}": ("entry-point", scripts(line))
        for line in (
            "a/b = bad:main", "../x = bad:main", ".hidden = bad:main", "a\\b = bad:main", "x = bad", "x = bad:a b",
            "x = bad:main();import os", "x = bad;import os:main", "x = bad:1", "x = bad.class:main",
            "x = bad:None", "x = :main", "x = bad:class-",
            "x", "= bad:main", "x = bad:main\nx = bad:other", "x = bad:main\nX = bad:other", "a b\x7f = bad:main",
        )
    },
    "entry outside of any group": ("entry-point", entries("x = bad:main\n")),
    "entry points not UTF-8": ("entry-point", described(None, **{"entry_points.txt": b"[x]\ny = \xff"})),
    "script and entry point": (
        "script-twice", entries("[console_scripts]\nX = bad:main\n", {"bad-1.0.data/scripts/x": b""}),
    ),
    "Script and entry point": (
        "script-twice", entries("[console_scripts]\nx = bad:main\n", {"bad-1.0.data/scripts/X": b""}),
    ),
    # What belongs to the environment
    **{
        f"reserved {name}": ("target-reserved", scripts(f"{name} = bad:main"))
        for name in ("python", "Python3", "python3.11", "pythonw", "activate", "Activate.ps1", "deactivate", "pip3")
    },
    **{
        f"reserved {name}": ("target-reserved", named(f"bad-1.0.data/{name}"))
        for name in ("scripts/python3", "scripts/activate", "data/bin/python", "data/pyvenv.cfg", "data/PYVENV.CFG",
                     "data/Scripts/python.exe", "data/.lockenv/journal", "data/bin/activate.fish",
                     "data/bin/pypy3", "data/lib", "data/LIB64", "data/bin", "data/Scripts", "data/Include",
                     "data/.gitignore/x")
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory, interpreter: Interpreter) -> tuple[Place, object]:
    """Return one environment for all hostile wheels, as none may change it, and what it holds."""
    directory = tmp_path_factory.mktemp("untouched")
    place = Place(create(str(directory / "env"), interpreter), directory / "cache")
    return place, place.tree()


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_wheel_is_refused_and_nothing_changes(untouched: tuple[Place, object], case: str) -> None:
    rule, content = HOSTILE[case]
    place, before = untouched

    with pytest.raises(RefusedError) as caught:
        place.sync(built(content))

    message = caught.value.message
    assert (caught.value.rule, place.tree()) == (rule, before)
    assert message.startswith("bad-1.0-py3-none-any.whl: ")
    assert message.isprintable()
    assert list((place.cache / "store-v1").glob("??/*")) == []


def test_wheel_of_another_release_is_refused(place: Place) -> None:
    with pytest.raises(RefusedError) as caught:
        place.sync(built(archive(parts(members())), filename="bad-1.1-py3-none-any.whl"))

    assert caught.value.rule == "wheel-name"


def test_limits_are_reported_before_anything_is_written(place: Place) -> None:
    content = archive(parts(members({"bad.py": bytes(5000)})))

    for limits in (Limits(unpacked=4999), Limits(entries=2), Limits(metadata=10), Limits(ratio_floor=1000, ratio=10)):
        with pytest.raises(RefusedError) as caught:
            inspect(Archive(content, "bad-1.0-py3-none-any.whl", limits), place.selected(built(content)).name, "1.0")
        assert caught.value.rule == "zip-bomb"


ODD: dict[str, bytes] = {
    "streamed": archive([part.streamed() for part in parts(members())]),
    "streamed without signatures": archive([part.streamed(is_short=True) for part in parts(members())]),
    "zip64 end record": zip64(),
    "zip64 local field": zipped(
        replace(BAD, local={"packed": 0xFFFFFFFF, "size": 0xFFFFFFFF,
                            "extra": struct.pack("<HHQQ", 1, 16, 6, len(deflated(BAD.content)))})
    ),
    "stored": archive([replace(part, method=0) for part in parts(members())]),
    "time stamps in extra fields": zipped(replace(BAD, extra=struct.pack("<HHBL", 0x5455, 5, 1, 0))),
    "setuid": zipped(replace(BAD, external=0o106755 << 16)),
    "mode zero": zipped(replace(BAD, external=0)),
    "directory entries": archive([Part(name=b"pkg/", external=0o40755 << 16 | 0x10), *parts(members())]),
    "record with sha512": archive(parts(members(RECORD=sha512_record()))),
    "record does not list itself": recorded(f"{INFO}/RECORD,,\n", ""),
    "signed": archive([*parts(members()), Part(name=f"{INFO}/RECORD.jws".encode(), content=b"{}")]),
    "own byte-code": named("bad.py", "__pycache__/bad.cpython-311.pyc"),
    "own path hook": named("bad.py", "bad.pth"),
    "a script like activate": entries(
        "[console_scripts]\nactivate-global-python-argcomplete = bad:main\n", {"bad.py": b"a = 1\n"}
    ),
    "entry points with extras": entries(
        "[console_scripts]\nx = bad.sub:Class.main [extra1,extra2]\n\n; a comment\n[other]\nx y = anything\n"
    ),
    "wheel version 1.9": described(WHEEL=b"Wheel-Version: 1.9\r\nRoot-Is-Purelib: True\r\n\r\n"),
    "name spelled otherwise": described(METADATA=b"Name: BAD\nVersion: 1.0.0\n Continued: line\n\nName: body"),
    "unicode name": named("bad.py", "bad/données.txt"),
    "not said whether pure": described(WHEEL=b"Wheel-Version: 1.0\n"),
    "said twice whether pure": described(WHEEL=b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nRoot-Is-Purelib: true\n"),
    "author in Latin-1": described(METADATA=b"Name: bad\nVersion: 1.0\nAuthor: Ren\xe9\n\nOl\xe9"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_odd_but_honest_wheel_is_installed(place: Place, case: str) -> None:
    place.sync(built(ODD[case]))

    installed = place.site / "bad.py"
    assert installed.stat().st_mode & 0o7777 == (0o755 if case == "setuid" else 0o644)
    assert not (place.site / "__pycache__").exists()


def test_pip_may_bring_its_own_scripts(place: Place) -> None:
    place.sync(wheel("pip", entry_points={"console_scripts": {"pip": "pip:main", "pip3": "pip:main"}}))

    assert (place.root / "bin/pip3").exists()


def test_entry_that_asks_for_a_newer_format_is_refused() -> None:
    content = bytearray(archive(parts(members(None))))
    content[content.index(b"PK\1\2") + 6] = 64

    with pytest.raises(RefusedError) as refused:
        Archive(bytes(content), "x.whl", Limits())

    assert refused.value.rule == "zip-layout"


@pytest.mark.parametrize(
    "name", ["aux", "a/NUL.txt", "com1.py", "lpt\u00b2.log", "x.py:hidden", "a./b", "blank ", "con .py", "what?.txt"]
)
def test_names_that_windows_takes_for_others_are_refused_there(name: str) -> None:
    elsewhere = fault(name)
    with assumed("win32"):
        there = fault(name)

    assert (elsewhere, there) == (None, "its name is reserved on Windows")


@pytest.mark.parametrize("name", ["auxiliary.py", "console/com.py", "nul_l/.hidden", "com10.py", "...a"])
def test_names_like_those_are_not(name: str) -> None:
    with assumed("win32"):
        assert fault(name) is None


@pytest.mark.parametrize(
    ("tags", "reported"),
    [
        ("Tag: py2-none-any\nTag: py3-none-any\nTag: cp39-cp39-any\n", "'cp39-cp39-any' is in its WHEEL file but not"),
        ("Tag: py3-none-any\n", "'py2-none-any' is only in its file name"),
    ],
)
def test_tags_that_differ_from_the_name_are_reported(place: Place, tags: str, reported: str) -> None:
    content = described({"bad.py": b""}, WHEEL=f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n{tags}".encode())

    assert reported in " ".join(place.sync(built(content, filename="bad-1.0-py2.py3-none-any.whl")).notes)
