"""`lockenv diff`: what a reviewer sees, from files and from real git."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.repository import commit, git, repository
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


@pytest.fixture
def history(locked: Path, index: LoopbackIndex) -> Path:
    """Provide the project as a repository: locked and committed, then with another requirement that is only locked.

    What is new: `builder`, which must be built.
    """
    repository(locked)
    commit(locked, "Lock")
    index.add(sdist("builder", "1.0"))
    write_project(
        locked,
        ["app>=1", "builder"],
        index=index.url,
        extras={"fancy": ["app[fancy]"]},
    )
    assert lockenv("lock", cwd=locked).code == 0
    return locked


def test_working_tree_is_compared_with_the_last_commit(history: Path) -> None:
    result = lockenv("diff", cwd=history)

    assert (result.code, result.out.splitlines()) == (
        0,
        [
            "pylock.toml at HEAD → pylock.toml in the working tree: 1 added, 1 removed, "
            "different environments, extras or groups",
            "  dependency-groups: - dev",
            "  default-groups: - dev",
            "  + builder 1.0 (must be built)",
            "  - tester 3.0 ; 'dev' in dependency_groups",
        ],
    )


def test_two_revisions_are_compared(history: Path) -> None:
    commit(history, "Another requirement")

    assert lockenv("diff", "HEAD", "HEAD~1", cwd=history).out.splitlines()[-2:] == [
        "  - builder 1.0",
        "  + tester 3.0 ; 'dev' in dependency_groups",
    ]
    assert lockenv("diff", cwd=history).out == ("pylock.toml at HEAD → pylock.toml in the working tree: no changes\n")


def test_two_files_are_compared_without_git(locked: Path, tmp_path: Path) -> None:
    text = (locked / "pylock.toml").read_text(encoding="utf-8")
    digest = next(line for line in text.splitlines() if "app-1.0" in line).partition('sha256 = "')[2][:64]
    (tmp_path / "pylock.toml").write_text(text.replace(digest, "0" * 64), encoding="utf-8")

    result = lockenv("diff", "pylock.toml", str(tmp_path / "pylock.toml"), cwd=locked, env={"PATH": ""})

    assert result.code == 0, result.err
    assert "  ! app 1.0 HAS DIFFERENT CONTENT: app-1.0-py3-none-any.whl\n" in result.out


def test_markdown_is_for_a_pull_request(history: Path) -> None:
    result = lockenv("diff", "--markdown", cwd=history)

    assert result.out.splitlines() == [
        "### `pylock.toml`: 1 added, 1 removed, different environments, extras or groups",
        "",
        "> [!WARNING]",
        "> Installing runs the build of builder `1.0`.",
        "",
        "- `dependency-groups: - dev`",
        "- `default-groups: - dev`",
        "",
        "| package | was | is | notes |",
        "|---|---|---|---|",
        "| builder |  | `1.0` | must be built; first release of the project |",
        "| tester | `3.0 ; 'dev' in dependency_groups` |  |  |",
    ]


def test_json_has_a_schema(history: Path) -> None:
    answer = json.loads(lockenv("diff", "--json", cwd=history).out)

    assert (answer["schema"], [(each["name"], each["kind"]) for each in answer["changes"]]) == (
        1,
        [("builder", "added"), ("tester", "removed")],
    )
    assert answer["changes"][0]["new"]["must_be_built"] is True


def test_first_lock_of_a_repository_is_all_new(project: Path) -> None:
    repository(project)
    commit(project, "Declare")
    lockenv("lock", cwd=project)

    result = lockenv("diff", cwd=project)

    assert (result.code, {line.split()[0] for line in result.out.splitlines()[1:]}) == (0, {"+"})


@pytest.mark.parametrize("words", [("nonsense",), ("--", "-x"), ("HEAD", "HEAD", "HEAD"), ("--json", "--markdown")])
def test_what_cannot_be_compared_is_one_sentence(locked: Path, words: tuple[str, ...]) -> None:
    repository(locked)
    commit(locked, "Lock")

    result = lockenv("diff", *words, cwd=locked)

    assert (result.code, result.err.count("error:")) == (2, 1)
    # Whoever asks for JSON gets an error in JSON too.
    assert (not result.out) == ("--json" not in words)


def test_name_that_is_hostile_to_markdown_stays_text(locked: Path, index: LoopbackIndex) -> None:
    repository(locked)
    commit(locked, "Lock")
    index.add(wheel("lib", "1.2"))
    lockenv("lock", "-P", "lib", "--refresh", cwd=locked)
    lock = locked / "pylock.toml"
    text = lock.read_text(encoding="utf-8")
    lock.write_text(text.replace(index.url, "https://evil.example/|`<b>"), encoding="utf-8")

    rows = [line for line in lockenv("diff", "--markdown", cwd=locked).out.splitlines() if line.startswith("| lib")]

    # In a code span nothing is markup; a backtick would end it, and a bar the cell.
    assert rows == ["| lib | `1.1` | `1.2` | from `https://evil.example/\\|'<b>` |"]


def test_repository_is_left_as_it_was(history: Path) -> None:
    before = git(history, "status", "--porcelain")

    lockenv("diff", cwd=history)

    assert git(history, "status", "--porcelain") == before


def test_markdown_shows_the_age_of_each_new_release_and_what_is_unusual(tmp_path: Path, index: LoopbackIndex) -> None:
    for version, month in (("1.0", "01"), ("1.1", "02"), ("1.2", "03"), ("2.0", "11")):
        index.add(wheel("core", version), upload_time=f"2026-{month}-28T20:00:00Z")
    index.add(wheel("core", "2.0", tag="py2-none-any"), upload_time="2026-11-20T08:00:00Z")
    index.add(wheel("fresh", "0.1"), upload_time="2026-11-28T22:00:00Z")
    here = write_project(tmp_path / "aged", ["core<1.1"], index=index.url)
    assert lockenv("lock", cwd=here).code == 0
    repository(here)
    commit(here, "Lock")
    write_project(here, ["core", "fresh"], index=index.url)
    assert lockenv("lock", "-U", cwd=here).code == 0
    index.requests.clear()

    result = lockenv("diff", "--markdown", cwd=here, env={"LOCKENV_NOW": "2026-11-29T00:00:00Z"})

    assert index.requests == []
    assert result.out.splitlines() == [
        "### `pylock.toml`: 1 added, 1 changed",
        "",
        "> [!WARNING]",
        "> Uploaded within the last week: core `2.0` (4 hours ago), fresh `0.1` (2 hours ago).",
        "",
        "| package | was | is | uploaded | notes |",
        "|---|---|---|---|---|",
        "| core | `1.0` | `2.0` | 2026-11-28 (4 hours ago) | skips 2 releases |",
        "| fresh |  | `0.1` | 2026-11-28 (2 hours ago) | first release of the project |",
    ]
