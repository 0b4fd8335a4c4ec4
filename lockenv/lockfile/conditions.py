"""Read the conditions that a lock writes as text: markers and Python versions.

In: a Lock, and where in it the text is. Out: values, or the InputError that points at the text.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.lockfile.lock import RESTORE
from lockenv.vocabulary.markers import ALWAYS, NEVER, WORLD, choosing, parse
from lockenv.vocabulary.pep440 import python_admits
from lockenv.vocabulary.pin import UncoveredEnvironments

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NoReturn

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.markers import Marker


def lock_admits(lock: Lock, position: int | None, specifier: str, version: str) -> bool:
    """Return whether Python `version` satisfies the requires-python of package `position`, or of the lock for None."""
    try:
        return python_admits(specifier, version)
    except ValueError:
        _fail(lock, position, "requires-python", f"requires-python {specifier!r} is not a version specifier")


def parsed_marker(lock: Lock, position: int | None, key: str, text: str) -> Marker:
    """Return the marker that `text` writes, under `key` of package `position`, or of the lock for None."""
    if not text:
        _fail(lock, position, key, f"{key} is empty, not an environment marker")
    try:
        found = parse(text)
    except ValueError as error:
        _fail(lock, position, key, f"{key} {text!r} is not an environment marker: {error}")
    # By the dependency specifiers specification `extra` is an error outside of metadata, and so in a lock: it
    # would hold nowhere, whatever extras are asked for.
    if "extra" in text and "extra" in found.variables():
        hint = "write `'NAME' in extras`, as pylock.toml does"
        _fail(lock, position, key, f"{key} {text!r} uses `extra`, which only requirements have", hint=hint)
    return found


def marker_of(lock: Lock, position: int) -> Marker:
    """Return the marker of package `position`; everything when it has none."""
    text = lock.packages[position].marker
    return ALWAYS if text is None else parsed_marker(lock, position, "marker", text)


def universe(lock: Lock) -> Marker:
    """Return the environments, extras and groups that `lock` covers.

    Only there its simplified markers mean something.
    """
    covered = WORLD
    if lock.environments:
        covered = NEVER
        for text in lock.environments:
            covered |= parsed_marker(lock, None, "environments", text)
        covered &= WORLD
    for each in left_out(lock):
        if each.name:
            covered &= ~each.installations
    for conflict in conflicts(lock):
        chosen = NEVER
        for choice in conflict:
            kind, _, name = choice.partition(":")
            marker = choosing(kind, name)
            covered &= ~(chosen & marker)
            chosen |= marker
    return covered


def left_out(lock: Lock) -> tuple[UncoveredEnvironments, ...]:
    """Return what `lock` records that it leaves out although the project declares it, in the order of the file.

    Raises InputError where it is not what lockenv writes.
    """
    recorded = (lock.own or {}).get("left-out", [])
    if not isinstance(recorded, list) or not all(_is_left_out(each) for each in recorded):
        raise InputError("tool.lockenv.left-out of the lockfile is invalid", hint="run `lockenv lock --upgrade`")
    found = []
    for each in recorded:
        kind = next((kind for kind in ("extra", "group") if kind in each), "")
        marker = parsed_marker(lock, None, "left-out", each["marker"])
        found.append(
            UncoveredEnvironments(marker=marker, reason=each["reason"], kind=kind, name=each[kind] if kind else "")
        )
    return tuple(found)


def _is_left_out(table: object) -> bool:
    return (
        isinstance(table, dict)
        and {"marker", "reason"} <= table.keys() <= {"marker", "reason", "extra", "group"}
        and len(table) < 4
        and all(isinstance(value, str) and value for value in table.values())
    )


def conflicts(lock: Lock) -> list[list[str]]:
    """Return the sets of extras and groups (`extra:x`, `group:y`) that were declared never to be installed together.

    `group:*` means every group.
    """
    found = lock.inputs.table.get("conflicts", [])
    if not isinstance(found, list) or not all(
        isinstance(conflict, list) and all(isinstance(each, str) for each in conflict) for conflict in found
    ):
        raise InputError(
            "tool.lockenv.inputs.conflicts of the lockfile is invalid", hint="run `lockenv lock --upgrade`"
        )
    if ["group:*"] in found:
        every = [f"group:{name}" for name in sorted(lock.groups)]
        return [every if conflict == ["group:*"] else conflict for conflict in found]
    return found


def _fail(lock: Lock, position: int | None, key: str, message: str, *, hint: str = RESTORE) -> NoReturn:
    if position is not None:
        lock.fail(position, key, message, hint=hint)
    raise InputError(message, hint=hint, origin=lock.top(key))
