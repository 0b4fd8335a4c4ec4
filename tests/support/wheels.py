"""Build tiny wheels and sdists, correct in every part and the same bytes each time.

Names, requirements and files go in; a `Built` comes out. Nothing touches the disk or the clock.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

NO_EXTRAS: Mapping[str, Sequence[str]] = {}

_BACKEND = '''\
"""A build backend that needs nothing: it hands out the wheel that lies beside it."""

import pathlib
import shutil

WHEEL = "{filename}"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    shutil.copyfile(pathlib.Path("prebuilt") / WHEEL, pathlib.Path(wheel_directory) / WHEEL)
    return WHEEL


build_editable = build_wheel
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A distribution file, ready to be put on an index or on a disk."""

    filename: str
    content: bytes
    name: str
    """As it was given, not normalized."""
    version: str
    metadata: bytes
    """The METADATA or PKG-INFO that is in the file."""
    requires_python: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def is_wheel(self) -> bool:
        return self.filename.endswith(".whl")


def wheel(
    name: str,
    version: str = "1.0",
    *,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] = NO_EXTRAS,
    requires_python: str = "",
    tag: str = "py3-none-any",
    build: str = "",
    files: Mapping[str, bytes | str] | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    data: Mapping[str, bytes | str] | None = None,
    dist_info: Mapping[str, bytes | str] | None = None,
    executable: Collection[str] = (),
    is_purelib: bool = True,
    metadata_version: str = "2.3",
    about: Sequence[str] = (),
    is_compressed: bool = False,
) -> Built:
    """Return a valid wheel.

    `files` are paths below the root; by default one package of the project's name that knows its `__version__`.
    `data` are paths below `NAME-VERSION.data/`, such as `scripts/x`. `dist_info` are paths below the dist-info
    directory, beside (or in place of) METADATA and WHEEL. `entry_points` is group, then name, then reference.
    `executable` are the names of members with mode 0755.
    """
    stem = f"{escape(name)}-{version}"
    metadata = core_metadata(
        name,
        version,
        requires=requires,
        extras=extras,
        requires_python=requires_python,
        version_of=metadata_version,
        about=about,
    )
    members: dict[str, bytes] = {path: _bytes(text) for path, text in (files or _module(name, version)).items()}
    members |= {f"{stem}.data/{path}": _bytes(text) for path, text in (data or {}).items()}
    described = {"METADATA": metadata, "WHEEL": _wheel_file(tag, build, is_purelib)}
    if entry_points:
        described["entry_points.txt"] = _entry_points(entry_points)
    described |= {path: _bytes(text) for path, text in (dist_info or {}).items()}
    members |= {f"{stem}.dist-info/{path}": text for path, text in described.items()}
    record = f"{stem}.dist-info/RECORD"
    members[record] = record_of(members, record)
    return Built(
        filename=f"{stem}-{build}-{tag}.whl" if build else f"{stem}-{tag}.whl",
        content=zip_of(members, executable=executable, is_compressed=is_compressed),
        name=name,
        version=version,
        metadata=metadata,
        requires_python=requires_python,
    )


def sdist(
    name: str,
    version: str = "1.0",
    *,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] = NO_EXTRAS,
    requires_python: str = "",
    static: bool = True,
    files: Mapping[str, bytes | str] | None = None,
) -> Built:
    """Return a source distribution that builds offline, with the standard library alone, into `wheel(...)`.

    Static: PKG-INFO 2.2 that declares nothing dynamic. Otherwise PKG-INFO 2.1 without requirements, as an old
    backend writes it: only a build knows them. `files` are added below the root or replace what is there.
    """
    root = f"{escape(name)}-{version}"
    whole = core_metadata(
        name, version, requires=requires, extras=extras, requires_python=requires_python, version_of="2.2"
    )
    info = whole if static else core_metadata(name, version, requires_python=requires_python, version_of="2.1")
    prebuilt = wheel(name, version, requires=requires, extras=extras, requires_python=requires_python)
    members: dict[str, bytes] = {
        "PKG-INFO": info,
        "backend.py": _BACKEND.format(filename=prebuilt.filename).encode(),
        f"prebuilt/{prebuilt.filename}": prebuilt.content,
        "pyproject.toml": b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    }
    members |= {path: _bytes(text) for path, text in (files or {}).items()}
    return Built(
        filename=f"{root}.tar.gz",
        content=tar_gz_of({f"{root}/{path}": content for path, content in members.items()}),
        name=name,
        version=version,
        metadata=info,
        requires_python=requires_python,
    )


def core_metadata(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] = NO_EXTRAS,
    requires_python: str = "",
    version_of: str = "2.3",
    about: Sequence[str] = (),
) -> bytes:
    """Return core metadata of version `version_of`; the requirements of extras follow the others.

    `about` has more lines.
    """
    lines = [f"Metadata-Version: {version_of}", f"Name: {name}", f"Version: {version}"]
    lines += about
    if requires_python:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    for extra, gated in extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {_gate(requirement, extra)}" for requirement in gated]
    return ("\n".join(lines) + "\n").encode()


def record_of(members: Mapping[str, bytes], record: str) -> bytes:
    """Return the RECORD of `members`; the line of RECORD itself comes last, without hash and size."""
    rows = [record_row(path, content) for path, content in members.items()]
    return "\n".join([*rows, f"{record},,", ""]).encode()


def record_row(path: str, content: bytes) -> str:
    """Return the row of a RECORD that is right about `content`."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    quoted = '"' + path.replace('"', '""') + '"' if any(mark in path for mark in ',"') else path
    return f"{quoted},sha256={digest},{len(content)}"


def zip_of(members: Mapping[str, bytes], *, executable: Collection[str] = (), is_compressed: bool = False) -> bytes:
    """Return a zip archive of `members` in their order, dated at the epoch of zip."""
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if is_compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path, content in members.items():
            member = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            member.compress_type = method
            member.external_attr = (0o100755 if path in executable else 0o100644) << 16
            archive.writestr(member, content)
    return buffer.getvalue()


def tar_gz_of(members: Mapping[str, bytes]) -> bytes:
    """Return a gzipped tar archive of `members` in their order, dated at the epoch."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, content in members.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def escape(name: str) -> str:
    """Return `name` as file names write it (binary distribution format specification, escaping)."""
    return re.sub(r"[-_.]+", "_", name).lower()


def _module(name: str, version: str) -> dict[str, bytes | str]:
    return {f"{escape(name)}/__init__.py": f'__version__ = "{version}"\n'}


def _wheel_file(tag: str, build: str, is_purelib: bool) -> bytes:
    lines = ["Wheel-Version: 1.0", "Generator: lockenv-tests", f"Root-Is-Purelib: {str(is_purelib).lower()}"]
    if build:
        lines.append(f"Build: {build}")
    pythons, abis, platforms = tag.split("-")
    lines += [
        f"Tag: {python}-{abi}-{platform}"
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
    ]
    return ("\n".join(lines) + "\n").encode()


def _entry_points(groups: Mapping[str, Mapping[str, str]]) -> bytes:
    lines = []
    for group, points in groups.items():
        lines += [f"[{group}]", *(f"{name} = {reference}" for name, reference in points.items()), ""]
    return "\n".join(lines).encode()


def _gate(requirement: str, extra: str) -> str:
    what, _, marker = requirement.partition(";")
    if marker:
        return f"{what.strip()}; ({marker.strip()}) and extra == '{extra}'"
    return f"{what.strip()}; extra == '{extra}'"


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content
