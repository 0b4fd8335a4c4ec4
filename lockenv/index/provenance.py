"""Provenance objects (PEP 740): who published a file.

The bytes that an index serves go in; identities come out. Nothing is proved here: `operations/attestations` does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lockenv.errors import InputError
from lockenv.fetch import urls
from lockenv.vocabulary.identity import identities_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.vocabulary.identity import Identity

FORM = "provenance-1"
"""Of the objects in the cache, which are kept as they came, under their URL."""
ACCEPT = {"Accept": "application/vnd.pypi.integrity.v1+json, application/json"}
_HINT = "report this to those who run the index"
_LONGEST = 4 << 20
"""Bytes; an object of one attestation has some eight thousand."""


def fetched(source: Fetcher, url: str) -> bytes:
    """Return the provenance object at `url`, kept from the first time on. Raises LockenvError when there is none."""
    kept = source.store.get(FORM, url)
    if kept is not None and kept.status == 200 and not source.settings.refresh:
        return kept.payload

    def checked(content: bytes, _: str, final: str, __: object) -> bytes:
        parsed(content, final)
        return content

    entry = source.page(url, FORM, ACCEPT, checked)
    if entry.status != 200:
        raise InputError(f"{urls.shown(url)} is not there", hint=_HINT)
    return entry.payload


def is_own(url: str, index: str) -> bool:
    """Return whether an object is served by the server of the index itself: no other is asked."""
    try:
        return urls.origin(url) == urls.origin(index)
    except InputError:
        return False


def identities(content: bytes, url: str) -> tuple[Identity, ...]:
    """Return the publishers that a provenance object names, each once, sorted. Raises InputError."""
    bundles = parsed(content, url)["attestation_bundles"]
    return identities_of(bundle.get("publisher") for bundle in bundles if isinstance(bundle, dict))


def parsed(content: bytes, url: str) -> Mapping[str, Any]:
    """Return the object of version 1, with its list of bundles. Raises InputError for anything else."""
    try:
        found = json.loads(content.decode("utf-8")) if len(content) <= _LONGEST else None
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{url} is not a provenance object: it is not JSON ({str(error)[:120]})", hint=_HINT
        ) from error
    if not isinstance(found, dict) or not isinstance(found.get("attestation_bundles"), list):
        raise InputError(f"{url} is not a provenance object: it lacks `attestation_bundles`", hint=_HINT)
    # PEP 740: "version is 1"; what a later one means is not known.
    if found.get("version") != 1:
        raise InputError(f"{url} is a provenance object of another version than 1", hint=_HINT)
    return found
