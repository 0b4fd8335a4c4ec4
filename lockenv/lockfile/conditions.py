"""Read the conditions that a lock writes as text: markers and Python versions.

In: a Lock, and where in it the text stands. Out: values, or the InputError that points at the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from lockenv.errors import InputError
from lockenv.lockfile.pythons import admits

if TYPE_CHECKING:
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.markers import Marker


def lock_admits(lock: Lock, position: int | None, specifier: str, version: str) -> bool:
    """Tell whether Python `version` satisfies the requires-python of package `position`, or of the lock for None."""
    try:
        return admits(specifier, version)
    except ValueError:
        _fail(lock, position, "requires-python", f"requires-python {specifier!r} is not a version specifier")


def parsed_marker(lock: Lock, position: int | None, key: str, text: str) -> Marker:
    """Give the marker that `text` writes, under `key` of package `position`, or of the lock for None."""
    from lockenv.vocabulary.markers import parse

    if not text:
        _fail(lock, position, key, f"{key} is empty, not an environment marker")
    try:
        return parse(text)
    except ValueError as error:
        _fail(lock, position, key, f"{key} {text!r} is not an environment marker: {error}")


def marker_of(lock: Lock, position: int) -> Marker:
    """Give the marker of package `position`; everything when it has none."""
    from lockenv.vocabulary.markers import ALWAYS

    text = lock.packages[position].get("marker")
    return ALWAYS if text is None else parsed_marker(lock, position, "marker", text)


def universe(lock: Lock) -> Marker:
    """Give the environments, extras and groups that `lock` covers; only there its simplified markers mean something."""
    from lockenv.vocabulary.markers import NEVER, WORLD, in_extras, in_groups

    covered = WORLD
    if lock.environments:
        covered = NEVER
        for text in lock.environments:
            covered |= parsed_marker(lock, None, "environments", text)
        covered &= WORLD
    for conflict in conflicts(lock):
        chosen = NEVER
        for choice in conflict:
            kind, _, name = choice.partition(":")
            marker = in_extras(name) if kind == "extra" else in_groups(name)
            covered &= ~(chosen & marker)
            chosen |= marker
    return covered


def conflicts(lock: Lock) -> list[list[str]]:
    """Give the sets of extras and groups (`extra:x`, `group:y`) that were declared never to be installed together."""
    recorded = (lock.own or {}).get("inputs")
    found = recorded.get("conflicts", []) if isinstance(recorded, dict) else []
    if not isinstance(found, list) or not all(
        isinstance(conflict, list) and all(isinstance(each, str) for each in conflict) for conflict in found
    ):
        raise InputError("tool.lockenv.inputs.conflicts of the lock is not what lockenv writes", hint="lock again")
    return found


def _fail(lock: Lock, position: int | None, key: str, message: str) -> NoReturn:
    if position is not None:
        lock.fail(position, key, message)
    raise InputError(message, origin=lock.top(key))
