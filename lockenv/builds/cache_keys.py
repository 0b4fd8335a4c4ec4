"""What distinguishes one build from another: with what it is done, and for which interpreter and platform. Pure."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target


def key_of(files: Sequence[Selected]) -> str:
    """Return what distinguishes an environment that holds `files` from all others, whatever their order."""
    from hashlib import sha256

    return sha256("\n".join(sorted(f"{one.name} {one.file.sha256}" for one in files)).encode()).hexdigest()


def place(target: Target) -> str:
    """Return a key that separates interpreters and platforms that may build the same sources differently."""
    from hashlib import sha256

    # The best tag says most of it for whoever reads it; the others have the versions of the system's libraries.
    return f"{target.tags[0]}-{sha256(' '.join(target.tags).encode()).hexdigest()[:8]}"
