"""What builds answered in one command without being run: which entries of the cache, and whether they are as they were.

In: the entries that were looked for. Out: their digests, and whether the cache still has them. Never: a build.
"""

from __future__ import annotations

from math import inf

from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.builds import failed_builds
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.page_states import PageStates
else:
    failed_builds = late("lockenv.builds.failed_builds")

_NONE = "-"
"""In place of the digest of an entry that the cache lacked."""


class BuildAnswers:
    """The entries of the cache that builds of one command were answered from."""

    def __init__(self) -> None:
        self.used: dict[tuple[str, str], str] = {}
        """The digest of each entry that was looked for, by its form and key."""
        self.is_all = True
        """Whether nothing else decided what builds answered: none was run, and no tree was asked that may change."""
        self.pages: PageStates | None = None
        """Where it is noted what the pages of build tools say; None where it is not noted."""

    def note(self, form: str, key: str, content: bytes | None) -> None:
        """Note that the cache has `content` under `key`, or nothing: what it had first, if others write."""
        self.used.setdefault((form, key), _digest(content))


def are_kept(used: Mapping[tuple[str, str], str], source: Fetcher) -> bool:
    """Return whether a build would be answered from the entries that were `used`, as it was."""
    return all(_digest(_kept(form, key, source)) == digest for (form, key), digest in used.items())


def _kept(form: str, key: str, source: Fetcher) -> bytes | None:
    return source.kept(form, key, failed_builds.LONGEST_AGE if form == failed_builds.FORM else inf)


def _digest(content: bytes | None) -> str:
    return _NONE if content is None else blake2b(content).hexdigest()
