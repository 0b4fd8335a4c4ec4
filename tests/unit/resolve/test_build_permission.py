"""What must be built: asked for all at once, and never where it is needed only off the usual environments."""

from __future__ import annotations

from typing import Any

import pytest

from lockenv.report.build_permission import sentence
from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import NeedsPermission, Resolution, Unsolvable
from tests.support.universe import MemoryCatalog, Universe, manifest

UNBUILT = {"needs_build": True, "wheel": False}


def answer(
    universe: Universe, *requires: str, patience: int = 20, **rest: Any
) -> Resolution | Unsolvable | NeedsPermission:
    return solve(problem(manifest(*requires, **rest)), MemoryCatalog(universe), patience=patience)


def asked(universe: Universe, *requires: str, **rest: Any) -> list[str]:
    found = answer(universe, *requires, **rest)
    assert isinstance(found, NeedsPermission), found
    return [sentence(one).partition(":")[0] for one in found.packages]


@pytest.mark.parametrize("patience", [-1, 20])
def test_newest_release_is_asked_for_and_no_older_one_is_chosen_for_its_sake(patience: int) -> None:
    universe: Universe = {
        "a": {"1": {}, "2": {"requires": ["old"]}, "3": {"requires": ["old"]}},
        "old": {"1": UNBUILT},
    }

    assert asked(universe, "a", patience=patience) == ["old 1, required by a 3"]


def test_everything_that_must_be_built_is_named_at_once() -> None:
    universe: Universe = {
        "a": {"2": {"requires": ["x>=1", "y ; sys_platform == 'win32'"]}},
        "b": {"1": {**UNBUILT}},
        "x": {"1": UNBUILT, "0": {}},
        "y": {"1": UNBUILT},
    }

    assert asked(universe, "a", "b") == [
        "b 1",
        "x 1, required by a 2",
        "y 1 where sys_platform == 'win32', required by a 2",
    ]


def test_what_has_no_wheel_is_asked_for_in_the_same_question() -> None:
    universe: Universe = {"a": {"1": UNBUILT}, "b": {"1": {"wheel": False}}, "c": {"1": {"wheel": False}}}
    allowed = Policy(allow_build=("c",))

    assert asked(universe, "a", "b", "c", policy=allowed) == ["a 1", "b 1"]


def test_what_only_a_build_describes_is_marked_beside_what_describes_itself() -> None:
    found = answer({"a": {"1": UNBUILT}, "b": {"1": {"wheel": False}}}, "a", "b")

    assert isinstance(found, NeedsPermission)
    assert [(one.name, one.is_undescribed) for one in found.packages] == [("a", True), ("b", False)]


def test_what_has_no_wheel_for_the_locked_pythons_is_asked_for_in_the_same_question() -> None:
    universe: Universe = {
        "a": {"1": UNBUILT},
        "b": {"1": {"wheel_tags": ["cp38-cp38-win_amd64", "cp310-cp310-win_amd64"]}},
        "c": {"1": {"wheel_tags": ["cp38-cp38-win_amd64", "cp312-cp312-win_amd64"]}},
        "d": {"1": {"wheel_tags": ["cp312-cp312-win_amd64"]}},
    }
    requirements = ("a", "b", "c", "d ; sys_platform == 'linux'")

    assert asked(universe, *requirements, requires_python=">=3.11") == [
        "a 1",
        "b 1",
        "d 1 where sys_platform == 'linux'",
    ]


def test_what_describes_itself_is_locked_and_named() -> None:
    found = answer({"b": {"1": {"wheel": False}}}, "b")

    assert isinstance(found, Resolution)
    assert [(one.name, one.version) for one in found.unbuilt] == [("b", "1")]


@pytest.mark.parametrize(
    ("marker", "left"),
    [
        ("platform_python_implementation == 'PyPy'", "implementation_name == 'pypy'"),
        ("sys_platform == 'sunos5'", "sys_platform == 'sunos5'"),
    ],
)
def test_build_that_is_needed_elsewhere_alone_blocks_no_one(marker: str, left: str) -> None:
    universe: Universe = {"a": {"1": {}, "2": {"requires": [f"old>=1 ; {marker}"]}}, "old": {"1": UNBUILT}}
    found = answer(universe, "a")

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "2")]
    assert [marker_text(each, assuming=problem(manifest("a")).universe) for each in (~found.universe,)] == [left]
    assert len(found.notes) == 1
    assert all(text in found.notes[0] for text in (left, f"old>=1 ; {marker}", "allow-build", "environments"))


def test_environment_that_the_project_declares_is_asked_for() -> None:
    universe: Universe = {"a": {"2": {"requires": ["old ; implementation_name == 'pypy'"]}}, "old": {"1": UNBUILT}}
    declared = ("implementation_name == 'pypy'", "implementation_name == 'cpython'")

    assert asked(universe, "a", environments=declared) == ["old 1 where implementation_name == 'pypy', required by a 2"]


def test_unbuilt_release_that_is_locked_stays_and_is_asked_for() -> None:
    old = answer({"a": {"1": {}, "2": {}}}, "a<2")
    assert isinstance(old, Resolution)
    found = solve(
        problem(manifest("a"), locked=old.pins), MemoryCatalog({"a": {"1": UNBUILT, "2": UNBUILT}}), patience=20
    )

    assert isinstance(found, NeedsPermission)
    assert [one.version for one in found.packages] == ["1"]


def test_build_that_an_extra_needs_elsewhere_leaves_the_rest_as_it_is() -> None:
    universe: Universe = {
        "a": {"1": {"requires": ["old ; implementation_name == 'pypy'"]}},
        "old": {"1": UNBUILT},
        "b": {"1": {}},
    }
    found = answer(universe, "b", extras={"x": ["a"]})

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "1"), ("b", "1")]
    assert [(one.kind, one.name, marker_text(one.marker)) for one in found.uncovered] == [
        ("extra", "x", "python_version >= '3.8' and implementation_name == 'pypy'")
    ]
    assert len(found.notes) == 1
    assert "allow-build" in found.notes[0]


ELSEWHERE = "implementation_name == 'pypy'"


@pytest.mark.parametrize("patience", [-1, 20])
@pytest.mark.parametrize(
    ("requirement", "others", "reason"),
    [
        ("old", {"old": {"1": {"wheel": False, "unusable": "it is broken"}}}, "it is broken"),
        ("old", {"old": {"1": {"wheel": False, "sdist": False}}}, "no release of it has an installable file"),
        ("old", {}, "not found on any index"),
        ("old>=2", {"old": {"1": {}}}, "no release satisfies it"),
        ("old @ https://host.example/old.zip", {"old": {"1": {}}}, "from a URL"),
    ],
)
def test_what_nothing_can_meet_elsewhere_pulls_no_release_back(
    requirement: str, others: Universe, reason: str, patience: int
) -> None:
    universe: Universe = {"a": {"1": {}, "2": {"requires": [f"{requirement} ; {ELSEWHERE}"]}}, **others}
    found = answer(universe, "a", patience=patience)

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "2")]
    assert [marker_text(each.marker) for each in found.uncovered] == [f"python_version >= '3.8' and {ELSEWHERE}"]
    assert len(found.notes) == 1
    assert all(text in found.notes[0] for text in (reason, "environments"))
    again = solve(problem(manifest("a"), locked=found.pins), MemoryCatalog(universe))
    assert isinstance(again, Resolution)
    assert (again.pins, again.environments, again.uncovered) == (found.pins, found.environments, found.uncovered)


def test_what_nothing_can_meet_further_down_elsewhere_pulls_no_release_back() -> None:
    universe: Universe = {"a": {"1": {}, "2": {"requires": [f"b ; {ELSEWHERE}"]}}, "b": {"1": {"requires": ["old"]}}}
    found = answer(universe, "a")

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "2")]


@pytest.mark.parametrize("patience", [-1, 20])
def test_python_that_is_lost_elsewhere_is_not_lost_for_everybody(patience: int) -> None:
    universe: Universe = {
        "a": {"1": {}, "2": {"requires": [f"old ; {ELSEWHERE}"]}},
        "old": {"1": {"wheel_tags": ["cp311-cp311-win_amd64"], "sdist": False}},
    }
    found = answer(universe, "a", patience=patience)

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version, marker_text(pin.marker, assuming=found.universe)) for pin in found.pins] == [
        ("a", "2", ""), ("old", "1", ELSEWHERE)
    ]  # fmt: skip
    assert marker_text(~found.universe, assuming=problem(manifest("a")).universe) == (
        f"python_version != '3.11' and {ELSEWHERE}"
    )
    again = solve(problem(manifest("a"), locked=found.pins), MemoryCatalog(universe))
    assert isinstance(again, Resolution)
    assert (again.pins, again.environments, again.uncovered) == (found.pins, found.environments, found.uncovered)


def test_what_nothing_can_meet_in_an_environment_that_is_declared_pulls_back() -> None:
    universe: Universe = {"a": {"1": {}, "2": {"requires": [f"old ; {ELSEWHERE}"]}}}
    found = answer(universe, "a", environments=(ELSEWHERE,))

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "1")]


def test_what_nothing_can_meet_elsewhere_is_lost_for_the_extra_that_needs_it() -> None:
    universe: Universe = {"a": {"1": {"requires": [f"old ; {ELSEWHERE}"]}}, "b": {"1": {}}}
    found = answer(universe, "b", extras={"x": ["a"]})

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "1"), ("b", "1")]
    assert [(one.kind, one.name) for one in found.uncovered] == [("extra", "x")]
    assert [marker_text(each) for each in found.environments] == ["python_version >= '3.8'"]


@pytest.mark.parametrize("patience", [-1, 20])
def test_release_that_cannot_be_used_is_left_out_beside_a_conflict(patience: int) -> None:
    universe: Universe = {
        "a": {"1": {}},
        "b": {"2": {}, "3": {"unusable": "it is broken", "wheel": False}},
        "d": {"1": {}, "2": {"requires": ["a>=2"]}},
    }
    found = answer(universe, "a", "d", extras={"x": ["b"], "y": ["d"]}, patience=patience)

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "1"), ("b", "2"), ("d", "1")]
    assert found.notes == (
        "b 3 was excluded: it is broken",
        "d 1 is chosen, not 2: 2 requires a>=2, which no release satisfies",
    )


@pytest.mark.parametrize(
    ("requires", "pythons", "old_below"),
    [
        (["old ; python_version < '3.6'", "new"], ">=2.7", "3.6"),
        (["old ; python_version < '3.6'", "old2 ; python_version == '3.8'", "new"], ">=2.7", "3.9"),
        (["old ; python_version < '3.6'", "old2"], ">=2.7", ""),
        (["old ; python_version < '3.12'", "new"], ">=2.7", ""),
        (["old ; python_version < '3.6'", "new"], ">=2.7,<3.6", ""),
    ],
)
def test_old_pythons_that_alone_need_a_build_are_named(requires: list[str], pythons: str, old_below: str) -> None:
    universe: Universe = {"old": {"1": UNBUILT}, "old2": {"1": UNBUILT}, "new": {"1": {}}}

    found = answer(universe, *requires, requires_python=pythons)

    assert isinstance(found, NeedsPermission)
    assert found.old_below == old_below


def test_declared_environments_are_not_narrowed_for_a_build() -> None:
    universe: Universe = {"old": {"1": UNBUILT}}
    environments = ("sys_platform == 'linux'", "sys_platform == 'win32'")

    found = answer(universe, "old ; python_version < '3.6'", requires_python=">=2.7", environments=environments)

    assert isinstance(found, NeedsPermission)
    assert found.old_below == ""
