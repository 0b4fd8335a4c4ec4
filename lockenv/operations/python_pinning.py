"""Pin the Python that environments are created from, in `.python-version`; read what is pinned.

In: a version, the project. Out: what is pinned, where, and what was until now. Never: a change of the lockfile or of an
environment, a pin that no interpreter of this machine meets.
"""

from __future__ import annotations

import os

from lockenv.environment.python_pin import PIN_FILE, pinned, with_request
from lockenv.errors import UsageError
from lockenv.files import atomic
from lockenv.lockfile.paths import relative
from lockenv.operations import load, python_find
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.python_request import python_request

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.context.settings import Settings


class PythonPin(NamedTuple):
    """What a `.python-version` requests."""

    request: str
    file: str
    """Its path, as messages name it."""
    before: str | None = None
    """What it requested before it was written, empty for nothing; None where it was not."""


def read(settings: Settings) -> PythonPin | None:
    """Return what the nearest `.python-version` requests; None without one. Raises UsageError and MachineError."""
    request, path = pinned(_directory(settings), settings.tools_environ)
    return PythonPin(request, relative(path)) if request else None


def pin(request: str, settings: Settings) -> PythonPin:
    """Write `request` into the `.python-version` of the project; its other lines stay.

    Raises what the search for interpreters raises, also for one that the project does not admit, and UsageError for
    what names a program, and for a file that is a link.
    """
    found = python_find.find_python(request, settings, "python pin")
    if python_request(request) is None:
        minor = ".".join(found.version.split(".")[:2])
        raise UsageError(
            f"`{request}` is a path or a program, and no file may choose which program of a machine is run",
            hint=f"pin its version: `lockenv python pin {minor}`",
        )
    directory = _directory(settings)
    path = os.path.join(directory, PIN_FILE)
    if os.path.islink(path):
        raise UsageError(f"{relative(path)} is a link", hint="write the version into the file that it links to")
    before, place = pinned(directory, settings.tools_environ)
    atomic.replace(path, with_request(path, request).encode())
    return PythonPin(request, relative(path), before if place == path else "")


def _directory(settings: Settings) -> str:
    return load.project(settings).directory if load.is_there(settings) else settings.directory
