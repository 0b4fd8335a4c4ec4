"""What the Python in use here has no wheel of: first by the names of wheels, then by the tags of an interpreter."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.context.settings import Settings
from lockenv.lockfile.text import read
from lockenv.operations.found_project import Project
from lockenv.operations.wheels_here import lacking
from tests.support.systems import assumed

if TYPE_CHECKING:
    from pathlib import Path

_HERE = f"cp3{sys.version_info.minor}"
_MACHINE = os.uname().machine if hasattr(os, "uname") else "AMD64"
_LOCK = """\
lock-version = "1.0"
created-by = "test"
extras = ["x"]

[[packages]]
name = "a"
version = "1"
{marker}sdist = {{ url = "https://index.example/a-1.tar.gz", hashes = {{ sha256 = "{digest}" }} }}
wheels = [{{ url = "https://index.example/a-1-{tag}.whl", hashes = {{ sha256 = "{digest}" }} }}]
"""


def named(directory: Path, tag: str, marker: str = "") -> list[str]:
    """Return the names of what a lock lacks, whose one package has a wheel with this `tag`, and `marker`."""
    line = f'marker = "{marker}"\n' if marker else ""
    lock = read(_LOCK.format(tag=tag, marker=line, digest="a" * 64), "pylock.toml")
    project = Project(directory=str(directory), pyproject="", requirements=(), lock=str(directory / "pylock.toml"))
    settings = Settings(directory=str(directory), environ={"PATH": ""}, now="", cache_dir=str(directory / "cache"))
    return [one.name for one in lacking(lock, [0], project, settings)]


@pytest.mark.parametrize(
    ("system", "platform"),
    [("darwin", "macosx_10_9_universal2"), ("darwin", f"macosx_11_0_{_MACHINE}"), ("win32", f"win_{_MACHINE}")],
)
def test_wheel_for_this_system_serves(tmp_path: Path, system: str, platform: str) -> None:
    with assumed(system):
        assert named(tmp_path, f"{_HERE}-{_HERE}-{platform}") == []
        assert named(tmp_path, f"cp38-cp38-{platform}", f"sys_platform != '{system}'") == []


@pytest.mark.skipif(sys.platform != "linux", reason="about wheels of Linux")
@pytest.mark.parametrize(
    "tag",
    [
        f"{_HERE}-{_HERE}-manylinux_2_17_{_MACHINE}.manylinux2014_{_MACHINE}",
        f"cp38-abi3-manylinux2014_{_MACHINE}",
        f"py3-none-linux_{_MACHINE}",
        "py37-none-any",
        f"{_HERE}-none-any",
    ],
)
def test_wheel_for_this_machine_serves(tmp_path: Path, tag: str) -> None:
    if "CS_GNU_LIBC_VERSION" not in os.confstr_names:
        pytest.skip("no glibc")

    assert named(tmp_path, tag) == []


@pytest.mark.skipif(sys.platform != "linux", reason="about wheels of Linux")
@pytest.mark.parametrize(
    "tag",
    [
        "cp38-cp38-any",
        f"{_HERE}-{_HERE}t-manylinux2014_{_MACHINE}",
        "cp399-abi3-any",
        f"{_HERE}-{_HERE}-manylinux2014_sparc",
        f"{_HERE}-{_HERE}-macosx_10_9_universal2",
        "py2-none-any",
    ],
)
def test_other_wheels_do_not(tmp_path: Path, tag: str) -> None:
    assert named(tmp_path, tag) == ["a"]


@pytest.mark.parametrize("marker", ["python_full_version < '3.9'", "platform_machine == 'sparc'"])
def test_what_is_not_installed_here_is_not_lacking(tmp_path: Path, marker: str) -> None:
    assert named(tmp_path, "cp38-cp38-any", marker) == []


def test_what_an_extra_alone_installs_is_lacking(tmp_path: Path) -> None:
    assert named(tmp_path, "cp38-cp38-any", "python_full_version >= '3.9' and 'x' in extras") == ["a"]
