"""What a probe reports is what the interpreter itself, and packaging inside it, would report."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import metadata
from typing import TYPE_CHECKING

import pytest
from packaging.specifiers import SpecifierSet
from packaging.tags import compatible_tags, cpython_tags, platform_tags

from lockenv.environment.interpreter import FOLDER, Interpreter, probe, remembered
from lockenv.errors import MachineError
from tests.unit.environment.conftest import ask

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGING = """
from packaging.tags import sys_tags
from packaging.markers import default_environment
print(json.dumps([[str(tag) for tag in sys_tags()], default_environment()]))
"""

# The expressions are those of the table in the dependency specifiers specification.
_MARKERS = """
import os, platform, sys
info = sys.implementation.version
print(json.dumps({
    "implementation_name": sys.implementation.name,
    "implementation_version": "{0.major}.{0.minor}.{0.micro}".format(info) + (
        "" if info.releaselevel == "final" else info.releaselevel[0] + str(info.serial)
    ),
    "os_name": os.name,
    "platform_machine": platform.machine(),
    "platform_python_implementation": platform.python_implementation(),
    "platform_release": platform.release(),
    "platform_system": platform.system(),
    "platform_version": platform.version(),
    "python_full_version": platform.python_version(),
    "python_version": ".".join(platform.python_version_tuple()[:2]),
    "sys_platform": sys.platform,
}))
"""


def _expected(executable: str, version: str, packaging_path: str) -> tuple[list[str], dict[str, str]]:
    """What packaging says in the interpreter, or of a CPython of this machine that is too old to load packaging."""
    minor = tuple(int(part) for part in version.split(".")[:2])
    if version in SpecifierSet(metadata("packaging")["Requires-Python"]):
        tags, markers = ask(executable, _PACKAGING, PYTHONPATH=packaging_path)
        return tags, markers
    short = f"cp{minor[0]}{minor[1]}"
    platforms = list(platform_tags())
    found = [*cpython_tags(minor, [short], platforms), *compatible_tags(minor, short, platforms)]
    return [str(tag) for tag in found], ask(executable, _MARKERS)


def test_tags_and_markers_are_those_of_packaging_in_that_interpreter(
    executable: str, interpreter: Interpreter, packaging_path: str
) -> None:
    found = (list(interpreter.target.tags), dict(interpreter.target.environment))

    assert found == _expected(executable, interpreter.version, packaging_path)


def test_interpreter_reports_what_sysconfig_says(executable: str, interpreter: Interpreter) -> None:
    reported = ask(
        executable,
        "import os, platform, sys, sysconfig\n"
        "print(json.dumps([os.path.realpath(sys.executable), platform.python_version(), sys.implementation.name,"
        "sys.prefix, sysconfig.get_path('stdlib'), sys.maxsize > 2**32]))",
    )

    assert reported == [
        interpreter.executable,
        interpreter.version,
        interpreter.implementation,
        interpreter.prefix,
        interpreter.stdlib,
        interpreter.is_64bit,
    ]


def test_python_variables_of_the_user_do_not_reach_the_interpreter(running: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('planted')")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONHOME": str(tmp_path), "PYTHONSTARTUP": "x"}

    assert probe(running.executable, cache_dir=str(tmp_path / "cache"), environ=environ) == running


def test_kept_answer_has_the_text_of_the_first_one(running: Interpreter, tmp_path: Path) -> None:
    """Digests are of it: a selection that is remembered by a first sync has to be known to the second."""
    cache = str(tmp_path / "cache")
    first, second = (probe(running.executable, cache_dir=cache, environ=os.environ) for _ in range(2))

    assert repr(second) == repr(first)


def test_what_is_remembered_is_what_a_probe_answers(running: Interpreter, tmp_path: Path) -> None:
    cache_dir = str(tmp_path / "cache")
    assert remembered(sys.executable, cache_dir=cache_dir) is None

    found = probe(sys.executable, cache_dir=cache_dir, environ=os.environ)

    assert remembered(sys.executable, cache_dir=cache_dir) == found == running


def test_second_probe_runs_nothing(running: Interpreter, cache_dir: str) -> None:
    code = (
        "import os, sys\n"
        "from lockenv.environment.interpreter import probe\n"
        "ran = []\n"
        "starts = ('subprocess.Popen', 'os.exec', 'os.fork', 'os.posix_spawn')\n"
        "sys.addaudithook(lambda event, _: event in starts and ran.append(event))\n"
        f"found = probe({running.executable!r}, cache_dir={cache_dir!r}, environ=os.environ)\n"
        "heavy = {'packaging', 'subprocess', 'json', 'hashlib', 'tempfile'}\n"
        "print(found.version, ran, sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.split("\n")[0] == f"{running.version} [] []"


def test_second_probe_answers_the_same(executable: str, interpreter: Interpreter, cache_dir: str) -> None:
    assert probe(executable, cache_dir=cache_dir, environ={}) == interpreter


def test_changed_executable_is_asked_again(tmp_path: Path) -> None:
    script, cache = tmp_path / "python", str(tmp_path / "cache")
    link = tmp_path / "elsewhere"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    before = probe(str(script), cache_dir=cache, environ=os.environ)
    script.write_text(f'#!/bin/sh\necho asked >>{link}\nexec {sys.executable} "$@"\n')

    assert (probe(str(script), cache_dir=cache, environ=os.environ), link.read_text()) == (before, "asked\n")


@pytest.mark.parametrize("position", [0, 20, 600, -1])
def test_damaged_cache_is_asked_again(running: Interpreter, tmp_path: Path, position: int) -> None:
    cache = str(tmp_path)
    probe(running.executable, cache_dir=cache, environ=os.environ)
    (kept,) = (tmp_path / FOLDER).iterdir()
    content = bytearray(kept.read_bytes())
    whole = bytes(content)
    content[position] ^= 1
    kept.write_bytes(content)

    assert probe(running.executable, cache_dir=cache, environ=os.environ) == running
    assert kept.read_bytes() == whole


def test_cache_that_cannot_be_written_costs_only_time(running: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert probe(running.executable, cache_dir=str(tmp_path / "file"), environ=os.environ) == running


def test_executable_in_an_environment_counts_as_its_base(running: Interpreter, cache_dir: str, tmp_path: Path) -> None:
    subprocess.run([running.executable, "-m", "venv", "--without-pip", "--copies", str(tmp_path / "env")], check=True)

    assert probe(str(tmp_path / "env" / "bin" / "python3"), cache_dir=cache_dir, environ=os.environ) == running


def test_missing_executable_is_an_error_of_the_machine(tmp_path: Path, cache_dir: str) -> None:
    with pytest.raises(MachineError, match=r"gone cannot be run: No such file or directory"):
        probe(str(tmp_path / "gone"), cache_dir=cache_dir, environ=os.environ)


@pytest.mark.parametrize("body", ["exit 3", "echo hello", "echo '{}'", "echo '[1]'", "kill -9 $$", "yes"])
def test_program_that_is_no_python_is_an_error_of_the_machine(tmp_path: Path, cache_dir: str, body: str) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)

    with pytest.raises(MachineError, match="is not a usable Python interpreter"):
        probe(str(program), cache_dir=cache_dir, environ=os.environ)


def test_python_older_than_supported_is_an_error_that_says_so(tmp_path: Path, cache_dir: str) -> None:
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\n{sys.executable} "$@" | sed \'s/"version": "[0-9.]*"/"version": "3.7.9"/\'\n')
    program.chmod(0o755)

    with pytest.raises(MachineError, match=r"is Python 3\.7\.9, which is older than 3\.8"):
        probe(str(program), cache_dir=cache_dir, environ=os.environ)
