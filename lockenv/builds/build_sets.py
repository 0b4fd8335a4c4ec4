"""Resolve what each build needs as a set of its own, and put the sets into one lock.

One build's cap never decides another's tools: each group of the lock is resolved alone, and no two of them are ever
installed together. What a backend asks for depends on the tools that it runs with, so that each set is resolved from
what the sources declare, its backend is asked with just these tools, and so on until it asks for nothing else.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from lockenv.builds.build_lock import APART, LockedBuildDependencies, is_apart
from lockenv.builds.build_resolution import declared, resolved, sealed
from lockenv.builds.failed_builds import RememberedFailureError
from lockenv.errors import BuildError, InputError
from lockenv.lockfile.select import Selection, select
from lockenv.lockfile.text import read
from lockenv.resolve.problem import problem
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.late import late
from lockenv.vocabulary.markers import NEVER, in_groups, marker_text
from lockenv.vocabulary.pin import Resolution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.backend.builder import Source, Tree
    from lockenv.builds.build_lock import BuildGroup
    from lockenv.builds.builder import WheelBuilder
    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.lockfile import pins as lockfile_pins
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import GroupName
    from lockenv.vocabulary.pin import Pin
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.requirement import Declared
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target
else:
    lockfile_pins = late("lockenv.lockfile.pins")

_ROUNDS: Final = 4
"""How often a backend is asked before all that it ever asked for is locked."""


class BuildSets:
    """The tools of each build, for one lock."""

    def __init__(
        self,
        manifest: Manifest,
        old: Lock | None,
        workshop: WheelBuilder,
        settings: Settings,
        source: Fetcher,
        listener: Listener,
    ) -> None:
        """`manifest` says what holds for all builds, and requires nothing; what `old` pins stays where it can."""
        self._manifest = replace(manifest, conflicts=((("group", APART.partition(":")[2]),),))
        self._workshop = workshop
        self._settings = settings
        self._source = source
        self._listener = listener
        self._old = old if old is not None and is_apart(old) else None
        self._groups: dict[GroupName, tuple[Declared, ...]] = {}
        self._found: dict[GroupName, Resolution] = {}
        self._known: dict[tuple[str, ...], Resolution] = {}
        """What was resolved before, by the requirements and the pins that were to stay."""

    def add_declared(self, one: BuildGroup, sources: Direct) -> None:
        """Resolve what `one` declares that it is built with; nothing of it runs. Raises InputError."""
        self._resolve(one, self._workshop.declared_of(one.name, sources))

    def add(self, one: BuildGroup, sources: Sdist | Direct) -> None:
        """Resolve what `one`, whose sources are `sources`, needs to be built. Raises InputError.

        A backend that fails on this machine may serve on the one that builds, and what its release requires is known
        from elsewhere: then what the sources declare is locked, with a note.
        """
        requires = self._declares(one, sources)
        ever = dict.fromkeys(requires)
        for _ in range(_ROUNDS):
            self._resolve(one, requires)
            try:
                asked = self._asked(one, sources)
            except BuildError as error:
                self._listener.note(_unasked(one, error))
                return
            if set(asked) <= set(requires):
                return
            requires = asked
            ever |= dict.fromkeys(asked)
        self._resolve(one, tuple(ever))

    def text(self, old: Lock | None) -> str:
        """Return the text of the lock with all sets; what others wrote into `old` stays."""
        wanted = replace(self._manifest, groups=self._groups)
        return sealed(combined(self._found, wanted), wanted, old)

    def _declares(self, one: BuildGroup, sources: Sdist | Direct) -> tuple[str, ...]:
        if isinstance(sources, Sdist):
            return self._workshop.declares(sources, one.name, one.version)
        return self._workshop.declares_of(one.name, sources)

    def _asked(self, one: BuildGroup, sources: Sdist | Direct) -> tuple[str, ...]:
        """Return what `one` needs to be built with the tools that were found for it; the code of its backend runs."""
        wanted = replace(self._manifest, groups={one.group: self._groups[one.group]})
        lock = read(sealed(combined({one.group: self._found[one.group]}, wanted), wanted, None), one.title)
        workshop = self._workshop.using(_Asking(lock, one))
        if isinstance(sources, Sdist):
            return workshop.requires(sources, one.name, one.version)
        return workshop.requires_of(one.name, sources)

    def _resolve(self, one: BuildGroup, requires: Sequence[str]) -> None:
        needs, pins = declared(requires, one.title), self._pins(one.group)
        self._groups[one.group] = needs
        self._found[one.group] = self._resolution(replace(self._manifest, dependencies=needs, conflicts=()), pins, one)

    def _resolution(self, wanted: Manifest, pins: tuple[Pin, ...], one: BuildGroup) -> Resolution:
        """Return the tools that `wanted` asks for to build `one`: for all Pythons of the project.

        Where there are none, for those of them that the release itself admits: it is built for no others.
        """
        texts = sorted(str(each.requirement) for each in wanted.dependencies)
        key = (*texts, "", *(f"{pin.name} {pin.version} {marker_text(pin.marker)}" for pin in pins))
        narrow = (*key, "", one.requires_python)
        found = self._known.get(key) or self._known.get(narrow)
        if found is not None:
            return found
        pages = self._workshop.answers.pages
        try:
            found = self._known[key] = resolved(wanted, pins, self._settings, self._source, pages)
        except InputError as error:
            if not one.requires_python:
                raise
            admitted = ",".join(filter(None, (wanted.requires_python, one.requires_python)))
            with suppress(InputError):
                fewer = replace(wanted, requires_python=admitted)
                found = self._known[narrow] = resolved(fewer, pins, self._settings, self._source, pages)
            if found is None:
                raise error from None
        return found

    def _pins(self, group: GroupName) -> tuple[Pin, ...]:
        """Return what the old lock pins for the build of `group`."""
        if self._old is None or group not in self._old.groups:
            return ()
        found = []
        for pin in lockfile_pins.pins(self._old):
            marker = (pin.marker & in_groups(group)).without_extras_and_groups()
            if marker is not NEVER:
                found.append(replace(pin, marker=marker))
        return tuple(found)


def _unasked(one: BuildGroup, error: BuildError) -> str:
    what = f"the build requirements of {one.title} are locked as its sources declare them: its build backend"
    why = error.hint.partition(";")[0]
    if isinstance(error, RememberedFailureError):
        return f"{what} failed on this machine in the last hour ({why}), and is asked again with `lock --refresh`"
    return f"{what} does not run on this machine ({why}), so that it could not be asked for more"


class _Asking(LockedBuildDependencies):
    """The tools found so far, for a backend that is asked whether it needs more; nothing is built with them."""

    def __init__(self, lock: Lock, one: BuildGroup) -> None:
        super().__init__(lock, f"the build requirements of {one.title}")
        self._tools = lock
        self._group = one.group

    def chosen(self, requires: Sequence[str], source: Source | Tree, target: Target) -> tuple[Selected, ...]:
        """Return the wheels found so far, whether they meet `requires` or not. Raises BuildError."""
        selection = select(self._tools, target, (), (self._group,)) if requires else Selection(files=())
        if not isinstance(selection, Selection):
            raise _lacking(source.title, "; ".join(selection.reasons))
        if sdists := [f"{each.name} {each.version}" for each in selection.files if isinstance(each.file, Sdist)]:
            raise _lacking(source.title, ", ".join(sdists))
        return selection.files


class LackingToolsError(BuildError):
    """What a build backend needs has no wheel for this machine."""


def _lacking(title: str, what: str) -> LackingToolsError:
    return LackingToolsError(
        f"the build requirements of {title} have no wheels for this environment: {what}",
        hint=f"no wheel here of {what}",
    )


def combined(found: Mapping[GroupName, Resolution], wanted: Manifest) -> Resolution:
    """Return one resolution of `wanted` that holds each of `found` where its group alone is installed."""
    whole, covered = problem(wanted), NEVER
    pins: dict[tuple[str, str, str], Pin] = {}
    for group in sorted(found):
        covered |= found[group].universe
        for pin in found[group].pins:
            own = replace(pin, marker=pin.marker & in_groups(group) & whole.universe)
            same = pins.get((pin.name, pin.version, pin.index))
            if same is not None:
                dependencies = tuple(sorted({*same.dependencies, *own.dependencies}))
                own = replace(own, marker=same.marker | own.marker, dependencies=dependencies)
            pins[pin.name, pin.version, pin.index] = own
    return Resolution(
        universe=whole.universe & covered,
        environments=tuple(each & covered for each in whole.environments if not each.disjoint(covered)),
        pins=tuple(pins[key] for key in sorted(pins)),
        uncovered=tuple(
            replace(each, kind="group", name=group) for group in sorted(found) for each in found[group].uncovered
        ),
    )
