"""Refuse releases of projects that their index has quarantined (PEP 792).

In: the pins of an answer, and the catalogs that answered. Out: nothing, or UnacceptedError. Never: a request.
"""

from __future__ import annotations

from lockenv.errors import UnacceptedError
from lockenv.index.notes import QUARANTINED, status

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.index.catalog import Catalog
    from lockenv.vocabulary.pin import Pin

_MOST = 5
"""Projects that one message names."""


def refuse(pins: Iterable[Pin], catalog: Catalog) -> None:
    """Raise UnacceptedError where a project of `pins` is quarantined on the index that it comes from.

    PEP 792: such a project "is considered generally unsafe for use". What no pin is of is not refused.
    """
    sentences: dict[str, None] = {}
    every = (catalog, *catalog.besides.values())
    for pin in pins:
        for each in every:
            releases = each.known.get(pin.name)
            if releases is not None and releases.columns.status == QUARANTINED and releases.index == pin.index:
                sentences[status(releases)] = None
    if sentences:
        found = sorted(sentences)
        more = f" (and {len(found) - _MOST} more)" if len(found) > _MOST else ""
        raise UnacceptedError(
            "project-quarantined",
            "; ".join(found[:_MOST]) + more,
            hint="do not install it; require another package, or wait until the index releases it",
        )
