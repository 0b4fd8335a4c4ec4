"""Which projects a name that no index has may have meant.

A name, and the names that exist, go in; names that look like it come out, the nearest first. What asks an index whether
it has a project is given, and only asked about a few.
"""

from __future__ import annotations

from difflib import get_close_matches

from lockenv.index import prefetch, wellknown
from lockenv.vocabulary.names import NormalizedName, normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def near(
    name: NormalizedName, met: Sequence[NormalizedName], exists: Callable[[NormalizedName], bool] | None
) -> list[str]:
    """Return names that look like `name`: of those `met`, and where it may be asked, of other spellings that `exists`.

    Where a server fails, it has nothing to suggest: a suggestion is a courtesy.
    """
    found: list[str] = list(get_close_matches(name, met, n=3, cutoff=0.75))
    if exists is not None:
        famous = map(normalize, get_close_matches(name, wellknown.WELL_KNOWN, n=2, cutoff=0.8))
        guesses = [*prefetch.spellings(name), *famous]
        found += [guess for guess in dict.fromkeys(guesses) if guess not in found and exists(guess)]
    return found
