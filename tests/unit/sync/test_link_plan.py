"""What is linked for a wheel is kept ready-made, and a plan that is not what was kept there is none."""

from __future__ import annotations

import pytest

from lockenv.sync.link_plan import Link, LinkPlan, composed, dumped, parsed

LINKS = [
    Link("lib/site/cup/deep/down", "module.py", "0"),
    Link("share/man", "cup.1", "3"),
    Link("lib/site", "top.py", "1"),
    Link("lib/site/cup", "__init__.py", "2"),
    Link("share/man", "tea.1", "4"),
]
WITNESSES = {item: (10 + number, 20 + number, 30 + number, 40 + number) for number, item in enumerate("01234m")}


def plan() -> LinkPlan:
    return composed(LINKS, "lib/site", WITNESSES, names_python=True)


def test_plan_says_what_is_made_and_linked_in_its_order() -> None:
    assert plan() == LinkPlan(
        names_python=True,
        directories=("cup", "cup/deep", "cup/deep/down"),
        names=("cup/deep/down/module.py", "top.py", "cup/__init__.py"),
        elsewhere=(("share/man", ("cup.1", "tea.1"), ("3", "4")),),
        items=("0", "1", "2", "3", "4", "m"),
        inodes=(10, 11, 12, 13, 14, 15),
        sizes=(20, 21, 22, 23, 24, 25),
        moments=(30, 31, 32, 33, 34, 35),
        modes=(40, 41, 42, 43, 44, 45),
    )


def test_directory_whose_name_begins_as_that_of_the_distributions_is_elsewhere() -> None:
    other = composed([Link("lib/site-more", "a", "0")], "lib/site", {"0": WITNESSES["0"]}, names_python=False)

    assert (other.names, other.elsewhere) == ((), (("lib/site-more", ("a",), ("0",)),))


def test_plan_is_read_as_it_was_kept() -> None:
    assert parsed(dumped(plan(), "entry/key"), "entry/key") == plan()


@pytest.mark.parametrize("at", [0, 31, 32, -1])
def test_damaged_plan_is_none(at: int) -> None:
    content = bytearray(dumped(plan(), "entry/key"))
    content[at] ^= 1

    assert parsed(bytes(content), "entry/key") is None


@pytest.mark.parametrize("length", [0, 32, 40])
def test_plan_that_was_cut_off_is_none(length: int) -> None:
    assert parsed(dumped(plan(), "entry/key")[:length], "entry/key") is None


def test_plan_in_the_place_of_another_is_none() -> None:
    assert parsed(dumped(plan(), "entry/key"), "other/key") is None
