"""`lockenv check`: yes or no, and why, without network and without a write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.trees import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def test_fresh_lock_is_sound(locked: Path, index: LoopbackIndex) -> None:
    before = snapshot(locked)
    index.requests.clear()

    result = lockenv("check", cwd=locked)

    assert (result.code, snapshot(locked), index.requests) == (0, before, [])


def test_comment_and_order_are_no_change(locked: Path) -> None:
    file = locked / "pyproject.toml"
    file.write_text(f"# a comment\n{file.read_text(encoding='utf-8')}\n", encoding="utf-8")

    assert lockenv("check", cwd=locked).code == 0


def test_added_requirement_is_named_with_its_file(locked: Path, index: LoopbackIndex) -> None:
    write_project(
        locked, ["app>=1", "ribbon"], index=index.url, extras={"fancy": ["app[fancy]"]}, groups={"dev": ["tester"]}
    )

    result = lockenv("check", cwd=locked)

    assert result.code == 1
    assert "ribbon" in result.err
    assert "pyproject.toml" in result.err


def test_removed_requirement_is_named(locked: Path, index: LoopbackIndex) -> None:
    write_project(locked, ["app>=1"], index=index.url, extras={"fancy": ["app[fancy]"]})

    result = lockenv("check", cwd=locked)

    assert result.code == 1
    assert "dev" in result.err


def test_widened_requires_python_is_named(locked: Path, index: LoopbackIndex) -> None:
    write_project(
        locked,
        ["app>=1"],
        index=index.url,
        requires_python=">=3.10",
        extras={"fancy": ["app[fancy]"]},
        groups={"dev": ["tester"]},
    )

    result = lockenv("check", cwd=locked)

    assert result.code == 1
    assert "requires-python" in result.err


def test_edited_version_in_the_lock_is_found(locked: Path) -> None:
    lock = locked / "pylock.toml"
    lock.write_text(lock.read_text(encoding="utf-8").replace('version = "1.1"', 'version = "1.0"'), encoding="utf-8")

    result = lockenv("check", cwd=locked)

    assert result.code in (1, 2)
    assert "pylock.toml" in result.err


def test_entry_taken_out_of_the_lock_is_found(locked: Path) -> None:
    lock = locked / "pylock.toml"
    head, *packages = lock.read_text(encoding="utf-8").split("[[packages]]")
    kept = [package for package in packages if not package.startswith('\nname = "lib"\n')]
    assert len(kept) == len(packages) - 1
    lock.write_text("[[packages]]".join([head, *kept]), encoding="utf-8")

    result = lockenv("check", cwd=locked)

    assert result.code in (1, 2)
    assert "Traceback" not in result.err


def test_json_answer_is_one_object(locked: Path) -> None:
    result = lockenv("check", "--json", cwd=locked)

    assert result.code == 0
    assert isinstance(json.loads(result.out), dict)


def test_check_without_a_lock_cannot_answer(project: Path) -> None:
    result = lockenv("check", cwd=project)

    assert result.code == 2
    assert "pylock.toml" in result.err
    assert "lockenv lock" in result.err
