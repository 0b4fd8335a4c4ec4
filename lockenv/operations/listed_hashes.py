"""Refuse files whose hash is none of those that requirements files list for them.

In: the pins of an answer, each file with its hash, and the policy. Out: nothing, or RefusedError. Never: a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import RefusedError
from lockenv.vocabulary import listed_hashes
from lockenv.vocabulary.direct import Archive, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.pin import Pin


def refuse(pins: Iterable[Pin], policy: Policy) -> None:
    """Raise RefusedError for the first of `pins` that may not be locked by the hashes that `policy` lists.

    That is a file with another hash, and a release without any hash where hashes are required.
    The catalog leaves out the files whose hash it knows. It does not know that of every file on every index, and none
    of what comes from elsewhere.
    """
    for pin in pins:
        about = listed_hashes.about(policy.hashes.get(pin.name, ()), pin.version)
        if not about and policy.hashes_required:
            raise RefusedError(
                "hash-missing",
                f"no hash is listed for {pin.name} {pin.version}, and {policy.hashes_required} requires hashes",
                hint="list its hashes, as `pip-compile --generate-hashes` writes them, or remove --require-hashes",
            )
        for title, sha256 in _files(pin) if about else ():
            if not listed_hashes.admits(about, sha256):
                raise RefusedError(
                    "hash-mismatch",
                    f"{title} has {f'the sha256 {sha256}' if sha256 else 'no hash'}, which {about[0].origin} does not "
                    f"list for `{pin.name}`",
                    hint="find out why its files are not those that were listed, or correct the hashes",
                )


def _files(pin: Pin) -> Iterator[tuple[str, str]]:
    """Yield the name and the sha256 of each file of a pin; empty for what has none."""
    yield from ((file.filename, file.sha256 or "") for file in (*pin.wheels, pin.sdist) if file is not None)
    if pin.direct is not None:
        yield shown(pin.direct), (pin.direct.sha256 or "") if isinstance(pin.direct, Archive) else ""
