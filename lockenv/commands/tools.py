"""The lock of what builds: a second standard lock beside the first, one dependency group for each source distribution.

`pylock.toml` has `pylock.build.toml`, `pylock.NAME.toml` has `pylock.NAME-build.toml`. A build uses exactly the files
of its group, so that a newer release of a build tool changes nothing until the lock is made anew.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lockenv.errors import InputError
from lockenv.lockfile import artifact
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.names import GroupName, normalize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.build.builder import Source, Tree
    from lockenv.commands.building import Workshop
    from lockenv.commands.settings import Settings
    from lockenv.console import Console
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Selected
    from lockenv.vocabulary.target import Target

_HINT = "run `lockenv lock`, which locks what builds need"


class Tools:
    """What a lock of build tools gives to builds."""

    def __init__(self, lock: Lock | None, name: str) -> None:
        self._lock = lock
        self._name = name

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


def path_of(lock: str) -> str:
    """Give where the lock of the build tools of `lock` lies."""
    directory, name = os.path.split(lock)
    middle = name.removeprefix("pylock.").removesuffix(".toml") if name != "pylock.toml" else ""
    return os.path.join(directory, f"pylock.{middle}-build.toml" if middle else "pylock.build.toml")


def group_of(name: str, version: str) -> GroupName:
    """Give the group that holds what builds a release; `version` is empty for a tree that has no fixed one."""
    return GroupName(normalize(f"{name}-{version}" if version else name))


def read(lock: str) -> Lock | None:
    """Give the lock of the build tools of `lock`; None when there is none."""
    from lockenv.commands.gather import relative
    from lockenv.lockfile.text import decode
    from lockenv.lockfile.text import read as parsed

    path = path_of(lock)
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except FileNotFoundError:
        return None
    return parsed(decode(content, relative(path)), relative(path))


def is_lacking(lock: Lock | None, path: str, manifest: Manifest) -> bool:
    """Tell whether `lock`, at `path`, has packages that must be built and nothing that tells with what."""
    return lock is not None and not os.path.isfile(path_of(path)) and bool(_must_be_built(lock, manifest))


def faults(lock: Lock, path: str, manifest: Manifest) -> list[str]:
    """Give what is wrong with the lock of the build tools of `lock`, which lies at `path`: a sentence each."""
    from lockenv.commands.gather import relative
    from lockenv.lockfile.digest import is_intact

    needed, name = _must_be_built(lock, manifest), relative(path_of(path))
    if not needed:
        return []
    own = read(path)
    if own is None:
        return [f"there is no {name}, and {', '.join(' '.join(release) for release in needed)} must be built"]
    found = [] if is_intact(own) else [f"{name} was changed since lockenv wrote it: its digest does not match"]
    missing = [" ".join(release) for release in needed if group_of(*release) not in own.groups]
    return [*found, *(f"{name} does not tell what builds {title}" for title in missing)]


def _must_be_built(lock: Lock, manifest: Manifest) -> list[tuple[str, str]]:
    """Give name and version of the packages that have no wheel and may be built."""
    return [
        (package["name"], package["version"])
        for package in lock.packages
        if not package.get("wheels") and _is_built(package, manifest)
    ]


def _is_built(package: Mapping[str, Any], manifest: Manifest) -> bool:
    # What has wheels is built only where it is named: `allow-build = true` does not ask for the tools of everything.
    is_meant = package["name"] in manifest.policy.allow_build or not package.get("wheels")
    return "sdist" in package and is_meant and manifest.policy.may_build(package["name"])


def deliver(text: str | None, lock: str, console: Console) -> None:
    """Write the lock of the build tools of `lock`, or remove it when nothing is built; tell what was done."""
    from lockenv.commands.gather import relative
    from lockenv.files.atomic import replace as write

    path = path_of(lock)
    try:
        with open(path, "rb") as stream:
            before: bytes | None = stream.read()
    except FileNotFoundError:
        before = None
    if text is not None and before != text.encode():
        write(path, text.encode(), durable=True)
        console.say(f"wrote {relative(path)} (what builds need)")
    elif text is None and before is not None:
        os.unlink(path)
        console.say(f"removed {relative(path)}: nothing is built")


def text(
    lock: Lock, manifest: Manifest, old: Lock | None, workshop: Workshop, settings: Settings, source: Fetcher
) -> str | None:
    """Give the text of the lock of what builds the packages of `lock`; None when nothing is built.

    Those are the packages without wheels that may be built, and those with a source distribution that are named.
    Raises InputError when what a build needs cannot be had.
    """
    from lockenv.commands.building import declared, locked, tools_manifest

    groups = {}
    for position, package in enumerate(lock.packages):
        if _is_built(package, manifest):
            sdist, _ = artifact.sdist(lock, position)
            title = package["name"], package["version"]
            requires = workshop.requires(sdist, *title)
            groups[group_of(*title)] = declared(requires, " ".join(title))
    if not groups:
        return None
    wanted = replace(tools_manifest(manifest), groups=groups)
    try:
        return locked(wanted, old, settings, source)
    except InputError:
        if len(groups) < 2:
            raise
    # Their needs do not go together, and need not: no build has two groups.
    apart = (tuple(("group", group) for group in sorted(groups)),)
    return locked(replace(wanted, conflicts=apart), old, settings, source)


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
