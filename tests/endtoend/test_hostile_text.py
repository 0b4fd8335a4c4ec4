"""Whatever a lock, a project or an index says is shown as a part of a line, in every output of every command."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.program import Result

EVIL = (
    "x\n::stop-commands::e\r\n.venv matches pylock.toml exactly\n--extra-index-url https://evil.example/ "
    "##[add-mask]e ##vso[task.x]e \x1b[2J\x9b2J\u202e\u2066\u2028\x85\x00 "
    "</script><img src=x> ](https://evil.example) ${HOME}"
)
_SHA256 = "a" * 64

LOCK = """\
lock-version = "1.0"
environments = [%(environment)s]
requires-python = ">=3.11"
extras = ["%(extra)s"]
dependency-groups = ["%(group)s"]
default-groups = ["%(default)s"]
created-by = "%(maker)s"

[[packages]]
name = "%(name)s"
version = "%(version)s"
marker = "%(marker)s"
requires-python = "%(python)s"
dependencies = [{ name = "%(dependency)s" }]
index = "%(index)s"
sdist = { name = "%(sdist)s", url = "%(sdist-url)s", hashes = { sha256 = "%(sha256)s" } }
wheels = [{ name = "%(wheel)s", url = "%(wheel-url)s", hashes = { %(algorithm)s = "%(sha256)s" } }]

[[packages]]
name = "git"
marker = "'x' in extras"
vcs.type = "%(vcs)s"
vcs.url = "%(vcs-url)s"
vcs.requested-revision = "%(revision)s"
vcs.commit-id = "%(commit)s"
vcs.subdirectory = "%(inner)s"

[[packages]]
name = "dir"
marker = "'x' in extras"
directory = { path = "%(directory)s", subdirectory = "%(below)s" }

[[packages]]
name = "archive"
marker = "'x' in extras"
archive = { url = "%(archive)s", hashes = { sha256 = "%(sha256)s" } }

[tool.lockenv]
"%(key)s" = "%(tool)s"
"""
HONEST = {
    "environment": "\"python_version == '3.11'\"",
    "extra": "x",
    "group": "dev",
    "default": "dev",
    "maker": "someone",
    "name": "pkg",
    "version": "1.0",
    "marker": "python_version == '3.11'",
    "python": ">=3.8",
    "dependency": "git",
    "index": "https://index.example/simple/",
    "sdist": "pkg-1.0.tar.gz",
    "sdist-url": "https://files.example/pkg-1.0.tar.gz",
    "sha256": _SHA256,
    "algorithm": "sha256",
    "wheel": "pkg-1.0-py3-none-any.whl",
    "wheel-url": "https://files.example/pkg-1.0-py3-none-any.whl",
    "vcs": "git",
    "vcs-url": "https://code.example/x.git",
    "revision": "main",
    "commit": "b" * 40,
    "inner": "inner",
    "directory": "./dir",
    "below": "below",
    "archive": "https://files.example/archive-1.0.tar.gz",
    "key": "note",
    "tool": "x",
}
PROJECT = """\
[project]
name = "%(project)s"
version = "%(project-version)s"
requires-python = "%(project-python)s"
dependencies = ["%(requirement)s"]
optional-dependencies = { "%(project-extra)s" = [] }

[dependency-groups]
"%(project-group)s" = []

[tool.lockenv]
%(setting)s = "%(value)s"

[[tool.lockenv.index]]
name = "%(index-name)s"
url = "%(index-url)s"
"""
DECLARED = {
    "project": "p",
    "project-version": "0",
    "project-python": ">=3.11",
    "requirement": "pkg",
    "project-extra": "x",
    "project-group": "dev",
    "setting": "exclude-newer",
    "value": "2026-01-01T00:00:00Z",
    "index-name": "corp",
    "index-url": "https://index.example/simple/",
}
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check",),
    ("check", "--json"),
    ("check", "--format", "github"),
    ("check", "--format", "sarif"),
    ("export", "--frozen"),
    ("export", "--frozen", "--all-extras", "--no-hashes"),
    ("export", "--frozen", "--format", "cyclonedx"),
    ("export", "--frozen", "--format", "spdx"),
    ("sync", "--dry-run", "--frozen"),
    ("sync", "--dry-run"),
    ("verify",),
    ("verify", "--json"),
    ("tree",),
    ("tree", "--json"),
    ("tree", "--html", "-"),
    ("why", "pkg"),
    ("why", "--json", "pkg"),
    ("why-not", "pkg==2.0"),
    ("report", "--against", "honest.toml"),
    ("report", "--json"),
    ("report", "--html", "-", "--against", "honest.toml"),
    ("coverage",),
    ("coverage", "--json"),
    ("diff", "honest.toml", "pylock.toml"),
    ("diff", "--markdown", "honest.toml", "pylock.toml"),
    ("diff", "--json", "honest.toml", "pylock.toml"),
    ("outdated",),
    ("outdated", "--json"),
    ("licenses",),
    ("licenses", "--format", "markdown"),
    ("audit",),
    ("audit", "--format", "json"),
    ("lock", "--dry-run"),
    ("remove", "other"),
    ("run", "--no-check", "true"),
    ("bundle", "--frozen", "there"),
)


def quoted(text: str) -> str:
    """Return `text` as the inside of a basic string of TOML."""
    return json.dumps(text)[1:-1].replace("\x7f", "\\u007f")


def faults(args: tuple[str, ...], done: Result) -> Iterator[str]:
    """Yield what in an output is more than text."""
    for name, text in (("out", done.out), ("err", done.err)):
        for line in text.split("\n"):
            bad = sorted({char for char in line if not char.isprintable() and char != "\t"})
            if bad:
                yield f"{name} has {bad!a}: {line[:200]!a}"
            if line.lstrip().startswith("::") and not re.match(r"::(error|warning|notice) (file|title)=", line):
                yield f"{name} commands: {line[:200]!a}"
            if re.search(r"##(\[|vso\[)", line):
                yield f"{name} commands: {line[:200]!a}"
            if line.startswith((".venv is exactly", "--extra-index-url https://evil")):
                yield f"{name} is forged: {line[:200]!a}"
    if "export" in args and not {"cyclonedx", "spdx"} & {*args} and "${" in re.sub(r"(?m)^#.*", "", done.out):
        yield "a variable is exported"
    if "--html" in args and "<img" in done.out:
        yield "markup is written"
    if ("--markdown" in args or args == ("report", "--against", "honest.toml")) and re.search(
        r"(?<!\\)\]\(https://evil|(?<!\\)<img", re.sub(r"`[^`]*`", "", done.out)
    ):
        yield "a link is written"
    if {"--json", "json", "sarif", "cyclonedx", "spdx"} & {*args} and done.out.strip():
        json.loads(done.out)
    if done.code == 70 or "Traceback" in done.err:
        yield f"it is a bug: {done.err[:300]!a}"


def wrong(project: Path, lock: dict[str, str], declared: dict[str, str]) -> list[str]:
    (project / "honest.toml").write_text(LOCK % HONEST, encoding="utf-8")
    (project / "pylock.toml").write_text(LOCK % lock, encoding="utf-8")
    (project / "pyproject.toml").write_text(PROJECT % declared, encoding="utf-8")
    env = {"LOCKENV_OFFLINE": "1"}
    runs: list[tuple[tuple[str, ...], Any]] = [(args, lockenv_here(*args, cwd=project, env=env)) for args in COMMANDS]
    return [f"{' '.join(args)}: {fault}" for args, done in runs for fault in faults(args, done)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    found = tmp_path / "project"
    found.mkdir()
    return found


@pytest.mark.parametrize("field", HONEST)
def test_lock_says_nothing_but_text(field: str, project: Path) -> None:
    spoilt = f'"{quoted(EVIL)}"' if field in ("environment", "algorithm") else quoted(HONEST[field] + EVIL)

    assert wrong(project, {**HONEST, field: spoilt}, DECLARED) == []


@pytest.mark.parametrize("field", DECLARED)
def test_project_says_nothing_but_text(field: str, project: Path) -> None:
    spoilt = f'"{quoted(EVIL)}"' if field == "setting" else quoted(DECLARED[field] + EVIL)

    assert wrong(project, HONEST, {**DECLARED, field: spoilt}) == []


def test_text_in_place_of_a_file_is_text(project: Path) -> None:
    (project / "pylock.toml").write_text(EVIL)
    (project / "pyproject.toml").write_text(EVIL)

    for args in COMMANDS:
        assert list(faults(args, lockenv_here(*args, cwd=project))) == []


def test_argument_is_text(project: Path) -> None:
    (project / "pyproject.toml").write_text(PROJECT % DECLARED)
    evil = EVIL.replace("\0", "")

    for args in (("add", evil), ("why", evil), ("diff", evil), ("check", evil), ("run", evil), ("lock", "-r", evil)):
        assert list(faults(args, lockenv_here(*args, cwd=project, env={"LOCKENV_OFFLINE": "1"}))) == []
