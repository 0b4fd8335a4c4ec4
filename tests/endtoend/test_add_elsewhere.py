"""`add git+URL` and `add URL`: what no index serves, from its source to an import."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from tests.endtoend.test_direct import ok, package, python
from tests.support.gitserver import GitServer
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.sources import commit, write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def test_repository_and_archive_are_added_by_their_urls_and_imported(tmp_path: Path, index: LoopbackIndex) -> None:
    first = commit(write_tree(tmp_path / "repository", "tool", dependencies=["lib"]), tag="v1")
    index.add(wheel("other", "1.0"))
    here = write_project(tmp_path / "project", [], index=index.url)
    with GitServer(tmp_path / "served") as server:
        url = server.publish(tmp_path / "repository", "tool.git")
        allowed = ("--allow-http", "127.0.0.1", "--allow-build", "tool")
        added = lockenv("add", f"git+{url}", "--tag", "v1", *allowed, cwd=here)
    archive = lockenv("add", index.file_url("other-1.0-py3-none-any.whl"), cwd=here)

    assert added.code == 0, added.err
    assert archive.code == 0, archive.err
    assert package(here, "tool")["vcs"]["commit-id"] == first
    assert python(here, "import tool, lib, other; print(tool.NAME)") == "tool"
    declared = tomllib.loads((here / "pyproject.toml").read_text())
    assert sorted(declared["project"]["dependencies"]) == ["other", "tool"]
    assert set(declared["tool"]["lockenv"]["sources"]) == {"other", "tool"}
    ok("verify", cwd=here)
