"""The pyvenv.cfg of an environment: what makes a directory one (PEP 405).

A directory goes in, its keys come out, and the base interpreter they name. Reads one small file; never runs anything.
"""

from __future__ import annotations

import os

from lockenv.errors import InputError, MachineError
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.files import atomic
else:
    atomic = late("lockenv.files.atomic")

FILE = "pyvenv.cfg"

REBUILD = "run `lockenv sync` to rebuild it"
"""The hint for an environment that cannot be repaired."""
_LONGEST = 65536


class DamagedEnvironmentError(InputError):
    """The files that make a directory an environment are damaged: it can only be rebuilt."""


class LostInterpreterError(MachineError):
    """The interpreter of an environment is gone, or is another one now: it can only be rebuilt."""


def read_configuration(root: str) -> dict[str, str] | None:
    """Return the keys of the pyvenv.cfg in `root`, in lower case; None where there is none.

    Raises DamagedEnvironmentError when the file is not text or names no home, MachineError when it cannot be read.
    """
    path = os.path.join(root, FILE)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            text = os.read(descriptor, _LONGEST).decode()
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError as error:
        raise DamagedEnvironmentError(f"{path} is a directory", hint=REBUILD) from error
    except OSError as error:
        raise atomic.machine_error(error, path, "read") from error
    except UnicodeDecodeError as error:
        raise DamagedEnvironmentError(f"{path} is not UTF-8 text", hint=REBUILD) from error
    if "\0" in text:  # which no path has
        raise DamagedEnvironmentError(f"{path} is not UTF-8 text", hint=REBUILD)
    found = parsed(text)
    # PEP 405: the file marks an environment by its key `home`, "the directory containing the base Python executable".
    if not found.get("home"):
        raise DamagedEnvironmentError(f"{path} has no key `home`", hint=REBUILD)
    return found


def parsed(text: str) -> dict[str, str]:
    """Return the keys of the text of a pyvenv.cfg, in lower case."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        key, separator, value = line.partition("=")
        if separator:
            found[key.strip().lower()] = value.strip()
    return found


def python_version(configuration: Mapping[str, str]) -> str:
    """Return the version written at creation, such as `3.11.7`; empty when there is none."""
    # The standard library writes `version`, virtualenv `version_info` with the release level behind.
    text = configuration.get("version") or configuration.get("version_info", "")
    return ".".join(text.split(".")[:3])


def base_executable(configuration: Mapping[str, str]) -> str:
    """Return the executable of the base interpreter; where none of the usual names exists, the likeliest."""
    home = configuration["home"]
    minor = ".".join(python_version(configuration).split(".")[:2])
    named = [configuration[key] for key in ("executable", "base-executable") if key in configuration]
    ending = ".exe" if system.is_windows else ""
    names = [f"python{minor}", "python3", "python", f"pypy{minor}", "pypy3", "pypy"]
    candidates = named + [os.path.join(home, name + ending) for name in names]
    return next((path for path in candidates if os.path.isfile(path)), candidates[0])
