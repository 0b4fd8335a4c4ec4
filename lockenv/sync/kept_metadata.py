"""Keep what a sync writes for a wheel in the store, beside the wheel: commands, scripts, files in the .dist-info.

INSTALLER, provenance_url.json and RECORD are the same wherever the same wheel was chosen for the same interpreter; a
wheel with commands or scripts, which name their environment, has others at each place. In: wheels, open directories.
Out: links to what was written, or what there is to be linked the next time. Never: a file of which inode, size, time or
mode are not as remembered; more than a few sets of files beside one wheel; a set without the digests of its files.
"""

from __future__ import annotations

import os

from lockenv import __version__
from lockenv.sync import entrypoints
from lockenv.sync.paths import PROVENANCE
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.light_contextlib import suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.files.ops import Folder
    from lockenv.sync.layout import Layout
    from lockenv.sync.walk import DirectoryWalk
    from lockenv.vocabulary.selected import Selected

NAMES = ("INSTALLER", PROVENANCE, "RECORD")
"""What is written into the .dist-info of a wheel of an index; RECORD, which lists the others, comes last."""
_COMMAND = "command-"
"""Begins, after the key, the name of a command that is kept."""
_SCRIPT = "script-"
"""The same for a script of the wheel itself, whether it names the interpreter or not; its number follows."""
_DIGESTS = "digests"
"""The same for the BLAKE2b digest of each file of the set, one to a line, and that of these lines in the last line."""
_FORM = 2
_DIGITS = 16
_MOST = 8
"""Sets of files kept beside one wheel: one for each index, and for each place of what names its interpreter."""


class KeptMetadata(NamedTuple):
    """The files of one wheel that were kept."""

    witnesses: tuple[tuple[int, ...], ...]
    """Inode, size, time of change in nanoseconds, and mode of each, by name; empty where nothing is kept."""


NOTHING_KEPT = KeptMetadata(())


def key(selected: Selected, schemes: Mapping[str, str], python: str) -> str:
    """Return what the names of the files begin with that are kept for an environment with the directories `schemes`.

    `python` is the interpreter that commands and scripts name; empty for a wheel that `names_python` is false of.
    """
    file = selected.file
    said = (_FORM, __version__, selected.name, selected.version, file.url, file.sha256, sorted(schemes.items()), python)
    return blake2b(repr(said).encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS] + "-"


def can_be_kept(one: Layout) -> bool:
    """Return whether what is written for a wheel says nothing of another."""
    return not one.shared and not one.winners and one.selected.direct is None


def names_python(one: Layout) -> bool:
    """Return whether what is written for a wheel may name the interpreter."""
    return bool(one.stored.scripts) or any(scheme == "scripts" for _, scheme, _ in one.places)


def is_there(kept: KeptMetadata, own: str, one: Layout, source: Folder) -> bool:
    """Return whether what was kept of a wheel under the key `own` in its entry `source` is as it was."""
    try:
        names = sorted((*NAMES, _DIGESTS, *_commands(one), *(item for item, _, _ in _scripts(one))))
        found = [_witness(source.stat(own + name)) for name in names]
    except FileNotFoundError:
        return False
    return tuple(found) == kept.witnesses


def link(own: str, one: Layout, source: Folder, walk: DirectoryWalk) -> None:
    """Link what is kept of a wheel under the key `own` in its entry `source` to its places."""
    target, at = walk.place(one.claim)
    target.link_all(source, [(at + name, own + name) for name in NAMES])
    if commands := _commands(one):
        target, at = walk.place(one.scripts)
        target.link_all(source, [(at + name, own + item) for item, name in commands.items()])
    for item, directory, name in _scripts(one):
        target, at = walk.place(directory)
        target.link(at + name, source, own + item)


def keep(own: str, one: Layout, source: Folder, walk: DirectoryWalk, contents: Sequence[bytes], python: str) -> None:
    """Keep `contents`, which were just written to `NAMES`, with the scripts and commands of a wheel, of `python`.

    They are kept under the key `own` in its entry `source`. Raises OSError where anything else is kept after it.
    """
    if sum(name.endswith(f"-{_DIGESTS}") and not name.startswith(own) for name in source.names()) >= _MOST:
        return
    kept = [*_placed(one, walk, contents, python)]
    # First: what is kept of a process that was killed meanwhile has its digests.
    lines = [_digest(content) + b" " + os.fsencode(item) for item, _, _, content in kept]
    source.replace(own + _DIGESTS, b"\n".join((*lines, _digest(b"".join(lines)), b"")))
    for item, target, name, content in kept:
        _keep(source, own + item, target, name, content)


def _placed(
    one: Layout, walk: DirectoryWalk, contents: Sequence[bytes], python: str
) -> Iterator[tuple[str, Folder, str, bytes]]:
    """Yield what each file that was written for a wheel is called where it is kept, its place, and its content."""
    target, at = walk.place(one.claim)
    for name, content in zip(NAMES, contents, strict=True):
        yield name, target, at + name, content
    if commands := _commands(one):
        target, at = walk.place(one.scripts)
        for script, (item, name) in zip(one.stored.scripts, commands.items(), strict=True):
            yield item, target, at + name, entrypoints.content(script, python)
    for item, directory, name in _scripts(one):
        target, at = walk.place(directory)
        yield item, target, at + name, target.read(at + name)


def _keep(source: Folder, item: str, target: Folder, name: str, content: bytes) -> None:
    try:
        source.link(item, target, name)
    except FileExistsError:
        # Another process may do the same now: what it keeps under this name is as good.
        with suppress(FileNotFoundError, FileExistsError):
            is_same_mode = source.stat(item).st_mode == target.stat(name).st_mode
            if not is_same_mode or source.read(item) != content:
                source.clear(item)
                source.link(item, target, name)


def _commands(one: Layout) -> dict[str, str]:
    """Return what each command of a wheel is called in an environment, by what it is called where it is kept."""
    names = (entrypoints.file_name(script.name) for script in one.stored.scripts)
    return {f"{_COMMAND}{name}": name for name in names}


def _scripts(one: Layout) -> Iterator[tuple[str, str, str]]:
    """Yield what each script of a wheel is called where it is kept, and its directory and name in an environment."""
    placed = ((path, name) for path, scheme, files in one.places if scheme == "scripts" for name in files.names)
    for number, (path, name) in enumerate(placed):
        yield f"{_SCRIPT}{number}", path, name


def are_whole(source: Folder) -> bool:
    """Return whether every file that is kept in the entry `source` is what was kept there; every byte is read."""
    names = source.names()
    return all(_is_whole(source, name.removesuffix(_DIGESTS), names) for name in names if name.endswith(f"-{_DIGESTS}"))


def _is_whole(source: Folder, own: str, names: Sequence[str]) -> bool:
    try:
        *lines, last = source.read(own + _DIGESTS).splitlines()
        if last != _digest(b"".join(lines)):
            return False
        # A process that was killed, or writes now, may not have kept all of them.
        listed = (os.fsdecode(line).partition(" ") for line in lines)
        found = ((digest, own + item) for digest, _, item in listed if own + item in names)
        return all(_digest(source.read(name)) == digest.encode() for digest, name in found)
    except (OSError, ValueError):
        return False


def _digest(content: bytes) -> bytes:
    return blake2b(content).hexdigest().encode()


def seen(entry: str, selected: Selected, schemes: Mapping[str, str], python: str) -> KeptMetadata:
    """Return what is kept of a wheel in its entry at the path `entry`, where commands and scripts name `python`."""
    try:
        names = sorted(os.listdir(entry))
        for own in (key(selected, schemes, python), key(selected, schemes, "")):
            if found := [name for name in names if name.startswith(own)]:
                return KeptMetadata(tuple(_witness(os.lstat(f"{entry}/{name}")) for name in found))
    except OSError:
        pass
    return NOTHING_KEPT


def written(kept: KeptMetadata) -> str:
    """Return one word that says the same as `kept`."""
    return ";".join(",".join(map(str, witness)) for witness in kept.witnesses) or "-"


def read(word: str) -> KeptMetadata:
    """Return what `written` wrote."""
    if word == "-":
        return NOTHING_KEPT
    return KeptMetadata(tuple(tuple(map(int, witness.split(","))) for witness in word.split(";")))


def _witness(found: os.stat_result) -> tuple[int, ...]:
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode
