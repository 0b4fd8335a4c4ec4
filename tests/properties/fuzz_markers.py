"""Compare the marker algebra with `packaging` on random markers and environments.

Run as `python -m tests.properties.fuzz_markers --cases 100000 --seed 1`. A case is two random markers and an
assumption, each met in random but consistent environments of final releases; every disagreement is one printed line.
"""

from __future__ import annotations

import argparse
import itertools
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.markers import Marker as Reference
from packaging.markers import UndefinedComparison
from packaging.specifiers import SpecifierSet

from lockenv.vocabulary.markers import (
    ALWAYS,
    NEVER,
    Marker,
    UndefinedComparisonError,
    cofactor,
    is_writable,
    marker_text,
    parse,
    python,
    python_lower,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 4000
PLATFORMS = [
    ("linux", "posix", "Linux"),
    ("darwin", "posix", "Darwin"),
    ("win32", "nt", "Windows"),
    ("cygwin", "posix", "CYGWIN_NT-10.0"),
    ("freebsd14", "posix", "FreeBSD"),
    ("android", "posix", "Android"),
    ("emscripten", "posix", "Emscripten"),
    ("java", "java", "Java"),
]
IMPLEMENTATIONS = [("cpython", "CPython"), ("pypy", "PyPy"), ("graalpy", "GraalVM"), ("jython", "Jython")]
MACHINES = ["x86_64", "AMD64", "aarch64", "arm64", "i686", ""]
PYTHONS = [
    *["2.7.18", "3.1.0", "3.7.0", "3.7.17", "3.8.0", "3.8.1", "3.8.18", "3.9.0", "3.9.1", "3.9.2", "3.9.19"],
    *[
        "3.10.0",
        "3.10.1",
        "3.10.2",
        "3.11.0",
        "3.11.4",
        "3.11.10",
        "3.12.0",
        "3.12.1",
        "3.13.0",
        "3.14.0",
        "3.31.0",
        "4.0.0",
    ],
]
RELEASES = ["5.15.0", "20.6.0", "5.15.0-91-generic", "10", "22.04", "", "6.1.0+deb12"]
KERNELS = ["20.6.0", "22.04", "5.15.0", "19.6.0"]
"""Of macOS: it is part of what is known of the world that they are versions."""
BUILDS = ["#91-Ubuntu SMP", "Darwin Kernel Version 22", "10.0.19045", ""]
NAMES = ["socks", "Dev_Tools", "dev-tools", "x.y"]
VERSIONS = [
    *[
        "3",
        "3.8",
        "3.9",
        "3.10",
        "3.11",
        "3.1",
        "2.7",
        "4",
        "3.9.1",
        "3.10.2",
        "3.8.0",
        "3.9.0",
        "3.11.0",
        "3.8.1.0",
        "3.8.1.5",
    ],
    *["3.*", "3.9.*", "3.9.1.*", "3.8.0.0.*", "3.9rc1", "3.12.0a2", "3.9.1b1", "3.9.post1", "3.9.1.post2", "3.9.dev0"],
    *[
        "3.9+local",
        "3.9.1+x.1",
        "1!3.9",
        "v3.9",
        " 3.9 ",
        "03.9",
        "3.9.01",
        "3.x",
        "abc",
        "",
        "=3.9",
        "3.9,3.10",
        "3.9-1",
        "3.9-rc.1",
    ],
]
LISTS = ["3.8 3.9", "3.10,3.11", "3.9.1 3.10.0", "3.10.1", "2.7, 3.1", "3.11", "linux darwin", "win32", "x", ""]
COMPARES = ["<", "<=", "==", "!=", ">=", ">", "~=", "===", "in", "not in"]
SAFE = ["<", "<=", "==", "!=", ">=", ">"]
TEXTS = {
    "sys_platform": [
        *[platform[0] for platform in PLATFORMS],
        "linux2",
        "lin",
        "win",
        "n",
        "linux darwin",
        "win32 cygwin",
        "",
    ],
    "os_name": ["posix", "nt", "java", "n", "posix nt", "os"],
    "platform_system": [*[platform[2] for platform in PLATFORMS], "Win", "in", "Linux Darwin", "Java FreeBSD"],
    "platform_machine": [*MACHINES, "64", "arm", "x86_64 AMD64", "aarch64 arm64", "amd64"],
    "implementation_name": ["cpython", "pypy", "py", "graalpy", "cpython pypy"],
    "platform_python_implementation": ["CPython", "PyPy", "Py", "Jython", "CPython PyPy"],
    "platform_version": [*BUILDS, "Ubuntu", "SMP", "10.0"],
    "extra": [*NAMES, "dev", "SOCKS", "socks dev-tools"],
}
SPELLINGS = {
    "os_name": "os.name",
    "sys_platform": "sys.platform",
    "platform_version": "platform.version",
    "platform_machine": "platform.machine",
    "platform_python_implementation": "python_implementation",
}
Environment = dict[str, str]


Answers = list[tuple["Place", bool, bool, bool]]
"""What `packaging` says of the three markers of a case in each environment."""


@dataclass
class Tally:
    """How many cases were met, and what went wrong."""

    cases: int = 0
    comparisons: int = 0
    wrong: list[str] = field(default_factory=list)

    def expect(self, fact: str, *texts: str, ok: bool) -> None:
        self.comparisons += 1
        if not ok:
            self.wrong.append(f"{fact}: {' | '.join(texts)}")


@dataclass(frozen=True)
class Place:
    """An environment with its chosen extra, extras and groups."""

    environment: Environment
    extras: frozenset[str]
    groups: frozenset[str]

    def ours(self, marker: Marker) -> bool:
        return marker.evaluate(self.environment, self.extras, self.groups)

    def theirs(self, reference: Reference | None) -> bool:
        if reference is None:
            return True
        return reference.evaluate({**self.environment, "extras": self.extras, "dependency_groups": self.groups})


def place(rng: random.Random) -> Place:
    platform, os_name, system = rng.choice(PLATFORMS)
    implementation, shown = rng.choice(IMPLEMENTATIONS)
    release = rng.choice(PYTHONS)
    environment = {
        "sys_platform": platform,
        "os_name": os_name,
        "platform_system": system,
        "implementation_name": implementation,
        "platform_python_implementation": shown,
        "platform_machine": rng.choice(MACHINES),
        "python_full_version": release,
        "python_version": release.rpartition(".")[0],
        "implementation_version": release if implementation == "cpython" else rng.choice(["7.3.13", "3.9.1", "24.0.2"]),
        "platform_release": rng.choice(KERNELS if platform == "darwin" else RELEASES),
        "platform_version": rng.choice(BUILDS),
        "extra": rng.choice(["", *NAMES]),
    }
    chosen = [frozenset(name for name in NAMES if rng.random() < 0.4) for _ in range(2)]
    return Place(environment, chosen[0], chosen[1])


def literal(rng: random.Random, text: str) -> str:
    return f'"{text}"' if "'" in text or rng.random() < 0.5 else f"'{text}'"


def atom(rng: random.Random) -> str:
    kind = rng.random()
    space = rng.choice([" ", " ", ""])
    if kind < 0.45:
        name = rng.choice(
            ["python_version", "python_version", "python_full_version", "implementation_version", "platform_release"]
        )
        operator = rng.choice(COMPARES) if rng.random() < 0.5 else rng.choice(SAFE)
        pool = LISTS if operator.endswith("in") else VERSIONS[:15] if rng.random() < 0.6 else VERSIONS
        if name == "platform_release" and rng.random() < 0.5:
            pool = RELEASES
        right = rng.choice(pool)
    elif kind < 0.9:
        name = rng.choice(list(TEXTS))
        operator = rng.choice(["==", "!=", "==", "!=", "==", "in", "not in", "<", ">=", "<=", ">"])
        right = rng.choice(TEXTS[name])
        if rng.random() < 0.01:
            operator = rng.choice(["~=", "==="])
    else:
        name = rng.choice(["extras", "dependency_groups"])
        return f"{literal(rng, rng.choice(NAMES))} {rng.choice(['in', 'not in', 'in'])} {name}"
    if name in SPELLINGS and rng.random() < 0.1:
        name = SPELLINGS[name]
    if operator.endswith("in"):
        space = " "
    if rng.random() < 0.15:
        return f"{literal(rng, right)}{space}{operator}{space}{name}"
    return f"{name}{space}{operator}{space}{literal(rng, right)}"


def expression(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.2:
        return atom(rng)
    parts = [expression(rng, depth - 1) for _ in range(rng.choice([2, 2, 2, 3]))]
    parts = [f"({part})" if rng.random() < 0.7 else part for part in parts]
    return "".join(f"{part} {rng.choice(['and', 'or'])} " for part in parts[:-1]) + parts[-1]


def meet(rng: random.Random, tally: Tally, places: list[Place]) -> None:
    """Run one case."""
    tally.cases += 1
    texts = [expression(rng, rng.randrange(4)) for _ in range(2)]
    texts.append(expression(rng, rng.randrange(3)) if rng.random() < 0.8 else "")
    read = [_read(tally, text, places) for text in texts]
    if any(marker is None for marker in read):
        return
    one, other, care = [marker for marker in read if marker is not None]
    references = [Reference(text) if text else None for text in texts]
    answers: Answers = []
    for at in places:
        try:
            first, second, third = [at.theirs(reference) for reference in references]
            answers.append((at, first, second, third))
        except UndefinedComparison:
            continue
    _algebra(tally, texts, (one, other), answers)
    _texts(tally, texts, (one, care), answers)
    _views(tally, texts, (one, care), references[0], answers)


def _read(tally: Tally, text: str, places: list[Place]) -> Marker | None:
    try:
        return parse(text)
    except UndefinedComparisonError:
        for at in places:
            try:
                at.theirs(Reference(text))
            except UndefinedComparison:
                continue
            tally.expect("refused, though packaging gives an answer", text, ok=False)
        return None


def _algebra(tally: Tally, texts: list[str], pair: tuple[Marker, Marker], answers: Answers) -> None:
    one, other = pair
    for at, first, second, _ in answers:
        tally.expect("atom", texts[0], repr(at), ok=at.ours(one) == first)
        tally.expect("and", *texts[:2], repr(at), ok=at.ours(one & other) == (first and second))
        tally.expect("or", *texts[:2], repr(at), ok=at.ours(one | other) == (first or second))
        tally.expect("not", texts[0], repr(at), ok=at.ours(~one) is not first)
    tally.expect("not not", texts[0], ok=~~one is one)
    tally.expect("De Morgan", *texts[:2], ok=(~(one | other)) is (~one & ~other))
    tally.expect("absorption", *texts[:2], ok=(one | (one & other)) is one)
    tally.expect("excluded middle", texts[0], ok=(one | ~one) is ALWAYS and (one & ~one) is NEVER)
    if one.implies(other):
        tally.expect("implies", *texts[:2], ok=not any(first and not second for _, first, second, _ in answers))
    if one.disjoint(other):
        tally.expect("disjoint", *texts[:2], ok=not any(first and second for _, first, second, _ in answers))


def _texts(tally: Tally, texts: list[str], pair: tuple[Marker, Marker], answers: Answers) -> None:
    one, care = pair
    plain, simple = marker_text(one), marker_text(one, assuming=care)
    for written, assuming in ((plain, ALWAYS), (simple, care)):
        if not is_writable(one, assuming=assuming):
            continue
        reference = Reference(written) if written else None
        for at, first, _, cared in answers:
            if cared or assuming is ALWAYS:
                tally.expect("text", texts[0], texts[2], written, repr(at), ok=at.theirs(reference) == first)
        if one.negatable:
            tally.expect(
                "text read again", texts[0], written, ok=marker_text(parse(written), assuming=assuming) == written
            )
    if is_writable(~one):
        opposite = marker_text(~one)
        reference = Reference(opposite) if opposite else None
        for at, first, _, _ in answers:
            tally.expect("text of not", texts[0], opposite, repr(at), ok=at.theirs(reference) is not first)


def _views(
    tally: Tally, texts: list[str], pair: tuple[Marker, Marker], reference: Reference | None, answers: Answers
) -> None:
    one, care = pair
    if care is not NEVER:
        tally.expect("cofactor", texts[0], texts[2], ok=(cofactor(one, care) & care) is (one & care))
    cuts = [(3, 8, 0), (3, 9, 1), (3, 12, 0)]
    parts = one.split_python(cuts)
    tally.expect("parts are disjoint", texts[0], ok=all(a.disjoint(b) for a, b in itertools.combinations(parts, 2)))
    for at, first, _, _ in answers:
        tally.expect("parts", texts[0], ok=any(map(at.ours, parts)) == first)
        release = tuple(map(int, at.environment["python_full_version"].split(".")))
        if first:
            spans = one.python_range()
            tally.expect("range", texts[0], ok=any(a <= release and (b is None or release < b) for a, b in spans))
            tally.expect("some choice", texts[0], ok=at.ours(one.without_extras_and_groups()))
        for name in ("", "Dev_Tools", "socks"):
            at_extra = Place({**at.environment, "extra": name}, at.extras, at.groups)
            given = one.given_extra(name or None)
            tally.expect("given extra", texts[0], name, ok=at.ours(given) == at_extra.theirs(reference))
    tally.expect("no extra", texts[0], ok="extra" not in one.given_extra("socks").variables())


def specifier(rng: random.Random, tally: Tally) -> None:
    """Compare one random `Requires-Python`."""
    clauses = [rng.choice(COMPARES[:8]) + rng.choice(VERSIONS) for _ in range(rng.randrange(1, 4))]
    text = ",".join(clauses)
    try:
        reference = SpecifierSet(text)
    except ValueError:
        tally.expect("invalid specifier", text, ok=_refuses(python, text) and _refuses(python_lower, text))
        return
    marker, lower = python(text), python_lower(text)
    tally.expect("lower", text, ok=marker.implies(lower))
    for release in PYTHONS:
        environment = {"python_full_version": release}
        tally.expect(
            "python", text, release, ok=marker.evaluate(environment) == reference.contains(release, prereleases=True)
        )


def _refuses(read: Callable[[str], Marker], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return True
    return False


def fuzz(cases: int, seed: int, *, first: int = 0, places: int = 12) -> Tally:
    """Run `cases` cases from `seed`, beginning with number `first`."""
    tally = Tally()
    for case in range(first, first + cases):
        rng = random.Random(f"{seed}/{case}")
        meet(rng, tally, [place(rng) for _ in range(places)])
        specifier(rng, tally)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tally = Tally()
    # Markers live as long as their process, and random ones have little in common: each batch gets a process.
    for first in range(0, options.cases, BATCH):
        with ProcessPoolExecutor(max_workers=1) as pool:
            batch = pool.submit(fuzz, min(BATCH, options.cases - first), options.seed, first=first).result()
        tally.cases += batch.cases
        tally.comparisons += batch.comparisons
        tally.wrong += batch.wrong
    for line in tally.wrong[:50]:
        print(line)
    print(
        f"cases {tally.cases}, comparisons {tally.comparisons}, disagreements {len(tally.wrong)}, seed {options.seed}"
    )
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
