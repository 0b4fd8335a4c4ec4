"""Constraints of build requirements decide the lock of what builds need, and nothing else."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.test_build_lock import BACKEND, SYSTEM, build_lock, tools_of
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


@pytest.fixture
def served(index: LoopbackIndex) -> LoopbackIndex:
    """Provide an index with two releases of a build tool, and what is built with any of them."""
    index.add_all(
        wheel("helper", "1.1", files={"helper/__init__.py": "__version__ = '1.1'\n"}),
        wheel("helper", "2.0", files={"helper/__init__.py": "__version__ = '2.0'\n"}),
        sdist("made", static=False, files={"backend.py": BACKEND, "pyproject.toml": SYSTEM.format("helper")}),
    )
    return index


def project(tmp_path: Path, index: LoopbackIndex, *limits: str, requires: tuple[str, ...] = ("made",)) -> Path:
    tool: dict[str, Any] = {"allow-build": True, **({"build-constraints": [*limits]} if limits else {})}
    return write_project(tmp_path / "project", [*requires], index=index.url, tool=tool)


def test_tools_are_locked_within_the_constraints_and_build_with_them(tmp_path: Path, served: LoopbackIndex) -> None:
    here = project(tmp_path, served, "helper<2", "unrelated>3")

    steps = [lockenv(*args, cwd=here) for args in (["lock"], ["check"], ["sync"], ["verify"])]

    assert [step.code for step in steps] == [0, 0, 0, 0], [step.err for step in steps]
    assert tools_of(here, "made-1-0") == {"helper": "1.1"}
    assert build_lock(here)["tool"]["lockenv"]["inputs"]["constraints"] == ["helper<2", "unrelated>3"]
    assert "constraints" not in (here / "pylock.toml").read_text()


def test_constraint_of_builds_limits_no_requirement_of_the_project(tmp_path: Path, served: LoopbackIndex) -> None:
    here = project(tmp_path, served, "helper<2", requires=("made", "helper"))

    assert lockenv("lock", cwd=here).code == 0
    assert 'name = "helper"\nversion = "2.0"' in (here / "pylock.toml").read_text()
    assert tools_of(here, "made-1-0") == {"helper": "1.1"}


@pytest.mark.parametrize(
    ("before", "after"), [((), ("helper<2",)), (("helper<2",), ("helper>=2",)), (("helper<2",), ())]
)
def test_change_of_the_constraints_is_noticed_and_locked(
    tmp_path: Path, served: LoopbackIndex, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    assert lockenv("lock", cwd=project(tmp_path, served, *before)).code == 0
    here = project(tmp_path, served, *after)
    main = (here / "pylock.toml").read_bytes()

    noticed = [lockenv(*args, cwd=here) for args in (["check"], ["lock", "--check"])]
    again = [lockenv(*args, cwd=here) for args in (["lock"], ["check"])]

    assert [one.code for one in noticed] == [1, 1], [one.err for one in noticed]
    for one in noticed:
        assert "build-constraints changed since pylock.build.toml was locked" in " ".join((one.out + one.err).split())
    assert [one.code for one in again] == [0, 0], [one.err for one in again]
    assert (here / "pylock.toml").read_bytes() == main
    allowed = {("helper<2",): {"1.1"}, ("helper>=2",): {"2.0"}, (): {"1.1", "2.0"}}[after]
    assert tools_of(here, "made-1-0")["helper"] in allowed


def test_metadata_are_built_within_the_constraints(tmp_path: Path, served: LoopbackIndex) -> None:
    """What was locked to build them before no longer builds them, and what it built does not count."""
    backend = BACKEND.replace('pathlib.Path("prebuilt")', "pathlib.Path(helper.__version__)")
    files: dict[str, bytes | str] = {"backend.py": backend, "pyproject.toml": SYSTEM.format("helper")}
    for version, requirement in (("1.1", "older"), ("2.0", "newer")):
        built = wheel("telling", requires=[requirement])
        files[f"{version}/{built.filename}"] = built.content
    served.add_all(wheel("older"), wheel("newer"), sdist("telling", static=False, files=files))

    found = []
    for limits in ((), ("helper<2",)):
        here = project(tmp_path, served, *limits, requires=("telling",))
        done = lockenv("lock", "--upgrade-package", "telling", cwd=here)
        assert done.code == 0, done.err
        packages = tomllib.loads((here / "pylock.toml").read_text())["packages"]
        found.append([package["name"] for package in packages])

    assert found == [["newer", "telling"], ["older", "telling"]]


def test_constraints_that_no_tool_meets_are_refused(tmp_path: Path, served: LoopbackIndex) -> None:
    refused = lockenv("lock", cwd=project(tmp_path, served, "helper<1"))

    assert refused.code == 2
    assert "cannot resolve the build requirements of made 1.0" in refused.err
    assert "helper<1" in refused.err


def test_file_beside_requirements_files_constrains_builds(tmp_path: Path, served: LoopbackIndex) -> None:
    (tmp_path / "requirements.in").write_text(f"--index-url {served.url}\nmade\n")
    (tmp_path / "lockenv.toml").write_text('allow-build = true\nbuild-constraints = ["helper<2"]\n')

    done = lockenv("lock", cwd=tmp_path)

    assert done.code == 0, done.err
    assert tools_of(tmp_path, "made-1-0") == {"helper": "1.1"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["helper[x]<2"], "has extras, which are not allowed in constraints"),
        (["helper @ https://files.example/helper.zip"], "is a URL, but only versions of build requirements"),
        (["helper<<2"], "build-constraints"),
        ("helper<2", "build-constraints"),
    ],
)
def test_malformed_constraint_is_refused(tmp_path: Path, served: LoopbackIndex, value: object, said: str) -> None:
    here = write_project(tmp_path / "project", ["made"], index=served.url, tool={"build-constraints": value})

    refused = lockenv("lock", cwd=here)

    assert (refused.code, said in refused.err) == (2, True), refused.err
    assert "pyproject.toml:" in refused.err


@pytest.mark.parametrize("option", ["--build-constraint", "-b"])
def test_option_of_other_tools_is_answered_with_the_setting(tmp_path: Path, served: LoopbackIndex, option: str) -> None:
    refused = lockenv("lock", option, "constraints.txt", cwd=project(tmp_path, served))

    assert refused.code == 2
    assert "set `build-constraints` in [tool.lockenv]" in refused.err
