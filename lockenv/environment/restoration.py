"""Write again what creating an environment wrote and a loss of power took.

In: an environment that lockenv created, and its interpreter. Out: the links, directories and files of its creation that
were missing, empty or no longer text. What a person wrote into one of them stays. Written below the environment alone.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from lockenv.environment.configuration import FILE
from lockenv.environment.creation import include_directory, what_is_written
from lockenv.environment.venv import RECORD
from lockenv.files.atomic import machine_error, replace
from lockenv.files.reading import read_bounded
from lockenv.vocabulary.dataclasses import replace as changed
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment

_NO_TEXT = lazy_pattern(rb"[\0-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")


def restore(environment: Environment, interpreter: Interpreter, *, is_strange: bool = False) -> tuple[str, ...]:
    """Write what creation wrote and was lost; return the paths, relative to the environment, sorted.

    Of an environment that `is_strange`, whatever is not as creation wrote it is written again.
    None where another tool created it: nothing is known of its files then. The caller holds the environment's lock.
    Raises MachineError when the system refuses, RefusedError for a device or a pipe in the place of a file.
    """
    base = changed(interpreter, executable=environment.base, version=environment.version)
    shows_base = environment.sees_system_packages
    written = what_is_written(environment.root, base, environment.prompt, shows_base=shows_base)
    if _content(os.path.join(environment.root, FILE)) != written.files[FILE]:
        return ()
    restored = []
    try:
        include = os.path.join(environment.root, include_directory())
        for directory in (environment.purelib, environment.scripts, include):
            os.makedirs(directory, exist_ok=True)
        for name, target in written.links.items():
            path = os.path.join(environment.root, name)
            if is_strange and os.path.lexists(path) and not _is_link_to(path, target):
                os.unlink(path)
            if not os.path.lexists(path):
                os.symlink(target, path)
                restored.append(name)
        for name, source in written.copies.items():
            path = os.path.join(environment.root, name)
            if not os.path.lexists(path) or (is_strange and not _is_same(path, source)):
                with open(source, "rb") as file:
                    replace(path, file.read())
                restored.append(name)
        for name, content in written.files.items():
            path = os.path.join(environment.root, name)
            found = _content(path)
            if _is_lost(found, content) or (is_strange and found != content):
                replace(path, content)
                restored.append(name)
        record = os.path.join(environment.records, RECORD)
        if _content(record) != written.record:
            replace(record, written.record)
    except OSError as error:
        raise machine_error(error, error.filename or environment.root) from error
    return tuple(sorted(restored))


def _is_link_to(path: str, target: str) -> bool:
    return os.path.islink(path) and os.readlink(path) == target


def _is_same(path: str, source: str) -> bool:
    from filecmp import cmp

    return cmp(path, source, shallow=False)


def _is_lost(content: bytes | None, expected: bytes) -> bool:
    """Return whether a file that has `content`, None for no file, is what a loss of power leaves of `expected`.

    That is a part of it from its beginning, or blocks that were never written, of zeros or of whatever was there.
    """
    if content is None or len(content) == len(expected):
        return content != expected
    return expected.startswith(content) or _NO_TEXT.search(content) is not None


def _content(path: str) -> bytes | None:
    with contextlib.suppress(OSError):
        return read_bounded(path)
    return None
