"""Everyday tasks with lockenv and with uv: the same exit codes, declarations and installed versions."""

from __future__ import annotations

import shlex
import subprocess
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.bakery import Bakery, fill
from tests.endtoend.test_tasks import stock
from tests.support.program import PYTHON, environment, lockenv
from tests.support.server import LoopbackIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Task:
    """What is typed, line by line, where `TOOL` stands for both programs.

    LOOSEN removes upper bounds from the declaration, and BREAK the interpreter from the environment.
    """

    lines: tuple[str, ...]
    edit: tuple[str, str] = ("", "")
    """What is replaced in the declaration first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task leaves."""

    codes: list[int]
    out: list[str]
    """What the programs that were run print."""
    declared: dict[str, object]
    installed: dict[str, str]


SCRIPT = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["flour<1.1"]
# [tool.lockenv]
# index = [{{ url = "{url}" }}]
# ///
import sys, flour
print(flour.__version__, sys.argv[1:])
"""
TASKS = {
    "add": Task(("TOOL add sugar", "TOOL add --group test yeast", "TOOL add --optional sweet 'sugar<2.1'")),
    "add what conflicts": Task(("TOOL add rye 'yeast>=2'",)),
    "add a list": Task(("TOOL add -r more.txt",)),
    "remove": Task(("TOOL lock", "TOOL sync", "TOOL remove flour", "TOOL remove --dev taster", "TOOL remove nothing")),
    "upgrade one": Task(
        ("TOOL lock", "TOOL add 'sugar<2' 'yeast<2'", "LOOSEN", "TOOL lock", "TOOL lock -P sugar", "TOOL sync")
    ),
    "sync a selection": Task(("TOOL lock", "TOOL sync --extra festive --no-dev")),
    "sync one group": Task(("TOOL lock", "TOOL sync", "TOOL sync --only-group dev")),
    "sync an unknown extra": Task(("TOOL lock", "TOOL sync --extra nothing")),
    "run": Task(("TOOL run bake", "TOOL run python knead.py --help -v", "TOOL run python -c 'raise SystemExit(3)'")),
    "run after an edit": Task(("TOOL run bake", "LOOSEN", "TOOL run bake"), ('"flour",', '"flour<1.1",')),
    "run with another requirement": Task(("TOOL run --with yeast python -c 'import yeast; print(yeast.__version__)'",)),
    "run a script": Task(("TOOL run pie.py --help",)),
    "sync extras that refer to each other": Task(
        ("TOOL lock", "TOOL sync --extra festive"),
        ('festive = ["oven[glaze]"]', 'festive = ["Bakery[plain]>=0.9"]\nplain = ["sugar", "bakery[festive]"]'),
    ),
    "mend an environment": Task(("TOOL run bake", "BREAK", "TOOL run bake")),
}


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bakery]:
    """Provide the project that all tasks begin with."""
    with LoopbackIndex() as index:
        fill(index)
        stock(index)
        bakery = Bakery(tmp_path_factory.mktemp("bakery"), index)
        bakery.become("declared")
        here = bakery.directory
        here.joinpath("pie.py").write_text(SCRIPT.format(url=index.url))
        here.joinpath("more.txt").write_text("rye\ntaster>=2\n")
        here.joinpath("knead.py").write_text("import sys, flour; print(sys.argv[1:], flour.__version__)\n")
        yield bakery


def ours(words: list[str], here: Path, _index: str) -> tuple[int, str]:
    result = lockenv(*words, cwd=here)
    return result.code, result.out


def by_uv(words: list[str], here: Path, index: str) -> tuple[int, str]:
    variables = {
        **environment(here),
        "UV_CACHE_DIR": str(here.with_name("uv.cache")),
        "UV_DEFAULT_INDEX": index,
        "UV_PYTHON": PYTHON,
        "UV_PYTHON_DOWNLOADS": "never",
    }
    done = subprocess.run(["uv", *words], cwd=here, env=variables, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def outcome(tool: str, task: Task, here: Path, index: str) -> Outcome:
    """Do `task` in the project at `here`."""
    declaration = here / "pyproject.toml"
    if task.edit[0]:
        declaration.write_text(declaration.read_text().replace(*task.edit))
    codes, out = [], []
    for line in task.lines:
        if line == "LOOSEN":
            text = declaration.read_text()
            for old, new in (("sugar<2", "sugar"), ("yeast<2", "yeast<3"), ("flour<1.1", "flour")):
                text = text.replace(f'"{old}"', f'"{new}"')
            declaration.write_text(text)
        elif line == "BREAK":
            for python in here.glob(".venv/bin/python*"):
                python.unlink()
        else:
            words = shlex.split(line)[1:]
            code, printed = (ours if tool == "lockenv" else by_uv)(words, here, index)
            codes.append(code)
            out += [printed] if words[0] == "run" else []
    declared = tomllib.loads(declaration.read_text())
    declared.pop("tool")
    names = [path.name for path in here.glob(".venv/lib/python3*/site-packages/*.dist-info")]
    installed = dict(name.removesuffix(".dist-info").split("-", 1) for name in sorted(names))
    return Outcome(codes, out, declared, installed)


@pytest.mark.outside("uv")
@pytest.mark.parametrize("name", TASKS)
def test_task_ends_as_with_uv(bakery: Bakery, name: str, tmp_path: Path) -> None:
    found = {}
    for tool in ("lockenv", "uv"):
        here = tmp_path / tool
        subprocess.run(["cp", "-r", bakery.directory, here], check=True)
        found[tool] = outcome(tool, TASKS[name], here, bakery.index.url)

    assert found["lockenv"] == found["uv"]
