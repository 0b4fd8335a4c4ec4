"""The real interpreters of this machine, and environments made from them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import packaging
import pytest

from lockenv.environment.creation import create
from lockenv.environment.interpreter import Interpreter, probe
from tests.support.interpreters import INTERPRETERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.environment.venv import Environment


def ask(python: str | Path, code: str, **variables: str) -> Any:
    """Return what `code` prints as JSON when `python` runs it outside of any other environment."""
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}
    answer = subprocess.run(
        [str(python), "-c", f"import json\n{code}"], capture_output=True, text=True, check=True, env=environ, cwd="/"
    )
    return json.loads(answer.stdout)


@pytest.fixture(params=INTERPRETERS.values(), ids=[*INTERPRETERS])
def executable(request: pytest.FixtureRequest) -> str:
    path: str = request.param
    return path


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def interpreter(executable: str, cache_dir: str) -> Interpreter:
    return probe(executable, cache_dir=cache_dir, environ=os.environ)


@pytest.fixture
def running(cache_dir: str) -> Interpreter:
    """The interpreter that runs the tests, or the base of its environment."""
    return probe(sys.executable, cache_dir=cache_dir, environ=os.environ)


@pytest.fixture
def make(running: Interpreter, tmp_path: Path) -> Callable[..., Environment]:
    """A function that makes an environment of the running interpreter below `tmp_path`."""

    def make(name: str = "env", prompt: str = "") -> Environment:
        return create(str(tmp_path / name), running, prompt=prompt)

    return make


@pytest.fixture(scope="session")
def packaging_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A directory that makes `packaging`, and nothing else, importable in any interpreter."""
    directory = tmp_path_factory.mktemp("importable")
    (directory / "packaging").symlink_to(Path(packaging.__file__).parent)
    return str(directory)
