"""An error is reported to programs too, where they asked for JSON: its kind, its rule, its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.program import lockenv

if TYPE_CHECKING:
    from pathlib import Path


def output(*args: str, cwd: Path) -> dict[str, Any]:
    result = lockenv(*args, cwd=cwd)
    assert result.code == 2, result.err
    answer: dict[str, Any] = json.loads(result.out)
    assert (answer["schema"], answer["ok"]) == (1, False)
    error: dict[str, Any] = answer["error"]
    assert error["message"]
    assert error["hint"] in result.err
    return error


def test_input_has_its_place(locked: Path) -> None:
    with locked.joinpath("pyproject.toml").open("a") as file:
        file.write("\n[tool.other\n")

    error = output("tree", "--json", cwd=locked)

    lines = len(locked.joinpath("pyproject.toml").read_text().splitlines())
    assert (error["kind"], error["rule"], error["file"], error["line"]) == ("input", None, "pyproject.toml", lines)


def test_refusal_has_its_rule(synced: Path) -> None:
    synced.joinpath(".venv/lib").rename(synced / "elsewhere")
    synced.joinpath(".venv/lib").symlink_to(synced / "elsewhere")

    error = output("verify", "--json", cwd=synced)

    assert (error["kind"], error["rule"]) == ("refused", "environment-link")


def test_audit_reports_in_its_format(locked: Path) -> None:
    locked.joinpath("pylock.toml").unlink()

    error = output("audit", "--format", "json", cwd=locked)

    assert (error["kind"], error["rule"]) == ("input", None)


def test_check_reports_it_as_a_finding_alone(locked: Path) -> None:
    locked.joinpath("pylock.toml").unlink()

    result = lockenv("check", "--json", cwd=locked)

    assert result.code == 2
    assert [finding["rule"] for finding in json.loads(result.out)["findings"]] == ["unreadable"]
