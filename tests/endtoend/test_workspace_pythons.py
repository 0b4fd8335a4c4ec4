"""A workspace whose members admit different Pythons is locked for those that all of them admit."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv
from tests.support.sources import write_tree

if TYPE_CHECKING:
    from pathlib import Path


def workspace(directory: Path, root: str, **members: str) -> Path:
    """Write a workspace whose root and members require these Pythons."""
    said: dict[str, Any] = {"requires-python": root} if root else {}
    write_tree(directory, "root", tool={"workspace": {"members": ["packages/*"]}}, **said)
    for name, specifier in members.items():
        own: dict[str, Any] = {"requires-python": specifier}
        write_tree(directory / "packages" / name, name, **own)
    return directory


def locked_python(directory: Path) -> str:
    said: str = tomllib.loads((directory / "pylock.toml").read_text())["requires-python"]
    return said


def test_lock_is_for_the_pythons_that_all_members_admit(tmp_path: Path) -> None:
    here = workspace(tmp_path, ">=3.8", one=">=3.9", two=">=3.8,<3.14", three=">=3.8")

    done = lockenv("lock", cwd=here)

    assert (done.code, locked_python(here)) == (0, "<3.14,>=3.9"), done.err
    note = (
        "note: locking for Python <3.14,>=3.9, which all members of the workspace admit: "
        "`one` requires >=3.9, `two` requires >=3.8,<3.14"
    )
    assert done.err.count("note:") == 1
    assert note in " ".join(done.err.split())
    assert lockenv("check", cwd=here).code == 0


def test_member_that_admits_fewer_pythons_makes_the_lock_stale(tmp_path: Path) -> None:
    here = workspace(tmp_path, ">=3.9", one=">=3.9")
    assert lockenv("lock", cwd=here).code == 0
    workspace(tmp_path, ">=3.9", one=">=3.10")

    stale = lockenv("check", cwd=here)

    assert stale.code == 1
    assert "requires-python changed from >=3.9 to >=3.10" in " ".join((stale.out + stale.err).split())


def test_members_that_admit_more_than_the_root_change_nothing(tmp_path: Path) -> None:
    here = workspace(tmp_path, ">=3.11", one=">=3.8", two=">=3.9.2")

    done = lockenv("lock", cwd=here)

    assert (done.code, locked_python(here)) == (0, ">=3.11"), done.err
    assert "note:" not in done.err


@pytest.mark.parametrize(
    ("root", "said"),
    [(">=3.8", "the root requires >=3.8, `one` requires >=3.11, `two` requires <3.11,>=3.8"), ("", "`one` requires")],
)
def test_members_without_a_python_in_common_are_refused(tmp_path: Path, root: str, said: str) -> None:
    here = workspace(tmp_path, root, one=">=3.11", two="<3.11,>=3.8")

    refused = lockenv("lock", cwd=here)

    assert refused.code == 2
    text = " ".join(refused.err.split())
    assert f"the members of the workspace have no Python in common: {said}" in text
    assert "pyproject.toml" in text
    assert not (here / "pylock.toml").exists()


def test_specifier_of_a_member_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    refused = lockenv("lock", cwd=workspace(tmp_path, ">=3.8", one=">=3x"))

    assert refused.code == 2
    assert "requires-python `>=3x` of the workspace member `one` is not a version specifier" in refused.err
