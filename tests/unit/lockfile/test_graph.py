from __future__ import annotations

from typing import Any

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.chains import chains
from lockenv.lockfile.graph import Edge, Graph, around, graph, part
from lockenv.lockfile.inputs import inputs
from lockenv.vocabulary.manifest import Manifest
from lockenv.vocabulary.names import ExtraName, GroupName
from tests.unit.lockfile.builders import declared, lock, manifest, package


def own(**recorded: Any) -> dict[str, Any]:
    return {"tool": {"lockenv": {"schema": 1, "inputs": recorded}}}


def requiring(name: str, version: str, *requires: str, **more: Any) -> dict[str, Any]:
    return package(name, version, tool={"lockenv": {"requires-dist": list(requires)}}, **more)


def reported(graph: Graph) -> list[str]:
    return [_reported(graph, edge) for edge in graph.edges]


def _reported(graph: Graph, edge: Edge) -> str:
    source = "project" if edge.source is None else graph.nodes[edge.source].title
    via = f"[{','.join(edge.via)}]" if edge.via else ""
    section = f" {edge.root.section}" if edge.root and edge.root.section else ""
    condition = f" ; {edge.condition}" if edge.condition else ""
    return f"{source}{via}{section} -> {graph.nodes[edge.target].title}{condition}"


def test_condition_of_an_edge_says_no_more_than_its_source_leaves_open() -> None:
    found = graph(
        lock(
            requiring(
                "a", "1", "b; sys_platform == 'win32' and python_version >= '3.12'", marker="sys_platform == 'win32'"
            ),
            requiring("b", "2", marker="sys_platform == 'win32' and python_version >= '3.12'"),
            **own(dependencies=["a; sys_platform == 'win32'"]),
        )
    )

    assert reported(found) == ["project -> a 1 ; sys_platform == 'win32'", "a 1 -> b 2 ; python_version >= '3.12'"]


def test_requirement_met_by_two_versions_has_an_edge_to_each() -> None:
    found = graph(
        lock(
            requiring("a", "1", marker="python_version < '3.12'"),
            requiring("a", "2", marker="python_version >= '3.12'"),
            **own(dependencies=["a"]),
        )
    )

    assert reported(found) == ["project -> a 1 ; python_version < '3.12'", "project -> a 2 ; python_version >= '3.12'"]


def test_requirement_of_an_extra_is_an_edge_only_where_the_extra_is_asked_for() -> None:
    requires = ("b; extra == 'x'", "c; extra == 'y'")
    found = graph(lock(requiring("a", "1", *requires), requiring("b", "1"), **own(dependencies=["a[x]"])))

    assert reported(found) == ["project -> a 1", "a 1[x] -> b 1"]


def test_extra_that_a_later_way_brings_widens_what_was_found_before() -> None:
    found = graph(
        lock(
            requiring("a", "1", "b; extra == 'x'"),
            requiring("b", "1"),
            requiring("z", "1", "a[x]"),
            **own(dependencies=["a", "z"]),
        )
    )

    assert reported(found) == ["project -> a 1", "project -> z 1", "a 1[x] -> b 1", "z 1 -> a 1"]


def test_override_replaces_what_is_required() -> None:
    found = graph(
        lock(
            requiring("a", "1", "b<2"),
            requiring("b", "3"),
            **own(dependencies=["a"], overrides=["b==3"]),
        )
    )

    assert [(str(edge.requirement), edge.is_override) for edge in found.edges] == [("a", False), ("b==3", True)]


def test_sections_come_after_what_is_always_installed_with_the_places_of_the_manifest() -> None:
    asked = Manifest(
        dependencies=declared("b", "a"),
        extras={ExtraName("x"): declared("a>=1", key="project.optional-dependencies.x")},
        groups={GroupName("dev"): declared("c", key="dependency-groups.dev")},
    )
    found = graph(
        lock(
            *(requiring(name, "1") for name in "abc"),
            **own(**inputs(asked)),
            extras=["x"],
            **{"dependency-groups": ["dev"]},
        ),
        asked,
    )

    assert [
        (edge.root.section, str(edge.root.requirement), edge.root.origins[0].key) for edge in found.edges if edge.root
    ] == [
        ("", "b", "project.dependencies[0]"),
        ("", "a", "project.dependencies[1]"),
        ("extra x", "a>=1", "project.optional-dependencies.x[0]"),
        ("group dev", "c", "dependency-groups.dev[0]"),
    ]


def test_lock_decides_what_the_roots_are_even_when_the_project_has_others_by_now() -> None:
    found = graph(lock(requiring("a", "1"), **own(dependencies=["a"])), manifest("b"))

    assert [(str(edge.requirement), edge.root.origins if edge.root else None) for edge in found.edges] == [("a", ())]


def test_lock_of_another_tool_has_the_edges_that_it_names() -> None:
    found = graph(
        lock(
            package("a", "1", dependencies=[{"name": "b", "version": "2"}]),
            package("b", "1", marker="python_version < '3.12'"),
            package("b", "2", marker="python_version >= '3.12'"),
        ),
        manifest("a", "b; python_version < '3.12'"),
    )

    assert reported(found) == [
        "project -> a 1",
        "project -> b 1 ; python_version < '3.12'",
        "a 1 -> b 2 ; python_version >= '3.12'",
    ]


def test_entries_that_nothing_requires_are_roots_without_a_requirement() -> None:
    found = graph(
        lock(
            package("a", "1"),
            package("b", "1", dependencies=[{"name": "c"}]),
            package("c", "1", dependencies=[{"name": "b"}]),
        )
    )

    assert reported(found) == ["project -> a 1", "project -> b 1", "b 1 -> c 1", "c 1 -> b 1"]
    assert [edge.root.is_adopted for edge in found.edges if edge.root] == [True, True]


def test_requirement_that_is_none_is_pointed_at() -> None:
    with pytest.raises(InputError) as caught:
        graph(lock(requiring("a", "1", "b >>1"), **own(dependencies=["a"])))

    assert "b >>1" in caught.value.message
    assert caught.value.origin is not None
    assert "b >>1" in caught.value.origin.source


@pytest.mark.parametrize(
    "recorded",
    [{"dependencies": "a"}, {"dependencies": [1]}, {"extras": []}, {"extras": {"x": "a"}}, {"overrides": ["a b"]}],
    ids=str,
)
def test_recorded_inputs_that_lockenv_does_not_write_are_an_error(recorded: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"cannot read tool\.lockenv\.inputs of the lockfile"):
        graph(lock(requiring("a", "1"), **own(**recorded)))


def test_around_returns_what_requires_a_package_or_is_required_by_it() -> None:
    whole = graph(
        lock(
            requiring("a", "1", "b"),
            requiring("b", "1", "c"),
            requiring("c", "1"),
            requiring("d", "1"),
            **own(dependencies=["a", "d"]),
        )
    )

    assert [node.name for node in around(whole, ["b"], invert=False).nodes] == ["b", "c"]
    assert [node.name for node in around(whole, ["b"], invert=True).nodes] == ["a", "b"]


def ways(found: Graph, name: str) -> list[str]:
    return [
        " > ".join(found.nodes[edge.target].name for edge in chain.edges) + (f" ; {chain.text}" if chain.text else "")
        for node in found.find(name)
        for chain in chains(found, node)
    ]


def test_each_root_has_its_shortest_chain_and_the_shortest_come_first() -> None:
    found = graph(
        lock(
            requiring("a", "1", "b", "c"),
            requiring("b", "1", "c"),
            requiring("c", "1", "goal"),
            requiring("d", "1", "goal"),
            requiring("goal", "1"),
            **own(dependencies=["a", "d"]),
        )
    )

    assert ways(found, "goal") == ["d > goal", "a > c > goal"]


def test_longer_chain_is_given_too_where_the_shorter_does_not_hold() -> None:
    found = graph(
        lock(
            requiring("a", "1", "goal; sys_platform == 'win32'", "b"),
            requiring("b", "1", "goal"),
            requiring("goal", "1"),
            **own(dependencies=["a"]),
        )
    )

    assert ways(found, "goal") == ["a > goal ; sys_platform == 'win32'", "a > b > goal"]


def test_steps_that_exclude_each_other_are_no_chain() -> None:
    found = graph(
        lock(
            requiring("a", "1", "b; sys_platform == 'win32'"),
            requiring("b", "1", "goal; sys_platform == 'linux'"),
            requiring("goal", "1", marker="sys_platform == 'linux'"),
            **own(dependencies=["a", "b"]),
        )
    )

    assert ways(found, "goal") == ["b > goal ; sys_platform == 'linux'"]


def test_chain_takes_an_extra_only_where_the_step_before_asks_for_it() -> None:
    found = graph(
        lock(
            requiring("a", "1", "goal; extra == 'x'"),
            requiring("b", "1", "a[x]"),
            requiring("goal", "1"),
            **own(dependencies=["a", "b"]),
        )
    )

    assert ways(found, "goal") == ["b > a > goal"]


def test_part_leaves_what_only_an_extra_that_others_ask_for_brings() -> None:
    whole = graph(
        lock(
            requiring("a", "1", "b; extra == 'x'"),
            requiring("b", "1"),
            requiring("z", "1", "a[x]"),
            **own(dependencies=["a", "z"]),
        )
    )

    found = part(whole, lambda edge: None if whole.nodes[edge.target].name == "z" else edge)

    assert reported(found) == ["project -> a 1"]
