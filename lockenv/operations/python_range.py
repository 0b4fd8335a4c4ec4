"""Which Pythons a project is for that does not declare them.

In: what is declared, and the old lock. Out: a specifier, as `requires-python` has it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lockenv.builds.workspace import pythons
from lockenv.vocabulary.requirement import parse_specifier

if TYPE_CHECKING:
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest


def undeclared(declared: Manifest, locked: Lock | None) -> str:
    """Return what the members of the workspace say, else what the old lock records, else what lockenv runs on."""
    return _members(declared) or _recorded(locked) or running()


def running() -> str:
    """Return the specifier of the minor version that lockenv runs on, and later ones."""
    return f">={sys.version_info.major}.{sys.version_info.minor}"


def _members(declared: Manifest) -> str:
    """Return the Pythons that all members of a workspace admit; empty where none says."""
    if not declared.members:
        return ""

    return parse_specifier(",".join(pythons(declared)))


def _recorded(locked: Lock | None) -> str:
    return locked.inputs.requires_python if locked else ""
