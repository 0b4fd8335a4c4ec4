"""The programs that start the base interpreter from inside an environment, on Windows.

In: an interpreter. Out: which files of its own are copied into an environment, or why none of it can be made. A link to
the interpreter would do nothing there: it finds its libraries beside itself. Nothing is copied here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import MachineError

if TYPE_CHECKING:
    from lockenv.environment.interpreter import Interpreter

_DIRECTORY = "Scripts"
"""Where an environment of CPython for Windows has its programs, as every tool expects it."""


def launchers(interpreter: Interpreter) -> dict[str, str]:
    """Return each program of an environment, relative to it, with the file that it is a copy of.

    Raises MachineError where the interpreter has none.
    """
    if interpreter.scripts != _DIRECTORY or interpreter.implementation != "cpython":
        raise MachineError(
            f"{interpreter.executable} makes no environments of the usual form on Windows: "
            f"it is {interpreter.implementation}, and keeps programs in `{interpreter.scripts}`",
            hint="use --python to choose CPython for Windows, not that of MSYS2 or Cygwin",
        )
    source = os.path.join(interpreter.stdlib, "venv", "scripts", "nt")
    suffix = "t" if interpreter.is_free_threaded else ""
    found = {}
    for name, launcher in (("python.exe", f"venvlauncher{suffix}.exe"), ("pythonw.exe", f"venvwlauncher{suffix}.exe")):
        # Python 3.13 renamed the launchers it ships; before, they had the names they are copied to.
        choices = [os.path.join(source, launcher), os.path.join(source, name)]
        path = next((choice for choice in choices if os.path.isfile(choice)), None)
        if path is None:
            raise MachineError(
                f"{interpreter.executable} has no {launcher} below {source}",
                hint="repair this installation of Python, or choose another with --python",
            )
        found[os.path.join(interpreter.scripts, name)] = path
    return found
