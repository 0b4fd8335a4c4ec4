from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.conflict import ConflictSides, has_markers, sides
from lockenv.lockfile.text import read, write
from tests.unit.lockfile.builders import document, lock, package

OURS, THEIRS, BASE = (write(document(package("a", version), package("b", "1"))) for version in ("2", "3", "1"))


def marked(*, end: str = "\n", with_base: bool = False) -> str:
    """Return both sides' locks as git leaves them where they differ from the third line on."""

    def rest(text: str) -> list[str]:
        return text.splitlines()[2:]

    base = ["||||||| 1234567", *rest(BASE)] if with_base else []
    lines = [*OURS.splitlines()[:2], "<<<<<<< HEAD", *rest(OURS), *base, "=======", *rest(THEIRS), ">>>>>>> topic"]
    return end.join([*lines, ""])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_side_is_a_lock_of_its_own(end: str) -> None:
    found = sides(marked(end=end), "pylock.toml")

    assert found == ConflictSides(ours=read(OURS), theirs=read(THEIRS))


def test_base_is_reported_where_the_markers_have_it() -> None:
    assert sides(marked(with_base=True), "pylock.toml") == ConflictSides(
        ours=read(OURS), theirs=read(THEIRS), base=read(BASE)
    )


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< a\n",
        "=======\n>>>>>>> b\n",
        "<<<<<<< a\n=======\n<<<<<<< c\n>>>>>>> b\n",
        "<<<<<<< a\n>>>>>>> b\n=======\n",
    ],
)
def test_markers_that_do_not_pair_up_are_no_sides(text: str) -> None:
    assert sides(text, "pylock.toml") is None


def test_side_that_is_no_lock_is_an_error_with_a_way_out() -> None:
    with pytest.raises(InputError, match=r"one side of the merge conflict in pylock\.toml is not a lock") as error:
        sides(marked().replace("[[packages]]", "[[packages", 1), "pylock.toml")

    assert "git checkout --ours pylock.toml" in error.value.hint


def test_plain_lock_has_no_markers() -> None:
    assert (has_markers(OURS), has_markers(marked())) == (False, True)


@pytest.mark.parametrize(
    ("ours", "theirs", "base", "kept"),
    [
        (("1", "1"), ("1", "1"), None, "1"),
        (("2", "1"), ("3", "1"), None, "2"),
        (("2", "1"), ("3", "1"), ("1", "1"), "2"),
        (("1", "1"), ("3", "1"), ("1", "1"), "3"),
        (("2", "1"), ("1", "1"), ("1", "1"), "2"),
    ],
)
def test_pins_that_one_side_moved_stay_moved_and_ours_come_first(
    ours: tuple[str, str], theirs: tuple[str, str], base: tuple[str, str] | None, kept: str
) -> None:
    locks = [lock(package("a", each[0]), package("b", each[1])) if each else None for each in (ours, theirs, base)]
    one, other, old = locks
    assert one is not None
    assert other is not None

    preferred = ConflictSides(ours=one, theirs=other, base=old).preferred()

    assert [(pin.name, pin.version) for pin in preferred] == [("a", kept), ("b", "1")]


def test_what_one_side_alone_has_is_preferred_too() -> None:
    both = ConflictSides(ours=lock(package("a", "1")), theirs=lock(package("b", "2")))

    assert [(pin.name, pin.version) for pin in both.preferred()] == [("a", "1"), ("b", "2")]


def test_other_side_is_tried_where_neither_was_kept() -> None:
    both = ConflictSides(ours=lock(package("a", "1")), theirs=lock(package("a", "2")))
    first = both.preferred()
    other = ConflictSides(ours=lock(package("a", "3")), theirs=lock(package("a", "3"))).preferred()

    again = both.swapped(other, first)

    assert again is not None
    assert [pin.version for pin in again] == ["2"]
    assert both.swapped(first, first) is None
