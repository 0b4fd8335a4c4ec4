"""What the setting `audit` holds: which vulnerabilities are known and accepted for a while, and where else to ask.

Pure: settings go in (`layers`), an AuditSettings comes out. It decides no lock, so that no lock records it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

from lockenv.project.expiry import reason_and_until
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from lockenv.project.positions import Path
    from lockenv.project.values import Values
    from lockenv.vocabulary.origin import Origin

KEYS: Final = ("osv", "database", "ignore", "on-lock", "on-sync")
ON_LOCK: Final = ("none", "malware", "all")
ON_SYNC: Final = ("none", "malware")
IGNORED_KEYS: Final = ("id", "reason", "until")
_PATH: Final[Path] = ("audit",)
_URL = lazy_pattern(r"https?://[^\s?#@]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredAdvisory:
    """A vulnerability that the project accepts, why, and until when."""

    id: str
    """Of any database: its own id, or one of its aliases."""
    reason: str
    until: str
    """The first day on which it counts again: `2026-12-31`."""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """What a project sets for its audits."""

    ignored: tuple[IgnoredAdvisory, ...] = ()
    """In the order they are written."""
    osv: str = ""
    """The root of an OSV server, ending in a slash; empty for none."""
    database: str = ""
    """The URL of a dump of OSV, or its path, from the directory of the project; empty for none."""


def osv_url(text: str) -> str:
    """Return the root that `text` names, ending in one slash; empty when it is not such a URL."""
    return text.rstrip("/") + "/" if _URL.fullmatch(text) else ""


def audit(document: Values) -> AuditSettings:
    """Return what the settings say of audits. Raises InputError for what cannot be understood."""
    document.known_keys(_PATH, KEYS)
    written = document.string((*_PATH, "osv")) or ""
    if written and not osv_url(written):
        raise document.error((*_PATH, "osv"), "is not a URL", hint='write `osv = "https://…/v1/"`')
    on_sync(document), on_lock(document)
    path: Path = (*_PATH, "ignore")
    return AuditSettings(
        ignored=tuple(_ignored(document, (*path, number)) for number in range(len(document.array(path)))),
        osv=osv_url(written),
        database=document.string((*_PATH, "database")) or "",
    )


def on_sync(document: Values) -> Literal["none", "malware"]:
    """Return what keeps `sync` from installing a release. Raises InputError."""
    return cast("Literal['none', 'malware']", _word(document, "on-sync", ON_SYNC))


def on_lock(document: Values) -> Literal["none", "malware", "all"]:
    """Return what `lock` asks about the releases that it locks. Raises InputError."""
    return cast("Literal['none', 'malware', 'all']", _word(document, "on-lock", ON_LOCK))


def _word(document: Values, key: str, valid: tuple[str, ...]) -> str:
    written = document.string((*_PATH, key)) or valid[0]
    if written not in valid:
        raise document.error((*_PATH, key), f'has the invalid value "{written}"', hint=f"write {' or '.join(valid)}")
    return written


def _ignored(document: Values, path: Path) -> IgnoredAdvisory:
    document.known_keys(path, IGNORED_KEYS)
    hint = 'write { id = "…", reason = "…", until = "2026-12-31" }'
    name = document.string((*path, "id"))
    if not name:
        raise document.error(path, "has no id", hint=hint)
    reason, until = reason_and_until(document, path, hint)
    return IgnoredAdvisory(id=name, reason=reason, until=until, origin=document.origin(path))
