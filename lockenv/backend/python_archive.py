"""Unpack the archive of a Python into a directory, as strictly as a wheel; symbolic links stay if they lead inside.

An archive whose hash was checked goes in; the files and links of the tree come out, with their hashes. Each name, link,
length and kind is judged before it is written, and nothing is written but below the one directory.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from lockenv.backend import tarball
from lockenv.backend.archive_tree import ArchiveTree, components, content
from lockenv.backend.member import DamagedError, Limits
from lockenv.errors import RefusedError
from lockenv.files.atomic import machine_error
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.backend.member import Member
    from lockenv.files.ops import Folder

TOP: Final = "python"
"""The one directory of an archive that is made to be installed."""


class PythonFile(NamedTuple):
    """A file that was written."""

    sha256: str
    size: int
    """In bytes."""
    is_executable: bool


class PythonTree(NamedTuple):
    """What was written, by path below the directory, with `/` between components."""

    files: dict[str, PythonFile]
    links: dict[str, str]
    """What each symbolic link says."""


def unpack(archive: str, filename: str, into: Folder, scratch: str, *, target: str) -> PythonTree:
    """Write what `archive`, called `filename`, holds below the open, empty directory `into`; return what it is.

    `target` is the machine that it is for: the file systems of Windows and macOS ignore letter case, and there are no
    links on Windows. `scratch` is a path that nothing has. Raises RefusedError (`bad-python-archive`) and MachineError;
    what was written is then to be thrown away.
    """
    limits = Limits()
    try:
        with tarball.members(archive, scratch, limits) as members:
            most = limits.most(os.stat(archive).st_size)
            writer = _Writer(into, most, folds_case="-linux-" not in target, has_links="-windows-" not in target)
            return writer.write(members, limits)
    except DamagedError as error:
        reason = ascii(str(error))[1:-1].replace("\\\\", "\\")[:300]
        raise RefusedError(
            "bad-python-archive",
            f"{filename}: {reason}",
            hint="choose another archive, and report this to those who publish it",
        ) from error
    except OSError as error:
        raise machine_error(error, error.filename or into.path) from error


class _Writer:
    """Writes one archive."""

    def __init__(self, into: Folder, most: int, *, folds_case: bool, has_links: bool) -> None:
        self._into = into
        self._most = self._left = most
        """Bytes to write, of all files: those of a hard link are not in the archive again."""
        self._has_links = has_links
        self._tree = ArchiveTree(folds_case=folds_case)
        self._open: list[Folder] = []
        """The directory that was written to last, and those above it, the outermost first."""
        self._parts: list[str] = []
        """Their names."""
        self._files: dict[str, PythonFile] = {}
        self._links: dict[str, str] = {}

    def write(self, members: Iterable[Member], limits: Limits) -> PythonTree:
        try:
            for number, member in enumerate(members):
                if number >= limits.entries:
                    raise DamagedError(f"it contains more than {limits.entries} files")
                if member.name.count("/") > limits.depth:
                    raise DamagedError(f"it contains more than {limits.depth} directories in one another")
                self._member(member)
            for name, target in self._links.items():
                *above, last = name.split("/")
                self._at(above).symlink(last, target)
        finally:
            self._at([])
        for name, target in self._links.items():
            if not os.path.exists(os.path.join(self._into.path, name)):
                raise DamagedError(f"{name!a} is a link to {target!a}, which is not in the archive")
        if not any(name.startswith(f"{TOP}/") for name in self._files):
            raise DamagedError(f"it contains no directory {TOP!r}")
        return PythonTree(self._files, self._links)

    def _member(self, member: Member) -> None:
        parts = components(member.name)
        if not parts and member.is_directory:
            return
        if not parts or parts[0] != TOP or (len(parts) == 1 and not member.is_directory):
            raise DamagedError(f"{member.name!a} is not below the directory {TOP!r}")
        self._tree.add(parts, is_directory=member.is_directory)
        name = "/".join(parts)
        if member.is_directory:
            self._at(parts)
        elif member.symlink:
            self._links[name] = self._checked(parts, member.symlink)
        elif member.link:
            self._copy(parts, member)
        else:
            self._file(parts, member)

    def _at(self, parts: Sequence[str]) -> Folder:
        """Return the open directory at `parts`, which is made where it is missing."""
        while self._parts != [*parts[: len(self._parts)]]:
            self._open.pop().close()
            self._parts.pop()
        for part in parts[len(self._parts) :]:
            above = self._open[-1] if self._open else self._into
            above.mkdir(part)
            self._open.append(above.enter(part))
            self._parts.append(part)
        return self._open[-1] if self._open else self._into

    def _file(self, parts: Sequence[str], member: Member) -> None:
        folder, digest = self._at(parts[:-1]), hashlib.sha256()
        with (
            member.open() as source,
            folder.creating(parts[-1], 0o755 if member.is_executable else 0o644) as descriptor,
        ):
            for piece in content(source, member):
                digest.update(piece)
                folder.write(descriptor, piece)
        self._wrote(parts, PythonFile(digest.hexdigest(), member.size, member.is_executable))

    def _wrote(self, parts: Sequence[str], file: PythonFile) -> None:
        self._left -= file.size
        if self._left < 0:
            raise DamagedError(f"it unpacks to more than the limit of {self._most} bytes")
        self._files["/".join(parts)] = file

    def _copy(self, parts: Sequence[str], member: Member) -> None:
        """Write a hard link as a copy of the file before it that it names."""
        original = "/".join(components(member.link))
        if original not in self._files:
            raise DamagedError(f"{member.name!a} is a hard link to {member.link!a}, which is no file before it")
        *above, last = original.split("/")
        with ExitStack() as opened:
            source = self._into
            for part in above:
                source = opened.enter_context(source.enter(part))
            self._at(parts[:-1]).copy(parts[-1], source, last)
        self._wrote(parts, self._files[original])

    def _checked(self, parts: Sequence[str], target: str) -> str:
        """Return what a symbolic link at `parts` says. Raises DamagedError unless it leads below the directory.

        It goes up first and then down: `..` behind a name that may be a link itself would lead anywhere.
        """
        steps = target.split("/")
        up = next((number for number, step in enumerate(steps) if step != ".."), len(steps))
        if not (self._has_links and up < len(parts) - 1 and _is_plain(steps[up:])):
            raise DamagedError(f"{'/'.join(parts)!a} is a link to {target!a}, which leads elsewhere")
        return target


def _is_plain(steps: list[str]) -> bool:
    """Return whether `steps` are names, of which none leads up."""
    try:
        return bool(steps) and components("/".join(steps)) == steps
    except DamagedError:
        return False
