"""`docs/supply-chain.md` names tests that exist, and settings that lockenv knows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.support.program import lockenv_here

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "supply-chain.md").read_text("utf-8")


def test_each_threat_is_shown_by_a_test_that_exists() -> None:
    table = PAGE.partition("<!-- threats -->")[2].partition("<!-- end -->")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]

    named = [re.findall(r"`(tests/[a-z_/]+\.py)`", row.rsplit("|", 2)[1]) for row in rows]
    assert all(named), rows
    assert [file for files in named for file in files if not (ROOT / file).is_file()] == []


def test_tables_have_a_cell_for_each_tool() -> None:
    rows = [line for line in PAGE.partition("## Compared")[2].splitlines() if line.startswith("|")]

    assert {row.count("|") for row in rows} == {7}
    assert [row for row in rows if "|  |" in row] == []


def test_settings_shown_are_accepted(tmp_path: Path) -> None:
    block = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    tomllib.loads(block)
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        f'[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.11"\n\n{block}', encoding="utf-8"
    )

    done = lockenv_here("lock", "--offline", "--dry-run", cwd=project)

    assert (done.code, done.err.startswith("error")) == (0, False), done.err
