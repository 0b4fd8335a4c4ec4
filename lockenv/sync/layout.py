"""Say where each file of a stored wheel goes in an environment.

Pure. In: entries of the store and an environment. Out: a Layout for each, with paths relative to the environment's
root and `/` between components; and whether two of them want one path.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from lockenv.errors import MachineError, RefusedError
from lockenv.sync.entrypoints import file_name
from lockenv.sync.paths import folded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from lockenv.environment.installed import Installed
    from lockenv.environment.venv import Environment
    from lockenv.sync.entrypoints import Script
    from lockenv.sync.store import Stored, StoredFile
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Selected


class Layout(NamedTuple):
    """Where one wheel goes."""

    selected: Selected
    stored: Stored
    claim: str
    """Its .dist-info directory."""
    site: str
    """The directory above its .dist-info, which RECORD is relative to."""
    places: tuple[tuple[str, str, tuple[StoredFile, ...]], ...]
    """Directory, scheme and files, the .dist-info left out; sorted by directory, each directory once per scheme."""
    metadata: tuple[tuple[str, tuple[StoredFile, ...]], ...]
    """Directories of the .dist-info (relative to it, empty for itself) and their files."""
    scripts: str
    """The directory of commands."""
    winners: tuple[NormalizedName, ...] = ()
    """The distributions whose files stand where the wheel has files too, which are left out here. Sorted."""


def schemes(environment: Environment) -> dict[str, str]:
    """Give the directory of each scheme; that of `headers` is the one above the distributions' own."""
    directories = {
        "purelib": environment.purelib,
        "platlib": environment.platlib,
        "scripts": environment.scripts,
        "headers": environment.include,
        "data": environment.data,
    }
    return {scheme: _relative(environment.root, path) for scheme, path in directories.items()}


def _relative(root: str, path: str) -> str:
    relative = os.path.relpath(path, root).replace(os.sep, "/")
    if relative.split("/")[0] == "..":
        raise MachineError(f"{path} is outside the environment {root}", hint="create the environment anew")
    return "" if relative == "." else relative


def lay_out(selected: Selected, stored: Stored, directories: Mapping[str, str]) -> Layout:
    """Give where the wheel goes, `directories` being those of the schemes."""
    site = directories[stored.root_scheme]
    claim = _join(site, stored.dist_info)
    places = []
    metadata = []
    for directory in stored.directories:
        base = directories[directory.scheme]
        if directory.scheme == "headers":
            base = _join(base, selected.name)
        path = _join(base, directory.path)
        if path == claim or path.startswith(claim + "/"):
            metadata.append((path[len(claim) + 1 :], directory.files))
        else:
            places.append((path, directory.scheme, directory.files))
    places.sort(key=lambda place: (place[0].split("/"), place[1]))
    return Layout(selected, stored, claim, site, tuple(places), tuple(metadata), directories["scripts"])


def _join(base: str, path: str) -> str:
    return f"{base}/{path}" if base and path else base or path


def by_directory(layout: Layout) -> Iterator[tuple[str, list[str]]]:
    """Give directories and the names of the new files in each, the .dist-info aside; a directory may come twice."""
    for path, _, files in layout.places:
        yield path, [file.name for file in files]
    if layout.stored.scripts:
        yield layout.scripts, [_command(script) for script in layout.stored.scripts]


def _command(script: Script) -> str:
    return file_name(script.name, is_windows=os.name == "nt")


def owned(layout: Layout) -> set[str]:
    """Give the path of the .dist-info and of every file outside it."""
    return {layout.claim, *(_join(path, name) for path, names in by_directory(layout) for name in names)}


def files(layout: Layout) -> set[str]:
    """Give the path of every file outside the .dist-info, as `folded`."""
    return {folded(_join(path, name)) for path, names in by_directory(layout) for name in names}


def without(layout: Layout, winners: tuple[NormalizedName, ...], taken: Collection[str]) -> Layout:
    """Give `layout` without the files at the paths `taken`, which are `folded` and those of `winners`."""
    if not winners:
        return layout
    places = []
    for path, scheme, listed in layout.places:
        if left := tuple(file for file in listed if folded(_join(path, file.name)) not in taken):
            places.append((path, scheme, left))
    scripts = tuple(one for one in layout.stored.scripts if folded(_join(layout.scripts, _command(one))) not in taken)
    return layout._replace(places=tuple(places), stored=layout.stored._replace(scripts=scripts), winners=winners)


def check_apart(layouts: Sequence[Layout]) -> None:
    """Raise RefusedError when two files go to one path, or one goes where another needs a directory.

    Letter case and the forms of Unicode are disregarded, for some filesystems do so.
    """
    owners: dict[str, list[tuple[Layout, list[str]]]] = {}
    for layout in layouts:
        own = [*by_directory(layout), (layout.claim, [])]
        seen = {path for path, _ in own}
        for path, _ in list(own):
            parent = path.rpartition("/")[0]
            while parent and parent not in seen:
                seen.add(parent)
                own.append((parent, []))
                parent = parent.rpartition("/")[0]
        for path, names in own:
            owners.setdefault(folded(path), []).append((layout, names))
    # A wheel was checked against itself: only a directory that comes more than once can hold a path that does.
    for directory in sorted(owners):
        if len(owners[directory]) > 1:
            _check_directory(directory, owners[directory], owners)


def _check_directory(
    directory: str, parts: Sequence[tuple[Layout, list[str]]], directories: Mapping[str, object]
) -> None:
    taken: dict[str, Layout] = {}
    for layout, names in parts:
        for name in map(folded, names):
            path = _join(directory, name)
            if name in taken:
                raise owned_twice(path, taken[name].selected, layout.selected)
            taken[name] = layout
            if path in directories:
                raise owned_twice(path, layout.selected, _below(path, parts, layout).selected, is_of_files=False)


def _below(path: str, parts: Iterable[tuple[Layout, list[str]]], default: Layout) -> Layout:
    prefix = path + "/"
    for layout, _ in parts:
        if any((folded(place[0]) + "/").startswith(prefix) for place in layout.places):
            return layout
    return default


def owned_twice(
    path: str, one: Selected | Installed, other: Selected | Installed, *, is_of_files: bool = True
) -> RefusedError:
    """Give the refusal of two distributions that would be one path; of two files, one may be allowed to win."""
    names = " and ".join(dict.fromkeys((f"{one.name} {one.version}", f"{other.name} {other.version}")))
    hint = "lock only one of them, or another version of one of them"
    if is_of_files:
        ways = f'`allow-overwrite = ["{one.name}>{other.name}"]` or ["{other.name}>{one.name}"] under [tool.lockenv]'
        hint = f"{hint}; or say whose file is to be there: {ways}"
    return RefusedError("path-owned-twice", f"{path}: {names} would both be this path", hint=hint)
