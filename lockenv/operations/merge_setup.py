"""Set up git to merge locks with lockenv: attributes for all clones, configuration of this one.

In: the directory of a repository. Out: whether the attributes were written. Never: printing.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from lockenv.errors import MachineError
from lockenv.files.atomic import replace
from lockenv.files.programs import checkouts, empty_directory, is_within
from lockenv.files.reading import read_file
from lockenv.history.git import configure, top

if TYPE_CHECKING:
    from lockenv.context.settings import Settings


ATTRIBUTES = ("pylock.toml merge=lockenv", "pylock.*.toml merge=lockenv")


_START = "import sys; sys.path += {paths}; from lockenv.cli import program; program()"
"""What starts lockenv where its interpreter does not find it in a directory of its own."""


def install(settings: Settings) -> bool:
    """Have git merge locks with this program; return whether the attributes changed.

    Raises UsageError outside of a repository, and MachineError.
    """
    root = top(settings.directory)
    path = os.path.join(root, ".gitattributes")
    try:
        text = read_file(path).decode()
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise MachineError(
            f"cannot read {path}: {error}", hint="save it as UTF-8, and check its permissions"
        ) from error
    missing = [line for line in ATTRIBUTES if line not in text.splitlines()]
    if missing:
        before = text if not text or text.endswith("\n") else f"{text}\n"
        replace(path, (before + "".join(f"{line}\n" for line in missing)).encode())
    values = {
        "merge.lockenv.name": "lockenv: merge the changes of both sides, and verify the result",
        "merge.lockenv.driver": f"{_program(root, settings)} merge-driver %O %A %B %P",
        # For the ancestor that git makes up of several: a plain one, which the driver need not be asked for.
        "merge.lockenv.recursive": "binary",
    }
    configure(root, values, settings.tools_environ)
    return bool(missing)


def _program(root: str, settings: Settings) -> str:
    """Return the words that start lockenv, for a shell: this interpreter, which loads nothing of the repository.

    git starts a merge driver at the top `root` of the work tree. Isolated (`-I`), Python looks for modules neither
    there nor where PYTHONPATH says. Where lockenv is not found then, the directories with it and its parts are named.
    """
    import shlex

    words = (
        ["-m", "lockenv"]
        if _is_found_isolated(settings)
        else ["-c", _START.format(paths=_module_paths(root, settings))]
    )
    program = sys.executable.replace(os.sep, "/")
    # git puts paths in place of `%O` and the like; `%%` is one sign.
    return " ".join(map(shlex.quote, [program, "-I", *words])).replace("%", "%%")


def _is_found_isolated(settings: Settings) -> bool:
    """Return whether this interpreter finds lockenv when it is isolated."""
    import subprocess

    with empty_directory() as place:
        return not subprocess.run(
            [sys.executable, "-I", "-c", "import lockenv.cli, packaging"],
            cwd=place,
            env=dict(settings.tools_environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        ).returncode


def _module_paths(root: str, settings: Settings) -> list[str]:
    """Return where lockenv and what it needs are found, without directories of the repository at `root`."""
    import lockenv

    roots = checkouts(root, settings.environ)
    outside = [path for path in sys.path if os.path.isabs(path) and not is_within(path, roots)]
    return [os.path.dirname(path) for path in lockenv.__path__] + outside
