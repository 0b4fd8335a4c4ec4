"""`check --online` of what no index serves: commits with their tags and branches, archives."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.test_check_online import found, online
from tests.endtoend.test_direct import ok, project
from tests.support.gitserver import GitServer
from tests.support.program import lockenv
from tests.support.sources import commit, git, write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.server import LoopbackIndex

SOLO = wheel("solo", "1.0")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(tmp_path / "served") as running:
        yield running


class Case:
    """A project that takes `tool` from a repository, which is there too, at a URL."""

    def __init__(self, tmp_path: Path, index: LoopbackIndex, server: GitServer, **source: str) -> None:
        self.sources = write_tree(tmp_path / "repository", "tool")
        self.first = commit(self.sources, tag="v1")
        self.server = server
        self.url = server.publish(self.sources, "tool.git")
        self.settings: dict[str, Any] = {"sources": {"tool": {"git": self.url, **source}}, "allow-build": ["tool"]}
        self.here = project(tmp_path / "project", index, ["tool"], **self.settings)
        ok("lock", cwd=self.here)

    def change(self) -> str:
        """Commit something else in place of the last commit; return it."""
        (self.sources / "tool.py").write_text("NAME = 'other'\n")
        git(self.sources, "add", "--all")
        git(self.sources, "commit", "--quiet", "--amend", "-m", "other")
        return git(self.sources, "rev-parse", "HEAD")


def test_what_is_as_it_was_locked_is_good(tmp_path: Path, index: LoopbackIndex, server: GitServer) -> None:
    case = Case(tmp_path, index, server, tag="v1")

    result = lockenv("check", "--online", cwd=case.here)

    assert result.code == 0, result.err


def test_tag_that_moved_is_an_error(tmp_path: Path, index: LoopbackIndex, server: GitServer) -> None:
    case = Case(tmp_path, index, server, tag="v1")
    other = case.change()
    git(case.sources, "branch", "old", case.first)
    git(case.sources, "tag", "--force", "-a", "-m", "again", "v1")
    server.publish(case.sources, "tool.git")

    result = online(case.here)

    reported = f"tool: the tag v1 of {case.url} moved to {other}, locked is {case.first}"
    assert (result.code, found(result)) == (1, [("moved", "error", reported)])
    sarif = json.loads(lockenv("check", "--online", "--format", "sarif", cwd=case.here).out)
    assert [each["ruleId"] for each in sarif["runs"][0]["results"]] == ["moved"]
    assert "::error" in lockenv("check", "--online", "--format", "github", cwd=case.here).out


def test_branch_that_moved_is_a_note(tmp_path: Path, index: LoopbackIndex, server: GitServer) -> None:
    case = Case(tmp_path, index, server, branch="main")
    (case.sources / "tool.py").write_text("NAME = 'next'\n")
    second = commit(case.sources)
    server.publish(case.sources, "tool.git")

    result = online(case.here)

    reported = f"tool: the branch main of {case.url} moved to {second}, locked is {case.first}"
    assert (result.code, found(result)) == (0, [("moved", "note", reported)])


def test_commit_that_no_branch_or_tag_names_is_found(tmp_path: Path, index: LoopbackIndex, server: GitServer) -> None:
    case = Case(tmp_path, index, server)
    git(case.sources, "tag", "--delete", "v1")
    commit(case.sources, "next")
    server.publish(case.sources, "tool.git")

    assert found(online(case.here)) == []


def test_commit_and_tag_that_are_gone_are_named(tmp_path: Path, index: LoopbackIndex, server: GitServer) -> None:
    case = Case(tmp_path, index, server, tag="v1")
    case.change()
    git(case.sources, "tag", "--delete", "v1")
    subprocess.run(["rm", "-rf", tmp_path / "served" / "tool.git"], check=True)
    git(case.sources, "reflog", "expire", "--expire=now", "--all")
    git(case.sources, "gc", "--quiet", "--prune=now")
    server.publish(case.sources, "tool.git")

    reported = f"tool: {case.url} no longer has the commit {case.first}"
    assert found(online(case.here)) == [("gone", "error", reported)]


def test_tag_that_is_gone_is_a_warning_where_its_commit_is_not(
    tmp_path: Path, index: LoopbackIndex, server: GitServer
) -> None:
    case = Case(tmp_path, index, server, tag="v1")
    git(case.sources, "tag", "--delete", "v1")
    server.publish(case.sources, "tool.git")

    result = online(case.here)

    assert (result.code, found(result)) == (
        0, [("gone", "warning", f"tool: {case.url} no longer has the tag v1")]
    )  # fmt: skip


def test_repository_out_of_reach_is_no_answer(tmp_path: Path, index: LoopbackIndex, server: GitServer) -> None:
    case = Case(tmp_path, index, server, tag="v1")
    server.stop()

    result = online(case.here)

    assert (result.code, found(result)[0][0]) == (2, "unanswered")


@pytest.mark.parametrize(
    ("content", "rule", "said"),
    [(SOLO.content[:-1] + b"x", "other-bytes", "locked sha256"), (b"short", "other-bytes", "size mismatch"),
     (None, "gone", "no longer exists")],
)  # fmt: skip
def test_archive_is_asked_for_its_bytes(
    content: bytes | None, rule: str, said: str, tmp_path: Path, index: LoopbackIndex
) -> None:
    from dataclasses import replace

    index.add(SOLO)
    here = project(tmp_path / "project", index, [f"solo @ {index.file_url(SOLO.filename)}"])
    ok("lock", cwd=here)
    assert found(online(here)) == []
    if content is None:
        index.remove(SOLO.filename)
    else:
        index.add(replace(SOLO, content=content))

    result = online(here)

    (only,) = found(result)
    assert (result.code, only[:2]) == (1, (rule, "error"))
    assert said in only[2]


def test_place_that_the_project_does_not_name_or_allow_is_not_asked(
    tmp_path: Path, index: LoopbackIndex, server: GitServer
) -> None:
    case = Case(tmp_path, index, server, tag="v1")
    with GitServer(tmp_path / "foreign", host="127.0.0.2") as foreign:
        lock = case.here / "pylock.toml"
        honest = lock.read_text()
        lock.write_text(honest.replace(f'url = "{case.url}"', f'url = "{foreign.url}/tool.git"'))
        rules = {each[0] for each in found(online(case.here))}
        assert foreign.paths == []
        assert {"altered", "source"} <= rules
        lock.write_text(honest)
        server.paths.clear()

        project(case.here, index, ["tool"], **case.settings, **{"allowed-hosts": ["code.example"]})

        assert {each[0] for each in found(online(case.here))} == {"host"}
        assert server.paths == []
