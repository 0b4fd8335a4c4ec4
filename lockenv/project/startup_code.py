"""What the settings say of code that runs whenever Python starts. Pure: settings go in (`layers`), names come out."""

from __future__ import annotations

from lockenv.vocabulary.names import normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.project.positions import Path
    from lockenv.project.values import Values
    from lockenv.vocabulary.names import NormalizedName


def startup_allowed(document: Values) -> tuple[NormalizedName, ...] | None:
    """Return the packages that may bring such code, sorted, each once; None where all may."""
    path: Path = ("allow-startup-code",)
    names = enumerate(document.strings(path))
    allowed = {normalize(document.name((*path, position), name)) for position, name in names}
    return tuple(sorted(allowed)) if document.boolean(("deny-startup-code",)) else None
