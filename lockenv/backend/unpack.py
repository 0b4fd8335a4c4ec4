"""Open a source distribution into a directory, and refuse what has no place in one.

An archive whose hash was checked goes in; the directory of its sources comes out. Source distribution format: "There
is a single top-level directory called {name}-{version}".
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING

from lockenv.backend import tarball
from lockenv.backend.archive_tree import ArchiveTree, components, content
from lockenv.backend.member import DamagedError, Limits, Member
from lockenv.errors import RefusedError
from lockenv.files.atomic import machine_error
from lockenv.vocabulary import system
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterable, Iterator, Mapping

_SUFFIX = lazy_pattern(r"\.(tar\.gz|zip)")
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
    tree, links = ArchiveTree(), {}
    for number, member in enumerate(members):
        if number >= limits.entries:
            raise DamagedError(f"it contains more than {limits.entries} files")
        parts = components(member.name)
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
            target.writelines(content(source, member))
        os.chmod(path, 0o755 if member.is_executable else 0o644)
    for name in links:
        _copy_linked(name, links, into)
    return tree.top()


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
