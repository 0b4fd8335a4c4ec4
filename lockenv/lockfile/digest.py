"""Seal a lock, so that a bad merge or an edit by hand shows.

The digest is the sha256 of the canonical text of everything but the digest itself. So a lock with other formatting and
the same meaning has the same digest, while the text as lockenv wrote it needs only to be hashed.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from lockenv.lockfile.layout import lay_out
from lockenv.lockfile.lock import own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.lockfile.lock import Lock


_HEADER = "\n[tool.lockenv]\n"
"""Its digest follows: the first of its keys."""


def digest(document: Mapping[str, Any]) -> str:
    """Give 64 lower-case hexadecimal digits over the meaning of `document`, without its own digest."""
    return _sha256(lay_out(_unsealed(document)))


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give `document` with its digest in `[tool.lockenv]`."""
    tool = document.get("tool", {})
    mine = dict(tool.get("lockenv", {}))
    mine.pop("digest", None)
    unsealed = {**document, "tool": {**tool, "lockenv": mine}}
    return {**unsealed, "tool": {**tool, "lockenv": {**mine, "digest": _sha256(lay_out(unsealed))}}}


def sealed_text(document: Mapping[str, Any]) -> str:
    """Give the canonical text of `document` with its digest: `write(sealed(document))`, laid out once."""
    unsealed = lay_out(_unsealed(document))
    before, header, after = unsealed.partition(_HEADER)
    if not header or _HEADER in after or min(document["tool"]["lockenv"]) < "digest":
        return lay_out(sealed(document))
    return f'{before}{header}digest = "{_sha256(unsealed)}"\n{after}'


def is_intact(lock: Lock) -> bool | None:
    """Tell whether `lock` means what was sealed; None when it carries no digest."""
    mine = lock.own
    if mine is None or "digest" not in mine:
        return None
    recorded = str(mine["digest"])
    # What hashes to the recorded digest is the very text that was sealed; anything else is written anew to compare.
    if lock.text and _sha256(lock.text.replace(f'digest = "{recorded}"\n', "", 1)) == recorded:
        return True
    return digest(lock.document) == recorded


def _unsealed(document: Mapping[str, Any]) -> dict[str, Any]:
    mine = own(document)
    if mine is None or "digest" not in mine:
        return dict(document)
    rest = {key: value for key, value in mine.items() if key != "digest"}
    return {**document, "tool": {**document["tool"], "lockenv": rest}}


def _sha256(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
