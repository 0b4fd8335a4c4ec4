"""A project whose requirements depend on the release of macOS, as those of several that use its frameworks do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.locks import read_lock
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


@pytest.mark.parametrize(
    ("system", "release", "expected"),
    [
        ("darwin", "21.6.0", ["framework 8.5"]),
        ("darwin", "22.0.0", ["framework 12.1"]),
        ("darwin", "25.4.0", ["framework 12.1"]),
        ("linux", "5.15.0-91-generic", []),
        ("win32", "10", []),
    ],
)
def test_each_release_of_macos_gets_its_version(
    system: str, release: str, expected: list[str], tmp_path: Path, index: LoopbackIndex
) -> None:
    on_mac = "sys_platform == 'darwin' and platform_release"
    photos = [f"framework>=9 ; {on_mac} >= '22.0'", f"framework<9,>=7.3 ; {on_mac} < '22.0'"]
    index.add_all(wheel("framework", "8.5"), wheel("framework", "12.1"), wheel("photos", "1", requires=photos))
    project = write_project(tmp_path / "project", ["photos"], index=index.url)
    here = {"sys_platform": system, "platform_release": release}

    locked = lockenv("lock", cwd=project)
    text = project.joinpath("pylock.toml").read_bytes()

    assert locked.code == 0, locked.err
    assert [
        f"{package.name} {package.version}"
        for package in read_lock(project).packages
        if package.name == "framework" and (package.marker is None or package.marker.evaluate({**here}))
    ] == expected
    assert lockenv("check", cwd=project).code == 0
    assert lockenv("lock", cwd=project).code == 0
    assert project.joinpath("pylock.toml").read_bytes() == text
