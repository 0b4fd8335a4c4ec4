"""Every tampering is found and named; what is as it has to be is sound, wherever it is."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.fingerprint import fingerprint
from lockenv.environment.scan import encoded, survey
from lockenv.environment.venv import open_environment
from lockenv.environment.verify import (
    ByteCode,
    EnvironmentDiffers,
    EnvironmentMatches,
    ExpectedFile,
    FileDifference,
    verify,
)
from tests.unit.environment.conftest import ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment


class Installation:
    """An environment that holds one small distribution with a module, data and a script."""

    def __init__(self, environment: Environment, interpreter: Interpreter) -> None:
        self.environment = environment
        self.interpreter = interpreter
        self.site = os.path.relpath(environment.purelib, environment.root)
        self.expected: list[ExpectedFile] = []
        script = f"#!{environment.python}\nimport a\n".encode()
        self.put(f"{self.site}/a/__init__.py", b"x = 1\n")
        self.put(f"{self.site}/a/empty.txt", b"")
        self.put("bin/a", script, 0o755)
        self.put("share/doc/a.txt", b"text\n")
        rows = f"a/__init__.py,sha256=xyz,6\n../../../bin/a,sha256={encoded(sha256(script).digest())},{len(script)}\n"
        self.put(f"{self.site}/a-1.dist-info/RECORD", rows.encode())

    def path(self, name: str) -> str:
        return os.path.join(self.environment.root, name)

    def put(self, name: str, content: bytes, mode: int = 0o644) -> None:
        self.write(name, content, mode)
        self.expected.append(ExpectedFile(name, encoded(sha256(content).digest()), mode, "a 1"))

    def write(self, name: str, content: bytes, mode: int = 0o644) -> None:
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(content)
        os.chmod(self.path(name), mode)

    def verify(
        self, bytecode: ByteCode = "compile", allow_extra: tuple[str, ...] = (), damaged: tuple[str, ...] = ()
    ) -> EnvironmentMatches | EnvironmentDiffers:
        return verify(
            self.environment,
            self.expected,
            interpreter=self.interpreter,
            environ=os.environ,
            bytecode=bytecode,
            allow_extra=allow_extra,
            damaged=damaged,
        )

    def problems(self, bytecode: ByteCode = "compile", allow_extra: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        answer = self.verify(bytecode, allow_extra)
        return [(each.path, each.problem) for each in answer.findings] if isinstance(answer, EnvironmentDiffers) else []


@pytest.fixture
def installation(make: Callable[..., Environment], running: Interpreter) -> Installation:
    return Installation(make(), running)


def test_untouched_environment_is_sound(installation: Installation) -> None:
    assert installation.verify() == EnvironmentMatches(fingerprint=fingerprint(installation.environment), files=16)


def test_empty_environments_of_all_interpreters_are_sound(interpreter: Interpreter, tmp_path: Path) -> None:
    from lockenv.environment.creation import create

    environment = create(str(tmp_path / "env"), interpreter)

    assert isinstance(verify(environment, [], interpreter=interpreter, environ=os.environ), EnvironmentMatches)


def test_environment_of_the_standard_library_is_sound(running: Interpreter, tmp_path: Path) -> None:
    subprocess.run([running.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    environment = open_environment(str(tmp_path / "env"))
    assert environment is not None

    assert isinstance(verify(environment, [], interpreter=running, environ=os.environ), EnvironmentMatches)


TAMPERING: dict[str, tuple[str, str]] = {
    "content": ("SITE/a/__init__.py", "changed"),
    "byte appended": ("SITE/a/empty.txt", "changed"),
    "deletion": ("SITE/a/empty.txt", "missing"),
    "addition": ("SITE/a/new.py", "foreign"),
    "top-level addition": ("SITE/evil.pth", "foreign"),
    "addition in root": ("evil.txt", "foreign"),
    "program": ("bin/pip", "foreign"),
    "mode": ("bin/a", "mode"),
    "setuid": ("bin/a", "mode"),
    "link for file": ("SITE/a/__init__.py", "link"),
    "added link": ("SITE/a/other", "foreign"),
    "directory for file": ("SITE/a/empty.txt", "changed"),
    "script": ("bin/a", "changed"),
    "RECORD": ("SITE/a-1.dist-info/RECORD", "changed"),
    "data": ("share/doc/a.txt", "changed"),
    "activation": ("bin/activate", "changed"),
    "configuration": ("pyvenv.cfg", "changed"),
    "interpreter link": ("bin/python", "link"),
    "another interpreter link": ("bin/python3.99", "foreign"),
    "pipe": ("SITE/a/pipe", "foreign"),
    "empty directory": ("SITE/ns/", "foreign"),
    "empty directory in root": ("var/", "foreign"),
    "interrupted": (".lockenv/journal", "interrupted"),
    "content of the lock": (".lockenv/lock", "changed"),
    "directory that the group may change": ("SITE/a/", "mode"),
    "directory that all may change": ("share/", "mode"),
}


def tamper(kind: str, path: str) -> None:
    match kind:
        case "deletion":
            os.unlink(path)
        case "mode" | "directory that the group may change":
            os.chmod(path, 0o775)
        case "directory that all may change":
            os.chmod(path, 0o757)
        case "setuid":
            os.chmod(path, 0o4755)
        case "link for file" | "added link" | "interpreter link" | "another interpreter link":
            if os.path.lexists(path):
                os.unlink(path)
            os.symlink("/usr/bin/true", path)
        case "directory for file":
            os.unlink(path)
            os.mkdir(path)
        case "pipe":
            os.mkfifo(path)
        case "empty directory" | "empty directory in root":
            os.mkdir(path)
        case _:
            with open(path, "ab") as file:
                file.write(b"#")


@pytest.mark.parametrize("kind", TAMPERING)
def test_every_tampering_is_named(installation: Installation, kind: str) -> None:
    name, problem = (text.replace("SITE", installation.site) for text in TAMPERING[kind])
    tamper(kind, installation.path(name))

    assert installation.problems() == [(name, problem)]


def test_rename_names_both_paths(installation: Installation) -> None:
    os.rename(installation.path(f"{installation.site}/a/__init__.py"), installation.path(f"{installation.site}/a/b.py"))

    assert installation.problems() == [
        (f"{installation.site}/a/__init__.py", "missing"),
        (f"{installation.site}/a/b.py", "foreign"),
    ]


def test_difference_names_its_owner(installation: Installation) -> None:
    installation.write("share/doc/a.txt", b"other\n")
    answer = installation.verify()

    assert isinstance(answer, EnvironmentDiffers)
    assert answer.findings == (
        FileDifference(
            "share/doc/a.txt",
            "changed",
            f"its sha256 is {encoded(sha256(b'other' + os.linesep.encode()).digest())}, "
            f"not {encoded(sha256(b'text' + os.linesep.encode()).digest())}",
            "a 1",
        ),
    )


def test_allowed_extras_are_no_difference(installation: Installation) -> None:
    installation.write("share/notes/mine.txt", b"")

    assert installation.problems(allow_extra=("share/notes/*",)) == []
    assert installation.problems() == [("share/notes/mine.txt", "foreign")]


def test_byte_code_that_the_interpreter_wrote_is_sound(interpreter: Interpreter, tmp_path: Path) -> None:
    from lockenv.environment.creation import create

    installation = Installation(create(str(tmp_path / "env"), interpreter), interpreter)
    for level in ("", "-O", "-OO"):
        options = [level] if level else []
        subprocess.run([installation.environment.python, *options, "-c", "import a"], check=True, env={})

    assert len(os.listdir(installation.path(f"{installation.site}/a/__pycache__"))) == 3
    assert installation.problems() == []
    assert [problem for _, problem in installation.problems("forbid")] == ["byte-code"] * 3
    assert installation.problems("ignore") == []


@pytest.mark.parametrize("kind", ["planted", "cut", "garbage", "hashed", "of nothing", "hostile"])
def test_byte_code_of_another_source_is_named(installation: Installation, kind: str) -> None:
    source = installation.path(f"{installation.site}/a/__init__.py")
    name = f"{installation.site}/a/__pycache__/__init__.cpython-3{installation.interpreter.version.split('.')[1]}.pyc"
    if kind == "of nothing":
        name = name.replace("__init__", "gone")
    subprocess.run([installation.environment.python, "-c", "import a"], check=True, env={})
    good = installation.path(f"{installation.site}/a/__pycache__/{os.path.basename(name).replace('gone', '__init__')}")
    with open(good, "rb") as file:
        content = file.read()
    if kind in ("planted", "hashed"):
        evil = f"{source}.evil"
        shutil.copyfile(source, evil)
        with open(evil, "wb") as file:
            file.write(b"x = 2\n")
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH if kind == "hashed" else None
        py_compile.compile(evil, cfile=good, invalidation_mode=mode)
        os.unlink(evil)
        if kind == "planted":
            with open(good, "r+b") as file:
                file.write(content[:16])
    elif kind != "of nothing":
        changed = {"cut": content[:-5], "garbage": content[:16] + b"\xff" * 20, "hostile": content[:16] + b"(" * 9999}
        installation.write(name, changed[kind])
    else:
        os.rename(good, installation.path(name))

    assert installation.problems() == [(name, "byte-code")]


def test_byte_code_that_others_may_change_is_named(installation: Installation) -> None:
    subprocess.run([installation.environment.python, "-c", "import a"], check=True, env={})
    cache = f"{installation.site}/a/__pycache__"
    (compiled,) = os.listdir(installation.path(cache))
    os.chmod(installation.path(f"{cache}/{compiled}"), 0o666)

    assert installation.problems() == [(f"{cache}/{compiled}", "mode")]


@pytest.mark.parametrize("content", [b"", b"{}", b"[", b'{"interpreter": 3}'])
def test_damaged_record_of_creation_is_named(installation: Installation, content: bytes) -> None:
    installation.write(".lockenv/environment.json", content)

    assert installation.problems() == [(".lockenv/environment.json", "changed")]


def test_record_that_the_caller_found_damaged_is_named(installation: Installation) -> None:
    answer = installation.verify(damaged=("state",))

    assert isinstance(answer, EnvironmentDiffers)
    assert answer.findings == (FileDifference(".lockenv/state", "changed", "it is not what the last sync wrote"),)


def test_record_of_creation_that_was_forged_with_a_script_hides_nothing(installation: Installation) -> None:
    with open(installation.path(".lockenv/environment.json"), encoding="utf-8") as file:
        record = json.load(file)
    record["files"]["bin/activate"] = sha256(b"evil").hexdigest()
    installation.write("bin/activate", b"evil")
    installation.write(".lockenv/environment.json", (json.dumps(record, indent=1) + "\n").encode())

    assert installation.problems() == [(".lockenv/environment.json", "changed"), ("bin/activate", "changed")]


def test_removed_record_of_creation_hides_nothing(installation: Installation) -> None:
    os.unlink(installation.path(".lockenv/environment.json"))
    installation.write("bin/activate", b"evil")

    assert installation.problems() == [(".lockenv/environment.json", "missing"), ("bin/activate", "changed")]


def test_replaced_interpreter_of_another_tool_s_environment_is_named(running: Interpreter, tmp_path: Path) -> None:
    subprocess.run([running.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    environment = open_environment(str(tmp_path / "env"))
    assert environment is not None
    os.unlink(environment.python)
    shutil.copyfile("/bin/true", environment.python)

    answer = verify(environment, [], interpreter=running, environ=os.environ)

    assert isinstance(answer, EnvironmentDiffers)
    assert {(found.path, found.problem) for found in answer.findings} >= {("bin/python", "changed")}


def test_verifying_writes_nothing(installation: Installation) -> None:
    before = survey(installation.environment)
    installation.verify()

    assert survey(installation.environment) == before


def test_fingerprint_does_not_depend_on_the_place(make: Callable[..., Environment], running: Interpreter) -> None:
    names = ["one", "two/deeper/" + "x" * 120]

    assert len({fingerprint(Installation(make(name), running).environment) for name in names}) == 1


def test_fingerprint_does_not_depend_on_the_form_of_the_starter(make: Callable[..., Environment]) -> None:
    found = set()
    for name in ("short", "with a space"):
        environment = make(name)
        starter = (
            f"#!{environment.python}\n"
            if name == "short"
            else f"#!/bin/sh\n'''exec' \"{environment.python}\" \"$0\" \"$@\"\n' '''\n"
        )
        with open(f"{environment.scripts}/a", "w", encoding="utf-8") as file:
            file.write(f"{starter}import a\n")
        found.add(fingerprint(environment))

    assert len(found) == 1


def test_fingerprint_does_not_depend_on_byte_code_or_prompt(
    make: Callable[..., Environment], running: Interpreter
) -> None:
    first, second = Installation(make("one", "p"), running), Installation(make("two", "q"), running)
    ask(first.environment.python, "import a\nprint(json.dumps(1))")

    assert fingerprint(first.environment) == fingerprint(second.environment)


@pytest.mark.parametrize("change", ["content", "mode", "name", "addition", "deletion", "script", "link"])
def test_fingerprint_depends_on_everything_installed(installation: Installation, change: str) -> None:
    before = fingerprint(installation.environment)
    module = installation.path(f"{installation.site}/a/__init__.py")
    match change:
        case "content":
            installation.write(f"{installation.site}/a/__init__.py", b"x = 2\n")
        case "mode":
            os.chmod(module, 0o755)
        case "name":
            os.rename(module, f"{module}x")
        case "addition":
            installation.write(f"{installation.site}/b.py", b"")
        case "deletion":
            os.unlink(module)
        case "script":
            installation.write("bin/a", f"#!{installation.environment.python}\nimport b\n".encode(), 0o755)
        case _:
            os.symlink("a", f"{installation.environment.purelib}/b")

    assert fingerprint(installation.environment) != before
