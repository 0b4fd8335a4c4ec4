"""Random universes against brute force: `python -m tests.properties.fuzz_universes --universes 8000 --seed 1`.

Prints how many answers were unsound (a lock that the judge refutes), wrong (a lock where there is no solution), missed
(no lock where there is a solution), shrunk (an environment left out that has a solution), unstable (locking again
changed something) or depend on the order of requirements.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lockenv.resolve import pubgrub
from lockenv.resolve.problem import Problem, problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Resolution
from lockenv.vocabulary.wheeltags import USUAL
from tests.support.exhaustive import exhaust
from tests.support.oracle import Judge, World, environments, is_satisfiable, lock_faults
from tests.support.universe import MemoryCatalog, manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.resolve.engine_interface import Engine

MARKERS = (
    "sys_platform == 'linux'",
    "sys_platform != 'linux'",
    "sys_platform == 'win32'",
    "sys_platform == 'darwin'",
    "os_name == 'nt'",
    "os_name != 'nt'",
    "platform_system == 'Darwin'",
    "platform_machine == 'arm64'",
    "platform_machine != 'arm64'",
    "python_version < '3.10'",
    "python_version >= '3.10'",
    "python_version >= '3.12'",
    "python_version == '3.9'",
    "python_version in '3.10 3.11'",
    "python_full_version < '3.10.2'",
    "implementation_name == 'cpython'",
    "platform_python_implementation == 'PyPy'",
    "sys_platform == 'linux' and python_version < '3.11'",
    "sys_platform == 'darwin' or platform_machine == 'x86_64'",
    "'linux' in sys_platform",
)
ENGINES: dict[str, Engine] = {"exhaustive": exhaust, "pubgrub": pubgrub.engine}
PYTHONS = (">=3.9", ">=3.10", ">=3.11", ">=3.12", "<3.12", ">=3.9,<3.13", "!=3.11.*", ">=3.10,<4", "!=3.10.4")
WHEELS = (
    ("py3-none-any",),
    ("cp310-cp310-win_amd64", "cp311-cp311-win_amd64"),
    ("cp311-cp311-manylinux_2_28_x86_64", "cp312-cp312-manylinux_2_28_x86_64", "cp313-cp313-manylinux_2_28_x86_64"),
    ("cp38-cp38-macosx_11_0_arm64", "cp39-cp39-win_amd64", "cp310-cp310-win_amd64"),
    ("cp39-cp39-win_amd64", "cp312-cp312-win_amd64", "cp314-cp314-win_amd64"),
)


@dataclass(frozen=True)
class Case:
    universe: dict[str, dict[str, dict[str, Any]]]
    roots: tuple[str, ...]
    requires_python: str
    constraints: tuple[str, ...]
    overrides: tuple[str, ...]
    fork: Any
    gated: tuple[tuple[tuple[Literal["extra", "group"], str], tuple[str, ...]], ...]
    conflicts: tuple[tuple[tuple[Literal["extra", "group"], str], ...], ...]
    patience: int

    def world(self, requires_python: str = "", *, is_strict: bool = False) -> World:
        return World(
            self.universe,
            self.roots,
            requires_python or self.requires_python,
            self.constraints,
            self.overrides,
            self.gated,
            self.conflicts,
            is_strict,
        )


def case(seed: int) -> Case:
    dice = random.Random(seed)
    # A die of its own, so that the universes of a seed stay what they were but for their wheels.
    wheel_dice = random.Random(f"wheels {seed}")
    names = "abcdef"[: dice.randint(3, 6)]
    density = dice.choice((0.1, 0.2, 0.35))
    weight = dice.choice((0.2, 0.5, 0.8))

    def requirement(name: str, versions: dict[str, Any]) -> str:
        extras = "[x]" if dice.random() < 0.15 else ""
        operator = dice.choice(("", "", "", ">=", ">=", "==", "<", "<=", "!=", "~="))
        version = dice.choice([*versions, *versions, *versions, "4"])
        if operator == "~=" and "." not in version:
            version = f"{version[0]}.0{version[1:]}"
        clause = f"{operator}{version}" if operator else ""
        marker = f" ; {dice.choice(MARKERS)}" if dice.random() < weight else ""
        return f"{name}{extras}{clause}{marker}"

    universe: dict[str, dict[str, dict[str, Any]]] = {
        name: {str(version): {} for version in sorted(dice.sample((1, 2, 3), dice.randint(1, 3)), reverse=True)}
        for name in names
    }
    for name, versions in universe.items():
        for table in versions.values():
            others = [other for other in names if other != name or dice.random() < 0.1]
            table["requires"] = [requirement(other, universe[other]) for other in others if dice.random() < density]
            if dice.random() < 0.05:
                table["yanked"] = True
            if dice.random() < 0.2:
                table["requires_python"] = dice.choice(PYTHONS)
            if wheel_dice.random() < 0.15:
                table["sdist"] = False
                table["wheel_tags"] = wheel_dice.choice(WHEELS)
            if dice.random() < 0.25:
                other = dice.choice(names)
                table["extras"] = {"x": [requirement(other, universe[other])]}
        if dice.random() < 0.1:
            versions["4b1"] = {"requires": [requirement(other, universe[other]) for other in dice.choices(names, k=1)]}

    def some(most: int) -> tuple[str, ...]:
        chosen = dice.choices(names, k=dice.randint(1, most))
        return tuple(requirement(name, universe[name]) for name in chosen)

    gated: tuple[Any, ...] = ()
    conflicts: tuple[Any, ...] = ()
    if dice.random() < 0.3:
        gated = ((("extra", "x"), some(2)), (("extra", "y"), some(2)), (("group", "g"), some(1)))
        conflicts = ((("extra", "x"), dice.choice((("extra", "y"), ("group", "g")))),) if dice.random() < 0.5 else ()
    return Case(
        universe=universe,
        roots=some(3),
        requires_python=dice.choice((">=3.8,<3.15", ">=3.8,<3.15", ">=3.10,<3.15", ">=3.8")),
        constraints=tuple(
            requirement(name, universe[name]).replace("[x]", "") for name in names if dice.random() < 0.05
        ),
        overrides=tuple(requirement(name, universe[name]) for name in names if dice.random() < 0.03),
        gated=gated,
        conflicts=conflicts,
        fork=dice.choice(("latest", "latest", "fewest")),
        patience=dice.choice((-1, 0, 20)),
    )


def posed(case: Case, *, old: Resolution | None = None, reverse: bool = False) -> Problem:
    return problem(
        manifest(
            *(reversed(case.roots) if reverse else case.roots),
            requires_python=case.requires_python,
            constraints=case.constraints,
            overrides=case.overrides,
            extras={name: texts for (kind, name), texts in case.gated if kind == "extra"},
            groups={name: texts for (kind, name), texts in case.gated if kind == "group"},
            conflicts=case.conflicts,
            policy=Policy(fork=case.fork),
        ),
        locked=old.pins if old else (),
        left_out=old.uncovered if old else (),
    )


def answer(case: Case, engine: Engine, *, old: Resolution | None = None, reverse: bool = False) -> Resolution | None:
    found = solve(
        posed(case, old=old, reverse=reverse), MemoryCatalog(case.universe), engine=engine, patience=case.patience
    )
    return found if isinstance(found, Resolution) else None


def entries(found: Resolution) -> list[tuple[str, str, str]]:
    return [(pin.name, pin.version, marker_text(pin.marker, assuming=found.universe)) for pin in found.pins]


def verdicts(case: Case, engine: Engine) -> Iterator[str]:
    """Return what is wrong with the answer to `case`, and `locked` or `refused`."""
    found = answer(case, engine)
    is_closed = "<" in case.requires_python
    if found is None:
        yield "refused"
        if is_satisfiable(case.world(is_strict=True)):
            yield "missed"
        return
    yield "locked"
    if is_closed and found.universe is posed(case).universe and not is_satisfiable(case.world()):
        yield "wrong"
    wrong = lock_faults(case.world(), entries(found))
    if any(_is_covered(found, number, selection) for number, selection in wrong):
        yield "unsound"
    if _is_shrunk(case, found):
        yield "shrunk"
    again = answer(case, engine, old=found)
    if again is None or again.pins != found.pins or again.universe is not found.universe:
        yield "unstable"
    turned = answer(case, engine, reverse=True)
    if turned is None or entries(turned) != entries(found):
        yield "ordered"


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
            and all(environments()[other][key] == here[key] for key in ("sys_platform", "platform_machine"))
            and environments()[other]["implementation_name"] == here["implementation_name"]
        )
        if number in covered or world.has_cap(here["python_full_version"]) or not USUAL.evaluate(here):
            continue
        if any(True for _ in later) and Judge(world, number, nothing).solution() is not None:
            return True
    return False


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--universes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=sorted(ENGINES), default="pubgrub")
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    started = time.process_time()
    for number in range(options.universes):
        seed = options.seed * 1_000_000 + number
        for verdict in verdicts(case(seed), ENGINES[options.engine]):
            counts[verdict] += 1
            if verdict not in ("locked", "refused"):
                sys.stdout.write(f"{verdict}: seed {seed}\n")
    shown = ("locked", "refused", "wrong", "missed", "unsound", "shrunk", "unstable", "ordered")
    sys.stdout.write(" ".join(f"{name} {counts[name]}" for name in shown))
    sys.stdout.write(f" cpu {time.process_time() - started:.1f} s\n")
    return 1 if any(counts[name] for name in shown[2:]) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
