"""The diagram: markers as interned decision nodes, and the operations on them.

Pure. Variables and edges go in; `Marker` values come out, of which equal meaning is the same object. Every operation is
memoised for the life of the process, and none depends on the order in which markers were made.

Explained in docs/markers.md, "The diagram".
"""

from __future__ import annotations

import sys
from itertools import repeat

try:
    from _bisect import bisect_left  # where `bisect` has it from: one module less
except ImportError:
    from bisect import bisect_left

from lockenv.vocabulary.light_library import cache, invert
from lockenv.vocabulary.markers.variables import CHOICE, EXTRA, FLAG, PYTHON, RANGE, SYSTEM, Key, Release, Variable
from lockenv.vocabulary.names import normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
    from typing import Final, NoReturn, TypeVar

    _T = TypeVar("_T")

_LAST: Final = Variable(FLAG, "dependency_groups", "\U0010ffff")
"""The variable of the two constants: after all others."""
_LAST.rank = (99, 0, "", "")
_FIRST_RELEASE: Final[Release] = (0, 0, 0)
_KINDS: Final = {"extras": "extra", "dependency_groups": "group"}


class Marker:
    """A set of environments. Equal sets are the same object; combine with `&`, `|` and `~`, compare with `is`."""

    __slots__ = ("_id", "_keys", "_kids", "_negation", "_variable")

    _id: int
    _variable: Variable
    _keys: tuple[Key, ...]
    _kids: tuple[Marker, ...]
    _negation: Marker | None

    def __new__(cls) -> Marker:
        """Refuse: only this module makes markers, each once."""
        raise TypeError("markers are made by parse() and its companions")

    def __hash__(self) -> int:
        return self._id

    def __bool__(self) -> NoReturn:
        raise TypeError("a marker has no truth value; compare it with NEVER or ALWAYS")

    def __repr__(self) -> str:
        if not self._kids:
            return "<Marker always>" if self is ALWAYS else "<Marker never>"
        return f"<Marker on {', '.join(self.variables())}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a marker is kept as its text")

    if TYPE_CHECKING:
        # They are functions of this module, below: a call less for each of very many.
        def __and__(self, other: Marker) -> Marker: ...
        def __or__(self, other: Marker) -> Marker: ...
        def disjoint(self, other: Marker) -> bool:
            """Return whether no environment is in both."""

    def __sub__(self, other: Marker) -> Marker:
        return conjunction(self, ~other)

    def __invert__(self) -> Marker:
        found = self._negation
        if found is None:
            found = node(self._variable, self._keys, tuple(map(invert, self._kids)))
            self._negation = found
            found._negation = self
        return found

    def implies(self, other: Marker) -> bool:
        """Return whether every environment of this marker is one of `other`."""
        return self is other or disjoint(self, ~other)

    def evaluate(
        self, environment: Mapping[str, str], extras: Collection[str] = (), groups: Collection[str] = ()
    ) -> bool:
        """Return whether an environment is in the set, as `packaging` does.

        A pre-release or a build between releases (3.14.0rc1, 3.14.0+) counts as the release it carries the number of;
        `extra` counts as empty unless the environment has it. Raises KeyError for a variable that is asked and missing,
        ValueError for an interpreter's version that has no number.
        """
        here = self
        while here._kids:
            here = here._kids[here._variable.edge(here._keys, environment, extras, groups)]
        return here is ALWAYS

    def given_extra(self, name: str | None) -> Marker:
        """Return what is left of the marker where `extra` is `name`, or where there is no extra."""
        return _fixed(self, EXTRA, normalize(name) if name else "")

    def without_extras_and_groups(self, keep: frozenset[tuple[str, str]] = frozenset()) -> Marker:
        """Return the environments in which some choice of extras and groups is in the set.

        The choices in `keep`, such as `("extra", "socks")` or `("group", "dev")`, stay in the marker.
        """
        gone = [(variable, _KINDS[variable.name]) for variable in support(self) if variable.name in _KINDS]
        return without(self, frozenset(variable for variable, kind in gone if (kind, variable.literal) not in keep))

    def without(self, names: Container[str]) -> Marker:
        """Return the environments that are in the set with some values of the variables in `names`."""
        return without(self, frozenset(variable for variable in support(self) if variable.name in names))

    def only(self, name: str) -> Marker:
        """Return the environments that are in the set with some values of every variable but `name`."""
        return without(self, frozenset(variable for variable in support(self) if variable.name != name))

    def python_range(self) -> tuple[tuple[Release, Release | None], ...]:
        """Return the Python releases of the set, whatever else, as half-open intervals; None for no end."""
        if self._variable is not PYTHON:
            return () if self is NEVER else ((_FIRST_RELEASE, None),)
        return intervals(self)

    def split_python(self, boundaries: Iterable[Release]) -> tuple[Marker, ...]:
        """Return the parts of the set between Python releases, oldest first, each satisfiable."""
        cuts = tuple(sorted(set(boundaries)))
        parts = []
        for index in range(len(cuts) + 1):
            edges = [ALWAYS if index == edge else NEVER for edge in range(len(cuts) + 1)]
            part = conjunction(self, node(PYTHON, cuts, tuple(edges)))
            if part is not NEVER:
                parts.append(part)
        return tuple(parts)

    def variables(self) -> tuple[str, ...]:
        """Return the names of the variables the set depends on, in the order of the diagram, each once."""
        return tuple(dict.fromkeys(variable.name for variable in support(self)))

    @property
    def negatable(self) -> bool:
        """Whether the text of this marker, of its complement and of what is made of them surely means them exactly.

        False when the marker compares `platform_release`: `not (platform_release >= "20")` cannot be written, since
        `<` is false, too, for a release that is no version. `text.is_exact` looks at the marker itself.
        """
        found = _negatable.get(self._id)
        if found is None:
            found = _negatable[self._id] = all(
                variable.operator in ("", "in", "has", "is") and variable is not SYSTEM for variable in support(self)
            )
        return found


def _constant(number: int) -> Marker:
    made = object.__new__(Marker)
    made._id, made._variable, made._keys, made._kids, made._negation = number, _LAST, (), (), None
    return made


NEVER: Final = _constant(0)
ALWAYS: Final = _constant(1)
NEVER._negation, ALWAYS._negation = ALWAYS, NEVER

_nodes: dict[tuple[Variable, tuple[Key, ...], tuple[int, ...]], Marker] = {}


_ceiling: Final = [sys.maxsize]
"""How many nodes there may be; the last counts."""


class EntangledError(Exception):
    """More nodes were asked for than the budget has."""


def within_budget(nodes: int, make: Callable[[], _T]) -> _T:
    """Return what `make` makes, which may take so many new nodes. Raises EntangledError when it takes more."""
    _ceiling.append(min(_ceiling[-1], len(_nodes) + nodes))
    try:
        return make()
    finally:
        _ceiling.pop()


def node(variable: Variable, keys: tuple[Key, ...], kids: tuple[Marker, ...]) -> Marker:
    """Return the node with these edges, reduced: no cut that changes nothing, no value that is like any other."""
    if variable.kind == RANGE:
        kept = [index for index in range(len(keys)) if kids[index] is not kids[index + 1]]
        if len(kept) != len(keys):
            kids = (*[kids[index] for index in kept], kids[-1])
            keys = tuple(keys[index] for index in kept)
    elif variable.kind == CHOICE:
        other = kids[-1]
        kept = [index for index, key in enumerate(keys) if kids[index] is not given(other, variable, key)]
        if len(kept) != len(keys):
            kids = (*[kids[index] for index in kept], other)
            keys = tuple(keys[index] for index in kept)
    elif kids[0] is kids[1]:
        return kids[0]
    if len(kids) == 1:
        return kids[0]
    identity = (variable, keys, tuple([kid._id for kid in kids]))
    found = _nodes.get(identity)
    if found is None:
        if len(_nodes) >= _ceiling[-1]:
            raise EntangledError
        found = object.__new__(Marker)
        found._id, found._variable, found._keys, found._kids, found._negation = (
            len(_nodes) + 2,
            variable,
            keys,
            kids,
            None,
        )
        _nodes[identity] = found
    return found


def given(marker: Marker, variable: Variable, value: Key) -> Marker:
    """Return `marker`, which does not branch on `variable` itself, where the string `variable` has `value`."""
    while marker._variable.base is variable:
        marker = marker._kids[marker._variable.test(str(value))]
    return marker


def keys_of(variable: Variable, one: Marker, other: Marker) -> tuple[Key, ...]:
    """Return the keys of `variable` that distinguish what either marker distinguishes, sorted."""
    if one._variable is not variable:
        return other._keys
    if other._variable is not variable or one._keys == other._keys:
        return one._keys
    # One variable has keys of one kind: releases or strings.
    return tuple(sorted({*one._keys, *other._keys}))


def spread(marker: Marker, variable: Variable, keys: tuple[Key, ...]) -> Sequence[Marker]:
    """Return what is left of `marker` along each edge of `variable` under `keys`, which include its own."""
    if marker._variable is variable:
        if marker._keys == keys:
            return marker._kids
        own, kids = marker._keys, marker._kids
        if variable.kind == RANGE:
            return [*[kids[bisect_left(own, key)] for key in keys], kids[-1]]
        named = dict(zip(own, kids, strict=False))
        other = kids[-1]
        return [*[named[key] if key in named else given(other, variable, key) for key in keys], other]
    if variable.kind == CHOICE:
        return [*[given(marker, variable, key) for key in keys], marker]
    return (marker, marker) if variable.kind == FLAG else [marker] * (len(keys) + 1)


def _combination(neutral: Marker, absorbing: Marker) -> Callable[[Marker, Marker], Marker]:
    """Return the operation on two markers for which one constant changes nothing and the other decides."""
    memory: dict[int, Marker] = {}

    def combine(one: Marker, other: Marker) -> Marker:
        if one is other or other is neutral:
            return one
        if one is neutral:
            return other
        if one is absorbing or other is absorbing or one._negation is other:
            return absorbing
        pair = one._id << 32 | other._id if one._id < other._id else other._id << 32 | one._id
        found = memory.get(pair)
        if found is None:
            variable = one._variable if one._variable.rank <= other._variable.rank else other._variable
            keys = keys_of(variable, one, other)
            kids = map(combine, spread(one, variable, keys), spread(other, variable, keys))
            found = memory[pair] = node(variable, keys, tuple(kids))
        return found

    return combine


conjunction: Final = _combination(ALWAYS, NEVER)
"""Return the environments in both."""
union: Final = _combination(NEVER, ALWAYS)
"""Return the environments in either."""

_disjoint: Final[dict[int, bool]] = {}


def disjoint(one: Marker, other: Marker) -> bool:
    """Return whether no environment is in both, without making the marker of those that are."""
    if one is NEVER or other is NEVER or one._negation is other:
        return True
    if one is other or one is ALWAYS or other is ALWAYS:
        return False
    pair = one._id << 32 | other._id if one._id < other._id else other._id << 32 | one._id
    found = _disjoint.get(pair)
    if found is None:
        variable = one._variable if one._variable.rank <= other._variable.rank else other._variable
        keys = keys_of(variable, one, other)
        found = all(map(disjoint, spread(one, variable, keys), spread(other, variable, keys)))
        _disjoint[pair] = found
    return found


Marker.__and__ = conjunction  # type: ignore[method-assign]
Marker.__or__ = union  # type: ignore[method-assign]
Marker.disjoint = disjoint  # type: ignore[assignment, method-assign]


def disjunction(markers: Iterable[Marker]) -> Marker:
    """Return the environments in any of `markers`; NEVER for none."""
    return _joined(union, list(markers), NEVER)


def product(markers: Iterable[Marker]) -> Marker:
    """Return the environments in all of `markers`; ALWAYS for none."""
    return _joined(conjunction, list(markers), ALWAYS)


def _joined(combine: Callable[[Marker, Marker], Marker], markers: list[Marker], neutral: Marker) -> Marker:
    """Combine by halves: one after the other, a long list would make a diagram of each of its beginnings."""
    while len(markers) > 1:
        rest = markers[-1:] if len(markers) % 2 else []
        markers = [combine(one, other) for one, other in zip(markers[::2], markers[1::2], strict=False)] + rest
    return markers[0] if markers else neutral


def intervals(marker: Marker) -> tuple[tuple[Release, Release | None], ...]:
    """Return the intervals of the top variable, one of releases, in which `marker` is satisfiable."""
    found: list[tuple[Release, Release | None]] = []
    cuts: list[Release] = [marker._variable.first, *[key for key in marker._keys if isinstance(key, tuple)]]
    ends: list[Release | None] = [*cuts[1:], None]
    for start, end, kid in zip(cuts, ends, marker._kids, strict=True):
        if kid is NEVER:
            continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


@cache
def support(marker: Marker) -> tuple[Variable, ...]:
    """Return the variables that `marker` depends on, by rank."""
    found: set[Variable] = set()
    seen: set[int] = set()
    stack = [marker]
    while stack:
        here = stack.pop()
        if here._kids and here._id not in seen:
            seen.add(here._id)
            found.add(here._variable)
            stack.extend(here._kids)
    return tuple(sorted(found, key=lambda variable: variable.rank))


_fixings: dict[tuple[int, Variable, str], Marker] = {}


def _fixed(marker: Marker, variable: Variable, value: str) -> Marker:
    """Return `marker` where the string `variable` has `value`."""
    if marker._variable.place > variable.place:
        return marker
    if marker._variable is variable:
        keys = keys_of(variable, marker, marker)
        index = keys.index(value) if value in keys else -1
        return marker._kids[index] if index >= 0 else given(marker._kids[-1], variable, value)
    if marker._variable.base is variable:
        return given(marker, variable, value)
    identity = (marker._id, variable, value)
    found = _fixings.get(identity)
    if found is None:
        kids = tuple([_fixed(kid, variable, value) for kid in marker._kids])
        found = _fixings[identity] = node(marker._variable, marker._keys, kids)
    return found


_negatable: dict[int, bool] = {}
_eliminations: dict[tuple[int, frozenset[Variable]], Marker] = {}


def without(marker: Marker, gone: frozenset[Variable]) -> Marker:
    """Return where some values of the variables in `gone` satisfy `marker`."""
    if not marker._kids or not gone:
        return marker
    identity = (marker._id, gone)
    found = _eliminations.get(identity)
    if found is None:
        kids = tuple(map(without, marker._kids, repeat(gone)))
        variable = marker._variable
        found = disjunction(kids) if variable in gone else node(variable, marker._keys, kids)
        _eliminations[identity] = found
    return found
