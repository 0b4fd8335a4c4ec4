"""What a resolution needs beside the indexes: who builds, and the releases that direct references name.

What a user should know of the declarations that it is about is noted here, too.
"""

from __future__ import annotations

from lockenv.lockfile.paths import relative
from lockenv.vocabulary.direct import DeclaredSource, Directory
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import NormalizedName

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from lockenv.builds import build_lock_resolver, builder, direct_references
    from lockenv.builds.build_answers import BuildAnswers
    from lockenv.builds.build_lock import LockedBuildDependencies
    from lockenv.builds.builder import WheelBuilder
    from lockenv.builds.direct_references import DirectReferenceReader
    from lockenv.context.settings import Settings
    from lockenv.environment import interpreters
    from lockenv.environment.interpreter import Interpreter
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index import direct, placed
    from lockenv.index.catalog import Catalog
    from lockenv.index.direct_release import DirectRelease
    from lockenv.operations import misspelt_markers
    from lockenv.operations.load import Project
    from lockenv.project import messages
    from lockenv.resolve import places as resolve_places
    from lockenv.resolve import problem
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Pin
    from lockenv.vocabulary.progress import Listener
else:
    build_lock_resolver = late("lockenv.builds.build_lock_resolver")
    builder = late("lockenv.builds.builder")
    direct_references = late("lockenv.builds.direct_references")
    interpreters = late("lockenv.environment.interpreters")
    direct = late("lockenv.index.direct")
    placed = late("lockenv.index.placed")
    misspelt_markers = late("lockenv.operations.misspelt_markers")
    messages = late("lockenv.project.messages")
    resolve_places = late("lockenv.resolve.places")
    problem = late("lockenv.resolve.problem")

_SYSTEMS = ("platform", "os_name", "os.name", "implementation")
"""Parts of the names of the variables that describe a system or an interpreter."""
_USUAL = tuple(
    f'{variable} {operator} "{value}"'
    for variable, values in (
        ("sys_platform", ("win32", "linux", "darwin", "emscripten", "cygwin")),
        ("platform_system", ("Windows", "Linux", "Darwin", "Emscripten", "Java")),
        ("os_name", ("nt", "posix")),
        ("platform_python_implementation", ("CPython", "PyPy")),
        ("implementation_name", ("cpython", "pypy")),
    )
    for value in values
    for operator in ("==", "!=")
)


def workshop(
    manifest: Manifest,
    settings: Settings,
    source: Fetcher,
    listener: Listener,
    before: LockedBuildDependencies | None,
    *,
    from_scratch: bool = False,
    answers: BuildAnswers | None = None,
) -> builder.WheelBuilder:
    """Return what builds, with an interpreter that the lock covers and the tools that were locked `before`, if they do.

    With `from_scratch`, what was built at other times by unknown tools does not count. It notes what it answers in
    `answers`.
    """

    def interpreter() -> Interpreter:
        return interpreters.find(
            None,
            requires_python=manifest.requires_python,
            environ=settings.tools_environ,
            cache_dir=settings.cache,
            project_dir=settings.directory,
            log=settings.log,
            has_option=False,
        )

    own = build_lock_resolver.ResolvedBuildDependencies(manifest, settings, source, before, from_scratch=from_scratch)
    return builder.WheelBuilder(
        manifest,
        interpreter,
        settings,
        listener,
        source,
        own,
        build_lock_resolver.ResolvedBuildDependencies(manifest, settings, source),
        answers,
    )


def with_direct(
    indexes: Catalog,
    manifest: Manifest,
    locked: Sequence[Pin],
    moving: bool | Container[NormalizedName],
    source: Fetcher,
    builds: WheelBuilder | None,
) -> tuple[direct.DirectCatalog, Mapping[NormalizedName, Direct]]:
    """Return the catalog of `indexes` and of what none of them serves, and where each of that comes from.

    What is `locked` stays but for the names `moving`. The project itself is looked at only if it is asked for.
    """

    def is_moving(name: NormalizedName) -> bool:
        return moving if isinstance(moving, bool) else name in moving

    def own_release() -> DirectRelease | None:
        return direct_references.itself(manifest, builds)

    found: Mapping[NormalizedName, DirectRelease] = {}
    surveyor = None
    if manifest.has_direct and builds is not None:
        surveyor = direct_references.DirectReferenceReader(manifest, locked, is_moving, source, builds)
        found = surveyor.releases()
    places: dict[NormalizedName, Direct] = {name: each.direct for name, each in found.items()}
    own = NormalizedName(manifest.name) or None
    if own is not None:
        places[own] = Directory(path=manifest.root, editable=True)
    return direct.DirectCatalog(indexes, found, own, own_release, _placed(manifest, surveyor)), places


def _placed(manifest: Manifest, surveyor: DirectReferenceReader | None) -> dict[NormalizedName, list[placed.Source]]:
    """Return the sources of the projects that have some for some environments only, each with where it counts."""
    if not manifest.places:
        return {}
    found: dict[NormalizedName, list[placed.Source]] = {}
    for name, division in resolve_places.divisions(manifest, problem.universe_of(manifest)).items():
        sources = found[name] = []
        for place, where in division.parts:
            if where.disjoint(where):
                continue
            if place.direct is None:
                sources.append(placed.Source(where, place.index))
            elif surveyor is not None:
                release = surveyor.release(name, DeclaredSource(direct=place.direct, origin=place.origin))
                sources.append(placed.Source(where, None, release))
        if not division.rest.disjoint(division.rest):
            sources.append(placed.Source(division.rest, None))
    return found


def note_declared(manifest: Manifest, project: Project, listener: Listener) -> None:
    """Note which Pythons `manifest` is locked for where it does not say it, and what it requires nowhere by mistake."""
    if project.pyproject and manifest.requires_python_origin is None and not manifest.members:
        where = "its metadata" if project.script_directory else "[project]"
        listener.note(
            f"{relative(project.pyproject)} has no requires-python; locking for "
            f'{manifest.requires_python} (set requires-python = "{manifest.requires_python}" in '
            f"{where} to keep it)"
        )
    if manifest.narrowing:
        said = ", ".join(f"`{name}` requires {specifier}" for name, specifier in manifest.narrowing)
        listener.note(
            f"locking for Python {manifest.requires_python}, which all members of the workspace admit: {said}"
        )
    if any(map(_is_unusual, _markers(manifest))):
        for note in misspelt_markers.notes(manifest):
            listener.note(note)


def note_undeclared(manifest: Manifest, listener: Listener) -> None:
    """Note the extras of the project itself that it requires and does not declare: they add nothing to its lock."""
    for extra in manifest.undeclared:
        near = messages.suggestion(extra.name, manifest.extras)
        listener.note(f"{manifest.name} has no extra named {extra.name}{near} [{extra.origin}]")


def _markers(manifest: Manifest) -> Iterator[str]:
    for declared in (manifest.dependencies, *manifest.extras.values(), *manifest.groups.values()):
        yield from (each.requirement.marker for each in declared)
    yield from (each.requirement.marker for each in (*manifest.constraints, *manifest.overrides))
    yield from (*manifest.environments, *manifest.required_environments)


def _is_unusual(marker: str) -> bool:
    """Return whether a marker compares anything of a system that is not among the usual."""
    if not any(part in marker for part in _SYSTEMS):
        return False
    for usual in _USUAL:
        marker = marker.replace(usual, "")
    return any(part in marker for part in _SYSTEMS)
