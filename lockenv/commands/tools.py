"""The lock of what builds: a second standard lock beside the first, one dependency group for each source distribution.

`pylock.toml` has `pylock.build.toml`, `pylock.NAME.toml` has `pylock.NAME-build.toml`. A build uses exactly the files
of its group, so that a newer release of a build tool changes nothing until the lock is made anew. Here it is read;
`toollock` makes it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lockenv.commands import keys
from lockenv.errors import InputError
from lockenv.lockfile import direct
from lockenv.vocabulary.direct import Archive, Directory
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.names import GroupName, normalize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.build.builder import Source, Tree
    from lockenv.commands.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Selected
    from lockenv.vocabulary.target import Target

_UNLOCKED = "unlocked-"
_HINT = "run `lockenv lock`, which locks what builds need"


class Tools:
    """What a lock of build tools gives to builds."""

    def __init__(self, lock: Lock | None, name: str) -> None:
        self._lock = lock
        self._name = name

    def key(self, name: str, version: str, target: Target) -> str:
        """Tell what builds a release in `target` from all else that could; empty when the lock does not say it."""
        from lockenv.lockfile.select import Selection, select

        group = group_of(name, version)
        if self._lock is None or group not in self._lock.groups:
            return ""
        selection = select(self._lock, target, (), (group,))
        return keys.key_of(selection.files) if isinstance(selection, Selection) else ""

    def chosen(self, requires: Sequence[str], source: Source | Tree, target: Target) -> tuple[Selected, ...]:
        """Give the wheels that the build of `source`, which needs `requires`, may use in `target`.

        Raises InputError when the lock lacks something: nothing is built with what was not locked.
        """
        from lockenv.lockfile.select import Selection, select

        if not requires:
            return ()
        lock, group, title = self._lock, group_of(source.name, source.version), source.title
        if lock is None:
            raise InputError(f"there is no {self._name}, so what builds {title} is not locked", hint=_HINT)
        if group not in lock.groups:
            raise InputError(f"{self._name} does not tell what builds {title}", hint=_HINT)
        selection = select(lock, target, (), (group,))
        if not isinstance(selection, Selection):
            raise InputError(f"{self._name}: what builds {title} cannot be had: {'; '.join(selection.reasons)}")
        _check_enough(requires, selection.files, title, self._name, target)
        return selection.files

    def recorded(self, one: Selected, target: Target, /) -> str:
        """Give the sha256 that the lock records of the wheel that `one` builds in `target`; empty for none."""
        from lockenv.commands.records import recorded

        return recorded(self._lock, group_of(one.name, one.version), str(one.file.sha256), keys.place(target))


def unlocked(manifest: Manifest, settings: Settings) -> str:
    """Return the key of tools that nothing locks: where `manifest` has them resolved from.

    What was built with the tools of other indexes is not what these would build: one project's indexes do not decide
    what another project learns of a source distribution.
    """
    from hashlib import sha256

    indexes = [(index.url, index.place, index.mirrors) for index in manifest.indexes]
    facts = (indexes, sorted(manifest.sources.items()), settings.index_url)
    return _UNLOCKED + sha256(repr(facts).encode()).hexdigest()


def is_unlocked(key: str) -> bool:
    """Return whether `key` is of tools that nothing locks."""
    return key.startswith(_UNLOCKED)


def group_of(name: str, version: str) -> GroupName:
    """Give the group that holds what builds a release; `version` is empty for a tree that has no fixed one."""
    return GroupName(normalize(f"{name}-{version}" if version else name))


def read(lock: str) -> Lock | None:
    """Give the lock of the build tools of `lock`; None when there is none."""
    from lockenv.commands.gather import build_lock, lock_at

    return lock_at(build_lock(lock))


def tools(lock: str, *, is_relocked: bool = False) -> Tools:
    """Give what the lock of the build tools of `lock` gives, which is nothing when there is none.

    Of one with merge conflict markers, our side serves where it `is_relocked` now.
    """
    from lockenv.commands.gather import build_lock, relative

    return Tools(before(lock) if is_relocked else read(lock), relative(build_lock(lock)))


def before(lock: str) -> Lock | None:
    """Give the lock of the build tools of `lock` as it is; our side of one with merge conflict markers."""
    try:
        return read(lock)
    except InputError:
        from lockenv.commands.gather import build_lock
        from lockenv.commands.merging import parted

        sides = parted(build_lock(lock))
        if sides is None:
            raise
        return sides.ours


def is_lacking(lock: Lock | None, path: str, manifest: Manifest) -> bool:
    """Tell whether `lock`, at `path`, has packages to build, and no unaltered lock tells what builds them now."""
    from lockenv.commands.gather import build_lock

    if lock is None or not _must_be_built(lock, manifest):
        return False
    from lockenv.commands.merging import parted
    from lockenv.lockfile.digest import is_intact

    if parted(build_lock(path)) is not None:
        return True
    own = read(path)
    return own is None or not is_intact(own) or bool(_untold(lock, path, manifest, own))


def faults(lock: Lock, path: str, manifest: Manifest) -> list[str]:
    """Give what is wrong with the lock of the build tools of `lock`, which lies at `path`: a sentence each."""
    from lockenv.commands.gather import build_lock, relative
    from lockenv.lockfile.digest import is_intact

    needed, name = _must_be_built(lock, manifest), relative(build_lock(path))
    if not needed:
        return []
    own = read(path)
    if own is None:
        return [f"there is no {name}, and {', '.join(' '.join(release).rstrip() for release in needed)} must be built"]
    found = [] if is_intact(own) else [f"{name} was changed since lockenv wrote it: its digest does not match"]
    return [*found, *(f"{name} does not tell what builds {title}" for title in _untold(lock, path, manifest, own))]


def _untold(lock: Lock, path: str, manifest: Manifest, own: Lock) -> list[str]:
    """Give what is to be built and `own`, the lock of the build tools, was not made for, or for other requirements."""
    needed = _must_be_built(lock, manifest)
    missing = [" ".join(release).rstrip() for release in needed if group_of(*release) not in own.groups]
    inputs = (own.own or {}).get("inputs")
    recorded = inputs.get("groups") if isinstance(inputs, dict) else None
    if not isinstance(recorded, dict):
        return missing
    base = os.path.dirname(path)
    return missing + [
        name
        for name, place in _directories(lock, manifest)
        if name not in missing and not _is_recorded(os.path.join(base, place), name, recorded)
    ]


def _directories(lock: Lock, manifest: Manifest) -> list[tuple[str, str]]:
    """Give the name and the place, seen from the lock, of each directory that is built."""
    found = [
        (package["name"], package["directory"]["path"])
        for package in lock.packages
        if "path" in package.get("directory", ())
    ]
    own = (manifest.name, manifest.root)
    return [*found, own] if manifest.is_buildable and own not in found else found


def _is_recorded(directory: str, name: str, recorded: Mapping[str, Any]) -> bool:
    """Tell whether what a directory declares to need for its build is among what the tools were locked for."""
    from lockenv.build.system import build_system
    from lockenv.lockfile.inputs import requirements
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.requirement import Declared, parse

    if not os.path.isdir(directory):
        return True  # told where it is looked for
    try:
        declared = [
            Declared(requirement=parse(text), origin=Origin(file=name))
            for text in build_system(directory, name).requires
        ]
    except ValueError:
        return False
    known = recorded.get(group_of(name, ""))
    return isinstance(known, list) and all(text in known for text in requirements(declared))


def _must_be_built(lock: Lock, manifest: Manifest) -> list[tuple[str, str]]:
    """Give name and version of what is built: packages that have no wheel and may be built, and the project itself."""
    found = []
    for position, package in enumerate(lock.packages):
        if direct.kind_of(package):
            if is_tree_built(package["name"], direct.read(lock, position)[0], manifest):
                found.append((package["name"], ""))
        elif not package.get("wheels") and is_built(package, manifest):
            found.append((package["name"], package["version"]))
    own = (manifest.name, "")
    return [*found, own] if manifest.is_buildable and own not in found else found


def is_tree_built(name: NormalizedName, source: Direct, manifest: Manifest) -> bool:
    """Tell whether the lock of the build tools is to tell what builds a project that no index serves."""
    if isinstance(source, Directory):
        return True
    is_wheel = isinstance(source, Archive) and source.is_wheel
    return not is_wheel and manifest.policy.may_build(name)


def is_built(package: Mapping[str, Any], manifest: Manifest) -> bool:
    """Tell whether the lock of the build tools is to tell what builds `package`, an entry of a lock."""
    # What has wheels is built only where it is named: `allow-build = true` does not ask for the tools of everything.
    is_meant = package["name"] in manifest.policy.allow_build or not package.get("wheels")
    return "sdist" in package and is_meant and manifest.policy.may_build(package["name"])


def _check_enough(requires: Sequence[str], files: Sequence[Selected], title: str, name: str, target: Target) -> None:
    """Raise InputError unless `files` are wheels and meet `requires`."""
    from packaging.requirements import Requirement

    there = {one.name: one for one in files}
    for one in files:
        if isinstance(one.file, Sdist):
            raise InputError(f"{name}: {one.name} {one.version} has no wheel here, and {title} needs it to be built")
    for requirement in map(Requirement, requires):
        if requirement.marker and not requirement.marker.evaluate(dict(target.environment)):
            continue
        found = there.get(normalize(requirement.name))
        if found is None or not requirement.specifier.contains(found.version, prereleases=True):
            raise InputError(
                f"{name} has nothing that meets `{requirement}`, which the build of {title} needs", hint=_HINT
            )
