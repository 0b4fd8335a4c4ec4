"""Write what was measured of public projects as tables.

Pure: takes what `projects.py` keeps of each project, returns lines of Markdown and of plain text.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HEAD = (
    "| project | packages | cold s | warm s | offline s | offline CPU s | peak MiB | split names | asked |",
    "|---|---|---|---|---|---|---|---|---|",
)
UNWANTED = frozenset({"lower", "missing"})
"""Kinds of differences that need a reason."""


def row(name: str, result: Mapping[str, Any]) -> str:
    """Return the row of one project: lockenv's figure, then uv's."""
    ours, theirs = result["lockenv"], result["uv"]
    pairs = (
        f"{ours['packages']}, {theirs['packages']}",
        *(f"{ours[key]:.2f}, {theirs[key]:.2f}" for key in ("cold", "warm", "offline", "cpu")),
        f"{ours['peak']:.0f}, {theirs['peak']:.0f}",
        f"{ours['splits']}, {theirs['splits']}",
        " + ".join(str(len(names)) for names in ours["asked"]) or "-",
    )
    return f"| {name} | {' | '.join(pairs)} |"


def remarks(project: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    """Yield remarks on one project, beside its figures."""
    for tool in ("lockenv", "uv"):
        if result[tool]["failure"]:
            yield f"{tool}: {result[tool]['failure']}"
    for python, text in result.get("sync", {}).items():
        yield f"sync {python}: {text}"
    compared = result.get("compared", {"uncovered": (), "differences": ()})
    if compared["uncovered"]:
        yield f"not covered: {', '.join(compared['uncovered'])}{_because(project, 'not covered')}"
    for one in compared["differences"]:
        versions = f"{one['ours'] or '-'} (uv {one['theirs'] or '-'})"
        yield f"{one['kind']}: {one['name']} {versions} on {one['where']}{_because(project, one['name'])}"


def unexplained(project: Mapping[str, Any], result: Mapping[str, Any]) -> int:
    """Return how many differences have no reason, and 1 more for a project that uv alone locks."""
    reasons = project.get("differences", {})
    compared = result.get("compared", {"uncovered": (), "differences": ()})
    missing = sum(one["kind"] in UNWANTED and one["name"] not in reasons for one in compared["differences"])
    return (
        missing
        + bool(compared["uncovered"] and "not covered" not in reasons)
        + bool(_uv_alone(result) and "not locked" not in reasons)
    )


def medians(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the medians of lockenv's figures over uv's, over the projects that both locked."""
    both = [one for one in results.values() if not one["lockenv"]["failure"] and not one["uv"]["failure"]]
    words = []
    for key, what in (("cold", "cold"), ("warm", "warm"), ("offline", "offline"), ("peak", "peak memory")):
        ratios = [one["lockenv"][key] / one["uv"][key] for one in both if one["uv"][key]]
        words.append(f"{what} {median(ratios):.2f}" if ratios else f"{what} -")
    return f"Medians of the quotients of {len(both)} projects: {'; '.join(words)}."


def explanations(declared: Mapping[str, Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the rows that group the differences by their reasons."""
    grouped: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, result in results.items():
        reasons = declared[name].get("differences", {})
        compared = result.get("compared", {"uncovered": (), "differences": ()})
        for one in compared["differences"]:
            if one["kind"] in UNWANTED or one["name"] in reasons:
                text = f"`{one['name']}` {one['ours'] or '-'} (uv {one['theirs'] or '-'})"
                grouped[reasons.get(one["name"], "no reason known")][name].append(text)
        if compared["uncovered"]:
            text = f"{len(compared['uncovered'])} environments"
            grouped[reasons.get("not covered", "no reason known")][name].append(text)
        if _uv_alone(result):
            grouped[reasons.get("not locked", "no reason known")][name].append("all")
    return [
        "| why | where |",
        "|---|---|",
        *(
            f"| {reason} | {'; '.join(f'{name}: {_joined(texts)}' for name, texts in found.items())} |"
            for reason, found in sorted(grouped.items())
        ),
    ]


def _uv_alone(result: Mapping[str, Any]) -> bool:
    return bool(result["lockenv"]["failure"] and not result["uv"]["failure"])


def _joined(texts: list[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def _because(project: Mapping[str, Any], name: str) -> str:
    reason = project.get("differences", {}).get(name, "")
    return f": {reason}" if reason else ""
