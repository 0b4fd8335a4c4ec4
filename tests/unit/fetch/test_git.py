"""What is kept of a repository decides nothing about how git is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.errors import LockenvError
from lockenv.fetch.git import Repository
from tests.support.repository import ENVIRONMENT, commit, git, repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    directory = repository(tmp_path / "upstream")
    (directory / "file").write_text("one", encoding="utf-8")
    commit(directory, "One")
    return directory


def kept(cache: Path) -> Path:
    """Return the one repository that `cache` keeps."""
    (directory,) = (path for path in (cache / "git").iterdir() if path.is_dir())
    return directory


def hostile(trace: Path) -> str:
    """Return a configuration that leaves a trace wherever git obeys it."""
    run = f"touch {trace}; false"
    return (
        f"[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
        f'\tsshCommand = "{run}"\n\talternateRefsCommand = "{run}"\n'
        '[url "ssh://evil.invalid/"]\n\tinsteadOf = /\n\tinsteadOf = https://\n'
    )


@pytest.mark.parametrize("name", ["config", "commondir"])
def test_configuration_that_came_with_a_cache_is_not_obeyed(upstream: Path, tmp_path: Path, name: str) -> None:
    cache = tmp_path / "cache"
    first = Repository(str(upstream), str(cache), ENVIRONMENT)
    before = first.commit("main")
    if name == "commondir":
        (tmp_path / "evil").mkdir()
        (tmp_path / "evil/config").write_text(hostile(tmp_path / "ran"), encoding="utf-8")
        (kept(cache) / "commondir").write_text(f"{tmp_path}/evil\n", encoding="utf-8")
    else:
        (kept(cache) / "config").write_text(hostile(tmp_path / "ran"), encoding="utf-8")
    (upstream / "file").write_text("two", encoding="utf-8")
    commit(upstream, "Two")

    after = Repository(str(upstream), str(cache), ENVIRONMENT).commit("main")
    Repository(str(upstream), str(cache), ENVIRONMENT).checkout(after, str(tmp_path / "tree"))

    assert (after == before, (tmp_path / "tree/file").read_text(encoding="utf-8")) == (False, "two")
    assert not (tmp_path / "ran").exists()


def test_repository_in_the_project_that_names_programs_runs_none(upstream: Path, tmp_path: Path) -> None:
    vendored = tmp_path / "clone/vendored"
    vendored.parent.mkdir()
    git(tmp_path, "clone", "--quiet", "--bare", str(upstream), str(vendored))
    with (vendored / "config").open("a", encoding="utf-8") as stream:
        stream.write(hostile(tmp_path / "ran"))
        stream.write(f'[uploadpack]\n\tpackObjectsHook = "touch {tmp_path}/ran; false"\n')
        stream.write('[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\tpromisor = true\n')
        stream.write(f'\turl = {upstream}\n\tuploadpack = "touch {tmp_path}/ran; false"\n')
    for hook in ("post-checkout", "reference-transaction", "post-update", "pre-receive"):
        path = vendored / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
        path.chmod(0o755)
    found = Repository(str(vendored), str(tmp_path / "cache"), ENVIRONMENT)

    try:
        found.checkout(found.commit("main"), str(tmp_path / "tree"))
        found.references()
    except LockenvError as error:
        assert "git cannot read" in error.message

    assert not (tmp_path / "ran").exists()
