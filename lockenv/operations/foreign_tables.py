"""Refuse to lock what other tools' tables take from places that lockenv does not read; note what else is not read."""

from __future__ import annotations

import os

from lockenv.context.project_files import read_text
from lockenv.errors import InputError
from lockenv.lockfile.paths import relative
from lockenv.operations import load
from lockenv.project import messages
from lockenv.project.document import Document
from lockenv.project.layers import of_project
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    import shlex
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.index import default as index_default
    from lockenv.lockfile.lock import Lock
    from lockenv.project import unread as project_unread
    from lockenv.vocabulary import direct as vocabulary_direct
    from lockenv.vocabulary.manifest import Manifest, UnreadSource
    from lockenv.vocabulary.progress import Listener
else:
    shlex = late("shlex")
    index_default = late("lockenv.index.default")
    project_unread = late("lockenv.project.unread")
    vocabulary_direct = late("lockenv.vocabulary.direct")

_NAMES = ("uv", "poetry", "pdm", "\\")
"""The tools whose keys are noted; an escape may spell their names, too."""
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
"""The lockfiles of other tools, which `lockenv import` reads."""
_OF_SCRIPT = "declare the same under [tool.lockenv] in its inline metadata"
"""What to do in a script, which `lockenv import` does not convert."""


def refuse(manifest: Manifest, project: load.Project, settings: Settings) -> None:
    """Raise InputError where only a table of another tool names the source of a package.

    A name locked from the default index in its stead would be whatever a stranger uploaded there.
    """
    lacking = unread(manifest, project)
    if not lacking:
        return
    first = lacking[0]
    keys = ", ".join(f"`{messages.key_text(one.path)}`" for one in lacking)
    files = " and ".join(dict.fromkeys(one.file for one in lacking))
    is_own = first.file == relative(project.pyproject)
    text = manifest.text if is_own else read_text(first.file)
    raise InputError(
        f"{files} configures package sources in tables that lockenv does not read ({keys}); "
        "without them, private packages could be locked from another index",
        hint=_hint(lacking, _elsewhere(lacking, manifest, project), settings),
        origin=Document(text, first.file).origin(first.path, at_key=True),
    )


def note(manifest: Manifest, project: load.Project, settings: Settings, listener: Listener) -> None:
    """Note the keys of other tools' tables that change what is locked, and that lockenv does not read."""
    text = manifest.text
    if not project.pyproject:
        return
    uv = os.path.join(project.directory, "uv.toml")
    has_tables = "[tool." in text and any(each in text for each in _NAMES)
    has_file = os.path.isfile(uv)
    if not (has_tables or has_file):
        return
    document = Document(text, relative(project.pyproject))
    own = of_project(document, load.document(project.own_settings))
    found = {document.file: project_unread.overlooked(document, own) if has_tables else ()}
    if has_file:
        found[relative(uv)] = project_unread.overlooked_in_uv(Document(read_text(uv), relative(uv)), own)
    for file, overlooked in found.items():
        if overlooked:
            keys = ", ".join(f"`{key}`" for key in overlooked)
            hint = _OF_SCRIPT if settings.script else _convert(overlooked)
            listener.note(f"{file}: lockenv does not read {keys}; {hint}")


def note_locks(project: load.Project, old: Lock | None, settings: Settings, listener: Listener) -> None:
    """Note a lockfile of another tool beside `project`, whose pins its first lock, without an `old` one, does not keep.

    One of a script or a named lock of a project is not a first one.
    """
    if old is not None or settings.script or settings.named_lock:
        return
    for path in (os.path.join(project.directory, name) for name in LOCKS):
        if os.path.isfile(path):
            named = relative(path)
            listener.note(f"{named} is not read; run `lockenv import {shlex.quote(named)}` to lock with its pins")


def unread(manifest: Manifest, project: load.Project) -> list[UnreadSource]:
    """Return the places that only tables of other tools name, those in the `uv.toml` of `project` included."""
    found = list(manifest.unread)
    file = os.path.join(project.directory, "uv.toml")
    if project.pyproject and os.path.isfile(file):
        found += project_unread.unread_in_uv(Document(read_text(file), relative(file)), manifest.indexes)
    if not found:
        return []
    known = {*manifest.sources, *manifest.direct, *manifest.places, *manifest.members, manifest.name}
    default = project_unread.bare(index_default.DEFAULT_INDEX)
    return [one for one in found if project_unread.bare(one.url) != default and not (one.name and one.name in known)]


def _elsewhere(lacking: Sequence[UnreadSource], manifest: Manifest, project: load.Project) -> tuple[str, ...]:
    """Return the directories of `lacking` that are no member of the workspace, and not its root: sorted."""
    places = (manifest.direct[name].direct for name in manifest.members if name in manifest.direct)
    paths = (place.path for place in places if isinstance(place, vocabulary_direct.Directory))
    known = {relative(os.path.join(project.base, path)) for path in paths}
    found = {os.path.dirname(one.file) or os.curdir for one in lacking}
    return tuple(sorted(found - known - {relative(project.directory), relative(project.base)}))


def _hint(lacking: Sequence[UnreadSource], elsewhere: Sequence[str], settings: Settings) -> str:
    if any(not one.obstacle for one in lacking):
        if settings.script:
            return _OF_SCRIPT
        commands = [shlex.join(("lockenv", "import", "--project", directory)) for directory in elsewhere]
        if len({os.path.dirname(one.file) or os.curdir for one in lacking}) > len(elsewhere):
            commands.insert(0, "lockenv import")
        what = "it" if len(lacking) == 1 else "them"
        return f"run {' and '.join(f'`{each}`' for each in commands)} to convert {what} to [tool.lockenv]"
    reasons = "; ".join(f"{one.name} {one.obstacle}" for one in lacking)
    them = "it" if len(lacking) == 1 else "each"
    return (
        f"set one source for {them} in [tool.lockenv.sources], which has no equivalent for this: {reasons}; "
        f'to take it from an index, set `{lacking[0].name} = {{ index = "NAME" }}`'
    )


def _convert(keys: Sequence[object]) -> str:
    return f"run `lockenv import` to convert {'it' if len(keys) == 1 else 'them'}"
