"""Which releases a project admits, as its settings say.

Pure: settings go in (`layers`); a Policy comes out, every moment in it reckoned.
"""

from __future__ import annotations

from lockenv.errors import BugError
from lockenv.project import messages
from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import PREFERENCES, PRERELEASE_POLICIES, Policy
from lockenv.vocabulary.names import NormalizedName, normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final, Literal, TypeVar

    from lockenv.project import cutoff
    from lockenv.project.positions import Path
    from lockenv.project.values import Values
    from lockenv.vocabulary.manifest import PrereleasePolicy

    _Word = TypeVar("_Word", bound=str)
else:
    cutoff = late("lockenv.project.cutoff")

FORKS: Final[tuple[Literal["latest", "fewest"], ...]] = ("latest", "fewest")
_ALL: Final = ("*",)


def policy(document: Values, now: str | None) -> Policy:
    """Return which releases may be chosen; `now` (RFC 3339) is what a relative cutoff counts back from."""
    moment, span = _cutoff(document, ("exclude-newer",), now)
    moments, spans = _cutoffs(document, now)
    return Policy(
        prerelease=_choice(document, ("prerelease",), PRERELEASE_POLICIES),
        prerelease_packages=_prereleases(document),
        preference=_choice(document, ("resolution",), PREFERENCES),
        exclude_newer=moment,
        exclude_newer_span=span,
        exclude_newer_packages=moments,
        exclude_newer_package_spans=spans,
        allow_build=_allow_build(document),
        build_network=document.boolean(("build-network",)),
        no_build=_packages(document, "no-build", "no-build-package"),
        no_binary=_packages(document, "no-binary", "no-binary-package"),
        fork=_choice(document, ("fork",), FORKS),
    )


def _prereleases(document: Values) -> dict[NormalizedName, PrereleasePolicy]:
    return {
        name: _choice(document, path, PRERELEASE_POLICIES) for name, path in _by_package(document, "prerelease-package")
    }


def _cutoffs(document: Values, now: str | None) -> tuple[dict[NormalizedName, str], dict[NormalizedName, str]]:
    """Return the moments for single projects, empty where none counts, and the spans of those that are relative."""
    moments, spans = {}, {}
    for name, path in _by_package(document, "exclude-newer-package"):
        if document.get(path, object) is False:
            moments[name] = ""
            continue
        moments[name], span = _cutoff(document, path, now)
        if span:
            spans[name] = span
    return moments, spans


def _by_package(document: Values, key: str) -> Iterator[tuple[NormalizedName, Path]]:
    """Return name and place of each entry in the table at `key`, sorted by name."""
    places: dict[NormalizedName, Path] = {}
    for written in document.table((key,)):
        path = (key, written)
        name = normalize(document.name(path, written, at_key=True))
        if name in places:
            raise document.error(path, "is a duplicate for the same package", hint="set it once", at_key=True)
        places[name] = path
    yield from sorted(places.items())


def _cutoff(document: Values, path: Path, now: str | None) -> tuple[str, str]:
    """Return the moment at `path`, and the span that it was reckoned from, if any; both empty when nothing is there."""
    written: Any = document.get(path, object)
    if written is None:
        return "", ""
    if hasattr(written, "isoformat"):
        written = written.isoformat()
    elif not isinstance(written, str):
        written = document.string(path) or ""
    is_span = cutoff.is_span(written)
    if is_span and now is None:
        raise BugError("a relative cutoff was read without the clock")
    try:
        return cutoff.moment(written, now or ""), written if is_span else ""
    except ValueError as error:
        raise document.error(path, f"is not a cutoff: {error}", hint=cutoff.HINT) from error


def _choice(document: Values, path: Path, valid: tuple[_Word, ...]) -> _Word:
    """Return the word at `path`, which is one of `valid`; the first of them when nothing is there."""
    written = document.string(path)
    if written is None:
        return valid[0]
    for word in valid:
        if word == written:
            return word
    raise document.error(
        path,
        f'has the invalid value "{written}"{messages.suggestion(written, valid)}',
        hint=f"write {' or '.join(valid)}",
    )


def _allow_build(document: Values) -> tuple[str, ...]:
    path: Path = ("allow-build",)
    if isinstance(document.get(path, object), bool):
        return _ALL if document.boolean(path) else ()
    return _names(document, path)


def _packages(document: Values, all_key: str, some_key: str) -> tuple[str, ...]:
    some = _names(document, (some_key,))
    return _ALL if document.boolean((all_key,)) else some


def _names(document: Values, path: Path) -> tuple[str, ...]:
    """Return the names in the array at `path`, normalized, sorted, each once; `*` means all."""
    names = enumerate(document.strings(path))
    return tuple(
        sorted({name if name == "*" else normalize(document.name((*path, position), name)) for position, name in names})
    )
