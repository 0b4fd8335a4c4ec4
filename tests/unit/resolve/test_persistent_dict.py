"""Copies of a dictionary that share their entries, beside copies that do not."""

from __future__ import annotations

import random

import pytest

from lockenv.resolve.persistent_dict import PersistentDict


@pytest.mark.parametrize("seed", range(20))
def test_copies_hold_what_copies_of_a_dictionary_hold(seed: int) -> None:
    dice = random.Random(seed)
    pairs: list[tuple[PersistentDict[int, int], dict[int, int]]] = [(PersistentDict(), {})]
    for step in range(400):
        ours, theirs = dice.choice(pairs)
        key = dice.randrange(12)
        match dice.randrange(4):
            case 0:
                pairs.append((ours.copy(), theirs.copy()))
            case 1 if key in theirs:
                del ours[key], theirs[key]
            case _:
                ours[key] = theirs[key] = step

    assert [dict(ours) for ours, _ in pairs] == [theirs for _, theirs in pairs]
    assert [len(ours) for ours, _ in pairs] == [len(theirs) for _, theirs in pairs]


def test_entries_of_every_copy_come_in_the_order_in_which_they_were_set() -> None:
    first: PersistentDict[str, int] = PersistentDict()
    first["b"] = 1
    second = first.copy()
    second["c"] = 1
    first["a"] = 1
    second["b"] = 2
    second["a"] = 1

    assert (list(first), list(second), list(first)) == (["b", "a"], ["b", "c", "a"], ["b", "a"])


def test_the_entry_that_was_set_last_is_the_one_that_is_taken() -> None:
    older: PersistentDict[str, int] = PersistentDict()
    older["a"] = older["b"] = 1
    older["a"] = 2
    newer = older.copy()
    newer["c"] = 3

    assert (newer.popitem(), dict(newer), older.popitem()) == (("c", 3), {"b": 1, "a": 2}, ("a", 2))
    with pytest.raises(KeyError):
        older.popitem()


def test_a_copy_that_has_more_is_taken_over_as_a_whole() -> None:
    first: PersistentDict[str, int] = PersistentDict()
    first["a"] = 1
    more = first.copy()
    more["b"] = 2
    first.update(more)
    more["c"] = 3

    assert (dict(first), "c" in first, dict(more)) == ({"a": 1, "b": 2}, False, {"a": 1, "b": 2, "c": 3})


def test_what_is_missing_is_a_key_error() -> None:
    empty: PersistentDict[str, int] = PersistentDict()

    assert (empty.get("a"), bool(empty), "a" in empty) == (None, False, False)
    with pytest.raises(KeyError):
        _ = empty["a"]
    with pytest.raises(KeyError):
        del empty["a"]
    with pytest.raises(KeyError):
        empty.popitem()
