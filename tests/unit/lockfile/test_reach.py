from __future__ import annotations

from lockenv.lockfile.graph import graph
from lockenv.lockfile.reach import reached
from lockenv.vocabulary.markers import ALWAYS, NEVER, marker_text
from tests.unit.lockfile.builders import lock
from tests.unit.lockfile.test_graph import own, requiring


def test_entry_is_reached_where_the_meant_requirements_need_it_and_no_extra_is_taken_from_others() -> None:
    whole = graph(
        lock(
            requiring("a", "1", "c; sys_platform == 'win32'", "d; extra == 'more'"),
            requiring("b", "1", "a"),
            requiring("c", "1"),
            requiring("d", "1"),
            extras=[],
            **{"dependency-groups": ["g"]},
            **own(dependencies=["a[more]", "c"], groups={"g": ["b"]}),
        )
    )

    areas = reached(whole, lambda edge: ALWAYS if edge.root and edge.root.kind == "group" else NEVER, ALWAYS)

    assert sorted(areas) == [0, 1, 2]
    assert marker_text(areas[2].without_extras_and_groups()) == "sys_platform == 'win32'"


def test_cycle_of_requirements_ends() -> None:
    whole = graph(lock(requiring("a", "1", "b"), requiring("b", "1", "a"), **own(dependencies=["a"])))

    assert sorted(reached(whole, lambda _edge: ALWAYS, ALWAYS)) == [0, 1]
