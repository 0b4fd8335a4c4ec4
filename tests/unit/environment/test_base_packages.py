"""What a base interpreter has installed: the first directory counts, and names are compared as indexes compare them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.base_packages import directories, versions
from lockenv.errors import MachineError
from lockenv.vocabulary.names import NormalizedName
from tests.support.interpreters import INTERPRETERS

if TYPE_CHECKING:
    from pathlib import Path

_SAID = "import site, sys; print(*([site.getusersitepackages()] + site.getsitepackages()), sep='\\n')"


def _names(*names: str) -> set[NormalizedName]:
    return set(map(NormalizedName, names))


def test_first_directory_that_has_it_counts(tmp_path: Path) -> None:
    for place, name in (
        ("users", "Ruamel.Yaml-0.17.dist-info"),
        ("base", "ruamel_yaml-0.18.dist-info"),
        ("base", "PyYAML-6.0-py3.11.egg-info"),
        ("base", "torch-2.4.1+cu121.dist-info"),
        ("base", "twice-1.0.dist-info"),
        ("base", "twice-2.0.dist-info"),
        ("base", "other-1.0.dist-info"),
        ("base", "~orch-2.0.dist-info"),
    ):
        (tmp_path / place / name).mkdir(parents=True)
    places = [str(tmp_path / place) for place in ("none", "users", "base")]

    assert versions(places, _names("ruamel-yaml", "pyyaml", "torch", "twice", "absent")) == {
        "ruamel-yaml": ("0.17",),
        "pyyaml": ("6.0",),
        "torch": ("2.4.1+cu121",),
        "twice": ("1.0", "2.0"),
        "absent": (),
    }


@pytest.mark.parametrize("version", INTERPRETERS)
def test_directories_are_those_of_the_interpreter(version: str, tmp_path: Path) -> None:
    python = INTERPRETERS[version]
    environ = {"HOME": str(tmp_path), "PYTHONPATH": str(tmp_path / "evil")}
    said = subprocess.run([python, "-s", "-E", "-c", _SAID], env=environ, capture_output=True, text=True, check=True)
    users, *system = said.stdout.splitlines()

    assert directories(python, environ) == (users, *system)
    assert directories(python, {**environ, "PYTHONNOUSERSITE": "1"}) == tuple(system)
    moved = directories(python, {**environ, "PYTHONUSERBASE": str(tmp_path / "mine")})
    assert moved[0].startswith(str(tmp_path / "mine"))


def test_program_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho nothing\n")
    program.chmod(0o755)

    with pytest.raises(MachineError, match="does not say where its packages are installed"):
        directories(str(program), {})
