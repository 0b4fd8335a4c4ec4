"""What requirements mean in one environment, and whether a wheel has those that its lock records.

An index may serve metadata beside a wheel (PEP 658), and what it serves decides what is locked; the wheel itself is
read when it is installed. In: a lock, a target, METADATA. Out: nothing, or the refusal that names the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import RefusedError
from lockenv.index.legacy import requirement
from lockenv.index.metadata import headers
from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import statement
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from lockenv.lockfile import graph
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import StatedMetadata
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target
else:
    graph = late("lockenv.lockfile.graph")


def judge(
    lock: Lock, target: Target, stated: Sequence[StatedMetadata] = ()
) -> Callable[[Selected, bytes], None] | None:
    """Return what raises RefusedError for a wheel whose METADATA requires something else in `target` than `lock` says.

    None for a lock of another tool, which does not say it. What is built here is compared when it is built. A release
    of which the project states what it requires (`stated`) may say something else, and any of extras that the lock
    does not ask for.
    """
    if lock.is_foreign:
        return None
    recorded: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for package in lock.packages:
        recorded.setdefault(package.name, []).append((package.locked_version, package.requires))

    def check(one: Selected, metadata: bytes) -> None:
        said = [texts for version, texts in recorded.get(one.name, ()) if version == one.version]
        if one.built_from is not None or not said:
            return
        own_word = statement(stated, one.name, one.version)
        if own_word is not None and own_word.requires is not None:
            return
        found = headers(metadata).fields.get("requires-dist", ())
        # The texts of nearly every wheel are those of the lock; what they mean costs far more to find out.
        if found not in said and tuple(requirement(text) or text for text in found) not in said:
            _compare(one, found, said[0], target, _extras_asked_for(lock, one))

    return check


def _extras_asked_for(lock: Lock, one: Selected) -> set[str]:
    """Return the extras that anything in `lock` asks for of the project of `one`, in whichever environment."""
    whole = graph.graph(lock)
    positions = {node.position for node in whole.find(one.name)}
    return {extra for edge in whole.edges if edge.target in positions for extra in edge.requirement.extras}


def _compare(one: Selected, found: Sequence[str], said: Sequence[str], target: Target, extras: Container[str]) -> None:
    here, locked = needs(found, target, extras), needs(said, target, extras)
    parts = [
        f"{verb} {', '.join(sorted(missing))[:300]}"
        for verb, missing in (("requires", here - locked), ("does not require", locked - here))
        if missing
    ]
    if parts:
        raise RefusedError(
            "metadata-mismatch",
            f"{one.file.filename}: the wheel itself {' and '.join(parts)}, which does not match the lockfile",
            hint="the index serves metadata that differs from the wheel's, or the wheels of the release "
            f"differ; exclude this release (`{one.name}!={one.version}`), lock again, and report it "
            "to the index",
        )


def needs(texts: Iterable[str], target: Target, extras: Container[str] | None = None) -> set[str]:
    """Return what `texts` mean in `target`, each with the extra that asks for it: equal texts for equal meanings.

    Where `extras` are given, by their normalized names, what others ask for is left out.
    """
    return {need for text in texts for need in _meanings(text, target, extras)}


def _meanings(text: str, target: Target, extras: Container[str] | None) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(requirement(text) or text)
    except InvalidRequirement:
        yield text
        return
    of_it = ",".join(sorted(map(normalize, found.extras)))
    specifier = ",".join(sorted(map(str, found.specifier)))
    what = f"{normalize(found.name)}{of_it and f'[{of_it}]'}{specifier}{f' @ {found.url}' if found.url else ''}"
    for extra in _extras_in(str(found.marker or "")):
        if extra and extras is not None and normalize(extra) not in extras:
            continue
        if found.marker is None or found.marker.evaluate({**target.environment, "extra": extra}):
            yield f"{what} with extra {extra}" if extra else what
            if not extra:
                break  # what is always required says nothing new of extras


def _extras_in(marker: str) -> tuple[str, ...]:
    """Return the extras that `marker` speaks of, and before them none at all."""
    import re

    return "", *sorted({*re.findall(r"""extra\s*==\s*['"]([^'"]+)['"]""", marker)})
