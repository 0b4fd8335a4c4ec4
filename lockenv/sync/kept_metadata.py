"""Keep what a sync writes for a wheel in the store, beside the wheel: commands, scripts, files in the .dist-info.

INSTALLER, provenance_url.json and RECORD are the same wherever the same wheel was chosen for the same interpreter; a
wheel with commands or scripts, which name their environment, has others at each place. A set of these files has a plan
of all that is linked for the wheel, which `kept_plan` finds. In: wheels, open directories. Out: what there is to be
linked the next time. Never: more than a few sets of files beside one wheel; a set without the digests of its files.
"""

from __future__ import annotations

import os

from lockenv.sync import kept_plan, link_plan
from lockenv.sync.link_plan import Link
from lockenv.sync.paths import PROVENANCE
from lockenv.sync.witnesses import observed
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.files.ops import Folder
    from lockenv.sync import entrypoints, stored_wheel, wheel_files
    from lockenv.sync.layout import Layout
    from lockenv.sync.link_plan import LinkPlan
    from lockenv.sync.walk import CreationWalk
    from lockenv.vocabulary.selected import Selected
else:
    # What is kept is linked without them.
    entrypoints = late("lockenv.sync.entrypoints")
    stored_wheel = late("lockenv.sync.stored_wheel")
    wheel_files = late("lockenv.sync.wheel_files")

NAMES = ("INSTALLER", PROVENANCE, "RECORD")
"""What is written into the .dist-info of a wheel of an index; RECORD, which lists the others, comes last."""
_COMMAND = "command-"
"""Begins, after the key, the name of a command that is kept."""
_SCRIPT = "script-"
"""The same for a script of the wheel itself, whether it names the interpreter or not; its number follows."""
_DIGESTS = "digests"
"""The same for the BLAKE2b digest of each file of the set, one to a line, and that of these lines in the last line."""
_MOST = 8
"""Sets of files kept beside one wheel: one for each index, and for each place of what names its interpreter."""


def can_be_kept(one: Layout) -> bool:
    """Return whether what is written for a wheel says nothing of another, and all of it can be linked."""
    is_its_own = not one.shared and not one.winners and one.selected.direct is None
    return is_its_own and all(directory.files.are_linkable for directory in one.stored.directories)


def names_python(one: Layout) -> bool:
    """Return whether what is written for a wheel may name the interpreter."""
    return bool(one.stored.scripts) or any(scheme == "scripts" for _, scheme, _ in one.places)


def keep(own: str, one: Layout, source: Folder, walk: CreationWalk, contents: Sequence[bytes], python: str) -> None:
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
    source.replace(
        own + kept_plan.PLAN,
        link_plan.dumped(_planned(own, one, source, walk.own), kept_plan.place(own, one.stored.path)),
    )


def _planned(own: str, one: Layout, source: Folder, site: str) -> LinkPlan:
    """Return the plan of a wheel, all of whose set was just kept but for the plan itself."""
    places = wheel_files.places(one)
    links = [Link(path, *both) for path, files in places for both in zip(files.names, files.items, strict=True)]
    # Of all files of the wheel, also of scripts of which another is linked.
    witnesses = {file.item: file.witness[:4] for directory in one.stored.directories for file in directory.files}
    kept = [Link(one.claim, name, own + name) for name in NAMES]
    kept += [Link(one.scripts, name, own + item) for item, name in _commands(one).items()]
    kept += [Link(directory, name, own + item) for item, directory, name in _scripts(one)]
    for item in (*(link.item for link in kept), own + _DIGESTS, stored_wheel.MANIFEST):
        witnesses[item] = observed(source.stat(item))
    return link_plan.composed([*links, *kept], site, witnesses, names_python=names_python(one))


def _placed(
    one: Layout, walk: CreationWalk, contents: Sequence[bytes], python: str
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
    return all(
        _is_whole(source, name.removesuffix(_DIGESTS), names)
        if name.endswith(f"-{_DIGESTS}")
        else not name.endswith(f"-{kept_plan.PLAN}") or _is_plan_whole(source, name.removesuffix(kept_plan.PLAN))
        for name in names
    )


def _is_plan_whole(source: Folder, own: str) -> bool:
    try:
        return link_plan.parsed(source.read(own + kept_plan.PLAN), kept_plan.place(own, source.path)) is not None
    except OSError:
        return False


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


def seen(entry: str, selected: Selected, schemes: Mapping[str, str], python: str) -> str:
    """Return the key of what is kept of a wheel in its entry at the path `entry`; empty where nothing is.

    Commands and scripts name `python`.
    """
    keys = (kept_plan.key(selected, schemes, python), kept_plan.key(selected, schemes, ""))
    return next((own for own in keys if os.path.lexists(f"{entry}/{own}{kept_plan.PLAN}")), "")
