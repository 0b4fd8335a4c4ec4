"""What a lock was made from, each requirement with the places where the project writes it.

Pure: a Lock and, where there is one, the Manifest go in; Roots come out. What the lock records decides which there are;
the manifest says where they are written, and decides only for a lock that records nothing.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.lockfile.inputs import without_user
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.requirement import parse

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, Final, Literal, NoReturn

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.requirement import Declared, Requirement

    Kind = Literal["", "extra", "group"]

_KINDS: Final[tuple[Kind, ...]] = ("", "extra", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class RootRequirement:
    """A requirement of the project itself."""

    kind: Kind
    """Empty for what is always installed."""
    name: str
    """Of the extra or the group."""
    requirement: Requirement
    origins: tuple[Origin, ...]
    """Where it is written; empty where the project does not say it any more, or says nothing."""
    is_adopted: bool = False
    """Whether it is for an entry that nothing in the lock requires."""

    @property
    def section(self) -> str:
        """The extra or group it belongs to; empty for what is always installed."""
        return f"{self.kind} {self.name}" if self.kind else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLimit:
    """A constraint or an override of the project."""

    requirement: Requirement
    is_override: bool
    origins: tuple[Origin, ...]


def roots(lock: Lock, manifest: Manifest | None) -> tuple[RootRequirement, ...]:
    """Return what the project requires: always first, then by extra, then by group; each in the order it is written.

    Those that the manifest does not write come last in their section. Raises InputError where what the lock records
    cannot be understood.
    """
    recorded = _recorded(lock)
    written = _written(manifest)
    sections = {*written, *(recorded or ())}
    return tuple(
        root
        for kind, name in sorted(sections, key=lambda section: (_KINDS.index(section[0]), section[1]))
        for root in _section(
            kind, name, written.get((kind, name), ()), None if recorded is None else recorded.get((kind, name), ())
        )
    )


def overrides(lock: Lock) -> Mapping[NormalizedName, tuple[Requirement, ...]]:
    """Return the overrides that the lock was made with, by the name of what they override."""
    found: dict[NormalizedName, tuple[Requirement, ...]] = {}
    for text in _texts(lock, _inputs(lock), "overrides"):
        requirement = _parsed(lock, text)
        found[requirement.name] = (*found.get(requirement.name, ()), requirement)
    return found


def limits(lock: Lock, manifest: Manifest | None) -> tuple[VersionLimit, ...]:
    """Return the constraints and overrides that the lock was made with."""
    found: list[VersionLimit] = []
    for key, is_override in (("constraints", False), ("overrides", True)):
        written = _places(() if manifest is None else getattr(manifest, key))
        for text in _texts(lock, _inputs(lock), key):
            requirement, origins = _parsed(lock, text), tuple(written.get(text, ()))
            found.append(VersionLimit(requirement=requirement, is_override=is_override, origins=origins))
    return tuple(found)


def _section(
    kind: Kind, name: str, written: Sequence[Declared], recorded: Sequence[Requirement] | None
) -> Iterator[RootRequirement]:
    """Return the roots of one section.

    What is recorded, or else what is written, in the order in which it is written.
    """
    places = _places(written)
    order = {text: number for number, text in enumerate(places)}
    known = [declared.requirement for declared in written] if recorded is None else recorded
    texts = {without_user(str(each)): each for each in known}
    for text in sorted(texts, key=lambda text: (order.get(text, len(order)), text)):
        yield RootRequirement(kind=kind, name=name, requirement=texts[text], origins=tuple(places.get(text, ())))


def _text(declared: Declared) -> str:
    return without_user(str(declared.requirement))


def _places(written: Iterable[Declared]) -> dict[str, list[Origin]]:
    places: dict[str, list[Origin]] = {}
    for declared in written:
        places.setdefault(_text(declared), []).append(declared.origin)
    return places


def _written(manifest: Manifest | None) -> dict[tuple[Kind, str], tuple[Declared, ...]]:
    """Return what the project writes, by section."""
    if manifest is None:
        return {}
    found: dict[tuple[Kind, str], tuple[Declared, ...]] = {("", ""): manifest.dependencies}
    found |= {("extra", name): some for name, some in manifest.extras.items()}
    found |= {("group", name): some for name, some in manifest.groups.items()}
    return found


def _recorded(lock: Lock) -> dict[tuple[Kind, str], list[Requirement]] | None:
    """Return what the lock was made from, by section; None when it does not record it."""
    inputs = _inputs(lock)
    if inputs is None:
        return None
    found: dict[tuple[Kind, str], list[Requirement]] = {
        ("", ""): [_parsed(lock, text) for text in _texts(lock, inputs, "dependencies")]
    }
    kinds: tuple[tuple[str, Kind], ...] = (("extras", "extra"), ("groups", "group"))
    for key, kind in kinds:
        table = inputs.get(key, {})
        if not isinstance(table, dict):
            _unreadable(lock, key)
        for name in table:
            found[kind, name] = [_parsed(lock, text) for text in _texts(lock, table, name)]
    return found


def _inputs(lock: Lock) -> Mapping[str, Any] | None:
    return lock.inputs.table if lock.inputs.is_recorded else None


def _texts(lock: Lock, table: Mapping[str, Any] | None, key: str) -> list[str]:
    texts = (table or {}).get(key, [])
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        _unreadable(lock, key)
    return texts


def _parsed(lock: Lock, text: str) -> Requirement:
    try:
        return parse(text)
    except ValueError:
        _unreadable(lock, text)


def _unreadable(lock: Lock, what: str) -> NoReturn:
    raise InputError(
        f"cannot read tool.lockenv.inputs of the lockfile: {what}",
        hint="run `lockenv lock --upgrade`",
        origin=lock.top("tool"),
    )
