"""Findings as workflow commands, which GitHub shows beside the lines of a pull request.

Pure: findings go in, text comes out. Never: a line that a finding could make a command of its own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.errors import Place
    from lockenv.vocabulary.finding import Finding

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def workflow_commands(findings: Iterable[Finding], *, directory: str, root: str) -> str:
    """Return a line for each finding; files, which are relative to `directory`, are named relative to `root`."""
    return "".join(f"{_annotation(finding, directory, root)}\n" for finding in findings)


def _annotation(finding: Finding, directory: str, root: str) -> str:
    properties = [*_place(finding.origin, directory, root), ("title", f"lockenv: {finding.rule}")]
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties)
    hint = f"; {finding.hint}" if finding.hint else ""
    return f"::{_COMMANDS[finding.level]} {listed}::{_message(finding.sentence + hint)}"


def _place(origin: Place | None, directory: str, root: str) -> list[tuple[str, str]]:
    if origin is None:
        return []
    found = [("file", relative(origin.file, directory, root))]
    if origin.line:
        found.append(("line", str(origin.line)))
        found += [("col", str(origin.column))] if origin.column else []
    return found


def relative(file: str, directory: str, root: str) -> str:
    """Return `file`, which is relative to `directory`, relative to `root` with slashes.

    As it is when it is outside.
    """
    path = os.path.normpath(os.path.join(directory, file))
    if root and os.path.commonpath([os.path.abspath(root), path]) == os.path.abspath(root):
        path = os.path.relpath(path, root)
    else:
        path = file
    return path.replace(os.sep, "/")


def _message(text: str) -> str:
    # GitHub, workflow commands: a message may hold neither line ends nor a bare percent sign; it has no line ends here.
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
