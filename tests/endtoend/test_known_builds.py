"""What is remembered of a resolution that builds took part in: as long as they would answer the same, unasked."""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_build_lock import BACKEND, SYSTEM
from tests.endtoend.test_known_resolution import forget, is_known, remembered
from tests.endtoend.test_module_budget import loaded_whole
from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.server import Answer, LoopbackIndex
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HELPER = wheel("helper", "2.0", files={"helper/__init__.py": "__version__ = '2.0'\n"})
_TOOLS = {"backend.py": BACKEND, "pyproject.toml": SYSTEM.format("helper")}
_OWN = '\n[build-system]\nrequires = ["helper"]\nbuild-backend = "backend"\n'


def texts_of(project: Path) -> dict[str, bytes]:
    """Return the locks of a project, by name."""
    return {path.name: path.read_bytes() for path in project.glob("pylock*.toml")}


def with_own_build(project: Path, more: str = "") -> Path:
    """Let a project be built with `helper`."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as opened:
        opened.write(_OWN + more)
    return project


@pytest.fixture
def own(project: Path, index: LoopbackIndex) -> Path:
    """Return a project with a build system, which is locked."""
    index.add(_HELPER)
    assert lockenv("lock", cwd=with_own_build(project)).code == 0
    return project


@pytest.fixture
def built(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return a project that needs a release which only a build describes; it was built, and is locked."""
    index.page_cache_control = "max-age=0"
    index.add_all(_HELPER, sdist("dynamic", requires=["lib"], static=False, files=_TOOLS))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool={"allow-build": ["dynamic"]})
    for _ in range(2):
        (project / "pylock.toml").unlink(missing_ok=True)
        assert lockenv("lock", cwd=project).code == 0
    return project


def test_project_that_is_built_itself_is_known_and_the_same(own: Path) -> None:
    (own / "pylock.toml").unlink()
    assert lockenv("lock", cwd=own).code == 0  # now that there is a lock of what builds it
    before = texts_of(own)

    (own / "pylock.toml").unlink()
    loaded = loaded_whole(own, "lock")

    assert not {"lockenv.resolve.solve", "lockenv.builds.builder"} & set(loaded)
    assert texts_of(own) == before
    assert sorted(before) == ["pylock.build.toml", "pylock.toml"]


def test_lock_of_build_tools_that_is_gone_is_made_again(own: Path) -> None:
    before = texts_of(own)
    for name in before:
        (own / name).unlink()

    assert is_known(own)

    assert texts_of(own) == before


def test_lock_that_builds_nothing_needs_no_interpreter_known_or_not(own: Path) -> None:
    (own / ".python-version").write_text("3.99\n", encoding="utf-8")
    (own / "pylock.toml").unlink()
    known = lockenv("lock", cwd=own)
    before = texts_of(own)
    forget(own)

    searched = lockenv("lock", cwd=own)

    assert (known.code, searched.code, texts_of(own)) == (0, 0, before)


def test_newer_release_of_a_build_tool_is_locked_once_its_page_is_due(project: Path, index: LoopbackIndex) -> None:
    index.page_cache_control = "max-age=0"
    index.add(_HELPER)
    with_own_build(project)
    for _ in range(2):
        assert lockenv("lock", "-U", cwd=project).code == 0
    assert is_known(project, "-U") is False  # the lock was gone
    index.add(wheel("helper", "3.0"))

    assert lockenv("lock", "-U", cwd=project).code == 0

    assert b'version = "3.0"' in texts_of(project)["pylock.build.toml"]


@pytest.mark.parametrize("more", ['backend-path = ["."]\n', '[project.optional-dependencies]\nself = ["example"]\n'])
def test_what_more_decides_how_a_project_is_built_is_not_remembered(
    project: Path, index: LoopbackIndex, more: str
) -> None:
    """Where links lead in a tree, and what it reports of itself."""
    index.add(_HELPER)
    write_project(project, ["app"], index=index.url)
    with_own_build(project, more)
    lockenv("lock", cwd=project)

    assert bool(remembered(project)) is ("backend-path" not in more)


def test_tool_whose_hash_no_page_states_is_not_remembered(project: Path, index: LoopbackIndex) -> None:
    index.add(_HELPER, sha256=False)

    assert lockenv("lock", cwd=with_own_build(project)).code == 0

    assert remembered(project) == []


def test_tool_for_fewer_pythons_whose_hash_no_page_states_is_not_remembered(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add(wheel("maker", "2.0", requires=["gone; python_version >= '3.99'"]), sha256=False)
    index.add(sdist("native", requires_python="<3.99", files={"pyproject.toml": SYSTEM.format("maker")}))
    wanted = ["native; python_version < '3.99'"]
    project = write_project(tmp_path / "project", wanted, index=index.url, tool={"allow-build": ["native"]})

    for _ in range(2):
        (project / "pylock.toml").unlink(missing_ok=True)
        assert lockenv("lock", cwd=project).code == 0

    assert remembered(project) == []


def test_release_that_may_not_be_built_is_named_again(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("native"))
    project = write_project(tmp_path / "project", ["native"], index=index.url)
    said = []
    for _ in range(2):
        (project / "pylock.toml").unlink(missing_ok=True)
        said.append("allow-build" in lockenv("lock", cwd=project).err)

    assert said == [True, True]


def test_release_that_was_built_is_known_and_the_same(built: Path, index: LoopbackIndex) -> None:
    before = texts_of(built)
    index.requests.clear()

    assert is_known(built)

    assert texts_of(built) == before
    assert sorted(index.paths) == [f"/simple/{name}/" for name in ("dynamic", "helper", "lib")]


def test_run_in_which_something_is_built_is_not_remembered(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(_HELPER, sdist("dynamic", requires=["lib"], static=False, files=_TOOLS))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool={"allow-build": ["dynamic"]})

    assert "building the metadata" in lockenv("lock", cwd=project).err

    assert remembered(project) == []


def test_backend_that_lacks_tools_here_is_asked_where_they_are(tmp_path: Path, index: LoopbackIndex) -> None:
    """Which interpreter is in use is no part of the question: nothing is remembered where one was looked at."""
    native = sdist("native", files={"pyproject.toml": SYSTEM.format("plated")})
    index.add_all(wheel("plated", tag="cp311-cp311-win_amd64"), native)
    project = write_project(tmp_path / "project", ["native"], index=index.url, tool={"allow-build": ["native"]})

    assert "does not run on this machine" in lockenv("lock", cwd=project).err

    assert remembered(project) == []


def test_page_of_a_tool_that_cannot_be_read_and_is_not_needed_is_looked_at_again(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    """A tool that no release serves for all Pythons of the project is locked for those of what it builds."""
    asks = BACKEND.replace("helper", "maker")
    native = sdist(
        "native", requires_python=">=3.12", files={"backend.py": asks, "pyproject.toml": SYSTEM.format("maker")}
    )
    index.add_all(wheel("maker", "2.0", requires=["odd; python_version < '3.12'"]), native)
    torn = Answer(b"{", {"Content-Type": "application/vnd.pypi.simple.v1+json"})
    index.fail("/simple/odd/", torn, times=None)
    wanted = ["native; python_version >= '3.12'"]
    project = write_project(tmp_path / "project", wanted, index=index.url, tool={"allow-build": ["native"]})

    result = lockenv("lock", cwd=project)

    assert (result.code, remembered(project)) == (0, []), result.err


def test_pages_count_that_are_asked_once_a_newer_tool_would_have_to_be_built(
    project: Path, index: LoopbackIndex
) -> None:
    index.page_cache_control = "max-age=0"
    index.add_all(sdist("helper", "3.0", static=False), wheel("helper", "2.0", requires=["late"]), wheel("late", "1.0"))
    assert lockenv("lock", cwd=with_own_build(project)).code == 0
    (project / "pylock.build.toml").unlink()
    assert is_known(project)
    (project / "pylock.build.toml").unlink()
    index.add(wheel("late", "2.0"))

    assert not is_known(project)

    assert b'name = "late"\nversion = "2.0"' in texts_of(project)["pylock.build.toml"]


def test_pages_count_that_are_asked_for_fewer_pythons(tmp_path: Path, index: LoopbackIndex) -> None:
    index.page_cache_control = "max-age=0"
    maker = wheel("maker", "2.0", requires=["gone; python_version >= '3.99'", "late"])
    native = sdist("native", requires_python="<3.99", files={"pyproject.toml": SYSTEM.format("maker")})
    index.add_all(maker, native, wheel("late", "1.0"))
    wanted = ["native; python_version < '3.99'"]
    project = write_project(tmp_path / "project", wanted, index=index.url, tool={"allow-build": ["native"]})

    def is_known_from_nothing() -> bool:
        (project / "pylock.build.toml").unlink(missing_ok=True)
        return is_known(project)

    known = [is_known_from_nothing() for _ in range(3)]
    index.add(wheel("late", "2.0"))

    assert [*known, is_known_from_nothing()] == [False, False, True, False]
    assert b'name = "late"\nversion = "2.0"' in texts_of(project)["pylock.build.toml"]


@pytest.mark.parametrize("form", ["built-metadata-2", "build-requires-2"])
def test_answer_of_a_build_that_is_gone_is_asked_for_again(built: Path, form: str) -> None:
    cache = built.with_name(f"{built.name}.cache")
    shutil.rmtree(cache / form)

    assert not is_known(built)

    assert (cache / form).exists()


def test_answer_of_a_build_that_is_another_now_counts(built: Path) -> None:
    """As where another project built the same with the same tools."""
    cache = built.with_name(f"{built.name}.cache")
    for kept in (cache / "built-metadata-2").rglob("*"):
        if kept.is_file():
            kept.write_bytes(kept.read_bytes().replace(b"Requires-Dist: lib", b"Requires-Dist: app"))

    assert not is_known(built)


def test_builds_on_another_machine_are_others(built: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    variables = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    def is_answered() -> bool:
        (built / "pylock.toml").unlink()
        stamps = [path.stat().st_mtime_ns for path in remembered(built)]
        assert lockenv("lock", cwd=built, env=variables).code == 0
        return stamps == [path.stat().st_mtime_ns for path in remembered(built)]

    found = [is_answered(), is_answered()]
    (programs / "pg_config").touch()
    found += [is_answered(), is_answered()]

    assert found == [False, True, False, True]


def test_new_release_of_a_tool_is_looked_at(built: Path, index: LoopbackIndex) -> None:
    (built / "pylock.build.toml").unlink()
    index.add(wheel("helper", "3.0", files={"helper/__init__.py": "__version__ = '3.0'\n"}))

    assert not is_known(built)

    assert b'version = "3.0"' in texts_of(built)["pylock.build.toml"]


def test_failure_that_is_remembered_is_said_again(tmp_path: Path, index: LoopbackIndex) -> None:
    asks = BACKEND.replace("    return", "    raise OSError('no headers')\n    return")
    files = {"backend.py": asks, "pyproject.toml": SYSTEM.format("helper")}
    index.add_all(_HELPER, wheel("native", tag="cp311-cp311-win_amd64"), sdist("native", files=files))
    project = write_project(tmp_path / "project", ["native"], index=index.url, tool={"allow-build": True})
    said = []
    for _ in range(3):
        (project / "pylock.toml").unlink(missing_ok=True)
        result = lockenv("lock", "--color", "never", cwd=project)
        assert result.code == 0, result.err
        said.append([line for line in result.err.splitlines() if line.startswith("note:")])

    assert is_known(project)
    assert said[1] == said[2]
    assert "on this machine in the last hour" in said[2][0]
    shutil.rmtree(project.with_name("project.cache") / "build-failed-1")
    assert not is_known(project)


def _at_random(chance: random.Random, index: LoopbackIndex, project: Path) -> Callable[[], object]:
    """Return one of the changes that the world, or a person, makes between two locks."""
    name = chance.choice("abht")
    version = f"{chance.randrange(1, 4)}.{chance.randrange(3)}"
    needs = chance.sample(["a", "b>=1.1", "b<3", "t"], chance.randrange(3))
    made = wheel(name, version, requires=[each for each in needs if each[0] > name])
    source = sdist("s", version, requires=needs, static=False, files={"pyproject.toml": SYSTEM.format("t")})
    fails = sdist("s", version, static=chance.random() < 0.5, files={"backend.py": "raise OSError"})
    own = chance.choice(["", _OWN.replace("helper", "h"), _OWN.replace("helper", "h<2")])
    wanted = chance.sample(["a", "s", "s", "b"], 2)

    def declare() -> None:
        write_project(project, wanted, index=index.url, tool={"allow-build": ["s"]})
        with (project / "pyproject.toml").open("a", encoding="utf-8") as opened:
            opened.write(own)

    return chance.choice(
        [
            lambda: index.add(chance.choice([made, source])),
            lambda: index.add(chance.choice([made, source]), yanked="no"),
            lambda: index.add(chance.choice([source, fails])),
            lambda: index.remove(made.filename),
            declare,
            lambda: setattr(index, "page_cache_control", chance.choice(["max-age=0", "no-store", "max-age=600"])),
            lambda: (project / "pylock.build.toml").unlink(missing_ok=True),
            *[lambda: None] * 4,
        ]
    )


@pytest.mark.parametrize("seed", range(4))
def test_answer_is_always_that_of_a_search_with_the_same_cache(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    project = tmp_path / "project"
    known = 0
    with LoopbackIndex() as index:
        write_project(project, ["a", "s"], index=index.url, tool={"allow-build": ["s"]})
        index.add_all(*(wheel(name, "1.0") for name in "abht"), sdist("s", "1.0", static=False))
        index.page_cache_control = "max-age=0"
        for _ in range(20):
            _at_random(chance, index, project)()
            (project / "pylock.toml").unlink(missing_ok=True)
            before = texts_of(project)
            lockenv_here("lock", cwd=project)  # whatever is to be built is built now
            put_back(project, before)
            stamps = [file.stat().st_mtime_ns for file in remembered(project)]
            first = lockenv_here("lock", cwd=project)
            found = texts_of(project)
            known += stamps != [] and stamps == [file.stat().st_mtime_ns for file in remembered(project)]
            forget(project)
            put_back(project, before)
            second = lockenv_here("lock", cwd=project)
            assert (second.code, texts_of(project)) == (first.code, found)
    assert known


def put_back(project: Path, texts: dict[str, bytes]) -> None:
    """Let the locks of a project be those with these `texts`."""
    for path in project.glob("pylock*.toml"):
        path.unlink()
    for name, text in texts.items():
        (project / name).write_bytes(text)
