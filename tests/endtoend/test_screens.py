"""What every command prints, character for character: in a pipe, and on terminals of 80 columns.

Beside what the machine decides (paths, ports, versions of Python, sizes), which a word in capitals replaces.
`LOCKENV_RENEW_GOLDEN=1` rewrites the screens and fails, so that no one mistakes a renewal for a success.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockenv import __version__
from lockenv.cli.options import COMMANDS
from tests.endtoend.bakery import NOW, Bakery, fill, short_place
from tests.support.program import DURATION, PYTHON, lockenv
from tests.support.server import LoopbackIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STORED = Path(__file__).with_name("screens")
PIPE = "pipe"
TERMINALS = {
    "terminal": {"TERM": "xterm-256color"},
    "terminal with NO_COLOR": {"TERM": "xterm-256color", "NO_COLOR": "1"},
    "dumb terminal": {"TERM": "dumb"},
}


CHANGING = {
    "init",
    "add",
    "remove",
    "lock",
    "sync",
    "import",
    "bundle",
    "audit",
    "cache",
    "merge-driver",
    "export",
    "upgrade",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A command, and the state in which it finds the project."""

    state: str
    line: str
    lines: int = 1000
    """How much of it is recorded: of what is long and recorded elsewhere, the beginning."""
    env: Mapping[str, str] = field(default_factory=dict)
    fails: bool = False
    """Whether it changes nothing, though a command of its kind does."""

    @property
    def is_harmless(self) -> bool:
        """Whether it leaves everything as it was, so that it may run again."""
        if self.fails or self.line.endswith("--help"):
            return True
        return self.line.split(" ")[0] not in CHANGING and not (self.state == "behind" and self.line.startswith("run"))


CASES = {
    "init": Case("nothing", "init --python '>=3.11'"),
    "init-again": Case("declared", "init"),
    "add": Case("synced", "add sugar"),
    "add-dry-run": Case("locked", "add sugar --bounds major --dry-run"),
    "upgrade-dry-run": Case("locked", "upgrade --dry-run"),
    "add-again": Case("locked", "add oven"),
    "add-unknown": Case("locked", "add suger"),
    "add-unsolvable": Case("locked", "add sourdough"),
    "remove": Case("synced", "remove flour"),
    "remove-unknown": Case("locked", "remove flower"),
    "lock": Case("declared", "lock"),
    "lock-again": Case("locked", "lock"),
    "lock-dry-run": Case("stale", "lock --dry-run"),
    "lock-check": Case("stale", "lock --check"),
    "lock-changed": Case("stale", "lock"),
    "lock-unsolvable": Case("unsolvable", "lock"),
    "lock-unknown": Case("unknown", "lock"),
    "lock-build": Case("unbuilt", "lock"),
    "lock-misspelled": Case("misspelled", "lock"),
    "lock-not-toml": Case("not-toml", "lock"),
    "lock-nothing": Case("nothing", "lock"),
    "lock-network-down": Case("declared", "lock --index-url https://127.0.0.1:9/simple/", fails=True),
    "lock-offline": Case("declared", "lock --offline --cache-dir elsewhere"),
    "sync": Case("locked", "sync"),
    "sync-again": Case("synced", "sync"),
    "sync-change": Case("behind", "sync"),
    "sync-check": Case("behind", "sync --check"),
    "sync-dry-run": Case("locked", "sync --dry-run"),
    "sync-stale": Case("stale", "sync"),
    "sync-refused": Case("refused", "sync"),
    "sync-no-lock": Case("declared", "sync"),
    "sync-unknown-extra": Case("locked", "sync --extra festiv"),
    "check": Case("locked", "check"),
    "check-online": Case("locked", "check --online"),
    "check-json": Case("locked", "check --json"),
    "check-stale": Case("stale", "check"),
    "check-stale-github": Case("stale", "check --format github"),
    "check-stale-sarif": Case("stale", "check --format sarif", 40),
    "check-stale-json": Case("stale", "check --json"),
    "check-satisfied": Case("loose", "check"),
    "check-moved": Case("moved", "check"),
    "check-moved-github": Case("moved", "check --format github"),
    "check-edited": Case("edited", "check"),
    "check-garbled": Case("garbled", "check"),
    "check-no-lock": Case("declared", "check"),
    "diff": Case("changed", "diff"),
    "diff-none": Case("committed", "diff"),
    "diff-markdown": Case("changed", "diff --markdown"),
    "diff-json": Case("changed", "diff --json"),
    "diff-unknown": Case("committed", "diff HEAD~7"),
    "verify": Case("synced", "verify"),
    "verify-drifted": Case("drifted", "verify"),
    "verify-drifted-json": Case("drifted", "verify --json"),
    "verify-none": Case("locked", "verify"),
    "run": Case("synced", "run bake"),
    "run-behind": Case("behind", "run bake"),
    "run-unknown": Case("synced", "run boil"),
    "run-nothing": Case("synced", "run"),
    "shell": Case("synced", "shell", env={"SHELL": shutil.which("true") or "true"}),
    "audit": Case("locked", "audit"),
    "audit-fix": Case("locked", "audit --fix --dry-run"),
    "audit-json": Case("locked", "audit --format json"),
    "import": Case("foreign", "import requirements.txt"),
    "import-missing": Case("declared", "import poetry.lock"),
    "licenses": Case("locked", "licenses"),
    "report": Case("locked", "report", 1),
    "verify-attestations": Case("locked", "verify-attestations"),
    "export": Case("locked", "export"),
    "export-cyclonedx": Case("locked", "export --format cyclonedx", 20),
    "export-file": Case("locked", "export -o requirements.txt"),
    "bundle": Case("locked", "bundle wheels"),
    "bundle-platform": Case("locked", "bundle wheels --platform windows-x86_64 --python 3.12"),
    "config": Case("locked", "config"),
    "config-path": Case("nothing", "config path"),
    "cache-dir": Case("locked", "cache dir"),
    "cache-size": Case("synced", "cache size"),
    "cache-size-json": Case("synced", "cache size --json"),
    "cache-prune": Case("synced", "cache prune"),
    "cache-clean": Case("synced", "cache clean"),
    "cache-verify": Case("synced", "cache verify"),
    "completion": Case("nothing", "completion fish", 4),
    "python-list": Case("nothing", "python list"),
    "merge-driver": Case("conflicting", "merge-driver O A B pylock.toml"),
    "merge-driver-install": Case("committed", "merge-driver --install"),
    "merge-driver-nothing": Case("committed", "merge-driver"),
    "version": Case("nothing", "--version"),
    "no-command": Case("nothing", ""),
    "unknown-command": Case("nothing", "synchronise"),
    "unknown-option": Case("locked", "sync --forzen"),
    "unknown-choice": Case("locked", "check --format xml"),
    "missing-argument": Case("locked", "why"),
    "help": Case("nothing", "--help"),
    **{f"help-{command.name}": Case("nothing", f"{command.name} --help") for command in COMMANDS},
}


@pytest.fixture(scope="module")
def bakery() -> Iterator[Bakery]:
    """Provide the project that everything is asked of."""
    with short_place("screens") as place, LoopbackIndex() as index:
        fill(index)
        yield Bakery(Path(place), index)


def neutral(text: str, directory: Path) -> str:
    """Return `text` with a word for all that differs from machine to machine."""
    text = text.replace(str(directory.parent), "PLACE").replace(os.path.realpath(PYTHON), "PYTHON")
    for pattern, word in (
        (r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:PORT"),
        (r"^(?:3\.\d\S* +(?:cpython|pypy) .*\n)+", "VERSION  cpython  PLACE  PYTHON\n"),
        (r"CPython 3\.\d+\.\d+\w*", "CPython VERSION"),
        (r"python3\.\d+", "python3.VERSION"),
        (r"for Python 3\.\d+ on (?!windows)\S+", "for Python VERSION on PLATFORM"),
        (rf"(lockenv |\"version\": \"){re.escape(__version__)}\b", r"\1RELEASE"),
        (r"\b[0-9a-f]{64}\b", "SHA256"),
        (DURATION, " in TIME"),
        (r" *\d+(\.\d+)? ([KMG]i?B|kB|B|bytes)\b", " SIZE"),
    ):
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


def shown(case: Case, bakery: Bakery) -> dict[str, str]:
    """Return what the command prints, for each kind of place that it prints on."""
    kinds: dict[str, Mapping[str, str]] = {PIPE: {}, **TERMINALS}
    screens = []
    for number, (kind, env) in enumerate(kinds.items()):
        if not (number and case.is_harmless):
            bakery.become(case.state)
        screens.append(seen(case, kind, env, bakery.directory))
    return {kind: neutral(screen, bakery.directory) for kind, screen in zip(kinds, screens, strict=True)}


def seen(case: Case, kind: str, env: Mapping[str, str], directory: Path) -> str:
    """Run the command, and return what is seen of it."""
    from tests.support.terminal import on_terminal

    words, env = shlex.split(case.line), {**NOW, **case.env, **env}
    if kind == PIPE:
        result = lockenv(*words, cwd=directory, env=env)
        return f"{cut(result.out, case)}--- standard error\n{result.err}--- exit {result.code}\n"
    code, screen = on_terminal(*words, cwd=directory, env=env)
    return f"{cut(screen, case)}--- exit {code}\n"


def without_sizes(text: str) -> str:
    return re.sub(r"^\d+$|(?<=: )\d+(?=,?$)", "SIZE", text, flags=re.MULTILINE)


def cut(text: str, case: Case) -> str:
    lines = text.splitlines(keepends=True)
    return text if len(lines) <= case.lines else "".join([*lines[: case.lines], "[and so on]\n"])


def reported(case: Case, screens: Mapping[str, str]) -> str:
    """Return the record: what is the same on several is there once."""
    names: dict[str, list[str]] = {}
    for name, screen in screens.items():
        names.setdefault(screen, []).append(name)
    parts = "".join(f"=== {', '.join(names[screen])}\n{screen}" for screen in names)
    return f"$ lockenv {case.line}".rstrip() + f"\n{parts}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize("name", CASES)
def test_command_shows_what_is_recorded(bakery: Bakery, name: str) -> None:
    case = CASES[name]
    path = STORED / f"{name}.txt"

    record = reported(case, shown(case, bakery))
    if name.startswith("cache-size"):
        record = without_sizes(record)

    if os.environ.get("LOCKENV_RENEW_GOLDEN"):
        path.write_text(record, "utf-8")
        pytest.fail(f"{path.name} was rewritten: look at the difference, then run without LOCKENV_RENEW_GOLDEN")
    assert record == path.read_text("utf-8")


def test_every_command_is_shown_and_every_record_is_of_one() -> None:
    elsewhere = {"tree", "why", "why-not", "outdated", "coverage", "doctor"}

    assert {path.stem for path in STORED.iterdir()} == set(CASES)
    assert {case.line.split(" ")[0] for name, case in CASES.items() if not name.startswith("help")} >= {
        command.name for command in COMMANDS
    } - elsewhere
