"""A dictionary whose copies cost nothing: the states of a search differ in a few entries of thousands.

Duty: copy, change and read. In and out: keys and values. Never: what they mean.

All copies share one `dict`. It holds the entries of the copy that was used last; the others are described by what is
different in them (Baker's rerooting). A search that goes forward uses the newest copy only, which costs what a `dict`
costs; going back costs what was changed since. Iteration has the order in which the keys of a copy were first set, as
long as none is deleted.

Explained in docs/resolver.md, "The first engine".
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

K = TypeVar("K")
V = TypeVar("V")

_NOTHING: Final[Any] = object()


class _Version(Generic[K, V]):
    """The entries at one moment: a `dict`; or another version, and the one entry that is different in this one."""

    __slots__ = ("entries", "key", "other", "value")

    entries: dict[K, V] | None
    other: _Version[K, V] | None
    """`key` and `value` are set where there is another one."""
    key: Any
    value: Any
    """What this version has for `key`; `_NOTHING` for no entry."""

    def current(self) -> dict[K, V]:
        """Return the shared `dict` with the entries of this version."""
        path = []
        version = self
        while version.entries is None and version.other is not None:
            path.append(version)
            version = version.other
        while path:
            nearer = path.pop()
            version.hand_over(nearer, nearer.key, nearer.value)
            version = nearer
        return version.entries or {}

    def hand_over(self, taker: _Version[K, V], key: Any, value: Any) -> None:
        """Let `taker` hold the `dict`, with `value` for `key`; this version is described by it from now on."""
        entries = self.entries
        self.entries, self.other, self.key = None, taker, key
        taker.entries, taker.other = entries, None
        if entries is not None:
            self.value = entries.get(key, _NOTHING)
            if value is _NOTHING:
                del entries[key]
            else:
                entries[key] = value


class PersistentDict(MutableMapping[K, V]):
    """A dictionary that is copied in constant time."""

    __slots__ = ("_last", "_version")

    def __init__(self) -> None:
        self._version: _Version[K, V] = _Version()
        self._version.entries, self._version.other = {}, None
        self._last: Any = _NOTHING
        """The key that was set last."""

    def copy(self) -> PersistentDict[K, V]:
        """Return another dictionary with the same entries."""
        found: PersistentDict[K, V] = PersistentDict.__new__(PersistentDict)
        found.update(self)
        return found

    def update(self, other: PersistentDict[K, V]) -> None:  # type: ignore[override]  # any mapping elsewhere
        """Have the entries of `other`, a changed copy of this one that still has all its keys."""
        self._version, self._last = other._version, other._last

    def popitem(self) -> tuple[K, V]:
        """Remove and return the entry that was set last; only once, as what was set before that is not kept."""
        key, self._last = self._last, _NOTHING
        value = self[key]
        del self[key]
        return key, value

    def pop(self, key: K, default: Any = _NOTHING) -> Any:
        """Remove and return the entry of `key`; `default` where there is none. Raises KeyError without a default."""
        if default is not _NOTHING and key not in self:
            return default
        value = self[key]
        del self[key]
        return value

    def __getitem__(self, key: K) -> V:
        return (self._version.entries or self._version.current())[key]

    def get(self, key: K, default: Any = None) -> Any:
        """Return the value for `key`, or `default`."""
        return (self._version.entries or self._version.current()).get(key, default)

    def __setitem__(self, key: K, value: V) -> None:
        self._change(key, value)
        self._last = key

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self._change(key, _NOTHING)

    def _change(self, key: K, value: Any) -> None:
        older = self._version
        newer: _Version[K, V] = _Version()
        self._version = newer
        if older.entries is None:
            older.current()
        older.hand_over(newer, key, value)

    def __contains__(self, key: object) -> bool:
        return key in (self._version.entries or self._version.current())

    def __iter__(self) -> Iterator[K]:
        return iter(self._version.entries or self._version.current())

    def __len__(self) -> int:
        return len(self._version.entries or self._version.current())
