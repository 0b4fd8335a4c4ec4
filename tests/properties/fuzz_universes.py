"""Random universes against brute force: `python -m tests.properties.fuzz_universes --universes 8000 --seed 1`.

Prints how many answers were unsound (a lock that the judge refutes), wrong (a lock where there is no solution), missed
(no lock where there is a solution), shrunk (an environment left out that has a solution), misplaced (a release that
its environment's source does not have), unstable (locking again changed something), stale (a lock made from another
one is unsound, or none) or depend on the order of requirements; where releases must be built, how many do not ask for
just those that are needed (unbuilt); and how many lockenv's own checker refused (failed). The digest is that of all
locks, the same for every PYTHONHASHSEED. `--digest` judges nothing: it prints one digest of all that is answered, with
notes, reasons and hints.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lockenv.errors import BugError
from lockenv.resolve.solve import solve
from lockenv.vocabulary.markers import marker_text, parse
from lockenv.vocabulary.pin import NeedsPermission, Resolution, Unsolvable
from lockenv.vocabulary.wheeltags import USUAL
from tests.properties.random_universes import ENGINES, Case, answer, entries, posed, widened
from tests.properties.unbuilt import disagreement, unbuilt
from tests.support.oracle import Judge, environments, is_satisfiable, lock_faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockenv.resolve.engine_interface import Engine

SHOWN = (
    *("locked", "refused", "wrong", "missed", "unsound", "shrunk", "misplaced", "unstable", "stale", "ordered"),
    *("unbuilt", "failed"),
)


def verdicts(case: Case, engine: Engine, digest: Any = None) -> Iterator[str]:
    """Yield what is wrong with the answer to `case`, and `locked` or `refused`; a hash takes up what is locked."""
    found = answer(case, engine)
    if digest:
        digest.update(repr(found and entries(found)).encode())
    is_closed = "<" in case.requires_python
    if found is None:
        yield "refused"
        if is_satisfiable(case.world(is_strict=True)) and not _is_beyond_words(case, engine):
            yield "missed"
        return
    yield "locked"
    if is_closed and found.universe is posed(case).universe and not is_satisfiable(case.world()):
        yield "wrong"
    if _is_unsound(case, found):
        yield "unsound"
    if _is_misplaced(case, found):
        yield "misplaced"
    if _is_shrunk(case, found):
        yield "shrunk"
    again = answer(case, engine, old=found)
    if again is None or again.pins != found.pins or again.universe is not found.universe:
        yield "unstable"
    turned = answer(case, engine, reverse=True)
    if turned is None or entries(turned) != entries(found):
        yield "ordered"
    other = answer(replace(case, roots=case.roots[1:] or case.roots, overrides=()), engine)
    moved = answer(case, engine, old=other)
    if moved is None or _is_unsound(case, moved) or _is_misplaced(case, moved):
        yield "stale"


def _is_beyond_words(case: Case, engine: Engine) -> bool:
    """Return whether the refusal is that no marker can say where something would be installed.

    Brute force knows an answer for each environment. A lock for all of them needs markers that separate them, and no
    comparison distinguishes a `platform_release` that is no version from all that are.
    """
    found = solve(posed(case), case.catalog(), engine=engine, patience=case.patience)
    return isinstance(found, Unsolvable) and found.reasons[0].startswith("No marker can say")


def _is_unsound(case: Case, found: Resolution) -> bool:
    wrong = lock_faults(case.world(), entries(found))
    return any(_is_covered(found, number, selection) for number, selection in wrong)


def _is_misplaced(case: Case, found: Resolution) -> bool:
    """Return whether a release of a project with two sources is from another one than that of an environment."""
    return any(
        here.disjoint(pin.marker & found.universe) != (pin.index != f"https://index.example/{number}/")
        for name, where, _ in case.placed
        for number, here in enumerate((parse(where), ~parse(where)))
        for pin in found.pins
        if pin.name == name
    )


def _is_covered(found: Resolution, number: int, selection: frozenset[tuple[str, str]]) -> bool:
    extras = [name for kind, name in selection if kind == "extra"]
    groups = [name for kind, name in selection if kind == "group"]
    return found.universe.evaluate(environments()[number], extras, groups)


def _is_shrunk(case: Case, found: Resolution) -> bool:
    """Return whether an environment is left out that has a solution, though later Pythons of its machine are covered.

    What is left out above a cap may have one: older releases of what requires the capped release are not looked for.
    So may what people do not mean: what nothing can meet there pulls no release back.
    """
    if not found.uncovered:
        return False
    world = case.world(is_strict=True)
    nothing: frozenset[tuple[str, str]] = frozenset()
    covered = {number for number in world.covered() if _is_covered(found, number, nothing)}
    for number in world.distinct():
        here = environments()[number]
        later = (
            other
            for other in covered
            if other > number
            and all(
                environments()[other][key] == here[key]
                for key in ("sys_platform", "platform_machine", "platform_release")
            )
            and environments()[other]["implementation_name"] == here["implementation_name"]
        )
        if number in covered or world.has_cap(here["python_full_version"]) or not USUAL.evaluate(here):
            continue
        if any(True for _ in later) and Judge(world, number, nothing).solution() is not None:
            return True
    return False


def _all_verdicts(seed: int, engine: Engine, digest: Any) -> Iterator[str]:
    try:
        yield from verdicts(widened(seed), engine, digest)
        if disagreement(seed):
            yield "unbuilt"
    except BugError:
        yield "failed"


def said(case: Case) -> object:
    """Return an answer as users see it: what is locked where, with the notes, or what is asked for, or the refusal."""
    found = solve(posed(case), case.catalog(), patience=case.patience)
    if isinstance(found, Resolution):
        left_out = [(marker_text(one.marker), one.reason, one.kind, one.name) for one in found.uncovered]
        return entries(found), found.notes, left_out, found.unbuilt, found.effort
    return (found.packages, found.notes) if isinstance(found, NeedsPermission) else found


def digest(seeds: Iterable[int]) -> str:
    """Return the digest of the answers to the universes of `seeds`, each also with releases that must be built."""
    digest = hashlib.sha256()
    for seed in seeds:
        for case in (widened(seed), unbuilt(seed)[0]):
            digest.update(repr(said(case)).encode())
    return digest.hexdigest()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--universes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=sorted(ENGINES), default="pubgrub")
    parser.add_argument("--digest", action="store_true", help="print the digest of all answers, and judge none")
    options = parser.parse_args(arguments)
    first = options.seed * 1_000_000
    if options.digest:
        sys.stdout.write(f"{digest(range(first, first + options.universes))}\n")
        return 0
    counts: Counter[str] = Counter()
    started = time.process_time()
    locks = hashlib.sha256()
    for number in range(options.universes):
        seed = first + number
        for verdict in _all_verdicts(seed, ENGINES[options.engine], locks):
            counts[verdict] += 1
            if verdict not in ("locked", "refused"):
                sys.stdout.write(f"{verdict}: seed {seed}\n")
    sys.stdout.write(" ".join(f"{name} {counts[name]}" for name in SHOWN))
    sys.stdout.write(f" digest {locks.hexdigest()[:16]} cpu {time.process_time() - started:.1f} s\n")
    return 1 if any(counts[name] for name in SHOWN[2:]) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
