"""Small parts of the standard library, without the modules that it keeps them in.

Pure. `functools` loads `collections`, `operator` and `types`: 2 ms for a cache, which is written in C and has a module
of its own. Where an interpreter has it elsewhere, it is taken from where the documentation says. Same names, same
meaning.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections import deque
    from functools import cache, lru_cache, partial, reduce
    from operator import and_, invert, or_
else:
    try:
        from _collections import deque
        from _functools import _lru_cache_wrapper, partial, reduce
        from _operator import and_, invert, or_
    except ImportError:
        from collections import deque
        from functools import cache, lru_cache, partial, reduce
        from operator import and_, invert, or_
    else:

        def cache(function):
            """Return what `functools.cache` returns."""
            return lru_cache(maxsize=None)(function)

        def lru_cache(*, maxsize):
            """Return the decorator that `functools.lru_cache` returns; `cache_info` of it is a plain tuple."""

            def decorate(function):
                cached = _lru_cache_wrapper(function, maxsize, False, _counts)
                cached.__wrapped__ = function
                for name in ("__module__", "__name__", "__qualname__", "__doc__"):
                    if hasattr(function, name):  # a method that is bound in part has less
                        setattr(cached, name, getattr(function, name))
                return cached

            return decorate

        def _counts(*counts):
            return counts


__all__ = ("and_", "cache", "deque", "invert", "lru_cache", "or_", "partial", "reduce")
