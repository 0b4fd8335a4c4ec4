"""Name the variables of the process environment that look like lockenv's and mean nothing to it.

Loaded only where there are variables of this kind.
"""

from __future__ import annotations

from lockenv.cli.everyday_options import EVERYDAY
from lockenv.cli.shared_options import options_of
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Final

    from lockenv.cli import options as cli_options
    from lockenv.cli import without_command
    from lockenv.cli.option import Command
    from lockenv.vocabulary.progress import Listener
else:
    cli_options = late("lockenv.cli.options")
    without_command = late("lockenv.cli.without_command")

_PREFIXES: Final = ("LOCKENV_INDEX_", "LOCKENV_TEST_")
"""Logins of indexes by their names, and what the tests of lockenv set."""
_OTHERS: Final = frozenset(
    {
        "LOCKENV_DATA_DIR",
        "LOCKENV_MAX_DOWNLOAD",
        "LOCKENV_NOW",
        "LOCKENV_RENEW_GOLDEN",
        "LOCKENV_TEST",
        "LOCKENV_TRACEBACK",
        "LOCKENV_VARIABLES",
    }
)


_INDEXES: Final = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "PDM_PYPI_URL",
)
"""Variables by which other tools choose their indexes."""


_OWN = "LOCKENV_"


def note_indexes(environ: Mapping[str, str], listener: Listener) -> None:
    """Report the variables that choose an index for another tool, where none chooses one for lockenv."""
    others = [name for name in _INDEXES if environ.get(name)]
    if others and not environ.get("LOCKENV_INDEX_URL"):
        verb = "does" if len(others) == 1 else "do"
        listener.note(
            f"{', '.join(others)} {verb} not change the indexes of lockenv; set LOCKENV_INDEX_URL, or declare "
            "`[[tool.lockenv.index]]` in pyproject.toml"
        )


def note_unknown(environ: Mapping[str, str], listener: Listener) -> None:
    """Report the variables named LOCKENV_* that no command reads and no file of the project may use."""
    named = {*_OTHERS, *environ.get("LOCKENV_VARIABLES", "").replace(",", " ").split()}
    found = {name for name in environ if name.startswith(_OWN) and not name.startswith(_PREFIXES)} - named
    left = found - _variables(EVERYDAY)
    if not left:
        return
    read = _variables(cli_options.COMMANDS)
    unknown = sorted(left - read)
    if not unknown:
        return
    near = _near(unknown[0], named | read) if len(unknown) == 1 else ""
    listener.note(f"{', '.join(unknown)}: lockenv reads no environment variable of this name{near}")


def _variables(commands: Sequence[Command]) -> set[str]:
    """Return the variables that set options of `commands`."""
    return {option.variable for command in commands for option in options_of(command)}


def _near(unknown: str, known: Collection[str]) -> str:
    """Return the end of a sentence that suggests a variable whose name resembles `unknown` behind the common prefix."""
    rests = sorted(name.removeprefix(_OWN) for name in known if name.startswith(_OWN))
    return without_command.meant(unknown.removeprefix(_OWN), rests).replace("`", f"`{_OWN}", 1)
