"""Fork processes that have the whole program loaded, and do something in one that is struck on the way."""

from __future__ import annotations

import gc
import os
from functools import cache
from typing import TYPE_CHECKING

from lockenv.errors import LockenvError
from lockenv.files import faults
from tests.support import fork_server

if TYPE_CHECKING:
    from collections.abc import Callable


def fork() -> int:
    """Fork as `os.fork` does. No child has to load what another has loaded, or to collect what it inherits.

    So no module asks the system anything at its start after a call was wrapped.
    """
    _load()
    child = os.fork()
    if child == 0:
        gc.freeze()
    return child


@cache
def _load() -> None:
    fork_server.load()


def in_child(act: Callable[[], object], fault: str) -> int:
    """Return the exit code of a process that does `act` under `fault`; a negative one is the signal that killed it."""
    child = fork()
    if child == 0:
        code = 70
        try:
            faults.arm(fault)
            act()
            code = 0
        except LockenvError as error:
            code = int(error.exit_code)
        finally:
            # Nothing of the test runner may run in this process.
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
