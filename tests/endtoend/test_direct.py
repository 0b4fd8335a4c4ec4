"""What no index serves: commits, archives, directories, workspaces, the project itself; locked, synced, proved."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv
from tests.support.sources import commit, git, write_tree
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import Result
    from tests.support.server import LoopbackIndex

PYTHON: dict[str, Any] = {"requires-python": ">=3.11"}
MORE: dict[str, Any] = {"optional-dependencies": {"more": ["app"]}}


def tool(index: LoopbackIndex, **settings: Any) -> dict[str, Any]:
    return {"index": [{"name": "loopback", "url": index.url}], **settings}


def project(directory: Path, index: LoopbackIndex, requires: list[str], **settings: Any) -> Path:
    """Write a project that is not to be installed itself."""
    import tomli_w

    table = {"name": "example", "version": "1", "requires-python": ">=3.11", "dependencies": requires}
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "pyproject.toml").write_text(
        tomli_w.dumps({"project": table, "tool": {"lockenv": tool(index, **settings)}})
    )
    return directory


def ok(*args: str, cwd: Path) -> str:
    done = lockenv(*args, cwd=cwd)
    assert done.code == 0, done.err + done.out
    return done.out


def no(*args: str, cwd: Path, code: int = 2) -> Result:
    done = lockenv(*args, cwd=cwd)
    assert done.code == code, done.err + done.out
    return done


def package(directory: Path, name: str) -> dict[str, Any]:
    lock = tomllib.loads((directory / "pylock.toml").read_text())
    found: list[dict[str, Any]] = [each for each in lock["packages"] if each["name"] == name]
    (only,) = found
    return only


def python(directory: Path, code: str) -> str:
    return ok("run", "--no-check", "python", "-c", code, cwd=directory).strip()


def whole_life(directory: Path) -> str:
    """Lock, sync, verify, re-lock to the same bytes, sync again offline to the same fingerprint; return it."""
    ok("lock", cwd=directory)
    locks = sorted(directory.glob("pylock*.toml"))
    texts = [path.read_bytes() for path in locks]
    ok("sync", cwd=directory)
    fingerprint = ok("verify", cwd=directory)
    ok("check", cwd=directory)
    for path in locks:
        path.unlink()
    ok("lock", cwd=directory)
    assert [path.read_bytes() for path in locks] == texts
    ok("lock", "--refresh", cwd=directory)
    assert [path.read_bytes() for path in locks] == texts
    shutil.rmtree(directory / ".venv")
    ok("sync", "--offline", cwd=directory)
    assert ok("verify", cwd=directory) == fingerprint
    ok("sync", "--check", cwd=directory)
    return fingerprint


def test_commit_of_a_repository_is_pinned_and_built(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "repository" / "inner", "tool", dependencies=["lib>=1"])
    first = commit(tmp_path / "repository", tag="v1")
    (sources / "tool.py").write_text("NAME = 'changed'\n")
    commit(tmp_path / "repository")
    here = project(
        tmp_path / "project", index, ["tool"],
        sources={"tool": {"git": "../repository", "tag": "v1", "subdirectory": "inner"}}, **{"allow-build": ["tool"]},
    )  # fmt: skip

    whole_life(here)

    assert package(here, "tool")["vcs"] == {
        "type": "git", "path": "../repository", "requested-revision": "refs/tags/v1", "commit-id": first,
        "subdirectory": "inner",
    }  # fmt: skip
    assert "version" not in package(here, "tool")
    assert python(here, "import tool, lib; print(tool.NAME)") == "tool"
    record = "import importlib.metadata as m; print(m.distribution('tool').read_text('direct_url.json'))"
    assert json.loads(python(here, record)) == {
        "url": (tmp_path / "repository").as_uri(),
        "subdirectory": "inner",
        "vcs_info": {"vcs": "git", "commit_id": first, "requested_revision": "refs/tags/v1"},
    }


def test_branch_stays_at_its_commit_until_it_is_upgraded(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "repository", "tool")
    first = commit(sources)
    url = f"git+{sources.as_uri()}@main"
    here = project(tmp_path / "project", index, [f"tool @ {url}"], **{"allow-build": ["tool"]})
    ok("lock", cwd=here)
    (sources / "tool.py").write_text("NAME = 'second'\n")
    second = commit(sources)

    ok("lock", cwd=here)
    assert package(here, "tool")["vcs"]["commit-id"] == first
    ok("lock", "-P", "tool", cwd=here)
    assert package(here, "tool")["vcs"]["commit-id"] == second
    ok("sync", cwd=here)
    assert python(here, "import tool; print(tool.NAME)") == "second"


def test_code_of_a_repository_runs_only_where_policy_says_so(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "repository", "tool")
    commit(sources)
    here = project(tmp_path / "project", index, ["tool"], sources={"tool": {"git": "../repository"}})

    ok("lock", cwd=here)
    assert "`lockenv sync --allow-build tool` to allow it" in no("sync", cwd=here, code=1).err
    assert not (here / ".venv").exists()


def test_submodules_come_with_their_commit(tmp_path: Path, index: LoopbackIndex) -> None:
    part = tmp_path / "part"
    part.mkdir()
    (part / "part.py").write_text("PART = 1\n")
    commit(part)
    sources = write_tree(tmp_path / "repository", "tool")
    commit(sources)
    git(sources, "submodule", "--quiet", "add", str(part), "vendored")
    (sources / "backend.py").write_text((sources / "backend.py").read_text().replace('.glob("*.py")', '.rglob("*.py")'))
    commit(sources)
    here = project(tmp_path / "project", index, ["tool"], sources={"tool": {"git": "../repository"}},
                   **{"allow-build": True})  # fmt: skip

    whole_life(here)
    assert python(here, "import vendored.part; print(vendored.part.PART)") == "1"


@pytest.mark.parametrize("revision", ["nowhere", "0" * 40])
def test_revision_that_is_not_there_is_reported(revision: str, tmp_path: Path, index: LoopbackIndex) -> None:
    commit(write_tree(tmp_path / "repository", "tool"))
    here = project(tmp_path / "project", index, ["tool"], sources={"tool": {"git": "../repository", "rev": revision}})

    assert revision in no("lock", cwd=here).err
    assert not (here / "pylock.toml").exists()


def test_repository_that_is_not_there_is_reported(tmp_path: Path, index: LoopbackIndex) -> None:
    here = project(tmp_path / "project", index, ["tool"], sources={"tool": {"git": "../repository"}})

    reported = no("lock", cwd=here).err
    assert "repository" in reported
    assert "Traceback" not in reported


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
@pytest.mark.parametrize("place", ["url", "path"])
def test_archive_by_itself_is_locked_by_its_hash(kind: str, place: str, tmp_path: Path, index: LoopbackIndex) -> None:
    built = wheel("solo", "2.0", requires=["lib"]) if kind == "wheel" else sdist("solo", "2.0", requires=["lib"])
    if place == "url":
        index.add(built)
        where = {"url": f"{index.origin}/files/{built.filename}"}
    else:
        (tmp_path / "project" / "files").mkdir(parents=True)
        (tmp_path / "project" / "files" / built.filename).write_bytes(built.content)
        where = {"path": f"files/{built.filename}"}
    here = project(tmp_path / "project", index, ["solo"], sources={"solo": where}, **{"allow-build": ["solo"]})

    whole_life(here)

    assert package(here, "solo")["archive"]["hashes"] == {"sha256": built.sha256}
    assert package(here, "solo")["version"] == "2.0"
    record = "import importlib.metadata as m; print(m.distribution('solo').read_text('direct_url.json'))"
    assert json.loads(python(here, record))["archive_info"] == {"hashes": {"sha256": built.sha256}}


def test_directory_is_built_again_when_it_changes(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "sibling", "sibling", dependencies=["lib"])
    here = project(tmp_path / "project", index, ["sibling"], sources={"sibling": {"path": "../sibling"}})

    whole_life(here)
    assert package(here, "sibling")["directory"] == {"path": "../sibling"}
    (sources / "sibling.py").write_text("NAME = 'changed'\n")
    assert "does not match" in no("sync", "--check", cwd=here, code=1).err
    ok("sync", cwd=here)
    assert python(here, "import sibling; print(sibling.NAME)") == "changed"
    assert "lib" in python(here, "import lib; print(lib.__name__)")


def test_editable_directory_shows_its_sources_as_they_are(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "sibling", "sibling")
    here = project(
        tmp_path / "project", index, ["sibling"], sources={"sibling": {"path": "../sibling", "editable": True}}
    )

    whole_life(here)
    (sources / "sibling.py").write_text("NAME = 'changed'\n")
    assert python(here, "import sibling; print(sibling.NAME)") == "changed"
    assert "building" not in lockenv("sync", cwd=here).err


def test_change_of_what_a_directory_declares_makes_the_lock_stale(tmp_path: Path, index: LoopbackIndex) -> None:
    write_tree(tmp_path / "sibling", "sibling")
    here = project(tmp_path / "project", index, ["sibling"], sources={"sibling": {"path": "../sibling"}})
    ok("lock", cwd=here)
    write_tree(tmp_path / "sibling", "sibling", dependencies=["lib"])

    assert "requires-dist lib" in no("check", cwd=here, code=1).err
    ok("lock", cwd=here)
    ok("check", cwd=here)
    assert [each["name"] for each in package(here, "sibling")["dependencies"]] == ["lib"]


def test_dependencies_that_only_a_build_reports_are_built(tmp_path: Path, index: LoopbackIndex) -> None:
    write_tree(
        tmp_path / "sibling", "sibling", dynamic=["version", "dependencies"], dependencies=(), version=None,
        files={"VERSION": "3.1", "NEEDS": "lib>=1"},
    )  # fmt: skip
    document = (tmp_path / "sibling" / "pyproject.toml").read_text().replace("dependencies = []\n", "")
    (tmp_path / "sibling" / "pyproject.toml").write_text(document)
    here = project(tmp_path / "project", index, ["sibling>=3"], sources={"sibling": {"path": "../sibling"}})

    whole_life(here)
    assert [each["name"] for each in package(here, "sibling")["dependencies"]] == ["lib"]


def test_version_that_only_a_build_reports_is_left_out_until_it_is_built(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "sibling", "sibling", dynamic=["version"], version=None, files={"VERSION": "3.1"})
    here = project(tmp_path / "project", index, ["sibling"], sources={"sibling": {"path": "../sibling"}})
    locked, planned = lockenv("lock", cwd=here).err, lockenv("sync", "--dry-run", cwd=here).err
    ok("sync", cwd=here)
    (sources / "VERSION").write_text("3.2")
    again = lockenv("sync", "--dry-run", cwd=here).err

    assert "  + sibling from directory ../sibling (must be built)\n" in locked
    assert "  + sibling\n" in planned
    assert "  ~ sibling 3.1 (to be rebuilt)\n" in again


def test_entry_without_a_version_is_named_without_a_gap(tmp_path: Path, index: LoopbackIndex) -> None:
    write_tree(
        tmp_path / "sibling", "sibling", dynamic=["version"], version=None, dependencies=["lib"], files={"VERSION": "1"}
    )
    here = project(tmp_path / "project", index, ["sibling"], sources={"sibling": {"path": "../sibling"}})
    ok("lock", cwd=here)
    lock = here / "pylock.toml"
    lock.write_text(lock.read_text().replace('requires-dist = ["lib"]', 'requires-dist = ["lib>9"]'))

    err = no("check", cwd=here, code=1).err
    assert "\n  sibling requires lib>9, but 1.1 is installed" in err


def test_workspace_has_one_lock_and_editable_members(tmp_path: Path, index: LoopbackIndex) -> None:
    root = write_tree(
        tmp_path / "space", "root", dependencies=["lib"],
        tool=tool(index, workspace={"members": ["packages/*"], "exclude": ["packages/x"]}), **PYTHON,
    )  # fmt: skip
    mates = {"sources": {"two": {"workspace": True}}}
    write_tree(root / "packages" / "one", "one", dependencies=["two[more]"], tool=mates)
    write_tree(root / "packages" / "two", "two", **MORE)
    write_tree(root / "packages" / "three", "three")
    write_tree(root / "packages" / "x", "excluded")

    whole_life(root)

    lock = tomllib.loads((root / "pylock.toml").read_text())
    places = {each["name"]: each["directory"] for each in lock["packages"] if "directory" in each}
    assert places == {name: {"path": f"packages/{name}", "editable": True} for name in ("one", "three", "two")}
    assert python(root, "import one, two, three, root, lib, app; print(one.__file__)") == str(
        root / "packages" / "one" / "one.py"
    )
    installed = "import importlib.metadata as m; print(*sorted(each.name for each in m.distributions()))"
    ok("sync", "--package", "two", cwd=root)
    assert python(root, installed) == "two"
    ok("sync", "--package", "one", cwd=root)
    assert python(root, installed) == "app lib one two"
    ok("verify", cwd=root)
    assert "its members are one, root, three, two" in no("sync", "--package", "nobody", cwd=root).err
    write_tree(root / "packages" / "four", "four")
    assert "four" in no("check", cwd=root, code=1).err


def test_project_declared_in_a_workspace_is_locked_with_it(tmp_path: Path, index: LoopbackIndex) -> None:
    root = write_tree(
        tmp_path / "space", "root", tool=tool(index, workspace={"members": ["packages/*"]}), **PYTHON,
    )  # fmt: skip
    member, apart = root / "packages" / "new", root / "apart"
    member.mkdir(parents=True)
    apart.mkdir()

    ok("init", cwd=member)
    ok("init", cwd=apart)

    assert not (member / "pylock.toml").exists()
    assert (apart / "pylock.toml").exists()
    ok("check", cwd=member)


def test_member_without_a_build_system_is_not_installed_but_what_it_requires_is(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    """So is an application in a repository of many: several directories at its top, which no backend would build."""
    root = write_tree(tmp_path / "space", "root", tool=tool(index, workspace={"members": ["*/"]}), **PYTHON)
    web, other = project(root / "web", index, ["core", "lib"]), project(root / "other", index, ["app"])
    for member in (web, other):
        text = (member / "pyproject.toml").read_text()
        (member / "pyproject.toml").write_text(text.replace('"example"', f'"{member.name}"'))
        for folder in ("static", "templates"):
            (member / folder).mkdir()
            (member / folder / "a.py").touch()
    write_tree(root / "core", "core")

    ok("lock", cwd=web)
    ok("sync", cwd=root)

    installed = "import importlib.metadata as m; print(*sorted(each.name for each in m.distributions()))"
    assert {"app", "core", "lib"} <= set(python(root, installed).split())
    assert not {"web", "other"} & set(python(root, installed).split())
    ok("check", cwd=root)
    ok("sync", "--package", "web", cwd=root)
    there = set(python(root, installed).split())
    assert ({"core", "lib"} <= there, {"app", "web", "root"} & there) == (True, set())
    (web / "pyproject.toml").write_text((web / "pyproject.toml").read_text().replace('"lib"', '"lib<9"'))
    assert "lib became lib<9" in no("check", cwd=root, code=1).err


def test_project_itself_is_installed(tmp_path: Path, index: LoopbackIndex) -> None:
    where = "import mine; print(mine.__file__)"
    root = write_tree(tmp_path / "mine", "mine", dependencies=["lib"], tool=tool(index), **PYTHON)

    whole_life(root)
    assert python(root, where) == str(root / "mine.py")
    (root / "mine.py").write_text("NAME = 'changed'\n")
    assert "building" not in lockenv("sync", cwd=root).err
    (root / "setup.cfg").write_text("[metadata]\n")
    assert "building mine" in lockenv("sync", cwd=root).err
    ok("sync", "--no-editable", cwd=root)
    assert python(root, f"import sys; sys.path.remove(''); {where}").startswith(str(root / ".venv"))
    ok("verify", cwd=root)
    ok("sync", "--no-project", cwd=root)
    no("run", "--no-check", "python", "-P", "-c", "import mine", cwd=root, code=1)


def test_two_places_for_one_project_are_reported(tmp_path: Path, index: LoopbackIndex) -> None:
    write_tree(tmp_path / "one", "one", dependencies=[f"two @ {(tmp_path / 'other').as_uri()}"])
    write_tree(tmp_path / "two", "two")
    write_tree(tmp_path / "other", "two")
    here = project(
        tmp_path / "project", index, ["one", "two"],
        sources={"one": {"path": "../one"}, "two": {"path": "../two"}},
    )  # fmt: skip

    assert "two has two sources" in no("lock", cwd=here).err


def test_requirements_files_name_places(tmp_path: Path, index: LoopbackIndex) -> None:
    write_tree(tmp_path / "project" / "lib2", "lib2", dependencies=["lib"])
    (tmp_path / "project" / "requirements.in").write_text(f"--index-url {index.url}\n-e ./lib2\n")
    here = tmp_path / "project"

    whole_life(here)
    assert package(here, "lib2")["directory"] == {"path": "lib2", "editable": True}


def test_editable_of_a_requirements_file_elsewhere_is_seen_from_the_lock_as_pip_does(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    here = write_tree(tmp_path / "project", "lib2", dependencies=["lib"])
    listed = here / "requirements" / "dev.in"
    listed.parent.mkdir()
    listed.write_text(f"--index-url {index.url}\n-e .\n", encoding="utf-8")
    lock = here / "pylock.dev.toml"

    for path, name in ((".", "lib2"), ("requirements", "lib3")):
        made = lockenv("lock", "-r", "requirements/dev.in", "--lockfile", lock.name, cwd=here)

        assert made.code == 0, made.err
        found = {one["name"]: one.get("directory") for one in tomllib.loads(lock.read_text())["packages"]}
        assert found[name] == {"path": path, "editable": True}
        write_tree(listed.parent, "lib3")  # what is beside the file is first


def test_editable_that_is_nowhere_is_reported_beside_its_file(tmp_path: Path) -> None:
    listed = tmp_path / "requirements" / "dev.in"
    listed.parent.mkdir()
    listed.write_text("-e ./nothing\n", encoding="utf-8")

    assert "requirements/nothing/pyproject.toml does not exist" in lockenv("lock", "-r", str(listed), cwd=tmp_path).err


def test_project_that_is_copied_is_built_again_when_it_changes(tmp_path: Path, index: LoopbackIndex) -> None:
    here = write_tree(tmp_path / "project", "mine", tool=tool(index), **PYTHON)
    ok("lock", cwd=here)
    ok("sync", "--no-editable", cwd=here)
    (here / "mine.py").write_text("NAME = 'changed'\n")

    ok("sync", "--no-editable", cwd=here)

    assert [each.read_text() for each in (here / ".venv").rglob("mine.py")] == ["NAME = 'changed'\n"]


def test_project_that_needs_nothing_syncs_again_and_takes_itself_away(tmp_path: Path, index: LoopbackIndex) -> None:
    here = write_tree(tmp_path / "project", "mine", tool=tool(index), **PYTHON)
    ok("lock", cwd=here)
    ok("sync", cwd=here)

    ok("sync", "--frozen", cwd=here)
    ok("sync", "--no-project", cwd=here)

    assert not list((here / ".venv").rglob("mine*"))


def test_change_of_a_package_named_build_is_noticed(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "lib2", "lib2", files={"lib2x/build/one.py": "first"})
    here = project(tmp_path / "project", index, ["lib2"], sources={"lib2": {"path": "../lib2"}})
    ok("lock", cwd=here)
    ok("sync", cwd=here)
    assert lockenv("sync", "--check", cwd=here).code == 0
    (sources / "lib2x" / "build" / "one.py").write_text("second")

    assert lockenv("sync", "--check", cwd=here).code == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in directories here")
def test_pipe_and_links_among_sources_do_not_hold_a_sync_up(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "lib2", "lib2", files={"one/a": "", "two/a": ""})
    os.mkfifo(sources / "pipe")
    (sources / "link").symlink_to("one")
    here = project(tmp_path / "project", index, ["lib2"], sources={"lib2": {"path": "../lib2"}})
    ok("lock", cwd=here)
    ok("sync", cwd=here)
    (sources / "link").unlink()
    (sources / "link").symlink_to("two")

    assert lockenv("sync", "--check", cwd=here).code == 1


@pytest.mark.parametrize("link", ["pyproject.toml", "inner"])
def test_commit_whose_sources_are_links_out_of_it_is_not_read(link: str, tmp_path: Path, index: LoopbackIndex) -> None:
    elsewhere = write_tree(tmp_path / "elsewhere", "tool")
    repository = tmp_path / "repository"
    repository.mkdir()
    target = elsewhere / link if link == "pyproject.toml" else elsewhere
    (repository / link).symlink_to(target)
    commit(repository)
    source = {"git": "../repository", **({"subdirectory": link} if link == "inner" else {})}
    here = project(tmp_path / "project", index, ["tool"], sources={"tool": source}, **{"allow-build": ["tool"]})

    done = no("lock", cwd=here)

    assert f"{link} is a link to a path outside of the sources" in done.err
    assert not (here / "pylock.toml").exists()


def test_tag_with_a_message_may_be_named_by_its_own_hash(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "repository", "tool")
    first = commit(sources)
    git(sources, "tag", "-a", "v1", "-m", "first")
    named = git(sources, "rev-parse", "v1")
    here = project(tmp_path / "project", index, ["tool"], sources={"tool": {"git": "../repository", "rev": named}})
    ok("lock", cwd=here)

    ok("lock", "-U", cwd=here)

    assert package(here, "tool")["vcs"]["commit-id"] == first


def test_credentials_in_a_lock_go_nowhere(tmp_path: Path, index: LoopbackIndex) -> None:
    here = project(tmp_path / "project", index, [], **{"allow-build": ["tool"]})
    vcs = '{ type = "git", url = "https://user:hunter2@127.0.0.1:1/x.git", commit-id = "' + "a" * 40 + '" }'
    (here / "pylock.toml").write_text(
        f'lock-version = "1.0"\ncreated-by = "other"\n\n[[packages]]\nname = "tool"\nvcs = {vcs}\n'
    )

    for command in (["sync", "--frozen"], ["tree"], ["tree", "--json"], ["why", "tool"], ["check"]):
        done = lockenv(*command, cwd=here)
        assert "hunter2" not in done.out + done.err, command


def test_what_repairs_an_environment_of_one_member_names_it(tmp_path: Path, index: LoopbackIndex) -> None:
    here = write_tree(
        tmp_path / "project", "example", tool={**tool(index), "workspace": {"members": ["packages/*"]}}, **PYTHON
    )
    write_tree(here / "packages" / "one", "one")
    ok("lock", cwd=here)
    ok("sync", "--package", "one", cwd=here)
    next((here / ".venv").rglob("one.pth")).write_text("")

    assert "`lockenv sync --package one`" in no("verify", cwd=here, code=1).err


def test_no_release_replaces_the_project_that_what_it_requires_requires(tmp_path: Path, index: LoopbackIndex) -> None:
    here = write_tree(tmp_path / "project", "Lib", version="9.0", dependencies=["app"], tool=tool(index), **PYTHON)
    (here / "Lib.py").rename(here / "lib.py")
    ok("lock", cwd=here)

    ok("sync", cwd=here)

    ok("verify", cwd=here)
    ok("sync", "--check", cwd=here)
    assert python(here, "import importlib.metadata as m; print(m.version('lib'))") == "9.0"
    ok("sync", "--no-project", cwd=here)
    ok("verify", cwd=here)
    assert python(here, "import importlib.metadata as m; print(*[each.name for each in m.distributions()])") == "app"


def test_what_builds_the_project_is_locked_again_when_it_says_otherwise(tmp_path: Path, index: LoopbackIndex) -> None:
    here = write_tree(tmp_path / "project", "mine", tool=tool(index), **PYTHON)
    ok("lock", cwd=here)
    text = (here / "pyproject.toml").read_text()
    (here / "pyproject.toml").write_text(text.replace("requires = []", 'requires = ["lib>=1"]'))

    assert "pylock.build.toml does not lock the build requirements of mine" in no("check", cwd=here, code=1).err
    ok("lock", cwd=here)

    ok("check", cwd=here)
    assert "lib" in (here / "pylock.build.toml").read_text()
    ok("sync", cwd=here)


def test_lock_of_what_builds_the_project_is_judged(tmp_path: Path, index: LoopbackIndex) -> None:
    here = write_tree(tmp_path / "project", "mine", tool=tool(index), **PYTHON)
    ok("lock", cwd=here)
    path = here / "pylock.build.toml"
    locked = path.read_text()

    path.write_text(locked.replace('">=3.11"\nextras', '">=3.12"\nextras'))
    assert "pylock.build.toml was changed since lockenv wrote it" in no("check", cwd=here, code=1).err
    ok("lock", cwd=here)
    assert path.read_text() == locked
    path.unlink()
    assert (
        "pylock.build.toml does not exist, but it must lock the build requirements of mine"
        in no("check", cwd=here, code=1).err
    )


def test_hosts_of_what_builds_need_are_judged_too(tmp_path: Path, index: LoopbackIndex) -> None:
    here = write_tree(tmp_path / "project", "mine", tool=tool(index), **PYTHON)
    text = (here / "pyproject.toml").read_text().replace("requires = []", 'requires = ["lib>=1"]')
    (here / "pyproject.toml").write_text(text)
    ok("lock", cwd=here)
    (here / "pyproject.toml").write_text(
        text.replace("[tool.lockenv]\n", '[tool.lockenv]\nallowed-hosts = ["files.example"]\n')
    )

    for command in (["lock", "--refresh"], ["sync"]):
        assert "refused[host-not-allowed]" in no(*command, cwd=here).err
    assert "which is not in allowed-hosts" in no("check", cwd=here, code=1).err


@pytest.mark.parametrize("scheme", ["http", "git"])
def test_repository_is_not_asked_without_encryption(scheme: str, tmp_path: Path, index: LoopbackIndex) -> None:
    here = project(tmp_path / "project", index, [f"tool @ git+{scheme}://code.example/x.git"])

    done = no("lock", cwd=here)

    assert f"{scheme}://code.example/x.git cannot be fetched: the connection is not encrypted" in done.err
    assert "--allow-http code.example" in done.err


def test_damaged_cache_in_another_repository_changes_nothing_there(tmp_path: Path, index: LoopbackIndex) -> None:
    write_tree(tmp_path / "repository", "tool")
    commit(tmp_path / "repository")
    here = project(tmp_path / "project", index, ["tool"], sources={"tool": {"git": "../repository"}})
    ok("lock", cwd=here)
    cache = tmp_path / "project.cache"
    kept = next(path for path in (cache / "git").iterdir() if path.is_dir())
    shutil.rmtree(kept)
    kept.mkdir()
    commit(cache)
    git(cache, "branch", "precious")

    ok("lock", "-U", cwd=here)

    assert git(cache, "branch", "--list", "precious").strip() == "precious"


@pytest.mark.parametrize(
    ("place", "reported"),
    [
        ('path = "https://code.example/x.git"', "its path is a URL"),
        ('path = "git@code.example:x.git"', "its path is a URL"),
        ('url = "https://code.example/x.git", path = "x"', "comes from code.example"),
    ],
)
def test_path_in_a_lock_hides_no_host(place: str, reported: str, tmp_path: Path, index: LoopbackIndex) -> None:
    here = project(tmp_path / "project", index, [], **{"allow-build": ["tool"], "allowed-hosts": ["files.example"]})
    vcs = f'{{ type = "git", {place}, commit-id = "{"a" * 40}" }}'
    (here / "pylock.toml").write_text(
        f'lock-version = "1.0"\ncreated-by = "other"\n\n[[packages]]\nname = "tool"\nvcs = {vcs}\n'
    )

    assert reported in no("sync", "--frozen", cwd=here).err


def test_archive_from_a_server_names_no_directory_of_this_machine(tmp_path: Path, index: LoopbackIndex) -> None:
    planted = write_tree(tmp_path / "planted", "planted", version=None, dynamic=["version"], files={"VERSION": "1"})
    thing = wheel("thing", "1.0", requires=[f"planted @ {planted.as_uri()}"])
    index.add(thing)
    made = f"{index.origin}/files/{thing.filename}"
    here = project(tmp_path / "project", index, [f"thing @ {made}"])

    assert "a place on this machine" in no("lock", cwd=here).err
    project(here, index, [f"thing @ {made}"], sources={"planted": {"path": "../planted"}})
    ok("lock", cwd=here)


def test_branch_and_tag_of_one_name_are_two_commits(tmp_path: Path, index: LoopbackIndex) -> None:
    sources = write_tree(tmp_path / "sources", "tool", version="1.0")
    commit(sources)
    git(sources, "tag", "v1")
    tagged = git(sources, "rev-parse", "HEAD").strip()
    (sources / "more.py").write_text("")
    branched = commit(sources)
    git(sources, "branch", "v1")
    locked = []
    for kind in ("branch", "tag", "branch"):
        table = {"sources": {"tool": {"git": "../sources", kind: "v1"}}}
        here = project(tmp_path / "here", index, ["tool"], **table)
        check = lockenv("check", cwd=here)
        lock = lockenv("lock", cwd=here)
        assert lock.code == 0, lock.err
        vcs = tomllib.loads((here / "pylock.toml").read_text())["packages"][0]["vcs"]
        locked.append((check.code, vcs["requested-revision"], vcs["commit-id"]))

    assert locked == [
        (2, "refs/heads/v1", branched),
        (1, "refs/tags/v1", tagged),
        (1, "refs/heads/v1", branched),
    ]


def test_url_whose_hash_another_requirement_states_is_checked(tmp_path: Path, index: LoopbackIndex) -> None:
    built = wheel("tool", "1.0")
    index.add(built)
    url = index.file_url(built.filename)
    write_tree(tmp_path / "here" / "mate", "mate", dependencies=[f"tool @ {url}#sha256={'0' * 64}"])
    sources = {"mate": {"path": "mate"}}
    here = project(tmp_path / "here", index, ["mate", f"tool @ {url}"], sources=sources)

    lock = lockenv("lock", cwd=here)

    assert (lock.code, "refused[hash-mismatch]" in lock.err) == (2, True), lock.err


def test_hash_that_was_not_corrected_with_the_url_is_refused_whatever_the_cache_has(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    old, new = wheel("tool", "1.0"), wheel("tool", "2.0")
    index.add_all(old, new)
    directory = project(tmp_path / "p", index, [f"tool @ {index.file_url(old.filename)}#sha256={old.sha256}"])
    ok("lock", cwd=directory)
    ok("sync", cwd=directory)
    project(directory, index, [f"tool @ {index.file_url(new.filename)}#sha256={old.sha256}"])

    refused = no("lock", cwd=directory)

    assert f"expected sha256 {old.sha256}, downloaded {new.sha256}" in refused.err
    assert package(directory, "tool")["version"] == "1.0"


def test_file_that_the_cache_has_is_compared_with_its_url_once(tmp_path: Path, index: LoopbackIndex) -> None:
    tool = wheel("tool", "1.0")
    index.add(tool)
    directory = project(tmp_path / "p", index, ["tool"])
    ok("lock", cwd=directory)
    ok("sync", cwd=directory)
    project(directory, index, [f"tool @ {index.file_url(tool.filename)}#sha256={tool.sha256}"])
    index.requests.clear()

    for _ in range(2):
        ok("lock", cwd=directory)
        (directory / "pylock.toml").unlink()

    assert [path for path in index.paths if path.endswith(".whl")] == [f"/files/{tool.filename}"]


def test_wheel_of_another_release_than_its_name_says_is_not_locked(tmp_path: Path, index: LoopbackIndex) -> None:
    built = wheel("tool", "1.0")
    index.add(replace(built, filename="tool-2.0-py3-none-any.whl"))
    directory = project(tmp_path / "p", index, [f"tool @ {index.file_url('tool-2.0-py3-none-any.whl')}"])

    assert "it contains tool 1.0, which is not what its file name says" in no("lock", cwd=directory).err
