"""What the setting `publishers` requires: who may publish packages, by their name or the beginning of it.

Pure: settings go in (`layers`), rules come out. It decides no lock, so that no lock records it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.vocabulary.identity import POLICY_KEYS, PublisherRule
from lockenv.vocabulary.names import is_valid, normalize

if TYPE_CHECKING:
    from lockenv.project.positions import Path
    from lockenv.project.values import Values

_PATH: Final[Path] = ("publishers",)
_HINT: Final = 'write acme = { repository = "acme/acme", workflow = "release.yml" }, or false for no requirement'


def publishers(document: Values) -> tuple[PublisherRule, ...]:
    """Return the rules, sorted by pattern. Raises InputError for what cannot be understood."""
    found: dict[str, PublisherRule] = {}
    for written in document.table(_PATH):
        path: Path = (*_PATH, written)
        pattern = _pattern(written)
        if not pattern:
            hint = "use a name, the beginning of names such as `acme-*`, or `*` for all"
            raise document.error(path, "is not a package name", hint=hint, at_key=True)
        if pattern in found:
            raise document.error(path, "is a duplicate for the same package", hint="set it once", at_key=True)
        found[pattern] = _rule(document, path, pattern)
    return tuple(found[pattern] for pattern in sorted(found))


def _pattern(written: str) -> str:
    """Return a normalized name, or the beginning of names and an asterisk; empty for anything else."""
    bare = written.removesuffix("*")
    if bare == written:
        return normalize(written) if is_valid(written) else ""
    if not bare:
        return "*"
    # What is cut off may end in a dash, as no whole name does.
    return normalize(f"{bare}0")[:-1] + "*" if is_valid(f"{bare}0") else ""


def _rule(document: Values, path: Path, pattern: str) -> PublisherRule:
    origin = document.origin(path, at_key=True)
    if document.get(path, object) is False:
        return PublisherRule(pattern=pattern, is_exempt=True, origin=origin)
    if document.get(path, object) is True:
        raise document.error(path, "is `true`, which requires no one in particular", hint=_HINT)
    document.known_keys(path, POLICY_KEYS)
    required = tuple((key, _values(document, (*path, key))) for key in POLICY_KEYS if key in document.table(path))
    return PublisherRule(pattern=pattern, required=required, origin=origin)


def _values(document: Values, path: Path) -> tuple[str, ...]:
    is_list = isinstance(document.get(path, object), list)
    values = tuple(document.strings(path)) if is_list else (document.string(path) or "",)
    if not values or not all(values):
        raise document.error(path, "is empty", hint=_HINT)
    return values
