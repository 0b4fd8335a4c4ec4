"""`add git+URL` and `add URL`: what no index serves, from its source to an import."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

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


def test_repository_of_another_name_is_added_as_the_hint_says(tmp_path: Path, index: LoopbackIndex) -> None:
    commit(write_tree(tmp_path / "repository", "tool"), tag="v1")
    here = write_project(tmp_path / "project", [], index=index.url)
    allowed = ("--allow-http", "127.0.0.1", "--allow-build", "tool")
    with GitServer(tmp_path / "served") as server:
        url = server.publish(tmp_path / "repository", "called.git")
        refused = lockenv("add", f"git+{url}", "--tag", "v1", *allowed, cwd=here)
        added = lockenv("add", f"tool @ git+{url}@v1", *allowed, cwd=here)

    assert (refused.code, added.code) == (2, 0), added.err
    assert f"hint: add it under its name: `tool @ git+{url}@v1`\n" in refused.err
    assert python(here, "import tool; print(tool.NAME)") == "tool"


def test_paths_and_urls_of_a_list_are_added_as_sources(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("other", "1.0"))
    here = write_project(tmp_path / "project", [], index=index.url)
    wheels = [wheel("near", "1.0"), wheel("named", "1.0")]
    for each in wheels:
        (here / each.filename).write_bytes(each.content)
    (here / "lists").mkdir()
    url = index.file_url("other-1.0-py3-none-any.whl")
    (here / "lists" / "all.txt").write_text(
        f"lib\n../near-1.0-py3-none-any.whl ; python_version > '3'\nother @ {url}\n"
    )

    listed = lockenv("add", "-r", "lists/all.txt", cwd=here)
    named = lockenv("add", "--optional", "more", "Named @ ./named-1.0-py3-none-any.whl", cwd=here)

    assert (listed.code, named.code) == (0, 0), listed.err + named.err
    declared = tomllib.loads((here / "pyproject.toml").read_text())
    assert declared["project"]["dependencies"] == ["lib>=1.1", 'near; python_version > "3"', "other"]
    assert declared["project"]["optional-dependencies"] == {"more": ["Named"]}
    assert declared["tool"]["lockenv"]["sources"] == {
        "near": {"path": "near-1.0-py3-none-any.whl"},
        "other": {"url": url},
        "Named": {"path": "named-1.0-py3-none-any.whl"},
    }


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["x @ ./nowhere"], "`./nowhere` does not exist", "declare the package in `[tool.lockenv.sources]`"),
        (
            ["./x-1.0-py3-none-any.whl"],
            "`./x-1.0-py3-none-any.whl` does not exist",
            "declare the package in `[tool.lockenv.sources]`",
        ),
        (
            ["x", "--index", "https://index.example/simple/"],
            "--index takes the name of a declared index",
            "`--index NAME`",
        ),
    ],
)
def test_place_that_cannot_be_added_is_refused(
    tmp_path: Path, index: LoopbackIndex, words: list[str], message: str, hint: str
) -> None:
    here = write_project(tmp_path / "project", [], index=index.url)
    before = (here / "pyproject.toml").read_text()

    refused = lockenv("add", *words, cwd=here)

    assert (refused.code, f"error: {message}" in refused.err, hint in refused.err) == (2, True, True), refused.err
    assert (here / "pyproject.toml").read_text() == before


def test_source_goes_with_the_last_requirement_of_what_was_added_by_its_path(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    here = write_project(tmp_path / "project", [], index=index.url)
    before = (here / "pyproject.toml").read_text("utf-8")
    write_tree(here / "near", "near")
    ok("add", "./near", "--no-sync", cwd=here)
    ok("add", "--dev", "near", "--no-sync", cwd=here)

    ok("remove", "near", "--no-sync", cwd=here)
    still = (here / "pyproject.toml").read_text("utf-8")
    ok("remove", "--dev", "near", "--no-sync", cwd=here)

    assert 'near = { path = "near" }' in still
    after = (here / "pyproject.toml").read_text("utf-8")
    assert tomllib.loads(after)["tool"] == tomllib.loads(before)["tool"]
    assert lockenv("check", cwd=here).code == 0


def test_source_stays_where_another_package_requires_what_is_removed(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("above", "1.0", requires=["near"]))
    here = write_project(tmp_path / "project", ["above"], index=index.url)
    write_tree(here / "near", "near")
    ok("add", "./near", "--no-sync", cwd=here)

    ok("remove", "near", "--no-sync", cwd=here)

    assert 'near = { path = "near" }' in (here / "pyproject.toml").read_text("utf-8")
    assert package(here, "near")["directory"]["path"] == "near"
