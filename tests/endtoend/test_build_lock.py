"""The lock of what builds need follows what policy allows, and no build decides with what another is built."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.server import LoopbackIndex

SYSTEM = '[build-system]\nrequires = ["{}"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
BACKEND = """\
import pathlib, shutil, helper

def get_requires_for_build_wheel(config_settings=None):
    return ["late"] if helper.__version__ == "1.0" else []

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = next(pathlib.Path("prebuilt").iterdir()).name
    shutil.copyfile(pathlib.Path("prebuilt") / name, pathlib.Path(directory) / name)
    return name
"""


def build_lock(project: Path) -> dict[str, Any]:
    return tomllib.loads((project / "pylock.build.toml").read_text())


def tools_of(project: Path, group: str) -> Mapping[str, str]:
    """Return the versions of the tools that the lock has for `group`, by name."""
    from packaging.markers import Marker
    from packaging.pylock import Pylock

    lock = Pylock.from_dict(build_lock(project))
    chosen = {"dependency_groups": frozenset({group}), "extras": frozenset()}
    return {
        package.name: str(package.version)
        for package in lock.packages
        if package.marker is None or Marker(str(package.marker)).evaluate({**chosen}, context="lock_file")
    }


@pytest.fixture
def elsewhere(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return a project that needs a release with a source distribution, and a wheel for another platform alone."""
    index.add_all(
        wheel("dynamic", "1.0", requires=["lib"], tag="cp311-cp311-win_amd64"),
        sdist("dynamic", "1.0", requires=["lib"]),
    )
    return write_project(tmp_path / "project", ["dynamic"], index=index.url, tool={"allow-build": ["dynamic"]})


@pytest.mark.parametrize("allowed", [["dynamic"], True])
def test_permission_given_later_makes_the_lock_of_tools_and_moves_no_pin(
    elsewhere: Path, index: LoopbackIndex, allowed: object
) -> None:
    assert lockenv("lock", cwd=elsewhere).code == 0
    before = (elsewhere / "pylock.toml").read_bytes()
    index.add(sdist("dynamic", "1.1"))
    write_project(elsewhere, ["dynamic"], index=index.url, tool={"allow-build": ["other"]})
    without = [lockenv(*args, cwd=elsewhere) for args in (["lock"], ["lock", "--check"], ["check"], ["sync"])]
    assert [result.code for result in without[:3]] == [0, 0, 0], [result.err for result in without]
    assert not (elsewhere / "pylock.build.toml").exists()
    assert without[3].code != 0
    write_project(elsewhere, ["dynamic"], index=index.url, tool={"allow-build": allowed})

    stale = [lockenv(*args, cwd=elsewhere) for args in (["lock", "--check"], ["check"])]
    steps = [lockenv(*args, cwd=elsewhere) for args in (["lock"], ["check"], ["sync"], ["verify"])]

    assert [result.code for result in stale] == [1, 1]
    assert all("but it must lock the build requirements of dynamic 1.0" in result.err for result in stale)
    assert [step.code for step in steps] == [0, 0, 0, 0], [step.err for step in steps]
    assert (elsewhere / "pylock.toml").read_bytes() == before


def test_cap_of_one_build_does_not_decide_the_tools_of_another(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(
        wheel("helper", "1.0", files={"helper/__init__.py": "__version__ = '1.0'\n"}),
        wheel("helper", "2.0", files={"helper/__init__.py": "__version__ = '2.0'\n"}),
        wheel("late"),
        *(
            sdist(name, static=False, files={"backend.py": BACKEND, "pyproject.toml": SYSTEM.format(requires)})
            for name, requires in (("capped", "helper<2"), ("free", "helper"))
        ),
    )
    project = write_project(tmp_path / "project", ["capped", "free"], index=index.url, tool={"allow-build": True})

    steps = [lockenv(*args, cwd=project) for args in (["lock"], ["check"], ["sync"], ["verify"])]

    assert [step.code for step in steps] == [0, 0, 0, 0], [step.err for step in steps]
    assert tools_of(project, "free-1-0") == {"helper": "2.0"}
    assert tools_of(project, "capped-1-0") == {"helper": "1.0", "late": "1.0"}


def test_backend_that_fails_on_this_machine_leaves_what_its_sources_declare(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    headers = tmp_path / "headers"
    asks = BACKEND.replace(
        "    return",
        f"    if not pathlib.Path({str(headers)!r}).exists():\n        raise OSError('no headers')\n    return",
    )
    index.add_all(
        wheel("helper", "2.0", files={"helper/__init__.py": "__version__ = '2.0'\n"}),
        wheel("native", tag="cp311-cp311-win_amd64"),
        sdist("native", files={"backend.py": asks, "pyproject.toml": SYSTEM.format("helper")}),
    )
    project = write_project(tmp_path / "project", ["native"], index=index.url, tool={"allow-build": True})

    locked = lockenv("lock", cwd=project)
    refused = lockenv("sync", cwd=project)
    headers.touch()
    steps = [lockenv(*args, cwd=project) for args in (["sync"], ["lock", "--check"], ["check"], ["verify"])]

    assert locked.code == 0, locked.err
    assert (
        "note: the build requirements of native 1.0 are locked as its sources declare them: its build backend"
        in locked.err
    )
    assert tools_of(project, "native-1-0") == {"helper": "2.0"}
    assert refused.code != 0
    assert "no headers" in refused.err
    assert [step.code for step in steps] == [0, 0, 0, 0], [step.err for step in steps]


def test_tool_that_must_be_built_itself_hinders_no_lock(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(
        sdist("helper", "2.0"),
        sdist("native", files={"backend.py": BACKEND, "pyproject.toml": SYSTEM.format("helper")}),
    )
    project = write_project(tmp_path / "project", ["native"], index=index.url, tool={"allow-build": True})

    locked, refused = lockenv("lock", cwd=project), lockenv("sync", cwd=project)

    assert locked.code == 0, locked.err
    assert (
        "note: the build requirements of native 1.0 are locked as its sources declare them: its build backend does not "
        "run on this machine (no wheel here of helper 2.0), so that it could not be asked for more" in locked.err
    )
    assert refused.code == 2
    assert "helper 2.0 has no wheel for this environment, and is required to build native" in refused.err


def test_tool_that_must_be_built_itself_is_named_where_metadata_needs_it(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(
        sdist("helper", "2.0"),
        sdist("native", static=False, files={"backend.py": BACKEND, "pyproject.toml": SYSTEM.format("helper")}),
    )
    project = write_project(tmp_path / "project", ["native"], index=index.url, tool={"allow-build": True})

    refused = lockenv("lock", cwd=project)

    assert refused.code == 2
    assert "the build requirements of native 1.0 have no wheels for this environment: helper 2.0" in refused.err
    assert "hint: state what native 1.0 requires in [tool.lockenv] dependency-metadata" in refused.err


@pytest.fixture
def failing(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return a project one of whose backends fails, and notes in `asked` beside it each time that it was asked."""
    asks = BACKEND.replace(
        "    return",
        f"    pathlib.Path({str(tmp_path / 'asked')!r}).open('a').write('asked\\n')\n"
        "    raise OSError('no headers')\n    return",
    )
    index.add_all(
        wheel("helper", "2.0", files={"helper/__init__.py": "__version__ = '2.0'\n"}),
        wheel("native", tag="cp311-cp311-win_amd64"),
        sdist("native", files={"backend.py": asks, "pyproject.toml": SYSTEM.format("helper")}),
    )
    return write_project(tmp_path / "project", ["native"], index=index.url, tool={"allow-build": True})


def test_backend_that_failed_is_not_asked_again_at_once(failing: Path, tmp_path: Path) -> None:
    first = lockenv("lock", cwd=failing)
    locks = {path.name: path.read_bytes() for path in failing.glob("pylock*.toml")}
    for name in locks:
        (failing / name).unlink()

    again = lockenv("lock", cwd=failing)

    assert (first.code, again.code) == (0, 0), again.err
    assert {path.name: path.read_bytes() for path in failing.glob("pylock*.toml")} == locks
    assert (tmp_path / "asked").read_text() == "asked\n"
    assert "on this machine in the last hour (full log: " in again.err
    assert "and is asked again with `lock --refresh`" in again.err


def test_backend_that_failed_is_asked_again_where_it_may_answer(failing: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    env = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    def asked(*options: str, variables: Mapping[str, str]) -> int:
        (tmp_path / "asked").write_text("")
        for path in failing.glob("pylock*.toml"):
            path.unlink()
        locked = lockenv("lock", *options, cwd=failing, env=variables)
        assert locked.code == 0, locked.err
        return len((tmp_path / "asked").read_text().splitlines())

    found = [asked(variables=env), asked(variables=env)]
    found += [asked("--refresh", variables=env), asked("--refresh-package", "native", variables=env)]
    (programs / "pg_config").touch()
    found += [asked(variables=env), asked(variables=env), asked(variables={**env, "CFLAGS": "-I/opt/include"})]
    found.append(asked("--build-network", variables=env))

    assert found == [1, 0, 1, 1, 1, 0, 1, 1]


def test_lock_of_tools_that_builds_shared_is_made_again(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(sdist("one", static=False), sdist("two", static=False))
    project = write_project(tmp_path / "project", ["one", "two"], index=index.url, tool={"allow-build": True})
    assert lockenv("lock", cwd=project).code == 0
    path = project / "pylock.build.toml"
    text = path.read_text()
    shared, count = re.subn(r"conflicts = \[\n.*?\n\]\n", "", text, flags=re.DOTALL)
    assert count == 1
    path.write_text(shared)

    result = lockenv("lock", cwd=project)

    assert (
        "was written by an earlier version of lockenv, in which builds shared their requirements; locking again"
        in result.err
    )
    assert path.read_text() == text


def test_lock_of_tools_drops_what_is_no_longer_allowed(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("one", tag="cp311-none-any"), sdist("one"), sdist("two"))
    project = write_project(tmp_path / "project", ["one", "two"], index=index.url, tool={"allow-build": ["one", "two"]})
    assert lockenv("lock", cwd=project).code == 0
    assert build_lock(project)["dependency-groups"] == ["one-1-0", "two-1-0"]
    write_project(project, ["one", "two"], index=index.url, tool={"allow-build": ["two"]})

    result = lockenv("lock", cwd=project)

    assert result.code == 0, result.err
    assert build_lock(project)["dependency-groups"] == ["two-1-0"]


def test_host_that_only_the_lock_of_tools_names_is_found(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("helper", "1.1"), sdist("tool", "1.0", files={"pyproject.toml": SYSTEM.format("helper")}))
    project = write_project(
        tmp_path / "project", ["tool"], index=index.url, tool={"allow-build": True, "allowed-hosts": ["127.0.0.1"]}
    )
    assert lockenv("lock", cwd=project).code == 0
    file = project / "pylock.build.toml"
    file.write_text(file.read_text().replace(f"127.0.0.1:{index.port}", "elsewhere.example"))

    result = lockenv("check", cwd=project)

    assert result.code == 1
    assert "helper 1.1 comes from elsewhere.example, which is not in allowed-hosts" in result.err


def test_permission_that_is_withdrawn_is_asked_for_again(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("dynamic", "1.0", static=False))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool={"allow-build": ["dynamic"]})
    assert lockenv("lock", cwd=project).code == 0
    before = (project / "pylock.toml").read_bytes()
    write_project(project, ["dynamic"], index=index.url)

    results = [lockenv(*args, cwd=project) for args in (["check"], ["lock", "--check"], ["lock"])]

    assert [result.code for result in results] == [1, 1, 1]
    assert all("`allow-build` no longer lists dynamic 1.0" in result.err for result in results[:2])
    assert "`lockenv lock --allow-build dynamic` to allow it" in results[2].err
    assert (project / "pylock.toml").read_bytes() == before
    assert [lockenv(*args, cwd=project).code for args in (["lock", "--allow-build", "dynamic"], ["check"])] == [0, 0]


def test_lock_of_tools_that_was_edited_is_made_again(tmp_path: Path, index: LoopbackIndex) -> None:
    files = {"pyproject.toml": SYSTEM.format("helper"), "backend.py": BACKEND}
    index.add_all(
        wheel("helper", "1.0", files={"helper/__init__.py": "__version__ = '1.0'\n"}),
        wheel("late"),
        sdist("one", static=False, files=files),
    )
    project = write_project(tmp_path / "project", ["one"], index=index.url, tool={"allow-build": True})
    assert lockenv("lock", cwd=project).code == 0
    path = project / "pylock.build.toml"
    text = path.read_text()
    assert 'version = "1.0"' in text
    path.write_text(text.replace('version = "1.0"', 'version = "2.0"'))

    result = lockenv("lock", cwd=project)

    assert (result.code, path.read_text()) == (0, text), result.err


def test_tool_that_no_wheel_has_is_named_as_such(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(
        sdist("helper", static=False), sdist("one", static=False, files={"pyproject.toml": SYSTEM.format("helper")})
    )
    project = write_project(tmp_path / "project", ["one"], index=index.url, tool={"allow-build": True})

    result = lockenv("lock", cwd=project)

    assert result.code != 0
    assert "helper (of which no release has a wheel, and none may be built)" in result.err


@pytest.mark.parametrize(
    ("tags", "tool", "groups"),
    [
        (["py3-none-any"], {}, []),
        (["py2.py3-none-any", "cp311-cp311-win_amd64"], {}, []),
        (["py312-none-any"], {}, ["made-1-0"]),
        ([f"cp3{minor}-none-any" for minor in range(8, 30)], {}, ["made-1-0"]),
        (["py3-none-any"], {"no-binary-package": ["made"]}, ["made-1-0"]),
    ],
    ids=["pure", "pure and compiled", "for newer Pythons", "for CPython", "no wheel counts"],
)
def test_tools_are_locked_for_what_is_named_and_may_have_to_be_built(
    tmp_path: Path, index: LoopbackIndex, tags: list[str], tool: dict[str, list[str]], groups: list[str]
) -> None:
    """Not for what has a wheel for every system and every Python that the project admits."""
    files = {"backend.py": BACKEND, "pyproject.toml": SYSTEM.format("helper")}
    index.add_all(wheel("helper", "2.0"), sdist("made", files=files), *(wheel("made", tag=tag) for tag in tags))
    project = write_project(
        tmp_path / "project", ["made"], index=index.url, requires_python=">=3.8", tool={"allow-build": ["made"], **tool}
    )

    steps = [lockenv(*args, cwd=project) for args in (["lock"], ["check"], ["lock", "--check"], ["sync"])]

    assert [step.code for step in steps] == [0, 0, 0, 0], [step.err for step in steps]
    text = (project / "pylock.build.toml").read_text() if groups else ""
    assert (project / "pylock.build.toml").exists() == bool(groups)
    assert tomllib.loads(text).get("dependency-groups", []) == groups


@pytest.mark.parametrize("is_named", [True, False], ids=["a wheel as well", "no wheel"])
def test_release_for_newer_pythons_is_built_for_those_alone(
    tmp_path: Path, index: LoopbackIndex, is_named: bool
) -> None:
    """What builds it need not run on the older Pythons of the project."""
    if is_named:
        index.add(wheel("made", requires_python=">=3.11", tag="cp311-none-any"))
    index.add_all(
        wheel("helper", "2.0", requires_python=">=3.11", files={"helper/__init__.py": "__version__ = '2.0'\n"}),
        sdist(
            "made", requires_python=">=3.11", files={"backend.py": BACKEND, "pyproject.toml": SYSTEM.format("helper")}
        ),
    )
    here = write_project(
        tmp_path / "project",
        ["made; python_version >= '3.11'"],
        index=index.url,
        requires_python=">=3.8",
        tool={"allow-build": ["made"]},
    )

    steps = [lockenv(*args, cwd=here) for args in (["lock"], ["check"], ["lock", "--check"])]

    assert [step.code for step in steps] == [0, 0, 0], [step.err for step in steps]
    assert tools_of(here, "made-1-0") == {"helper": "2.0"}
