"""Choose what a lock installs into one environment.

Pure: a Lock, a Target, extras and groups go in; the files come out, one per package, or the reasons why the lock does
not cover the environment. Follows "Installation" of the pylock.toml specification, step by step.
"""

from __future__ import annotations

from lockenv.errors import UsageError
from lockenv.lockfile import artifact, direct
from lockenv.lockfile.conditions import conflicts, left_out, lock_admits, parsed_marker
from lockenv.lockfile.lock import filename_of
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.direct import Archive, shown
from lockenv.vocabulary.distribution import Sdist, Wheel
from lockenv.vocabulary.selected import Selected

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a lock installs into one environment."""

    files: tuple[Selected, ...]
    """Sorted by name; an Sdist where no wheel fits, and for a commit or a directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCovered:
    """The answer "no": the lock does not serve this environment."""

    reasons: tuple[str, ...]
    """A sentence each."""


def select(
    lock: Lock, target: Target, extras: Collection[str] = (), groups: Collection[str] = ()
) -> Selection | NotCovered:
    """Return what `lock` installs into `target` with `extras` and `groups` (default groups are not implied).

    Raises UsageError for an extra or group that the lock does not have and for a declared conflict, InputError where
    the lock contradicts itself or an entry it needs is not well-formed.
    """
    check_known("extra", extras, lock.extras)
    check_known("group", groups, lock.groups)
    if len(extras) + len(groups) > 1:
        _check_conflicts(lock, extras, groups)
    reason = _outside(lock, target)
    if reason:
        return NotCovered(reasons=(reason,))
    if unavailable := _unavailable(lock, target, extras, groups):
        return NotCovered(reasons=unavailable)
    ranks = {tag: rank for rank, tag in reversed(tuple(enumerate(target.tags)))}
    files: list[Selected] = []
    reasons: list[str] = []
    for position in _wanted(lock, target, extras, groups):
        found = _source(lock, position, target, ranks)
        if isinstance(found, Selected):
            files.append(found)
        else:
            reasons.append(found)
    if reasons:
        return NotCovered(reasons=tuple(sorted(reasons)))
    return Selection(files=tuple(sorted(files, key=lambda each: each.name)))


def check_known(kind: str, asked: Collection[str], known: Sequence[str], hint: str = "") -> None:
    """Raise UsageError, with `hint`, for an extra or group that the lock does not have."""
    for name in sorted(asked):
        if name not in known:
            there = f"it defines {', '.join(sorted(known))}" if known else f"it defines no {kind}s"
            raise UsageError(f"the lockfile has no {kind} `{name}`; {there}", hint=hint)


def _outside(lock: Lock, target: Target) -> str:
    """Why the target is outside what the lock declares to cover; empty when it does not."""
    version = target.environment["python_full_version"]
    if not lock_admits(lock, None, lock.requires_python, version):
        return f"{lock.file} requires Python {lock.requires_python}, but this environment has {version}"
    environments = lock.environments
    if environments and not any(
        parsed_marker(lock, None, "environments", text).evaluate(target.environment) for text in environments
    ):
        here = f"but not this environment ({_described(target)})"
        why = next(
            (each.reason for each in left_out(lock) if not each.name and each.marker.evaluate(target.environment)), ""
        )
        return f"{lock.file} covers {' or '.join(environments)}, {here}{': ' if why else ''}{why}"
    return ""


def _unavailable(lock: Lock, target: Target, extras: Collection[str], groups: Collection[str]) -> tuple[str, ...]:
    """Why the lock does not offer some of `extras` and `groups` to the target, a sentence each."""
    if lock.own is None or "left-out" not in lock.own:
        return ()
    return tuple(
        f"{each.kind} {each.name} is not available in this environment ({_described(target)}): {each.reason}"
        for each in left_out(lock)
        if each.name in (extras if each.kind == "extra" else groups) and each.marker.evaluate(target.environment)
    )


def _wanted(lock: Lock, target: Target, extras: Collection[str], groups: Collection[str]) -> list[int]:
    """Return the positions of the entries whose marker holds; InputError where two of them have one name."""
    chosen: dict[str, int] = {}
    holds: dict[str, bool] = {}
    for position, package in enumerate(lock.packages):
        text = package.marker
        if text is not None:
            if text not in holds:
                marker = parsed_marker(lock, position, "marker", text)
                holds[text] = marker.evaluate(target.environment, extras, groups)
            if not holds[text]:
                continue
        name = package.name
        if name in chosen:
            one, other = (lock.packages[each].version or "?" for each in (chosen[name], position))
            lock.fail(
                position,
                "marker",
                f"the lockfile selects both {one} and {other} for this environment",
                hint="run `lockenv lock --upgrade`",
            )
        chosen[name] = position
    return list(chosen.values())


def _check_conflicts(lock: Lock, extras: Collection[str], groups: Collection[str]) -> None:
    """Raise UsageError where the choice itself was declared a conflict, whatever the lock has for it."""
    asked = {*(f"extra:{name}" for name in extras), *(f"group:{name}" for name in groups)}
    alone = {f"group:{group}": f"package {name}" for group, name in lock.packages_in_conflict.items()}
    for conflict in conflicts(lock):
        together = [alone.get(each, each.replace(":", " ")) for each in conflict if each in asked]
        if len(together) > 1:
            raise UsageError(
                f"{' and '.join(together)} are declared as conflicts and cannot be selected together",
                hint=_apart_hint(together),
            )


def _apart_hint(together: Sequence[str]) -> str:
    """Return how one of some conflicting members is selected without the others; nothing where that is plain."""
    packages = [each.removeprefix("package ") for each in together if each.startswith("package ")]
    groups = [each.removeprefix("group ") for each in together if each.startswith("group ")]
    if len(packages) > 1:
        return f"select one of them: --package {packages[0]}"
    return f"select the group without the package: --only-group {groups[0]}" if packages and groups else ""


def _source(lock: Lock, position: int, target: Target, ranks: Mapping[str, int]) -> Selected | str:
    """Return what package `position` is installed from, or the sentence that says why it cannot be."""
    package = lock.packages[position]
    title = package.title
    version = target.environment["python_full_version"]
    needed = package.requires_python
    if needed and not lock_admits(lock, position, needed, version):
        return f"{title} requires Python {needed}, but this environment has {version}"
    if package.kind:
        return _direct(lock, position, target, ranks)
    file: Wheel | Sdist
    number = best_wheel(lock, position, ranks)
    if number is not None:
        file, hashes = artifact.wheel(lock, position, number)
        _check_named(lock, position, f"wheels[{number}]", file)
    elif package.sdist is not None:
        file, hashes = artifact.sdist(lock, position)
    else:
        return f"{title} has no file for this environment ({_described(target)})"
    return Selected(
        name=package.name,
        version=package.version or artifact.version_in(file.filename, package.name),
        file=file,
        hashes=hashes,
        index=package.index,
    )


def _direct(lock: Lock, position: int, target: Target, ranks: Mapping[str, int]) -> Selected | str:
    """Return what a package that no index serves is installed from."""
    package = lock.packages[position]
    found, hashes = direct.read(lock, position)
    version = package.locked_version
    file: Wheel | Sdist
    if isinstance(found, Archive) and found.is_wheel:
        tags = found.filename.lower().removesuffix(".whl").split("-")[-3:]
        if len(tags) != 3 or _rank(ranks, *tags) is None:
            return f"{found.filename} is not compatible with this environment ({_described(target)})"
        version = version or artifact.version_in(found.filename, package.name)
        file = Wheel(filename=found.filename, url=found.location, sha256=found.sha256, size=found.size)
        _check_named(lock, position, "archive", file)
    elif isinstance(found, Archive):
        file = Sdist(filename=found.filename, url=found.location, sha256=found.sha256, size=found.size)
    else:
        file = Sdist(filename=shown(found), url="", sha256=None)
    return Selected(name=package.name, version=version, file=file, hashes=hashes, direct=found)


def _check_named(lock: Lock, position: int, key: str, file: Wheel) -> None:
    """Raise InputError for a wheel without a sha256, which names what is kept of it: another hash alone is legal."""
    if file.sha256 is None:
        hint = "run `lockenv lock --upgrade`, so that every file has a sha256"
        lock.fail(position, key, f"{file.filename} has no sha256", hint=hint)


def best_wheel(lock: Lock, position: int, ranks: Mapping[str, int]) -> int | None:
    """Return the number of the wheel with the best tag; of two with one tag that with the higher build number."""
    names = [*map(filename_of, lock.packages[position].wheels)]
    for number, name in enumerate(names):
        if name.count("-") not in (4, 5):
            artifact.wheel(lock, position, number)  # says what is wrong with it
    return best_name(names, ranks)


def best_name(names: Iterable[str], ranks: Mapping[str, int]) -> int | None:
    """Return the number of the one of `names`, of wheels, that has the best tag; as `best_wheel`."""
    best: tuple[int, tuple[int, str]] | None = None
    found = None
    for number, name in enumerate(names):
        parts = name.lower().removesuffix(".whl").split("-")
        if len(parts) not in (5, 6):
            continue
        rank = _rank(ranks, *parts[-3:])
        if rank is None or (best and rank > best[0]):
            continue
        build = _build(parts[2]) if len(parts) == 6 else (0, "")
        if best is None or rank < best[0] or build > best[1]:
            best, found = (rank, build), number
    return found


def _rank(ranks: Mapping[str, int], python: str, abi: str, platform: str) -> int | None:
    """Return the best rank among the tags of a compressed tag set (platform compatibility tags, PEP 425)."""
    if "." not in python and "." not in platform and "." not in abi:
        return ranks.get(f"{python}-{abi}-{platform}")
    here = [
        rank
        for p in python.split(".")
        for a in abi.split(".")
        for each in platform.split(".")
        if (rank := ranks.get(f"{p}-{a}-{each}")) is not None
    ]
    return min(here, default=None)


def _build(tag: str) -> tuple[int, str]:
    # Binary distribution format specification: sorted as "a two-item tuple with the first item being the initial
    # digits as an int, and the second item being the remainder of the tag as a str".
    rest = tag.lstrip("0123456789")
    digits = tag[: len(tag) - len(rest)]
    return (int(digits) if digits else 0, rest)


def _described(target: Target) -> str:
    environment = target.environment
    best = f", {target.tags[0]}" if target.tags else ""
    return (
        f"{environment.get('implementation_name', 'python')} {environment['python_full_version']} on "
        f"{environment.get('sys_platform', '')} {environment.get('platform_machine', '')}{best}"
    )
