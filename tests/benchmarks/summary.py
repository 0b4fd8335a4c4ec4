"""Sum up races in one table: `python -m tests.benchmarks.summary FILE [FILE ...]`.

Each FILE is what `race --json` kept. The first column has the median seconds of lockenv for each workload, in their
order; the others, how many times those of lockenv in the same file another tool takes: the least and the most of all
workloads. More than 1 is where lockenv is ahead. Where two files have the same workload and tool, the first one counts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median

from tests.benchmarks.race import STEPS

Times = dict[str, dict[str, dict[str, list[float]]]]
"""Workload, tool, step: seconds of each round."""


def main() -> int:
    """Write the table to standard output."""
    sys.stdout.write(table([json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]))
    return 0


def table(races: list[Times]) -> str:
    """Return the table of some races as Markdown."""
    own: dict[str, dict[str, float]] = {}
    ratios: dict[str, dict[str, dict[str, float]]] = {}
    for race in races:
        for workload, times in race.items():
            medians = {step: median(each) for step, each in times["lockenv"].items() if each}
            own.setdefault(workload, medians)
            for tool in times.keys() - {"lockenv"}:
                found = {step: median(each) / medians[step] for step, each in times[tool].items() if each}
                ratios.setdefault(tool, {}).setdefault(workload, found)
    others = list(dict.fromkeys(tool for race in races for times in race.values() for tool in times if tool in ratios))
    lines = [f"| | lockenv: {', '.join(own)} | {' | '.join(others)} |", "|---" * (len(others) + 2) + "|"]
    for step in STEPS:
        seconds = ", ".join(f"{medians[step]:.3f}" for medians in own.values() if step in medians)
        if seconds:
            cells = [_range([each[step] for each in ratios[tool].values() if step in each]) for tool in others]
            lines.append(f"| {step} | {seconds} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _range(ratios: list[float]) -> str:
    if not ratios:
        return "-"
    least, most = (f"{each:.2g}" if each < 99.5 else f"{each:.0f}" for each in (min(ratios), max(ratios)))
    return f"{least}x" if least == most else f"{least}-{most}x"


if __name__ == "__main__":
    raise SystemExit(main())
