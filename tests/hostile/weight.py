"""Run the program in a process of its own, and know how much memory it took at most."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.support.program import PYTHON, Result, environment

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 1 << 20
LIMIT = 512 * MEBIBYTE

# The peak of a process begins with that of the one it was forked from: so a small one is between.
_BETWEEN = """
import resource, subprocess, sys
code = subprocess.call([sys.executable, "-m", "lockenv", *sys.argv[2:]])
with open(sys.argv[1], "w") as stream:
    stream.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


class Scale:
    """Runs the program; `heaviest` is the most resident memory of any of its processes since it was set to 0, bytes."""

    def __init__(self, directory: Path) -> None:
        self.heaviest = 0
        self._note = directory / "heaviest"

    def __call__(self, *args: str, cwd: Path) -> Result:
        done = subprocess.run(
            [PYTHON, "-c", _BETWEEN, str(self._note), *args],
            cwd=cwd,
            env=environment(cwd),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        # Linux counts in KiB (getrusage(2)).
        self.heaviest = max(self.heaviest, 1024 * int(self._note.read_text()))
        return Result(done.returncode, done.stdout, done.stderr)
