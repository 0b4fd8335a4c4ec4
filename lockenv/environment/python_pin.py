"""Read what the nearest `.python-version` asks for.

In: the directory of a project. Out: the text of a request, and the file that asks, or its text with another request;
and whether an environment surely is what a request asks for. Never: looking for interpreters, or writing.
"""

from __future__ import annotations

import codecs
import os
import sys

from lockenv.errors import MachineError, UsageError
from lockenv.files.reading import read_bounded, refuse_link_out
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.environment.venv import Environment
    from lockenv.files import programs
    from lockenv.vocabulary import utf8
else:
    utf8 = late("lockenv.vocabulary.utf8")
    programs = late("lockenv.files.programs")

PIN_FILE = ".python-version"
_LONGEST = 1 << 16
"""Bytes of a pin file that are read."""


def pinned(project_dir: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return what the nearest `.python-version` asks for and its path; empty without one."""
    directory = os.path.abspath(project_dir)
    while True:
        path = os.path.join(directory, PIN_FILE)
        if os.path.islink(path) and programs.is_within(directory, programs.checkouts(project_dir, environ)):
            refuse_link_out(path)
        lines = (line.partition("#")[0].strip() for line in _text(path).splitlines())
        request = next(filter(None, lines), "")
        # pyenv: `system` is whatever PATH has.
        if request:
            return ("", "") if request == "system" else (request, path)
        parent = os.path.dirname(directory)
        if parent == directory:
            return "", ""
        directory = parent


def first_looked_at(request: str, project_dir: str, environ: Mapping[str, str]) -> str:
    """Return the executable that is looked at first where `request` is what `--python` asks for; empty if not known.

    It is the one that runs lockenv, without a request and without a file or an active environment that names another
    one; see `environment.trusted.candidates`. Raises MachineError and UsageError for a pin file that cannot be read.
    """
    is_named = request or any(environ.get(name) for name in ("VIRTUAL_ENV", "CONDA_PREFIX"))
    return "" if is_named or pinned(project_dir, environ)[0] else sys.executable


def with_request(path: str, request: str) -> str:
    """Return the text of the pin file at `path` with `request` in the place of its first; a new one where it has none.

    Raises UsageError and MachineError.
    """
    lines = _text(path).splitlines(keepends=True)
    for number, line in enumerate(lines):
        if asked := line.partition("#")[0].strip():
            lines[number] = line.replace(asked, request, 1)
            return "".join(lines)
    return "".join([*lines, f"{request}\n"])


def is_surely_met(request: str, environment: Environment) -> bool:
    """Return whether `environment` is of CPython of the version `request`, or begins with its parts; without a request.

    False is no answer: of all else, only the search for interpreters knows.
    """
    if not request:
        return True
    is_plain = environment.implementation == "cpython" and not environment.purelib.endswith("t/site-packages")
    return is_plain and request.replace(".", "").isdecimal() and f"{environment.version}.".startswith(f"{request}.")


def _text(path: str) -> str:
    """Return the text of a `.python-version`; empty where there is no such file.

    Editors and shells of Windows write it in UTF-8 with a byte-order mark, or in UTF-16. Raises UsageError where it is
    no text, and MachineError where it cannot be read: what it asks for is never passed over.
    """
    try:
        content = read_bounded(path, _LONGEST)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ""
    except OSError as error:
        raise MachineError(
            f"cannot read {path}: {error.strerror or error}", hint="use --python to choose a Python"
        ) from error
    is_marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16") if is_marked else utf8.utf8_text(content)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 or UTF-16 text", hint="save it as UTF-8") from error
    if not text.replace("\t", " ").replace("\f", " ").replace("\r", "").replace("\n", "").isprintable():
        raise UsageError(f"{path} contains characters that are not part of a version", hint="save it as UTF-8")
    return text
