from __future__ import annotations

from typing import Any

from lockenv.resolve.closure import Fault, Proof, check
from lockenv.resolve.problem import problem
from lockenv.vocabulary import markers
from lockenv.vocabulary.distribution import Sdist, Wheel
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.pin import Pin
from tests.support.universe import manifest


def pin(name: str, version: str, *requires: str, marker: str = "", **rest: Any) -> Pin:
    stem = f"{name}-{version}.tar.gz"
    rest.setdefault("sdist", Sdist(filename=stem, url=f"https://files.example/{stem}", sha256=None))
    where = markers.parse(marker) if marker else markers.ALWAYS
    return Pin(name=normalize(name), version=version, marker=where, requires=requires, **rest)


def reported(pins: list[Pin], *requires: str, **rest: Any) -> list[str]:
    verdict = check(pins, problem(manifest(*requires, **rest)))
    return [] if isinstance(verdict, Proof) else [fault.sentence for fault in verdict]


def test_proof_derives_the_edges() -> None:
    pins = [
        pin("a", "1", "b ; sys_platform == 'linux'", "b<2 ; sys_platform != 'linux'", "c ; extra == 'x'"),
        pin("b", "1", marker="sys_platform != 'linux'"),
        pin("b", "2", marker="sys_platform == 'linux'"),
    ]

    verdict = check(pins, problem(manifest("a")))

    assert isinstance(verdict, Proof)
    assert [proved.dependencies for proved in verdict.pins] == [(("b", "1"), ("b", "2")), (), ()]


def test_two_versions_in_one_environment_are_a_fault() -> None:
    pins = [pin("a", "1", marker="sys_platform == 'linux'"), pin("a", "2")]

    assert reported(pins, "a") == ["a 1 and 2 are both installed where sys_platform == 'linux'"]


def test_requirement_met_only_in_a_part_is_a_fault() -> None:
    pins = [pin("a", "1", "b"), pin("b", "1", marker="sys_platform == 'linux'")]

    assert reported(pins, "a") == ["a 1 requires b, but none is installed where sys_platform != 'linux'"]


def test_version_outside_the_specifier_is_a_fault() -> None:
    assert reported([pin("a", "1", "b>1"), pin("b", "1")], "a") == [
        "a 1 requires b>1, but 1 is installed",
        "b 1 is installed but not required",
    ]


def test_pin_that_nothing_requires_is_a_fault() -> None:
    assert reported([pin("a", "1"), pin("b", "1")], "a") == ["b 1 is installed but not required"]


def test_pins_that_only_require_each_other_are_faults() -> None:
    assert reported([pin("a", "1"), pin("b", "1", "c"), pin("c", "1", "b")], "a") == [
        "b 1 is installed but not required",
        "c 1 is installed but not required",
    ]


def test_gate_that_is_wider_than_its_extra_is_a_fault() -> None:
    assert reported([pin("a", "1")], extras={"x": ["a"]}) == [
        "a 1 is installed but not required where 'x' not in extras"
    ]


def test_excluded_python_is_a_fault() -> None:
    assert reported([pin("a", "1", requires_python=">=3.10,<4")], "a") == [
        "a 1 requires Python >=3.10,<4 where python_version < '3.10'"
    ]


def test_violated_constraint_is_a_fault_where_it_applies() -> None:
    assert reported([pin("a", "1")], "a", constraints=("a>1 ; sys_platform == 'linux'", "a<1 ; extra == 'x'")) == [
        "a 1 violates the constraint >1 where sys_platform == 'linux'"
    ]


def test_override_replaces_the_requirement() -> None:
    pins = [pin("a", "1", "b<2"), pin("b", "2")]

    assert reported(pins, "a", overrides=("b==2",)) == []


def test_override_keeps_the_extras_of_what_it_overrides() -> None:
    pins = [pin("a", "1", "b[x]"), pin("b", "1", "c; extra == 'x'")]

    assert reported(pins, "a", overrides=("b==1",)) == ["b 1 requires c, but none is installed"]


def test_requirement_from_a_url_is_not_met_by_an_index() -> None:
    pins = [pin("a", "1", "b @ https://files.example/b-1.tar.gz"), pin("b", "1")]

    assert reported(pins, "a") == ["a 1 requires b from a URL", "b 1 is installed but not required"]


def test_requirement_that_cannot_be_read_is_a_fault() -> None:
    assert reported([pin("a", "1", "b >=1 ]")], "a") == ["a 1 has the invalid `b >=1 ]`"]


def test_required_environment_without_a_file_is_a_fault() -> None:
    stem = "a-1-py3-none-win_amd64.whl"
    wheel = Wheel(filename=stem, url=f"https://files.example/{stem}", sha256=None)

    assert reported(
        [pin("a", "1", sdist=None, wheels=(wheel,))], "a", required_environments=("os_name == 'posix'",)
    ) == ["a 1 has no wheel and no sdist where os_name == 'posix'"]


def test_python_without_a_wheel_is_a_fault() -> None:
    wheels = tuple(
        Wheel(filename=name, url=f"https://files.example/{name}", sha256=None)
        for name in ("a-1-cp312-cp312-manylinux_2_17_x86_64.whl", "a-1-cp313-cp313-win_amd64.whl")
    )

    assert reported([pin("a", "1", sdist=None, wheels=wheels)], "a", requires_python=">=3.11,<3.14") == [
        "a 1 has no wheel for these Pythons and no sdist where python_version < '3.12'"
    ]


def test_pin_without_any_file_is_a_fault() -> None:
    assert reported([pin("a", "1", sdist=None)], "a") == ["a 1 has no file"]


def test_fault_names_what_is_at_fault_and_where() -> None:
    universe = problem(manifest("a")).universe

    assert check([], problem(manifest("a"))) == (
        Fault(
            kind="missing",
            name=normalize("a"),
            where=universe,
            sentence="the project requires a, but none is installed",
        ),
    )


def test_universe_may_be_narrower_than_the_problem() -> None:
    pins = [pin("a", "1", requires_python="<3.12")]
    posed = problem(manifest("a"))

    assert isinstance(check(pins, posed, universe=posed.universe & markers.python("<3.12")), Proof)
