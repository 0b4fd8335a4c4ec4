"""`dependency-metadata`: what a project states of a release counts in place of what its files say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.program import lockenv_here
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

REQUIRES = ("narrow", "hidden")
STATED: list[dict[str, Any]] = [
    {"name": "narrow", "version": "1.0", "requires-python": ">=3.9", "requires-dist": ["even"]},
    {"name": "hidden", "requires-dist": ["even>=1", 'odd; extra == "x"'], "provides-extra": ["x"]},
]


def test_what_is_stated_locks_syncs_and_is_shown(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(
        wheel("narrow", requires_python="<3.9", requires=["missing"]),
        sdist("hidden", static=False, requires=["missing"]),
        wheel("even"),
    )
    here = write_project(tmp_path / "project", REQUIRES, index=index.url)
    refused = lockenv_here("lock", cwd=here)
    write_project(here, REQUIRES, index=index.url, tool={"dependency-metadata": STATED[:1]})
    asked = lockenv_here("lock", cwd=here)
    write_project(here, REQUIRES, index=index.url, tool={"dependency-metadata": STATED})
    locked = lockenv_here("lock", cwd=here)
    (tmp_path / "before.toml").write_bytes((here / "pylock.toml").read_bytes())

    assert (refused.code, asked.code, locked.code) == (1, 1, 0)
    assert "hidden" in asked.err
    assert '"even>=1"' in (here / "pylock.toml").read_text(encoding="utf-8")
    checked = lockenv_here("check", "--online", cwd=here)
    assert checked.code == 0
    assert (
        "narrow 1.0: dependency-metadata overrides its requirements and its Requires-Python [pyproject.toml:"
        in checked.err
    )
    write_project(here, REQUIRES[:1], index=index.url, tool={"dependency-metadata": STATED[:1]})
    assert lockenv_here("sync", cwd=here).code == 1
    assert [lockenv_here(command, cwd=here).code for command in ("lock", "sync", "verify")] == [0, 0, 0]
    shown = lockenv_here("diff", str(tmp_path / "before.toml"), "pylock.toml", "--json", cwd=here)
    assert {
        "key": "dependency-metadata",
        "gained": [],
        "lost": ['hidden requires even>=1, odd; extra == "x"'],
    } in json.loads(shown.out)["settings"]


def test_wheel_that_says_otherwise_is_refused_where_the_project_states_nothing_of_it(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(wheel("narrow", requires_python=">=3.9", requires=["even"]), wheel("even"))
    stated = [{"name": "narrow", "requires-dist": []}]
    here = write_project(tmp_path / "project", ("narrow",), index=index.url, tool={"dependency-metadata": stated})
    assert lockenv_here("lock", cwd=here).code == 0
    (here / "pyproject.toml").unlink()

    refused = lockenv_here("sync", cwd=here)

    assert refused.code == 2
    assert "the wheel itself requires even, which does not match the lockfile" in refused.err


def test_directory_whose_metadata_is_stated_is_not_built_to_lock(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("even"))
    part = tmp_path / "project" / "part"
    part.mkdir(parents=True)
    part.joinpath("pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "none"\n[project]\nname = "part"\ndynamic = ["version"]\n'
    )
    stated = [{"name": "part", "version": "1", "requires-dist": ["even"]}]
    tool = {"sources": {"part": {"path": "part"}}, "dependency-metadata": stated}
    here = write_project(tmp_path / "project", ("part",), index=index.url, tool=tool)

    locked = lockenv_here("lock", cwd=here)

    assert locked.code == 0, locked.err
    assert 'name = "even"' in (here / "pylock.toml").read_text(encoding="utf-8")
