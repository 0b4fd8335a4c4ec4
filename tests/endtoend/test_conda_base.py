"""An environment whose base is a conda environment: made beside it, with what conda installed, which stays as it is.

No package that we found has a conda; the prefix has the layout of one: `conda-meta`, and packages of other spellings.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.configuration import read_configuration
from tests.support.bases import Base, base_interpreter
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a Python of Windows is not run from another prefix here")


@pytest.fixture
def conda(tmp_path: Path) -> Base:
    """Provide a conda environment with a package of conda, one of a name that is normalized, and one of old."""
    conda = base_interpreter(tmp_path / "miniforge3/envs/ml")
    (conda.prefix / "conda-meta").mkdir()
    (conda.prefix / "conda-meta/history").write_text("==> 2026-01-01 00:00:00 <==\n")
    conda.install(wheel("numpy", "1.26.4"), wheel("ruamel-yaml", "0.18.6"), installer="conda")
    (conda.site / "ruamel_yaml-0.18.6.dist-info").rename(conda.site / "Ruamel.Yaml-0.18.6.dist-info")
    (conda.site / "PyYAML-6.0.1-py3.11.egg-info").mkdir()
    (conda.site / "PyYAML-6.0.1-py3.11.egg-info/PKG-INFO").write_text("Name: PyYAML\nVersion: 6.0.1\n")
    return conda


@pytest.fixture
def model(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a project that needs what conda has, and one package more."""
    names = {"numpy": "1.26.4", "ruamel.yaml": "0.18.6", "PyYAML": "6.0.1"}
    index.add_all(*(wheel(name, version) for name, version in names.items()))
    tool = {"system-site-packages": True, "provided": ["numpy>=1.26", "ruamel_yaml", "pyyaml"]}
    return write_project(tmp_path / "model", [*names, "lib"], index=index.url, tool=tool)


def active(conda: Base, name: str = "ml") -> dict[str, str]:
    """Return what `conda activate` sets, and the PATH without any Python but the one of lockenv."""
    return {"CONDA_PREFIX": str(conda.prefix), "CONDA_DEFAULT_ENV": name, "PATH": "/nowhere"}


def home(project: Path) -> str:
    configuration = read_configuration(str(project / ".venv"))
    assert configuration is not None
    return configuration["home"]


def test_active_conda_environment_is_the_base_and_stays_as_it_is(model: Path, conda: Base) -> None:
    before = snapshot(conda.prefix)
    lockenv("lock", cwd=model)

    done = lockenv("sync", cwd=model, env=active(conda))
    say = "import lib, numpy; print(numpy.__file__)"
    ran = lockenv("run", "python", "-B", "-c", say, cwd=model, env=active(conda))
    later = [lockenv(*words, cwd=model) for words in (("sync",), ("sync", "--reinstall"), ("verify",))]

    assert (done.code, ran.code, [one.code for one in later]) == (0, 0, [0, 0, 0]), done.err + ran.err + later[2].err
    assert f"provided by {conda.python}: numpy 1.26.4, pyyaml 6.0.1, ruamel-yaml 0.18.6\n" in done.err
    assert home(model) == f"{conda.prefix}/bin"
    assert str(conda.site) in ran.out
    assert [path.name for path in (model / ".venv").glob("lib/*/site-packages/*.dist-info")] == ["lib-1.1.dist-info"]
    assert snapshot(conda.prefix) == before


def test_conda_is_said_to_install_what_it_lacks(model: Path, conda: Base) -> None:
    lockenv("lock", cwd=model)
    conda.remove("numpy")

    done = lockenv("sync", cwd=model, env=active(conda))

    assert done.code == 2
    assert "does not provide numpy 1.26.4 (it has none)" in done.err
    assert "hint: install numpy 1.26.4 with conda, or remove from `provided` what it lacks\n" in done.err


def test_environment_that_conda_activates_in_each_shell_is_not_preferred(
    model: Path, conda: Base, index: LoopbackIndex
) -> None:
    write_project(model, ["lib"], index=index.url)
    lockenv("lock", cwd=model)

    done = lockenv("sync", cwd=model, env=active(conda, "base"))

    assert (done.code, home(model) == f"{conda.prefix}/bin") == (0, False), done.err


@pytest.mark.parametrize("words", [("--venv", "{prefix}"), ("--active",)])
def test_conda_environment_itself_is_never_synced(model: Path, conda: Base, words: tuple[str, ...]) -> None:
    before = snapshot(conda.prefix)
    lockenv("lock", cwd=model)

    done = lockenv("sync", *(word.format(prefix=conda.prefix) for word in words), cwd=model, env=active(conda))

    assert (done.code, "conda" in done.err, snapshot(conda.prefix) == before) == (2, True, True), done.err
