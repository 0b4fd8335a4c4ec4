"""The programs of docs/api.md run as they are, and the page names what the library offers."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lockenv
from tests.support.program import PYTHON, environment

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
LOCK_CHECK_SYNC, CHECK_ALONE, PINS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FOREIGN = """\
lock-version = "1.0"
created-by = "another-tool"
requires-python = ">=3.11"

[[packages]]
name = "idna"
version = "3.7"

[[packages.wheels]]
url = "https://files.example/idna-3.7-py3-none-any.whl"
hashes = { sha256 = "82fee1fc78add43492d3a1898bfa6d8a904cc97d8427f683ed8e798d07761aa0" }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    found = tmp_path / "offline-example"
    shutil.copytree(FIXTURES / "offline-example", found)
    return found


def locked_checked_synced(project: Path) -> subprocess.CompletedProcess[str]:
    """Run the first program with the index of the fixtures."""
    return with_index(project, LOCK_CHECK_SYNC)


def with_index(project: Path, program: str) -> subprocess.CompletedProcess[str]:
    (project.parent / "program.py").write_text(program, encoding="utf-8")
    command = f'exec "{PYTHON}" ../program.py . "$LOCKENV_INDEX_URL"'
    return subprocess.run(
        [PYTHON, FIXTURES / "serve.py", "--port", "0", "--", "/bin/sh", "-c", command],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
    )


def checked_alone(directory: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Run the second program on a lock with `text`."""
    (directory / "pylock.toml").write_text(text, encoding="utf-8")
    return subprocess.run(
        [PYTHON, "-c", CHECK_ALONE, "pylock.toml"],
        cwd=directory,
        env=environment(directory),
        capture_output=True,
        text=True,
        check=False,
    )


def test_programs_are_short() -> None:
    assert max(len(program.splitlines()) for program in (LOCK_CHECK_SYNC, CHECK_ALONE, PINS)) <= 30


@pytest.mark.slow
def test_first_program_locks_checks_and_syncs_the_example(project: Path) -> None:
    done = locked_checked_synced(project)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "added kettle-demo 2.1.0",
        "added saucer-demo 0.9.1",
        "added shortbread-demo 3.1.0",
        "added teapot-demo 1.2.0",
        "added thermos-demo 1.2.3",
        "added whistle-demo 0.5.0",
        "in sync: .venv",
    ]


def test_second_program_lists_what_a_lock_of_another_tool_installs(tmp_path: Path) -> None:
    done = checked_alone(tmp_path, FOREIGN)

    assert (done.returncode, done.stdout, done.stderr) == (0, "idna-3.7-py3-none-any.whl\n", "")


def test_second_program_names_the_place_of_what_is_not_valid(tmp_path: Path) -> None:
    done = checked_alone(tmp_path, FOREIGN.replace("82fee1fc", "not-hex!"))

    assert (done.returncode, done.stdout) == (1, "")
    assert "pylock.toml:11" in done.stderr


def test_second_program_refuses_a_lock_that_was_edited_since_lockenv_wrote_it(project: Path, tmp_path: Path) -> None:
    assert locked_checked_synced(project).returncode == 0
    text = (project / "pylock.toml").read_text("utf-8")

    done = checked_alone(tmp_path, text.replace('version = "2.1.0"', 'version = "2.1.1"'))

    assert done.returncode == 1


@pytest.mark.slow
def test_third_program_prints_the_pins_for_linux(project: Path) -> None:
    done = with_index(project, PINS)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "kettle-demo 2.1.0",
        "saucer-demo 0.9.1",
        "teapot-demo 1.2.0",
        "thermos-demo 1.2.3",
    ]


def test_third_program_says_why_there_is_no_answer(project: Path) -> None:
    declared = project / "pyproject.toml"
    declared.write_text(declared.read_text("utf-8").replace("teapot-demo>=1", "teapot-demo>=99"), encoding="utf-8")

    done = with_index(project, PINS)

    assert (done.returncode, done.stdout) == (1, "")
    assert "teapot-demo>=99" in done.stderr


def test_page_names_everything_that_is_offered() -> None:
    assert [name for name in lockenv.__all__ if f"`{name}" not in PAGE and f"lockenv.{name}" not in PAGE] == []


def test_stub_offers_what_the_package_offers() -> None:
    stub = (ROOT / "lockenv" / "__init__.pyi").read_text("utf-8")

    assert sorted(re.findall(r"\bas (\w+)", stub)) == sorted(set(lockenv.__all__) - {"__version__"})


@pytest.mark.parametrize("name", lockenv.__all__)
def test_offered_name_is_there(name: str) -> None:
    assert getattr(lockenv, name) is not None


def test_importing_the_package_loads_nothing_else() -> None:
    program = "import sys; before = set(sys.modules); import lockenv; print(*(set(sys.modules) - before))"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["lockenv"]


def test_sync_is_the_function_after_its_room_was_loaded() -> None:
    import lockenv.sync.plan

    assert lockenv.sync.__name__ == "sync"
    assert callable(lockenv.sync)
    assert not hasattr(lockenv, "no_such_name")
