from __future__ import annotations

import copy
import dataclasses
import pickle
import typing
from typing import Any, ClassVar

import pytest

from lockenv.vocabulary.dataclasses import NamedTuple, dataclass, field, maker, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A class with every kind of field."""

    limit: ClassVar[int] = 7
    name: str
    size: int | None = None
    seen: list[int] = field(default_factory=list)
    note: str = field(default="", repr=False, compare=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """The same by the standard library."""

    limit: ClassVar[int] = 7
    name: str
    size: int | None = None
    seen: list[int] = dataclasses.field(default_factory=list)
    note: str = dataclasses.field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Pair:
    left: int
    right: int = 2


@dataclass(slots=True)
class Counter:
    count: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    text: str


class Place(NamedTuple):
    """A named tuple with what ours have."""

    host: str
    port: int = 80
    path: str = "/"

    @property
    def origin(self) -> str:
        return f"{self.host}:{self.port}"


@pytest.mark.parametrize(
    ("one", "other"),
    [({"name": "a"}, {"name": "a"}), ({"name": "a"}, {"name": "b"}), ({"name": "a", "note": "x"}, {"name": "a"})],
)
def test_equality_and_repr_are_those_of_the_standard_library(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (Ours(**one) == Ours(**other)) is (Theirs(**one) == Theirs(**other))
    assert repr(Ours(**one)) == repr(Theirs(**one)).replace("Theirs", "Ours")


@pytest.mark.parametrize("wrong", [{}, {"name": "a", "colour": "red"}, {"size": 1}])
def test_wrong_arguments_are_worded_as_the_standard_library_words_them(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError) as ours:
        Ours(**wrong)
    with pytest.raises(TypeError) as theirs:
        Theirs(**wrong)

    assert str(ours.value) == str(theirs.value).replace("Theirs", "Ours")


@pytest.mark.parametrize(
    ("args", "wrong"), [((), {}), ((1, 2, 3), {}), ((1,), {"left": 1}), ((1,), {"up": 2}), ((1, 2), {"right": 2})]
)
def test_wrong_call_with_positions_is_refused_in_the_words_of_python(
    args: tuple[int, ...], wrong: dict[str, Any]
) -> None:
    @dataclass(frozen=True, slots=True)
    class Pair:
        left: int
        right: int = 2

    @dataclasses.dataclass(frozen=True, slots=True)
    class Other:
        left: int
        right: int = 2

    with pytest.raises(TypeError) as theirs:
        Other(*args, **wrong)
    with pytest.raises(TypeError) as ours:
        Pair(*args, **wrong)

    assert str(ours.value).endswith(str(theirs.value).rpartition("__init__()")[2])


def test_each_of_many_instances_has_its_own_values() -> None:
    @dataclass(frozen=True, slots=True)
    class Point:
        across: int
        up: int = 0
        names: list[str] = field(default_factory=list)

    points = [Point(number, number) if number % 2 else Point(number) for number in range(200)]

    assert [(one.across, one.up, one.names) for one in points] == [(n, n if n % 2 else 0, []) for n in range(200)]
    assert len({id(one.names) for one in points}) == len(points)


def test_each_instance_gets_its_own_default() -> None:
    first, second = Ours(name="a"), Ours(name="a")
    first.seen.append(1)

    assert (first.seen, second.seen, Ours.limit) == ([1], [], 7)


def test_positional_class_takes_positions_and_matches_them() -> None:
    match Pair(1):
        case Pair(left, right):
            assert (left, right) == (1, 2)
    assert {Pair(1): "found"}[Pair(1, 2)] == "found"


def test_frozen_instance_cannot_be_changed() -> None:
    pair = Pair(1)

    with pytest.raises(AttributeError, match=r"Pair\.left is frozen"):
        pair.left = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"Pair\.left is frozen"):
        del pair.left
    assert not hasattr(pair, "__dict__")


def test_mutable_instance_can_be_changed_and_not_hashed() -> None:
    counter = Counter()
    counter.count += 1

    assert counter == Counter(1)
    with pytest.raises(TypeError):
        hash(counter)


def test_class_without_equality_compares_by_identity() -> None:
    token = Token("a")

    assert (token == token, token == Token("a")) == (True, False)


def test_replaced_copied_and_pickled_instances_are_equal_in_the_rest() -> None:
    one = Ours(name="a", size=3)

    assert replace(one, size=4) == Ours(name="a", size=4)
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(Pair(1))) == Pair(1)


def test_named_tuple_answers_as_that_of_the_standard_library() -> None:
    class Theirs(typing.NamedTuple):
        host: str
        port: int = 80
        path: str = "/"

    calls: list[tuple[tuple[Any, ...], dict[str, Any]]]
    calls = [(("a",), {}), (("a", 1, "b"), {}), (("a",), {"path": "c"}), ((), {"path": "c", "host": "a"})]
    for args, given in calls:
        ours: Any = Place(*args, **given)
        theirs: Any = Theirs(*args, **given)
        assert ours == theirs
        assert hash(ours) == hash(theirs)
        assert repr(ours) == repr(theirs).replace("Theirs", "Place")
        assert ours._asdict() == theirs._asdict()
        assert ours._replace(port=9) == theirs._replace(port=9)
        assert list(Place._make(ours)) == list(theirs)
        assert (ours.host, ours.port, ours.path) == theirs
    assert (Place._fields, Place._field_defaults) == (Theirs._fields, Theirs._field_defaults)


def test_named_tuple_is_unpacked_matched_copied_and_pickled() -> None:
    place = Place("a", path="b")

    match place:
        case Place(host, port, path):
            assert (host, port, path, place.origin) == (*place, "a:80")
    assert (type(place._replace(port=1)), Place.__doc__) == (Place, "A named tuple with what ours have.")
    for copied in (copy.deepcopy(place), pickle.loads(pickle.dumps(place))):
        assert (type(copied), copied) == (Place, place)
    with pytest.raises(AttributeError):
        place.host = "c"  # type: ignore[misc]
    with pytest.raises(TypeError, match="no field"):
        place._replace(hots="c")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="expected 3 items"):
        Place._make("ab")


def test_named_tuple_has_its_defaults_at_the_end() -> None:
    with pytest.raises(TypeError, match="follows one that has one"):

        class Wrong(NamedTuple):
            left: int = 1
            right: int  # type: ignore[misc]


def test_each_of_many_named_tuples_has_its_own_values() -> None:
    class Point(NamedTuple):
        across: int
        up: int = 0

    points = [Point(number, up=number) if number % 2 else Point(number) for number in range(200)]

    assert points == [(number, number if number % 2 else 0) for number in range(200)]


@pytest.mark.parametrize(
    ("args", "wrong"), [((), {}), ((1, 2, 3), {}), ((1,), {"left": 1}), ((1,), {"up": 2}), ((1, 2), {"right": 2})]
)
def test_wrong_call_of_a_named_tuple_is_worded_as_the_standard_library_words_it(
    args: tuple[int, ...], wrong: dict[str, Any]
) -> None:
    class Pair(NamedTuple):
        left: int
        right: int = 2

    class Other(typing.NamedTuple):
        left: int
        right: int = 2

    with pytest.raises(TypeError) as theirs:
        Other(*args, **wrong)
    with pytest.raises(TypeError) as ours:
        Pair(*args, **wrong)

    assert str(ours.value) == str(theirs.value).replace("Other", "Pair")


def test_maker_makes_what_the_class_makes() -> None:
    made = maker(Ours)("a", 3, [1], "n")

    assert (type(made), made, made.note) == (Ours, Ours(name="a", size=3, seen=[1], note="n"), "n")
    with pytest.raises(AttributeError, match="frozen"):
        made.name = "b"  # type: ignore[misc]
    with pytest.raises(TypeError):
        maker(Pair)(1)
