"""Two branches that lock differently, merged by real git: alone, with the driver, and by `lock` afterwards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.locks import pins
from tests.support.program import PYTHON, environment, lockenv
from tests.support.repository import commit, git, repository
from tests.support.server import LoopbackIndex
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SYSTEM = '[build-system]\nrequires = ["tool-of-{name}"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
HEAD = '[project]\nname = "example"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'


def declare(project: Path, index: LoopbackIndex, requires: Sequence[str]) -> None:
    """Write one requirement a line, with a blank line between them, so that git merges what is not the same line."""
    lines = "".join(f'\n  "{text}",\n' for text in requires)
    tool = f'[[tool.lockenv.index]]\nname = "loopback"\nurl = "{index.url}"\n'
    (project / "pyproject.toml").write_text(f"{HEAD}dependencies = [{lines}]\n\n{tool}", encoding="utf-8")


def lock(project: Path, *words: str) -> None:
    result = lockenv("lock", *words, cwd=project)
    assert result.code == 0, result.err


def branch(project: Path, index: LoopbackIndex, name: str, requires: Sequence[str], *words: str) -> None:
    """Make a branch of `main` that declares `requires`, locked."""
    git(project, "checkout", "--quiet", "-b", name, "main")
    declare(project, index, requires)
    lock(project, *words)
    commit(project, name)


@pytest.fixture
def many(index: LoopbackIndex) -> LoopbackIndex:
    """Provide the index with more projects: some alone, two that need `shared`, and its versions."""
    for name in ("alpha", "beta", "gamma", "omega", "psi"):
        index.add(wheel(name, "1.0"))
    index.add_all(wheel("needs-old", "1.0", requires=["shared<2"]), wheel("needs-new", "1.0", requires=["shared"]))
    index.add_all(wheel("shared", "1.0"), wheel("shared", "1.5"), wheel("shared", "2.0"))
    return index


@pytest.fixture
def main(tmp_path: Path, many: LoopbackIndex) -> Path:
    """Provide a repository whose `main` is a locked project."""
    project = repository(tmp_path / "project")
    declare(project, many, ["beta", "gamma", "lib<1.1"])
    lock(project)
    commit(project, "main")
    return project


def install(project: Path) -> dict[str, str]:
    """Install the driver; return what git needs to run it."""
    result = lockenv("merge-driver", "--install", cwd=project, env={"PATH": _without_lockenv(project)})
    assert result.code == 0, result.err
    commit(project, "attributes")
    return environment(project)


def _without_lockenv(project: Path) -> str:
    """Return a PATH that has git alone, so that the driver is this interpreter's program."""
    import shutil

    directory = project.with_name("bin")
    directory.mkdir(exist_ok=True)
    found = shutil.which("git")
    assert found is not None
    (directory / "git").symlink_to(found)
    return str(directory)


def test_two_additions_apart_from_each_other_merge_without_help(main: Path, many: LoopbackIndex) -> None:
    branch(main, many, "one", ["alpha", "beta", "gamma", "lib<1.1"])
    branch(main, many, "two", ["beta", "gamma", "lib<1.1", "omega"])

    git(main, "merge", "--quiet", "--no-edit", "one")

    assert lockenv("check", cwd=main).code == 0, lockenv("check", cwd=main).err
    assert pins(main) == ["alpha 1.0", "beta 1.0", "gamma 1.0", "lib 1.0", "omega 1.0"]
    before = (main / "pylock.toml").read_bytes()
    lock(main)
    assert (main / "pylock.toml").read_bytes() == before


def test_additions_beside_each_other_conflict_and_every_command_names_the_way_out(
    main: Path, many: LoopbackIndex
) -> None:
    branch(main, many, "one", ["beta", "gamma", "lib<1.1", "omega"])
    branch(main, many, "two", ["beta", "gamma", "lib<1.1", "psi"])
    git(main, "merge", "one", code=1)
    unmerged = lockenv("lock", cwd=main)
    assert re.search(r"pyproject\.toml:\d+ has unresolved merge conflict markers", unmerged.err)
    assert "resolve the conflict there, then run `lockenv lock`" in unmerged.err
    declare(main, many, ["beta", "gamma", "lib<1.1", "omega", "psi"])

    for words in (("check",), ("sync",), ("verify",), ("lock", "--check"), ("diff",), ("sync", "--frozen")):
        result = lockenv(*words, cwd=main)

        assert result.code == 2, words
        assert "merge conflict markers at line" in result.err, words
        assert "run `lockenv lock`" in result.err, words


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_lock_makes_a_conflict_again_from_the_pins_of_both_sides(main: Path, many: LoopbackIndex, style: str) -> None:
    branch(main, many, "one", ["beta", "gamma", "lib<1.1", "omega"])
    branch(main, many, "two", ["beta", "gamma", "lib<1.1", "psi"])
    git(main, "-c", f"merge.conflictStyle={style}", "merge", "one", code=1)
    declare(main, many, ["beta", "gamma", "lib<1.1", "omega", "psi"])
    for name in ("beta", "gamma", "omega", "psi"):
        many.add(wheel(name, "2.0"))

    lock(main, "--refresh")

    assert pins(main) == ["beta 1.0", "gamma 1.0", "lib 1.0", "omega 1.0", "psi 1.0"]
    assert lockenv("check", cwd=main).code == 0


def test_pin_that_one_branch_moved_stays_moved(main: Path, many: LoopbackIndex) -> None:
    git(main, "checkout", "--quiet", "-b", "one")
    many.add(wheel("beta", "2.0"))
    lock(main, "-P", "beta", "--refresh")
    commit(main, "one")
    branch(main, many, "two", ["beta", "gamma", "lib<1.1", "omega"])
    git(main, "merge", "--quiet", "--no-edit", "one")

    assert "beta 2.0" in pins(main)
    assert lockenv("check", cwd=main).code == 0


def test_driver_merges_what_git_cannot_without_asking_the_index(main: Path, many: LoopbackIndex) -> None:
    env = install(main)
    branch(main, many, "one", ["beta", "gamma", "lib<1.1", "omega"])
    branch(main, many, "two", ["beta", "gamma", "lib<1.1", "psi"])
    many.requests.clear()

    git(main, "merge", "one", code=1, env=env)

    assert git(main, "diff", "--name-only", "--diff-filter=U") == "pyproject.toml\n"
    assert many.requests == []
    declare(main, many, ["beta", "gamma", "lib<1.1", "omega", "psi"])
    assert lockenv("check", cwd=main).code == 0, lockenv("check", cwd=main).err


def test_driver_resolves_where_both_sides_moved_one_package(main: Path, many: LoopbackIndex) -> None:
    env = install(main)
    branch(main, many, "one", ["beta", "gamma", "lib<1.1", "needs-old"])
    branch(main, many, "two", ["beta", "gamma", "lib<1.1", "needs-new"])
    assert "shared 2.0" in pins(main)

    git(main, "merge", "one", code=1, env=env)

    assert "shared 1.5" in pins(main)
    declare(main, many, ["beta", "gamma", "lib<1.1", "needs-new", "needs-old"])
    assert lockenv("check", cwd=main).code == 0, lockenv("check", cwd=main).err


def test_driver_asks_no_index_that_another_branch_names(main: Path, many: LoopbackIndex) -> None:
    env = install(main)
    branch(main, many, "one", ["beta", "gamma", "lib<1.1", "needs-old"])
    with LoopbackIndex() as evil:
        evil.add_all(*(wheel(name, "1.0") for name in ("beta", "gamma", "needs-old", "shared")), wheel("lib", "1.0"))
        git(main, "checkout", "--quiet", "-b", "evil", "one")
        declare(main, evil, ["beta", "gamma", "lib<1.1", "needs-old", "shared"])
        lock(main, "-U")
        commit(main, "evil")
        branch(main, many, "two", ["beta", "gamma", "lib<1.1", "needs-new"])
        evil.requests.clear()
        many.requests.clear()

        git(main, "merge", "evil", code=1, env=env)

        assert (evil.requests, many.requests) == ([], [])
    assert "<<<<<<< ours" in (main / "pylock.toml").read_text(encoding="utf-8")


def test_driver_leaves_markers_where_the_branches_contradict_each_other(main: Path, many: LoopbackIndex) -> None:
    env = install(main)
    branch(main, many, "one", ["beta", "gamma", "lib==1.0"])
    branch(main, many, "two", ["beta", "gamma", "lib==1.1"])

    git(main, "merge", "one", code=1, env=env)

    text = (main / "pylock.toml").read_text(encoding="utf-8")
    assert ("<<<<<<< ours" in text, ">>>>>>> theirs" in text) == (True, True)
    declare(main, many, ["beta", "gamma", "lib==1.1"])
    lock(main)
    assert lockenv("check", cwd=main).code == 0


def test_driver_merges_the_first_locks_of_two_branches(tmp_path: Path, many: LoopbackIndex) -> None:
    project = repository(tmp_path / "project")
    (project / "README").write_text("", encoding="utf-8")
    commit(project, "main")
    env = install(project)
    branch(project, many, "one", ["beta"])
    branch(project, many, "two", ["gamma"])

    git(project, "merge", "one", code=1, env=env)

    assert pins(project) == ["beta 1.0", "gamma 1.0"]


def test_installing_twice_changes_nothing_more(main: Path) -> None:
    (main / ".gitattributes").write_text("*.png binary", encoding="utf-8")
    install(main)
    first = (main / ".gitattributes").read_text(encoding="utf-8"), git(main, "config", "--local", "--list")

    result = lockenv("merge-driver", "--install", cwd=main)

    again = (main / ".gitattributes").read_text(encoding="utf-8")
    assert (result.code, again) == (0, first[0])
    assert first[0] == "*.png binary\npylock.toml merge=lockenv\npylock.*.toml merge=lockenv\n"
    assert f"merge.lockenv.driver={PYTHON} -I -m lockenv merge-driver %O %A %B %P" in first[1]


@pytest.mark.parametrize("words", [(), ("a", "b", "c"), ("nothing", "nothing", "nothing", "pylock.toml")])
def test_driver_without_its_files_is_one_sentence(main: Path, words: tuple[str, ...]) -> None:
    result = lockenv("merge-driver", *words, cwd=main)

    assert (result.code, result.err.count("error:")) == (2, 1)


@pytest.mark.parametrize("with_driver", [True, False])
def test_locks_of_build_tools_are_merged_too(tmp_path: Path, many: LoopbackIndex, with_driver: bool) -> None:
    for name in ("built-one", "built-two"):
        many.add(sdist(name, "1.0", files={"pyproject.toml": SYSTEM.format(name=name)}))
        many.add(wheel(f"tool-of-{name}", "1.0"))
    project = repository(tmp_path / "project")

    def declares(*requires: str) -> None:
        declare(project, many, requires)
        with (project / "pyproject.toml").open("a", encoding="utf-8") as stream:
            stream.write("\n[tool.lockenv]\nallow-build = true\n")

    declares("beta")
    lock(project)
    commit(project, "main")
    env = install(project) if with_driver else environment(project)
    for name in ("built-one", "built-two"):
        git(project, "checkout", "--quiet", "-b", name, "main")
        declares("beta", name)
        lock(project)
        commit(project, name)

    git(project, "merge", "built-one", code=1, env=env)
    declares("beta", "built-one", "built-two")
    if not with_driver:
        lock(project)

    assert lockenv("check", cwd=project).code == 0, lockenv("check", cwd=project).err
    assert pins(project / "pylock.build.toml") == ["tool-of-built-one 1.0", "tool-of-built-two 1.0"]
    assert lockenv("sync", cwd=project).code == 0
