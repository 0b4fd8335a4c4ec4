"""Change a file of the user for as long as something is done with it; when that fails, the file is as it was.

In: a path, its bytes before and now. Out: a block. Never: a change of what another program wrote meanwhile.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.files import atomic
from lockenv.files.reading import read_if_there
from lockenv.lockfile.paths import relative

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.operations.settings_edit import SettingEdit
    from lockenv.vocabulary.progress import Listener


class FileChangedError(InputError):
    """A file holds something else than when it was read; it stays as it is."""


@contextmanager
def settings(edits: Sequence[tuple[SettingEdit, Sequence[str]]], listener: Listener) -> Iterator[None]:
    """Hold the files of settings, each another one, as edits make them; `listener` hears the sentences of each."""
    if not edits:
        yield
        return
    (first, sentences), *others = edits
    with held(first.path, first.before, first.text.encode()):
        for sentence in sentences:
            listener.say(sentence)
        with settings(others, listener):
            yield


@contextmanager
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
