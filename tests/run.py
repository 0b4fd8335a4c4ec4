"""Set up an environment for the tests and run all of them: `python3 tests/run.py`.

Needs CPython 3.11 or newer with `venv`, and an index to install the tools from. The environment is kept in
`build/test-environment` and reused; arguments are handed to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "build" / "test-environment"
SCRIPTS = HOME / ("Scripts" if os.name == "nt" else "bin")


def main() -> int:
    """Give the exit code of the first step that fails, or 0."""
    if sys.version_info < (3, 11):  # noqa: UP036  # an older Python may well start this script
        sys.stderr.write(f"the tests need Python 3.11 or newer; this is {sys.version.split()[0]}\n")
        return 2
    python = str(SCRIPTS / "python")
    if not HOME.exists():
        venv.create(HOME, with_pip=True)
    steps = [
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "pip>=25.1"],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", ".", "--group", "dev"],
        [str(SCRIPTS / "ruff"), "check"],
        [str(SCRIPTS / "ruff"), "format", "--check"],
        [str(SCRIPTS / "mypy")],
        [str(SCRIPTS / "lint-imports")],
        [python, "-m", "pytest", "-n", "auto", "--dist", "worksteal", *sys.argv[1:]],
    ]
    for step in steps:
        sys.stderr.write(f"$ {' '.join(Path(step[0]).name if word == step[0] else word for word in step)}\n")
        code = subprocess.run(step, cwd=ROOT, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
