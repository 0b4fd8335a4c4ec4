"""Change one promise of the program at a time, and see that a test notices.

`python -m tests.faults.mutants [NAME ...]` takes the mutants of `mutants.toml` (all, or those whose name begins with a
NAME), applies each to a copy of the tree, and runs the tests that should notice. A mutant that no test notices has
survived: a promise without a guard. Exit 1 when any survives, or no longer applies to the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_suffix(".toml")
_SECONDS = 600
"""A mutant may make a test run without end: then it was noticed, unless the machine is that slow."""
_COPIED = ("lockenv", "tests", "fixtures", "docs", "pyproject.toml", "README.md", "mkdocs.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A fault to plant."""

    name: str
    file: str
    """Relative to the root of the repository."""
    before: str
    """Text that occurs exactly once in the file."""
    after: str
    tests: tuple[str, ...]
    """What pytest is to run: files, or node ids."""
    equivalent: str = ""
    """Why no test can notice it; empty when one has to."""


def mutants() -> tuple[Mutant, ...]:
    """Return the mutants of the table, in its order."""
    with TABLE.open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)["mutant"]
    return tuple(Mutant(**{**row, "tests": tuple(row["tests"])}) for row in rows)


def _environment(directory: Path) -> str:
    """Make an environment that imports the copy in `directory` and, of this one, everything else; return its Python."""
    home = directory / "environment"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    Path(site, "copy.pth").write_text(f"{directory}\n{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return str(python)


def _failure(python: str, directory: Path, tests: Iterable[str], seconds: float | None = None) -> str:
    """Return what pytest prints where `tests` fail; empty where they pass.

    Raises SystemExit where they cannot run, TimeoutExpired after `seconds`.
    """
    command = [python, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:xdist"]
    # Not where other runs are: what a mutant leaves there, such as directories in directories without end, would
    # break them when pytest removes it, and they would seem to notice their mutants.
    used = Path(tempfile.mkdtemp(dir=directory.parent))
    try:
        done = subprocess.run(
            [*command, f"--basetemp={used / 'run'}", *tests],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    finally:
        _remove(used)
    if done.returncode not in (0, 1):
        # Neither passed nor failed: the tests could not be collected, or the mutant is no Python.
        sys.stderr.write(done.stdout[-2000:] + done.stderr[-2000:])
        raise SystemExit(f"pytest ended with {done.returncode}")
    return done.stdout if done.returncode else ""


def _remove(directory: Path) -> None:
    """Remove a directory, however deep it is: `shutil.rmtree` calls itself for each level."""
    if os.name == "nt":
        shutil.rmtree(directory, ignore_errors=True)
    else:
        subprocess.run(["rm", "-rf", directory], check=True)


def _verdict(python: str, directory: Path, mutant: Mutant) -> str:
    path = directory / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.before) != 1:
        return "DOES NOT APPLY"
    path.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
    try:
        if _failure(python, directory, mutant.tests, _SECONDS):
            return "killed"
    except subprocess.TimeoutExpired:
        return "timed out"
    finally:
        path.write_text(text, encoding="utf-8")
    return "equivalent" if mutant.equivalent else "SURVIVED"


def main(names: list[str]) -> int:
    chosen = [each for each in mutants() if not names or each.name.startswith(tuple(names))]
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as temporary:
        # A level down, so that what the tests write is beside the tree, whose pyproject.toml would be their project.
        directory = Path(temporary).resolve() / "tree"
        directory.mkdir()
        for name in _COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, directory / name)
        python = _environment(directory)
        # A test that fails anyway would seem to notice each mutant.
        if failure := _failure(python, directory, dict.fromkeys(test for mutant in chosen for test in mutant.tests)):
            raise SystemExit(f"{failure}\nthe tests fail without any mutant")
        for mutant in chosen:
            start = time.monotonic()
            verdict = _verdict(python, directory, mutant)
            counts[verdict] = counts.get(verdict, 0) + 1
            sys.stdout.write(f"{mutant.name:44} {verdict:14} {time.monotonic() - start:5.1f} s\n")
            sys.stdout.flush()
    sys.stdout.write(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())) + "\n")
    return int(not counts.keys() <= {"killed", "timed out", "equivalent"})


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
