"""What a command may not load: start-up is run time, and the quick commands must stay quick."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.program import PYTHON, environment

if TYPE_CHECKING:
    from pathlib import Path

_HEAVY = frozenset({"requests", "urllib3", "rich", "resolvelib", "truststore", "tomlkit", "installer", "msgspec"})
_DEAR = frozenset({"packaging", "email", "http", "ssl", "socket", "tempfile", "concurrent", "asyncio", "logging"})
_OF_TEXTS = frozenset(
    {"collections", "contextlib", "datetime", "enum", "functools", "operator", "re", "tomllib", "types", "typing"}
)

_COUNT_EXPRESSIONS = """\
import re, sys
compiled = 0
compile = re.compile
def counted(*args, **kwargs):
    global compiled
    compiled += 1
    return compile(*args, **kwargs)
re.compile = counted
"""

_LIST_AT_EXEC = """\
import os, sys
def listed(event, args):
    if event == "os.exec":
        print()
        print(0, *sorted(sys.modules), flush=True)
        os._exit(0)
sys.addaudithook(listed)
"""

_LIST_MODULES = """\
import sys
from lockenv.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
sys.stdout = sys.__stdout__
print()
print(code or 0, globals().get("compiled", ""), *sorted(sys.modules))
"""


_OF_PROGRESS = {"lockenv.console.frame", "lockenv.console.wrapping"}
"""Loaded for a line of progress, which is written where a run takes long: on a busy machine any may."""


def loaded(cwd: Path, *args: str) -> frozenset[str]:
    """Return the top-level modules that a successful run of the program holds at its end."""
    return frozenset(name.partition(".")[0] for name in loaded_whole(cwd, *args))


def loaded_whole(cwd: Path, *args: str) -> frozenset[str]:
    """Return all modules that a successful run of the program holds at its end, however long it took."""
    return frozenset(_run(cwd, _LIST_MODULES, *args)) - _OF_PROGRESS


def compiled(cwd: Path, *args: str) -> int:
    """Return how many regular expressions a successful run of the program compiles."""
    return int(_run(cwd, _COUNT_EXPRESSIONS + _LIST_MODULES, *args)[0])


def _run(cwd: Path, code: str, *args: str) -> list[str]:
    done = subprocess.run(
        [PYTHON, "-I", "-S", "-c", _PATHS + code, *args],
        cwd=cwd,
        env=environment(cwd),
        capture_output=True,
        text=True,
        check=True,
    )
    ended, *names = done.stdout.splitlines()[-1].split()
    assert ended == "0", done.stderr
    return names


def _paths() -> str:
    import lockenv

    packages = [path for path in __import__("sys").path if path]
    root = lockenv.__path__[0].rpartition("/")[0]
    return f"import sys\nsys.path += {[root, *packages]!r}\n"


_PATHS = _paths()
"""Given instead of `site`, whose .pth files may load modules of their own."""


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("lock", "--help")], ids=" ".join)
def test_help_loads_nothing_heavy(tmp_path: Path, args: tuple[str, ...]) -> None:
    directory = tmp_path / "empty"
    directory.mkdir()

    assert loaded(directory, *args) & (_HEAVY | _DEAR) == frozenset()


def test_check_loads_no_resolver_network_or_terminal(locked: Path) -> None:
    assert loaded(locked, "check") & (_HEAVY | _DEAR) == frozenset()


def test_sync_with_nothing_to_do_loads_no_resolver_network_or_terminal(synced: Path) -> None:
    assert loaded(synced, "sync") & (_HEAVY | _DEAR) == frozenset()


def test_sync_with_nothing_to_do_loads_little_of_the_standard_library(synced: Path) -> None:
    loaded(synced, "sync")  # the first one after a change looks at all files

    dear = {
        "argparse",
        "collections",
        "contextlib",
        "enum",
        "functools",
        "gettext",
        "hashlib",
        "importlib",
        "locale",
        "re",
        "typing",
    }
    assert loaded(synced, "sync") & dear == frozenset()


def test_run_with_nothing_to_do_loads_little(synced: Path) -> None:
    """Python calls the audit hook before the process becomes the command."""
    dear = {"argparse", "datetime", "gettext", "hashlib", "importlib.metadata", "locale", "re", "tomllib", "typing"}
    ours = {
        "operations.lock",
        "operations.script",
        "lockfile.lock",
        "builds.build_lock",
        "report",
        "vocabulary.markers",
    }
    _run(synced, _LIST_MODULES, "sync")  # the first one after a change looks at all files

    names = set(_run(synced, _LIST_AT_EXEC + _LIST_MODULES, "run", "python"))

    assert names & (dear | {f"lockenv.{name}" for name in ours} | _HEAVY | _DEAR) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="of other systems it is asked what they are")
@pytest.mark.parametrize("args", [("sync",), ("sync", "-q")], ids=" ".join)
def test_known_wheels_are_installed_with_little_of_the_standard_library(locked: Path, args: tuple[str, ...]) -> None:
    """The first sync remembers the wheels, and the second keeps plans of what is linked."""
    dear = {"argparse", "collections", "contextlib", "enum", "functools", "hashlib", "importlib", "json", "keyword"}
    dear |= {"operator", "re", "signal", "subprocess", "tomllib", "types", "typing", "unicodedata", "zlib"}

    for _ in range(3):
        shutil.rmtree(locked / ".venv", ignore_errors=True)
        names = loaded_whole(locked, *args)

    assert "lockenv.sync.fresh_installation" in names
    assert names & {"lockenv.vocabulary.compiled_patterns", "lockenv.environment.interpreter_locations"} == set()
    assert {name.partition(".")[0] for name in names} & (dear | _HEAVY | _DEAR) == set()
    assert sum(name.partition(".")[0] == "lockenv" for name in names) <= 87, sorted(names)


def test_sync_loads_no_resolver(locked: Path) -> None:
    assert loaded(locked, "sync") & {"resolvelib"} == frozenset()


def test_lock_without_a_conflict_loads_no_installer_and_no_resolvelib(project: Path) -> None:
    assert loaded(project, "lock") & {"installer", "resolvelib"} == frozenset()


@pytest.mark.parametrize("args", [("tree",), ("why", "lib"), ("coverage",)], ids=" ".join)
def test_explaining_a_lock_in_a_pipe_loads_no_resolver_network_or_terminal(locked: Path, args: tuple[str, ...]) -> None:
    assert loaded(locked, *args) & (_HEAVY | _DEAR) == frozenset()


def test_commands_that_explain_nothing_load_no_graph(synced: Path) -> None:
    explaining = {
        f"lockenv.lockfile.{name}" for name in ("graph", "declared", "chains", "coverage_matrix", "tree_view")
    }

    for args in (("check",), ("sync",), ("lock",)):
        assert loaded_whole(synced, *args) & explaining == frozenset()


def test_quick_commands_compile_few_regular_expressions(synced: Path) -> None:
    """Each costs some hundred microseconds. The limits are what was counted, and three more for other Pythons."""
    compiled(synced, "sync")  # the first one after a change looks at all files
    most = {"sync": 0, "check": 25, "lock": 26}

    counted = {name: compiled(synced, name) for name in most}
    assert {name: number for name, number in counted.items() if number > most[name]} == {}


@pytest.mark.parametrize("command", ["check", "lock"])
def test_answer_that_is_known_loads_little(locked: Path, command: str) -> None:
    dear = {"argparse", "collections", "contextlib", "enum", "functools", "hashlib", "importlib", "re", "typing"}
    loaded(locked, command)

    names = loaded_whole(locked, command)

    assert names & dear == frozenset()
    assert sum(name.partition(".")[0] == "lockenv" for name in names) <= 38, sorted(names)


@pytest.mark.parametrize(
    ("line", "own", "all_of_them"),
    [
        ("sync", 59, 95),
        ("check", 82, 124),
        ("lock", 107, 149),
        ("lock --upgrade", 167, 213),
        ("tree", 104, 146),
        ("verify", 164, 250),
    ],
)
def test_frequent_commands_load_no_more_modules_than_they_did(
    synced: Path, line: str, own: int, all_of_them: int
) -> None:
    """Each costs some hundred microseconds. These are counts, and up to ten of the library differ between Pythons."""
    loaded(synced, "sync")  # the first one after a change looks at all files

    loaded(synced, *line.split())  # and what is not known yet is read and compiled
    forget_answers(synced)

    names = loaded_whole(synced, *line.split())

    ours = sum(name.partition(".")[0] == "lockenv" for name in names)
    assert ours <= own, sorted(names)
    assert len(names) <= all_of_them + 10, sorted(names)


def test_lock_from_what_the_cache_has_loads_nothing_that_asks_servers(locked: Path) -> None:
    dear = {"argparse", "fnmatch", "hashlib", "importlib", "ipaddress", "pathlib", "subprocess", "threading", "urllib"}
    (locked / "pylock.toml").unlink()

    names = loaded_whole(locked, "lock")

    assert {name.partition(".")[0] for name in names} & (dear | _HEAVY | _DEAR) == set()
    assert sum(name.partition(".")[0] == "lockenv" for name in names) <= 169, sorted(names)
    assert len(names) <= 243 + 10, sorted(names)


def test_lock_after_a_change_loads_nothing_that_asks_servers(locked: Path) -> None:
    dear = {"argparse", "fnmatch", "hashlib", "importlib", "ipaddress", "pathlib", "subprocess", "threading", "urllib"}
    text = (locked / "pyproject.toml").read_text("utf-8")
    (locked / "pyproject.toml").write_text(text.replace('"app>=1"', '"app>=1", "lib"'), "utf-8")

    names = loaded_whole(locked, "lock")

    assert {name.partition(".")[0] for name in names} & (dear | _HEAVY | _DEAR) == set()
    assert sum(name.partition(".")[0] == "lockenv" for name in names) <= 177, sorted(names)


def forget_answers(project: Path) -> None:
    """Have the next command answer in full."""
    for known in project.with_name(f"{project.name}.cache").glob("proofs-v1/*-answer"):
        known.unlink()


@pytest.mark.parametrize("command", ["lock", "check"])
def test_command_that_read_and_compiled_before_loads_no_toml_and_no_expressions(locked: Path, command: str) -> None:
    for _ in range(2):
        forget_answers(locked)
        names = loaded_whole(locked, command)

    assert names & _OF_TEXTS == frozenset()


def test_lock_from_what_the_cache_has_loads_no_toml_and_no_expressions(locked: Path) -> None:
    for _ in range(2):
        (locked / "pylock.toml").unlink()
        names = loaded_whole(locked, "lock", "-q")

    assert names & _OF_TEXTS == frozenset()


def test_lock_after_a_change_loads_no_toml_and_no_expressions(locked: Path) -> None:
    text, lock = ((locked / name).read_text("utf-8") for name in ("pyproject.toml", "pylock.toml"))
    (locked / "pyproject.toml").write_text(text.replace('"app>=1"', '"app>=1", "lib"'), "utf-8")
    for _ in range(2):
        (locked / "pylock.toml").write_text(lock, "utf-8")
        names = loaded_whole(locked, "lock", "-q")

    assert names & _OF_TEXTS == frozenset()


def test_lock_from_what_the_cache_has_compiles_few_regular_expressions(locked: Path) -> None:
    (locked / "pylock.toml").unlink()

    assert compiled(locked, "lock") <= 41
