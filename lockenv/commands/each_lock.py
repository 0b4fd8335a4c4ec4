"""Do the same with several locks of one project, each with its own report."""

from __future__ import annotations

from lockenv.errors import ExitCode, LockenvError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from lockenv.console import Console

    _Meant = TypeVar("_Meant")


def for_each(locks: Sequence[_Meant], act: Callable[[_Meant], ExitCode], console: Console) -> ExitCode:
    """Act on each of `locks` in turn and return the worst exit code; an error of one does not keep from the others."""
    worst = ExitCode.YES
    for one in locks:
        try:
            code = act(one)
        except LockenvError as error:
            if len(locks) == 1:
                raise
            console.error(error)
            code = error.exit_code
        worst = max(worst, code)
    return worst
