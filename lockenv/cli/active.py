"""Find the environment that `--active` means. In: the process environment. Out: its path. Never: a change."""

from __future__ import annotations

import os

from lockenv.errors import UsageError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping


def active_environment(environ: Mapping[str, str], cache: str) -> str:
    """Return the path of the active virtual environment.

    Raises UsageError for none, for one that is gone, and for one of the `cache`, which is made for one command.
    """
    active = environ.get("VIRTUAL_ENV", "")
    if active:
        if os.path.realpath(active).startswith(os.path.join(os.path.realpath(cache), "")):
            raise UsageError(
                f"--active: {active} was made for one command, by `run --with` or for a script",
                hint="leave out --active to use the environment of the project",
            )
        if os.path.isdir(active):
            return os.path.abspath(active)
        raise UsageError(f"--active: VIRTUAL_ENV names {active}, which is no directory", hint="activate it again")
    conda = environ.get("CONDA_PREFIX", "")
    if conda:
        raise UsageError(
            f"--active: the conda environment {conda} is active, which conda alone changes",
            hint="leave out --active: `lockenv sync` creates .venv with its Python",
        )
    raise UsageError("--active: no virtual environment is active", hint="activate one, or name one with --venv")
