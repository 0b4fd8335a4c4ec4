from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.errors import UsageError
from lockenv.lockfile.graph import Graph, graph
from lockenv.lockfile.tree_view import TreeNode, above, below, leaves, sections
from tests.unit.lockfile.builders import lock
from tests.unit.lockfile.test_graph import own, requiring

if TYPE_CHECKING:
    from collections.abc import Iterable


def lines(children: Iterable[TreeNode], indent: str = "") -> list[str]:
    found = []
    for child in children:
        extras = f"[{','.join(child.extras)}]" if child.extras else ""
        repeated = " *" if child.is_repeated else ""
        hidden = f" +{child.hidden}" if child.hidden else ""
        found.append(f"{indent}{child.node.name}{extras}{repeated}{hidden}")
        found += lines(child.children, f"{indent}  ")
    return found


def diamond() -> Graph:
    return graph(
        lock(
            requiring("a", "1", "b", "c"),
            requiring("b", "1", "d"),
            requiring("c", "1", "d"),
            requiring("d", "1", "e"),
            requiring("e", "1"),
            **own(dependencies=["a"]),
        )
    )


def test_package_is_shown_in_full_once() -> None:
    ((section, children),) = sections(diamond())

    assert section == ""
    assert lines(children) == ["a", "  b", "    d", "      e", "  c", "    d *"]


def test_depth_hides_and_counts_what_is_below() -> None:
    ((_, children),) = sections(diamond(), 2)

    assert lines(children) == ["a", "  b +1", "  c +1"]


def test_package_without_requirements_is_never_marked_as_repeated() -> None:
    found = graph(lock(requiring("a", "1", "b"), requiring("b", "1"), **own(dependencies=["a", "b"])))
    ((_, children),) = sections(found)

    assert lines(children) == ["a", "  b", "b"]


def test_package_with_other_extras_is_shown_again() -> None:
    found = graph(
        lock(
            requiring("a", "1", "b", "c; extra == 'x'"),
            requiring("b", "1"),
            requiring("c", "1"),
            requiring("z", "1", "a[x]"),
            **own(dependencies=["a", "z"]),
        )
    )
    ((_, children),) = sections(found)

    assert lines(children) == ["a", "  b", "z", "  a[x]", "    b", "    c"]


def test_two_requirements_on_one_package_are_one_child_without_a_condition_when_together_they_always_hold() -> None:
    found = graph(
        lock(
            requiring("a", "1", "b>=1; python_version < '3.12'", "b>=2; python_version >= '3.12'"),
            requiring("b", "2"),
            **own(dependencies=["a"]),
        )
    )
    ((_, (child,)),) = sections(found)

    assert [(each.node.name, len(each.edges), each.condition) for each in child.children] == [("b", 2, "")]


def test_ring_ends_where_it_closes() -> None:
    found = graph(lock(requiring("a", "1", "b"), requiring("b", "1", "a"), **own(dependencies=["a"])))
    ((_, children),) = sections(found)

    assert lines(children) == ["a", "  b", "    a *"]
    assert [node.name for node in leaves(found)] == ["a"]


def test_tree_of_some_packages_shows_them_with_every_extra_they_are_required_with() -> None:
    found = graph(lock(requiring("a", "1", "b; extra == 'x'"), requiring("b", "1"), **own(dependencies=["a[x]", "b"])))

    assert lines(below(found, found.find("a"))) == ["a[x]", "  b"]


def test_inverted_tree_grows_up_to_what_the_project_declares() -> None:
    found = diamond()
    (top,) = above(found, found.find("d"))

    assert lines([top]) == ["d", "  b", "    a", "  c", "    a"]
    assert [str(root.requirement) for root in top.children[0].children[0].roots] == ["a"]


def test_leaves_are_the_packages_that_require_nothing() -> None:
    assert [node.name for node in leaves(diamond())] == ["e"]


def test_whole_tree_shows_a_package_in_full_wherever_it_comes_again() -> None:
    ((_, children),) = sections(diamond(), is_whole=True)

    assert lines(children) == ["a", "  b", "    d", "      e", "  c", "    d", "      e"]
    (node,) = diamond().find("e")
    assert lines(above(diamond(), [node], is_whole=True)) == ["e", "  d", "    b", "      a", "    c", "      a"]


def test_whole_tree_ends_where_a_ring_closes() -> None:
    found = graph(lock(requiring("a", "1", "b"), requiring("b", "1", "a"), **own(dependencies=["a", "b"])))
    ((_, children),) = sections(found, is_whole=True)

    assert lines(children) == ["a", "  b", "    a *", "b", "  a", "    b *"]


def test_whole_tree_that_doubles_with_each_package_is_refused() -> None:
    steps = range(20)
    twice = [requiring(f"{side}{n}", "1", f"l{n + 1}", f"r{n + 1}") for n in steps for side in ("l", "r")]
    last = [requiring(f"{side}20", "1") for side in ("l", "r")]
    found = graph(lock(*twice, *last, **own(dependencies=["l0"])))

    with pytest.raises(UsageError, match="more than 100,000 lines"):
        sections(found, is_whole=True)
