"""A lock that two branches changed: taken apart, put together where that is sound, made again where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.file_hashes import hashed
from lockenv.context.local_files import place_files
from lockenv.errors import InputError
from lockenv.lockfile.compose import compose
from lockenv.lockfile.digest import sealed_text
from lockenv.lockfile.inputs import recorded_manifest
from lockenv.lockfile.text import read
from lockenv.lockfile.validity import validate
from lockenv.resolve.solve import solve
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.pin import Resolution

if TYPE_CHECKING:
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.lockfile import merge
    from lockenv.lockfile.conflict import ConflictSides
    from lockenv.resolve import lock_soundness
    from lockenv.resolve import problem as resolve_problem
    from lockenv.resolve.catalog import Catalog
    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import NeedsPermission, Unsolvable
    from lockenv.vocabulary.progress import Progress
else:
    merge = late("lockenv.lockfile.merge")
    lock_soundness = late("lockenv.resolve.lock_soundness")
    resolve_problem = late("lockenv.resolve.problem")


def solve_from_both(
    problem: Problem, sides: ConflictSides, index: Catalog, progress: Progress
) -> Resolution | Unsolvable | NeedsPermission:
    """Return the answer to `problem`, whose old pins are `sides.preferred()`, that stays closest to both sides.

    Where a project could keep neither side's version with the one side's pins, the other side's are tried as well.
    """
    answer = solve(problem, index, progress)
    if not isinstance(answer, Resolution):
        return answer
    other = sides.swapped(answer.pins, problem.locked)
    if other is None:
        return answer
    again = solve(replace(problem, locked=other), index, progress)
    return again if isinstance(again, Resolution) else answer


def merged(sides: ConflictSides, file: str) -> tuple[str, Manifest] | None:
    """Return the text of the lock with the changes of both sides, proved, and the inputs it answers; None for no such.

    Needs no index: nothing is chosen, only put together.
    """
    wanted = inputs(sides, file)
    if wanted is None:
        return None
    mine, manifest = wanted
    found = merge.document(sides, mine)
    if found is None:
        return None
    text = sealed_text(found)
    try:
        lock = read(text, file)
        validate(lock)
        is_sound = not any(each.level == "error" for each in lock_soundness.unsound(lock, manifest))
    except InputError:
        return None
    return (text, manifest) if is_sound else None


def inputs(sides: ConflictSides, file: str) -> tuple[dict[str, object], Manifest] | None:
    """Return `[tool.lockenv]` with the inputs of both sides, and what they declare; None where they contradict."""
    mine = merge.own_table(sides)
    return None if mine is None else (mine, recorded_manifest(mine, file))


def rebuilt(
    sides: ConflictSides, manifest: Manifest, base: str, source: Fetcher, index: Catalog, progress: Progress
) -> str | None:
    """Return the text of a lock in the directory `base` that answers `manifest` with the pins of both sides, if any."""
    answer = solve_from_both(resolve_problem.problem(manifest, locked=sides.preferred()), sides, index, progress)
    if not isinstance(answer, Resolution):
        return None
    found = place_files(hashed(answer, source, progress), manifest.indexes, base)
    return sealed_text(compose(found, manifest, sides.ours))
