"""Report the differences between what a lock was made from and what the project declares now.

Pure. Loaded only when the two are not literally equal; asks the marker algebra and packaging whether they differ in
meaning, and whether the locked pins serve the new text too.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.lockfile.conditions import marker_of, universe
from lockenv.lockfile.inputs import without_user
from lockenv.lockfile.verdicts import Difference
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_datetime import UTC, datetime
from lockenv.vocabulary.markers import Marker, python
from lockenv.vocabulary.markers import parse as parse_marker
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.pep440 import contains, is_same_specifier
from lockenv.vocabulary.requirement import Requirement, parse

TYPE_CHECKING = False

if TYPE_CHECKING:
    import fnmatch
    import pathlib
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Literal, NoReturn

    from lockenv.lockfile import locked_python, member_lines
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary import python_request
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.requirement import Declared
else:
    fnmatch = late("fnmatch")
    pathlib = late("pathlib")
    locked_python = late("lockenv.lockfile.locked_python")
    member_lines = late("lockenv.lockfile.member_lines")
    python_request = late("lockenv.vocabulary.python_request")

_RECORDED = {
    "licenses": "licenses",
    "publishers": "publishers",
    "hashes": "the hashes that the requirements files list",
    "deny-startup-code": "which packages run code whenever Python starts (deny-startup-code)",
}
"""What is recorded where a setting is there, whatever it says."""
_SETTINGS = {
    "exclude-dependencies": "exclude-dependencies",
    "dependency-groups": "requires-python of single groups",
    "default-groups": "the default groups",
    "environments": "environments",
    "required-environments": "required-environments",
    "conflicts": "the declared conflicts",
    "packages": "the packages among the declared conflicts",
    "indexes": "the indexes",
    "sources": "sources",
    "prerelease": "the prerelease policy",
    "prerelease-package": "the prerelease policy of single packages",
    "resolution": "the preference among versions",
    "exclude-newer-package": "exclude-newer of single packages",
    "no-build": "no-build",
    "no-binary": "no-binary",
    "accept-faults": "accept-faults",
    "dependency-metadata": "dependency-metadata",
    "fork": "the fork policy",
}
_MARKERS = ("environments", "required-environments")


def differences(
    lock: Lock, recorded: Mapping[str, Any], current: Mapping[str, Any], manifest: Manifest
) -> tuple[Difference, ...]:
    """Return what differs in meaning between the inputs of `lock` and those of `manifest`, in the order of the inputs.

    Raises InputError where the recorded inputs are not what lockenv writes.
    """
    for key, value in recorded.items():
        if not _is_written(key, value):
            _unreadable(lock, key)
    try:
        return tuple(_all(lock, recorded, current, manifest))
    except ValueError as error:
        _unreadable(lock, str(error), error)


def _is_written(key: str, value: object) -> bool:
    """Return whether `value` has the shape in which `inputs` records `key`; keys it does not know are not looked at."""
    if key == "dynamic":
        return isinstance(value, dict)
    if key == "direct":
        return isinstance(value, dict) and all(isinstance(each, dict) for each in value.values())
    if key == "places":
        return isinstance(value, dict) and all(_is_tables(each) for each in value.values())
    if key in ("extras", "groups"):
        return isinstance(value, dict) and all(_is_texts(each) for each in value.values())
    if key in ("dependencies", "constraints", "overrides", *_MARKERS):
        return _is_texts(value)
    return key not in ("requires-python", "python", "exclude-newer") or isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _unreadable(lock: Lock, what: str, cause: Exception | None = None) -> NoReturn:
    raise InputError(
        f"cannot read tool.lockenv.inputs of the lockfile: {what}",
        hint="run `lockenv lock --upgrade`",
        origin=lock.top("tool"),
    ) from cause


def _all(
    lock: Lock, recorded: Mapping[str, Any], current: Mapping[str, Any], manifest: Manifest
) -> Iterator[Difference]:
    yield from _requires_python(recorded.get("requires-python", ""), current.get("requires-python", ""), manifest)
    yield from _python(lock, recorded.get("python", ""), current.get("python", ""))
    if recorded.get("python-archives") != current.get("python-archives"):
        yield Difference(sentence="the pinned archives of Pythons changed", key="python-archives", is_satisfied=True)
    if recorded.get("dynamic") != current.get("dynamic"):
        yield _dynamic(recorded.get("dynamic"), manifest)
    if not manifest.is_known:
        return  # what else differs is known after the build
    old, new = recorded.get("direct", {}), current.get("direct", {})
    moved = {f"{name} was {change}" for name, change, _ in _members(old, new, manifest)}
    for each in _Listed(lock, "dependencies", manifest.dependencies).compare(recorded, current):
        if each.sentence not in moved:  # a member that came or went is reported once, with its directory
            yield member_lines.placed(each, old, new, manifest)
    for key, word in (("extras", "extra"), ("groups", "group")):
        declared: Mapping[str, tuple[Declared, ...]] = {
            str(name): each for name, each in (manifest.extras if key == "extras" else manifest.groups).items()
        }
        before, after = recorded.get(key, {}), current.get(key, {})
        for name in sorted({*before, *after}):
            if name in before and name in after:
                found = _Listed(lock, f"{key}.{name}", declared[name]).compare_texts(before[name], after[name])
                yield from (member_lines.placed(each, old, new, manifest) for each in found)
            else:
                origin = declared[name][0].origin if declared.get(name) else None
                change = "added" if name in after else "removed"
                yield Difference(sentence=f"the {word} {name} was {change}", key=f"{key}.{name}", origin=origin)
    yield from _Listed(lock, "constraints", manifest.constraints).compare(recorded, current)
    yield from _Listed(lock, "overrides", manifest.overrides).compare(recorded, current)
    for key, title in _SETTINGS.items():
        yield from _setting(key, title, recorded.get(key), current.get(key))
    for key, what in _RECORDED.items():
        if recorded.get(key) != current.get(key):
            said = f"the lockfile does not record {what}" if current.get(key) else f"{key} is not set any more"
            yield Difference(sentence=said, key=key, is_satisfied=key not in current)
    yield from _direct(old, new, manifest)
    yield from _sources(recorded.get("places", {}), current.get("places", {}), manifest)
    cutoffs = recorded.get("exclude-newer", ""), current.get("exclude-newer", "")
    yield from _cutoff(lock, *cutoffs, manifest.policy.exclude_newer)


def _requires_python(old: str, new: str, manifest: Manifest) -> Iterator[Difference]:
    if python(old) is not python(new):
        yield Difference(
            sentence=f"requires-python changed from {_shown(old)} to {_shown(new)}",
            key="requires-python",
            origin=manifest.requires_python_origin,
        )


def _python(lock: Lock, old: str, new: str) -> Iterator[Difference]:
    """Yield the change of the request for a Python, which the one that is recorded may satisfy."""
    if not (old or new or "python" in (lock.own or ())):
        return
    found, request = locked_python.locked_python(lock), python_request.python_request(new) if new else None
    if new and found is None:
        yield Difference(sentence="the lockfile does not record which Python to use", key="python")
        return
    if old == new:
        return
    is_satisfied = (
        found is not None
        and request is not None
        and request.admits(found.implementation, found.version, is_free_threaded=found.is_free_threaded)
    )
    said = f"python changed from {_shown(old)} to {_shown(new)}"
    if found is not None and new:
        said += f", and the lockfile records {found.title}"
    yield Difference(sentence=said, key="python", is_satisfied=is_satisfied)


def _dynamic(old: Any, manifest: Manifest) -> Difference:
    if manifest.dynamic is None:
        return Difference(sentence="the project no longer has dynamic requirements", key="dynamic")
    said = "the files that determine the project's dynamic requirements changed"
    return Difference(sentence=said if old else "the project now has dynamic requirements", key="dynamic")


def _setting(key: str, title: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    if key in _MARKERS and {parse_marker(each) for each in old or ()} == {parse_marker(each) for each in new or ()}:
        return
    yield Difference(sentence=f"{title} changed from {_shown(old)} to {_shown(new)}", key=key)


def _members(
    old: Mapping[str, Any], new: Mapping[str, Any], manifest: Manifest
) -> Iterator[tuple[str, Literal["added", "removed"], str]]:
    """Yield the name, the change and a sentence for each member that came to the workspace, or left it."""
    if manifest.workspace is None:
        return
    for name in sorted({*old} ^ {*new}):
        path = (old[name] if name in old else new[name]).get("path")
        if isinstance(path, str) and any(_is_matched(path, one) for one in manifest.workspace.members):
            yield (
                (name, "removed", f"workspace member `{path}` is missing")
                if name in old
                else (name, "added", f"workspace member `{path}` was added")
            )


def _is_matched(path: str, pattern: str) -> bool:
    """Return whether `pattern` finds the directory `path`: a wildcard never goes beyond one directory."""
    parts, wanted = pathlib.PurePosixPath(path).parts, pathlib.PurePosixPath(pattern).parts
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _moved(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    if not now:
        return f"the source of {name} was removed: {_place(was)}"
    if not was:
        return f"{name} now comes from {_place(now)}"
    return f"the source of {name} changed from {_place(was)} to {_place(now)}"


def _place(table: Mapping[str, Any]) -> str:
    """Return a direct reference, as recorded, for a message."""
    match table:
        case {"path": path}:
            return f"the {'editable ' if table.get('editable') else ''}directory {path}"
        case {"git": url}:
            found = f"{url}@{table['revision']}" if table.get("revision") else str(url)
        case _:
            found = str(table.get("archive", ""))
    rest = [f"{key} {table[key]}" for key in ("subdirectory", "sha256") if table.get(key)]
    return f"{found} ({', '.join(rest)})" if rest else found


def _sources(old: Mapping[str, Any], new: Mapping[str, Any], manifest: Manifest) -> Iterator[Difference]:
    """Yield the changes of sources that are for some environments only, a sentence for each project."""
    for name in sorted({*old, *new}):
        was, now = (
            {_conditional(each): each.get("declares", []) for each in some.get(name, ())} for some in (old, new)
        )
        if was == now:
            continue
        changes = [f"-{text}" for text in was if text not in now] + [f"+{text}" for text in now if text not in was]
        for text in (each for each in was if each in now):
            changes += [f"-{each} in {text}" for each in was[text] if each not in now[text]]
            changes += [f"+{each} in {text}" for each in now[text] if each not in was[text]]
        places = manifest.places.get(normalize(name), ())
        yield Difference(
            sentence=f"the sources of {name} for some environments changed: {', '.join(changes)}",
            key=f"places.{name}",
            origin=places[0].origin if places else None,
        )


def _conditional(table: Mapping[str, Any]) -> str:
    """Return a source with its condition, as recorded, for a message."""
    place = f"the index {table['index']}" if "index" in table else _place(table)
    conditions = [f" for the {key} {table[key]}" for key in ("extra", "group") if key in table]
    conditions += [f" where {table['marker']}"] if "marker" in table else []
    return "".join((place, *conditions))


def _direct(old: Mapping[str, Any], new: Mapping[str, Any], manifest: Manifest) -> Iterator[Difference]:
    members = {name: sentence for name, _, sentence in _members(old, new, manifest)}
    for name in sorted({*old, *new}):
        was, now = dict(old.get(name, {})), dict(new.get(name, {}))
        if was == now:
            continue
        declared, declares = was.pop("declares", []), now.pop("declares", [])
        sourced, workspace = manifest.direct.get(normalize(name)), manifest.workspace
        origin = sourced.origin if sourced else workspace.origin if workspace and name in members else None
        if was != now:
            said = members.get(name) or _moved(name, was, now)
        else:
            gone = [f"-{each}" for each in declared if each not in declares]
            come = [f"+{each}" for each in declares if each not in declared]
            said = f"what {name} declares in {now.get('path', '')} changed: {', '.join([*gone, *come])}"
            origin = member_lines.origin(sourced, [each[1:] for each in (*come, *gone)]) if sourced else origin
        yield Difference(sentence=said, key=f"direct.{name}", origin=origin)


def _cutoff(lock: Lock, old: str, new: str, moment: str) -> Iterator[Difference]:
    """Yield the change of a cutoff: a later one admits every locked file, an earlier one those uploaded before it.

    `old` and `new` are as the projects say them, `moment` is when `new` is today; a span such as `7 days` in the lock
    does not say when it was.
    """
    if old == new:
        return
    satisfied = not new
    if new:
        limit, before = _moment(moment), _moment(old)
        satisfied = limit is not None and (
            (before is not None and before <= limit)
            or all(
                isinstance(file.get("upload-time"), datetime) and file["upload-time"] < limit
                for package in lock.packages
                for key, file in package.files()
                if key != "archive"
            )
        )
    change = f"exclude-newer changed from {_shown(old)} to {_shown(new)}"
    yield Difference(sentence=change, key="exclude-newer", is_satisfied=satisfied)


class _Listed:
    """One list of requirements: where its entries were written, and which pins answer them."""

    def __init__(self, lock: Lock, key: str, declared: Iterable[Declared]) -> None:
        self._lock = lock
        self._key = key
        self._origins: dict[str, Origin] = {}
        for each in declared:
            self._origins.setdefault(without_user(str(each.requirement)), each.origin)

    def compare(self, recorded: Mapping[str, Any], current: Mapping[str, Any]) -> Iterator[Difference]:
        yield from self.compare_texts(recorded.get(self._key, []), current.get(self._key, []))

    def compare_texts(self, old: list[str], new: list[str]) -> Iterator[Difference]:
        """Pair what is gone with what is new, by name and marker; the rest was removed or added."""
        added = {text: parse(text) for text in sorted(set(new) - set(old))}
        for text in sorted(set(old) - set(new)):
            was = parse(text)
            successor = next((each for each, now in added.items() if _same_place(was, now)), None)
            if successor is None:
                # A constraint only ever forbids: without it every pin stays admissible.
                satisfied = self._key == "constraints"
                yield Difference(sentence=f"{text} was removed", key=self._key, is_satisfied=satisfied)
                continue
            now = added.pop(successor)
            if not _same_meaning(was, now):
                yield self._changed(text, successor, was, now)
        for text, now in added.items():
            satisfied = self._key == "constraints" and self._answers(now)
            yield Difference(
                sentence=f"{text} was added", key=self._key, origin=self._origins.get(text), is_satisfied=satisfied
            )

    def _changed(self, old: str, new: str, was: Requirement, now: Requirement) -> Difference:
        kept = was.extras == now.extras and was.url == now.url
        satisfied = kept and not now.url and _marker(was) is _marker(now) and self._answers(now)
        return Difference(
            sentence=f"{old} became {new}", key=self._key, origin=self._origins.get(new), is_satisfied=satisfied
        )

    def _answers(self, requirement: Requirement) -> bool:
        """Return whether each pin that the requirement meets satisfies it, and whether it meets one where it must."""
        where = _marker(requirement) & universe(self._lock)
        met = [
            package.version
            for position, package in enumerate(self._lock.packages)
            if package.name == requirement.name and not marker_of(self._lock, position).disjoint(where)
        ]
        if not met and self._key != "constraints":
            return False
        return all(contains(requirement.specifier, version) for version in met)


def _same_place(was: Requirement, now: Requirement) -> bool:
    return was.name == now.name and _marker(was) is _marker(now)


def _same_meaning(was: Requirement, now: Requirement) -> bool:
    return (was.extras, was.url) == (now.extras, now.url) and is_same_specifier(was.specifier, now.specifier)


def _marker(requirement: Requirement) -> Marker:
    return parse_marker(requirement.marker)


def _moment(text: str) -> datetime | None:
    """Return the moment of an RFC 3339 text; None for a span."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _shown(value: Any) -> str:
    if not value:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_shown(each)}" for key, each in value.items())
    return ", ".join(_shown(each) for each in value) if isinstance(value, list) else str(value)
