"""A `pylock.toml` of another tool in a project: it installs as it is, and is not called up to date."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def foreign(project: Path) -> None:
    """Make the lockfile one of a tool that records neither inputs nor groups, and writes the index in its own way."""
    path = project / "pylock.toml"
    text = path.read_text()
    text = text.partition("[tool.lockenv]")[0]
    text = re.sub(r"\n(?:extras|dependency-groups|default-groups|marker) = .*", "", text)
    text = re.sub(r'\ncreated-by = ".*"', '\ncreated-by = "other"', text)
    path.write_text(re.sub(r'(\nindex = ".*)/"', r'\1"', text))


def test_lock_without_groups_is_synced_where_the_project_has_default_groups(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(wheel("spoon"), wheel("tool"))
    project = write_project(tmp_path / "project", ["spoon"], index=index.url, groups={"dev": ["tool"]})
    assert lockenv("lock", cwd=project).code == 0
    foreign(project)

    steps = [lockenv(*args, cwd=project) for args in (["sync"], ["sync"], ["verify"], ["check"])]
    again = lockenv("lock", cwd=project)

    assert [step.code for step in steps] == [0, 0, 0, 0], [step.err for step in steps]
    assert "  + spoon 1.0\n  + tool 1.0\nInstalled 2" in steps[0].err
    assert ".venv is up to date" in steps[1].err
    assert steps[3].err.splitlines()[-1] == "pylock.toml is valid and sound (2 packages)"
    assert "comes from" not in again.err


def test_wheel_from_a_url_is_synced_where_the_lock_does_not_say_its_version(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    """`pip lock` leaves the version of what it has from a URL away."""
    spoon = wheel("spoon")
    index.add(spoon)
    archive = f'archive = {{url = "{index.file_url(spoon.filename)}", hashes = {{sha256 = "{spoon.sha256}"}}}}'
    packages = f'[[packages]]\nname = "spoon"\n{archive}\n'
    (tmp_path / "pylock.toml").write_text(f'lock-version = "1.0"\ncreated-by = "other"\n\n{packages}')

    steps = [lockenv(*args, cwd=tmp_path) for args in (["sync"], ["sync"], ["verify"])]

    assert [step.code for step in steps] == [0, 0, 0], [step.err for step in steps]
    assert "  + spoon 1.0\n" in steps[0].err


def test_build_for_a_lock_without_a_project_is_allowed_beside_the_lock(tmp_path: Path, index: LoopbackIndex) -> None:
    spoon = sdist("spoon")
    index.add(spoon)
    archive = f'archive = {{url = "{index.file_url(spoon.filename)}", hashes = {{sha256 = "{spoon.sha256}"}}}}'
    packages = f'[[packages]]\nname = "spoon"\n{archive}\n'
    (tmp_path / "pylock.toml").write_text(f'lock-version = "1.0"\ncreated-by = "other"\n\n{packages}')

    refused = lockenv("sync", cwd=tmp_path)
    (tmp_path / "lockenv.toml").write_text('allow-build = ["spoon"]\n')

    assert refused.code == 1
    assert f"\n  spoon: it comes from {index.file_url(spoon.filename)}\n" in refused.err
    assert refused.err.endswith('\n  hint: add "spoon" to `allow-build` in lockenv.toml to allow it\n')
    assert [lockenv(*args, cwd=tmp_path).code for args in (["sync"], ["verify"])] == [0, 0]


def test_why_does_not_judge_what_a_lock_does_not_record(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("spoon", requires=["fork"]), wheel("fork"))
    project = write_project(tmp_path / "project", ["spoon"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    foreign(project)
    (project / "pyproject.toml").unlink()
    lock = project / "pylock.toml"
    text = re.sub(r"\n\[packages\.tool\.lockenv\](?:\n[^\[].*)*", "", lock.read_text())
    lock.write_text(re.sub(r"\ndependencies = \[[^\]]*\]", "", text))

    why = lockenv("why", "fork", cwd=project)

    assert (why.code, why.out) == (0, "fork 1.0 is locked; the lockfile does not record what requires it\n"), why.err
