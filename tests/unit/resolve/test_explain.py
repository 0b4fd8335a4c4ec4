from __future__ import annotations

from typing import Any

from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.pin import Unsolvable
from tests.support.universe import INDEX, MemoryCatalog, Universe, manifest


def refusal(universe: Universe, *requires: str, **rest: Any) -> Unsolvable:
    found = solve(problem(manifest(*requires, **rest)), MemoryCatalog(universe))
    assert isinstance(found, Unsolvable), found
    return found


def releases(*versions: str, **table: Any) -> dict[str, Any]:
    return dict.fromkeys(versions, table)


def test_failure_of_every_environment_names_none_even_where_a_part_was_looked_at() -> None:
    universe = {"a": releases("1", "2"), "b": releases("1", requires=["c"]), "c": releases("1")}

    found = refusal(universe, "a<2", "a>=2", "b ; sys_platform == 'win32'", "c>1 ; sys_platform == 'linux'")

    assert found.environment in ("", "sys_platform == 'linux'")
    assert found.reasons[-1].endswith("your requirements cannot be satisfied")


def test_versions_are_reported_as_runs_over_those_that_exist() -> None:
    numbers = {str(number): {"requires": ["b"] if number in (2, 3, 4, 7, 9) else ["c"]} for number in range(1, 10)}

    found = refusal({"a": numbers}, "a")

    assert any("a 2 to 4, 7 and 9 require b (not found on any index)" in reason for reason in found.reasons), (
        found.reasons
    )


def test_prereleases_do_not_break_a_run() -> None:
    universe = {"a": {"1": {"requires": ["b"]}, "2rc1": {"requires": ["c"]}, "2": {"requires": ["b"]}}}

    assert refusal(universe, "a").reasons == (
        "Because every version of a requires b (not found on any index) and you require a, "
        "your requirements cannot be satisfied",
    )


def test_long_report_leaves_out_its_middle_and_says_how_much() -> None:
    universe: dict[str, Any] = {f"p{number}": {"1": {"requires": [f"p{number + 1}"]}} for number in range(200)}
    universe["p200"] = releases("1")

    found = refusal(universe, "p0", "p200>1 ; python_version >= '3'")

    assert len(found.reasons) <= 25
    assert found.reasons[-1].endswith("your requirements cannot be satisfied")


def test_branches_of_an_explanation_are_numbered_and_cited() -> None:
    universe = {
        "foo": {"1.0": {"requires": ["a<2", "b<2"]}, "1.1": {"requires": ["x<2", "y<2"]}},
        "a": releases("1", requires=["b>=2"]),
        "b": releases("1", "2"),
        "x": releases("1", requires=["y>=2"]),
        "y": releases("1", "2"),
    }

    assert refusal(universe, "foo").reasons == (
        "Because a 1 requires b>=2 and foo 1.0 requires a<2, foo 1.0 requires b 2",
        "And because foo 1.0 requires b<2, foo 1.0 cannot be used (1)",
        "Because x 1 requires y>=2 and foo 1.1 requires x<2, foo 1.1 requires y 2",
        "And because foo 1.1 requires y<2, foo 1.1 cannot be used",
        "And because foo 1.0 cannot be used (1), no version of foo can be used",
        "And because you require foo, your requirements cannot be satisfied",
    )


def test_near_names_are_suggested() -> None:
    assert refusal({"numpy": releases("1")}, "nunpy").hints == ("did you mean numpy instead of nunpy?",)


def test_several_near_names_are_one_question() -> None:
    universe = {"numpy": releases("1"), "nunpx": releases("1")}

    assert refusal(universe, "nunpy").hints == ("did you mean numpy or nunpx instead of nunpy?",)


def test_python_is_no_package() -> None:
    (hint,) = refusal({"ipython": releases("1")}, "python>=3.9").hints

    assert hint.startswith("remove python, which is not a package: `requires-python` states")


def test_override_is_named_as_the_user_s() -> None:
    universe = {"a": releases("1", requires=["b<2"]), "b": releases("1", "2")}

    found = refusal(universe, "a", "b<2", overrides=("b>5",))

    assert "b>5 (by your override) (which does not exist; available: 2 and 1)" in found.reasons[0]


def test_requirement_that_takes_no_part_in_the_conflict_is_not_among_the_reasons() -> None:
    client = {f"1.{n}": {"requires": [f"core>=1.{n},<1.{n + 1}"]} for n in range(25, 50)}
    middle = {f"2.{n}": {"requires": [f"core>=1.{n + 25},<1.{n + 26}"]} for n in range(5, 20)}
    universe = {
        "files": releases("2025.1", "2025.2", requires=["middle>=2.5"]),
        "client": client,
        "middle": middle,
        "core": releases(*(f"1.{n}" for n in range(25, 50))),
    }

    found = refusal(universe, "files>=2025", "client>=1.40", "middle<2.10")

    assert found.reasons == (
        "Because middle 2.9 and older require core 1.30 to 1.34 and client 1.40 and newer require core 1.40 or newer, "
        "middle 2.9 and older and client 1.40 and newer cannot be used together",
        "And because you require middle<2.10 and client>=1.40, your requirements cannot be satisfied",
    )
    assert [str(origin) for origin in found.origins] == [f"pyproject.toml (project.dependencies[{n}])" for n in (2, 1)]


def test_conflict_does_not_lean_on_a_third_requirement_where_two_are_enough() -> None:
    # The search meets `first` before it has looked at old releases of `b`, which conflict with `c` as well.
    universe = {
        "first": releases("1", requires=["b>=2"]),
        "b": {"1": {"requires": ["d<5"]}, "2": {"requires": ["d<6"]}, "3": {}},
        "c": releases("1", requires=["d>=9"]),
        "d": releases("4", "5", "9"),
    }

    found = refusal(universe, "first", "b<3", "c")

    assert found.reasons[-1] == "And because you require c and b<3, your requirements cannot be satisfied"


def test_release_that_only_a_build_could_describe_is_no_reason_where_others_exclude_it() -> None:
    universe = {
        "asks": releases("1", requires=["b>=2"]),
        "b": {"1": {"needs_build": True, "wheel": False}, "2": {}},
    }

    assert refusal(universe, "asks", "b==1").reasons == (
        "Because asks 1 requires b>=2 and you require b==1, asks 1 cannot be used",
        "And because you require asks, your requirements cannot be satisfied",
    )


def test_requirement_that_excludes_what_only_a_build_could_describe_is_among_the_reasons() -> None:
    universe = {
        "above": releases("1", requires=["b>=2"]),
        "b": {"1": {"needs_build": True, "wheel": False}, "2": {"requires": ["d<6"]}, "3": {}},
        "c": releases("1", requires=["d>=9"]),
        "d": releases("4", "9"),
    }

    found = refusal(universe, "above", "b<3", "c")

    assert found.reasons[0].startswith("Because above 1 requires b>=2 and b 2 requires d<6")
    assert "built" not in " ".join(found.reasons)


def test_hint_that_does_not_lead_to_a_lock_is_not_printed() -> None:
    universe = {"a": releases("1", requires=["nothing"]), "b": releases("1", "2"), "c": releases("1", requires=["b<2"])}

    assert refusal(universe, "a>=1").hints == ()
    assert refusal(universe, "b>=2", "c>=1").hints == ("relax `b>=2` (pyproject.toml (project.dependencies[0]))",)


def test_two_changes_are_suggested_together_where_neither_is_enough() -> None:
    universe = {
        "a": releases("1", "2"),
        "b": releases("1", requires=["a<2"]),
        "c": releases("1", "2"),
        "d": releases("1", requires=["c<2"]),
    }

    (hint,) = refusal(universe, "a>=2", "b", "c>=2", "d").hints

    assert hint == (
        "relax `a>=2` (pyproject.toml (project.dependencies[0])), "
        "and relax `c>=2` (pyproject.toml (project.dependencies[2]))"
    )


def test_spelling_that_does_not_help_is_not_suggested() -> None:
    universe = {"numpy": releases("1"), "nope": releases("1", requires=["missing"])}

    assert refusal(universe, "nunpy").hints == ("did you mean numpy instead of nunpy?",)
    assert refusal({"upper": releases("1", requires=["nunpy"]), "numpy": releases("1")}, "upper").hints == ()


def test_group_is_locked_apart_only_where_both_locks_exist() -> None:
    universe = {"a": releases("1", "2"), "b": releases("1", requires=["missing"])}

    apart = refusal(universe, "a<2", groups={"lint": ["a>=2"]}).hints
    neither = refusal(universe, "a<2", groups={"lint": ["a>=2", "b"]}).hints

    assert any("lock the group apart" in hint for hint in apart)
    assert not any("lock the group apart" in hint for hint in neither)


def test_machine_without_a_wheel_is_named() -> None:
    universe = {"a": {"1": {"sdist": False, "wheel_tags": ["py3-none-win_amd64"]}}}

    found = refusal(universe, "a", environments=("sys_platform == 'linux'",))

    assert found.reasons == (
        "Because a 1 has no wheel for Linux and you require a, your requirements cannot be satisfied",
    )


def test_pythons_without_a_wheel_are_named_where_the_machine_has_some() -> None:
    universe = {"a": {"1": {"sdist": False, "wheel_tags": ["cp38-cp38-win_amd64"]}}}

    found = refusal(universe, "a", requires_python=">=3.11")

    assert found.reasons == (
        "Because a 1 has no wheel for Python 3.11 and later and you require a, your requirements cannot be satisfied",
    )


def test_index_that_was_not_asked_is_named_with_the_rule() -> None:
    catalog = MemoryCatalog({"a": releases("1")}, others=("first", "second"))

    found = solve(problem(manifest("a>=2")), catalog)

    assert isinstance(found, Unsolvable)
    assert found.reasons[-1] == (
        "a comes from first, the first index that has it, so second was not asked "
        "(to use another index for it, set its source in [tool.lockenv.sources])"
    )


def test_hint_that_takes_far_more_to_try_than_the_refusal_took_is_not_printed() -> None:
    chain = {f"link{n}": releases("1", requires=[f"link{n + 1}"]) for n in range(1000)}
    universe = {**chain, "link1000": releases("1"), "a": {"1": {}, "2": {}}, "b": releases("1", requires=["a<2"])}
    universe["a"]["1"] = {"requires": ["link0"]}

    assert refusal(universe, "a>=2", "b>=1").hints == ()
    assert refusal({**universe, "link9": releases("1")}, "a>=2", "b>=1").hints != ()


def test_prerelease_that_would_do_where_final_releases_fit_and_fail_is_a_hint() -> None:
    universe = {
        "a": releases("1", "2"),
        "c": {"1": {"requires": ["a>=2"]}, "1.5a1": {}, "2b1": {"requires": ["a>=2"]}},
    }

    assert refusal(universe, "a<2", "c>=1").hints[-1] == (
        'set `prerelease-package = { c = "allow" }` in [tool.lockenv] to use a prerelease of c'
    )
    assert not any(
        "prerelease" in hint
        for hint in refusal({**universe, "c": releases("1", requires=["a>=2"])}, "a<2", "c>=1").hints
    )


def test_page_without_a_file_is_named() -> None:
    (reason,) = refusal({"a": {}}, "a").reasons

    assert f"a (which does not exist; its page on {INDEX} has no usable file)" in reason
