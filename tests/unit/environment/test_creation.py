"""An environment is what `python -m venv` would have made, and a failure leaves nothing."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.configuration import read_configuration
from lockenv.environment.creation import create, discard, failure
from lockenv.environment.unfinished_environment import UnfinishedEnvironment, held
from lockenv.environment.venv import CREATING, RECORDS, open_environment
from lockenv.errors import InputError, MachineError, UsageError
from lockenv.files import faults
from lockenv.vocabulary.dataclasses import replace
from tests.support.children import exit_code, in_child
from tests.unit.environment.conftest import ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment

_SELF = (
    "import os, sys, sysconfig\n"
    "print(json.dumps([sys.path, sys.prefix, sys.exec_prefix, sys.base_prefix, list(sys.flags), sys.executable,"
    "sys.version, [sysconfig.get_path(name) for name in ('purelib', 'platlib', 'scripts', 'data', 'include')]]))"
)


def tree(root: Path) -> dict[str, str]:
    """Return each path below `root` with what it is: a link's target, a file's or a directory's mode."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        kind = "directory" if path.is_dir() else "file"
        text = f"-> {path.readlink()}" if path.is_symlink() else f"{kind} {stat.S_IMODE(status.st_mode):o}"
        found[str(path.relative_to(root))] = text
    return found


def test_environment_runs_as_one_of_the_standard_library(interpreter: Interpreter, tmp_path: Path) -> None:
    path = tmp_path / "env"
    subprocess.run([interpreter.executable, "-m", "venv", "--without-pip", str(path)], check=True)
    expected = ask(path / "bin" / "python", _SELF)
    path.rename(tmp_path / "reference")

    environment = create(str(path), interpreter)

    assert ask(environment.python, _SELF) == expected
    assert [environment.purelib, environment.platlib, environment.scripts, environment.data] == expected[-1][:4]


def test_every_name_of_the_interpreter_starts_it(interpreter: Interpreter, tmp_path: Path) -> None:
    environment = create(str(tmp_path / "env"), interpreter)
    minor = interpreter.version.rpartition(".")[0]

    prefixes = {
        ask(f"{environment.scripts}/{name}", "import sys\nprint(json.dumps(sys.prefix))")
        for name in ("python", "python3", f"python{minor}")
    }

    assert prefixes == {environment.root}


def test_environment_has_the_files_of_one_of_the_standard_library(interpreter: Interpreter, tmp_path: Path) -> None:
    subprocess.run([interpreter.executable, "-m", "venv", "--without-pip", str(tmp_path / "reference")], check=True)
    create(str(tmp_path / "env"), interpreter)
    minor = interpreter.version.rpartition(".")[0]

    ours, theirs = tree(tmp_path / "env"), tree(tmp_path / "reference")

    # Versions differ: 3.11 to 3.13 make a directory for headers that stays empty, 3.13 ignores itself in git.
    varying = {f"include/python{minor}", f"bin/python{minor}", ".gitignore"}
    assert theirs.keys() - ours.keys() - varying == set()
    assert ours.keys() - theirs.keys() - varying == {
        ".lockenv",
        ".lockenv/boot",
        ".lockenv/environment.json",
        ".lockenv/lock",
        "bin/activate.nu",
    }


def test_opening_returns_what_creation_returned(interpreter: Interpreter, tmp_path: Path) -> None:
    created = create(str(tmp_path / "env"), interpreter, prompt="shown")

    assert open_environment(str(tmp_path / "env")) == created
    assert (created.version, created.base, created.prompt) == (interpreter.version, interpreter.executable, "shown")


def test_configuration_is_that_of_pep_405(make: Callable[..., Environment], running: Interpreter) -> None:
    assert read_configuration(make(prompt="shown").root) == {
        "home": os.path.dirname(running.executable),
        "include-system-site-packages": "false",
        "version": running.version,
        "implementation": "CPython",
        "prompt": "shown",
        "executable": running.executable,
    }


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_umask_changes_no_mode(make: Callable[..., Environment], tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        make()
    finally:
        os.umask(before)

    kinds = {text for text in tree(tmp_path / "env").values() if not text.startswith("->")}
    assert kinds | {f"{stat.S_IMODE((tmp_path / 'env').stat().st_mode):o}"} == {"directory 755", "file 644", "755"}


def test_record_lists_every_file_and_link(make: Callable[..., Environment], running: Interpreter) -> None:
    environment = make()

    with open(f"{environment.records}/environment.json", "rb") as file:
        record = json.load(file)

    assert record["interpreter"]["executable"] == running.executable
    assert record["links"]["bin/python3"] == "python"
    assert {".gitignore", "bin/activate", "pyvenv.cfg"} <= record["files"].keys()


@pytest.mark.parametrize(
    "name", ["a b", "o'clock", 'say "x"', "$HOME", "`id`", "ünï", "semi;colon", "back\\slash", "100%"]
)
def test_odd_directory_names_serve(make: Callable[..., Environment], name: str) -> None:
    environment = make(name)

    assert ask(environment.python, "import sys\nprint(json.dumps(sys.prefix))") == environment.root


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("a:b", "which separates entries of PATH"),
        ("a\nb", "control character"),
        (os.fsdecode(b"a\xffb"), "is not UTF-8 text"),
    ],
)
def test_impossible_directory_names_are_refused(
    make: Callable[..., Environment], tmp_path: Path, name: str, word: str
) -> None:
    with pytest.raises(UsageError, match=word):
        make(name)
    assert list(tmp_path.iterdir()) == []


def test_prompt_is_the_name_of_the_project_for_a_hidden_directory(
    make: Callable[..., Environment], tmp_path: Path
) -> None:
    assert (make(".venv").prompt, make("env").prompt) == (tmp_path.name, "env")


def test_an_empty_directory_may_become_an_environment(make: Callable[..., Environment], tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()

    assert open_environment(str(tmp_path / "env")) is None
    assert make().root == str(tmp_path / "env")


def test_a_directory_that_holds_only_our_lock_may_become_an_environment(
    make: Callable[..., Environment], tmp_path: Path
) -> None:
    (tmp_path / "env" / RECORDS).mkdir(parents=True)
    (tmp_path / "env" / RECORDS / "lock").write_text("")

    assert open_environment(str(tmp_path / "env")) is None
    assert make().root == str(tmp_path / "env")
    assert (tmp_path / "env" / RECORDS / "lock").exists()


def test_a_creation_that_was_killed_is_begun_again(
    make: Callable[..., Environment], tmp_path: Path, running: Interpreter
) -> None:
    expected = tree(tmp_path / "env") if make() else {}
    for name in ("pyvenv.cfg", "bin/activate"):
        (tmp_path / "env" / name).unlink()
    (tmp_path / "env" / RECORDS / CREATING).write_text("")
    (tmp_path / "env" / "lib" / "python3.99").mkdir()

    assert open_environment(str(tmp_path / "env")) is None
    create(str(tmp_path / "env"), running)
    assert tree(tmp_path / "env") == expected


def test_creating_over_an_environment_is_refused(make: Callable[..., Environment], tmp_path: Path) -> None:
    make()
    before = tree(tmp_path)

    with pytest.raises(InputError, match="is already a virtual environment; nothing was changed"):
        make()
    assert tree(tmp_path) == before


def test_creating_where_something_is_is_refused(make: Callable[..., Environment], tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "thesis.tex").write_text("years of work")

    with pytest.raises(InputError, match="is not a virtual environment"):
        make()
    assert [path.name for path in (tmp_path / "env").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("was_there", [False, True])
def test_failure_in_the_middle_leaves_nothing(running: Interpreter, tmp_path: Path, was_there: bool) -> None:
    path = tmp_path / "env"
    if was_there:
        path.mkdir()
    odd = replace(running, scripts="x" * 256)

    with pytest.raises(MachineError, match=r"cannot create the environment .*: File name too long"):
        create(str(path), odd)
    assert open_environment(str(path)) is None
    assert (path.exists(), tree(path)) == (
        was_there,
        {".lockenv": "directory 755", ".lockenv/lock": "file 644"} if was_there else {},
    )


@pytest.mark.parametrize(
    ("names", "named"),
    [
        (("/usr/bin/python3", None, "/env/bin/python"), "/env/bin/python"),
        (("/env/bin",), "/env/bin"),
        (("known_only_within_its_directory",), "/env"),
    ],
)
def test_failure_names_what_could_not_be_made(names: tuple[str | None, ...], named: str) -> None:
    """A link, and not what it points to."""
    full = OSError(errno.ENOSPC, "No space left on device", *names)

    assert failure(full, "/env").message == f"cannot create the environment /env: {named}: No space left on device"


def test_file_system_without_links_is_named(running: Interpreter, tmp_path: Path) -> None:
    faults.arm("venv.symlink:1:EPERM")
    try:
        with pytest.raises(MachineError) as caught:
            create(str(tmp_path / "env"), running)
    finally:
        faults.arm("")

    assert "is on a file system without symbolic links" in caught.value.message
    assert "directory on another file system" in caught.value.hint
    assert not (tmp_path / "env").exists()


def test_two_processes_that_create_it_at_once_make_one_environment(running: Interpreter, tmp_path: Path) -> None:
    path = tmp_path / "env"
    create(str(path), running)
    expected = tree(path)
    shutil.rmtree(path)
    code = (
        "import os, sys\n"
        "from lockenv.environment.creation import create\n"
        "from lockenv.environment.interpreter import probe\n"
        "from lockenv.errors import InputError\n"
        f"found = probe({running.executable!r}, cache_dir={str(tmp_path / 'cache')!r}, environ=os.environ)\n"
        "sys.stdin.read()\n"
        "try:\n"
        f"    create({str(path)!r}, found)\n"
        "except InputError as error:\n"
        "    assert 'is already' in str(error)\n"
    )
    several = [subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) for _ in range(3)]
    for one in several:
        assert one.stdin is not None
        one.stdin.close()

    assert [one.wait() for one in several] == [0, 0, 0]
    assert tree(path) == expected


def killed(root: str, interpreter: Interpreter, number: int) -> bool:
    """Create the environment in a process that dies at its `number`-th write; return whether it died."""
    return in_child(create, root, interpreter, fault=f"venv.*:{number}:kill") != 0


@pytest.mark.slow
def test_creation_killed_anywhere_can_be_repeated(running: Interpreter, tmp_path: Path) -> None:
    path = tmp_path / "env"
    create(str(path), running)
    expected = tree(path)
    shutil.rmtree(path)
    number = 1
    while killed(str(path), running, number):
        if open_environment(str(path)) is None:
            create(str(path), running)
        assert tree(path) == expected
        shutil.rmtree(path)
        number += 1

    assert number > 20


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ENOSPC", "EACCES", "short"])
def test_creation_that_fails_anywhere_leaves_nothing(running: Interpreter, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "env"
    number = 1
    while True:
        faults.arm(f"venv.*:{number}:{kind}")
        try:
            create(str(path), running)
            break
        except MachineError:
            assert list(tmp_path.iterdir()) == []
            number += 1
        finally:
            faults.arm("")

    assert number > 20


def test_discarding_leaves_nothing(make: Callable[..., Environment], tmp_path: Path) -> None:
    discard(make())

    assert list(tmp_path.iterdir()) == []


def test_environment_that_somebody_filled_is_not_discarded(make: Callable[..., Environment]) -> None:
    environment = make()
    os.mkdir(f"{environment.purelib}/a-1.dist-info")
    discard(environment)

    assert open_environment(environment.root) == environment


def test_nothing_is_run(running: Interpreter, tmp_path: Path) -> None:
    # In a process of its own, as an audit hook stays.
    code = exit_code(create_alone, str(tmp_path / "env"), running)

    assert (code, open_environment(str(tmp_path / "env")) is not None) == (0, True)


def create_alone(path: str, interpreter: Interpreter) -> int:
    """Create an environment in a process that ends with 1 as soon as it starts another."""
    starts = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork")
    sys.addaudithook(lambda event, _: os._exit(1) if event in starts else None)
    create(path, interpreter)
    return 0


def test_unfinished_environment_is_what_was_said_of_it_before(interpreter: Interpreter, tmp_path: Path) -> None:
    root = str(tmp_path / "environment")
    with held(root):
        unfinished = UnfinishedEnvironment(root, interpreter)
        unfinished.begin()
        unfinished.fill()
        unfinished.finish()

    assert open_environment(root) == unfinished.environment
