"""The name that the sources in a directory state, without a build.

Pure: a way to read files goes in; a name comes out. A `setup.py` is parsed and never run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import LockenvError
from lockenv.project.document import Document
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    import ast
    import configparser
    from collections.abc import Callable
else:
    ast = late("ast")
    configparser = late("configparser")


def directory_name(directory: str, read: Callable[[str], str]) -> str:
    """Return the name of the project in `directory`; empty where its files state none.

    That of `[project]`, of a `setup.cfg` or of a `setup.py`. `read` returns the text of a file. Raises LockenvError
    where none of these files can be read, and for a `pyproject.toml` that cannot be understood.
    """
    file = os.path.normpath(os.path.join(directory, "pyproject.toml"))
    refused: LockenvError | None = None
    try:
        text = read(file)
    except LockenvError as error:
        refused = error
    else:
        table = Document(text, file).root.get("project")
        if isinstance(table, dict):
            return str(table.get("name", ""))
    for name, named in (("setup.cfg", _in_cfg), ("setup.py", _in_script)):
        try:
            text = read(os.path.normpath(os.path.join(directory, name)))
        except LockenvError:
            continue
        refused = None
        if found := named(text):
            return found
    if refused is not None:
        raise refused
    return ""


def _in_cfg(text: str) -> str:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        return ""
    return parser.get("metadata", "name", fallback="").strip()


def _in_script(text: str) -> str:
    """Return the name that a call of `setup()` has as a literal; empty where it is computed."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) == "setup":
            for keyword in call.keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
    return ""
