"""Groups expand as `packaging.dependency_groups` expands them, and are refused where it refuses them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.dependency_groups import resolve_dependency_groups

from lockenv.errors import InputError
from lockenv.project.pyproject import manifest

names = st.sampled_from(("a", "B", "b", "c-d", "c_D", "e"))
requirements = st.sampled_from(("x>=1", "y; os_name == 'nt'", "z[q]"))
tables = st.dictionaries(names, st.lists(requirements | names.map(lambda name: {"include-group": name}), max_size=3))
Table = dict[str, list[str | dict[str, str]]]


def by_packaging(table: Table) -> dict[str, set[str]] | None:
    try:
        return {name.lower().replace("_", "-"): set(resolve_dependency_groups(table, name)) for name in table}
    except ExceptionGroup:
        return None


def by_lockenv(table: Table) -> dict[str, set[str]] | None:
    lines = ["[dependency-groups]"]
    for name, items in table.items():
        written = [
            f'"{item}"' if isinstance(item, str) else f'{{include-group = "{item["include-group"]}"}}' for item in items
        ]
        lines.append(f"{name} = [{', '.join(written)}]")
    try:
        groups = manifest("\n".join(lines)).groups
    except InputError:
        return None
    return {name: {str(one.requirement) for one in declared} for name, declared in groups.items()}


@given(tables)
def test_groups_expand_as_packaging_expands_them(table: Table) -> None:
    assert by_lockenv(table) == by_packaging(table)
