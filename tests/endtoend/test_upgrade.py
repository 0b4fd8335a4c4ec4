"""`upgrade` and `add --bounds`: bounds in `pyproject.toml` that are raised or rewritten in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_direct import no, ok
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_PYPROJECT = """\
[project]
name = "example"
version = "1"
requires-python = ">=3.11"
dependencies = [
  "lib >=1.0, <2",  # the library
  'tester~=3.0',
]

[dependency-groups]
dev = ["ribbon==2.0"]

[[tool.lockenv.index]]
name = "loopback"
url = "{url}"
"""


@pytest.fixture
def root(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return a project that is synced; the index has newer releases of all that it declares since."""
    root = tmp_path / "example"
    root.mkdir()
    (root / "pyproject.toml").write_text(_PYPROJECT.format(url=index.url))
    ok("run", "python", "-c", "", cwd=root)
    index.add_all(wheel("lib", "2.4"), wheel("tester", "4.1"), wheel("ribbon", "3.0"))
    return root


def test_bounds_are_raised_in_place_and_what_was_found_is_installed(root: Path) -> None:
    before = (root / "pyproject.toml").read_text()
    dry = lockenv("upgrade", "--refresh", "--dry-run", cwd=root)
    assert (dry.code, (root / "pyproject.toml").read_text()) == (0, before)

    one = lockenv("upgrade", "--refresh", "lib", cwd=root)
    assert (one.code, "lib>=2.4,<3" in one.err) == (0, True), one.err
    assert (root / "pyproject.toml").read_text() == before.replace('"lib >=1.0, <2"', '"lib>=2.4,<3"')
    assert ok("run", "python", "-c", "import tester; print(tester.__version__)", cwd=root) == "3.0\n"
    ok("upgrade", "--refresh", cwd=root)
    again = lockenv("upgrade", "--refresh", cwd=root)

    text = before.replace('"lib >=1.0, <2"', '"lib>=2.4,<3"').replace("~=3.0", "~=4.1").replace("==2.0", "==3.0")
    assert (root / "pyproject.toml").read_text() == text
    assert "has no bound to raise" in again.err
    ok("verify", cwd=root)
    assert "does not declare `nope`" in no("upgrade", "nope", cwd=root).err


def test_excluded_package_keeps_its_bound_and_its_version(root: Path) -> None:
    before = (root / "pyproject.toml").read_text()

    ok("upgrade", "--refresh", "--exclude", "tester", "--exclude", "ribbon", cwd=root)

    assert (root / "pyproject.toml").read_text() == before.replace('"lib >=1.0, <2"', '"lib>=2.4,<3"')
    assert ok("run", "python", "-c", "import tester; print(tester.__version__)", cwd=root) == "3.0\n"
    nothing = no("upgrade", "lib", "--exclude", "lib", cwd=root)
    assert "--exclude leaves nothing to upgrade" in nothing.err
    assert "does not declare `nope`" in no("upgrade", "--exclude", "nope", cwd=root).err


def test_upgrade_that_cannot_be_is_explained_and_changes_nothing(root: Path, index: LoopbackIndex) -> None:
    index.add(wheel("tester", "5.0", requires=["lib<1"]))
    files = [(root / name).read_bytes() for name in ("pyproject.toml", "pylock.toml")]

    index.remove("tester-4.1-py3-none-any.whl")
    index.remove("tester-3.0-py3-none-any.whl")
    refused = lockenv("upgrade", "--refresh", "tester", cwd=root)

    assert (refused.code, "pyproject.toml was not changed" in refused.err) == (1, True), refused.err
    assert [(root / name).read_bytes() for name in ("pyproject.toml", "pylock.toml")] == files


def test_bounds_of_what_is_declared_are_rewritten_where_they_are_asked_for(root: Path) -> None:
    before = (root / "pyproject.toml").read_text()
    ok("add", "tester", cwd=root)
    assert (root / "pyproject.toml").read_text() == before

    done = lockenv("add", "tester", "--bounds", "major", cwd=root)

    assert (done.code, "tester>=3.0,<4" in done.err) == (0, True), done.err
    assert (root / "pyproject.toml").read_text() == before.replace("'tester~=3.0'", "'tester>=3.0,<4'")
    ok("add", "tester", "--bounds", "none", cwd=root)
    assert (root / "pyproject.toml").read_text() == before.replace("'tester~=3.0'", "'tester'")


def test_bound_that_cannot_admit_the_newest_versions_of_all_environments_is_raised_as_far_as_it_goes(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(
        *(wheel(name, "1.0") for name in ("exact", "near", "apart")),
        *(wheel(name, "2.0") for name in ("exact", "near", "apart")),
        *(wheel(name, "3.0", requires_python=">=3.12") for name in ("exact", "near", "apart")),
    )
    declared = [
        "exact==1.0",
        "near~=1.0",
        "apart==1.0; python_version < '3.12'",
        "apart==2.0; python_version >= '3.12'",
    ]
    project = write_project(tmp_path / "project", declared, index=index.url)
    ok("lock", cwd=project)

    done = lockenv("upgrade", "--no-sync", cwd=project)

    assert done.code == 0, done.err
    assert (
        "the newest versions of exact differ between environments (2.0, 3.0): `exact==1.0` stays as it is" in done.err
    )
    assert "`near~=1.0` becomes `near~=2.0`" in done.err
    text = (project / "pyproject.toml").read_text()
    assert all(each in text for each in ("exact==1.0", "near~=2.0", "apart==2.0; python_version <", "apart==3.0"))
    ok("check", cwd=project)
