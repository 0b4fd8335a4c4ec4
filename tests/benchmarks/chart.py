"""Draw the medians of a race: `python -m tests.benchmarks.chart FILE > docs/benchmarks.svg`.

FILE is what `race --json` kept. One row for each workload and step, one bar for each tool: seconds, on a logarithmic
scale. The colours are read from the page's own theme where it has them, so that the chart suits light and dark.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from statistics import median

_BAR, _GAP, _LEFT, _WIDTH = 9, 8, 150, 760
_LEAST, _MOST = 0.01, 100.0
_COLOURS = ("#3f6fd8", "#8a8f98", "#c98b2b", "#6aa36f", "#a06ab4", "#c0605a", "#4d9aa8")


def main() -> int:
    """Write the chart to standard output."""
    kept = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(drawn(kept))
    return 0


def drawn(kept: dict[str, dict[str, dict[str, list[float]]]]) -> str:
    """Return the SVG text of the medians of `kept`: workload, tool, step, seconds."""
    names = list(dict.fromkeys(name for times in kept.values() for name in times))
    colours = {name: _COLOURS[position % len(_COLOURS)] for position, name in enumerate(names)}
    parts, y = _legend(colours), 40
    for workload, times in kept.items():
        steps = list(dict.fromkeys(step for each in times.values() for step in each))
        for step in steps:
            bars = [(name, median(times[name][step])) for name in times if times[name].get(step)]
            middle = y + len(bars) * _BAR / 2 + 4
            parts.append(f'<text x="{_LEFT - 10}" y="{middle:.0f}" text-anchor="end">{workload} {step}</text>')
            for name, seconds in bars:
                length = _length(seconds)
                parts += [
                    f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR - 1}" fill="{colours[name]}">'
                    f"<title>{name}: {seconds:.3f} s</title></rect>",
                    f'<text x="{_LEFT + length + 4:.1f}" y="{y + _BAR - 2}" class="value">{seconds:.2f}</text>',
                ]
                y += _BAR
            y += _GAP
    style = "text{font:12px system-ui,sans-serif;fill:#808890}.value{font-size:9px}"
    height = y + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="Seconds of each tool, on a logarithmic scale"><style>{style}</style>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _legend(colours: dict[str, str]) -> list[str]:
    parts, x = [], _LEFT
    for name, colour in colours.items():
        parts.append(f'<rect x="{x}" y="12" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{x + 14}" y="21">{name}</text>')
        x += 30 + 8 * len(name)
    return parts


def _length(seconds: float) -> float:
    share = math.log(max(seconds, _LEAST) / _LEAST) / math.log(_MOST / _LEAST)
    return max(2.0, share * (_WIDTH - _LEFT - 50))


if __name__ == "__main__":
    raise SystemExit(main())
