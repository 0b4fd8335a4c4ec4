"""Put lockenv into one file, `lockenv.pyz`, for machines that have a Python and no lockenv.

In: the program that is running. Out: the bytes of a zip application (PEP 441): lockenv, and the pure Python of what it
requires. Never: a network, or compiled code. The same releases become the same bytes on every machine: nothing is
compressed, as compressors differ, and no time, user or path of a machine is in it.
"""

from __future__ import annotations

import io
import os
import zipfile
from importlib.metadata import PackageNotFoundError, files
from typing import TYPE_CHECKING

import lockenv
from lockenv.errors import MachineError
from lockenv.files import atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

DISTRIBUTION = "pylockenv"
REQUIRED = (
    "certifi",
    "charset-normalizer",
    "idna",
    "installer",
    "packaging",
    "platformdirs",
    "pyproject-hooks",
    "requests",
    "resolvelib",
    "rich",
    "tomli-w",
    "tomlkit",
    "truststore",
    "urllib3",
)
"""What is in it beside lockenv. msgspec is compiled, and lockenv runs without it; what rich requires draws Markdown and
source code, of which lockenv draws none."""
_LEFT_OUT = (".pyc", ".pyd", ".pyi", ".so")
_MAIN = """\
import os
import sys

if sys.version_info < (3, 11):
    sys.stderr.write("error: lockenv needs Python 3.11 or newer; this is %s\\n" % sys.version.split()[0])
    sys.exit(2)
# The path as it was typed means another file once `--directory` has been followed.
sys.path[0] = os.path.abspath(sys.path[0])

from lockenv.cli import program

program()
"""
_TIME = (1980, 1, 1, 0, 0, 0)
"""The first that the format can state."""
_MODE = 0o100644 << 16


def program_archive() -> bytes:
    """Return lockenv as one file. Raises MachineError where the files of a part cannot be read.

    It returns itself where it runs from such a file.
    """
    archive = getattr(lockenv.__loader__, "archive", "")
    try:
        if archive:
            with open(archive, "rb") as stream:
                return stream.read()
        return _composed(_contents())
    except OSError as error:
        raise atomic.machine_error(error, error.filename, "read") from error
    except PackageNotFoundError as error:
        raise MachineError(
            f"lockenv cannot be put into one file: the files of `{error.name}` are not recorded where it runs",
            hint="install lockenv with pip or another installer, into an environment of its own",
        ) from error


def _composed(contents: dict[str, bytes]) -> bytes:
    """Return the archive with these contents, each under its name, in the order of the names."""
    written = io.BytesIO()
    written.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(written, "a", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(contents.items()):
            member = zipfile.ZipInfo(name, _TIME)
            member.create_system = 3
            member.external_attr = _MODE
            archive.writestr(member, content)
    return written.getvalue()


def _contents() -> dict[str, bytes]:
    package = os.path.dirname(os.path.abspath(lockenv.__file__))
    found = {f"lockenv/{name}": _bytes_of(os.path.join(package, name)) for name in _names_below(package)}
    for one in (DISTRIBUTION, *REQUIRED):
        found.update(_recorded(one))
    return {**found, "__main__.py": _MAIN.encode()}


def _names_below(directory: str) -> Iterator[str]:
    """Return each file below a package, by its path from there with `/` between components."""
    for place, _, names in os.walk(directory):
        for name in names:
            path = os.path.relpath(os.path.join(place, name), directory).replace(os.sep, "/")
            if _is_needed(path):
                yield path


def _recorded(distribution: str) -> Iterator[tuple[str, bytes]]:
    """Return what a distribution installed of its packages, its metadata and its licenses; of lockenv, the last two."""
    recorded = files(distribution)
    if recorded is None:
        raise PackageNotFoundError(distribution)
    for path in recorded:
        name = path.as_posix()
        parts = path.parts
        is_about = parts[0].endswith(".dist-info")
        is_kept = len(parts) > 1 and (path.name == "METADATA" or "licenses" in parts) if is_about else _is_needed(name)
        if is_kept and parts[0] != ".." and len(parts) > 1 and (is_about or distribution != DISTRIBUTION):
            yield name, _bytes_of(str(path.locate()))


def _is_needed(name: str) -> bool:
    return not name.endswith(_LEFT_OUT) and "__pycache__" not in name.split("/")


def _bytes_of(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()
