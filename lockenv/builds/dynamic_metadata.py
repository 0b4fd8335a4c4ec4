"""What a project leaves to a build of itself: reported by the build when it is locked, and by the lock from then on.

The files that decide it, as far as they are known, are among the inputs of the lock by their digest: where they change,
the lock is stale, and nothing has to be built to see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds.source_digests import build_digest
from lockenv.errors import InputError
from lockenv.index.metadata import compact, decode_any
from lockenv.lockfile.inputs import recorded_dynamic
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.distribution import NeedsBuild
from lockenv.vocabulary.manifest import BuildStatement, Dynamic
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from lockenv.builds.builder import WheelBuilder
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest


def add_recorded(dynamic: Dynamic, directory: str, text: str, locked: Lock | None) -> Dynamic:
    """Return `dynamic` with the digest of what decides it, and what the lock holds of the same, unless it is known."""
    digest = build_digest(directory, text)
    before = recorded_dynamic(locked.inputs) if locked is not None else None
    kept = before.reported if before is not None and before.digest == digest else None
    return Dynamic(digest=digest, reported=dynamic.reported or kept)


def ask_build(manifest: Manifest, workshop: WheelBuilder) -> BuildStatement:
    """Return what a build reports that the project of `manifest` requires; its code runs. Raises InputError."""
    name = NormalizedName(manifest.name)
    content = workshop.metadata_of(name, Directory(path=manifest.root, editable=True))
    found = decode_any(compact(content, name), name)
    if isinstance(found, NeedsBuild) or found.name != name:
        what = found.reason if isinstance(found, NeedsBuild) else f"it is the metadata of {found.name}"
        raise InputError(
            f"cannot use the metadata from the build of {name}: {what}",
            hint="state what [project] declares as dynamic, or correct what its build backend writes",
        )
    return BuildStatement(requires=tuple(map(_canonical, found.requires)), extras=found.extras)


def _canonical(text: str) -> str:
    """Return a requirement as it is whichever backend wrote it; what is none is reported when it is read as one."""
    try:
        return str(parse(text))
    except ValueError:
        return text
