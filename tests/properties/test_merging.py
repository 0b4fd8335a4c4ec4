"""Locks of two branches: what plain git merges, what lockenv merges, and what conflict markers may look like."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockenv.errors import InputError
from lockenv.history.git import merged as merged_by_git
from lockenv.lockfile.conflict import ConflictSides, has_markers, sides
from lockenv.lockfile.digest import altered, sealed_text
from lockenv.lockfile.text import read
from lockenv.operations.merge import merged
from tests.unit.lockfile.builders import document, package

if TYPE_CHECKING:
    from pathlib import Path

BASE = ("b", "d", "f", "h", "j")
NEW = ("a", "c", "e", "g", "i", "k")
LINES = ("<<<<<<< ours\n", "||||||| base\n", "=======\n", ">>>>>>> theirs\n")


def locked(names: tuple[str, ...], versions: dict[str, str] | None = None) -> str:
    """Return the lock of a project that requires each of `names`."""
    own: dict[str, Any] = {"schema": 1, "inputs": {"dependencies": sorted(names)}}
    packages = [package(name, (versions or {}).get(name, "1")) for name in sorted(names)]
    return sealed_text(
        document(
            *packages,
            environments=["python_version >= '3'"],
            extras=[],
            **{"dependency-groups": [], "default-groups": []},
            tool={"lockenv": own},
        )
    )


@pytest.mark.parametrize(("one", "other"), [*itertools.combinations(NEW, 2)], ids="".join)
def test_git_alone_merges_two_additions_that_are_no_neighbours(tmp_path: Path, one: str, other: str) -> None:
    texts = locked((*BASE, one)), locked(BASE), locked((*BASE, other))
    paths = [tmp_path / name for name in ("ours", "base", "theirs")]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")

    ours, base, theirs = map(str, paths)
    text = merged_by_git((ours, base, theirs), ("ours", "base", "theirs"), os.environ).decode()

    assert text == locked((*BASE, one, other))
    assert altered(read(text)) == ()


@st.composite
def branch(draw: st.DrawFn) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return what a branch requires, and the versions it locks."""
    names = draw(st.sets(st.sampled_from([*BASE, *NEW]), min_size=1))
    moved = draw(st.sets(st.sampled_from(sorted(names))))
    return tuple(sorted(names)), dict.fromkeys(moved, draw(st.sampled_from(["2", "3"])))


@given(branch(), branch())
def test_lockenv_merges_all_that_is_no_contradiction(
    one: tuple[tuple[str, ...], dict[str, str]], other: tuple[tuple[str, ...], dict[str, str]]
) -> None:
    both = ConflictSides(ours=read(locked(*one)), theirs=read(locked(*other)), base=read(locked(BASE)))
    kept = [name for name in {*one[0], *other[0]} if name not in BASE or (name in one[0] and name in other[0])]
    clashes = any(
        one[1].get(name, "1") != other[1].get(name, "1") and (name not in BASE or (name in one[1] and name in other[1]))
        for name in {*one[0]} & {*other[0]}
    )
    # What one side removed, and the other moved.
    clashes = clashes or any(
        name in side[1] and name not in rest[0] for side, rest in ((one, other), (other, one)) for name in BASE
    )

    found = merged(both, "pylock.toml")

    if clashes:
        assert found is None
    else:
        assert found is not None
        assert found[0] == locked(tuple(kept), {**one[1], **other[1]})


@given(st.lists(st.sampled_from([*LINES, *locked(BASE).splitlines(keepends=True)]), max_size=30))
def test_any_order_of_markers_makes_sides_or_none_or_one_clear_error(lines: list[str]) -> None:
    text = "".join(lines)

    try:
        found = sides(text, "pylock.toml")
    except InputError:
        return

    assert found is None or not has_markers(found.ours.text + found.theirs.text)
