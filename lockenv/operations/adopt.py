"""Declare what a file of another tool lists: in a new project, or in a group of the one that there is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lockenv.context.project_files import read_declared
from lockenv.errors import UsageError
from lockenv.index.default import DEFAULT_INDEX
from lockenv.lockfile.paths import relative
from lockenv.operations import declare, load, new_project
from lockenv.operations.missing_places import refuse_missing
from lockenv.project.conversion import pipfile, requirements, write
from lockenv.project.conversion.declarations import Declarations
from lockenv.project.conversion.requirements import group_of
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.project.conversion.declarations import UnconvertedKey
    from lockenv.project.foreign import ForeignPins

LISTS: Final = "requirements.txt, environment.yml and Pipfile.lock"
"""Files of other tools that list what a person wrote, beside pins."""


class ForeignDeclaration(NamedTuple):
    """What a file of another tool lists, about to be declared."""

    foreign: ForeignPins
    declaration: declare.Declaration
    """The file that is to declare it."""
    text: str
    """The text of that file when it does."""
    left: tuple[UnconvertedKey, ...]
    """What has no counterpart."""


def listing(foreign: ForeignPins, python: str, settings: Settings) -> ForeignDeclaration:
    """Return what `foreign` lists, and the file that is to declare it.

    Raises UsageError where nothing is listed, and where there is a project and the file is for no group of it.
    """
    group = group_of(foreign.file) if _is_requirements(foreign.file) else ""
    pyproject = os.path.join(settings.directory, load.PYPROJECT)
    document = load.document(pyproject if os.path.isfile(pyproject) else "")
    if group and document and "project" in document.root:
        found = declare.declaration(settings)
        text = found.text
    elif _is_requirements(foreign.file) and document and "project" in document.root:
        raise UsageError(
            f"{relative(pyproject)} already declares a project",
            hint=f"run `lockenv add -r {foreign.file}` to add what {foreign.file} lists",
        )
    else:
        group = ""
        found, text = new_project.begun(settings, "", python or foreign.python)
    listed = _listed(foreign, settings, group)
    return ForeignDeclaration(
        foreign, found, write.converted(text, found.name, listed, settings.now), tuple(listed.left)
    )


def _listed(foreign: ForeignPins, settings: Settings, group: str) -> Declarations:
    """Return what a person wrote."""
    beside = os.path.join(os.path.dirname(os.path.abspath(foreign.file)), "Pipfile")
    if os.path.basename(foreign.file).lower() == "pipfile.lock" and os.path.isfile(beside):
        document = load.document(beside)
        return pipfile.read(document.root if document else {}, relative(beside), "", DEFAULT_INDEX)
    if _is_requirements(foreign.file):
        found = requirements.read(foreign.file, read_declared, settings.directory, DEFAULT_INDEX, group)
        refuse_missing(found.direct, settings.directory)
        return found
    if foreign.listed:
        found = Declarations(file=foreign.file)
        found.dependencies += foreign.listed
        return found
    raise UsageError(
        f"{foreign.file} in {settings.directory} does not list declared requirements",
        hint=f"use --declare only with {LISTS} (with its Pipfile); run `lockenv import` for different files",
    )


def _is_requirements(file: str) -> bool:
    return file.lower().endswith((".txt", ".in"))
