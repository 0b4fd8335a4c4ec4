from __future__ import annotations

from typing import Any

import pytest

from lockenv.lockfile.conflict import ConflictSides
from lockenv.lockfile.merge import document, own_table
from tests.unit.lockfile.builders import lock, package


def sides(base: dict[str, Any] | None, ours: dict[str, Any], theirs: dict[str, Any]) -> ConflictSides:
    """Return locks without packages that record these inputs."""
    one, other, old = (
        None if each is None else lock(tool={"lockenv": {"schema": 1, "inputs": each}}) for each in (ours, theirs, base)
    )
    assert one is not None
    assert other is not None
    return ConflictSides(ours=one, theirs=other, base=old)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        (
            {"dependencies": ["a"]},
            {"dependencies": ["a", "b"]},
            {"dependencies": ["a", "c"]},
            {"dependencies": ["a", "b", "c"]},
        ),
        ({"dependencies": ["a", "b"]}, {"dependencies": ["a"]}, {"dependencies": ["b"]}, {"dependencies": []}),
        (None, {"dependencies": ["a"]}, {"dependencies": ["b"]}, {"dependencies": ["a", "b"]}),
        ({}, {"extras": {"x": ["a"]}}, {"extras": {"y": []}}, {"extras": {"x": ["a"], "y": []}}),
        (
            {"requires-python": ">=3.10"},
            {"requires-python": ">=3.11"},
            {"requires-python": ">=3.10"},
            {"requires-python": ">=3.11"},
        ),
        ({"dependencies": ["a"]}, {"dependencies": ["a>1"]}, {"dependencies": ["a>1"]}, {"dependencies": ["a>1"]}),
        ({"dependencies": ["a"]}, {"dependencies": ["a>1"]}, {"dependencies": ["a>2"]}, None),
        ({}, {"requires-python": ">=3.10"}, {"requires-python": ">=3.11"}, None),
        ({}, {"indexes": [{"url": "https://a.example/"}]}, {"indexes": [{"url": "https://b.example/"}]}, None),
        ({"fork": "fewest"}, {}, {"fork": "latest"}, None),
    ],
)
def test_inputs_of_both_sides_go_together_unless_they_contradict(
    base: dict[str, Any] | None, ours: dict[str, Any], theirs: dict[str, Any], merged: dict[str, Any] | None
) -> None:
    found = own_table(sides(base, ours, theirs))

    assert found == (None if merged is None else {"schema": 1, "inputs": merged})


def test_packages_come_from_the_side_that_changed_them() -> None:
    a, b, c = package("a", "1"), package("b", "1"), package("c", "1")
    base = lock(a, b, c)
    ours = lock(package("a", "2"), b, package("d", "1"))
    theirs = lock(a, package("b", "2"), c, package("e", "1"))

    found = document(ConflictSides(ours=ours, theirs=theirs, base=base), {"schema": 1})

    assert found is not None
    assert [(each["name"], each["version"]) for each in found["packages"]] == [
        ("a", "2"),
        ("b", "2"),
        ("d", "1"),
        ("e", "1"),
    ]
    assert found["tool"] == {"lockenv": {"schema": 1}}


def test_package_that_both_sides_changed_is_a_contradiction() -> None:
    base, ours, theirs = (lock(package("a", version)) for version in "123")

    assert document(ConflictSides(ours=ours, theirs=theirs, base=base), {}) is None


def test_lock_of_another_tool_cannot_be_merged() -> None:
    assert own_table(ConflictSides(ours=lock(), theirs=lock())) is None
