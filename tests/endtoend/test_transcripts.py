"""What the commands that explain a lock print, character for character: on a terminal of 80 columns, and in a pipe.

`LOCKENV_RENEW_GOLDEN=1` rewrites the transcripts and fails, so that no one mistakes a renewal for a success.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.teahouse import age, teahouse
from tests.support.program import lockenv
from tests.support.server import LoopbackIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

STORED = Path(__file__).with_name("transcripts")
DOCUMENT = Path(__file__).parents[2] / "docs" / "explaining.md"

_BLOCK = re.compile(r"^```console\n(\$ lockenv .*\n)(?:.*\n)*?```", re.MULTILINE)

COMMANDS = {
    "tree": ("tree",),
    "tree-depth": ("tree", "--depth", "1"),
    "tree-environment": ("tree", "--environment", "windows 3.11"),
    "tree-name": ("tree", "tray"),
    "tree-invert": ("tree", "--invert"),
    "tree-invert-name": ("tree", "--invert", "cup"),
    "tree-json": ("tree", "--json", "tray"),
    "tree-unknown": ("tree", "cupp"),
    "tree-unknown-json": ("tree", "cupp", "--json"),
    "tree-bad-depth": ("tree", "--depth", "none"),
    "why": ("why", "saucer"),
    "why-extra": ("why", "resin"),
    "why-split": ("why", "scale"),
    "why-json": ("why", "--json", "element"),
    "why-unknown": ("why", "teapot"),
    "why-not": ("why-not", "element==2.0"),
    "why-not-constrained": ("why-not", "cup==5.0"),
    "why-not-locked": ("why-not", "resin==1.0"),
    "why-not-possible": ("why-not", "element==1.2"),
    "why-not-missing": ("why-not", "spring==9.9"),
    "why-not-resolved": ("why-not", "element==2.0", "--resolve"),
    "why-not-unrequired": ("why-not", "teapot==1.0"),
    "why-not-no-pin": ("why-not", "element>=2"),
    "why-not-json": ("why-not", "--json", "element==2.0"),
    "outdated": ("outdated",),
    "outdated-json": ("outdated", "--json"),
    "coverage": ("coverage",),
    "coverage-json": ("coverage", "--json"),
}
TERMINALS = {
    "terminal": {"TERM": "xterm-256color"},
    "no-color": {"TERM": "xterm-256color", "NO_COLOR": "1"},
    "dumb": {"TERM": "dumb"},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Provide the project whose lock is explained."""
    with LoopbackIndex() as index:
        index.page_cache_control = "no-cache"
        directory = teahouse(tmp_path_factory.mktemp("transcripts") / "teahouse", index)
        age(index)
        yield directory


def compared(name: str, reported: str) -> None:
    path = STORED / f"{name}.txt"
    if os.environ.get("LOCKENV_RENEW_GOLDEN"):
        path.write_text(reported, "utf-8")
        pytest.fail(f"{path.name} was rewritten: look at the difference, then run without LOCKENV_RENEW_GOLDEN")

    assert reported == path.read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_pipe_gets_what_is_recorded(place: Path, name: str) -> None:
    result = lockenv(*COMMANDS[name], cwd=place)

    reported = (
        f"$ lockenv {shlex.join(COMMANDS[name])}\n{result.out}--- standard error\n{result.err}--- exit {result.code}\n"
    )
    compared(f"{name}.pipe", reported)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("name", COMMANDS)
def test_terminal_shows_what_is_recorded(place: Path, name: str, terminal: str) -> None:
    from tests.support.terminal import on_terminal

    code, screen = on_terminal(*COMMANDS[name], cwd=place, env=TERMINALS[terminal])

    compared(f"{name}.{terminal}", f"$ lockenv {shlex.join(COMMANDS[name])}\n{screen}--- exit {code}\n")


def test_every_transcript_is_of_a_command() -> None:
    known = {f"{name}.{kind}.txt" for name in COMMANDS for kind in ("pipe", *TERMINALS)}

    assert {path.name for path in STORED.iterdir()} == known


def test_documentation_shows_what_is_recorded() -> None:
    recorded = {}
    for name, args in COMMANDS.items():
        out, _, rest = STORED.joinpath(f"{name}.pipe.txt").read_text("utf-8").partition("--- standard error\n")
        recorded[f"$ lockenv {shlex.join(args)}\n"] = out + rest.rpartition("--- exit ")[0]
    text = DOCUMENT.read_text("utf-8")

    reported = _BLOCK.sub(lambda block: f"```console\n{recorded[block[1]]}```", text)

    if os.environ.get("LOCKENV_RENEW_GOLDEN"):
        DOCUMENT.write_text(reported, "utf-8")
        pytest.fail(f"{DOCUMENT.name} was rewritten: look at the difference")
    assert len(_BLOCK.findall(text)) > 5
    assert text == reported
