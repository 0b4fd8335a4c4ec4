"""Look up the directories that a project takes sources from: the members of its workspace, and what it names.

In: a Manifest, and where its project is. Out: the Manifest with every directory's own sources, and with what
decides its metadata, so that a change there makes the lock stale.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from glob import glob
from itertools import chain
from typing import TYPE_CHECKING

from lockenv.builds import absent_sources
from lockenv.builds.source_digests import build_digest
from lockenv.errors import InputError
from lockenv.files.reading import read_bounded
from lockenv.index.static import project_headers
from lockenv.lockfile.paths import relative
from lockenv.project.member import member, without_urls
from lockenv.project.references import References
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import DeclaredSource, Directory, moved, same, shown
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.places import moved_places
from lockenv.vocabulary.requirement import Declared, Requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lockenv.builds import member_groups
    from lockenv.index.metadata import Headers
    from lockenv.project import conflicts
    from lockenv.project.member import Member
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest, UnreadSource
    from lockenv.vocabulary.names import GroupName
    from lockenv.vocabulary.pin import Resolution
    from lockenv.vocabulary.places import Place
else:
    member_groups = late("lockenv.builds.member_groups")
    conflicts = late("lockenv.project.conflicts")

_FILE = "pyproject.toml"


def with_sources(manifest: Manifest, directory: str, base: str, read: Callable[[str], str]) -> Manifest:
    """Return `manifest` with the members of its workspace, and the sources of every directory that it needs.

    `directory` is that of the project and `base` that of the lock, both absolute; `read` returns the text of a file.
    Raises InputError for a directory that is missing or that cannot be understood, and for a second place of the
    project itself, which is not among the sources yet: see `with_itself`.
    """
    known = {name: replace(each, direct=moved(each.direct, manifest.root)) for name, each in manifest.direct.items()}
    references = References(base, known)
    references.places = {name: moved_places(some, manifest.root) for name, some in manifest.places.items()}
    add_itself(references, manifest)
    reading = _Reading(base, read, references, manifest)
    members = reading.members(manifest, directory)
    absent = [each for each in manifest.mates if each[0] not in members and each[0] != manifest.name]
    if absent:
        raise absent_sources.members(absent, _patterns(manifest), members)
    reading.follow()
    required = {name: reading.required(name, origin) for name, origin in members.items()}
    together = (some for name, some in required.items() if name not in manifest.packages.values())
    found = replace(
        manifest,
        dependencies=(*manifest.dependencies, *(() if manifest.is_apart else chain(*together))),
        groups={**manifest.groups, **_grouped(manifest, required)},
        direct=reading.described(),
        places=reading.described_places(),
        sources=reading.sources,
        members=tuple(sorted(members)),
        is_buildable=manifest.is_buildable or (bool(members) and reading.is_required_elsewhere(manifest.name)),
        bare={
            **member_groups.of_itself(manifest),
            **{
                name: member_groups.requirements(some)
                for name, some in required.items()
                if all(each.requirement.name != name for each in some)
            },
        },
        unread=(*manifest.unread, *reading.unread()),
    )
    of_members = {name: groups for name in sorted(members) if (groups := reading.groups(name))}
    return found if manifest.workspace is None else member_groups.merged(found, manifest, of_members)


def _grouped(
    manifest: Manifest, required: Mapping[NormalizedName, tuple[Declared, ...]]
) -> dict[GroupName, tuple[Declared, ...]]:
    """Return the requirements of each member in a conflict, by the group that represents it."""
    there = (*([manifest.name] if manifest.name else ()), *required)
    for name in manifest.packages.values():
        if name not in there:
            raise conflicts.unknown(name, sorted(there))
    return {group: required[name] for group, name in manifest.packages.items() if name in required}


def _patterns(manifest: Manifest) -> str:
    written = manifest.workspace.members if manifest.workspace is not None else ()
    return f"members = [{', '.join(f'{chr(34)}{one}{chr(34)}' for one in written)}]"


def pythons(manifest: Manifest) -> dict[NormalizedName, str]:
    """Return what each member of a workspace says of its Pythons, of those that say it, sorted by name."""
    field = "requires-python "
    stated = ((name, line) for name in manifest.members for line in manifest.direct[name].declares)
    return {name: line.removeprefix(field) for name, line in stated if line.startswith(field)}


def add_itself(references: References, manifest: Manifest) -> None:
    """Note where the project itself is. Raises InputError where something else was said of it."""
    if manifest.name:
        name = NormalizedName(manifest.name)
        references.add(name, Directory(path=manifest.root, editable=True), Origin(file=_FILE, key="project.name"))


def with_itself(manifest: Manifest, directory: str, *, is_required: bool) -> Manifest:
    """Return `manifest`, its own `directory` among the sources where the project itself `is_required`, else not."""
    name = NormalizedName(manifest.name)
    found = {each: sourced for each, sourced in manifest.direct.items() if each != name}
    if is_required:
        own, origin = Directory(path=manifest.root, editable=True), Origin(file=_FILE, key="project.name")
        found[name] = DeclaredSource(
            direct=own, origin=origin, declares=_declared(stated_in(manifest.text), directory, manifest.text)
        )
    return replace(manifest, direct=found)


def restated(resolution: Resolution, manifest: Manifest) -> Resolution:
    """Return `resolution` with the project itself, where it is part of it, requiring what the text of `manifest` says.

    Which bounds are written of what is added is known only when it is resolved.
    """
    found = stated_in(manifest.text, "0")
    if found is None or all(pin.name != manifest.name for pin in resolution.pins):
        return resolution
    requires = tuple(text for text in found.fields.get("requires-dist", ()) if text)
    pins = (replace(pin, requires=requires) if pin.name == manifest.name else pin for pin in resolution.pins)
    return replace(resolution, pins=tuple(pins))


class _Reading:
    def __init__(self, base: str, read: Callable[[str], str], references: References, manifest: Manifest) -> None:
        """`manifest` is that of the project itself, whose sources are known."""
        self._read = read
        self._base = base
        self._references = references
        self._own = manifest.name
        self._indexes = manifest.indexes
        self.sources = dict(manifest.sources)
        self._members: dict[str, Member] = {}
        """By path."""
        self._texts: dict[str, tuple[str, str]] = {}
        """The name of the file of each, and its text."""
        self._declared = (*manifest.dependencies, *chain(*manifest.extras.values(), *manifest.groups.values()))

    def members(self, manifest: Manifest, root: str) -> Mapping[NormalizedName, Origin]:
        """Return the names of the members of the workspace, sorted by their paths; each is noted as editable."""
        if manifest.workspace is None:
            return {}
        found: dict[NormalizedName, Origin] = {}
        for path in matching(manifest.workspace.members, manifest.workspace.exclude, root):
            prefix = os.path.relpath(os.path.join(root, path), self._base).replace("\\", "/")
            name = self._member(prefix, has_groups=not manifest.is_part).name
            if not name:
                raise InputError(f"{path}/pyproject.toml has no [project] table", hint="exclude it from the workspace")
            if name in found or name == manifest.name:
                raise InputError(
                    f"{path} and another workspace member are both named {name}", hint="rename one of them"
                )
            self._references.add(name, Directory(path=prefix, editable=True), manifest.workspace.origin)
            found[name] = manifest.workspace.origin
        return found

    def required(self, name: NormalizedName, origin: Origin) -> tuple[Declared, ...]:
        """Return what the member `name` of the workspace adds to the requirements: itself.

        One without a `[build-system]` that no other requires is not installed, as with the project itself: what it
        requires is.
        """
        direct = self._references.sourced[name].direct
        itself = (Declared(requirement=Requirement(name), origin=origin),)
        if not isinstance(direct, Directory) or self._is_required(name):
            return itself
        bare = self._members[direct.path].bare
        if bare is None or _has_setup(os.path.join(self._base, direct.path)):
            return itself
        return without_urls(bare)

    def groups(self, name: NormalizedName) -> Mapping[GroupName, tuple[Declared, ...]]:
        """Return the dependency groups of the member `name`."""
        return next((each.groups for each in self._members.values() if each.name == name), {})

    def _is_required(self, name: NormalizedName) -> bool:
        """Return whether the project, or another directory that it takes sources from, requires `name`."""
        return any(each.requirement.name == name for each in self._declared) or self.is_required_elsewhere(name)

    def is_required_elsewhere(self, name: str) -> bool:
        """Return whether another directory that the project takes sources from requires `name`.

        Then it is installed even without a `[build-system]`, as the root of a workspace is.
        """
        return any(name in found.names for found in self._members.values() if found.name != name)

    def follow(self) -> None:
        """Note the sources of every directory, and of the directories that these name."""
        done: set[tuple[NormalizedName, str]] = set()
        while left := sorted((each for each in self._directories() if each[:2] not in done), key=lambda each: each[:2]):
            self._refuse_absent(left)
            for name, path, origin in left:
                done.add((name, path))
                self._follow(name, path, origin)

    def _refuse_absent(self, named: Iterable[tuple[NormalizedName, str, Origin]]) -> None:
        places = ((name, os.path.join(self._base, path), origin) for name, path, origin in named)
        absent = [
            (name, relative(os.path.normpath(place)), origin)
            for name, place, origin in places
            if not os.path.isdir(place)
        ]
        if absent:
            raise absent_sources.directories(absent)

    def _directories(self) -> Iterator[tuple[NormalizedName, str, Origin]]:
        """Yield each directory that is a source: of what, where, and who says so."""
        for name, sourced in self._references.sourced.items():
            if isinstance(sourced.direct, Directory) and name != self._own:
                yield name, sourced.direct.path, sourced.origin
        for name, some in self._references.places.items():
            for place in some:
                if isinstance(place.direct, Directory):
                    yield name, place.direct.path, place.origin

    def _follow(self, name: NormalizedName, path: str, origin: Origin) -> None:
        found = self._member(path)
        if found.name and found.name != name:
            raise InputError(
                f"{path} contains {found.name}, not {name}", hint="correct the path or the name", origin=origin
            )
        for each, sourced in sorted(found.direct.items()):
            # Whether its requirement applies where this source counts is judged with its metadata.
            if not any(_is(place, sourced.direct) for place in self._references.places.get(each, ())):
                self._references.add(each, sourced.direct, sourced.origin)
        for each, places in sorted(found.places.items()):
            self._add_places(each, places)
        for each, index in found.sources.items():
            self.sources.setdefault(each, index)
        for each, place in found.of_workspace:
            if each not in self._references.sourced:
                raise absent_sources.member_required(each, name, place, is_root_named=bool(self._own))

    def _add_places(self, name: NormalizedName, places: tuple[Place, ...]) -> None:
        """Note sources for some environments that a directory names. Raises InputError where there is one for all."""
        everywhere = self._references.sourced.get(name)
        if everywhere is not None:
            raise InputError(
                f"{name} has two sources: {shown(everywhere.direct)} ({everywhere.origin}) and {places[0].shown}",
                hint="declare all of its sources in [tool.lockenv.sources] of the workspace root",
                origin=places[0].origin,
            )
        before = self._references.places.get(name, ())
        known = {(each.shown, each.marker, each.member) for each in before}
        more = (each for each in places if (each.shown, each.marker, each.member) not in known)
        self._references.places[name] = (*before, *more)

    def described_places(self) -> dict[NormalizedName, tuple[Place, ...]]:
        """Return the sources for some environments, with what decides the metadata of the directories."""
        return {
            name: tuple(
                replace(each, declares=_declares(os.path.join(self._base, each.direct.path)))
                if isinstance(each.direct, Directory)
                else each
                for each in some
            )
            for name, some in sorted(self._references.places.items())
        }

    def described(self) -> dict[NormalizedName, DeclaredSource]:
        """Return where each project comes from, with what decides the metadata of the directories."""
        return {
            name: self._described(each, each.direct) if isinstance(each.direct, Directory) else each
            for name, each in sorted(self._references.sourced.items())
            if name != self._own
        }

    def _described(self, sourced: DeclaredSource, direct: Directory) -> DeclaredSource:
        file, text = self._texts.get(direct.path, ("", ""))
        return replace(sourced, declares=_declares(os.path.join(self._base, direct.path)), file=file, text=text)

    def unread(self) -> tuple[UnreadSource, ...]:
        """Return the places that only tables of other tools name in the directories, in the order of their paths."""
        return tuple(place for _, found in sorted(self._members.items()) for place in found.unread)

    def _member(self, path: str, *, has_groups: bool = False) -> Member:
        found = self._members.get(path)
        if found is None:
            directory = os.path.join(self._base, path)
            file = os.path.relpath(os.path.join(directory, "pyproject.toml"))
            text = self._read(file) if os.path.isfile(file) else ""
            self._texts[path] = (file, text)
            found = self._members[path] = member(
                text, file, os.path.abspath(directory), path, self._indexes, has_groups=has_groups
            )
        return found


def _is(place: Place, direct: Direct) -> bool:
    return place.direct is not None and same(place.direct, direct)


def matching(patterns: tuple[str, ...], excluded: tuple[str, ...], root: str, also: str = "") -> list[str]:
    """Return the directories below `root` that are projects, or `also`, and match, with `/`, sorted."""
    found = {
        path.replace("\\", "/").rstrip("/")
        for pattern in patterns
        for path in glob(pattern, root_dir=root, recursive=True)
        if path == also or os.path.isfile(os.path.join(root, path, "pyproject.toml"))
    }
    return sorted(
        path
        for path in found
        if path not in (".", "") and not any(fnmatchcase(path, each.rstrip("/")) for each in excluded)
    )


def _has_setup(directory: str) -> bool:
    return any(os.path.isfile(os.path.join(directory, file)) for file in ("setup.py", "setup.cfg"))


def _declares(directory: str) -> tuple[str, ...]:
    """Return what decides the metadata of a directory: its static metadata, or else a digest of what builds them."""
    return _declared(stated(directory), directory)


def _declared(found: Headers | None, directory: str, text: str | None = None) -> tuple[str, ...]:
    if found is None:
        return (f"dynamic {build_digest(directory, text)}",)
    return tuple(
        f"{field} {text}"
        for field in ("version", "requires-python", "provides-extra", "requires-dist")
        for text in found.fields.get(field, ())
        if text
    )


def stated(directory: str) -> Headers | None:
    """Return the metadata that the sources in `directory` state without a build, maybe without a version; else None."""
    path = os.path.join(directory, "pyproject.toml")
    if not os.path.isfile(path):
        return None  # a pipe would be read without an end
    try:
        return _headers(read_bounded(path))
    except OSError:
        return None


def describes_itself(name: str, directory: str, manifest: Manifest) -> bool:
    """Return whether the `[project]` table of a directory, from which `name` comes, states all that is locked of it."""
    if name == manifest.name:
        return manifest.dynamic is None
    sourced = manifest.direct.get(NormalizedName(name))
    places = [] if sourced is None else [sourced.direct]
    places += [each.direct for each in manifest.places.get(NormalizedName(name), ()) if each.direct is not None]
    if not any(isinstance(each, Directory) for each in places):
        return False
    found = stated(directory)
    return found is not None and bool(found.first("version"))


def stated_in(text: str, version: str = "") -> Headers | None:
    """Return the metadata that a `pyproject.toml` with `text` states, of `version` where it states none; else None."""
    return _headers(text.encode(), version)


def _headers(content: bytes, version: str = "") -> Headers | None:
    found = project_headers(content, version)
    return None if isinstance(found, str) else found
