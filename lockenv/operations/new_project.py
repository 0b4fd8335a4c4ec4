"""Begin a project: which file is to declare it, and the text that does."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING

from lockenv.context.project_files import read_text
from lockenv.errors import UsageError
from lockenv.files.atomic import machine_error
from lockenv.files.reading import read_file
from lockenv.lockfile.paths import LOCK, relative
from lockenv.operations import declare, load
from lockenv.operations.python_range import expected
from lockenv.project.document import Document
from lockenv.project.edit import declaring
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.names import is_valid
from lockenv.vocabulary.requirement import parse_specifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings


def begun(settings: Settings, name: str, python: str) -> tuple[declare.Declaration, str]:
    """Return the file that is to declare a project and the text that does; `name` and `python` may be empty."""
    path = os.path.join(settings.directory, load.PYPROJECT)
    text, before = _existing(path), _bytes(path)
    lock = os.path.join(settings.directory, LOCK)
    project = load.Project(directory=settings.directory, pyproject=path, requirements=(), lock=lock)
    found = declare.Declaration(project=project, path=path, before=before)
    python = _python(python) if python else expected(settings.directory, settings.tools_environ)
    return found, declaring(text, _name(name, settings), python)


def refuse_overlooked(directory: str) -> None:
    """Raise UsageError where another tool has a project in `directory`, which an empty one beside it would hide."""
    found, path = load.foreign(directory), os.path.join(directory, load.PYPROJECT)
    if not found and os.path.isfile(path):
        try:
            values = tomllib.loads(read_text(path))
        except tomllib.TOMLDecodeError:
            return  # what is wrong with it is reported when it is read
        found = "[tool.poetry]" if "poetry" in values.get("tool", ()) and "project" not in values else ""
    if found:
        raise UsageError(
            f"this project is already declared by {found}",
            hint=f"run `lockenv import` to convert it to {load.PYPROJECT}",
        )


def directory_for(place: Sequence[str], settings: Settings) -> Settings:
    """Return the settings for a project in the one directory `place`, which is created; those given for none.

    Raises UsageError and MachineError.
    """
    if not place:
        return settings
    if len(place) > 1:
        raise UsageError("`lockenv init` creates one project", hint="specify one directory")
    directory = os.path.abspath(os.path.join(settings.directory, place[0]))
    try:
        os.makedirs(directory, exist_ok=True)
    except OSError as error:
        raise machine_error(error, directory, "create") from error
    return replace(settings, directory=directory)


def _bytes(path: str) -> bytes | None:
    if not os.path.exists(path):
        return None
    return read_file(path)


def _existing(path: str) -> str:
    """Return the text of pyproject.toml. Raises UsageError where a project is declared already."""
    name = relative(path)
    bare = os.path.join(os.path.dirname(path), load.REQUIREMENTS)
    if os.path.isfile(bare):
        raise UsageError(
            f"this project is already declared by {relative(bare)}",
            hint="run `lockenv init` in an empty directory, or move its requirements to pyproject.toml and remove it",
        )
    if not os.path.exists(path):
        _check_lockfile(os.path.dirname(path))
        return ""
    text = read_text(path)
    if "project" in Document(text, name).root:
        raise UsageError(f"{name} already declares a project", hint="add requirements with `lockenv add`")
    return text


def _check_lockfile(directory: str) -> None:
    """Raise UsageError where a lockfile without a project would be replaced: nothing says what it was made from."""
    lock = os.path.join(directory, LOCK)
    if os.path.lexists(lock):
        raise UsageError(
            f"{relative(lock)} belongs to no project here, and would be replaced",
            hint="run `lockenv sync` to install from it, or move it to another directory first",
        )


def _name(given: str, settings: Settings) -> str:
    if given:
        if not is_valid(given):
            raise UsageError(f"`{given}` is not a valid name", hint="use letters and digits, separated by -")
        return given
    name = re.sub(r"[^A-Za-z0-9._-]+|^[._-]+|[._-]+$", "-", os.path.basename(settings.directory)).strip("._-").lower()
    if not is_valid(name):
        raise UsageError("the name of this directory is not a valid project name", hint="use --name")
    return name


def _python(given: str) -> str:
    if re.fullmatch(r"\d+\.\d+(\.\d+)?", given):
        given = f">={given}"
    try:
        parse_specifier(given)
    except ValueError as error:
        raise UsageError(
            f"--python {given} is not a version specifier", hint="use a specifier such as '>=3.11'"
        ) from error
    return given
