"""Parts of `contextlib`, without `collections`, `functools` and `types`, which it loads.

Pure. Same names; same meaning in a `with` statement, where alone they are used.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from contextlib import contextmanager, nullcontext, suppress
else:

    class nullcontext:  # noqa: N801
        """Does nothing."""

        def __enter__(self):
            return None

        def __exit__(self, kind, error, at):
            return None

    class suppress:  # noqa: N801
        """Leaves the block without an error where one of `kinds` is raised in it."""

        def __init__(self, *kinds):
            self._kinds = kinds

        def __enter__(self):
            return None

        def __exit__(self, kind, error, at):
            return kind is not None and issubclass(kind, self._kinds)

    class _Managed:
        """A block, in the place of the one `yield` of a generator."""

        def __init__(self, generator):
            self._generator = generator

        def __enter__(self):
            for value in self._generator:
                return value
            raise RuntimeError("generator didn't yield")

        def __exit__(self, kind, error, at):
            if kind is None:
                for _ in self._generator:
                    raise RuntimeError("generator didn't stop")
                return False
            try:
                self._generator.throw(error)
            except StopIteration as end:
                return end is not error
            except BaseException as raised:
                # Python has a generator that lets StopIteration through raise RuntimeError (PEP 479).
                is_wrapped = isinstance(error, StopIteration) and raised.__cause__ is error
                if raised is error or (is_wrapped and isinstance(raised, RuntimeError)):
                    error.__traceback__ = at
                    return False
                raise
            raise RuntimeError("generator didn't stop after throw()")

    def contextmanager(function):
        """Return a function whose result is a block in the place of the `yield` of `function`."""

        def managed(*args, **options):
            return _Managed(function(*args, **options))

        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(managed, name, getattr(function, name))
        managed.__wrapped__ = function
        return managed


__all__ = ("contextmanager", "nullcontext", "suppress")
