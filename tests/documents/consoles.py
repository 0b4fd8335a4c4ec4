"""Run the console blocks of a page in projects of their own, and return the page as it is true.

The text of a page goes in; the same text comes out, with what each command prints now below it. A block behind a line
that ends with a name in backquotes and a colon is a file: it is written before the next command runs.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.program import DURATION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.server import LoopbackIndex

INDEX = "https://index.example"
"""How pages call the origin of the index that they are run against."""
MIRROR = "https://mirror.example"
"""How they call the same index under its other name."""
PYTHON = "3.12.4"
"""How they call the version of the interpreter that runs the tests."""
HOME = "/home/me"
"""How pages call the directory that everything is in."""
_PART = re.compile(r"^(?P<heading>## [^\n]*)\n|^```(?P<kind>[a-z]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([A-Za-z0-9._/-]+)`:\n\n\Z")
_CONTINUED = re.compile(r"^> ?", re.MULTILINE)
_DIGEST = re.compile(r'^[0-9a-f]{64}$|(?<=^digest = ")[0-9a-f]{32}(?="$)', re.MULTILINE)
"""A fingerprint, which differs from interpreter to interpreter, or what seals the URLs of an index."""
_COMMAND = re.compile(r"^\$ (?P<command>.*\n(?:>.*\n)*)(?:(?!\$ ).*\n)*", re.MULTILINE)


@dataclass(slots=True)
class Desk:
    """Where the commands of one project run."""

    home: Path
    index: LoopbackIndex
    environ: dict[str, str] = field(default_factory=dict)
    directory: str = ""
    code: int = 0
    """How the last command ended."""
    digests: dict[str, int] = field(default_factory=dict)
    """Those that were shown: pages show others in their place, equal where they are."""

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True)
        self.directory = str(self.home)
        programs = self.home / ".programs"
        programs.mkdir()
        program = programs / "lockenv"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m lockenv "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        self.environ = {
            "GIT_AUTHOR_EMAIL": "me@example.com",
            "GIT_AUTHOR_NAME": "Me",
            "GIT_COMMITTER_EMAIL": "me@example.com",
            "GIT_COMMITTER_NAME": "Me",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_MERGE_AUTOEDIT": "no",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "LOCKENV_CACHE_DIR": str(self.home / ".cache/lockenv"),
            "LOCKENV_INDEX_URL": self.index.url,
            "LOCKENV_NOW": "2026-06-01T00:00:00Z",
            "NO_COLOR": "1",
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            **self.environ,
        }

    def enter(self, name: str) -> None:
        """Make a directory for what comes."""
        self.directory = str(self.home / name)
        os.mkdir(self.directory)

    def run(self, command: str) -> str:
        """Return what `command` prints; it may change the directory for those after it."""
        place, kept = self.home / ".directory", self.home / ".variables"
        script = (
            f". {shlex.quote(str(kept))}\n(exit {self.code})\n{self._meant(command)}code=$?\n"
            f"pwd > {shlex.quote(str(place))}\nexport -p > {shlex.quote(str(kept))}\nexit $code\n"
        )
        if not kept.exists():
            kept.touch()
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=self.directory,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        if place.exists():
            self.directory = place.read_text("utf-8").strip()
        self.code = done.returncode
        return self._shown(done.stdout)

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._meant(text))

    def _meant(self, text: str) -> str:
        return text.replace(INDEX, self.index.origin).replace(MIRROR, self._by_name)

    def _shown(self, text: str) -> str:
        shown = text.replace(str(self.home), HOME).replace(self.index.origin, INDEX).replace(self._by_name, MIRROR)
        shown = shown.replace(self.index.origin.partition("://")[2], INDEX.partition("://")[2])
        shown = shown.replace(platform.python_version(), PYTHON)
        here, there = "{}.{}".format(*sys.version_info), PYTHON.rpartition(".")[0]
        shown = shown.replace(f"Python {here} ", f"Python {there} ").replace(f"/python{here}/", f"/python{there}/")
        return _DIGEST.sub(self._digest, re.sub(DURATION, " in 0.2s", shown))

    def _digest(self, found: re.Match[str]) -> str:
        number = self.digests.setdefault(found[0], len(self.digests))
        return hashlib.sha256(b"%d" % number).hexdigest()[: len(found[0])]

    @property
    def _by_name(self) -> str:
        return self.index.origin.replace("127.0.0.1", "localhost")


def as_it_is(text: str, desk: Callable[[str], Desk], *, is_one: bool) -> str:
    """Return the page `text` with what its commands print.

    `desk` makes the place for a section, from its heading; the page is one section where `is_one`.
    """
    at = desk("") if is_one else None
    heading, parts, end = "", [], 0
    for part in _PART.finditer(text):
        parts.append(text[end : part.start()])
        end = part.end()
        named = _FILE.search(text, 0, part.start())
        if part["heading"]:
            heading, at = part["heading"].removeprefix("## "), at if is_one else None
            parts.append(part[0])
            continue
        if part["kind"] == "console" or named:
            at = at or desk(heading)
        if part["kind"] == "console" and at:
            parts.append(f"```console\n{_COMMAND.sub(_reported(at), part['body'])}```")
            continue
        if named and at:
            at.write(named[1], part["body"])
        parts.append(part[0])
    return "".join(parts) + text[end:]


def _reported(desk: Desk) -> Callable[[re.Match[str]], str]:
    def reported(block: re.Match[str]) -> str:
        printed = desk.run(_CONTINUED.sub("", block["command"]))
        if printed and not printed.endswith("\n"):
            printed += "\n"
        return f"$ {block['command']}{printed}"

    return reported
