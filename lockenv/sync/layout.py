"""Report where each file of a stored wheel goes in an environment.

Pure. In: entries of the store and an environment. Out: a Layout for each, with paths relative to the environment's
root and `/` between components; and which of them want one path.
"""

from __future__ import annotations

from lockenv.errors import RefusedError
from lockenv.sync.entrypoints import file_name
from lockenv.sync.paths import folded
from lockenv.sync.stored_wheel import StoredFiles
from lockenv.vocabulary.dataclasses import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from lockenv.sync.entrypoints import Script
    from lockenv.sync.stored_wheel import StoredFile, StoredWheel
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.selected import Selected

    _FilesPlace = tuple[str, str, StoredFiles]
    """Directory, scheme and files."""


class Layout(NamedTuple):
    """Where one wheel goes."""

    selected: Selected
    stored: StoredWheel
    claim: str
    """Its .dist-info directory."""
    site: str
    """The directory above its .dist-info, which RECORD is relative to."""
    places: tuple[tuple[str, str, StoredFiles], ...]
    """Directory, scheme and files, the .dist-info left out; sorted by directory, each directory once per scheme."""
    metadata: tuple[tuple[str, StoredFiles], ...]
    """Directories of the .dist-info (relative to it, empty for itself) and their files."""
    scripts: str
    """The directory of commands."""
    winners: tuple[NormalizedName, ...] = ()
    """The distributions whose files are where the wheel has files too, which are left out here. Sorted."""
    shared: frozenset[str] = frozenset()
    """Paths of files that RECORD lists and that are not put: another distribution puts the same, or has it there."""


def lay_out(selected: Selected, stored: StoredWheel, directories: Mapping[str, str]) -> Layout:
    """Return where the wheel goes, `directories` being those of the schemes.

    Raises RefusedError where two of its files go to one path.
    """
    site = directories[stored.root_scheme]
    claim = _join(site, stored.dist_info)
    places = []
    metadata = []
    within = f"{claim}/"
    for scheme, below, files in stored.directories:
        base = directories[scheme]
        if scheme == "headers":
            base = _join(base, selected.name)
        path = f"{base}/{below}" if base and below else base or below
        if scheme == "data" and directories["purelib"].startswith("lib/"):
            path = _behind_lib64(path)
        if path == claim or path.startswith(within):
            metadata.append((path[len(within) :], files))
        else:
            places.append((path, scheme, files))
    places = _merged(places, selected)
    return Layout(selected, stored, claim, site, tuple(places), tuple(metadata), directories["scripts"])


def _behind_lib64(path: str) -> str:
    """Return where `path` leads in an environment, whose `lib64` is a link to `lib`; pip and uv write through it."""
    first, slash, rest = path.partition("/")
    return f"lib{slash}{rest}" if first == "lib64" else path


def _merged(places: list[_FilesPlace], selected: Selected) -> list[_FilesPlace]:
    """Return `places` sorted, each directory once per scheme. Raises RefusedError where two files have one path."""
    keys = [folded(path) for path, _, _ in places]
    merged = places
    if len({*keys}) < len(places):
        together: dict[str, list[_FilesPlace]] = {}
        for key, place in zip(keys, places, strict=True):
            together.setdefault(key, []).append(place)
        merged = []
        for several in together.values():
            merged += _apart(several, selected) if len(several) > 1 else several
    # By component: no character comes before NUL, which is in no path.
    return sorted(merged, key=lambda place: (place[0].replace("/", "\0"), place[1]))


def _apart(places: list[_FilesPlace], selected: Selected) -> list[_FilesPlace]:
    """Return `places` of one directory, once per scheme. Raises RefusedError where two files have one path."""
    names: set[str] = set()
    files: dict[tuple[str, str], StoredFiles] = {}
    for path, scheme, added in places:
        for one in added:
            if folded(one.name) in names:
                raise RefusedError(
                    "wheel-data",
                    f"{selected.name} {selected.version} has two files for {path}/{one.name}",
                    hint="choose another version, and report this to its authors",
                )
            names.add(folded(one.name))
        files[path, scheme] = StoredFiles.of(sorted((*files.get((path, scheme), ()), *added)))
    return [(path, scheme, held) for (path, scheme), held in files.items()]


def _join(base: str, path: str) -> str:
    return f"{base}/{path}" if base and path else base or path


def by_directory(layout: Layout) -> Iterator[tuple[str, list[str]]]:
    """Return directories and the names of the files in each, the .dist-info aside; a directory may come twice."""
    for path, _, files in layout.places:
        yield path, [*files.names]
    if layout.stored.scripts:
        yield layout.scripts, [_command(script) for script in layout.stored.scripts]


def _command(script: Script) -> str:
    return file_name(script.name)


def put_by_directory(layout: Layout) -> Iterator[tuple[str, list[str]]]:
    """Yield what `by_directory` does, without the files that are not put."""
    for path, names in by_directory(layout):
        left = [name for name in names if _join(path, name) not in layout.shared] if layout.shared else names
        if left:
            yield path, left


def files(layout: Layout) -> set[str]:
    """Return the path of every file outside the .dist-info, as `folded`."""
    return {folded(_join(path, name)) for path, names in by_directory(layout) for name in names}


def without(layout: Layout, winners: tuple[NormalizedName, ...], taken: Collection[str]) -> Layout:
    """Return `layout` without the files at the paths `taken`, which are `folded` and those of `winners`."""
    if not winners:
        return layout
    places = []
    for path, scheme, listed in layout.places:
        left = [file for file in listed if folded(_join(path, file.name)) not in taken]
        if left:
            places.append((path, scheme, StoredFiles.of(left)))
    scripts = tuple(one for one in layout.stored.scripts if folded(_join(layout.scripts, _command(one))) not in taken)
    return layout._replace(places=tuple(places), stored=layout.stored._replace(scripts=scripts), winners=winners)


class FileClaim(NamedTuple):
    """One file of a distribution that is to be installed."""

    layout: Layout
    path: str
    source: StoredFile | Script
    is_script: bool
    """Whether the file is of the scheme `scripts`, so that its first line may be rewritten."""


def meetings(
    layouts: Sequence[Layout],
) -> tuple[tuple[tuple[FileClaim, ...], ...], tuple[tuple[str, Layout, Layout], ...]]:
    """Return the files that go to one path, for each such path, and the files that go where another needs a directory.

    Letter case and the forms of Unicode are disregarded, for some filesystems do so. Both are sorted by path; the
    claims on a path are in the order of `layouts`. Of the second, the file is of the first layout.
    """
    owners: dict[str, list[Layout]] = {}
    for layout in layouts:
        own = [path for path, _, _ in layout.places]
        own += [layout.scripts] if layout.stored.scripts else []
        seen = {*own, layout.claim}
        for path in [*own, layout.claim]:
            owners.setdefault(folded(path), []).append(layout)
            parent = path.rpartition("/")[0]
            while parent and parent not in seen:
                seen.add(parent)
                owners.setdefault(folded(parent), []).append(layout)
                parent = parent.rpartition("/")[0]
    # A wheel was checked against itself: only a directory that comes more than once can hold a path that does.
    crowded = {directory for directory, found in owners.items() if len(found) > 1}
    taken: dict[str, list[FileClaim]] = {}
    blocked: dict[str, tuple[str, Layout, Layout]] = {}
    for layout in layouts:
        for claim in claims(layout, crowded):
            path = folded(claim.path)
            taken.setdefault(path, []).append(claim)
            if path in owners and path not in blocked:
                blocked[path] = (claim.path, layout, owners[path][0])
    together = (tuple(taken[path]) for path in sorted(taken) if len(taken[path]) > 1)
    return tuple(together), tuple(blocked[path] for path in sorted(blocked))


def claims(layout: Layout, directories: Collection[str]) -> Iterator[FileClaim]:
    """Yield the files of `layout` that are in one of `directories`, which are `folded`."""
    for directory, scheme, listed in layout.places:
        if folded(directory) in directories:
            for file in listed:
                yield FileClaim(layout, _join(directory, file.name), file, scheme == "scripts")
    if layout.stored.scripts and folded(layout.scripts) in directories:
        for script in layout.stored.scripts:
            yield FileClaim(layout, _join(layout.scripts, _command(script)), script, is_script=True)
