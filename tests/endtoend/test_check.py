"""`lockenv check`: yes or no, and why, without network and without a write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.trees import snapshot
from tests.support.wheels import wheel

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


def test_what_changed_and_is_still_satisfied_is_reported_and_passes(locked: Path, index: LoopbackIndex) -> None:
    write_project(locked, ["app>=0.5"], index=index.url, extras={"fancy": ["app[fancy]"]}, groups={"dev": ["tester"]})

    result = lockenv("check", "--format", "github", cwd=locked)

    assert (result.code, result.out) == (
        0,
        "::notice file=pyproject.toml,line=6,col=5,title=lockenv%3A changed::app>=1 became app>=0.5\n",
    )
    assert "pylock.toml still satisfies the requirements, which changed" in result.err


def test_annotations_are_at_the_lines_to_change(locked: Path, index: LoopbackIndex) -> None:
    write_project(locked, ["app>=1", "ribbon>2"], index=index.url, extras={"fancy": ["app[fancy]"]})

    result = lockenv("check", "--format", "github", cwd=locked, env={"GITHUB_WORKSPACE": str(locked.parent)})

    assert (result.code, result.out.splitlines()) == (
        1,
        [
            "::error file=project/pyproject.toml,line=7,col=5,title=lockenv%3A stale::ribbon>2 was added; "
            "run `lockenv lock` and commit the change",
            "::error file=project/pyproject.toml,line=1,title=lockenv%3A stale::the group dev was removed; "
            "run `lockenv lock` and commit the change",
            "::error file=project/pyproject.toml,line=15,title=lockenv%3A stale::the default groups changed "
            "from dev to none; run `lockenv lock` and commit the change",
        ],
    )


def test_json_names_rule_place_and_hint_of_each_finding(locked: Path) -> None:
    lock = locked / "pylock.toml"
    text = lock.read_text(encoding="utf-8")
    lock.write_text(text.replace("/files/lib-1.1", "/other/lib-1.1"), encoding="utf-8")
    line = text[: text.index('[[packages]]\nname = "lib"')].count("\n") + 1

    result = lockenv("check", "--json", cwd=locked)

    assert (result.code, json.loads(result.out)) == (
        1,
        {
            "schema": 1,
            "ok": False,
            "freshness": "fresh",
            "findings": [
                {
                    "rule": "altered",
                    "level": "error",
                    "message": "lib 1.1 was changed since lockenv wrote it: its digest does not match",
                    "hint": "restore it from version control, or run `lockenv lock`",
                    "file": "pylock.toml",
                    "line": line,
                    "column": 1,
                    "key": "packages[1]",
                }
            ],
        },
    )


def test_sarif_is_a_log_of_one_run(locked: Path) -> None:
    assert json.loads(lockenv("check", "--format", "sarif", cwd=locked).out)["runs"][0]["results"] == []


def test_lock_that_cannot_be_read_is_a_finding_too(locked: Path) -> None:
    (locked / "pylock.toml").write_text("nonsense", encoding="utf-8")

    result = lockenv("check", "--json", cwd=locked)

    assert (result.code, json.loads(result.out)["findings"][0]["rule"]) == (2, "unreadable")
    assert "pylock.toml:1" in result.err


def test_requirements_file_is_the_place_of_what_it_does_not_say_any_more(locked: Path, index: LoopbackIndex) -> None:
    (locked / "pyproject.toml").unlink()
    (locked / "requirements.in").write_text(f"--index-url {index.url}\napp\nribbon\n", encoding="utf-8")
    assert lockenv("lock", cwd=locked).code == 0
    (locked / "requirements.in").write_text(f"--index-url {index.url}\napp\n", encoding="utf-8")

    result = lockenv("check", "--format", "github", cwd=locked)

    assert result.out.startswith("::error file=requirements.in,title=lockenv%3A stale::ribbon was removed;")


@pytest.mark.parametrize(
    ("allowed", "code"), [(["*.example", "127.0.0.1"], 0), (["127.0.0.2", "*.example"], 1), (["127.0.0.1:1"], 1)]
)
def test_hosts_that_are_not_allowed_are_found_offline(
    locked: Path, index: LoopbackIndex, allowed: list[str], code: int
) -> None:
    write_project(
        locked,
        ["app>=1"],
        index=index.url,
        extras={"fancy": ["app[fancy]"]},
        groups={"dev": ["tester"]},
        tool={"allowed-hosts": allowed},
    )

    result = lockenv("check", cwd=locked)

    reported = f"lib 1.1 comes from 127.0.0.1:{index.port}, which is not in allowed-hosts" in result.err
    assert (result.code, reported) == (code, code == 1)
    before = snapshot(locked)
    for words in (("sync", "--frozen"), ("lock", "--refresh")):
        refused = lockenv(*words, cwd=locked)
        assert (refused.code, "refused[host-not-allowed]" in refused.err) == (code * 2, code == 1), refused.err
    assert (snapshot(locked) == before) == (code == 1)


def test_lock_of_a_project_without_requires_python_is_good(project: Path, index: LoopbackIndex) -> None:
    write_project(project, ["app>=1"], index=index.url, requires_python="")
    assert lockenv("lock", cwd=project).code == 0

    result = lockenv("check", cwd=project, env={"LOCKENV_CACHE_DIR": str(project.with_name("other.cache"))})

    assert (result.code, result.err) == (0, "pylock.toml is up to date, valid and sound (3 packages)\n")


def test_lock_that_ends_where_a_package_does_is_good(project: Path, index: LoopbackIndex) -> None:
    index.add(wheel("capped", "1.0", requires_python=">=3.8,<3.15"))
    write_project(project, ["capped"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0

    assert lockenv("check", cwd=project).err == "pylock.toml is up to date, valid and sound (1 package)\n"


def test_lock_whose_extra_is_not_available_everywhere_is_good_and_covers_all_without_it(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add(wheel("plain", "1.0"))
    index.add(wheel("capped", "1.0", requires_python="<3.11"))
    project = write_project(
        tmp_path / "capped", ["plain"], index=index.url, requires_python=">=3.9", extras={"old": ["capped"]}
    )
    locked = lockenv("lock", cwd=project)

    assert (
        locked.err.splitlines()[0]
        == "note: extra old is not available on Python 3.11 and later: capped 1.0 needs <3.11"
    )
    assert lockenv("check", cwd=project).code == 0
    assert lockenv("sync", "--dry-run", cwd=project).code == 0
    refused = lockenv("sync", "--dry-run", "--extra", "old", cwd=project)
    assert refused.code == 1
    assert "extra old is not available in this environment" in refused.err
    assert "capped 1.0 needs <3.11" in refused.err
