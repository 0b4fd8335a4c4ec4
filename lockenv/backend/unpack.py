"""Open a source distribution into a directory, and refuse what has no place in one.

An archive whose hash was checked goes in; the directory of its sources comes out. Source distribution format: "There
is a single top-level directory called {name}-{version}".
"""

from __future__ import annotations

import os
import shutil
import unicodedata
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import IO, TYPE_CHECKING

from lockenv.backend import tarball
from lockenv.backend.member import DamagedError, Limits, Member
from lockenv.errors import RefusedError
from lockenv.files.atomic import machine_error
from lockenv.files.portable import is_special_on_windows
from lockenv.vocabulary import system
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterable, Iterator, Mapping

_SUFFIX = lazy_pattern(r"\.(tar\.gz|zip)")
_DRIVE = lazy_pattern(r"[A-Za-z]:")
_LONGEST_COMPONENT, _LONGEST = 255, 2048
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of characters that control a terminal, end a line, or are none."""
_HOPS = 40
"""Links that are followed from one to the next, as systems do."""


def unpack(
    archive: str,
    filename: str,
    into: str,
    limits: Limits | None = None,
    check_zip: Callable[[str, str], object] | None = None,
    *,
    is_release: bool = True,
) -> str:
    """Return the directory of the sources that `archive`, called `filename`, holds; it is below `into`.

    A release's directory is called like its file; other archives (`is_release` false) may call theirs as they like.
    A link to a file of the same archive becomes a copy of it. `check_zip` raises what it has against a zip file. Raises
    RefusedError for links that lead elsewhere, devices, names that do or mean two things, and bombs; `into` is then to
    be thrown away.
    """
    limits = limits or Limits()
    os.makedirs(into)
    try:
        with _members(archive, filename, f"{into}.tar", limits, check_zip) as members:
            top = _write_all(members, into, limits)
        if is_release and normalize(top) != normalize(_SUFFIX.sub("", filename)):
            raise DamagedError(f"its top-level directory is {top!a}, which belongs to a different release")
    except DamagedError as error:
        reason = ascii(str(error))[1:-1].replace("\\\\", "\\")[:300]
        raise RefusedError(
            "bad-sdist", f"{filename}: {reason}", hint="choose another release, and report this to its authors"
        ) from error
    except OSError as error:
        raise machine_error(error, into) from error
    return os.path.join(into, top)


def _members(
    archive: str, filename: str, scratch: str, limits: Limits, check_zip: Callable[[str, str], object] | None
) -> AbstractContextManager[Iterator[Member]]:
    if filename.endswith(".zip"):
        if check_zip is not None:
            check_zip(archive, filename)
        return _zip_members(archive, limits)

    return tarball.members(archive, scratch, limits)


def _write_all(members: Iterable[Member], into: str, limits: Limits) -> str:
    """Write what `members` are, below `into`; return the one top-level directory."""
    tree, links = _Tree(), {}
    for number, member in enumerate(members):
        if number >= limits.entries:
            raise DamagedError(f"it contains more than {limits.entries} files")
        parts = _parts(member.name)
        if not parts and member.is_directory:
            continue
        if not parts:
            raise DamagedError("it is a file, not a directory")
        tree.add(parts, is_directory=member.is_directory)
        path = os.path.join(into, *parts)
        if member.is_directory:
            os.makedirs(path, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if member.link:
            links["/".join(parts)] = member.link
            continue
        with member.open() as source, open(path, "xb") as target:
            _copy(source, target, member)
        os.chmod(path, 0o755 if member.is_executable else 0o644)
    for name in links:
        _copy_linked(name, links, into)
    return tree.top()


class _Tree:
    """The names that an archive has so far, as the poorest filesystem would distinguish them."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._directories: set[str] = set()
        self._tops: set[str] = set()

    def add(self, parts: list[str], *, is_directory: bool) -> None:
        """Add one entry. Raises DamagedError for one that is there already, or in two places at once."""
        self._tops.add(parts[0])
        if len(self._tops) > 1:
            raise DamagedError(
                f"it has more than one top-level directory ({', '.join(sorted(map(ascii, self._tops)))})"
            )
        name = "/".join(parts)
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        if folded in self._files or (folded in self._directories and not is_directory):
            raise DamagedError(f"it contains {name!a} twice")
        (self._directories if is_directory else self._files).add(folded)
        parent = folded.rpartition("/")[0]
        while parent and parent not in self._directories:
            if parent in self._files:
                raise DamagedError(f"it contains {name!a} below a file")
            self._directories.add(parent)
            parent = parent.rpartition("/")[0]

    def top(self) -> str:
        """Return the one top-level directory. Raises DamagedError where there is none, or it holds nothing."""
        if not any("/" in name for name in self._files) or len(self._tops) != 1:
            raise DamagedError("it contains no top-level directory")
        return self._tops.pop()


def _copy(source: IO[bytes], target: IO[bytes], member: Member) -> None:
    copied = 0
    while piece := source.read(1 << 18):
        copied += len(piece)
        if copied > member.size:
            raise DamagedError(f"{member.name!a} is longer than its header states")
        target.write(piece)
    if copied != member.size:
        raise DamagedError(f"{member.name!a} is shorter than its header states")


def _copy_linked(name: str, links: Mapping[str, str], into: str) -> None:
    """Write the link `name` as the file it points to, which is one that the archive holds itself.

    A link to what the archive could hold and does not, as to a file of a submodule, is left out: nothing can read it.
    """
    # PEP 721: links "that link to absolute paths or ones outside the destination" are refused.
    found: str | None = name
    for _ in range(_HOPS):
        found = _resolved(links[found]) if found is not None else None
        if found is None or found not in links:
            break
    path = os.path.join(into, *(found or "").split("/"))
    if found and found not in links and not os.path.lexists(path) and found.startswith(f"{name.partition('/')[0]}/"):
        return
    if found is None or found in links or not os.path.isfile(path):
        raise DamagedError(f"{name!a} is a link to {links[name]!a}, which is not in the archive")
    target = os.path.join(into, *name.split("/"))
    shutil.copyfile(path, target)
    shutil.copymode(path, target)


def _resolved(target: str) -> str | None:
    """Return `target` without `.` and `..`; None where it leads out."""
    parts: list[str] = []
    if target.startswith("/") or "\\" in target or "\0" in target:
        return None
    for part in target.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _parts(name: str) -> list[str]:
    """Return the components of a path below the archive; refuses what would lead elsewhere."""
    shown, name = name, name.removeprefix("./").rstrip("/")
    if shown in (".", "./"):
        return []
    parts = name.split("/")
    if (
        any(part in ("", ".", "..") or _is_long(part, _LONGEST_COMPONENT) for part in parts)
        or _is_long(name, _LONGEST)
        or "\\" in name
        or _DRIVE.match(name)
        or (system.is_windows and any(is_special_on_windows(part) for part in parts))
        or (not name.isprintable() and any(unicodedata.category(char) in _UNSEEN for char in name))
    ):
        raise DamagedError(f"it contains a file with an invalid name: {shown!a}")
    return parts


def _is_long(text: str, most: int) -> bool:
    return len(text.encode("utf-8", "surrogatepass")) > most


@contextmanager
def _zip_members(archive: str, limits: Limits) -> Iterator[Iterator[Member]]:
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(archive) as opened:
            total = sum(member.file_size for member in opened.infolist())
            if total > min(limits.unpacked, max(limits.ratio_floor, limits.ratio * os.stat(archive).st_size)):
                raise DamagedError(f"it unpacks to {total} bytes")
            yield (_zip_member(opened, member) for member in opened.infolist())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise DamagedError(f"it cannot be unpacked: {error}") from error


def _zip_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Member:
    import stat

    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise DamagedError(f"{member.filename!a} is a link or a device, not a file")
    return Member(
        name=member.filename,
        size=member.file_size,
        is_directory=member.is_dir(),
        is_executable=bool(mode & 0o100),
        link="",
        open=lambda: opened.open(member),
    )


def discard(directory: str, but: str = "") -> None:
    """Remove a directory and all in it, if it is there; with `but`, only what has not this name in it."""
    kept = os.path.join(directory, but)
    if not but or not os.path.isfile(kept):
        shutil.rmtree(directory, ignore_errors=True)
        if system.is_windows:
            _move_aside(directory)
        return
    with os.scandir(directory) as found:
        entries = [entry for entry in found if entry.name != but]
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def _move_aside(directory: str) -> None:
    """Free the name of `directory`, of which Windows keeps what is in use, and remove what was moved so before."""
    above, name = os.path.split(directory)
    with suppress(OSError):
        for one in os.listdir(above):
            if one.startswith(f"{name}.old-"):
                shutil.rmtree(os.path.join(above, one), ignore_errors=True)
        if os.path.lexists(directory):
            os.rename(directory, f"{directory}.old-{os.urandom(6).hex()}")
