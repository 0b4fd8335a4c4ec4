"""Submodules come from their own repositories, under the rules of the commit that has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_direct import no, ok, project, python
from tests.support.gitserver import GitServer
from tests.support.sources import commit, git, write_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.server import LoopbackIndex


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(tmp_path / "served") as running:
        yield running


def with_submodule(tmp_path: Path, url: str, part: Path) -> Path:
    """Return a repository that has `part` as a submodule, from `url`, and installs it."""
    sources = write_tree(tmp_path / "repository", "tool")
    commit(sources)
    git(sources, "submodule", "--quiet", "add", str(part), "vendored")
    git(sources, "config", "--file", ".gitmodules", "submodule.vendored.url", url)
    (sources / "backend.py").write_text((sources / "backend.py").read_text().replace('.glob("*.py")', '.rglob("*.py")'))
    commit(sources)
    return sources


def part_of(tmp_path: Path) -> Path:
    part = tmp_path / "part"
    part.mkdir()
    (part / "part.py").write_text("PART = 1\n")
    commit(part)
    return part


def test_address_of_a_submodule_is_seen_from_that_of_its_commit_and_kept(
    tmp_path: Path, index: LoopbackIndex, server: GitServer
) -> None:
    part = part_of(tmp_path)
    server.publish(part, "group/part.git")
    url = server.publish(with_submodule(tmp_path, "../group/part.git", part), "tool.git")
    here = project(tmp_path / "project", index, [f"tool @ git+{url}@main"], **{"allow-build": ["tool"]})

    ok("lock", cwd=here)
    server.stop()
    ok("sync", "--offline", cwd=here)

    assert python(here, "import vendored.part; print(vendored.part.PART)") == "1"


def test_host_of_a_submodule_that_is_not_allowed_is_asked_for_nothing(
    tmp_path: Path, index: LoopbackIndex, server: GitServer
) -> None:
    part = part_of(tmp_path)
    with GitServer(tmp_path / "foreign", host="127.0.0.2") as foreign:
        url = server.publish(with_submodule(tmp_path, foreign.publish(part, "part.git"), part), "tool.git")
        allowed = ["127.0.0.1"]
        here = project(
            tmp_path / "project", index, [f"tool @ git+{url}"], **{"allow-build": ["tool"], "allowed-hosts": allowed}
        )

        reported = no("lock", cwd=here).err

        assert "refused[host-not-allowed]" in reported
        assert f"{url} has a submodule that comes from {foreign.host}, which is not in allowed-hosts" in reported
        assert foreign.paths == []
        assert not (here / "pylock.toml").exists()

        allowed.append("127.0.0.2")
        project(here, index, [f"tool @ git+{url}"], **{"allow-build": ["tool"], "allowed-hosts": allowed})
        ok("lock", cwd=here)
        ok("sync", cwd=here)


def test_host_of_a_commit_that_is_not_allowed_is_asked_for_nothing(
    tmp_path: Path, index: LoopbackIndex, server: GitServer
) -> None:
    url = server.publish(with_submodule(tmp_path, "../part.git", part_of(tmp_path)), "tool.git")
    here = project(tmp_path / "project", index, [f"tool @ git+{url}"], **{"allowed-hosts": ["code.example"]})

    assert "comes from 127.0.0.1" in no("lock", cwd=here).err
    assert server.paths == []


@pytest.mark.parametrize("url", ["{part}", "file://{part}", "ext::sh -c true", "-u.example", "git+https://x.example/"])
def test_submodule_of_a_served_commit_may_not_name_this_machine(
    url: str, tmp_path: Path, index: LoopbackIndex, server: GitServer
) -> None:
    part = part_of(tmp_path)
    sources = with_submodule(tmp_path, url.format(part=part), part)
    here = project(tmp_path / "project", index, [f"tool @ git+{server.publish(sources, 'tool.git')}"])

    reported = no("lock", cwd=here).err

    assert "has its submodule vendored from" in reported
    assert not (here / "pylock.toml").exists()


def test_ends_of_lines_are_those_of_the_commit(tmp_path: Path, index: LoopbackIndex) -> None:
    attributes = {".gitattributes": "*.py text eol=crlf ident\n"}
    sources = write_tree(tmp_path / "repository", "tool", module="NAME = '$Id$'\n", files=attributes)
    commit(sources)
    here = project(
        tmp_path / "project", index, ["tool"], sources={"tool": {"git": "../repository"}}, **{"allow-build": ["tool"]}
    )
    ok("lock", cwd=here)
    ok("sync", cwd=here)

    assert [each.read_bytes() for each in (here / ".venv").rglob("tool.py")] == [b"NAME = '$Id$'\n"]
