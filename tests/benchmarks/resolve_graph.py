"""What a resolution costs without any index: `python -m tests.benchmarks.resolve_graph --names 700 --seed 1`.

A layered graph: each project requires some later ones and some of forty popular ones, with lower bounds that rise, now
and then an upper bound, and a marker on every seventh requirement. Prints processor seconds and effort of a fresh lock,
of locking again, and of the proof.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from typing import TYPE_CHECKING, Any

from lockenv.resolve import closure
from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.pin import Resolution
from tests.properties.random_universes import MARKERS
from tests.support.universe import MemoryCatalog, MemoryReleases, manifest

if TYPE_CHECKING:
    from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Unusable
    from lockenv.vocabulary.names import NormalizedName
    from tests.support.universe import Universe

POPULAR = 40
RELEASES = 85


class RememberingCatalog(MemoryCatalog):
    """Builds each page and each metadata once, as an index room does, so that the search alone is measured."""

    def __init__(self, universe: Universe) -> None:
        super().__init__(universe)
        self._pages: dict[NormalizedName, MemoryReleases | None] = {}
        self._read: dict[tuple[NormalizedName, int], Metadata | NeedsBuild | Unusable] = {}

    def releases(self, name: NormalizedName) -> MemoryReleases | None:
        if name not in self._pages:
            self._pages[name] = super().releases(name)
        return self._pages[name]

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        if (name, position) not in self._read:
            self._read[name, position] = super().metadata(name, position)
        return self._read[name, position]


def graph(count: int, seed: int) -> dict[str, dict[str, dict[str, Any]]]:
    dice = random.Random(seed)
    names = [f"p{number:04d}" for number in range(count)]
    universe: dict[str, dict[str, dict[str, Any]]] = {}
    for index, name in enumerate(names):
        later = names[index + 1 :]
        needed = set(dice.sample(later, min(len(later), dice.randint(1, 8))))
        if index < count - POPULAR:
            needed |= set(dice.sample(names[-POPULAR:], dice.randint(1, 8)))
        universe[name] = {
            f"{number // 10}.{number % 10}.{dice.randint(0, 3)}": {
                "requires": [_requirement(dice, other, number) for other in sorted(needed)],
                "requires_python": f">=3.{6 + number // 17}",
            }
            for number in range(1, RELEASES + 1)
        }
    return universe


def _requirement(dice: random.Random, name: str, number: int) -> str:
    low = max(1, number - dice.randint(5, 40))
    upper = dice.random()
    bound = f",<{RELEASES // 10 + 1}" if upper < 0.03 else f",<{(RELEASES - 2) / 10}" if upper < 0.032 else ""
    marker = f" ; {dice.choice(MARKERS)}" if dice.random() < 0.15 else ""
    return f"{name}>={low / 10}{bound}{marker}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=int, default=700)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    universe = graph(options.names, options.seed)
    catalog = RememberingCatalog(universe)
    declared = manifest(*list(universe)[: options.names // 12], requires_python=">=3.10")

    started = time.process_time()
    found = solve(problem(declared), catalog)
    fresh = time.process_time()
    if not isinstance(found, Resolution):
        sys.stdout.write(f"{found}\n")
        return 1
    again = solve(problem(declared, locked=found.pins), catalog)
    relocked = time.process_time()
    closure.check(found.pins, problem(declared))
    proved = time.process_time()
    sys.stdout.write(
        f"{len(found.pins)} pins of {len({pin.name for pin in found.pins})} names, {found.effort}\n"
        f"fresh {fresh - started:.2f} s, again {relocked - fresh:.2f} s, proof {proved - relocked:.2f} s; "
        f"{'equal' if isinstance(again, Resolution) and again.pins == found.pins else 'NOT EQUAL'}\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
