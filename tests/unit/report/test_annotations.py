from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.report.annotations import relative, workflow_commands
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.origin import Origin

if TYPE_CHECKING:
    from lockenv.vocabulary.finding import Level


def finding(sentence: str = "it changed", level: Level = "error", origin: Origin | None = None) -> Finding:
    return Finding(rule="stale", level=level, sentence=sentence, origin=origin)


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (finding(), "::error title=lockenv%3A stale::it changed"),
        (finding(level="warning"), "::warning title=lockenv%3A stale::it changed"),
        (finding(level="note"), "::notice title=lockenv%3A stale::it changed"),
        (
            finding(origin=Origin(file="pyproject.toml", line=7, column=3, key="a")),
            "::error file=part/pyproject.toml,line=7,col=3,title=lockenv%3A stale::it changed",
        ),
        (
            finding(origin=Origin(file="a,b:c%.in")),
            "::error file=part/a%2Cb%3Ac%25.in,title=lockenv%3A stale::it changed",
        ),
        (finding("100%\n::error::x\r"), "::error title=lockenv%3A stale::100%25\\n::error::x\\r"),
    ],
)
def test_finding_is_one_workflow_command(one: Finding, line: str) -> None:
    assert workflow_commands([one], directory="/home/me/part", root="/home/me") == f"{line}\n"


@pytest.mark.parametrize(
    ("file", "root", "named"),
    [
        ("pyproject.toml", "/home/me", "part/pyproject.toml"),
        ("../other/requirements.in", "/home/me", "other/requirements.in"),
        ("../../elsewhere", "/home/me", "../../elsewhere"),
        ("pyproject.toml", "", "pyproject.toml"),
    ],
)
def test_files_are_named_from_the_root_of_the_repository(file: str, root: str, named: str) -> None:
    assert relative(file, "/home/me/part", root) == named
