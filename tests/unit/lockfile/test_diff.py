from __future__ import annotations

from typing import Any

import pytest

from lockenv.lockfile.diff import Change, MovedFile, Release, Setting, diff, settings
from lockenv.report.lock_diff import lines
from lockenv.vocabulary.names import NormalizedName
from tests.unit.lockfile.builders import file_table, lock, package

A = NormalizedName("a")
ONE = Release(version="1")
ONE_INDEX = "https://one.example/simple/"
HERE = {"name": "a", "directory": {"path": "./a"}}
WINDOWS, REST = "sys_platform == 'win32'", "sys_platform != 'win32'"


def reported(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[str]:
    return [f"{sign} {text}" for change in diff(lock(*old), lock(*new)) for sign, text in lines(change)]


def test_equal_locks_do_not_differ() -> None:
    assert diff(lock(package("a", "1"), package("b", "1")), lock(package("b", "1"), package("a", "1"))) == ()


def test_without_an_old_lock_everything_is_added() -> None:
    assert diff(None, lock(package("a", "1"))) == (Change(name=A, old=None, new=Release(version="1")),)


def test_changes_are_values() -> None:
    old = lock(package("a", "1", marker=WINDOWS))
    new = lock(package("a", "2", marker=WINDOWS))

    assert diff(old, new) == (
        Change(name=A, old=Release(version="1", marker=WINDOWS), new=Release(version="2", marker=WINDOWS)),
    )


def test_index_is_the_same_with_a_slash_at_its_end_and_without() -> None:
    old = lock({**package("a", "1"), "index": "https://one.example/simple"})
    new = lock({**package("a", "1"), "index": ONE_INDEX})

    assert diff(old, new) == ()


def test_a_release_that_went_is_removed() -> None:
    assert diff(lock(package("a", "1")), lock()) == (Change(name=A, old=Release(version="1"), new=None),)


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ([], [package("a", "1.0")], ["+ a 1.0"]),
        ([package("a", "1.0")], [], ["- a 1.0"]),
        ([package("a", "1.0")], [package("a", "1.1")], ["~ a 1.0 → 1.1"]),
        (
            [package("z", "1"), package("b", "1")],
            [package("a", "1"), package("b", "2")],
            ["+ a 1", "~ b 1 → 2", "- z 1"],
        ),
        (
            [package("a", "1", marker=WINDOWS), package("a", "2", marker=REST)],
            [package("a", "1", marker=WINDOWS), package("a", "3", marker=REST)],
            [f"~ a 2 → 3 ; {REST}"],
        ),
        (
            [package("a", "1")],
            [package("a", "1", marker=WINDOWS), package("a", "2", marker=REST)],
            [f"~ a 1 ; everywhere → {WINDOWS}", f"+ a 2 ; {REST}"],
        ),
        ([package("a", "1", marker=WINDOWS)], [package("a", "1")], [f"~ a 1 ; {WINDOWS} → everywhere"]),
        ([package("a", "1", marker=WINDOWS)], [package("a", "2", marker=REST)], [f"~ a 1 ; {WINDOWS} → 2 ; {REST}"]),
        ([], [HERE], ["+ a from directory ./a (must be built)"]),
        ([], [{**HERE, "marker": REST}], [f"+ a from directory ./a ; {REST} (must be built)"]),
        ([HERE], [], ["- a from directory ./a"]),
        ([HERE], [{**HERE, "marker": REST}], [f"~ a ; everywhere → {REST}"]),
        (
            [HERE],
            [{**HERE, "directory": {"path": "./b"}}],
            ["~ a comes from directory ./b, no longer directory ./a"],
        ),
        (
            [HERE],
            [package("a", "4", index=ONE_INDEX)],
            ["~ a (no version) → 4", f"~ a 4 comes from {ONE_INDEX}, no longer directory ./a"],
        ),
        (
            [package("a", "4", marker=WINDOWS)],
            [HERE],
            [
                f"~ a 4 ; {WINDOWS} → (no version)",
                "~ a comes from directory ./a, its earlier source was not recorded",
                "~ a must now be built",
            ],
        ),
        (
            [package("a", "4", index=ONE_INDEX)],
            [package("a", "4")],
            [f"~ a 4 came from {ONE_INDEX}, its source is no longer recorded"],
        ),
    ],
)
def test_changes_are_reported_in_a_line_each(
    old: list[dict[str, Any]], new: list[dict[str, Any]], lines: list[str]
) -> None:
    assert reported(old, new) == lines


def test_other_bytes_under_the_same_name_are_shouted() -> None:
    name = "a-1-py3-none-any.whl"
    other = {"name": "a", "version": "1", "wheels": [file_table(name, hashes={"sha256": "0" * 64})]}

    assert diff(lock(package("a", "1")), lock(other)) == (Change(name=A, old=ONE, new=ONE, rehashed=(name,)),)
    assert reported([package("a", "1")], [other]) == [f"! a 1 HAS DIFFERENT CONTENT: {name}"]


def test_another_spelling_or_choice_of_equal_hashes_is_no_change() -> None:
    name = "a-1-py3-none-any.whl"
    one = {"name": "a", "version": "1", "wheels": [file_table(name, hashes={"sha256": "A" * 64, "md5": "1" * 32})]}
    other = {"name": "a", "version": "1", "wheels": [file_table(name, hashes={"sha256": "a" * 64})]}

    assert diff(lock(one), lock(other)) == ()


def test_hashes_without_an_algorithm_in_common_prove_nothing() -> None:
    name = "a-1-py3-none-any.whl"
    one = {"name": "a", "version": "1", "wheels": [file_table(name, hashes={"sha256": "a" * 64})]}
    other = {"name": "a", "version": "1", "wheels": [file_table(name, hashes={"sha512": "a" * 128})]}

    assert diff(lock(one), lock(other)) == (Change(name=A, old=ONE, new=ONE, rehashed=(name,)),)


def test_files_gained_lost_and_moved_are_reported() -> None:
    old = package("a", "1", "py2-none-any", "py3-none-any")
    moved = file_table("a-1-py3-none-any.whl", url="https://mirror.example/a-1-py3-none-any.whl")
    new = {"name": "a", "version": "1", "wheels": [moved], "sdist": file_table("a-1.tar.gz")}

    assert diff(lock(old), lock(new)) == (
        Change(
            name=A,
            old=ONE,
            new=ONE,
            gained=("a-1.tar.gz",),
            lost=("a-1-py2-none-any.whl",),
            moved=(
                MovedFile(
                    filename="a-1-py3-none-any.whl",
                    old="https://files.example/a-1-py3-none-any.whl",
                    new="https://mirror.example/a-1-py3-none-any.whl",
                ),
            ),
        ),
    )
    assert reported([old], [new]) == ["~ a 1 files: 1 more, 1 fewer, 1 moved from files.example to mirror.example"]


def test_another_index_is_reported() -> None:
    old, new = package("a", "1", index="https://one.example/simple/"), package("a", "1", index="https://two.example/")

    assert reported([old], [new]) == [
        "~ a 1 comes from https://two.example/, no longer https://one.example/simple/",
    ]


def test_what_has_to_be_built_is_reported_when_it_is_new() -> None:
    source = {"name": "a", "version": "1", "sdist": file_table("a-1.tar.gz")}

    assert reported([], [source]) == ["+ a 1 (must be built)"]
    assert reported([source], [source]) == []
    assert reported([package("a", "1")], [source])[0] == "~ a 1 must now be built"


def test_environments_extras_and_groups_are_reported() -> None:
    old = lock(environments=[WINDOWS], **{"requires-python": ">=3.10"})
    new = lock(environments=[WINDOWS, REST], extras=["x"], **{"requires-python": ">=3.11"})

    assert settings(old, new) == (
        Setting(key="requires-python", gained=(">=3.11",), lost=(">=3.10",)),
        Setting(key="environments", gained=(REST,), lost=()),
        Setting(key="extras", gained=("x",), lost=()),
    )
