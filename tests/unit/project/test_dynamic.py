"""What a build reported of a project takes the place of what its `[project]` table leaves to it."""

from __future__ import annotations

import pytest

from lockenv.project.pyproject import manifest
from lockenv.vocabulary.manifest import BuildStatement, Dynamic, Manifest
from lockenv.vocabulary.names import ExtraName, GroupName

BOTH = '"dependencies", "optional-dependencies"'


def declared(left: str, statement: BuildStatement | None, more: str = "", before: str = "") -> Manifest:
    text = f'[project]\nname = "me"\ndynamic = [{left}]\n{before}\n[build-system]\nrequires = []\n{more}'
    return manifest(text, reported=statement)


def statement(*requires: str, extras: tuple[str, ...] = ()) -> BuildStatement:
    return BuildStatement(requires=requires, extras=tuple(map(ExtraName, extras)))


def texts(found: Manifest) -> tuple[list[str], dict[str, list[str]]]:
    return (
        [str(each.requirement) for each in found.dependencies],
        {name: [str(each.requirement) for each in some] for name, some in found.extras.items()},
    )


@pytest.mark.parametrize(
    ("requires", "always", "extras"),
    [
        (["a>=1"], ["a>=1"], {"x": [], "y": []}),
        (["a; sys_platform == 'win32'"], ['a; sys_platform == "win32"'], {"x": [], "y": []}),
        (["a; extra == 'x'"], [], {"x": ["a"], "y": []}),
        (["a; extra == 'X'"], [], {"x": ["a"], "y": []}),
        (["a; extra == 'x' or extra == 'y'"], [], {"x": ["a"], "y": ["a"]}),
        (["a; extra == 'z'"], [], {"x": [], "y": []}),
        (["a; sys_platform == 'win32' and extra == 'x'"], [], {"x": ['a; sys_platform == "win32"'], "y": []}),
        (
            ["a; sys_platform == 'win32' or extra == 'x'"],
            ['a; sys_platform == "win32"'],
            {"x": ["a"], "y": []},
        ),
        (["a; extra == 'x'", "me[x]; extra == 'y'"], [], {"x": ["a"], "y": ["a"]}),
        (["a[b]>=1; extra == 'x'"], [], {"x": ["a[b]>=1"], "y": []}),
    ],
)
def test_requirements_go_to_the_extras_that_bring_them(
    requires: list[str], always: list[str], extras: dict[str, list[str]]
) -> None:
    assert texts(declared(BOTH, statement(*requires, extras=("x", "y")))) == (always, extras)


def test_what_the_table_states_stays() -> None:
    some = statement("a", "b; extra == 'x'", extras=("x",))

    assert texts(declared('"dependencies"', some, before="optional-dependencies = { x = ['c'] }")) == (
        ["a"],
        {"x": ["c"]},
    )
    assert texts(declared('"optional-dependencies"', some, before="dependencies = ['c']")) == (["c"], {"x": ["b"]})


def test_build_adds_to_what_the_table_states_of_a_dynamic_key() -> None:
    some = statement("a >= 1", "b", "c; extra == 'x'", "d; extra == 'X-x'", "e; extra == 'y'", extras=("x", "x-x", "y"))
    before = "dependencies = ['a>=1', 'z']\noptional-dependencies = { x = ['c', 'z'], X_x = [] }"

    found = declared(BOTH, some, before=before)

    assert texts(found) == (["a>=1", "z", "b"], {"x": ["c", "z"], "x-x": ["d"], "y": ["e"]})
    assert texts(declared(BOTH, None, before=before)) == (["a>=1", "z"], {"x": ["c", "z"], "x-x": []})


def test_groups_and_settings_may_name_what_is_reported() -> None:
    more = '[dependency-groups]\ndev = ["me[x]"]\n[tool.lockenv]\nconflicts = [[{extra = "x"}, {group = "dev"}]]\n'

    unknown, known = (declared(BOTH, some, more) for some in (None, statement("a; extra == 'x'", extras=("x",))))

    assert (unknown.groups, unknown.conflicts, unknown.dynamic) == ({}, (), Dynamic())
    assert [str(each.requirement) for each in known.groups[GroupName("dev")]] == ["a"]
    assert (unknown.is_known, known.is_known) == (False, True)


def test_what_a_build_reported_is_at_the_line_that_leaves_it_to_the_build() -> None:
    found = declared(BOTH, statement("a", "b; extra == 'x'", extras=("x",)))

    always, extra = found.dependencies[0].origin, found.extras[ExtraName("x")][0].origin
    assert (str(always), always.column) == ("pyproject.toml:3 (project.dependencies[0])", 12)
    assert (str(extra), extra.column) == ("pyproject.toml:3 (project.optional-dependencies.x[0])", 28)
