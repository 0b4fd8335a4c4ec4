"""Projects of other tools: `lock` stops where it would miss a source, and `import` converts what they declare."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from tests.support.program import Result, lockenv

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

PROJECT = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["app"]\n'


def ran(*args: str, cwd: Path, code: int = 0) -> Result:
    result = lockenv(*args, cwd=cwd)
    assert result.code == code, result.err
    return result


def test_lock_stops_at_an_index_that_only_uv_reads_until_it_is_converted(tmp_path: Path, index: LoopbackIndex) -> None:
    file = tmp_path / "pyproject.toml"
    uv = f'[[tool.uv.index]]\nname = "house"\nurl = "{index.url}"\ndefault = true\n# kept\n'
    file.write_text(f"{PROJECT}\n{uv}")

    stopped = ran("lock", cwd=tmp_path, code=2)
    added = ran("add", "--no-sync", "tester", cwd=tmp_path, code=2)
    ran("import", "--dry-run", cwd=tmp_path)
    before = file.read_text()
    told = ran("import", cwd=tmp_path)
    ran("lock", cwd=tmp_path)

    assert "tool.uv.index[0]" in stopped.err
    assert "hint: run `lockenv import`" in stopped.err
    assert "hint: run `lockenv import`" in added.err
    assert before == f"{PROJECT}\n{uv}"
    assert file.read_text().startswith(before)
    assert tomllib.loads(file.read_text())["tool"]["lockenv"] == {"index": [{"name": "house", "url": index.url}]}
    assert "  + [[tool.lockenv.index]]" in told.err
    ran("import", cwd=tmp_path)
    assert ran("lock", "--check", cwd=tmp_path).code == 0


def test_lock_stops_at_a_source_of_a_member(tmp_path: Path, index: LoopbackIndex) -> None:
    settings = (
        f'[[tool.lockenv.index]]\nname = "house"\nurl = "{index.url}"\n[tool.lockenv.workspace]\nmembers = ["api"]\n'
    )
    tmp_path.joinpath("pyproject.toml").write_text(PROJECT + settings)
    tmp_path.joinpath("api").mkdir()
    member = tmp_path / "api" / "pyproject.toml"
    text = '[project]\nname = "api"\nversion = "1"\ndependencies = ["acme"]\n'
    member.write_text(f'{text}[tool.uv.sources]\nacme = {{ path = "../acme" }}\n')

    stopped = ran("lock", cwd=tmp_path, code=2)
    ran("import", cwd=tmp_path)

    assert "api/pyproject.toml" in stopped.err
    assert tomllib.loads(member.read_text())["tool"]["lockenv"] == {"sources": {"acme": {"path": "../acme"}}}


def test_project_of_setuptools_says_the_command_that_converts_it(tmp_path: Path) -> None:
    tmp_path.joinpath("setup.py").write_text("raise SystemExit('run')\nfrom setuptools import setup\nsetup(name='a')\n")

    stopped = ran("lock", cwd=tmp_path, code=2)
    ran("import", cwd=tmp_path)

    assert "hint: run `lockenv import`, which makes a pyproject.toml of setup.py" in stopped.err
    assert tomllib.loads(tmp_path.joinpath("pyproject.toml").read_text())["project"]["name"] == "a"
