"""Set up an environment for the tests and run all of them: `python3 tests/run.py`.

`--fast` runs what a change should pass before it is tried further: format, lint, types, contracts, and the unit tests
that take little time.

Needs CPython 3.11 or newer with `venv`, and an index to install from. The environment holds exactly what
`tests/requirements.txt` pins, each file checked against its hash. It is kept in `build/test-environment`, reused, and
made again when something changes of what it is made from; arguments are passed to pytest.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "build" / "test-environment"
SCRIPTS = HOME / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(SCRIPTS / "python")
PINS = ROOT / "tests" / "requirements.txt"
FAST = "--fast"
MEMORY = Path("/dev/shm")  # where Linux has a filesystem in memory
ROOM = 4 << 30
"""So many bytes must be free there for the tests to use it: a run leaves fewer than a quarter of that."""
STAMP = HOME / "made-from"
"""Written last, so that an environment whose making was interrupted is made again."""


def main() -> int:
    """Return the exit code of the first step that fails, or 0."""
    if sys.version_info < (3, 11):  # noqa: UP036  # an older Python may well start this script
        sys.stderr.write(f"the tests need Python 3.11 or newer; this is {sys.version.split()[0]}\n")
        return 2
    arguments = [argument for argument in sys.argv[1:] if argument != FAST]
    if len(arguments) < len(sys.argv) - 1:
        arguments = ["tests/unit", "-m", "not slow", *arguments]
    code = _make() or _checked()
    if code:
        return code
    with _place() as variables:
        command = [PYTHON, "-m", "pytest", "-n", str(_processors() + 1), "--dist", "worksteal"]
        # Each worker removes the files of its tests, and not one process at the end those of all.
        return _first_failure([*command, "-o", "tmp_path_retention_policy=failed", *arguments], variables=variables)


def _processors() -> int:
    """Return how many this process may use. The tests have a worker more, as some wait for what others do not do."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _checked() -> int:
    """Return the exit code of the first check of the code that fails, or 0; types are checked beside the others."""
    with tempfile.TemporaryFile() as output:
        types = subprocess.Popen([str(SCRIPTS / "mypy")], cwd=ROOT, env=_variables(), stdout=output)
        try:
            code = _first_failure(
                [str(SCRIPTS / "ruff"), "check"],
                [str(SCRIPTS / "ruff"), "format", "--check"],
                [str(SCRIPTS / "lint-imports")],
            )
        except BaseException:
            types.kill()
            raise
        _say("mypy")
        code = types.wait() or code
        output.seek(0)
        sys.stdout.write(output.read().decode(errors="replace"))
        sys.stdout.flush()
    return code


@contextlib.contextmanager
def _place() -> Iterator[dict[str, str]]:
    """Return the variables with which the tests write their files to memory, if the machine has enough of it.

    They flush files thousands of times. `pytest` itself writes them to the usual place, and keeps the last ones.
    """
    try:
        system = os.statvfs(MEMORY)
        has_room = system.f_bavail * system.f_frsize >= ROOM and not system.f_flag & os.ST_NOEXEC
    except (AttributeError, OSError):
        has_room = False
    if has_room and os.access(MEMORY, os.W_OK):
        with tempfile.TemporaryDirectory(prefix="lockenv-tests-", dir=MEMORY) as directory:
            yield {"TMPDIR": directory}
    else:
        yield {}


def _make() -> int:
    """Make the environment, unless the one that is there was made from the same."""
    source = _source()
    if STAMP.is_file() and STAMP.read_text("utf-8") == source:
        return 0
    if HOME.exists():
        shutil.rmtree(HOME)
    try:
        # Links, as `python -m venv` makes them: a copy that another copy makes does not know its interpreter.
        venv.create(HOME, with_pip=True, symlinks=os.name != "nt")
    except subprocess.CalledProcessError:
        sys.stderr.write("this Python cannot make environments with pip; Debian has that in the package python3-venv\n")
        return 2
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    code = _first_failure(
        # Wheels alone: what would build an sdist is pinned nowhere.
        [*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(PINS.relative_to(ROOT))],
        [*pip, "--no-index", "--no-deps", "--no-build-isolation", "--editable", "."],
    )
    if not code:
        STAMP.write_text(source, "utf-8")
    return code


def _source() -> str:
    """Return what identifies everything that the environment is made from."""
    files = (PINS, ROOT / "pyproject.toml", Path(__file__))
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return "\n".join([sys.version, sys.base_prefix, str(ROOT), *digests])


def _first_failure(*steps: list[str], variables: dict[str, str] | None = None) -> int:
    for step in steps:
        _say(Path(step[0]).name, *step[1:])
        code = subprocess.run(step, cwd=ROOT, env={**_variables(), **(variables or {})}, check=False).returncode
        if code:
            return code
    return 0


def _say(*command: str) -> None:
    sys.stderr.write(f"$ {' '.join(command)}\n")
    sys.stderr.flush()


def _variables() -> dict[str, str]:
    # The workers would compile all tests in each run, where byte-code may not be written.
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


if __name__ == "__main__":
    raise SystemExit(main())
