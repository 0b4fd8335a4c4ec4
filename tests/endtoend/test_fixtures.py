"""The offline index and the examples that the README starts from."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from pathlib import Path

from tests.support.locks import pins
from tests.support.program import PYTHON, environment

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"


def serve(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, FIXTURES / "serve.py", "--port", "0", "--", *command],
        cwd=cwd,
        env=environment(cwd),
        capture_output=True,
        text=True,
        check=False,
    )


def test_index_holds_what_its_script_writes() -> None:
    wanted = runpy.run_path(str(FIXTURES / "build.py"))["contents"]()
    found = [path for part in ("files", "simple") for path in (FIXTURES / part).rglob("*") if path.is_file()]

    assert {path.relative_to(FIXTURES).as_posix(): path.read_bytes() for path in found} == wanted


def test_serving_ends_with_the_exit_code_of_the_command(tmp_path: Path) -> None:
    directory = tmp_path / "here"
    directory.mkdir()
    read = (
        "import os, sys, urllib.request as u; u.urlopen(os.environ['LOCKENV_INDEX_URL'] + 'kettle-demo/'); sys.exit(3)"
    )

    done = serve(PYTHON, "-c", read, cwd=directory)

    assert (done.returncode, done.stderr) == (3, "")


def test_offline_example_locks_syncs_and_runs(tmp_path: Path) -> None:
    project = tmp_path / "offline-example"
    shutil.copytree(FIXTURES / "offline-example", project)
    steps = f"set -e; l='{PYTHON} -m lockenv'; $l lock; $l sync --extra biscuits; $l check; $l run teapot"

    done = serve("/bin/sh", "-c", steps, cwd=project)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        "tea from kettle-demo 2.1.0, saucer-demo 0.9.1, shortbread-demo 3.1.0, teapot-demo 1.2.0, thermos-demo 1.2.3"
    )
    assert pins(project) == [
        "kettle-demo 2.1.0",
        "saucer-demo 0.9.1",
        "shortbread-demo 3.1.0",
        "teapot-demo 1.2.0",
        "thermos-demo 1.2.3",
        "whistle-demo 0.5.0",
    ]
    assert os.path.isdir(project / ".venv")
