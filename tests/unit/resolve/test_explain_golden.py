"""What is reported where there is no solution, word for word, against stored transcripts.

`LOCKENV_RENEW_GOLDEN=1` rewrites the transcripts and fails, so that no one mistakes a renewal for a success.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.errors import InputError
from lockenv.report.build_permission import sentence
from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import NeedsPermission, Resolution
from tests.support.universe import MemoryCatalog, manifest, scenario, with_others

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.resolve.problem import Problem

SCENARIOS = Path(__file__).parents[2] / "scenarios"
GOLDEN = SCENARIOS / "golden"
POLICY = ("prerelease", "exclude_newer", "fork")


def cases() -> Iterator[tuple[str, Problem, MemoryCatalog]]:
    for folder in ("packse", "uv", "cyclic"):
        for path in sorted((SCENARIOS / folder).rglob("*.toml")):
            found = scenario(path)
            if not found.is_satisfiable:
                yield (
                    path.relative_to(SCENARIOS).with_suffix("").as_posix(),
                    found.problem(),
                    MemoryCatalog(found.universe),
                )
    for path in sorted((SCENARIOS / "refused").glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        universe = with_others(table["packages"], table.get("others", {}))
        yield f"refused/{path.stem}", posed(table["project"]), MemoryCatalog(universe, younger=table.get("younger", {}))


def posed(project: dict[str, Any]) -> Problem:
    project["conflicts"] = tuple(tuple(map(tuple, each)) for each in project.get("conflicts", ()))
    policy = Policy(**{key: project.pop(key) for key in POLICY if key in project})
    return problem(manifest(*project.pop("requires"), policy=policy, **project))


def transcript(asked: Problem, catalog: MemoryCatalog) -> str:
    lines = [f"requires: {', '.join(str(rule.requirement) for rule in asked.roots)}"]
    lines += [f"requires-python: {asked.requires_python}", ""]
    try:
        found = solve(asked, catalog)
    except InputError as error:
        return "\n".join([*lines, f"error: {error.message}", f"hint: {error.hint}", ""])
    if isinstance(found, Resolution):
        pins = (f"{pin.name} {pin.version} ; {marker_text(pin.marker, assuming=found.universe)}" for pin in found.pins)
        return "\n".join([*lines, "locked all the same:", *(pin.removesuffix(" ; ") for pin in pins), ""])
    if isinstance(found, NeedsPermission):
        return "\n".join([*lines, "must be built:", *map(sentence, found.packages), ""])
    where = f" where {found.environment}" if found.environment else ""
    lines += [f"no solution{where}", *found.reasons]
    lines += [f"hint: {hint}" for hint in found.hints]
    lines += [f"required at {origin}" for origin in found.origins]
    return "\n".join([*lines, ""])


@pytest.mark.parametrize(("name", "asked", "catalog"), [pytest.param(*case, id=case[0]) for case in cases()])
def test_refusal_reads_as_recorded(name: str, asked: Problem, catalog: MemoryCatalog) -> None:
    path = GOLDEN / f"{name}.txt"
    recorded = transcript(asked, catalog)

    if os.environ.get("LOCKENV_RENEW_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(recorded, "utf-8")
        pytest.fail(f"{path.name} was rewritten: look at the difference, then run without LOCKENV_RENEW_GOLDEN")

    assert recorded == path.read_text("utf-8")


def test_every_transcript_has_its_scenario() -> None:
    stored = {path.relative_to(GOLDEN).with_suffix("").as_posix() for path in GOLDEN.rglob("*.txt")}

    assert stored == {name for name, _, _ in cases()}
