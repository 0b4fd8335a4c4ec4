"""Lock the environment of the tests with lockenv itself: `build/test-environment/bin/python -m tests.renew`.

In: what `pyproject.toml` declares, and the newest releases of the index. Out: `tests/requirements.txt`, which
`tests/run.py` installs: pins and hashes, and what they were locked for; no file name, URL or host.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from packaging.dependency_groups import resolve_dependency_groups

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "tests" / "requirements.txt"
REQUIRES_PYTHON = "# for Python "
DECLARED = "# for "


def declared(pyproject: dict[str, Any]) -> list[str]:
    """Return what the environment must hold, sorted: lockenv's dependencies, the group `dev`, the build backend."""
    groups = resolve_dependency_groups(pyproject["dependency-groups"], "dev")
    return sorted({*pyproject["project"]["dependencies"], *groups, *pyproject["build-system"]["requires"]})


def heading(pyproject: dict[str, Any]) -> str:
    """Return the comment that says what pins are for; they are stale where it differs from the one beside them."""
    lines = [f"{REQUIRES_PYTHON}{pyproject['project']['requires-python']}"]
    lines += [f"{DECLARED}{requirement}" for requirement in declared(pyproject)]
    return "".join(f"{line}\n" for line in lines)


def main() -> int:
    """Write the file; return the exit code of the step of lockenv that fails, or 0."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = {
        "name": "environment-of-the-tests",
        "version": "0",
        "requires-python": pyproject["project"]["requires-python"],
        "dependencies": declared(pyproject),
    }
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "pyproject.toml").write_text(tomli_w.dumps({"project": project}), "utf-8")
        for command in (["lock"], ["export", "--output", "requirements.txt"]):
            code = subprocess.run([sys.executable, "-m", "lockenv", *command], cwd=place, check=False).returncode
            if code:
                return code
        pins = (Path(place) / "requirements.txt").read_text("utf-8")
    PINS.write_text(heading(pyproject) + pins, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
