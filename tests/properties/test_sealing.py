"""Every value of a lock is sealed: whatever is changed, added or removed shows, unless it is an input."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.digest import altered, sealed
from lockenv.lockfile.text import read, write
from tests.unit.lockfile.builders import document, file_table, package

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]

WHOLE = sealed(
    document(
        package(
            "a",
            "1",
            "cp312-cp312-win_amd64",
            "py3-none-any",
            marker="sys_platform == 'win32'",
            dependencies=[{"name": "b", "version": "2"}],
            index="https://index.example/simple/",
            sdist=file_table("a-1.tar.gz", **{"upload-time": datetime(2026, 1, 1, tzinfo=UTC)}),
            tool={"lockenv": {"requires-dist": ["b>1"], "yanked": ""}, "other": {"key": [1, 2.5, True]}},
            **{"requires-python": ">=3.8", "attestation-identities": [{"kind": "x"}]},
        ),
        package("b", "1", marker="sys_platform != 'win32'"),
        package("b", "2", marker="sys_platform == 'win32'"),
        environments=["python_version >= '3.8'"],
        extras=["x"],
        tool={
            "lockenv": {"schema": 1, "exclude-newer": "2026-01-01T00:00:00Z", "inputs": {"dependencies": ["a"]}},
            "other": {"key": "value"},
        },
        unknown={"key": 1},
    )
)


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Return the path of every value of a document, inputs and the list of packages aside."""
    if path == ("tool", "lockenv", "inputs"):
        return
    if path and path != ("packages",):
        yield path
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from places(each, (*path, key))


def changed(value: Any) -> Any:
    match value:
        case str():
            return f"{value}0"
        case bool():
            return not value
        case int() | float():
            return value + 1
        case datetime():
            return value.replace(day=2)
        case list():
            return [*value, *value[:1]]
    return {**value, "more": 1}


def holder(whole: Any, path: Path) -> Any:
    for key in path[:-1]:
        whole = whole[key]
    return whole


def says(whole: dict[str, Any]) -> bool:
    try:
        # None is for a lock of another tool, which this one then no longer claims to be.
        return altered(read(write(whole))) != ()
    except InputError:
        return True


@pytest.mark.parametrize("path", [*places(WHOLE)], ids=lambda path: ".".join(map(str, path)))
def test_whatever_is_changed_or_removed_shows(path: Path) -> None:
    other, without = copy.deepcopy(WHOLE), copy.deepcopy(WHOLE)
    holder(other, path)[path[-1]] = changed(holder(other, path)[path[-1]])
    del holder(without, path)[path[-1]]

    # That no entry is missing is what the closure proves; one without a name cannot be written.
    is_beside = path[0] == "packages" and (len(path) == 2 or path[2:] == ("name",))
    assert (says(other), is_beside or says(without)) == (True, True)


def test_what_was_sealed_shows_nothing() -> None:
    assert not says(WHOLE)
