"""The second engine alone: resolvelib is not asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.errors import InputError
from lockenv.resolve.engine_interface import Assignment, NoSolution, Region, Split
from lockenv.resolve.environment_forks import locked_in
from lockenv.resolve.model import Model
from lockenv.resolve.problem import problem
from lockenv.resolve.pubgrub import engine
from lockenv.vocabulary import markers
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.names import normalize
from tests.support.universe import MemoryCatalog, Scenario, Universe, manifest, scenario

if TYPE_CHECKING:
    from lockenv.resolve.problem import Problem

CYCLIC = sorted((Path(__file__).parents[2] / "scenarios" / "cyclic").glob("*.toml"))


def ask(posed: Problem, universe: Universe) -> tuple[Assignment | Split | NoSolution, Model]:
    model = Model(posed, MemoryCatalog(universe))
    env = posed.universe
    return engine(
        Region(env=env, roots=model.roots_in(env), locked=locked_in(env, posed.preferred, model)), model
    ), model


def answer(universe: Universe, *requires: str, **rest: Any) -> Assignment | Split | NoSolution:
    asked = {key: rest.pop(key) for key in ("locked", "requested") if key in rest}
    return ask(problem(manifest(*requires, **rest), **asked), universe)[0]


def versions(universe: Universe, *requires: str, **rest: Any) -> dict[str, str]:
    asked = {key: rest.pop(key) for key in ("locked", "requested") if key in rest}
    found, model = ask(problem(manifest(*requires, **rest), **asked), universe)
    assert isinstance(found, Assignment), found
    return {name: model.candidates(name).versions[position] for name, position in found.positions.items()}


def releases(*numbers: str, **table: Any) -> dict[str, Any]:
    return dict.fromkeys(numbers, table)


@pytest.mark.parametrize("case", [scenario(path) for path in CYCLIC], ids=[path.stem for path in CYCLIC])
def test_cycles_that_mislead_resolvelib_are_answered_right(case: Scenario) -> None:
    found, model = ask(case.problem(), case.universe)

    if case.is_satisfiable:
        assert isinstance(found, Assignment)
        chosen = {name: model.candidates(name).versions[position] for name, position in found.positions.items()}
        assert chosen == case.packages
    else:
        assert isinstance(found, NoSolution)


def test_newest_versions_are_chosen() -> None:
    universe = {"a": {"1": {}, "2": {"requires": ["b"]}}, "b": releases("1", "2")}

    assert versions(universe, "a") == {"a": "2", "b": "2"}


def test_conflict_backs_off_to_an_older_version() -> None:
    universe = {"a": {"1": {}, "2": {"requires": ["b<2"]}}, "b": releases("1", "2")}

    assert versions(universe, "a", "b>=2") == {"a": "1", "b": "2"}


def test_what_is_not_needed_in_the_end_is_left_out() -> None:
    universe = {"a": {"1": {}, "2": {"requires": ["b", "c"]}}, "b": releases("1"), "c": {"1": {"requires": ["a<2"]}}}

    assert versions(universe, "a") == {"a": "1"}


def test_extra_brings_its_requirements_and_the_same_version() -> None:
    universe = {
        "a": {"1": {"extras": {"x": ["b"]}}, "2": {"extras": {"x": ["b>=2"]}}},
        "b": releases("1"),
    }

    assert versions(universe, "a[x]") == {"a": "1", "b": "1"}


def test_requirement_on_an_extra_binds_the_project_itself() -> None:
    universe = {"a": releases("1", "2", "3"), "b": {"1": {"requires": ["a[x]<3"]}}}

    assert versions(universe, "a", "b") == {"a": "2", "b": "1"}


def test_requirement_of_a_project_on_itself_excludes_its_release() -> None:
    universe = {"a": {"1": {}, "2": {"requires": ["a<2"]}}}

    assert versions(universe, "a") == {"a": "1"}


def test_release_with_an_unusable_sdist_is_left_out() -> None:
    universe = {"a": {"1": {}, "2": {"unusable": "it is broken"}}}

    assert versions(universe, "a") == {"a": "1"}


def test_prerelease_is_chosen_only_where_named_or_alone() -> None:
    universe = {"a": releases("1", "2b1"), "b": releases("1b1"), "c": releases("1", "2a1")}

    assert versions(universe, "a", "b", "c>=1a1") == {"a": "1", "b": "1b1", "c": "2a1"}


def test_finals_that_fail_for_other_reasons_do_not_admit_a_prerelease() -> None:
    universe = {"a": {"1": {"requires": ["b<1"]}, "2b1": {}}, "b": releases("1")}

    assert isinstance(answer(universe, "a", "b"), NoSolution)


def test_yanked_release_is_chosen_only_by_an_exact_pin_even_one_met_late() -> None:
    universe: dict[str, Any] = {
        "a": {"1": {}, "2": {"yanked": True}},
        "b": {"1": {"requires": ["c"]}},
        "c": {"1": {"requires": ["a==2"]}},
    }

    assert versions(universe, "a>=1") == {"a": "1"}
    assert versions(universe, "a>1", "b") == {"a": "2", "b": "1", "c": "1"}


def test_constraint_and_request_bound_a_project_without_asking_for_it() -> None:
    universe = {"a": {"1": {"requires": ["b"]}}, "b": releases("1", "2", "3"), "c": releases("1")}

    assert versions(universe, "a", constraints=("b<3", "c<1")) == {"a": "1", "b": "2"}
    assert versions(universe, "a", requested={"b": "==1"}) == {"a": "1", "b": "1"}


def test_conditional_bound_divides_the_region_for_the_newest() -> None:
    found = answer({"a": releases("1", "2")}, "a", "a<2 ; sys_platform == 'win32'")

    assert isinstance(found, Split)
    assert marker_text(found.second, assuming=markers.WORLD) == "python_version >= '3.8' and sys_platform == 'win32'"


def test_conditional_bound_is_obeyed_everywhere_under_fewest() -> None:
    universe = {"a": releases("1", "2")}

    chosen = versions(universe, "a", "a<2 ; sys_platform == 'win32'", policy=Policy(fork="fewest"))

    assert chosen == {"a": "1"}


def test_requires_python_that_only_the_metadata_has_divides_the_region() -> None:
    found = answer({"a": {"1": {}, "2": {"page_requires_python": "", "requires_python": ">=3.10"}}}, "a")

    assert isinstance(found, Split)


def test_requires_python_divides_the_region() -> None:
    found = answer({"a": {"1": {}, "2": {"requires_python": ">=3.10"}}}, "a")

    assert isinstance(found, Split)
    assert marker_text(found.first, assuming=markers.WORLD) == "python_version >= '3.10'"


def test_release_whose_python_is_outside_the_needed_area_is_passed_over() -> None:
    universe = {"a": releases("1"), "b": {"1": {}, "2": {"requires_python": ">=3.12"}}}

    assert versions(universe, "a", "b ; python_version < '3.9'") == {"a": "1", "b": "1"}


def test_conditional_causes_are_given_to_divide_on() -> None:
    found = answer({"a": releases("1", "2")}, "a>=2 ; sys_platform == 'linux'", "a<2 ; sys_platform == 'darwin'")

    assert isinstance(found, NoSolution)
    assert [marker_text(marker) for marker in found.separators] == [
        "sys_platform == 'linux'",
        "sys_platform == 'darwin'",
    ]
    assert found.reasons == ()


def test_long_chain_of_failures_is_reported_without_recursion() -> None:
    universe: dict[str, Any] = {f"p{number}": {"1": {"requires": [f"p{number + 1}"]}} for number in range(2000)}
    universe["p2000"] = releases("1")

    found = answer(universe, "p0", "p2000>1")

    assert isinstance(found, NoSolution)
    assert found.reasons[-1].endswith("your requirements cannot be satisfied")


@pytest.mark.slow
def test_versions_that_fail_each_in_its_own_way_are_passed_over() -> None:
    old = {f"1.{number}": {"requires": [f"b>=1.{number}"]} for number in range(1, 200)}
    universe = {"a": {"1.0": {}, **old}, "b": releases(*(f"1.{number}" for number in range(200)))}

    assert versions(universe, "a", "b<1.1") == {"a": "1.0", "b": "1.0"}


def test_prereleases_that_fail_like_the_finals_are_not_excluded_for_each_combination_of_their_parents() -> None:
    """Excluded as prereleases alone, they would be once for each of 6**6 ways to require them."""
    parents: Universe = {
        f"parent-{number}": {str(version): {"requires": [f"core>=0.{version}"]} for version in range(1, 7)}
        for number in range(6)
    }
    core = {version: {"requires": ["proto>=2"]} for version in ("1.0", "1.1rc1", "1.1rc2")}

    found = answer({**parents, "core": core, "proto": releases("1", "2")}, "proto<2", *parents)

    assert isinstance(found, NoSolution)
    assert found.conflicts < 100


def test_search_that_takes_too_many_decisions_names_the_packages_and_the_bounds_to_relax() -> None:
    numbers = range(1, 9)
    universe: Universe = {
        "a": {str(each): {"requires": [f"c=={each}.0", f"d=={each}.5"]} for each in numbers},
        "b": {str(each): {"requires": ["e"]} for each in numbers},
        "e": {str(each): {"requires": [f"c=={each}.0", f"d=={each}.0"]} for each in numbers},
        "c": releases(*(f"{each}.0" for each in numbers)),
        "d": releases(*(f"{each}.{part}" for each in numbers for part in (0, 5))),
    }
    posed = problem(manifest("a<9", "b<9"))
    model = Model(posed, MemoryCatalog(universe))
    model.decisions_left = 30

    with pytest.raises(InputError) as raised:
        engine(Region(env=posed.universe, roots=model.roots_in(posed.universe), locked={}), model)

    assert (str(raised.value), raised.value.hint) == (
        "no answer after 500,000 decisions; most conflicts are about e, d and b",
        "relax `b<9` (pyproject.toml (project.dependencies[1])), or choose a version of one of them with "
        "`lockenv lock -P e==VERSION`",
    )


class Notes:
    """Remembers what is done at the moment."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def begin(self, activity: str, total: int | None = None, unit: str = "") -> None: ...

    def advance(self, amount: int = 1, note: str = "") -> None:  # noqa: ARG002 - the protocol names it
        self.heard.append(note)

    def end(self) -> None: ...


def test_progress_names_the_projects_that_most_conflicts_are_about() -> None:
    numbers = range(1, 60)
    universe: Universe = {
        "a": {str(each): {"requires": [f"c=={each}.0", f"d=={each}.5"]} for each in numbers},
        "b": {str(each): {"requires": [f"c=={each}.0", f"d=={each}.0"]} for each in numbers},
        "c": releases(*(f"{each}.0" for each in numbers)),
        "d": releases(*(f"{each}.{part}" for each in numbers for part in (0, 5))),
    }
    posed = problem(manifest("a", "b"))
    model = Model(posed, MemoryCatalog(universe))
    model.progress = notes = Notes()

    engine(Region(env=posed.universe, roots=model.roots_in(posed.universe), locked={}), model)

    assert set(notes.heard) == {"over a, b, d"}


def test_prereleases_that_are_excluded_beside_a_final_again_and_again_are_given_up_for_older_parents() -> None:
    """Only the oldest parents, all of them, admit the final release that does not fail."""
    parents: Universe = {
        f"parent-{number}": {str(version): {"requires": [f"core>={version}"]} for version in range(1, 7)}
        for number in range(5)
    }
    core = {"1": {}, "9": {"requires": ["proto>=2"]}, "9.1rc1": {}}
    universe: Universe = {**parents, "core": core, "proto": releases("1", "2")}

    found = answer(universe, "proto<2", *parents)

    assert isinstance(found, Assignment)
    assert found.positions[normalize("core")] == 2
    assert found.conflicts < 100
