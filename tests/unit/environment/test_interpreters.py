"""The interpreter that is found is the first that fits both the request and the project."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.interpreters import _wanted, find, list_all
from lockenv.errors import InputError, MachineError, UsageError
from lockenv.vocabulary.dataclasses import replace

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter


_SAYING = """\
#!/bin/sh
{python} "$@" | {sed} -e 's|"version": "[0-9.]*"|"version": "{version}"|' \\
  -e 's|_version": "[0-9.]*"|_version": "{version}"|g' -e 's|python_version": "[0-9.]*"|python_version": "{minor}"|' \\
  -e 's|"executable": "[^"]*"|"executable": "{own}"|' \\
  -e 's|implementation_name": "[a-z]*"|implementation_name": "{implementation}"|'
"""
"""The interpreter that runs the tests, but for what it says it is: not every machine has one of each version."""


class Machine:
    """A home directory with interpreters in chosen places, and nothing else that is not the system's."""

    def __init__(self, home: Path, cache_dir: str) -> None:
        self.home = home
        self.project = home / "project"
        self.project.mkdir()
        self.cache_dir = cache_dir
        self.environ = {"HOME": str(home), "PATH": ""}

    def put(self, place: str, version: str, implementation: str = "cpython") -> Path:
        """Make `place` (relative to home) a link to a Python that says it is `version` of `implementation`."""
        real = self.home / "real" / f"{implementation}-{version}" / "python"
        if not real.exists():
            real.parent.mkdir(parents=True)
            minor, sed = version.rpartition(".")[0], shutil.which("sed")
            python = os.path.realpath(sys.executable)
            saying = {"version": version, "minor": minor, "implementation": implementation}
            real.write_text(_SAYING.format(python=python, own=real, sed=sed, **saying))
            real.chmod(0o755)
        path = self.home / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(real)
        return path

    def on_path(self, *places: str) -> None:
        self.environ["PATH"] = os.pathsep.join(str(self.home / place) for place in places)

    def find(self, request: str | None, requires_python: str = "", *, has_option: bool = True) -> Interpreter:
        return find(
            request,
            requires_python=requires_python,
            environ=self.environ,
            cache_dir=self.cache_dir,
            project_dir=str(self.project),
            has_option=has_option,
        )

    def version(self, request: str | None, requires_python: str = "") -> str:
        return self.find(request, requires_python).version


@pytest.fixture
def machine(tmp_path: Path, cache_dir: str) -> Machine:
    return Machine(tmp_path, cache_dir)


def test_without_a_request_it_is_the_one_that_runs_lockenv(machine: Machine, running: Interpreter) -> None:
    assert machine.find(None) == running


def test_the_active_environment_comes_before_the_one_that_runs_lockenv(machine: Machine) -> None:
    machine.put("env/bin/python", "3.12.1")
    machine.environ["VIRTUAL_ENV"] = str(machine.home / "env")

    assert machine.version(None) == "3.12.1"


@pytest.mark.parametrize("request_", ["3.9", ">=3.9,<3.10", "python3.9", None])
def test_python_of_another_implementation_comes_last_where_none_is_named(machine: Machine, request_: str) -> None:
    machine.put("bin/pypy3.9", "3.9.16", "pypy")
    machine.on_path("bin")
    assert machine.version(request_, "==3.9.*") == "3.9.16"
    machine.put(".pyenv/versions/3.9.18/bin/python", "3.9.18")

    assert machine.version(request_, "==3.9.*") == "3.9.18"
    assert machine.version("pypy3.9") == "3.9.16"
    found = list_all(environ=machine.environ, cache_dir=machine.cache_dir, project_dir=str(machine.project))
    listed = [each.interpreter.version for each in found]
    assert listed.index("3.9.18") < listed.index("3.9.16")


def test_program_python3_is_used_whatever_it_is(machine: Machine) -> None:
    machine.put("bin/python3", "3.9.16", "pypy")
    machine.put(".pyenv/versions/3.9.18/bin/python", "3.9.18")
    machine.on_path("bin")

    assert machine.version("3.9") == "3.9.16"


def test_what_the_project_does_not_admit_is_passed_over(machine: Machine) -> None:
    machine.put("bin/python3", "3.9.18")
    machine.put("other/python3", "3.10.13")
    machine.on_path("bin", "other")

    assert machine.version(None, "==3.10.*") == "3.10.13"


def test_a_pre_release_of_python_is_admitted_as_the_release_it_precedes(machine: Machine) -> None:
    machine.put("bin/python3", "3.14.0rc1")
    machine.on_path("bin")

    assert machine.version(None, ">=3.14,<3.15") == "3.14.0rc1"
    assert machine.version(">=3.14,<3.15") == "3.14.0rc1"


def test_a_request_that_names_a_pre_release_is_answered_by_no_earlier_one(machine: Machine) -> None:
    machine.put("bin/python3", "3.14.0rc1")
    machine.put("other/python3", "3.14.0rc2")
    machine.on_path("bin", "other")

    assert machine.version(">=3.14.0rc2,<3.15") == "3.14.0rc2"


@pytest.mark.parametrize(
    "request_",
    [
        "3.12",
        "3.12.1",
        "312",
        "python3.12",
        "python@3.12",
        "cpython3.12",
        "CPython-3.12",
        "cp312",
        ">=3.12,<3.13",
        "==3.12.*",
        "~=3.12.0",
    ],
)
def test_every_spelling_finds_it_among_pyenv_versions(machine: Machine, request_: str) -> None:
    for version in ("3.13.0", "3.12.1", "3.9.18"):
        machine.put(f".pyenv/versions/{version}/bin/python", version)

    assert machine.version(request_) == "3.12.1"


@pytest.mark.parametrize(
    "place",
    [
        ".pyenv/versions/3.9.18/bin/python",
        ".local/share/uv/python/cpython-3.9.18-linux-x86_64-gnu/bin/python3",
        ".asdf/installs/python/3.9.18/bin/python",
        ".local/share/mise/installs/python/3.9.18/bin/python",
        "miniforge3/bin/python",
        "tools/python3",
        "tools/python",
        "tools/python3.9",
    ],
)
def test_every_place_is_known(machine: Machine, place: str) -> None:
    machine.put(place, "3.9.18")
    machine.on_path("tools")

    assert machine.version("3.9") == "3.9.18"


def test_newest_of_a_version_manager_comes_first(machine: Machine) -> None:
    for version in ("3.9.18", "3.13.0", "3.10.13", "3.12.1"):
        machine.put(f".pyenv/versions/{version}/bin/python", version)
    running = f"3.{sys.version_info.minor}"

    # The Python that runs this comes before all of them.
    assert machine.version(f"!={running}.*") == ("3.12.1" if running == "3.13" else "3.13.0")


def test_shims_of_pyenv_are_replaced_by_what_they_lead_to(machine: Machine) -> None:
    machine.put(".pyenv/versions/3.9.18/bin/python", "3.9.18")
    machine.put(".pyenv/versions/3.10.13/bin/python", "3.10.13")
    (machine.home / ".pyenv" / "version").write_text("3.9.18\n")
    (machine.home / ".pyenv" / "shims").mkdir()
    shim = machine.home / ".pyenv" / "shims" / "python"
    shim.write_text(f"#!/bin/sh\ntouch {machine.home}/ran\n")
    shim.chmod(0o755)
    machine.on_path(".pyenv/shims")

    assert machine.version("<3.11") == "3.9.18"
    assert not (machine.home / "ran").exists()


def test_python_in_the_project_is_never_run(machine: Machine) -> None:
    program = machine.project / "python3.99"
    program.write_text(f"#!/bin/sh\ntouch {machine.home}/ran\n")
    program.chmod(0o755)
    (machine.project / "python3").symlink_to(program)
    machine.environ["PATH"] = os.pathsep.join([str(machine.project), ".", ""])

    with pytest.raises(MachineError):
        machine.find("3.99")
    assert not (machine.home / "ran").exists()


@pytest.mark.parametrize("request_", ["{home}/tools/mine", "{home}/env", "mine"])
def test_paths_directories_and_program_names_serve(machine: Machine, request_: str) -> None:
    machine.put("tools/mine", "3.9.18")
    machine.put("env/bin/python3", "3.9.18")
    machine.on_path("tools")

    assert machine.version(request_.format(home=machine.home)) == "3.9.18"


@pytest.mark.parametrize(
    ("content", "version"),
    [
        ("3.9\n", "3.9.18"),
        ("# which\n\n3.9.18  # this\n3.10.13\n", "3.9.18"),
        ("cpython-3.10\n", "3.10.13"),
        ("mine\n", "3.9.18"),
    ],
)
def test_version_file_above_the_project_asks(machine: Machine, content: str, version: str) -> None:
    machine.put(".pyenv/versions/3.9.18/bin/python", "3.9.18")
    machine.put(".pyenv/versions/3.10.13/bin/python", "3.10.13")
    machine.put(".pyenv/versions/mine/bin/python", "3.9.18")
    (machine.home / ".python-version").write_text(content)

    assert machine.version(None) == version
    assert machine.version("3.10") == "3.10.13"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_version_file_of_windows_asks(machine: Machine, encoding: str) -> None:
    machine.put(".pyenv/versions/3.9.18/bin/python", "3.9.18")
    mark = "\ufeff" if encoding.endswith("e") else ""
    (machine.project / ".python-version").write_bytes(f"{mark}# which\r\n3.9\r\n".encode(encoding))

    assert machine.version(None) == "3.9.18"


@pytest.mark.parametrize(
    "content",
    [b"\xff3.9\n", b"\xff\xfe3", "3.9\n".encode("utf-16-le"), b"3.9\0\n", b"3.9\x1b[2J", "3.9\u202e".encode()],
)
def test_version_file_that_is_no_text_is_refused(machine: Machine, content: bytes) -> None:
    (machine.project / ".python-version").write_bytes(content)

    with pytest.raises(UsageError, match=r"/project/\.python-version (is not UTF-8|contains characters)"):
        machine.find(None)


@pytest.mark.parametrize("content", ["./tools/mine", "mine", "/{home}/tools/mine", "~/tools/mine"])
def test_version_file_cannot_choose_a_program(machine: Machine, content: str) -> None:
    program = machine.home / "tools" / "mine"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {machine.home}/ran\n")
    program.chmod(0o755)
    machine.on_path("tools")
    (machine.project / ".python-version").write_text(content.format(home=machine.home))

    with pytest.raises(UsageError, match=r"which is (a path; only --python may use a path|not a version)"):
        machine.find(None)
    assert not (machine.home / "ran").exists()


def test_version_file_that_says_system_asks_for_nothing(machine: Machine, running: Interpreter) -> None:
    (machine.project / ".python-version").write_text("system\n")

    assert machine.find(None) == running


def test_request_that_the_project_does_not_admit_is_an_error_of_usage(machine: Machine) -> None:
    path = machine.put("tools/python3.9", "3.9.18")
    machine.on_path("tools")

    for request, asked_by in ((str(path), "--python"), ("3.9", "--python"), ("python3.9", "--python")):
        with pytest.raises(UsageError, match=rf"{asked_by} requests .*3\.9\.18 at .* requires Python >=3\.11"):
            machine.find(request, ">=3.11")


def test_version_file_that_the_project_does_not_admit_is_named(machine: Machine) -> None:
    machine.put(".pyenv/versions/3.9.18/bin/python", "3.9.18")
    (machine.project / ".python-version").write_text("3.9.18\n")

    with pytest.raises(UsageError, match=r"/project/\.python-version requests 3\.9\.18, which is Python 3\.9\.18 at"):
        machine.find(None, ">=3.11")


def test_error_lists_what_was_found(machine: Machine, running: Interpreter) -> None:
    with pytest.raises(MachineError) as caught:
        machine.find("3.99", ">=3.8")

    assert (
        "--python requests Python 3.99 and the project requires Python >=3.8, but no matching interpreter was found"
        in str(caught.value)
    )
    assert f"{running.executable} ({running.version})" in str(caught.value)


@pytest.mark.parametrize(
    ("requires_python", "use"),
    [
        (">=3.8", "`lockenv python pin 3.9` to use Python 3.9.18"),
        (">=3.10,<3.10.14", "`lockenv python pin 3.10` to use Python 3.10.13"),
    ],
)
def test_pin_of_a_python_that_is_not_here_is_replaced_by_the_nearest(
    machine: Machine, requires_python: str, use: str
) -> None:
    machine.put(".pyenv/versions/3.9.18/bin/python", "3.9.18")
    machine.put(".pyenv/versions/3.10.13/bin/python", "3.10.13")
    (machine.project / ".python-version").write_text("3.9.1\n")

    with pytest.raises(MachineError) as caught:
        machine.find(None, requires_python)

    assert caught.value.hint == f"install it, or run {use}"


@pytest.mark.parametrize(
    ("has_option", "hint"),
    [(True, "install one, or use --python to specify its path"), (False, "install one, or put it on PATH")],
)
def test_pin_is_not_replaced_by_a_python_that_the_project_does_not_admit(
    machine: Machine, has_option: bool, hint: str
) -> None:
    (machine.project / ".python-version").write_text("3.99\n")

    with pytest.raises(MachineError) as caught:
        machine.find(None, ">=3.99", has_option=has_option)

    assert caught.value.hint == hint


@pytest.mark.parametrize("request_", ["", "3.9"])
def test_requires_python_of_a_first_patch_alone_is_explained(machine: Machine, request_: str) -> None:
    machine.put(".pyenv/versions/3.9.18/bin/python", "3.9.18")

    with pytest.raises((MachineError, UsageError)) as caught:
        machine.find(request_ or None, "==3.9")

    assert caught.value.hint == "`==3.9` admits 3.9.0 alone; set requires-python to `==3.9.*`, and lock again"


@pytest.mark.parametrize(
    ("request_", "kind", "words"),
    [
        (">>3", UsageError, "is not a version specifier"),
        ("nonsense", UsageError, "is not a version, a specifier, a path or a program on PATH"),
        ("./gone", MachineError, "there is no Python at"),
        ("3..12", UsageError, "is not a version"),
    ],
)
def test_request_without_sense_is_reported(machine: Machine, request_: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        machine.find(request_)


def test_requires_python_without_sense_is_reported(machine: Machine) -> None:
    with pytest.raises(InputError, match="requires-python is `three`"):
        machine.find(None, "three")


def test_list_has_each_interpreter_once(machine: Machine, running: Interpreter) -> None:
    machine.put(".pyenv/versions/3.9.18/bin/python", "3.9.18")
    machine.put("tools/python3", "3.9.18")
    machine.put("tools/python", "3.9.18")
    (machine.home / "tools" / "python3.12").write_text("#!/bin/sh\nexit 1\n")
    (machine.home / "tools" / "python3.12").chmod(0o755)
    machine.on_path("tools")

    found = list_all(environ=machine.environ, cache_dir=machine.cache_dir, project_dir=str(machine.project))

    assert [(each.place, each.interpreter.version) for each in found if each.place != "system"] == [
        ("runs lockenv", running.version),
        ("PATH", "3.9.18"),
    ]
    executables = [each.interpreter.executable for each in found]
    assert sorted(set(executables)) == sorted(executables)


def test_running_interpreter_is_the_base_of_its_environment(running: Interpreter) -> None:
    assert running.executable == os.path.realpath(os.path.join(sys.base_prefix, "bin", "python3"))


@pytest.mark.parametrize(
    ("request_text", "is_free_threaded", "fits"),
    [("3.13", False, True), ("3.13", True, False), ("3.13t", True, True), ("3.13t", False, False)],
)
def test_free_threaded_interpreter_is_only_for_who_asks_for_it(
    running: Interpreter, request_text: str, *, is_free_threaded: bool, fits: bool
) -> None:
    wanted = _wanted(request_text, "--python")
    assert wanted is not None

    assert wanted.fits(replace(running, version="3.13.1", is_free_threaded=is_free_threaded)) is fits
