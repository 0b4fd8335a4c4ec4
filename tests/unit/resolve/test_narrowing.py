from __future__ import annotations

import pytest

from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.markers import in_extras, marker_text, parse
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.pin import Resolution, Unsolvable
from lockenv.vocabulary.places import Place
from tests.support.oracle import environments
from tests.support.universe import MemoryCatalog, PlacedCatalog, Universe, manifest


@pytest.mark.parametrize("patience", [-1, 20])
def test_what_two_extras_lose_together_is_left_out(patience: int) -> None:
    """One requires `app`, with the other `lib` comes from an index that has no release of it."""
    universe: Universe = {"app": {"2": {"requires": ["lib"]}, "1": {"requires": ["core>=2"]}}, "lib": {"1": {}}}
    catalog = PlacedCatalog(universe, {"lib": [(in_extras("x"), {}), (~in_extras("x"), universe["lib"])]})
    place = Place(index="other", kind="extra", member="x", origin=Origin(file="pyproject.toml", key="sources"))

    found = solve(
        problem(
            manifest(
                extras={"x": (), "y": ("app ; platform_python_implementation == 'PyPy'",)},
                places={"lib": (place,)},
                requires_python=">=3.11",
            )
        ),
        catalog,
        patience=patience,
    )

    assert isinstance(found, Resolution)
    assert [(one.kind, one.name, marker_text(one.marker)) for one in found.uncovered] == [
        ("extra", "x", "python_version >= '3.11' and implementation_name == 'pypy'")
    ]
    assert [(pin.name, pin.version) for pin in found.pins] == [("app", "2"), ("lib", "1")]


@pytest.mark.parametrize("patience", [-1, 20])
def test_a_build_that_does_not_run_on_a_python_leaves_it_to_another_build(patience: int) -> None:
    universe: Universe = {
        "torch": {
            "2+cu1": {"wheel_tags": ["py3-none-win_amd64"], "sdist": False},
            "2": {"requires_python": "!=3.12.4"},
        }
    }

    found = solve(problem(manifest("torch", requires_python="==3.12.*")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert found.uncovered == ()
    where = {pin.version: pin.marker for pin in found.pins}
    linux = {**environments()[0], "sys_platform": "linux"}
    assert where["2+cu1"].evaluate({**linux, "python_full_version": "3.12.4"})
    assert where["2"].evaluate({**linux, "python_full_version": "3.12.5"})


@pytest.mark.parametrize("patience", [-1, 20])
def test_what_a_source_does_not_have_is_not_left_out_for_a_missing_wheel(patience: int) -> None:
    universe: Universe = {"lib": {"3": {"sdist": False, "wheel_tags": ["cp312-cp312-win_amd64"]}}}
    old = parse("python_version < '3.10'")
    catalog = PlacedCatalog(universe, {"lib": [(old, {"1": {}}), (~old, universe["lib"])]})

    found = solve(problem(manifest("lib>=3", requires_python=">=3.9,<3.13")), catalog, patience=patience)

    assert isinstance(found, Unsolvable)


@pytest.mark.parametrize("patience", [-1, 20])
@pytest.mark.parametrize(
    ("requires_python", "left_out"),
    [(">=3.10", "python_version >= '3.15'"), (">=3.10,<3.16", "python_version == '3.15'")],
)
def test_above_the_newest_wheel_nothing_older_is_dug_up_though_newer_releases_fail_for_what_they_require(
    patience: int, requires_python: str, left_out: str
) -> None:
    universe: Universe = {
        "lib": {
            "3": {"requires": ["base<2"]},
            "2": {
                "requires": ["lib>=3"],
                "sdist": False,
                "wheel_tags": ["cp313-cp313-win_amd64", "cp314-cp314-win_amd64"],
            },
            "1": {},
        },
        "base": {"2": {}},
    }

    found = solve(problem(manifest("lib", requires_python=requires_python)), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version, marker_text(pin.marker, assuming=found.universe)) for pin in found.pins] == [
        ("lib", "1", "")
    ]
    assert [(marker_text(one.marker), one.reason) for one in found.uncovered] == [
        (left_out, "lib 2 has no wheel there")
    ]


@pytest.mark.parametrize("patience", [-1, 20])
def test_what_has_no_wheel_is_left_out_though_what_it_requires_does_not_run_there(patience: int) -> None:
    universe: Universe = {
        "lib": {"1": {"requires": ["base"], "sdist": False, "wheel_tags": ["cp311-cp311-win_amd64"]}},
        "base": {"1": {"requires_python": "<3.12"}},
    }

    found = solve(problem(manifest("lib", requires_python=">=3.11,<3.15")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert [(marker_text(one.marker), one.reason) for one in found.uncovered] == [
        ("python_version >= '3.12' and python_version < '3.15'", "lib 1 has no wheel there")
    ]


@pytest.mark.parametrize("system", ["sys_platform == 'Windows'", "platform_system == 'win32'"])
@pytest.mark.parametrize("patience", [-1, 20])
def test_what_is_lost_on_a_system_that_does_not_exist_is_left_out_of_no_other_and_not_noted(
    system: str, patience: int
) -> None:
    universe: Universe = {
        "app": {"1": {"requires": [f"win ; {system}"]}},
        "win": {"1": {"wheel_tags": ["cp311-cp311-win_amd64"], "sdist": False}},
    }

    found = solve(problem(manifest("app", requires_python=">=3.11")), MemoryCatalog(universe), patience=patience)

    assert isinstance(found, Resolution)
    assert [marker_text(one.marker, assuming=parse("python_version >= '3.12'")) for one in found.uncovered] == [system]
    assert found.notes == ()


@pytest.mark.parametrize("patience", [-1, 20])
def test_notes_say_nothing_of_a_system_that_a_release_names_and_that_does_not_exist(patience: int) -> None:
    """Only the project itself is asked what it means: no one can change what a release says."""
    universe: Universe = {
        "app": {"1": {"requires": ["lib<2 ; sys_platform == 'Windows'", "hole ; sys_platform != 'Windows'"]}},
        "hole": {"1": {"requires_python": "!=3.12.1"}},
        "lib": {"2": {"requires": ["none"]}, "1": {}},
        "none": {},
    }

    found = solve(
        problem(manifest("app", "lib ; sys_platform != 'windows'", requires_python=">=3.11")),
        MemoryCatalog(universe),
        patience=patience,
    )

    assert isinstance(found, Resolution)
    assert found.notes == (
        "Python 3.12.1 is not covered: hole 1 needs !=3.12.1",
        "lib 1 is chosen, not 2: 2 requires none, which no release satisfies",
    )
