"""Builds that a command line or an answer on the terminal allows: in force at once, written down when all succeeds.

In: a project, names. Out: the project and its texts as they are with these names in `allow-build`. Never: a name that
no one gave, a file that changes before there is an answer.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from lockenv.context.project_files import read_text
from lockenv.errors import InputError, UsageError
from lockenv.files.reading import read_if_there
from lockenv.lockfile.paths import relative
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import is_valid, normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lockenv.files import atomic
    from lockenv.operations import load, settings_edit
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener
else:
    atomic = late("lockenv.files.atomic")
    settings_edit = late("lockenv.operations.settings_edit")

KEY: Final = "allow-build"


class FileChangedError(InputError):
    """A file holds something else than when it was read; it stays as it is."""


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

    @contextlib.contextmanager
    def written(self, listener: Listener, beside: str = "") -> Iterator[None]:
        """Hold the names in the file of the settings; when what is done meanwhile fails, the file is as it was.

        Nothing is written where that file is `beside`, which the caller writes.
        """
        edit = self._edit
        if edit is None or not edit.changes or (beside and self._is_here(beside)):
            yield
            return
        with held(edit.path, edit.before, edit.text.encode()):
            listener.say(f"{edit.name}: {edit.key} allows {', '.join(self.names)}")
            yield

    def _is_here(self, path: str) -> bool:
        return self._edit is not None and os.path.realpath(path) == os.path.realpath(self._edit.path)


@contextlib.contextmanager
def held(path: str, before: bytes | None, content: bytes, *, now: bytes | None = None) -> Iterator[None]:
    """Hold `content` in the file at `path`; when what is done with it fails, `before` again, or no file for None.

    `now` is what it is expected to hold, `before` unless given. Raises FileChangedError where it holds anything
    else: an editor, or another process, has written it since it was read, and what they wrote stays.
    """
    if content == before:
        yield
        return
    real = os.path.realpath(path)
    if read_if_there(real) != (before if now is None else now):
        raise FileChangedError(
            f"{relative(path)} was changed by another program meanwhile, and stays as it is", hint="run it again"
        )
    mode = 0o644 if before is None else os.stat(real).st_mode & 0o777
    atomic.replace(real, content, durable=True, mode=mode)
    try:
        yield
    except BaseException:
        if read_if_there(real) == content:
            if before is None:
                os.unlink(real)
            else:
                atomic.replace(real, before, durable=True, mode=mode)
        raise


def _normalized(names: Iterable[str]) -> tuple[NormalizedName, ...]:
    for name in names:
        if not is_valid(name):
            raise UsageError(f"--allow-build {name}: {name!a} is not a valid name", hint="specify a package")
    return tuple(sorted({normalize(name) for name in names}))
