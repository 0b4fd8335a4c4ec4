"""Notes on versions that the project requires and that something else holds back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.pin import Resolution
from tests.support.universe import MemoryCatalog, manifest

if TYPE_CHECKING:
    from tests.support.universe import Universe

THEMES: Universe = {
    "theme": {"1": {}, "2": {}},
    "book": {"1": {"requires": ["theme<2"]}},
}


def notes(universe: Universe, *requires: str, **rest: Any) -> tuple[str, ...]:
    asked = {key: rest.pop(key) for key in ("locked", "upgrade", "requested") if key in rest}
    found = solve(problem(manifest(*requires, **rest), **asked), MemoryCatalog(universe))
    assert isinstance(found, Resolution)
    return found.notes


def test_who_requires_an_older_version_is_named() -> None:
    assert notes(THEMES, "book", "theme") == ("theme 1 is chosen, not 2: book 1 requires theme<2",)


def test_an_extra_that_is_not_required_holds_nothing_back() -> None:
    universe: Universe = {
        "theme": {"1": {"extras": {"old": ["theme<2"]}}, "2": {"requires": ["base<1"]}},
        "book": {"1": {"extras": {"old": ["theme<2"]}}},
        "base": {"1": {}},
    }
    reason = "theme 1 is chosen, not 2: 2 requires base<1, which no release satisfies"

    assert notes(universe, "book", "theme") == (reason,)
    assert notes(universe, "book", "theme[old]") == (reason,)
    assert notes(universe, "book[old]", "theme") == ("theme 1 is chosen, not 2: book 1 requires theme<2",)


def test_what_nothing_holds_back_has_no_note() -> None:
    assert notes(THEMES, "theme") == ()


def test_what_the_project_itself_limits_has_no_note() -> None:
    assert notes(THEMES, "book", "theme<2") == ()
    assert notes(THEMES, "book", "theme", constraints=["theme<2"]) == ()
    assert notes(THEMES, "book", "theme", requested={"theme": "==1"}) == ()
    assert notes(THEMES, "book", "theme", policy=Policy(preference="lowest-direct")) == ()


def test_what_is_not_a_requirement_of_the_project_has_no_note() -> None:
    universe = {**THEMES, "app": {"1": {"requires": ["theme"]}}}

    assert notes(universe, "book", "app") == ()


def test_what_stays_because_it_was_locked_has_no_note() -> None:
    found = solve(problem(manifest("book", "theme")), MemoryCatalog(THEMES))
    assert isinstance(found, Resolution)

    assert notes(THEMES, "book", "theme", locked=found.pins) == ()
    assert len(notes(THEMES, "book", "theme", locked=found.pins, upgrade=True)) == 1


def test_a_release_that_nothing_in_the_range_can_install_holds_nothing_back() -> None:
    universe: Universe = {"theme": {"1": {}, "2": {"requires_python": ">=3.20"}, "3": {"yanked": True}, "4rc1": {}}}

    assert notes(universe, "theme", requires_python=">=3.8,<3.15") == ()


def test_the_environments_in_which_a_version_is_older_are_named() -> None:
    found = notes({**THEMES, "tool": {"1": {}}}, "book ; sys_platform == 'win32'", "theme")

    assert found == ("theme 1 is chosen where sys_platform == 'win32', not 2: book 1 requires theme<2",)


def test_what_a_newer_version_would_require_is_named_with_who_limits_it() -> None:
    universe: Universe = {
        "theme": {"1": {}, "2": {"requires": ["pages>=2"]}},
        "book": {"1": {"requires": ["pages<2"]}},
        "pages": {"1": {}, "2": {}},
    }

    found = notes(universe, "book", "theme")

    assert found == ("theme 1 is chosen, not 2: 2 requires pages>=2, and book 1 requires pages<2",)


def test_what_the_project_limits_of_something_else_is_named() -> None:
    universe: Universe = {
        "web": {"1": {"requires": ["kit<2"]}, "2": {"requires": ["kit>=3"]}},
        "kit": {"1": {}, "2": {}, "3": {}},
    }

    assert notes(universe, "web", "kit<=2") == (
        "kit 1 is chosen, not 2: web 1 requires kit<2",
        "web 1 is chosen, not 2: 2 requires kit>=3, and you require kit<=2",
    )


def test_only_the_first_of_many_are_named() -> None:
    names = [f"theme{number}" for number in range(9)]
    book: Universe = {"book": {"1": {"requires": [f"{name}<2" for name in names]}}}
    universe: Universe = {**book, **{name: {"1": {}, "2": {}} for name in names}}

    found = notes(universe, "book", *names)

    assert len(found) == 6
    assert found[0] == "theme0 1 is chosen, not 2: book 1 requires theme0<2"
    assert found[5] == "4 more versions that the project requires are held back by others"


@pytest.mark.parametrize(
    ("required", "fault"),
    [
        ("base >>= 1", "requires `base >>= 1`, which is not a valid requirement"),
        ("base @ https://files.example/base.zip", "requires base from a URL, which cannot be locked"),
        ("base>=2", "requires base>=2, which no release satisfies"),
    ],
)
def test_release_that_requires_what_cannot_be_is_named(required: str, fault: str) -> None:
    universe: Universe = {"theme": {"1": {}, "2": {"requires": [required]}}, "base": {"1": {}}}

    assert notes(universe, "theme") == (f"theme 1 is chosen, not 2: 2 {fault}",)
