"""Do something in a forked process that is struck on the way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import LockenvError
from lockenv.files import faults

if TYPE_CHECKING:
    from collections.abc import Callable


def in_child(act: Callable[[], object], fault: str) -> int:
    """Give the exit code of a process that does `act` under `fault`; a negative one is the signal that killed it."""
    child = os.fork()
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
