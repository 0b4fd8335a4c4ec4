"""Builds that a command line or an answer on the terminal allows: in force at once, written down when all succeeds.

In: a project, names. Out: the project and its texts as they are with these names in `allow-build`. Never: a name that
no one gave, a file that changes before there is an answer.
"""

from __future__ import annotations

import os

from lockenv.context.project_files import read_text
from lockenv.errors import UsageError
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import is_valid, normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from typing import Final

    from lockenv.operations import held_file, load, settings_edit
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener
else:
    held_file = late("lockenv.operations.held_file")
    settings_edit = late("lockenv.operations.settings_edit")

KEY: Final = "allow-build"


class AllowedBuilds:
    """A project, with builds allowed beside those that its settings name."""

    def __init__(self, project: load.Project, names: Iterable[str], read: Callable[[str], str] | None = None) -> None:
        """Allow `names`; `read` returns the text of a file where an edit before this one has changed it.

        Raises UsageError for what is no name, and InputError where the settings cannot be read or edited.
        """
        self.names = _normalized(names)
        self._read = read or read_text
        self._edit = None
        if self.names:
            self._edit = settings_edit.listed(project, KEY, self.names, read)
        self.project = self._edit.of(project) if self._edit else project

    def read(self, path: str) -> str:
        """Return the text of `path` as it will be, for `gather.manifest`."""
        return self._edit.read(path) if self._edit and self._is_here(path) else self._read(path)

    def text(self, path: str, text: str) -> str:
        """Return `text`, which `path` is to hold, with the names in it where its settings are there."""
        return self._edit.text if self._edit and self._is_here(path) else text

    def written(self, listener: Listener, beside: str = "") -> AbstractContextManager[None]:
        """Hold the names in the file of the settings; when what is done meanwhile fails, the file is as it was.

        Nothing is written where that file is `beside`, which the caller writes.
        """
        is_written = not (beside and self._is_here(beside))
        return held_file.setting(self._edit if is_written else None, self.names, listener)

    def _is_here(self, path: str) -> bool:
        return self._edit is not None and os.path.realpath(path) == os.path.realpath(self._edit.path)


def _normalized(names: Iterable[str]) -> tuple[NormalizedName, ...]:
    for name in names:
        if not is_valid(name):
            raise UsageError(f"--allow-build {name}: {name!a} is not a valid name", hint="specify a package")
    return tuple(sorted({normalize(name) for name in names}))
