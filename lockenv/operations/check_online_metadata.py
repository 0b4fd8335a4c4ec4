"""Whether wheels hold the metadata that an index serves beside them (PEP 658), on whose word they are locked.

In: the entries of a lock, and what indexes list of them. Out: for each wheel that was looked into, what it says
otherwise. Looked into are the wheel that speaks for a release, in parts, and each that the cache has whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import RefusedError
from lockenv.fetch.downloads import archive_path
from lockenv.index.listing import described, in_wheels
from lockenv.vocabulary.distribution import Metadata
from lockenv.vocabulary.names import Sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.errors import LockenvError
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.page import File
    from lockenv.vocabulary.distribution import NeedsBuild
    from lockenv.vocabulary.names import NormalizedName

    Wheel = tuple[File, NormalizedName, str, str]
    """A file of an index, its project, its version, and the index."""


def differences(wheels: Sequence[Wheel], source: Fetcher) -> list[str]:
    """Return, in the order of `wheels`, a sentence on what each says otherwise than what is beside it; or nothing."""
    beside, inside = described(wheels, source), in_wheels(wheels, source)
    return [_sentence(*pair) for pair in zip(wheels, beside, inside, strict=True)]


def is_looked_into(file: File) -> bool:
    """Return whether a file is a wheel beside which its index serves metadata."""
    return file.filename.endswith(".whl") and not file.url.startswith("file:")


def is_whole(file: File, source: Fetcher) -> bool:
    """Return whether the cache has a file whole."""
    import os

    path = archive_path(source.settings.archives, Sha256(file.sha256), file.filename)
    return bool(file.sha256) and os.path.isfile(path)


def _sentence(
    wheel: Wheel,
    beside: Metadata | NeedsBuild | LockenvError,
    inside: Metadata | NeedsBuild | LockenvError | None,
) -> str:
    file, name, version, index = wheel
    if isinstance(beside, RefusedError):
        return f"{name} {version}: {beside.message}"
    if not isinstance(beside, Metadata) or not isinstance(inside, Metadata):
        return ""
    parts = [
        *(f"`{text}` is only in the wheel" for text in inside.requires if text not in beside.requires),
        *(f"`{text}` is not in the wheel" for text in beside.requires if text not in inside.requires),
    ]
    if inside.requires_python != beside.requires_python:
        parts.append(f"the wheel requires Python {inside.requires_python or 'of any version'}")
    if inside.extras != beside.extras:
        parts.append("the wheel has different extras")
    differences = "; ".join(parts) or ("another order" if inside.requires != beside.requires else "")
    return (
        f"{name} {version}: the metadata of {file.filename} does not match the metadata on {index}: {differences}"
        if differences
        else ""
    )
