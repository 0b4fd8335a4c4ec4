from __future__ import annotations

from typing import Any

import pytest

from lockenv.lockfile.lock import Lock, LockEntry, LockInputs

SDIST = {"url": "https://files.example/a-1.tar.gz"}
WHEEL = {"url": "https://files.example/a-1-py3-none-any.whl"}


def test_an_entry_reads_what_its_table_states() -> None:
    entry = LockEntry(
        {
            "name": "a",
            "version": "1",
            "marker": "os_name == 'nt'",
            "requires-python": ">=3.9",
            "index": "https://index.example/simple/",
            "dependencies": [{"name": "b", "version": "2"}, {"name": "c"}],
            "sdist": SDIST,
            "wheels": [WHEEL],
            "tool": {"lockenv": {"requires-dist": ["b", "c"], "yanked": "broken", "combined": True, "digest": "ee"}},
        }
    )

    assert (entry.title, entry.marker, entry.requires_python) == ("a 1", "os_name == 'nt'", ">=3.9")
    assert (entry.index, entry.kind, entry.is_released) == ("https://index.example/simple/", "", True)
    assert entry.dependencies == [("b", "2"), ("c", "")]
    assert list(entry.files()) == [("wheels[0]", WHEEL), ("sdist", SDIST)]
    assert (entry.requires, entry.yanked, entry.is_combined, entry.digest) == (("b", "c"), "broken", True, "ee")


def test_an_entry_of_no_more_than_its_name_has_empty_values() -> None:
    entry = LockEntry({"name": "a"})

    assert (entry.title, entry.version, entry.locked_version, entry.marker) == ("a", "", "", None)
    assert (entry.requires_python, entry.index, entry.kind, entry.source) == ("", "", "", {})
    assert (entry.dependencies, list(entry.files()), entry.is_released, entry.own) == ([], [], False, {})
    assert (entry.requires, entry.yanked, entry.is_combined, entry.digest) == ((), None, False, "")


def test_the_locked_version_of_a_directory_is_the_one_that_lockenv_recorded() -> None:
    entry = LockEntry({"name": "a", "directory": {"path": "a"}, "tool": {"lockenv": {"version": "3"}}})

    assert (entry.version, entry.locked_version, entry.title) == ("", "3", "a")
    assert (entry.kind, entry.source, entry.is_released) == ("directory", {"path": "a"}, False)


@pytest.mark.parametrize("tool", ["lockenv", {"lockenv": []}, {"other": {"version": "3"}}])
def test_what_is_no_table_of_ours_counts_as_none(tool: Any) -> None:
    entry = LockEntry({"name": "a", "tool": tool})

    assert (entry.own, entry.locked_version, entry.requires) == ({}, "", ())


def test_inputs_leave_out_what_is_not_of_its_type() -> None:
    inputs = LockInputs(
        {
            "requires-python": ">=3.9",
            "environments": ["os_name == 'nt'", 3],
            "indexes": [{"url": "https://index.example/simple/"}, "x"],
            "dependency-metadata": {"name": "a"},
            "direct": [],
        }
    )

    assert inputs.requires_python == ">=3.9"
    assert inputs.texts("environments") == ("os_name == 'nt'",)
    assert inputs.indexes == ({"url": "https://index.example/simple/"},)
    assert (inputs.stated, inputs.direct, inputs.mapping("groups")) == ((), {}, {})


@pytest.mark.parametrize(
    ("tool", "is_recorded"),
    [({}, False), ({"lockenv": {}}, False), ({"lockenv": {"inputs": 1}}, False), ({"lockenv": {"inputs": {}}}, True)],
)
def test_a_lock_says_whether_it_records_inputs(tool: Any, is_recorded: bool) -> None:
    lock = Lock(document={"created-by": "lockenv", "packages": [], "tool": tool})

    assert lock.inputs.is_recorded is is_recorded


def test_entries_keep_keys_that_lockenv_does_not_know() -> None:
    lock = Lock(document={"created-by": "lockenv", "packages": [{"name": "a", "newer": 1}]})

    assert [entry.table for entry in lock.packages] == lock.document["packages"]
    assert lock.packages[0] is lock.packages[0]
