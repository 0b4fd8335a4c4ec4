"""Compose the document of a lock from a resolution.

Pure: a proved Resolution, the Manifest it answers and the previous lock go in; the TOML mapping of a pylock.toml comes
out. Never: a clock, a path of the machine, a credential, a file that no covered environment could use.
"""

from __future__ import annotations

from lockenv.errors import BugError
from lockenv.lockfile.cutoffs import exception, moments
from lockenv.lockfile.inputs import inputs, without_user
from lockenv.lockfile.toml_writer import PACKAGE, TOP, by_name_and_version, known_moment
from lockenv.vocabulary.direct import Commit, Directory
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_datetime import UTC, datetime
from lockenv.vocabulary.markers import NEVER, WORLD, Marker, marker_text
from lockenv.vocabulary.wheeltags import fits, wheel_pythons

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from lockenv.lockfile import direct
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary import licenses
    from lockenv.vocabulary.direct import DeclaredSource, Direct
    from lockenv.vocabulary.distribution import Sdist, Wheel
    from lockenv.vocabulary.licenses import StatedLicense
    from lockenv.vocabulary.locked_python import LockedPython
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Pin, Resolution, UncoveredEnvironments
    from lockenv.vocabulary.places import Place
else:
    direct = late("lockenv.lockfile.direct")
    licenses = late("lockenv.vocabulary.licenses")

SCHEMA = 1
"""Of `[tool.lockenv]`; raised when its inputs change their meaning."""
_EVERYTHING = "python_version >= '3'"
"""What `environments` says of a universe without bounds; the key is never empty."""


def compose(
    resolution: Resolution, manifest: Manifest, previous: Lock | None = None, python: LockedPython | None = None
) -> dict[str, Any]:
    """Return the document of the lock that holds `resolution`, not sealed by its digest yet.

    Keys that lockenv does not write survive from `previous`: those of the file always, those of an entry where name and
    version are the same; so does the Python it records, where `python` says no other. Raises BugError for a file that
    was not hashed or a pin without any file.
    """
    kept = previous.document if previous else {}
    document: dict[str, Any] = {key: value for key, value in kept.items() if key not in TOP}
    document["lock-version"] = "1.0"
    document["environments"] = _environments(resolution)
    if manifest.requires_python:
        document["requires-python"] = ",".join(part.strip() for part in manifest.requires_python.split(","))
    # "Tools should explicitly set this key to an empty array to signal that the inputs [...] had no extras"
    # (pylock.toml specification, extras; the same for dependency-groups).
    document["extras"] = sorted(manifest.extras)
    document["dependency-groups"] = sorted(manifest.public_groups)
    document["default-groups"] = sorted(set(manifest.default_groups))
    document["created-by"] = "lockenv"
    document["packages"] = by_name_and_version(_packages(resolution, manifest, kept))
    own = {"schema": SCHEMA, "inputs": inputs(manifest), **moments(manifest.policy)}
    if manifest.python and (recorded := python.table() if python else _recorded(previous)):
        own["python"] = _with_archives(recorded, manifest)
    if resolution.uncovered:
        own["left-out"] = [_left_out(each) for each in resolution.uncovered]
    document["tool"] = {**kept.get("tool", {}), "lockenv": own}
    return document


def _recorded(previous: Lock | None) -> Mapping[str, Any] | None:
    own = previous.own if previous is not None else None
    return own.get("python") if own else None


def _with_archives(recorded: Mapping[str, Any], manifest: Manifest) -> dict[str, Any]:
    """Return what is `recorded` of a Python, with the archives of that very Python that the project pins."""
    said = ("cpython", recorded.get("version"), recorded.get("free-threaded", False))
    found = [
        one.table()
        for one in manifest.python_archives
        if (recorded.get("implementation"), one.version, one.is_free_threaded) == said
    ]
    bare = {key: value for key, value in recorded.items() if key != "archives"}
    return {**bare, "archives": found} if found else bare


def _environments(resolution: Resolution) -> list[str]:
    # "Tools SHOULD write exclusive/non-overlapping environment markers" (pylock.toml specification, environments): a
    # partition of the universe excludes itself. An environment is no choice of extras and groups.
    found: dict[str, None] = {}
    seen = NEVER
    for environment in resolution.environments or (resolution.universe,):
        part = environment.without_extras_and_groups() & ~seen
        seen |= part
        if not part.disjoint(WORLD):
            found[marker_text(part, assuming=WORLD) or _EVERYTHING] = None
    if not found:
        raise BugError("a resolution without any environment")
    return list(found)


def _left_out(uncovered: UncoveredEnvironments) -> dict[str, str]:
    who = {uncovered.kind: uncovered.name} if uncovered.kind else {}
    return {**who, "marker": marker_text(uncovered.marker, assuming=WORLD) or _EVERYTHING, "reason": uncovered.reason}


def _packages(resolution: Resolution, manifest: Manifest, kept: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    old = {(package["name"], package.get("version")): package for package in kept.get("packages", ())}
    merged = _merged(resolution.pins)
    entries: dict[str, int] = {}
    for pin, _ in merged:
        entries[pin.name] = entries.get(pin.name, 0) + 1
    for pin, marker in merged:
        before = old.get((pin.name, None if _is_tree(pin) else pin.version), {})
        package = {key: value for key, value in before.items() if key not in PACKAGE}
        if "attestation-identities" in before and before.get("index", "") == pin.index:
            package["attestation-identities"] = before["attestation-identities"]
        package |= _package(pin, marker, resolution.universe, entries)
        tool = {key: value for key, value in before.get("tool", {}).items() if key != "lockenv"}
        tool |= _tool(pin, manifest)
        if tool:
            package["tool"] = tool
        yield package


def _merged(pins: tuple[Pin, ...]) -> list[tuple[Pin, Marker]]:
    """Each release from one source once, with the OR of its markers."""
    markers: dict[tuple[str, str, str, Direct | None], Marker] = {}
    first: dict[tuple[str, str, str, Direct | None], Pin] = {}
    for pin in pins:
        key = (pin.name, pin.version, pin.index, pin.direct)
        markers[key] = markers.get(key, NEVER) | pin.marker
        first.setdefault(key, pin)
    return [(pin, markers[key]) for key, pin in first.items()]


def _package(pin: Pin, marker: Marker, universe: Marker, entries: Mapping[str, int]) -> dict[str, Any]:
    if not pin.wheels and pin.sdist is None and pin.direct is None:
        raise BugError(f"{pin.name} {pin.version} was chosen without a file")
    package: dict[str, Any] = {"name": pin.name}
    # "The version MUST NOT be included when it cannot be guaranteed to be consistent with the code used (i.e. when a
    # source tree is used)" (pylock.toml specification, packages.version).
    if not _is_tree(pin):
        package["version"] = pin.version
    text = marker_text(marker, assuming=universe)
    if text:
        package["marker"] = text
    if pin.requires_python:
        package["requires-python"] = pin.requires_python
    if pin.dependencies:
        # "the minimum information required to tell which other package entry it corresponds to" (pylock.toml
        # specification, packages.dependencies).
        package["dependencies"] = [
            {"name": name, "version": version} if entries.get(name, 0) > 1 else {"name": name}
            for name, version in sorted(set(pin.dependencies))
        ]
    if pin.direct is not None:
        return {**package, **direct.keys(pin.direct)}
    if pin.index:
        package["index"] = without_user(pin.index)
    if pin.sdist is not None:
        package["sdist"] = _file(pin.sdist)
    if wheels := _wheels(pin, marker & universe, universe):
        package["wheels"] = [_file(wheel) for wheel in sorted(wheels, key=lambda wheel: wheel.filename)]
    return package


def _wheels(pin: Pin, region: Marker, universe: Marker) -> list[Wheel]:
    """Return the wheels that an environment of `region` could use.

    Without an sdist, also those that say for which Pythons the release is: it is judged by them, and a `sync` that has
    no file for its machine says so.
    """
    wheels = [wheel for wheel in pin.wheels if fits(wheel.filename, region)]
    if pin.sdist is not None or len(wheels) == len(pin.wheels):
        return wheels
    kept = wheel_pythons((wheel.filename for wheel in wheels), universe)
    missing = region & wheel_pythons((wheel.filename for wheel in pin.wheels), universe) & ~kept
    pythons = missing.only("python_full_version")
    more = [wheel for wheel in pin.wheels if fits(wheel.filename, pythons)]
    found = {wheel.filename: wheel for wheel in (*wheels, *more)}
    return list(found.values()) or list(pin.wheels)


def _is_tree(pin: Pin) -> bool:
    return isinstance(pin.direct, Commit | Directory)


def _file(file: Wheel | Sdist) -> dict[str, Any]:
    filename, sha256, size = file.filename, file.sha256, file.size
    if sha256 is None:
        raise BugError(f"{filename} cannot be locked before it is hashed")
    url, moment = without_user(file.url), _moment(file.upload_time)
    if size is not None and moment is not None and "://" in url and url.endswith(f"/{filename}"):
        return {"upload-time": moment, "url": url, "size": size, "hashes": {"sha256": sha256}}
    table: dict[str, Any] = {}
    if url.rpartition("/")[2] != filename:
        table["name"] = filename
    if moment is not None:
        table["upload-time"] = moment
    # pylock.toml specification, packages.wheels.path: relative to the lock.
    table["url" if "://" in url else "path"] = url
    if size is not None:
        table["size"] = size
    table["hashes"] = {"sha256": sha256}
    return table


def _moment(text: str) -> datetime | None:
    """Return the time in UTC; none where the index has no RFC 3339 time, since the key is optional."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # "The date and time MUST be recorded in UTC." (pylock.toml specification, packages.archive.upload-time)
    if moment.tzinfo is UTC:
        return known_moment(moment, text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _tool(pin: Pin, manifest: Manifest) -> dict[str, Any]:
    mine: dict[str, Any] = {}
    if _is_tree(pin) and not _is_left_to_a_build(pin, manifest):
        mine["version"] = pin.version
    if pin.requires:
        mine["requires-dist"] = list(pin.requires)
    if pin.is_combined:
        mine["combined"] = True
    if pin.yanked is not None:
        mine["yanked"] = pin.yanked
    if manifest.policy.past_cutoff:
        mine |= exception(pin, manifest.policy)
    if manifest.licenses is not None and not isinstance(pin.direct, Directory):
        mine |= _license(licenses.of_line(pin.license))
    return {"lockenv": mine} if mine else {}


def _license(stated: StatedLicense) -> dict[str, Any]:
    """Return what metadata says of a license: its words, not what they mean, of which the project may learn more."""
    found = {"license": stated.expression, "license-text": stated.text}
    known: dict[str, Any] = {key: value for key, value in found.items() if value}
    return {**known, "license-classifiers": list(stated.classifiers)} if stated.classifiers else known


def _is_left_to_a_build(pin: Pin, manifest: Manifest) -> bool:
    """Return whether the version of a directory is what its build says each time."""
    if not isinstance(pin.direct, Directory):
        return False
    written: list[DeclaredSource | Place] = [manifest.direct[pin.name]] if pin.name in manifest.direct else []
    written += manifest.places.get(pin.name, ())
    declared = next((each.declares for each in written if each.direct == pin.direct), None)
    return declared is not None and not any(each.startswith("version ") for each in declared)
