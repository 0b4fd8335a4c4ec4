"""Who published what a lock holds: what it records of it, how that changed, and whether the project accepts it.

Pure: a Lock and the rules of a project go in; identities and findings come out. Comparing needs no cryptography: what
an index said is compared with what it said before, and with what the project requires.
"""

from __future__ import annotations

from lockenv.errors import UnacceptedError
from lockenv.vocabulary.identity import identities_of, rule_for
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary import finding
    from lockenv.vocabulary.finding import Finding
    from lockenv.vocabulary.identity import Identity, PublisherRule
else:
    finding = late("lockenv.vocabulary.finding")

IDENTITIES = "attestation-identities"
"""The key of an entry (pylock.toml specification): whom the index names as its publishers."""
FORMER = "published-before"
"""The key of ours: the publishers of the release that was locked before, where none of them published this one."""
LOST = "attested-before"
"""The key of ours: the version locked before, of whose publisher the index spoke, where it is silent about this one."""
UNATTESTED = "unattested"
"""The key of ours: the locked files of whose publisher the index says nothing, though it does of others."""
_MOST = 5
"""Packages that one message names."""
_LOOK = "find out why before installing it; to accept it, change [tool.lockenv.publishers]"


def recorded(table: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Return the publishers of an entry, each once, sorted; empty where the lock names none."""
    tables = table.get(IDENTITIES)
    return identities_of(tables) if tables else ()


def former(package: LockEntry) -> tuple[Identity, ...]:
    """Return who published the release before, where that is recorded as a change."""
    tables = package.own.get(FORMER, ())
    return identities_of(tables if isinstance(tables, list) else ())


def expected(packages: Iterable[LockEntry]) -> tuple[Identity, ...]:
    """Return who published these releases, the former publishers where none is known of them; each once, sorted."""
    found = set()
    for package in packages:
        found |= {*(recorded(package.table) or former(package))}
    return tuple(sorted(found))


def change(was: Sequence[Identity], now: Sequence[Identity]) -> str:
    """Return the clause on how the publishers of a package changed; empty where one of them stayed."""
    if not was or set(was) & set(now):
        return ""
    titles = " and ".join(each.title for each in was)
    if not now:
        return f"has no known publisher, unlike before: {titles}"
    if len(was) == len(now) == 1:
        keys = sorted({key for each in (*was, *now) for key, _ in each.fields})
        parts = [(key, was[0].get(key) or "none", now[0].get(key) or "none") for key in keys]
        changed = ", ".join(f"{key} {new} (was {old})" for key, old, new in parts if old != new)
        return f"was published by another: {changed}"
    return f"was published by another: {' and '.join(each.title for each in now)} (was {titles})"


def loss(version: str) -> str:
    """Return the clause on a release that has no provenance, though `version` has; empty where that is empty."""
    return f"has no known publisher, unlike {version}" if version else ""


def lost(package: LockEntry) -> str:
    """Return the version locked before whose publisher was known, where that of this release is not; else empty."""
    return str(package.own.get(LOST, ""))


def changed(lock: Lock) -> list[Finding]:
    """Return a warning for each package that lost its publisher, or has another, since the release locked before."""
    found = []
    for position, package in enumerate(lock.packages):
        clause = change(former(package), recorded(package.table)) or loss(lost(package))
        if clause:
            found.append(
                finding.Finding(
                    rule="identity",
                    level="warning",
                    sentence=f"{package.title} {clause}",
                    origin=lock.place(position, IDENTITIES if IDENTITIES in package.table else "version"),
                )
            )
    return found


def violations(lock: Lock, rules: Sequence[PublisherRule]) -> list[Finding]:
    """Return an error for each package of an index that was not published by whom the project requires."""
    found = []
    for position, package in enumerate(lock.packages):
        rule = rule_for(package.name, rules) if package.is_released else None
        reason = _objection(package, rule) if rule is not None else ""
        if rule is not None and reason:
            found.append(
                finding.Finding(
                    rule="publisher",
                    level="error",
                    sentence=f"{package.title} {reason}; publishers requires {rule.title} ({rule.origin})",
                    origin=lock.place(position, IDENTITIES if IDENTITIES in package.table else "version"),
                    hint=_LOOK,
                )
            )
    return found


def refuse(lock: Lock, rules: Sequence[PublisherRule]) -> None:
    """Raise UnacceptedError where a package of `lock` was not published by whom the project requires."""
    found = violations(lock, rules)
    if found:
        more = f" (and {len(found) - _MOST} more)" if len(found) > _MOST else ""
        raise UnacceptedError("publisher", "; ".join(each.sentence for each in found[:_MOST]) + more, hint=_LOOK)


def _objection(package: LockEntry, rule: PublisherRule) -> str:
    """Return why `package` is not as `rule` requires, a clause; empty where it is."""
    if rule.is_exempt:
        return ""
    identities = recorded(package.table)
    if not identities:
        return "has no known publisher"
    if not any(map(rule.admits, identities)):
        return f"was published by {' and '.join(each.title for each in identities)}"
    lacking = package.own.get(UNATTESTED)
    return f"has files without a known publisher: {', '.join(map(str, lacking))}" if isinstance(lacking, list) else ""
