"""Directories that describe themselves are locked without running their backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.program import lockenv_here
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

BACKEND = "[build-system]\nrequires = []\nbuild-backend = 'poison'\nbackend-path = ['.']\n"
POISON = "raise SystemExit('the backend ran')\n"


def write(directory: Path, name: str, rest: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.joinpath("poison.py").write_text(POISON, encoding="utf-8")
    directory.joinpath("pyproject.toml").write_text(
        f"[project]\nname = '{name}'\nversion = '1'\nrequires-python = '>=3.11'\n{rest}\n{BACKEND}", encoding="utf-8"
    )


def test_members_path_dependencies_and_a_root_that_they_require_are_not_built_to_lock(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(wheel("even"))
    here = tmp_path / "project"
    write(here / "packages" / "api", "api", "dependencies = ['even', 'root']")
    write(here / "part", "part", "optional-dependencies = { x = ['even'] }")
    write(
        here,
        "root",
        f"""
dependencies = ["part[x]"]
[dependency-groups]
dev = ["api"]
[tool.lockenv]
index = [{{ name = "loopback", url = "{index.url}" }}]
sources = {{ part = {{ path = "part" }}, api = {{ workspace = true }} }}
workspace = {{ members = ["packages/*"] }}
""",
    )

    locked = lockenv_here("lock", cwd=here)

    assert locked.code == 0, locked.err
    text = (here / "pylock.toml").read_text(encoding="utf-8")
    assert [name for name in ("api", "even", "part", "root") if f'name = "{name}"' in text] == [
        "api",
        "even",
        "part",
        "root",
    ]
