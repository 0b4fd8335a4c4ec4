"""The Pythons that `lockenv python install` unpacked, in the user's data directory.

In: the environment variables. Out: where each is, what was written of it, and what differs from that now. An installed
Python is a directory with the tree of its archive (`python`) and a manifest; it came whole, by one rename. Never: a
download, a change, a run of what is there but to compare its byte-code.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Literal

from lockenv.environment import bytecode
from lockenv.environment.fingerprint import is_bytecode
from lockenv.environment.interpreter import probe
from lockenv.environment.interpreter_locations import PYTHON_TREE, python_of, pythons_directory
from lockenv.errors import MachineError
from lockenv.files.atomic import machine_error
from lockenv.files.reading import read_own
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockenv.vocabulary.python_archive import PythonArchive

MANIFEST = "manifest.json"
"""The file of an installed Python that lists them."""
Problem = Literal["changed", "missing", "foreign", "mode", "byte-code"]
_LONGEST = 64 << 20
"""Bytes of a manifest: that of an archive with the most files that are unpacked is smaller."""


class _Manifest(NamedTuple):
    """What was written when a Python was unpacked, and of which archive."""

    file: str
    sha256: str
    version: str
    is_free_threaded: bool
    files: dict[str, tuple[str, int, bool]]
    """The sha256, the length in bytes and whether it is executable, by path."""
    links: dict[str, str]


def manifest(archive: PythonArchive, files: Mapping[str, tuple[str, int, bool]], links: Mapping[str, str]) -> bytes:
    """Return the content of the manifest of a Python that was unpacked from `archive`."""
    fields = {
        "schema": 1,
        **archive.table(),
        "version": archive.version,
        "free-threaded": archive.is_free_threaded,
        "files": dict(sorted(files.items())),
        "links": dict(sorted(links.items())),
    }
    return json.dumps(fields, indent=0).encode("ascii") + b"\n"


class InstalledPython(NamedTuple):
    """A Python that was unpacked."""

    directory: str
    """Absolute."""
    file: str
    """Its archive."""
    sha256: str
    """Of its archive."""
    version: str
    is_free_threaded: bool

    @property
    def executable(self) -> str:
        """Its interpreter, which may be a link."""
        return python_of(os.path.join(self.directory, PYTHON_TREE))


class PythonDifference(NamedTuple):
    """One path that is not as it was unpacked."""

    path: str
    """Below the directory of the Python, with `/` between components."""
    problem: Problem


def installed_pythons(environ: Mapping[str, str]) -> tuple[InstalledPython, ...]:
    """Return the Pythons that were unpacked, by the names of their directories, but for those that do not say so."""
    root = pythons_directory(environ)
    try:
        names = sorted(name for name in os.listdir(root) if name.startswith("cpython-"))
    except OSError:
        return ()
    found = []
    for name in names:
        directory = os.path.join(root, name)
        try:
            one = _manifest(directory)
        except MachineError:
            continue
        found.append(InstalledPython(directory, one.file, one.sha256, one.version, one.is_free_threaded))
    return tuple(found)


def differences(one: InstalledPython, *, cache_dir: str, environ: Mapping[str, str]) -> tuple[PythonDifference, ...]:
    """Return each path of `one` that is not as it was unpacked, sorted.

    Byte-code that came since is compared with what the Python compiles from the unchanged source. Raises MachineError.
    """
    written = _manifest(one.directory)
    files, links = written.files, written.links
    seen: set[str] = set()
    compiled: list[str] = []
    found: list[PythonDifference] = []
    try:
        for path, entry in _walk(os.path.join(one.directory, PYTHON_TREE), PYTHON_TREE):
            seen.add(path)
            if path in links:
                is_same = entry.is_symlink() and os.readlink(entry.path) == links[path]
                found += [] if is_same else [PythonDifference(path, "changed")]
            elif path in files:
                found += _of_file(path, entry, files[path])
            elif entry.is_file(follow_symlinks=False) and is_bytecode(path):
                compiled.append(path)
            else:
                found.append(PythonDifference(path, "foreign"))
    except OSError as error:
        raise machine_error(error, error.filename or one.directory, "read") from error
    found += [PythonDifference(path, "missing") for path in {*files, *links} - seen]
    if compiled and not found:  # a Python that was changed is not run
        own = probe(one.executable, cache_dir=cache_dir, environ=environ)
        wrong = bytecode.differing(one.directory, compiled, dict.fromkeys(files, ""), own, environ)
        found += [PythonDifference(path, "byte-code") for path, *_ in wrong]
    return tuple(sorted(found))


def _of_file(path: str, entry: os.DirEntry[str], recorded: tuple[str, int, bool]) -> list[PythonDifference]:
    digest, size, is_executable = recorded
    state = entry.stat(follow_symlinks=False)
    if not entry.is_file(follow_symlinks=False) or state.st_size != size:
        return [PythonDifference(path, "changed")]
    with open(entry.path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            return [PythonDifference(path, "changed")]
    is_right = system.is_windows or state.st_mode & 0o7777 == (0o755 if is_executable else 0o644)
    return [] if is_right else [PythonDifference(path, "mode")]


def _walk(directory: str, name: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            path = f"{name}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, path)
            else:
                yield path, entry


def _manifest(directory: str) -> _Manifest:
    """Return what was written to `directory`. Raises MachineError where it does not say."""
    path = os.path.join(directory, MANIFEST)
    try:
        fields = json.loads(read_own(path, _LONGEST))
        return _Manifest(
            file=str(fields["file"]),
            sha256=str(fields["sha256"]),
            version=str(fields["version"]),
            is_free_threaded=fields["free-threaded"] is True,
            files={str(name): (str(one[0]), int(one[1]), bool(one[2])) for name, one in fields["files"].items()},
            links={str(name): str(target) for name, target in fields["links"].items()},
        )
    except OSError as error:
        raise machine_error(error, path, "read") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise MachineError(f"{path} is damaged", hint=f"remove {directory} and install it again") from error
