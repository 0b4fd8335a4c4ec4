"""`bundle` of what no index serves: an environment is made of it where there is neither network nor git."""

from __future__ import annotations

import shutil
import tarfile
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.test_direct import no, ok, project, python
from tests.endtoend.test_submodules import part_of, with_submodule
from tests.support.gitserver import GitServer
from tests.support.program import lockenv
from tests.support.sources import commit, git, write_tree
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.server import LoopbackIndex


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(tmp_path / "served") as running:
        yield running


def helped(directory: Path, name: str, **more: Any) -> Path:
    """Write sources whose backend needs `helper`."""
    write_tree(directory, name, **more)
    text = (directory / "pyproject.toml").read_text().replace("requires = []", 'requires = ["helper"]')
    (directory / "pyproject.toml").write_text(text)
    (directory / "backend.py").write_text("import helper\n" + (directory / "backend.py").read_text())
    return directory


def without_network(index: LoopbackIndex, server: GitServer, here: Path, tmp_path: Path) -> dict[str, str]:
    """Stop every server, take the cache and git away; return the variables of such a machine."""
    index.stop()
    server.stop()
    shutil.rmtree(here.with_name(f"{here.name}.cache"))
    shutil.rmtree(here / ".venv", ignore_errors=True)
    empty = tmp_path / "programs"
    empty.mkdir(exist_ok=True)
    return {"PATH": str(empty), "LOCKENV_CACHE_DIR": str(tmp_path / "fresh")}


def test_everything_is_made_of_it_without_network_and_git(
    tmp_path: Path, index: LoopbackIndex, server: GitServer
) -> None:
    index.add_all(wheel("helper"), sdist("solo", "2.0", requires=["lib"]))
    part = part_of(tmp_path)
    server.publish(part, "part.git")
    sources = helped(with_submodule(tmp_path, "../part.git", part), "tool", dependencies=["lib"])
    backend = sources / "backend.py"
    backend.write_text(backend.read_text().replace('.glob("*.py")', '.rglob("*.py")'))
    first = commit(sources)
    url = server.publish(sources, "tool.git")
    here = helped(
        tmp_path / "project", "root",
        dependencies=[f"tool @ git+{url}@main", f"solo @ {index.file_url('solo-2.0.tar.gz')}", "member"],
        tool={"index": [{"name": "loopback", "url": index.url}], "workspace": {"members": ["members/*"]},
              "allow-build": ["tool", "solo"]},
        **{"requires-python": ">=3.11"},
    )  # fmt: skip
    helped(here / "members" / "member", "member", dependencies=["ribbon"])
    ok("lock", cwd=here)
    ok("sync", cwd=here)
    fingerprint = ok("verify", cwd=here)

    done = lockenv("bundle", "bundle", cwd=here)

    assert done.code == 0, done.err
    assert "are not copied to bundle; copy them yourself: member" in done.err
    assert sorted(path.name for path in (here / "bundle").iterdir()) == [
        "helper-1.0-py3-none-any.whl",
        "lib-1.1-py3-none-any.whl",
        "pylock.build.toml",
        "pylock.toml",
        "ribbon-2.0-py3-none-any.whl",
        "solo-2.0.tar.gz",
        f"tool-{first}.tar.gz",
    ]
    lock = tomllib.loads((here / "bundle/pylock.toml").read_text())
    tool = next(each for each in lock["packages"] if each["name"] == "tool")
    assert tool["archive"]["path"] == f"tool-{first}.tar.gz"
    assert tool["tool"]["lockenv"]["source"]["vcs"]["commit-id"] == first
    ok("bundle", "all", "--all", cwd=here)
    ok("check", "-l", "all/pylock.toml", cwd=here)
    alone = without_network(index, server, here, tmp_path)

    done = lockenv("sync", "--from", "bundle", cwd=here, env=alone)

    assert done.code == 0, done.err
    assert lockenv("verify", cwd=here, env=alone).out == fingerprint
    assert python(here, "import root, tool, solo, member, vendored.part; print(vendored.part.PART)") == "1"
    shutil.rmtree(here / ".venv")
    done = lockenv("sync", "-l", "bundle/pylock.toml", "--from", "bundle", "--no-project", cwd=here, env=alone)
    assert done.code == 0, done.err
    assert python(here, "import tool, solo, member; print(tool.NAME)") == "tool"


def bundled(tmp_path: Path, index: LoopbackIndex, **files: str) -> tuple[Path, Path]:
    """Return a project with the bundle of one commit, and the archive in it."""
    sources = write_tree(tmp_path / "repository", "tool", files=files)
    (sources / "tool.py").chmod(0o755)
    (sources / "link.py").symlink_to("tool.py")
    first = commit(sources)
    here = project(
        tmp_path / "project", index, ["tool"], sources={"tool": {"git": "../repository"}}, **{"allow-build": ["tool"]}
    )
    ok("lock", cwd=here)
    ok("bundle", "bundle", cwd=here)
    return here, here / "bundle" / f"tool-{first}.tar.gz"


def test_archive_of_a_commit_is_the_same_on_each_run_and_reads_as_one(tmp_path: Path, index: LoopbackIndex) -> None:
    here, archive = bundled(tmp_path, index)
    before = archive.read_bytes()
    archive.unlink()

    ok("bundle", "bundle", "--offline", cwd=here)

    assert archive.read_bytes() == before
    with tarfile.open(archive) as opened:
        assert "tool-1.0/PKG-INFO" in opened.getnames()
        assert opened.pax_headers["comment"].partition(" ")[0] in archive.name


@pytest.mark.parametrize("old, new", [(b"NAME = 'tool'", b"NAME = 'evil'"), (b"Version: 1.0", b"Requires: e ")])
def test_archive_of_other_files_than_the_commit_is_not_used(
    old: bytes, new: bytes, tmp_path: Path, index: LoopbackIndex
) -> None:
    here, archive = bundled(tmp_path, index)
    content = archive.read_bytes()
    assert old in content
    archive.write_bytes(content.replace(old, new))
    shutil.rmtree(tmp_path / "repository")
    shutil.rmtree(tmp_path / "project.cache")

    reported = no("sync", "--from", "bundle", cwd=here).err

    assert "refused[hash-mismatch]" in reported
    assert f"{archive.name} is not the locked commit: it" in reported
    assert not (here / ".venv").exists()


def test_commit_without_its_version_file_is_the_commit_too(tmp_path: Path, index: LoopbackIndex) -> None:
    here, _ = bundled(tmp_path, index, **{"PKG-INFO": "Metadata-Version: 2.1\nName: tool\nVersion: 1.0\nSummary: x\n"})
    shutil.rmtree(tmp_path / "repository")
    shutil.rmtree(tmp_path / "project.cache")

    ok("sync", "--from", "bundle", cwd=here)

    assert python(here, "import tool, link; print(link.NAME)") == "tool"


def test_archives_of_one_name_are_side_by_side(tmp_path: Path, index: LoopbackIndex) -> None:
    for name in ("one", "two"):
        (tmp_path / "project" / name).mkdir(parents=True)
        (tmp_path / "project" / name / "main.tar.gz").write_bytes(sdist(name, "1.0").content)
    paths = {name: {"path": f"{name}/main.tar.gz"} for name in ("one", "two")}
    here = project(tmp_path / "project", index, ["one", "two"], sources=paths, **{"allow-build": True})
    ok("lock", cwd=here)
    ok("bundle", "bundle", cwd=here)
    for name in ("one", "two"):
        shutil.rmtree(here / name)
    shutil.rmtree(tmp_path / "project.cache")

    ok("sync", "--frozen", "--from", "bundle", cwd=here)
    shutil.rmtree(here / ".venv")
    ok("sync", "-l", "bundle/pylock.toml", cwd=here)

    assert python(here, "import one, two; print(1)") == "1"


def test_files_that_a_filter_changed_are_not_carried(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "repository", "tool", files={".gitattributes": "*.txt filter=loud\n", "a.txt": "a"})
    commit(sources)
    here = project(
        tmp_path / "project", index, ["tool"], sources={"tool": {"git": "../repository"}}, **{"allow-build": ["tool"]}
    )
    ok("lock", cwd=here)
    home = tmp_path / "project.home"
    git(home, "config", "--global", "filter.loud.smudge", "tr a-z A-Z")

    reported = no("bundle", "bundle", cwd=here).err

    assert "its files do not match the commit" in reported
    assert not (here / "bundle" / "pylock.toml").exists()
