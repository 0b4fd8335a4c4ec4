"""What commands load before and while they work: `python -m tests.benchmarks.startup PROJECT`.

PROJECT is a directory that is locked and synced; its lockfile and environment stay as they are. Prints a table: how
many modules are loaded at the end of each command, how many of them are lockenv's, and medians of milliseconds: those
of the bare interpreter, of imports, and of the whole command. What is answered "in full" is not known from a run
before; what a run before read and compiled is known. The counts have limits in
`tests/endtoend/test_module_budget.py`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

COMMANDS = {
    "sync, nothing to do": ("sync", "-q"),
    "check": ("check", "-q"),
    "check, in full": ("check", "-q", "--lockfile", "pylock.toml"),
    "lock, nothing to do": ("lock", "-q"),
    "lock, nothing to do, in full": ("lock", "-q", "--dry-run"),
    "lock --dry-run --upgrade": ("lock", "-q", "--dry-run", "--upgrade"),
    "tree": ("tree", "-q"),
    "why": ("why", "-q", "idna"),
    "verify": ("verify", "-q"),
}
_COUNT = """\
import sys
from lockenv.cli import main
code = main(sys.argv[1:])
own = sum(name.partition(".")[0] == "lockenv" for name in sys.modules)
print(f"\\n{code} {len(sys.modules)} {own}", file=sys.__stdout__)
"""


class Start(NamedTuple):
    """What one run loaded."""

    modules: int
    own: int


def counted(project: Path, *args: str) -> Start:
    """Return what a run of lockenv loads."""
    done = _run(project, "-c", _COUNT, *args)
    code, modules, own = done.stdout.splitlines()[-1].split()
    if int(code) > 1:
        raise RuntimeError(f"{' '.join(args)}: exit {code}: {done.stderr}")
    return Start(int(modules), int(own))


def importing(project: Path, *args: str) -> float:
    """Return the seconds of all imports of a run of lockenv."""
    found = _run(project, "-X", "importtime", "-m", "lockenv", *args).stderr
    return sum(int(each) for each in re.findall(r"^import time:\s+(\d+) \|", found, re.MULTILINE)) / 1e6


def timed(project: Path, *args: str) -> float:
    """Return the seconds of a run of this interpreter."""
    began = time.perf_counter()
    _run(project, *args)
    return time.perf_counter() - began


def _run(project: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *args], cwd=project, capture_output=True, text=True, check=False)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Count and time what commands load.")
    parser.add_argument("project", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    project, rounds = arguments.project, range(arguments.rounds)
    bare = median(timed(project, "-c", "pass") for _ in rounds)
    print("| command | modules | of lockenv | interpreter ms | imports ms | all ms |")
    print("|---|---|---|---|---|---|")
    for name, args in COMMANDS.items():
        counted(project, *args)  # after which it may be known that there is nothing to say
        start = counted(project, *args)
        imports = median(importing(project, *args) for _ in rounds)
        whole = median(timed(project, "-m", "lockenv", *args) for _ in rounds)
        cells = (f"{1000 * each:.1f}" for each in (bare, imports, whole))
        print(f"| {name} | {start.modules} | {start.own} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
