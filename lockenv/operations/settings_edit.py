"""Write a setting where the project keeps its settings: `lockenv.toml`, or `[tool.lockenv]` of `pyproject.toml`.

In: the project, the key of a list and elements for it. Out: the file and its new text; the caller writes it, before or
together with the lock that depends on it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lockenv.context.project_files import read_declared, read_text
from lockenv.files.reading import read_file
from lockenv.lockfile.paths import relative
from lockenv.operations import load
from lockenv.project import setting_edit
from lockenv.project.layers import LOCKS, TOOL
from lockenv.vocabulary.dataclasses import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lockenv.vocabulary.names import NormalizedName

_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingEdit:
    """A file that holds settings, and its text after an edit."""

    path: str
    """Absolute."""
    before: bytes | None
    """None where there is no such file yet."""
    text: str
    """Its new text, a byte-order mark included."""
    key: str
    """The setting, as that file writes it: `tool.lockenv.allow-build` or `allow-build`."""

    @property
    def name(self) -> str:
        """The file as messages name it."""
        return relative(self.path)

    @property
    def changes(self) -> bool:
        """Whether the edit changes anything."""
        return self.text.encode() != (self.before or b"")

    def read(self, path: str) -> str:
        """Return the text of `path` as it will be, for `load.manifest(…, read=…)`."""
        is_this = os.path.realpath(path) == os.path.realpath(self.path)
        return self.text.removeprefix("\ufeff") if is_this else read_declared(path)

    def of(self, project: load.Project) -> load.Project:
        """Return `project` with this file among those that hold its settings, for `load.manifest`."""
        is_own = os.path.basename(self.path) == load.SETTINGS
        return replace(project, own_settings=self.path) if is_own else project


def setting_place(project: load.Project, key: str) -> tuple[str, tuple[str, ...]]:
    """Return the file that holds the setting `key` of `project`, or is to hold it, and the table in it.

    Of a named lock, it is its own table where that has the key. Else it is the file that has the key; else
    `lockenv.toml` where there is one; else the project's `pyproject.toml`; else a `lockenv.toml` that is not there yet.
    """
    prefix = tuple(str(part) for part in TOOL)
    own, pyproject = project.own_settings, project.pyproject or project.beside
    for path, above in ((own, ()), (pyproject, prefix)):
        document = load.document(path) if project.named else None
        of_lock = (*above, LOCKS, project.named)
        if document is not None and key in document.table(of_lock):
            return path, of_lock
    if own and pyproject:
        found = load.document(pyproject)
        table = found.table(TOOL) if found else {}
        return (pyproject, prefix) if key in table else (own, ())
    if own or not pyproject:
        return own or os.path.join(project.directory, load.SETTINGS), ()
    return pyproject, prefix


def listed(
    project: load.Project, key: str, elements: Sequence[str], read: Callable[[str], str] | None = None
) -> SettingEdit:
    """Return the edit that adds `elements` to the list `key`, such as `allow-build`, in the settings of `project`.

    `read` returns the text of a file where an edit before this one has changed it. Nothing is written here.
    Raises InputError where the file cannot be read or edited.
    """
    return _edited(
        project, key, read, lambda text, name, prefix: setting_edit.listed(text, name, prefix, key, elements)
    )


def with_lists(
    project: load.Project,
    key: str,
    lists: Mapping[NormalizedName, Sequence[str]],
    read: Callable[[str], str] | None = None,
) -> SettingEdit:
    """Return the edit that adds `lists` to the table of lists `key`, such as `accept-faults`; else as `listed`."""
    return _edited(
        project, key, read, lambda text, name, prefix: setting_edit.with_lists(text, name, (*prefix, key), lists)
    )


def _edited(
    project: load.Project,
    key: str,
    read: Callable[[str], str] | None,
    change: Callable[[str, str, tuple[str, ...]], str],
) -> SettingEdit:
    """Return the edit that makes `change`, of a text, the file as messages name it, and the table that has `key`."""
    path, prefix = setting_place(project, key)
    before = None
    if os.path.isfile(path):
        before = read_file(path)
    is_new = before is None and not (read is not None and path == project.pyproject)
    text = "" if is_new else (read or read_text)(path)
    mark = "\ufeff" if before is not None and before.startswith(_MARK) else ""
    return SettingEdit(
        path=path,
        before=before,
        text=change(mark + text, relative(path), prefix),
        key=".".join((*prefix, key)),
    )
