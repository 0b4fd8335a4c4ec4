"""A commit as one archive that proves itself: its files, and the objects that lead from the commit to them.

`pack` makes it, the same bytes on any machine; `unpack` writes the files, and refuses all that are not those of the
commit that is named. git is not needed for that. Installers that know nothing of it see an ordinary source archive.
"""

from __future__ import annotations

import base64
import io
import json
import os
import stat
import tarfile
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, cast

from lockenv.backend.gitobjects import FILE, LINK, PROGRAM, Commits, Proof
from lockenv.backend.member import DamagedError
from lockenv.backend.stored_gzip import GzipReader, GzipWriter
from lockenv.errors import InputError
from lockenv.files.atomic import machine_error
from lockenv.vocabulary import system
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockenv.vocabulary.names import NormalizedName

_COMMENT = "comment"
"""The extended header that says what the archive is of: the commit, and behind it JSON. POSIX leaves its value free,
and installers that refuse headers of others read it over; `git archive` writes the commit there too.

Its keys are `commits`, the object of each commit by its place, in base64; `submodules`, of which commit each is, by its
place; and `added`, the files that are none of the commit: for backends, which otherwise would ask git.
"""
NO_MODES: Mapping[str, str] = MappingProxyType({})
_EPOCH = 315532800
"""1980-01-01, the first moment that zip files know."""
_VERSION = lazy_pattern(r"Metadata-Version: 2\.1\nName: [^\n]+\nVersion: ([^\n]+)\n")
_HEX = lazy_pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")


def pack(
    directory: str,
    commits: Commits,
    target: IO[bytes],
    name: NormalizedName,
    version: str,
    subdirectory: str,
    modes: Mapping[str, str] = NO_MODES,
) -> None:
    """Write the archive of the tree in `directory` to `target`: that of the project `name` in `subdirectory`.

    Its `version` may be unknown. `modes` are those of git, by path, where files have none. Raises InputError where the
    files are not those of the commit.
    """
    found = {path: modes.get(path, mode) for path, mode in _files(directory).items()}
    contents = {path: _content(os.path.join(directory, path), mode) for path, mode in found.items()}
    proof = Proof(commits)
    for path, (mode, content) in contents.items():
        proof.add(path, mode, content)
    if fault := proof.fault():
        raise InputError(
            f"cannot archive the files of commit {commits.commit}: {fault}",
            hint="a git filter, such as git-lfs, may have changed them",
        )
    added = _for_backends(name, version, subdirectory, contents)
    contents |= {path: (FILE, content) for path, content in added.items()}
    recorded = {
        "commits": {place: base64.b64encode(text).decode() for place, text in sorted(commits.texts.items())},
        "submodules": dict(sorted(commits.links.items())),
        "added": sorted(added),
    }
    headers = {_COMMENT: f"{commits.commit} {json.dumps(recorded)}"}
    with GzipWriter(target) as stored:
        stream = cast("IO[bytes]", stored)  # all that is asked of it is to write
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, pax_headers=headers) as archive:
            for path, (mode, content) in sorted(contents.items()):
                _write(archive, f"{name}-{version or commits.commit}/{path}", mode, content)


def unpack(archive: str, commit: str, name: str, into: str, subdirectory: str = "") -> None:
    """Write the files of `commit` that `archive` holds below `into`, which is not there yet.

    With them go those for backends, if they are of the project `name` in `subdirectory` and say no more than a version.
    Raises DamagedError where they are not the files of the commit; `into` is then to be thrown away.
    """
    files: dict[str, tuple[str, bytes]] = {}
    try:
        with open(archive, "rb") as source:
            size = os.fstat(source.fileno()).st_size
            stream = io.BufferedReader(GzipReader(source), 1 << 16)
            with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape") as opened:
                for member in opened:
                    if member.issparse() or not 0 <= member.size <= size:
                        # Nothing in it is compressed; a reader that believes this would read on, and on.
                        raise DamagedError(f"it contains {member.name!a}, which is larger than the archive")
                    _take(opened, member, files)
                recorded = _recorded(opened.pax_headers.get(_COMMENT, ""))
        added = _taken(files, recorded["added"], name, subdirectory)
        if fault := _fault(files, recorded, commit):
            raise DamagedError(fault)
        files |= added
        _lay_out(files, into)
    except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
        raise DamagedError(f"it cannot be unpacked: {error}") from error
    except OSError as error:
        raise machine_error(error, into) from error


def _files(directory: str) -> dict[str, str]:
    """Return the mode of every file in a checkout by its path, with `/`; what is git's own is left out."""
    found = {}
    for root, directories, names in os.walk(directory):
        links = [name for name in directories if os.path.islink(os.path.join(root, name))]
        directories[:] = sorted(name for name in directories if name != ".git" and name not in links)
        for name in (*names, *links):
            if name == ".git":
                continue
            path = os.path.join(root, name)
            mode = os.lstat(path).st_mode
            kind = LINK if stat.S_ISLNK(mode) else PROGRAM if mode & 0o100 else FILE
            found[os.path.relpath(path, directory).replace(os.sep, "/")] = kind
    return found


def _content(path: str, mode: str) -> tuple[str, bytes]:
    if mode == LINK and os.path.islink(path):
        return mode, os.fsencode(os.readlink(path))
    # Where a user may make no links, git writes a file that says what the link would.
    with open(path, "rb") as stream:
        return mode, stream.read()


def _write(archive: tarfile.TarFile, path: str, mode: str, content: bytes) -> None:
    entry = tarfile.TarInfo(path)
    entry.mtime, entry.mode = _EPOCH, 0o755 if mode == PROGRAM else 0o644
    if mode == LINK:
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, os.fsdecode(content), 0o777
        archive.addfile(entry)
        return
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _take(opened: tarfile.TarFile, member: tarfile.TarInfo, files: dict[str, tuple[str, bytes]]) -> None:
    """Note what `member` is by its path below the one top directory."""
    path = member.name.partition("/")[2]
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" or _leads_away(part) for part in parts):
        raise DamagedError(f"it contains a file with an invalid name: {member.name!a}")
    if path in files:
        raise DamagedError(f"it contains {path!a} twice")
    if member.issym():
        files[path] = LINK, os.fsencode(member.linkname)
        return
    content = opened.extractfile(member) if member.isreg() else None
    if content is None:
        raise DamagedError(f"it contains {path!a}, which is not a regular file")
    files[path] = PROGRAM if member.mode & 0o100 else FILE, content.read()


def _leads_away(part: str) -> bool:
    return system.is_windows and ("\\" in part or ":" in part)


def _for_backends(name: str, version: str, subdirectory: str, files: Iterable[str]) -> dict[str, bytes]:
    """Return files that answer what a backend would ask git: which files are tracked, and the version if it is known.

    What is among `files` already stays as it is.
    """
    inner = f"{subdirectory}/" if subdirectory else ""
    tracked = sorted(path.removeprefix(inner) for path in files if path.startswith(inner))
    supplied = {
        # Of setuptools-scm: from its version 10 on, and before it.
        f"{inner}scm_file_list.json": json.dumps({"files": tracked}).encode(),
        f"{inner}.git_archival.txt": b"ref-names:\n",
    }
    if version:
        supplied[f"{inner}PKG-INFO"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    return {path: content for path, content in supplied.items() if path not in files}


def _taken(
    files: dict[str, tuple[str, bytes]], listed: Iterable[str], name: str, subdirectory: str
) -> dict[str, tuple[str, bytes]]:
    """Take from `files` those that are for backends, and return them."""
    found = {path: files.pop(path) for path in listed if path in files}
    _, content = found.get(f"{subdirectory}/PKG-INFO" if subdirectory else "PKG-INFO", (FILE, b""))
    version = _VERSION.fullmatch(content.decode("utf-8", "replace"))
    expected = _for_backends(name, version[1] if version else "", subdirectory, files)
    for path, added in found.items():
        if added != (FILE, expected.get(path)):
            raise DamagedError(f"it contains {path!a}, which is not part of its commit")
    return found


def _recorded(comment: str) -> dict[str, Any]:
    """Return what an archive says of itself, checked."""
    try:
        recorded = json.loads(comment.partition(" ")[2])
        texts = {str(place): base64.b64decode(text) for place, text in recorded["commits"].items()}
        links = {str(place): str(link) for place, link in recorded["submodules"].items()}
        added = [str(path) for path in recorded["added"]]
    except (KeyError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise DamagedError("it does not record its commit") from error
    if not all(_HEX.fullmatch(link) for link in links.values()):
        raise DamagedError("it does not record the commits of its submodules")
    return {"commits": texts, "submodules": links, "added": added}


def _fault(files: Mapping[str, tuple[str, bytes]], recorded: Mapping[str, Any], commit: str) -> str:
    """Return why `files` are not those of `commit`; empty when they are."""
    proof = Proof(Commits(commit, recorded["commits"], recorded["submodules"]))
    for path, (mode, content) in files.items():
        proof.add(path, mode, content)
    return proof.fault()


def _lay_out(files: Mapping[str, tuple[str, bytes]], into: str) -> None:
    """Write files, then links: no file is written through one."""
    os.makedirs(into)
    for path, (mode, content) in sorted(files.items(), key=lambda each: (each[1][0] == LINK, each[0])):
        place = os.path.join(into, *path.split("/"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if mode == LINK:
            os.symlink(os.fsdecode(content), place)
            continue
        with open(place, "xb") as target:
            target.write(content)
        os.chmod(place, 0o755 if mode == PROGRAM else 0o644)
