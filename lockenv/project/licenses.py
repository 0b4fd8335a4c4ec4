"""What the setting `licenses` holds: which licenses a project accepts, and its exceptions for single packages.

Pure: settings go in (`layers`), a LicensePolicy comes out. That there is a policy decides that a lock records what
metadata says of licenses; what it accepts decides no lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

from lockenv.project import messages
from lockenv.project.expiry import reason_and_until
from lockenv.vocabulary import license_terms
from lockenv.vocabulary.licenses import CLASSIFIED, LicenseException, LicensePolicy
from lockenv.vocabulary.requirement import Requirement, parse

if TYPE_CHECKING:
    from lockenv.project.positions import Path
    from lockenv.project.values import Values

KEYS: Final = ("allow", "deny", "exceptions", "on-sync")
EXCEPTION_KEYS: Final = ("package", "license", "allow", "reason", "until")
ON_SYNC: Final = ("none", "refuse")
_PATH: Final[Path] = ("licenses",)
_HINT: Final = 'write { package = "…", license = "MIT", reason = "…", until = "2026-12-31" }'
_ENTRY: Final = 'use an SPDX id such as "MIT", the beginning of several such as "GPL-*", or a classifier'


def licenses(document: Values) -> LicensePolicy | None:
    """Return what the settings say of licenses; None where they say nothing. Raises InputError."""
    if document.get(_PATH, dict) is None:
        return None
    document.known_keys(_PATH, KEYS)
    on_sync = document.string((*_PATH, "on-sync")) or ON_SYNC[0]
    if on_sync not in ON_SYNC:
        raise document.error(
            (*_PATH, "on-sync"),
            f'has the invalid value "{on_sync}"{messages.suggestion(on_sync, ON_SYNC)}',
            hint=f"write {' or '.join(ON_SYNC)}",
        )
    path: Path = (*_PATH, "exceptions")
    return LicensePolicy(
        allow=_entries(document, (*_PATH, "allow")),
        deny=_entries(document, (*_PATH, "deny")),
        packages=tuple(_exception(document, (*path, number)) for number in range(len(document.array(path)))),
        on_sync=cast("Literal['none', 'refuse']", on_sync),
    )


def _entries(document: Values, path: Path) -> tuple[str, ...]:
    """Return the licenses in the array at `path`, as SPDX spells them, sorted, each once."""
    return tuple(
        sorted({_entry(document, (*path, position), text) for position, text in enumerate(document.strings(path))})
    )


def _entry(document: Values, path: Path, text: str) -> str:
    if text.startswith(CLASSIFIED):
        return text
    if text.endswith("*"):
        if license_terms.begins_ids(text[:-1]):
            return text
        raise document.error(path, f'is "{text}", with which no known SPDX id begins', hint=_ENTRY)
    found = license_terms.canonical_or_none(text)
    if found is None:
        raise document.error(path, f'is "{text}", which is not an SPDX license id', hint=_ENTRY)
    if not isinstance(license_terms.parsed(found), str):
        raise document.error(path, f'is "{text}", which joins several licenses', hint="list each of them")
    return found


def _exception(document: Values, path: Path) -> LicenseException:
    document.known_keys(path, EXCEPTION_KEYS)
    wanted = _package(document, path)
    written, allow = document.string((*path, "license")) or "", _entries(document, (*path, "allow"))
    stated = license_terms.canonical_or_none(written) if written else ""
    if stated is None:
        raise document.error(
            (*path, "license"),
            f'is "{written}", which is not an SPDX license expression',
            hint='use SPDX ids, such as "MIT" or "Apache-2.0 OR BSD-3-Clause"',
        )
    if not (stated or allow):
        raise document.error(path, "has neither a license nor what to allow", hint=_HINT)
    reason, until = reason_and_until(document, path, _HINT)
    return LicenseException(
        name=wanted.name,
        specifier=wanted.specifier,
        license=stated,
        allow=allow,
        reason=reason,
        until=until,
        origin=document.origin(path),
    )


def _package(document: Values, path: Path) -> Requirement:
    """Return the package that an exception is for. Raises InputError for more than a name and versions."""
    text = document.string((*path, "package")) or ""
    if not text:
        raise document.error(path, "has no package", hint=_HINT)
    try:
        wanted = parse(text)
    except ValueError as error:
        raise document.error((*path, "package"), "is not a name, or a name with versions", hint=_HINT) from error
    if wanted.extras or wanted.marker or wanted.url:
        raise document.error((*path, "package"), "is more than a name with versions", hint=_HINT)
    return wanted
