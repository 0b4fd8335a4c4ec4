"""URLs in requirements: the source of a package, everywhere or where the requirement applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError
from lockenv.project.pyproject import manifest
from lockenv.project.requirements import manifest as from_requirements
from lockenv.resolve.places import divisions
from lockenv.resolve.problem import universe_of

if TYPE_CHECKING:
    from lockenv.vocabulary.manifest import Manifest

HEAD = "[project]\nname = 'me'\nversion = '1'\n"
ONE, TWO = "https://files.example/a-1-py3-none-any.whl", "https://files.example/a-2-py3-none-any.whl"
DIGEST = "ab" * 32


def places(found: Manifest) -> dict[str, str]:
    """Return where each source of `a` counts, as text, by the end of its URL."""
    return {
        f"{place.direct.filename[2]} {place.kind} {place.member}".strip(): place.marker
        for place in found.places[next(iter(found.places))]
        if place.direct is not None and hasattr(place.direct, "filename")
    }


def test_urls_for_different_environments_are_sources_there() -> None:
    requires = f"dependencies = [\"a @ {ONE} ; os_name == 'nt'\", \"a @ {TWO} ; os_name != 'nt'\"]"

    found = manifest(HEAD + requires)

    assert places(found) == {"1": 'os_name == "nt"', "2": 'os_name != "nt"'}
    assert not found.direct
    assert [str(each.requirement) for each in found.dependencies] == ['a; os_name == "nt"', 'a; os_name != "nt"']


def test_requirements_files_may_have_a_url_for_each_platform() -> None:
    text = f"a @ {ONE} ; os_name == 'nt'\n./wheels/a-2-py3-none-any.whl ; os_name != 'nt'\n"

    found = from_requirements(["requirements.in"], lambda _: text, {})

    assert places(found) == {"1": 'os_name == "nt"', "2": 'os_name != "nt"'}


def test_url_is_the_source_everywhere_where_no_other_is_named() -> None:
    requires = f'dependencies = ["a @ {ONE} ; os_name == \'nt\'", "b"]\noptional-dependencies.x = ["a>1"]\n'

    found = manifest(HEAD + requires)

    assert list(found.direct) == ["a"]
    assert not found.places


def test_requirement_without_a_url_elsewhere_is_met_by_the_indexes() -> None:
    requires = f"dependencies = [\"a @ {ONE} ; os_name == 'nt'\", \"a>1 ; os_name != 'nt'\"]"

    found = manifest(HEAD + requires)

    assert places(found) == {"1": 'os_name == "nt"'}


def test_extras_that_conflict_may_have_a_url_each() -> None:
    requires = f'[project.optional-dependencies]\nx = ["a @ {ONE}"]\ny = ["a @ {TWO}"]\nz = ["me[x]"]\n'
    conflicts = '[tool.lockenv]\nconflicts = [[{ extra = "x" }, { extra = "y" }]]\n'

    found = manifest(HEAD + requires + conflicts)

    assert places(found) == {"1 extra x": "", "2 extra y": "", "1 extra z": ""}
    (division,) = divisions(found, universe_of(found)).values()
    assert len(division.parts) == 3


def test_one_archive_with_and_without_its_hash_is_one_source() -> None:
    requires = f'dependencies = ["a @ {ONE}", "a @ {ONE}#sha256={DIGEST} ; os_name == \'nt\'"]'

    assert manifest(HEAD + requires).direct["a"].direct.sha256 == DIGEST  # type: ignore[index,union-attr]


@pytest.mark.parametrize(
    ("first", "second", "hint"),
    [
        ("", "", "use one of them, or write markers that exclude each other"),
        ("", " ; os_name == 'nt'", "write markers that exclude each other"),
        (" ; sys_platform == 'win32'", " ; os_name == 'nt'", "write markers that exclude each other"),
    ],
)
def test_two_urls_for_one_environment_are_refused(first: str, second: str, hint: str) -> None:
    found = manifest(f'{HEAD}dependencies = ["a @ {ONE}{first}", "a @ {TWO}{second}"]')

    with pytest.raises(InputError, match="a has two sources") as refused:
        divisions(found, universe_of(found))

    assert refused.value.hint == hint


def test_url_beside_declared_sources_is_refused() -> None:
    requires = (
        f'dependencies = ["a @ {TWO}"]\n[tool.lockenv.sources]\na = [{{ url = "{ONE}", marker = "os_name == \'nt\'" }}]'
    )

    with pytest.raises(InputError, match="is not among its sources"):
        manifest(HEAD + requires)
