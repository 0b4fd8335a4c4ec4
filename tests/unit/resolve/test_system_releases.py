"""Requirements that depend on the release of the operating system, by both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Resolution, Unsolvable
from tests.support.universe import MemoryCatalog, Universe, manifest

if TYPE_CHECKING:
    from typing import Literal

    from lockenv.vocabulary.pin import Pin

UNIVERSE: Universe = {"a": {"1": {}, "2": {}}, "b": {"1": {}, "2": {}}}
MAC = "sys_platform == 'darwin' and "
pytestmark = pytest.mark.parametrize("patience", [-1, 20])


def answer(
    *requires: str, patience: int, fork: Literal["latest", "fewest"] = "latest", locked: tuple[Pin, ...] = ()
) -> Resolution | Unsolvable:
    posed = problem(manifest(*requires, policy=Policy(fork=fork)), locked=locked)
    found = solve(posed, MemoryCatalog(UNIVERSE), patience=patience)
    assert isinstance(found, (Resolution, Unsolvable))
    return found


def locked(*requires: str, patience: int, fork: Literal["latest", "fewest"] = "latest") -> list[tuple[str, str, str]]:
    found = answer(*requires, patience=patience, fork=fork)
    assert isinstance(found, Resolution), found
    again = answer(*requires, patience=patience, fork=fork, locked=found.pins)
    assert isinstance(again, Resolution)
    assert again.pins == found.pins
    return [(pin.name, pin.version, marker_text(pin.marker, assuming=found.universe)) for pin in found.pins]


@pytest.mark.parametrize("where", ["", MAC])
def test_requirements_of_opposite_orders_divide_the_environments(where: str, patience: int) -> None:
    requires = (f"a>=2 ; {where}platform_release >= '20.0'", f"a<2 ; {where}platform_release < '20.0'")
    said = where.replace('"', "'")

    assert locked(*requires, patience=patience) == [
        ("a", "1", f"{said}platform_release < '20.0'"),
        ("a", "2", f"{said}platform_release >= '20.0'"),
    ]


def test_other_projects_are_divided_as_if_there_were_no_such_requirements(patience: int) -> None:
    requires = ("a>=2 ; platform_release >= '20.0'", "a<2 ; platform_release < '20.0'", "b", "b<2 ; os_name == 'nt'")

    assert [each for each in locked(*requires, patience=patience) if each[0] == "b"] == [
        ("b", "1", "sys_platform == 'win32'"),
        ("b", "2", "sys_platform != 'win32'"),
    ]


def test_newer_systems_get_a_newer_release_where_every_release_is_a_version(patience: int) -> None:
    assert locked("a", f"a<2 ; {MAC}platform_release <= '20.0'", patience=patience) == [
        ("a", "1", f"{MAC}platform_release < '20.0.1'"),
        ("a", "2", "sys_platform != 'darwin' or platform_release >= '20.0.1'"),
    ]


def test_one_release_serves_all_where_no_marker_could_separate_them(patience: int) -> None:
    assert locked("a", "a<2 ; platform_release < '20.0'", patience=patience) == [("a", "1", "")]


@pytest.mark.parametrize("fork", ["latest", "fewest"])
def test_what_no_marker_can_say_is_refused_with_a_hint_that_helps(
    fork: Literal["latest", "fewest"], patience: int
) -> None:
    conditions = ("platform_release < '20.0'", "platform_release >= '20.0'")

    refused = answer("a", f"a<2 ; {conditions[0]}", f"a>=2 ; {conditions[1]}", patience=patience, fork=fork)
    helped = locked("a", f"a<2 ; {MAC}{conditions[0]}", f"a>=2 ; {MAC}{conditions[1]}", patience=patience, fork=fork)

    assert isinstance(refused, Unsolvable)
    assert refused.reasons == (
        "No marker can say where a 2 would be installed: on Linux and Windows, platform_release may be no version, "
        "such as 5.15.0-91-generic, and then it is neither below another one nor above",
    )
    assert refused.hints == (
        "compare platform_release only together with `sys_platform == 'darwin'`, where it always is a version",
    )
    assert [version for _, version, _ in helped] == ["1", "2"]


def test_a_division_that_no_marker_can_say_is_given_up_for_one_release(patience: int) -> None:
    universe: Universe = {
        "a": {"1": {}, "2": {"requires": ["c ; platform_release < '20.0'"]}},
        "c": {"1": {"requires": ["missing"]}},
    }

    found = solve(problem(manifest("a")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert [(pin.version, marker_text(pin.marker, assuming=found.universe)) for pin in found.pins] == [("1", "")]
