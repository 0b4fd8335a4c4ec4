"""Each error that a user can meet says what to do next."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.faults.mutants import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ERRORS = frozenset(
    {
        "BackendMissingError",
        "BuildError",
        "InputError",
        "MachineError",
        "NetworkError",
        "RefusedError",
        "UnacceptedError",
        "UsageError",
    }
)
_SAID = {
    "it is closed": "nothing can be done about a standard output that the caller closed",
    "cannot write to standard output": "the system says what is wrong with what the caller made standard output",
    "git cannot read the commit": "git says what is wrong with its own repository",
    "git cannot list the files": "git says what is wrong with its own repository",
    "no attempts are allowed": "for callers that allow none",
    "has to be looked at more closely": "caught: the file is looked at more closely",
    "in the store is not what was installed": "caught: the installation begins again",
    "are too many to be installed at once": "caught: they are installed in another way",
}
"""Parts of messages that need no hint, each with the reason."""


def without_hint(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each error of a module that is made without a hint, as code, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        is_error = name in _ERRORS or (name == "error" and getattr(node.func, "value", None) is not None)
        if is_error and len(node.args) > (name == "error") and "hint" not in {each.arg for each in node.keywords}:
            yield node.lineno, ast.unparse(node)


def test_errors_have_hints() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / "lockenv").rglob("*.py"))
        for line, text in without_hint(path)
        if not any(part in text for part in _SAID)
    ]

    assert found == []


def test_messages_that_need_no_hint_are_still_there() -> None:
    texts = [text for path in sorted((ROOT / "lockenv").rglob("*.py")) for _, text in without_hint(path)]

    assert [part for part in _SAID if not any(part in text for text in texts)] == []
