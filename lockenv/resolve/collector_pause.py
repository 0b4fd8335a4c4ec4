"""Keep the garbage collector from looking through the values of a resolution, over and over.

In: nothing. Out: a block without collections. Never: a collector left off that was on before.

Explained in docs/resolver.md, "The driver".
"""

from __future__ import annotations

import gc


class _Rest:
    """A block in which the cycle collector does not run."""

    __slots__ = ("_was_enabled",)

    def __enter__(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_raised: object) -> None:
        if self._was_enabled:
            gc.enable()


def collector_at_rest() -> _Rest:
    """Return a block in which the cycle collector does not run.

    Hardly anything here is garbage, and walking through all that is known, again and again, costs as much as the search
    itself.
    """
    return _Rest()
