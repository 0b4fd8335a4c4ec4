"""`lockenv init`: declare a project in pyproject.toml, and lock it."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING

from lockenv.errors import ExitCode, UsageError
from lockenv.files.reading import read_file
from lockenv.operations import declare, discovery, load
from lockenv.operations.python_range import running
from lockenv.project.edit import declaring
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.names import is_valid
from lockenv.vocabulary.requirement import parse_specifier

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.vocabulary.pin import Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv init` was asked."""

    name: str
    python: str


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Declare the project; what other tools have in the file stays. A new member is locked with its workspace."""
    found, new = begun(settings, options.name, options.python)
    root = found.project.directory if settings.is_named else discovery.root_of_new(found.project.directory)
    if root != found.project.directory:
        found = replace(found, project=load.project(replace(settings, directory=root)), is_member=True)

    def edit(_answer: Resolution | None) -> str:
        return new

    if found.is_member:
        from lockenv.operations import declare_member

        return declare_member.change(found, edit, settings, console, dry_run=False)
    return declare.change(found, edit, settings, console)


def begun(settings: Settings, name: str, python: str) -> tuple[declare.Declaration, str]:
    """Give the file that is to declare a project and the text that does; `name` and `python` may be empty."""
    path = os.path.join(settings.directory, load.PYPROJECT)
    text, before = _existing(path), _bytes(path)
    lock = os.path.join(settings.directory, load.LOCK)
    project = load.Project(directory=settings.directory, pyproject=path, requirements=(), lock=lock)
    found = declare.Declaration(project=project, path=path, before=before)
    return found, declaring(text, _name(name, settings), _python(python))


def _bytes(path: str) -> bytes | None:
    if not os.path.exists(path):
        return None
    return read_file(path)


def _existing(path: str) -> str:
    """Give what stands in pyproject.toml. Raises UsageError where a project is declared already."""
    name = load.relative(path)
    bare = os.path.join(os.path.dirname(path), load.REQUIREMENTS)
    if os.path.isfile(bare):
        raise UsageError(
            f"{load.relative(bare)} declares this project already",
            hint="move its requirements into pyproject.toml, remove it, and run `lockenv init` first",
        )
    if not os.path.exists(path):
        return ""
    text = load.read_text(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not valid TOML: {error}", hint="correct it, or remove it") from error
    if "project" in values:
        raise UsageError(f"{name} declares a project already", hint="add requirements with `lockenv add`")
    return text


def _name(given: str, settings: Settings) -> str:
    if given:
        if not is_valid(given):
            raise UsageError(f"{given!r} is not a valid name", hint="write letters, digits, and between them -")
        return given
    name = re.sub(r"[^A-Za-z0-9._-]+|^[._-]+|[._-]+$", "-", os.path.basename(settings.directory)).strip("._-").lower()
    if not is_valid(name):
        raise UsageError("the name of this directory cannot name a project", hint="give one with --name")
    return name


def _python(given: str) -> str:
    if not given:
        return running()
    try:
        parse_specifier(given)
    except ValueError as error:
        raise UsageError(f"--python {given} is not a version specifier", hint="write it as '>=3.11'") from error
    return given
