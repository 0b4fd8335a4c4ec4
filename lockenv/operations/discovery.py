"""Find the directory of the project that the user means: the nearest upwards, and the root of its workspace.

In: an absolute directory. Out: an absolute directory. Never: what a project requires.
"""

from __future__ import annotations

import os

from lockenv.errors import RefusedError
from lockenv.files.reading import read_file
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any, Final

    from lockenv.builds import workspace as builds_workspace
    from lockenv.vocabulary import toml, utf8
else:
    utf8 = late("lockenv.vocabulary.utf8")
    builds_workspace = late("lockenv.builds.workspace")
    toml = late("lockenv.vocabulary.toml")

PYPROJECT: Final = "pyproject.toml"
_SETTINGS: Final = "lockenv.toml"
_TOOLS: Final = ("lockenv", "uv", "rye")
"""The tools whose table `workspace` counts: a workspace of another one is converted before it is locked."""


def nearest(start: str, names: Collection[str]) -> str:
    """Return the nearest directory upwards from `start` that has a file of one of `names`; empty for none.

    Raises RefusedError where that is a file of another user.
    """
    for directory in _upwards(start):
        if any(_is_there(os.path.join(directory, name)) for name in names):
            _refuse_of_another(directory, start, (*names, _SETTINGS))
            return directory
    return ""


def _is_there(path: str) -> bool:
    """Return whether a file is at `path`, or what is refused in its place: a pipe, a link to nothing."""
    return os.path.isfile(path) or (os.path.lexists(path) and not os.path.isdir(path))


def root(directory: str) -> str:
    """Return the root of the workspace that the project in `directory` is a member of; `directory` where it is none.

    The nearest workspace upwards decides: a project that it does not have as a member means itself. Raises RefusedError
    where that is a file of another user.
    """
    return root_of_new(directory) if os.path.isfile(os.path.join(directory, PYPROJECT)) else directory


def root_of_new(directory: str) -> str:
    """Return the same for a directory in which no project is declared yet: where one would be a member."""
    if _workspace(directory) is not None:
        return directory
    above = os.path.dirname(directory)
    for place in _upwards(above) if above != directory else ():
        workspace = _workspace(place)
        if workspace is not None and _has(workspace, place, directory):
            _refuse_of_another(place, directory, (PYPROJECT, _SETTINGS))
            return place
        if workspace is not None:
            return directory
    return directory


def workspace_without(directory: str) -> str:
    """Return the root of the nearest workspace above `directory` that neither has nor excludes a project there.

    Empty for none, and where the project is in a workspace of its own.
    """
    if root_of_new(directory) != directory or _workspace(directory) is not None:
        return ""
    for place in _upwards(os.path.dirname(directory)):
        workspace = _workspace(place)
        if workspace is not None:
            return "" if _has({"members": workspace.get("exclude", ())}, place, directory) else place
    return ""


def _refuse_of_another(place: str, start: str, names: Collection[str]) -> None:
    """Raise RefusedError where a file in `place`, above `start`, was put there by a user with no other say in it.

    Whoever may write to a shared directory, such as that for temporary files, could else say what is locked and built
    for everyone below it. The owner of `place` itself could do so in any case.
    """
    if place == start or system.is_windows:
        return
    trusted = {0, os.geteuid(), os.stat(place).st_uid, os.stat(start).st_uid}
    for name in names:
        path = os.path.join(place, name)
        if os.path.lexists(path) and os.lstat(path).st_uid not in trusted:
            raise RefusedError(
                "project-file",
                f"{path} belongs to another user (uid {os.lstat(path).st_uid}), and is above {start}",
                hint=f"if you trust this user, use `--project {place}`; `--project {start}` uses nothing above it",
            )


def _upwards(start: str) -> Iterator[str]:
    directory = start
    while True:
        yield directory
        above = os.path.dirname(directory)
        if above == directory:
            return
        directory = above


def _workspace(directory: str) -> dict[str, Any] | None:
    """Return the workspace that the files in `directory` declare; None for none, or where they cannot be read."""
    for name in (_SETTINGS, PYPROJECT):
        values = _values(os.path.join(directory, name))
        if name == PYPROJECT:
            tools = values.get("tool")
            tables = [tools.get(tool) for tool in _TOOLS] if isinstance(tools, dict) else []
        else:
            tables = [values]
        for table in tables:
            if isinstance(table, dict) and isinstance(table.get("workspace"), dict):
                found: dict[str, Any] = table["workspace"]
                return found
    return None


def _values(path: str) -> dict[str, Any]:
    """Return what a file says, where it may declare a workspace; what is wrong with it is for whoever reads it."""
    try:
        content = read_file(path)
        if b"workspace" not in content:
            return {}
        return toml.loads(utf8.utf8_text(content))
    except (OSError, ValueError, RecursionError, RefusedError):
        return {}


def _has(workspace: dict[str, Any], place: str, directory: str) -> bool:
    """Return whether the project in `directory` is a member of the workspace at `place`."""
    members, exclude = (
        tuple(one.removeprefix("./") for one in workspace.get(key, ()) if isinstance(one, str))
        for key in ("members", "exclude")
    )
    path = os.path.relpath(directory, place).replace(os.sep, "/")
    return path in builds_workspace.matching(members, exclude, place, path)
