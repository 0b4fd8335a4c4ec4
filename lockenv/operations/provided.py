"""What the base interpreter of an environment provides of a lock, and whether it is there.

In: what a lock selects, what the project says is provided, an interpreter. Out: what is left to install, and each
provided package with the versions that the base has. Never: a change, neither of the environment nor of the base.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.environment import base_packages
from lockenv.errors import MachineError
from lockenv.lockfile import graph as lockfile_graph
from lockenv.lockfile.reach import reached
from lockenv.operations.partial_selection import area_meant_by
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.markers import ALWAYS
from lockenv.vocabulary.markers import parse as parse_marker
from lockenv.vocabulary.pep440 import contains, is_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.environment.interpreter import Interpreter
    from lockenv.lockfile.lock import Lock
    from lockenv.sync.state import SyncChoice
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.requirement import Declared
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidedPackage:
    """A locked package that the base interpreter has to provide."""

    name: NormalizedName
    version: str
    """As it is locked; empty where the lock does not say one."""
    found: tuple[str, ...]
    """The versions that an import could find, sorted; empty for none."""

    @property
    def is_right(self) -> bool:
        """Return whether the base has the locked version, with whatever local label where the lock has none."""
        if not self.version:
            return bool(self.found)
        return bool(self.found) and all(_is_same(each, self.version) for each in self.found)

    @property
    def title(self) -> str:
        """Its name and the locked version."""
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSelection:
    """What of a lock is installed into an environment, and what its base provides."""

    files: tuple[Selected, ...]
    """To install: what is neither provided nor needed by provided packages alone."""
    packages: tuple[ProvidedPackage, ...] = ()
    """Sorted by name."""
    executable: str
    """Of the base."""
    is_conda: bool = False
    """Whether conda manages the base."""
    places: tuple[str, ...] = ()
    """The directories in which the base was looked at; empty where nothing has to be provided."""
    unknown: tuple[NormalizedName, ...] = ()
    """What is said to be provided, and is not locked at all; sorted."""

    @property
    def lacking(self) -> str:
        """Return a clause about what the base lacks or has in another version; empty for nothing."""
        named = ", ".join(f"{one.title} ({described(one)})" for one in self.packages if not one.is_right)
        return f"{self.executable} does not provide {named}" if named else ""

    @property
    def hint(self) -> str:
        """Return what to do where the base does not provide what is locked; empty where it does."""
        wrong = [one for one in self.packages if not one.is_right]
        if not wrong:
            return ""
        pins = [f'"{one.name}=={one.found[0]}"' for one in wrong if len(one.found) == 1 and is_version(one.found[0])]
        titles = ", ".join(one.title for one in wrong)
        how = "with conda" if self.is_conda else "there"
        if len(pins) < len(wrong):
            return f"install {titles} {how}, or remove from `provided` what it lacks"
        return f"install {titles} {how}, or write {', '.join(pins)} in `provided` and run `lockenv lock`"

    def require(self, listener: Listener) -> None:
        """Let `listener` hear what the base provides. Raises MachineError for what it does not."""
        if lacking := self.lacking:
            raise MachineError(lacking, hint=self.hint)
        if self.packages:
            listener.say(f"provided by {self.executable}: {', '.join(one.title for one in self.packages)}")
        for name in self.unknown:
            listener.note(f"`provided` names {name}, which is not locked")


def base_selection(
    chosen: tuple[Selected, ...],
    declared: Sequence[Declared],
    choice: SyncChoice,
    lock: Lock,
    manifest: Manifest | None,
    interpreter: Interpreter,
    environ: Mapping[str, str],
) -> BaseSelection:
    """Return which of `chosen` is to be installed, and what of it the base has to provide as `declared`.

    Raises MachineError where the base interpreter does not say where its packages are.
    """
    names = _names(declared, interpreter.target)
    provided = [one for one in chosen if one.name in names]
    unknown = tuple(sorted(names.difference(package.name for package in lock.packages)))
    if not provided:
        return BaseSelection(files=chosen, executable=interpreter.executable, unknown=unknown)
    needed = _needed({one.name for one in provided}, choice, lock, manifest, interpreter.target)
    places = base_packages.directories(interpreter.executable, environ)
    found = base_packages.versions(places, {one.name for one in provided})
    return BaseSelection(
        files=tuple(one for one in chosen if one.name in needed),
        packages=tuple(
            ProvidedPackage(name=one.name, version=one.version, found=found[one.name])
            for one in provided
            if one.name not in choice.left_out
        ),
        executable=interpreter.executable,
        is_conda=interpreter.is_conda,
        places=places,
        unknown=unknown,
    )


def described(package: ProvidedPackage) -> str:
    """Return what the base has in place of `package`, in a few words."""
    versions = [version or "an unknown version" for version in package.found]  # an `.egg-link` says none
    return f"it has {' and '.join(versions)}" if versions else "it has none"


def _names(declared: Sequence[Declared], target: Target) -> set[NormalizedName]:
    return {
        each.requirement.name
        for each in declared
        if not each.requirement.marker or parse_marker(each.requirement.marker).evaluate(target.environment)
    }


def _needed(
    provided: set[NormalizedName], choice: SyncChoice, lock: Lock, manifest: Manifest | None, target: Target
) -> set[NormalizedName]:
    """Return what has to be installed: what is reached without going through what is `provided`."""
    whole = lockfile_graph.graph(lock, manifest)
    named = {node.position for node in whole.nodes if node.name in provided}
    kept = replace(whole, edges=tuple(edge for edge in whole.edges if edge.source not in named))
    areas = reached(kept, area_meant_by(choice, whole, manifest), ALWAYS)
    environment = target.environment
    return {
        whole.nodes[position].name
        for position, area in areas.items()
        if area.evaluate(environment, choice.extras, choice.groups)
    } - provided


def _is_same(found: str, locked: str) -> bool:
    """Return whether PEP 440 takes `found` for the version `locked`."""
    try:
        return contains(f"=={locked}", found)
    except ValueError:
        return found == locked
