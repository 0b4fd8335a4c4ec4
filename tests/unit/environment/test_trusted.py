"""An interpreter that an environment names is run only if something else than the environment speaks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.interpreters import find
from lockenv.environment.ownership import is_known, is_remembered, refuse_foreign_link, remember, remembered
from lockenv.environment.trusted import candidates, interpreter
from lockenv.environment.venv import open_environment
from lockenv.errors import MachineError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a user without any interpreter on PATH."""
    (tmp_path / "home").mkdir()
    return {"HOME": str(tmp_path / "home"), "PATH": "/nowhere"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    project = tmp_path / "clone"
    project.mkdir()
    (project / "pyproject.toml").touch()
    return project


def planted(path: Path, tmp_path: Path) -> str:
    """Return the path of a program that is an interpreter and leaves a trace when it is run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    python = os.path.realpath(sys.executable)
    path.write_text(f'#!/bin/sh\n{shutil.which("touch")} {tmp_path}/ran\nexec {python} "$@"\n')
    path.chmod(0o755)
    return str(path)


def naming(environment: Environment, executable: str) -> Environment:
    """Return `environment` after its pyvenv.cfg names another interpreter."""
    configuration = f"{environment.root}/pyvenv.cfg"
    with open(configuration, encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith(("home", "executable"))]
    with open(configuration, "w", encoding="utf-8") as file:
        file.writelines([f"home = {os.path.dirname(executable)}\n", f"executable = {executable}\n", *lines])
    found = open_environment(environment.root)
    assert found is not None
    return found


@pytest.mark.parametrize("place", ["clone/.venv/evil", "clone/evil", "elsewhere/python3", "elsewhere/make"])
def test_interpreter_that_only_the_environment_names_is_not_run(
    make: Callable[..., Environment], clone: Path, tmp_path: Path, home: dict[str, str], place: str
) -> None:
    environment = make("clone/.venv")
    environment = naming(environment, planted(tmp_path / place, tmp_path))

    with pytest.raises(RefusedError, match="it was not run") as caught:
        interpreter(environment, cache_dir=str(tmp_path / "cache"), environ=home, project_dir=str(clone))

    assert caught.value.rule == "environment-interpreter"
    assert not (tmp_path / "ran").exists()


def test_interpreter_inside_the_environment_is_not_run_though_it_is_named(
    make: Callable[..., Environment], clone: Path, tmp_path: Path, home: dict[str, str]
) -> None:
    environment = make("clone/.venv")
    executable = planted(tmp_path / "clone/.venv/evil", tmp_path)
    environment = naming(environment, executable)

    with pytest.raises(RefusedError, match="it was not run"):
        interpreter(
            environment,
            cache_dir=str(tmp_path / "cache"),
            environ=home,
            project_dir=str(clone),
            named=(executable,),
        )

    assert not (tmp_path / "ran").exists()


def test_interpreter_of_another_environment_that_came_along_is_not_run(
    make: Callable[..., Environment], clone: Path, tmp_path: Path, home: dict[str, str]
) -> None:
    inner = make("clone/inner")
    naming(inner, planted(tmp_path / "clone/evil", tmp_path))
    environment = naming(make("clone/.venv"), inner.python)

    with pytest.raises(RefusedError):
        interpreter(environment, cache_dir=str(tmp_path / "cache"), environ=home, project_dir=str(clone))
    assert not (tmp_path / "ran").exists()


def test_interpreter_that_the_search_finds_is_run(
    make: Callable[..., Environment], clone: Path, cache_dir: str, home: dict[str, str], running: Interpreter
) -> None:
    environment = make("clone/.venv")

    assert interpreter(environment, cache_dir=cache_dir, environ=home, project_dir=str(clone)) == running


def test_interpreter_that_the_user_names_is_run_and_later_remembered(
    make: Callable[..., Environment], clone: Path, tmp_path: Path, home: dict[str, str]
) -> None:
    named = planted(tmp_path / "mine/python3", tmp_path)
    environment = naming(make("clone/.venv"), named)
    cache = str(tmp_path / "cache")

    first = interpreter(environment, cache_dir=cache, environ=home, project_dir=str(clone), named=(named,))
    remember(environment.root, named, home)

    assert interpreter(environment, cache_dir=cache, environ=home, project_dir=str(clone)) == first


def test_what_is_remembered_is_of_one_place_and_one_interpreter(
    make: Callable[..., Environment], clone: Path, home: dict[str, str]
) -> None:
    environment = make("clone/.venv")
    remember(environment.root, "/opt/python3", home)

    assert is_remembered(environment.root, "/opt/python3", home)
    assert not is_remembered(environment.root, "/opt/python4", home)
    assert not is_remembered(str(clone / "other"), "/opt/python3", home)
    assert not is_remembered(environment.root, "/opt/python3", {**home, "HOME": "/nonexistent"})


def test_note_in_the_repository_counts_for_nothing(clone: Path, home: dict[str, str]) -> None:
    own = {**home, "XDG_DATA_HOME": str(clone / "data")}
    outside = {**home, "XDG_DATA_HOME": str(clone.parent / "data")}
    remember(str(clone / ".venv"), "/opt/python3", outside)
    (clone.parent / "data").rename(clone / "data")

    assert remembered(str(clone / ".venv"), own) is None


def test_note_in_a_home_directory_that_the_project_brings_counts_for_nothing(clone: Path, home: dict[str, str]) -> None:
    remember(str(clone / ".venv"), "/opt/python3", home)
    brought = clone / "home"
    os.rename(home["HOME"], brought)
    shutil.copytree(brought / ".local", clone / ".local")

    found = [remembered(str(clone / ".venv"), {**home, "HOME": str(path)}) for path in (brought, clone)]

    assert found == [None, None]


def test_other_environment_that_came_to_the_same_place_is_not_known(
    clone: Path, home: dict[str, str], tmp_path: Path
) -> None:
    root = clone / ".venv"
    remember(str(root), "/opt/python3", home)
    root.rename(tmp_path / "before")
    (root / ".lockenv").mkdir(parents=True)

    found = []
    for token in ("", "0" * 32, "/dev/zero"):
        (root / ".lockenv/token").unlink(missing_ok=True)
        if token.startswith("/"):
            (root / ".lockenv/token").symlink_to(token)
        else:
            (root / ".lockenv/token").write_text(f"{token}\n")
        found.append(is_known(str(root), home))
    shutil.rmtree(root)
    (tmp_path / "before").rename(root)

    assert found == [False] * 3
    assert is_known(str(root), home)


def test_environment_is_known_by_each_of_its_paths(clone: Path, home: dict[str, str], tmp_path: Path) -> None:
    remember(str(clone / ".venv"), "/opt/python3", home)
    link = tmp_path / "elsewhere/link"
    link.parent.mkdir()
    link.symlink_to(clone / ".venv")
    remember(str(link), "/opt/python3", home)

    notes = [remembered(str(path), home) for path in (clone / ".venv", link)]
    assert [note.token for note in notes if note is not None] == [(clone / ".venv/.lockenv/token").read_text()[:-1]] * 2
    assert [is_known(str(path), home) for path in (clone / ".venv", link)] == [True, True]


def test_note_that_others_may_write_counts_for_nothing(clone: Path, home: dict[str, str], tmp_path: Path) -> None:
    remember(str(clone / ".venv"), "/opt/python3", home)
    (note,) = (tmp_path / "home/.local/share/lockenv/environments-v2").iterdir()
    assert is_remembered(str(clone / ".venv"), "/opt/python3", home)
    note.chmod(0o666)

    assert not is_remembered(str(clone / ".venv"), "/opt/python3", home)


@pytest.mark.parametrize("data", ["/dev/null/data", "{clone}/data", "{clone}"])
def test_environment_is_known_where_no_note_can_be_kept_outside(clone: Path, home: dict[str, str], data: str) -> None:
    own, root = {**home, "XDG_DATA_HOME": data.format(clone=clone)}, str(clone / ".venv")
    remember(root, "/opt/python3", own)
    remember(root, "/opt/python3", own)

    assert (is_known(root, own), is_remembered(root, "/opt/python3", own)) == (True, True)
    assert not is_remembered(root, "/opt/python4", own)
    assert not (clone / "data").exists()


@pytest.mark.parametrize("copied", [["cp", "-a"], ["cp", "-al"], ["mv"]], ids=" ".join)
def test_sealed_note_is_of_one_environment_at_one_place(clone: Path, home: dict[str, str], copied: list[str]) -> None:
    own, root, other = {**home, "XDG_DATA_HOME": "/dev/null"}, clone / ".venv", clone / "other"
    remember(str(root), "/opt/python3", own)
    subprocess.run([*copied, root, other], check=True)
    sealed = other / ".lockenv/sealed"
    sealed.write_text(sealed.read_text().replace(str(root), str(other)))
    if copied[0] == "mv":
        # What was forged so is an environment of this machine under another name: the seal holds.
        assert is_known(str(other), own)
        (other / ".lockenv/token").write_text((other / ".lockenv/token").read_text())

    assert not is_known(str(other), own)


@pytest.mark.parametrize("time", [1, "ctime"])
def test_time_of_change_that_may_have_been_chosen_seals_nothing(
    clone: Path, home: dict[str, str], time: int | str
) -> None:
    own, root = {**home, "XDG_DATA_HOME": "/dev/null"}, clone / ".venv"
    remember(str(root), "/opt/python3", own)
    token, sealed = root / ".lockenv/token", root / ".lockenv/sealed"
    os.utime(token, ns=(0, time if isinstance(time, int) else token.stat().st_ctime_ns))
    found = token.stat()
    lines = sealed.read_text().splitlines()[:-1]
    sealed.write_text("\n".join([*lines, f"{found.st_ino} {found.st_ctime_ns}", ""]))

    assert not is_known(str(root), own)


def test_link_is_followed_only_where_the_user_named_it(
    make: Callable[..., Environment], clone: Path, home: dict[str, str]
) -> None:
    mine, other = make("mine"), make("other")
    link = clone / ".venv"
    link.symlink_to(mine.root)
    with pytest.raises(RefusedError, match=f"is a link to {mine.root}"):
        refuse_foreign_link(str(link), home)

    remember(str(link), mine.base, home)

    refuse_foreign_link(str(link), home)
    link.unlink()
    link.symlink_to(other.root)
    with pytest.raises(RefusedError, match=f"is a link to {other.root}"):
        refuse_foreign_link(str(link), home)


def test_active_environment_of_the_project_is_preferred_only_with_an_interpreter_of_the_machine(
    make: Callable[..., Environment], clone: Path, tmp_path: Path, home: dict[str, str]
) -> None:
    environment = make("clone/.venv")
    active = {**home, "VIRTUAL_ENV": environment.root}
    assert next(candidates(active, str(clone))).executable == environment.python

    naming(environment, planted(tmp_path / "clone/evil", tmp_path))

    assert next(candidates(active, str(clone))).executable == sys.executable


def test_active_conda_environment_comes_first_unless_it_is_the_one_of_each_shell(
    clone: Path, tmp_path: Path, home: dict[str, str]
) -> None:
    conda = planted(tmp_path / "envs/ml/bin/python", tmp_path)
    ml = {**home, "CONDA_PREFIX": str(tmp_path / "envs/ml"), "CONDA_DEFAULT_ENV": "ml"}

    assert next(candidates(ml, str(clone))).executable == str(conda)
    assert next(candidates({**ml, "CONDA_DEFAULT_ENV": "base"}, str(clone))).executable == sys.executable


@pytest.mark.parametrize("variable", ["UV_PYTHON_INSTALL_DIR", "PYENV_ROOT", "ASDF_DATA_DIR", "CONDA_PREFIX"])
@pytest.mark.parametrize("is_relative", [False, True])
def test_variable_that_names_a_directory_of_the_project_finds_no_interpreter(
    clone: Path, tmp_path: Path, home: dict[str, str], variable: str, is_relative: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("bin", "3.12.99/bin", "versions/3.12.99/bin", "installs/python/3.12.99/bin"):
        planted(clone / place / "python", tmp_path)
    (clone / ".python-version").write_text("3.12.99\n")
    monkeypatch.chdir(clone)
    environ = {**home, variable: "." if is_relative else str(clone)}

    assert not [one for one in candidates(environ, str(clone)) if str(clone) in os.path.abspath(one.executable)]
    with pytest.raises(MachineError, match=r"requests Python 3\.12\.99"):
        find(
            None,
            requires_python="==3.12.99",
            environ=environ,
            cache_dir=str(tmp_path / "cache"),
            project_dir=str(clone),
        )
    assert not (tmp_path / "ran").exists()


def test_interpreter_is_probed_where_there_are_no_files(
    make: Callable[..., Environment], clone: Path, tmp_path: Path, home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "mine/python3"
    planted(asked, tmp_path)
    asked.write_text(asked.read_text().replace("exec ", f"ls -A > {tmp_path}/seen; pwd >> {tmp_path}/seen\nexec "))
    monkeypatch.chdir(clone)
    environ = {**home, "PATH": os.environ["PATH"]}

    interpreter(
        naming(make("clone/.venv"), str(asked)),
        cache_dir=str(tmp_path / "cache"),
        environ=environ,
        project_dir=str(clone),
        named=(str(asked),),
    )

    (place,) = (tmp_path / "seen").read_text().splitlines()
    assert not os.path.exists(place)


def test_interpreter_that_became_another_is_reported(
    make: Callable[..., Environment], running: Interpreter, cache_dir: str, clone: Path, home: dict[str, str]
) -> None:
    environment = make("clone/.venv")
    with open(f"{environment.root}/pyvenv.cfg", encoding="utf-8") as file:
        text = file.read()
    with open(f"{environment.root}/pyvenv.cfg", "w", encoding="utf-8") as file:
        file.write(text.replace(f"version = {running.version}", "version = 3.6.1"))
    library = os.path.dirname(environment.purelib)
    os.rename(library, os.path.join(os.path.dirname(library), "python3.6"))
    old = open_environment(environment.root)
    assert old is not None

    with pytest.raises(MachineError, match=r"was created for cpython 3\.6, but .* is now cpython 3\.\d+"):
        interpreter(old, cache_dir=cache_dir, environ=home, project_dir=str(clone))


def test_environment_of_another_tool_works_with_an_interpreter_of_the_machine(
    running: Interpreter, cache_dir: str, clone: Path, home: dict[str, str]
) -> None:
    subprocess.run([running.executable, "-m", "venv", "--without-pip", str(clone / ".venv")], check=True)
    environment = open_environment(str(clone / ".venv"))
    assert environment is not None

    assert interpreter(environment, cache_dir=cache_dir, environ=home, project_dir=str(clone)) == running


def test_token_that_a_kill_left_unfinished_is_removed_with_the_next(
    clone: Path, home: dict[str, str], make: Callable[..., Environment]
) -> None:
    environment = make("clone/.venv")
    unfinished = clone / ".venv/.lockenv/.token.1234.0123456789ab"
    unfinished.parent.mkdir(exist_ok=True)
    unfinished.touch()

    remember(environment.root, "/opt/python3", home)

    assert not unfinished.exists()
    assert is_remembered(environment.root, "/opt/python3", home)
