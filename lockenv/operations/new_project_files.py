"""Write the files that a new project has on request: `.gitignore` and `.python-version`.

In: the directory of the project and what is asked. Out: the files, and their names. Never: a change of what a file
says already.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from lockenv.context.project_files import read_text
from lockenv.environment.python_pin import PIN_FILE
from lockenv.errors import UsageError
from lockenv.files import atomic
from lockenv.lockfile.paths import relative
from lockenv.operations.python_range import running

if TYPE_CHECKING:
    from collections.abc import Mapping

_IGNORED = (".venv/", "__pycache__/")
_LOWEST = re.compile(r"(?:^|>=|==|~=)\s*(\d+\.\d+(?:\.\d+)?)")


def wanted_files(directory: str, python: str, *, has_gitignore: bool, is_pinned: bool) -> Mapping[str, str]:
    """Return the text of each file to write, by its path; files that say so already are left out.

    `.python-version` has the version `python`, the lowest that this specifier names, or that of lockenv itself. Raises
    UsageError where there is another `.python-version`, or where the specifier names no version.
    """
    found: dict[str, str] = {}
    if has_gitignore:
        path = os.path.join(directory, ".gitignore")
        before = read_text(path) if os.path.exists(path) else ""
        lines = {line.strip().strip("/") for line in before.splitlines()}
        added = [line for line in _IGNORED if line.strip("/") not in lines]
        end = "\n" if before and not before.endswith("\n") else ""
        if added:
            found[path] = before + end + "".join(f"{line}\n" for line in added)
    if is_pinned:
        path = os.path.join(directory, PIN_FILE)
        if os.path.exists(path):
            raise UsageError(f"{relative(path)} exists already", hint="leave out --pin-python, or remove the file")
        found[path] = f"{_version(python)}\n"
    return found


def written(files: Mapping[str, str]) -> list[str]:
    """Write `files`; return their paths as messages name them. Raises MachineError."""
    for path, text in files.items():
        atomic.replace(path, text.encode())
    return [relative(path) for path in files]


def _version(python: str) -> str:
    named = _LOWEST.search(python or running())
    if named is None:
        raise UsageError(
            f"--python {python} names no version to pin", hint="use --python with a version, such as --python 3.12"
        )
    return named[1]
