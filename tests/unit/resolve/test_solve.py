from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.resolve.engine_interface import Split
from lockenv.resolve.problem import problem
from lockenv.resolve.pubgrub import engine
from lockenv.resolve.solve import solve
from lockenv.vocabulary import markers
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Pin, Resolution, Unsolvable
from tests.support.exhaustive import exhaust
from tests.support.universe import MemoryCatalog, Scenario, Universe, manifest, scenario

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.resolve.engine_interface import Assignment, Engine, NoSolution, Region
    from lockenv.resolve.model import Model

CYCLIC = sorted((Path(__file__).parents[2] / "scenarios" / "cyclic").glob("*.toml"))
Entry = tuple[str, str, str]


def lock(universe: Universe, *requires: str, engine: Engine = exhaust, **rest: Any) -> Resolution:
    asked = {key: rest.pop(key) for key in ("locked", "left_out", "upgrade", "requested") if key in rest}
    found = solve(problem(manifest(*requires, **rest), **asked), MemoryCatalog(universe), engine=engine)
    assert isinstance(found, Resolution), found
    return found


def refusal(universe: Universe, *requires: str, **rest: Any) -> Unsolvable:
    found = solve(problem(manifest(*requires, **rest)), MemoryCatalog(universe))
    assert isinstance(found, Unsolvable), found
    return found


def entries(found: Resolution) -> list[Entry]:
    return [(pin.name, pin.version, marker_text(pin.marker, assuming=found.universe)) for pin in found.pins]


def releases(*versions: str, **table: Any) -> dict[str, Any]:
    return dict.fromkeys(versions, table)


@pytest.mark.parametrize("case", [scenario(path) for path in CYCLIC], ids=[path.stem for path in CYCLIC])
def test_cycles_that_mislead_resolvelib_are_answered_right(case: Scenario) -> None:
    found = solve(case.problem(), MemoryCatalog(case.universe), engine=exhaust)

    if isinstance(found, Resolution):
        assert {pin.name: pin.version for pin in found.pins} == case.packages
    else:
        assert not case.is_satisfiable


def of_pythons(notes: Iterable[str]) -> tuple[str, ...]:
    """Return the notes but those on machines that a release has no file for."""
    return tuple(note for note in notes if " no file for " not in note)


def test_stale_pin_is_forgotten_when_what_unseated_it_vanishes() -> None:
    universe = {
        "a": {"3": {"requires": ["e<2"]}, "1": {}},
        "c": {"2": {"requires": ["e>=3"]}, "1": {}},
        "e": {"3": {}, "1": {"requires": ["a<2"]}},
    }

    found = lock(universe, "a", "c")

    assert entries(found) == [("a", "1", ""), ("c", "2", ""), ("e", "3", "")]


THEMES: Universe = {
    "theme": releases("1", "2", "3"),
    "book": {"1": {"requires": ["layout"]}},
    "layout": {str(number): {"requires": ["theme==1" if number > 3 else "theme"]} for number in range(1, 7)},
}
"""The newest releases of `layout` require an old `theme`."""


@pytest.mark.parametrize("patience", [20, -1], ids=["first engine", "second engine"])
def test_what_the_project_requires_is_not_held_back_by_the_newest_release_of_something_else(patience: int) -> None:
    found = solve(problem(manifest("book", "theme")), MemoryCatalog(THEMES), patience=patience)

    assert isinstance(found, Resolution)
    assert entries(found) == [("book", "1", ""), ("layout", "3", ""), ("theme", "3", "")]


@pytest.mark.parametrize("patience", [20, -1], ids=["first engine", "second engine"])
def test_what_the_project_requires_is_held_back_rather_than_many_releases_of_something_else(patience: int) -> None:
    old = {str(number): {"requires": ["theme==1" if number > 3 else "theme"]} for number in range(1, 20)}
    found = solve(problem(manifest("book", "theme")), MemoryCatalog({**THEMES, "layout": old}), patience=patience)

    assert isinstance(found, Resolution)
    assert entries(found) == [("book", "1", ""), ("layout", "19", ""), ("theme", "1", "")]


def test_one_direct_requirement_does_not_gain_what_another_one_loses() -> None:
    universe = {
        "theme": releases("1", "2"),
        "book": {"1": {}, "2": {"requires": ["layout>=2"]}},
        "layout": {"1": {}, "2": {"requires": ["theme<2"]}},
    }

    found = lock(universe, "book", "theme")

    assert entries(found) == [("book", "2", ""), ("layout", "2", ""), ("theme", "1", "")]


def test_a_locked_version_changes_for_an_upgrade_of_something_else() -> None:
    pins = lock({**THEMES, "theme": releases("1")}, "book", "theme").pins
    assert [(pin.name, pin.version) for pin in pins] == [("book", "1"), ("layout", "6"), ("theme", "1")]

    found = lock(THEMES, "book", "theme", locked=pins)

    assert entries(found) == [("book", "1", ""), ("layout", "6", ""), ("theme", "1", "")]


def test_conflicting_markers_split_the_environments() -> None:
    found = lock({"a": releases("1", "2")}, "a>=2 ; sys_platform == 'linux'", "a<2 ; sys_platform == 'darwin'")

    assert entries(found) == [("a", "1", "sys_platform == 'darwin'"), ("a", "2", "sys_platform == 'linux'")]


def test_conditional_upper_bound_does_not_hold_back_other_environments() -> None:
    found = lock({"a": releases("1", "2")}, "a", "a<2 ; sys_platform == 'win32'")

    assert entries(found) == [("a", "1", "sys_platform == 'win32'"), ("a", "2", "sys_platform != 'win32'")]


def test_fewest_takes_one_version_where_one_serves() -> None:
    found = lock({"a": releases("1", "2")}, "a", "a<2 ; sys_platform == 'win32'", policy=Policy(fork="fewest"))

    assert entries(found) == [("a", "1", "")]


def test_each_python_gets_the_newest_release_that_admits_it() -> None:
    universe = {"a": {"1": {"requires_python": ">=3.8"}, "2": {"requires_python": ">=3.10"}}}

    found = lock(universe, "a")

    assert entries(found) == [("a", "1", "python_version < '3.10'"), ("a", "2", "python_version >= '3.10'")]


def test_cap_narrows_an_open_ended_range_and_says_so() -> None:
    universe = {"a": {"1": {}, "2": {"requires_python": ">=3.10,<3.14"}}}

    found = lock(universe, "a", requires_python=">=3.10")

    assert entries(found) == [("a", "2", "")]
    assert found.notes == ("Python 3.14 and later are not covered: a 2 needs <3.14",)
    assert found.universe.python_range() == (((3, 10, 0), (3, 14, 0)),)


def test_what_was_left_out_is_covered_as_soon_as_a_release_serves_it() -> None:
    capped: Universe = {"a": {"1": {"requires_python": ">=3.10,<3.14"}}}
    first = lock(capped, "a", requires_python=">=3.10")
    freed = {"a": {"1": {"requires_python": ">=3.10,<3.14"}, "2": {}}}

    again = lock(freed, "a", requires_python=">=3.10", **before(first))

    assert entries(again) == [("a", "1", "python_version < '3.14'"), ("a", "2", "python_version >= '3.14'")]
    assert again.universe is lock(freed, "a", requires_python=">=3.10").universe


def before(first: Resolution) -> dict[str, Any]:
    return {"locked": first.pins, "left_out": first.uncovered}


TAGS = {tag: f"cp3{tag}-cp3{tag}-manylinux_2_28_x86_64" for tag in range(9, 15)}


def wheels_only(*minors: int, **table: Any) -> dict[str, Any]:
    return {"sdist": False, "wheel_tags": [TAGS[minor] for minor in minors], **table}


def test_release_of_wheels_alone_counts_for_the_pythons_they_are_for() -> None:
    universe: Universe = {"a": {"1": wheels_only(9, 10, 11), "2": wheels_only(11, 12, 13)}}

    found = lock(universe, "a", requires_python=">=3.10,<3.14")

    assert entries(found) == [("a", "1", "python_version < '3.11'"), ("a", "2", "python_version >= '3.11'")]


def test_pythons_above_all_wheels_are_left_out_rather_than_an_old_pure_release_dug_up() -> None:
    universe: Universe = {"a": {"1": {}, "2": wheels_only(10, 11, 12)}}

    found = lock(universe, "a", requires_python=">=3.10")

    assert entries(found) == [("a", "2", "")]
    assert of_pythons(found.notes) == ("Python 3.13 and later are not covered: a 2 has no wheel there",)
    assert found.universe.python_range() == (((3, 10, 0), (3, 13, 0)),)


def test_release_whose_wheels_name_a_newer_python_serves_it_despite_a_partial_newer_one() -> None:
    universe: Universe = {"a": {"1": wheels_only(10, 11, 12, 13), "2": wheels_only(10, 11)}}

    found = lock(universe, "a", requires_python=">=3.10,<3.14")

    assert entries(found) == [("a", "1", "python_version >= '3.12'"), ("a", "2", "python_version < '3.12'")]


def test_pythons_below_all_wheels_are_left_out_and_said_so() -> None:
    universe: Universe = {"a": {"1": wheels_only(10, 11)}, "b": {"1": {}}}

    found = lock(universe, "a", "b", requires_python=">=3.9,<3.12", engine=engine)

    assert entries(found) == [("a", "1", ""), ("b", "1", "")]
    assert of_pythons(found.notes) == ("Python 3.9 is not covered: a 1 has no wheel there",)


def test_python_is_left_out_only_where_the_wheels_are_needed() -> None:
    universe: Universe = {"a": {"1": wheels_only(10, 11, 12)}, "b": {"1": {}}}

    found = lock(universe, "a ; sys_platform == 'linux'", "b", requires_python=">=3.10")

    assert found.notes == (
        "Python 3.13 and later where sys_platform == 'linux' are not covered: a 1 has no wheel there",
    )
    assert entries(found) == [("a", "1", "sys_platform == 'linux'"), ("b", "1", "")]


def test_each_python_of_a_required_environment_needs_a_wheel_for_it() -> None:
    mac = [f"cp3{minor}-cp3{minor}-macosx_11_0_arm64" for minor in (10, 11, 12)]
    older, newer = wheels_only(10, 11, 12), wheels_only(11, 12)
    older["wheel_tags"] += mac
    newer["wheel_tags"] += mac[2:]
    universe: Universe = {"a": {"1": older, "2": newer}}

    found = lock(universe, "a", requires_python=">=3.10,<3.13", required_environments=("sys_platform == 'darwin'",))

    assert entries(found) == [
        ("a", "1", "python_version < '3.11' or python_version < '3.12' and sys_platform == 'darwin'"),
        ("a", "2", "python_version >= '3.11' and sys_platform != 'darwin' or python_version >= '3.12'"),
    ]


def test_cap_in_an_extra_leaves_out_the_extra_alone() -> None:
    universe: Universe = {"a": {"1": {}}, "n": {"1": {"requires_python": "<3.13", "requires": ["a"]}}}

    found = lock(universe, "a", requires_python=">=3.10", extras={"x": ["n"], "y": ["n"]}, groups={"g": ["a"]})

    assert found.notes == ("extras x, y are not available on Python 3.13 and later: n 1 needs <3.13",)
    assert entries(found) == [("a", "1", ""), ("n", "1", "'x' in extras or 'y' in extras")]
    assert found.universe.without_extras_and_groups().python_range() == (((3, 10, 0), None),)


def test_extra_that_is_left_out_takes_nothing_from_others() -> None:
    universe: Universe = {
        "a": {"1": wheels_only(10, 11, 12), "2": wheels_only(10, 11, 12, 13)},
        "n": {"1": {"requires_python": "<3.13", "requires": ["a<2"]}},
    }

    found = lock(universe, "a", requires_python=">=3.10,<3.14", extras={"x": ["n"]}, engine=engine)

    assert of_pythons(found.notes) == (
        "extra x is not available on Python 3.13: n 1 needs <3.13",
        "a 1 is chosen where python_version < '3.13', not 2: n 1 requires a<2",
    )
    assert entries(found) == [
        ("a", "1", "python_version < '3.13'"),
        ("a", "2", "python_version >= '3.13'"),
        ("n", "1", "'x' in extras"),
    ]


def test_cap_that_an_extra_meets_together_with_a_group_leaves_out_the_extra() -> None:
    universe: Universe = {
        "p": {"1": {"requires": ["n"]}, "2": {"requires": ["q>=2"]}},
        "q": {"1": {}, "2": {}},
        "n": {"1": {"requires_python": "<3.13"}},
    }
    conflicts = ((("extra", "x"), ("extra", "y")), (("extra", "x"), ("group", "g")))
    rest: Any = {"extras": {"x": ["q"], "y": ["p"]}, "groups": {"g": ["q<2"]}, "conflicts": conflicts}

    found = lock(universe, requires_python=">=3.10", engine=engine, **rest)

    assert found.notes[0] == "extra y is not available on Python 3.13 and later: n 1 needs <3.13"
    assert [(pin.name, pin.version) for pin in found.pins] == [
        ("n", "1"), ("p", "1"), ("p", "2"), ("q", "1"), ("q", "2"),
    ]  # fmt: skip
    again = lock(universe, requires_python=">=3.10", engine=engine, **rest, locked=found.pins, left_out=found.uncovered)
    assert (again.pins, again.universe) == (found.pins, found.universe)


def test_extra_that_is_left_out_makes_no_fork() -> None:
    universe: Universe = {"a": {"1": {}, "2": {}}, "n": {"1": {"requires_python": "<3.13", "requires": ["a<2"]}}}

    found = lock(universe, "a", requires_python=">=3.10", extras={"x": ["n"]})

    assert entries(found) == [("a", "1", ""), ("n", "1", "'x' in extras")]


def test_patch_release_that_the_newest_release_excludes_is_left_out_rather_than_an_older_release_dug_up() -> None:
    universe: Universe = {"a": {"1": {}, "2": {"requires_python": ">=3.10, !=3.14.1"}}}

    found = lock(universe, "a", requires_python=">=3.10,<3.15")

    assert found.notes == ("Python 3.14.1 is not covered: a 2 needs !=3.14.1",)
    assert entries(found) == [("a", "2", "")]


def test_newer_release_makes_no_fork_where_it_has_no_file() -> None:
    universe: Universe = {
        "a": {"1": {}},
        "b": {"1": wheels_only(11), "2": wheels_only(11)},
    }
    where = "sys_platform == 'linux' and platform_machine == 'x86_64'"

    found = lock(universe, "a", f"b<2 ; {where}", "b", requires_python="==3.11.*")

    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "1"), ("b", "1")]


def test_cap_in_a_group_of_a_closed_range_leaves_out_the_group_alone() -> None:
    universe: Universe = {"a": {"1": {}}, "n": {"1": {"requires_python": "<3.13"}}}

    found = lock(universe, "a", requires_python=">=3.10,<3.14", groups={"g": ["n"]}, engine=engine)

    assert found.notes == ("group g is not available on Python 3.13: n 1 needs <3.13",)


def test_lock_that_lost_its_capped_extra_covers_what_a_lock_made_from_nothing_covers() -> None:
    universe: Universe = {"a": {"1": {}}, "n": {"1": {"requires_python": "<3.13"}}}
    first = lock(universe, "a", "n", requires_python=">=3.10")

    again = lock(universe, "a", requires_python=">=3.10", **before(first))

    assert (again.pins, again.universe) == (lock(universe, "a", requires_python=">=3.10").pins, again.universe)
    assert again.uncovered == ()


def test_extra_that_is_available_nowhere_is_refused() -> None:
    universe: Universe = {"a": {"1": {}}, "n": {"1": {"requires_python": "<3.9"}}}

    found = refusal(universe, "a", requires_python=">=3.10", extras={"x": ["n"]})

    assert found.reasons == ("extra x is not available on Python 3.10 and later: n 1 needs <3.9",)


def test_all_extras_that_are_available_nowhere_are_refused_at_once_where_they_are_declared() -> None:
    universe: Universe = {
        "a": {"1": {}},
        "m": {"1": {"requires_python": "<3.8"}},
        "n": {"1": {"requires_python": "<3.9"}},
        "via": {"1": {"requires": ["n"]}},
    }
    extras = {"some": ["a"], "x": ["a", "m"], "y": ["via"]}

    found = refusal(universe, "a", requires_python=">=3.10", extras=extras, groups={"g": ["n"]})

    assert found.reasons == (
        "extra x is not available on Python 3.10 and later: m 1 needs <3.8",
        "extra y and group g are not available on Python 3.10 and later: n 1 needs <3.9",
    )
    assert [each.key for each in found.origins] == ["extras.x[1]", "extras.y[0]", "groups.g[0]"]
    assert found.hints[:2] == (
        "remove extras x, y and group g if they are not needed",
        "limit `m`, `via` and `n` to `python_version < '3.10'` if only older versions of Python need them",
    )


def test_extras_without_any_wheel_that_fits_are_refused_at_once() -> None:
    universe: Universe = {"m": {"1": wheels_only(10)}, "n": {"1": wheels_only(11), "2": wheels_only(12)}}

    found = refusal(universe, requires_python=">=3.13", extras={"x": ["m"], "y": ["n"]})

    assert found.reasons == (
        "extra x is not available on Python 3.13 and later: m 1 has no wheel there",
        "extra y is not available on Python 3.13 and later: n 2 has no wheel there",
    )


def test_projects_that_end_at_one_python_are_named_in_one_sentence() -> None:
    universe: Universe = {name: {"1": wheels_only(10, 11, 12)} for name in "abcdef"}

    found = lock(universe, *universe, requires_python=">=3.10")

    assert of_pythons(found.notes) == (
        "Python 3.13 and later are not covered: a 1 has no wheel there, b 1 has no wheel there, "
        "c 1 has no wheel there and 3 more like this",
    )


def test_cap_in_a_closed_range_is_refused_rather_than_dug_around() -> None:
    universe = {"a": {"1": {}, "2": {"requires_python": ">=3.10,<3.14"}}}

    found = refusal(universe, "a", requires_python=">=3.10,<3.15")

    assert found.environment == "python_version >= '3.14'"


def test_cap_of_a_release_that_the_user_rules_out_does_not_speak() -> None:
    universe = {"a": {"1": {}, "2": {"requires_python": ">=3.10,<3.14"}}}

    found = lock(universe, "a<2", requires_python=">=3.10")

    assert (entries(found), found.notes) == ([("a", "1", "")], ())


def test_cap_below_a_python_that_does_not_exist_excludes_nothing() -> None:
    found = lock({"a": {"1": {"requires_python": ">=3.8,<4"}}}, "a")

    assert (entries(found), found.notes) == ([("a", "1", "")], ())


def test_requires_python_that_only_the_metadata_states_is_obeyed() -> None:
    universe = {"a": {"1": {}, "2": {"requires_python": ">=3.12", "page_requires_python": ""}}}

    found = lock(universe, "a", requires_python=">=3.10")

    assert entries(found) == [("a", "1", "python_version < '3.12'"), ("a", "2", "python_version >= '3.12'")]


def test_prerelease_is_used_only_where_named_or_alone() -> None:
    universe = {"a": releases("1", "2b1"), "b": releases("1b1"), "c": releases("1", "2a1")}

    found = lock(universe, "a", "b", "c>=1a1")

    assert entries(found) == [("a", "1", ""), ("b", "1b1", ""), ("c", "2a1", "")]


def test_prerelease_whose_reason_goes_away_with_it_is_no_answer() -> None:
    universe = {"a": {"1": {"requires": ["b!=2"]}}, "b": {"2": {"requires": ["a"]}, "4b1": {}}}

    assert refusal(universe, "b").environment == ""


@pytest.mark.parametrize(("policy", "version"), [("allow", "2b1"), ("disallow", "1")])
def test_prerelease_policy_overrules_the_rule(policy: Any, version: str) -> None:
    found = lock({"a": releases("1", "2b1")}, "a", policy=Policy(prerelease=policy))

    assert entries(found) == [("a", version, "")]


@pytest.mark.parametrize("policy", ["allow", "if-necessary-or-explicit"])
def test_cap_of_a_yanked_release_ends_nothing(policy: Any) -> None:
    universe = {"a": {"1": {}, "2": {"requires_python": ">=3.8,<3.12", "yanked": True}}}

    found = lock(universe, "a", requires_python=">=3.10", policy=Policy(prerelease=policy))

    assert (entries(found), found.universe.python_range()) == ([("a", "1", "")], (((3, 10, 0), None),))


def test_yanked_release_needs_an_exact_pin_or_a_lock() -> None:
    universe = {"a": {"1": {}, "2": {"yanked": True}}}

    loose, pinned = lock(universe, "a"), lock(universe, "a==2")
    kept = lock(universe, "a", locked=pinned.pins)

    assert (entries(loose), loose.notes) == ([("a", "1", "")], ())
    assert (entries(pinned), pinned.notes) == ([("a", "2", "")], ("a 2 is yanked: withdrawn",))
    assert (entries(kept), kept.notes) == (entries(pinned), pinned.notes)


def test_constraint_limits_and_asks_for_nothing() -> None:
    universe = {"a": releases("1", "2"), "b": releases("1")}

    found = lock(universe, "a", constraints=("a<2", "b<1"))

    assert entries(found) == [("a", "1", "")]


def test_override_replaces_every_requirement_on_its_name() -> None:
    universe = {"a": {"1": {"requires": ["b<2"]}}, "b": releases("1", "2", "3")}

    found = lock(universe, "a", "b==1", overrides=("b==2",))

    assert entries(found) == [("a", "1", ""), ("b", "2", "")]


def test_override_that_never_applies_leaves_a_dependency_out() -> None:
    universe = {"a": {"1": {"requires": ["b"]}}}

    found = lock(universe, "a", overrides=("b ; python_version < '3'",))

    assert entries(found) == [("a", "1", "")]


def test_extra_brings_its_dependencies_where_it_is_asked_for() -> None:
    universe = {"a": {"1": {"extras": {"x": ["b"]}}}, "b": releases("1")}

    found = lock(universe, "a", "a[x] ; sys_platform == 'linux'")

    assert entries(found) == [("a", "1", ""), ("b", "1", "sys_platform == 'linux'")]
    assert found.pins[0].dependencies == (("b", "1"),)


def test_missing_extra_is_a_note() -> None:
    found = lock({"a": releases("1")}, "a[x]")

    assert (entries(found), found.notes) == ([("a", "1", "")], ("a 1 has no extra named x",))


def test_extras_and_groups_are_resolved_together_and_gated_apart() -> None:
    universe = {"a": releases("1", "2"), "b": {"1": {"requires": ["a<2"]}}, "c": releases("1")}

    found = lock(universe, "a", extras={"more": ["b"]}, groups={"dev": ["b", "c"]})

    assert entries(found) == [
        ("a", "1", ""),
        ("b", "1", "'more' in extras or 'dev' in dependency_groups"),
        ("c", "1", "'dev' in dependency_groups"),
    ]


def test_declared_conflict_lets_extras_disagree() -> None:
    universe = {"a": releases("1", "2")}
    extras = {"x": ["a==1"], "y": ["a==2"]}

    found = lock(universe, extras=extras, conflicts=((("extra", "x"), ("extra", "y")),))

    assert entries(found) == [("a", "1", "'x' in extras"), ("a", "2", "'y' in extras")]
    assert isinstance(solve(problem(manifest(extras=extras)), MemoryCatalog(universe)), Unsolvable)


def test_required_environment_gets_a_version_with_a_file_for_it() -> None:
    universe = {
        "a": {
            "1": {"sdist": False, "wheel_tags": ["py3-none-macosx_11_0_x86_64", "py3-none-macosx_11_0_arm64"]},
            "2": {"sdist": False, "wheel_tags": ["py3-none-macosx_11_0_arm64"]},
        }
    }
    intel = "sys_platform == 'darwin' and platform_machine == 'x86_64'"

    found = lock(universe, "a ; sys_platform == 'darwin'", required_environments=(intel,))

    assert entries(found) == [
        ("a", "1", "sys_platform == 'darwin' and platform_machine == 'x86_64'"),
        ("a", "2", "sys_platform == 'darwin' and platform_machine != 'x86_64'"),
    ]


def test_environments_bound_the_universe() -> None:
    universe = {"a": {"1": {"requires": ["b ; sys_platform == 'win32'"]}}, "b": releases("1")}

    found = lock(universe, "a", environments=("sys_platform == 'linux'", "sys_platform == 'darwin'"))

    assert entries(found) == [("a", "1", "")]
    assert [marker_text(part, assuming=problem(manifest()).universe) for part in found.environments] == [
        "sys_platform == 'linux'",
        "sys_platform == 'darwin'",
    ]


def test_old_pins_stay_until_an_upgrade_is_asked_for() -> None:
    old = lock({"a": releases("1"), "b": releases("1")}, "a", "b")
    newer = {"a": releases("1", "2", "3"), "b": releases("1", "2")}

    def again(**rest: Any) -> list[str]:
        return [pin.version for pin in lock(newer, "a", "b", locked=old.pins, **rest).pins]

    assert again() == ["1", "1"]
    assert again(upgrade=True) == ["3", "2"]
    assert again(upgrade=["a"]) == ["3", "1"]
    assert again(requested={"a": "==2"}) == ["2", "1"]


def test_old_pin_moves_when_a_requirement_forces_it() -> None:
    old = lock({"a": releases("1"), "b": releases("1")}, "a", "b")
    newer = {"a": releases("1", "2"), "b": releases("1", "2")}

    assert entries(lock(newer, "a>=2", "b", locked=old.pins)) == [("a", "2", ""), ("b", "1", "")]


def test_satisfied_lock_costs_no_search() -> None:
    universe = {"a": {"1": {"requires": ["b"]}}, "b": releases("1", "2")}
    old = lock(universe, "a", "b<2")

    again = lock(universe, "a", locked=old.pins)

    assert (entries(again), again.effort.rounds) == ([("a", "1", ""), ("b", "1", "")], 0)


def test_direct_reference_in_metadata_excludes_the_release() -> None:
    universe = {"a": {"1": {}, "2": {"requires": ["b @ https://files.example/b.whl"]}}}

    assert entries(lock(universe, "a")) == [("a", "1", "")]


def test_unreadable_requirement_in_metadata_excludes_the_release() -> None:
    universe = {"a": {"1": {}, "2": {"requires": ["b >= what"]}}}

    assert entries(lock(universe, "a")) == [("a", "1", "")]


def test_where_every_sdist_is_unusable_there_is_no_solution() -> None:
    found = refusal({"a": releases("1", unusable="it is no archive")}, "a")

    assert "a 1 cannot be used (it is no archive)" in " ".join(found.reasons)


@pytest.mark.parametrize("patience", [-1, 20])
def test_release_with_an_unusable_sdist_is_left_out_with_a_note(patience: int) -> None:
    universe: Universe = {"a": {"1": {}, "2": {"unusable": "it is broken"}, "3": {"unusable": "it is broken"}}}
    found = solve(problem(manifest("a")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert entries(found) == [("a", "1", "")]
    assert found.notes == ("a 3, 2 were excluded: it is broken",)


def test_locked_release_whose_sdist_is_unusable_by_now_is_replaced() -> None:
    old = lock({"a": releases("1", "2")}, "a")
    universe: Universe = {"a": {"1": {}, "2": {"unusable": "it is broken"}}}

    assert entries(lock(universe, "a", locked=old.pins)) == [("a", "1", "")]


def test_unknown_project_is_refused_with_near_names_and_its_origin() -> None:
    found = refusal({"numpy": releases("1")}, "nunpy")

    assert "nunpy" in " ".join(found.reasons)
    assert "numpy" in " ".join(found.hints)
    assert [str(origin) for origin in found.origins] == ["pyproject.toml (project.dependencies[0])"]


def test_refusal_names_the_environments_it_concerns() -> None:
    found = refusal({"a": releases("1")}, "a", "a>1 ; sys_platform == 'win32'")

    assert found.environment == "sys_platform == 'win32'"


def test_second_engine_is_asked_where_the_first_stops_and_may_divide_the_region() -> None:
    linux = markers.parse("sys_platform == 'linux'")
    asked: list[str] = []

    def divide(region: Region, model: Model) -> Assignment | Split | NoSolution:
        asked.append(marker_text(region.env, assuming=model.problem.universe))
        if region.env.implies(linux) or region.env.disjoint(linux):
            return exhaust(region, model)
        return Split(region.env & linux, region.env & ~linux)

    found = solve(problem(manifest("a")), MemoryCatalog({"a": releases("1")}), engine=divide, patience=-1)

    assert isinstance(found, Resolution)
    assert entries(found) == [("a", "1", "")]
    assert asked == ["", "sys_platform == 'linux'", "sys_platform != 'linux'"]


def test_dependencies_are_announced_as_soon_as_they_are_known() -> None:
    catalog = MemoryCatalog({"a": {"1": {"requires": ["b<2"]}}, "b": releases("1")})

    solve(problem(manifest("a")), catalog)

    assert ("a", (), "") in catalog.expected
    assert ("b", (), "<2") in catalog.expected


def test_order_of_requirements_changes_nothing() -> None:
    universe = {
        "a": {"1": {}, "2": {"requires": ["c<2 ; sys_platform == 'linux'"]}},
        "b": {"1": {}, "2": {"requires": ["c>1", "a<2 ; python_version < '3.10'"]}},
        "c": releases("1", "2", "3"),
    }
    requires = ["a", "b", "c", "c<3 ; python_version < '3.9'"]
    first = entries(lock(universe, *requires))

    for seed in range(5):
        random.Random(seed).shuffle(requires)

        assert entries(lock(universe, *requires)) == first


def test_locking_again_makes_equal_pins() -> None:
    universe = {
        "a": {"1": {}, "2": {"requires_python": ">=3.10", "requires": ["b<2 ; sys_platform == 'win32'"]}},
        "b": releases("1", "2"),
    }
    first = lock(universe, "a", "b")
    pins: tuple[Pin, ...] = first.pins

    assert lock(universe, "a", "b", locked=pins).pins == pins


def test_release_with_an_invalid_requirement_is_passed_over() -> None:
    universe = {"a": {"1": {}, "2": {"requires": ["pytz (>dev)"]}}}

    assert entries(lock(universe, "a")) == [("a", "1", "")]


@pytest.mark.parametrize("patience", [-1, 20])
def test_project_that_fits_nowhere_chooses_first(patience: int) -> None:
    old = {f"1.{minor}": {"requires": ["lib<2"]} for minor in range(60)}
    a = {"1": {"requires": ["lib", "middle"]}}
    universe: Universe = {"a": a, "middle": {"1": {"requires": ["old"]}}, "old": old, "lib": releases("1", "2")}
    found = solve(problem(manifest("a")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert {pin.name: pin.version for pin in found.pins} == {"a": "1", "lib": "1", "middle": "1", "old": "1.59"}
    assert found.effort.metadata < 15


@pytest.mark.parametrize("patience", [-1, 20])
def test_project_that_wants_newer_than_others_leave_is_not_decided_first(patience: int) -> None:
    capped = {f"3.{minor}": {"requires": [f"core>={minor - 5},<{minor}.1"]} for minor in range(60)}
    wanting = {f"1.{minor}": {"requires": [f"core>={minor},<{minor + 1}"]} for minor in range(80)}
    core = releases(*(str(minor) for minor in range(80)))
    universe: Universe = {"capped": capped, "core": core, "wanting": wanting}

    found = solve(problem(manifest("capped", "wanting")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert {pin.name: pin.version for pin in found.pins} == {"capped": "3.59", "core": "59", "wanting": "1.59"}
    assert found.effort.metadata < 40


@pytest.mark.parametrize("patience", [-1, 20])
@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("sys_platform == 'linux'", [("a", "1", "sys_platform == 'linux'"), ("a", "2", "sys_platform != 'linux'")]),
        ("sys_platform != 'emscripten'", [("a", "1", "")]),
        (
            "sys_platform == 'emscripten'",
            [("a", "1", "sys_platform == 'emscripten'"), ("a", "2", "sys_platform != 'emscripten'")],
        ),
    ],
)
def test_only_for_environments_that_people_mean_is_a_newer_version_worth_a_split(
    patience: int, marker: str, expected: list[tuple[str, str, str]]
) -> None:
    universe: Universe = {"a": releases("1", "2"), "b": {"1": {"requires": [f"a<2 ; {marker}"]}}}

    found = solve(problem(manifest("a", "b")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert [entry for entry in entries(found) if entry[0] == "a"] == expected


def test_hole_in_the_pythons_keeps_older_releases_out_unless_nothing_else_is_asked_for() -> None:
    old = {"requires_python": ">=3.9", "requires": ["b"]}
    universe: Universe = {"a": {"1": old, "2": {"requires_python": "!=3.14.1,>=3.9"}}, "b": releases("1")}

    found = lock(universe, "a", requires_python=">=3.12,<3.15")
    alone = lock(universe, "a", requires_python="==3.14.1")

    assert entries(found) == [("a", "2", "")]
    assert found.notes == ("Python 3.14.1 is not covered: a 2 needs !=3.14.1",)
    assert entries(alone) == [("a", "1", ""), ("b", "1", "")]


def test_what_a_dependency_names_admits_a_prerelease_only_where_no_final_release_fits() -> None:
    universe: Universe = {
        "a": {"1": {"requires": ["b>=1rc1", "c==2b1", "d<3.0.0dev"]}},
        "b": releases("1", "2b1"),
        "c": releases("1", "2b1"),
        "d": releases("1", "2b1"),
    }

    found = lock(universe, "a")

    assert entries(found) == [("a", "1", ""), ("b", "1", ""), ("c", "2b1", ""), ("d", "1", "")]
    assert ("b", "2b1", "") in entries(lock(universe, "a", "b>=1rc1"))
    assert ("b", "2b1", "") in entries(lock(universe, "a", constraints=["b>=1rc1"]))
    assert ("b", "2b1", "") in entries(lock(universe, "a", overrides=["b>=1rc1"]))
    assert ("b", "1", "") in entries(lock(universe, "a", "b>=1rc1", overrides=["b"]))


@pytest.mark.parametrize("patience", [-1, 20])
@pytest.mark.parametrize("fork", ["latest", "fewest"])
def test_prerelease_stays_where_it_is_named(patience: int, fork: Any) -> None:
    universe: Universe = {
        "a": releases("1", "2rc1"),
        "b": releases("1", "2rc1"),
        "x": {"1": {"requires": ["b>=2rc1 ; sys_platform == 'linux'"]}},
    }
    wanted = manifest("a", "a>=2rc1 ; sys_platform == 'linux'", "b", "x", policy=Policy(fork=fork))

    found = solve(problem(wanted), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert entries(found) == [
        ("a", "1", "sys_platform != 'linux'"),
        ("a", "2rc1", "sys_platform == 'linux'"),
        ("b", "1", "sys_platform != 'linux'"),
        ("b", "2rc1", "sys_platform == 'linux'"),
        ("x", "1", ""),
    ]


def test_locked_prerelease_that_nothing_names_any_more_stays_and_is_noted() -> None:
    universe: Universe = {"a": releases("1", "2rc1")}
    first = lock(universe, "a>=2rc1")

    found = solve(problem(manifest("a"), locked=first.pins), MemoryCatalog(universe))

    assert isinstance(found, Resolution)
    assert (first.notes, entries(found)) == ((), [("a", "2rc1", "")])
    assert found.notes == (
        "a 2rc1 is a prerelease that was locked, and no requirement of the project names one; "
        "`lockenv lock -P a` moves to a final release",
    )


@pytest.mark.parametrize("patience", [-1, 20])
def test_release_that_requires_different_things_of_platforms_is_no_conflict(patience: int) -> None:
    both = ["b<2 ; sys_platform == 'win32'", "b>=2 ; sys_platform != 'win32'"]
    universe: Universe = {"a": {"1": {}, "2": {"requires": both}}, "b": releases("1", "2")}

    found = solve(problem(manifest("a")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert entries(found) == [
        ("a", "2", ""),
        ("b", "1", "sys_platform == 'win32'"),
        ("b", "2", "sys_platform != 'win32'"),
    ]


@pytest.mark.parametrize("patience", [-1, 20])
def test_release_is_kept_where_what_it_requires_elsewhere_does_not_exist(patience: int) -> None:
    universe: Universe = {
        "a": {"1": {}, "2": {"requires": ["b ; implementation_name == 'pypy'"]}},
        "b": {"1": {"requires": ["old"]}},
    }

    found = solve(problem(manifest("a")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "2")]
    assert found.universe is found.universe & markers.parse("implementation_name != 'pypy'")
    assert "`old` of b 1 cannot be satisfied there: not found on any index" in found.notes[0]


def test_answer_that_leaves_out_what_nothing_covers_is_not_searched_for_again() -> None:
    universe: Universe = {"a": {"1": wheels_only(11, 12)}, "b": {"1": {"requires": ["a"]}}}

    found = lock(universe, "b", requires_python=">=3.11")

    assert [(each.reason, found.effort.rounds) for each in found.uncovered] == [("a 1 has no wheel there", 3)]


@pytest.mark.parametrize("patience", [-1, 20])
def test_locked_version_stays_where_a_requirement_rules_it_out_elsewhere_only(patience: int) -> None:
    universe: Universe = {"a": releases("1", "2", "3")}
    first = solve(problem(manifest("a")), MemoryCatalog(universe), patience=patience)
    assert isinstance(first, Resolution)

    asked = problem(manifest("a", "a<2 ; sys_platform == 'win32'"), locked=first.pins)
    found = solve(asked, MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert entries(found) == [("a", "1", "sys_platform == 'win32'"), ("a", "3", "sys_platform != 'win32'")]


@pytest.mark.parametrize("patience", [-1, 20])
def test_builds_of_one_version_are_locked_where_they_have_a_file(patience: int) -> None:
    tags = "cp312-cp312-{}".format
    universe: Universe = {
        "torch": {
            "2.6.0+cpu": {"wheel_tags": [tags("manylinux_2_28_x86_64"), tags("win_amd64")], "sdist": False},
            "2.6.0": {"wheel_tags": [tags("macosx_11_0_arm64")], "sdist": False},
            "2.5.0": {"wheel_tags": [tags("macosx_10_15_x86_64")], "sdist": False},
        }
    }

    def found(wanted: str, old: Resolution | None = None) -> Resolution:
        posed = problem(manifest(wanted, requires_python="==3.12.*"), locked=old.pins if old else ())
        answer = solve(posed, MemoryCatalog(universe), patience=patience)
        assert isinstance(answer, Resolution)
        return answer

    both = found("torch")
    assert entries(both) == [
        ("torch", "2.6.0", "sys_platform == 'darwin' and platform_machine == 'arm64'"),
        ("torch", "2.6.0+cpu", "sys_platform != 'darwin' or platform_machine != 'arm64'"),
    ]
    assert entries(found("torch", both)) == entries(both)
    assert entries(found("torch==2.6.0+cpu")) == [("torch", "2.6.0+cpu", "")]
    assert found("torch==2.6.0+cpu").notes == (
        "torch 2.6.0+cpu has no file for macOS arm64 (see `lockenv coverage`; a marker can exclude it)",
    )


def test_every_decision_of_both_searches_is_reported() -> None:
    universe: Universe = {
        "app": {"2.0": {"requires": ["lib<2"]}, "1.0": {"requires": ["lib"]}},
        "other": {"1.0": {"requires": ["lib>=2"]}},
        "lib": {"2.0": {}, "1.0": {}},
    }
    question = problem(manifest("app", "other"))
    first: list[str] = []
    second: list[str] = []

    for heard, patience in ((first, 20), (second, -1)):
        found = solve(question, MemoryCatalog(universe), patience=patience, report=heard.append)
        assert isinstance(found, Resolution)

    for heard in (first, second):
        assert heard[0] == "resolving for every environment"
        assert {"chose app 1.0", "chose other 1.0", "chose lib 2.0"} <= set(heard)
    assert any(line.startswith(("conflict over ", "rejected ")) for line in first), first
    assert any(line.startswith("conflict over ") for line in second), second


@pytest.mark.parametrize("patience", [-1, 20])
def test_a_locked_prerelease_stays_where_it_is_locked_and_goes_nowhere_else(patience: int) -> None:
    universe: Universe = {"a": releases("1", "2b1")}
    named = "a>=2b1 ; implementation_name == 'pypy'"
    old = lock(universe, named)

    found = solve(problem(manifest(named, "a"), locked=old.pins), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert entries(found) == [
        ("a", "1", "implementation_name != 'pypy'"),
        ("a", "2b1", "implementation_name == 'pypy'"),
    ]


@pytest.mark.parametrize("patience", [-1, 20])
def test_a_prerelease_serves_the_pythons_for_which_no_final_release_is(patience: int) -> None:
    universe: Universe = {
        "app": {"1": {}, "2": {"requires": ["detector>=1a0"]}},
        "detector": {"1a0": {}, "2": {"requires_python": ">=3.10"}},
    }
    posed = manifest("app", requires_python=">=3.9")

    found = solve(problem(posed), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert entries(found) == [
        ("app", "2", ""),
        ("detector", "1a0", "python_version < '3.10'"),
        ("detector", "2", "python_version >= '3.10'"),
    ]
    assert found.notes == ()
    again = solve(problem(posed, locked=found.pins), MemoryCatalog(universe), patience=patience)
    assert isinstance(again, Resolution)
    assert (again.pins, again.notes) == (found.pins, ())


@pytest.mark.parametrize("patience", [-1, 20])
def test_above_a_cap_no_prerelease_takes_the_place_of_a_final_release(patience: int) -> None:
    universe: Universe = {"lib": {"1": {"requires_python": "<3.14"}, "2rc1": {}}}

    found = solve(problem(manifest("lib", requires_python=">=3.12")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert entries(found) == [("lib", "1", "")]
    assert found.notes == ("Python 3.14 and later are not covered: lib 1 needs <3.14",)
