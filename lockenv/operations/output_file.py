"""Write what a command makes to the file that the user names, and never over a file of the project.

In: a project, the path of an output file, its content. Out: UsageError, or the file. Never: a device replaced.
"""

from __future__ import annotations

import os

from lockenv.errors import UsageError
from lockenv.files import atomic
from lockenv.lockfile.paths import build_lock_path, is_lock_name, middle_of
from lockenv.operations import lock_choice

TYPE_CHECKING = False

_DEVICES = ("/dev", "/dev/fd", "/proc/self/fd")
"""Where the system has devices, and links to what is open: `/dev/stdout` may be a link to a file."""

if TYPE_CHECKING:
    from lockenv.operations.found_project import Project


def refuse(project: Project, path: str, option: str, *, is_lock: bool = False) -> None:
    """Raise UsageError where `path`, which the user named by `option`, is a file of the project or could be a lock.

    With `is_lock` a lock is written, so that only the locks of the project are refused. A directory is none of them,
    and cannot be written to.
    """
    if os.path.isdir(path):
        raise UsageError(f"{option} is a directory", hint="name a file in it")
    own = (project.pyproject, project.own_settings, project.lock, build_lock_path(project.lock), *project.requirements)
    if os.path.realpath(path) in {os.path.realpath(each) for each in own if each}:
        name = ", such as pylock.export.toml" if is_lock else ""
        raise UsageError(f"{option} would overwrite a file of the project", hint=f"use another name{name}")
    if not is_lock_name(path):
        return
    if not is_lock:
        raise UsageError(
            f"{option} names a lockfile, which this is not",
            hint="use another name, or `export --format pylock`",
        )
    if (middle := middle_of(path)) and lock_choice.is_declared(os.path.dirname(path), middle):
        raise UsageError(
            f"{option} would overwrite the lockfile of [tool.lockenv.lock.{middle}]",
            hint="use another name, such as pylock.export.toml",
        )


def write(path: str, text: str) -> None:
    """Write `text` to the file at `path`: whole or not at all, but for a device or a pipe, which is written to.

    Raises MachineError when the system refuses.
    """
    is_device = not os.path.isfile(path) or os.path.dirname(os.path.abspath(path)) in _DEVICES
    if not (os.path.exists(path) and is_device):
        atomic.replace(path, text.encode())
        return
    try:
        with open(path, "wb") as output:
            output.write(text.encode())
    except OSError as error:
        raise atomic.machine_error(error, path) from error
