"""Keep the garbage collector from looking through the values of a resolution, over and over.

In: nothing. Out: a block without collections. Never: a collector left off that was on before.

Explained in docs/resolver.md, "The driver".
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the cycle collector from running meanwhile.

    Hardly anything here is garbage, and walking through all that is known, again and again, costs as much as the search
    itself.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
