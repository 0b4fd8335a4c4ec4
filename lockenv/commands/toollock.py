"""Make the lock of what builds: resolve what source distributions need to be built, and write it beside the lock."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.commands.tools import group_of, is_built, is_tree_built, unlocked
from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.build.builder import Source, Tree
    from lockenv.commands.building import Workshop
    from lockenv.commands.settings import Settings
    from lockenv.commands.tools import Tools
    from lockenv.console import Console
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Selected
    from lockenv.vocabulary.requirement import Declared
    from lockenv.vocabulary.target import Target


class Resolved:
    """Tools for builds that come before their lock: those of the former lock where it has them, else resolved now."""

    def __init__(
        self,
        manifest: Manifest,
        settings: Settings,
        source: Fetcher,
        before: Tools | None = None,
        *,
        anew: bool = False,
    ) -> None:
        """With `anew`, what was built at other times by unknown tools does not count."""
        self._manifest = manifest
        self._settings = settings
        self._source = source
        self._before = before
        self._anew = anew

    def key(self, name: str, version: str, target: Target) -> str:
        """Tell what builds a release in `target`; empty when that is known afterwards only."""
        known = self._before.key(name, version, target) if self._before else ""
        return known or ("" if self._anew else unlocked(self._manifest, self._settings))

    def chosen(self, requires: Sequence[str], source: Source | Tree, target: Target) -> tuple[Selected, ...]:
        """Give the wheels that `source`, which needs `requires`, is built with. Raises InputError."""
        if self._before is not None and self._before.key(source.name, source.version, target):
            try:
                return self._before.chosen(requires, source, target)
            except InputError:
                pass  # they were enough for other requirements, or on another machine
        from lockenv.lockfile.select import Selection, select
        from lockenv.lockfile.text import read

        title = source.title
        text = locked(self._needs(requires, title, target), None, self._settings, self._source)
        selection = select(read(text, f"the tools of {title}"), target)
        if not isinstance(selection, Selection) or any(isinstance(one.file, Sdist) for one in selection.files):
            raise InputError(f"what {title} needs to be built has no wheels for this environment")
        return selection.files

    def recorded(self, _one: Selected, _target: Target, /) -> str:
        """Give no digest: nothing records what unlocked tools build."""
        return ""

    def _needs(self, requires: Sequence[str], title: str, target: Target) -> Manifest:
        """Give what is to be resolved: `requires`, for `target` alone, under the project's indexes and cutoff."""
        here = target.environment
        keys = ("sys_platform", "platform_machine", "implementation_name")
        return replace(
            _tools_manifest(self._manifest),
            requires_python=f"=={here['python_full_version']}",
            dependencies=_declared(requires, title),
            environments=(" and ".join(f"{key} == '{here[key]}'" for key in keys),),
        )


def text(
    lock: Lock,
    manifest: Manifest,
    old: Lock | None,
    workshop: Workshop,
    settings: Settings,
    source: Fetcher,
    *,
    upgrade: bool = False,
) -> str | None:
    """Give the text of the lock of what builds the packages of `lock`; None when nothing is built.

    Those are the packages without wheels that may be built, those with a source distribution that are named, and the
    project itself. With `upgrade`, what `old` pins may move. Raises InputError when what a build needs cannot be had.
    """
    from lockenv.lockfile import artifact, direct

    groups = {}
    for position, package in enumerate(lock.packages):
        if direct.kind_of(package):
            name, (source_of, _) = package["name"], direct.read(lock, position)
            if is_tree_built(name, source_of, manifest):
                groups[group_of(name, "")] = _declared(workshop.requires_of(name, source_of), name)
        elif is_built(package, manifest):
            sdist, _ = artifact.sdist(lock, position)
            title = package["name"], package["version"]
            requires = workshop.requires(sdist, *title)
            groups[group_of(*title)] = _declared(requires, " ".join(title))
    if manifest.is_buildable:
        own = Directory(path=manifest.root, editable=True)
        name = normalize(manifest.name)
        groups[group_of(name, "")] = _declared(workshop.requires_of(name, own), name)
    if not groups:
        return None
    wanted = replace(_tools_manifest(manifest), groups=groups)
    try:
        return locked(wanted, old, settings, source, upgrade=upgrade)
    except InputError:
        if len(groups) < 2:
            raise
    # Their needs do not go together, and need not: no build has two groups.
    apart = (tuple(("group", group) for group in sorted(groups)),)
    return locked(replace(wanted, conflicts=apart), old, settings, source, upgrade=upgrade)


def locked(wanted: Manifest, old: Lock | None, settings: Settings, source: Fetcher, *, upgrade: bool = False) -> str:
    """Give the text of a lock of build tools. Raises InputError when there is no solution, RefusedError for a host."""
    from lockenv.commands.access import catalog
    from lockenv.commands.hashes import hashed
    from lockenv.commands.placing import placed
    from lockenv.commands.records import carried
    from lockenv.lockfile.compose import compose
    from lockenv.lockfile.digest import sealed_text
    from lockenv.lockfile.pins import pins
    from lockenv.resolve.problem import problem
    from lockenv.resolve.solve import solve
    from lockenv.vocabulary.pin import NeedsPermission, Resolution, Unsolvable
    from lockenv.vocabulary.progress import SILENT

    locked_pins = pins(old) if old and not upgrade else ()
    answer = solve(problem(wanted, locked=locked_pins), catalog(wanted, settings, source), SILENT)
    if isinstance(answer, NeedsPermission):
        # Tools are never built themselves: what has no wheel is no tool.
        built = replace(wanted, policy=replace(wanted.policy, no_build=("*",)))
        answer = solve(problem(built, locked=locked_pins), catalog(built, settings, source), SILENT)
    if not isinstance(answer, Resolution):
        reasons = answer.reasons if isinstance(answer, Unsolvable) else ()
        titles = {each.origin.file for group in (wanted.dependencies, *wanted.groups.values()) for each in group}
        what = ", ".join(sorted(titles))
        raise InputError(f"what {what} needs to be built cannot be had: {'; '.join(reasons)}")
    found = placed(hashed(answer, source, SILENT), wanted.indexes, source.settings.base)
    text = sealed_text(carried(compose(found, wanted, old), old))
    if wanted.allowed_hosts:
        from lockenv.commands.hosts import refuse
        from lockenv.lockfile.text import read

        refuse(read(text, "the lock of what builds need"), wanted.allowed_hosts)
    return text


def _declared(requires: Sequence[str], title: str) -> tuple[Declared, ...]:
    """Give the build requirements of `title`. Raises InputError for one that is not valid."""
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.requirement import Declared, parse

    try:
        return tuple(
            Declared(requirement=parse(text), origin=Origin(file=title, key="build-system.requires"))
            for text in requires
        )
    except ValueError as error:
        raise InputError(f"{title}: its build requirements are not valid: {error}") from error


def _tools_manifest(manifest: Manifest) -> Manifest:
    """Give what holds for build tools too: the Pythons, environments, indexes and cutoff of the project."""
    from lockenv.vocabulary.manifest import Manifest, Policy

    policy = manifest.policy
    return Manifest(
        requires_python=manifest.requires_python,
        environments=manifest.environments,
        indexes=manifest.indexes,
        sources=manifest.sources,
        allowed_hosts=manifest.allowed_hosts,
        policy=Policy(
            exclude_newer=policy.exclude_newer,
            exclude_newer_span=policy.exclude_newer_span,
            exclude_newer_packages=policy.exclude_newer_packages,
            exclude_newer_package_spans=policy.exclude_newer_package_spans,
        ),
    )


def deliver(text: str | None, lock: str, console: Console) -> None:
    """Write the lock of the build tools of `lock`, or remove it when nothing is built; tell what was done."""
    from lockenv.commands.gather import build_lock, relative
    from lockenv.files.atomic import replace as write

    path = build_lock(lock)
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
