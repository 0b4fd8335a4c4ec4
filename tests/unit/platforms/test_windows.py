"""Decisions that differ on Windows, taken here as they are there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import platformdirs
import pytest
from platformdirs import windows as windows_directories

from lockenv.backend.backend import hook_environment
from lockenv.backend.unpack import discard
from lockenv.builds.source_digests import build_digest, requirements_digest, tree_digest
from lockenv.commands.shell import shell_of_windows
from lockenv.context.settings import default_cache
from lockenv.context.user_configuration import path_of as path_of_configuration
from lockenv.environment.activation import scripts
from lockenv.environment.creation import create
from lockenv.environment.ownership import data_directory
from lockenv.environment.run import command
from lockenv.environment.venv import open_environment
from lockenv.environment.verify import EnvironmentMatches, verify
from lockenv.errors import MachineError, RefusedError
from lockenv.fetch.credentials import netrc_path
from lockenv.fetch.local import path_of, url_of
from lockenv.fetch.trusted_certificates import trust
from lockenv.files.atomic import machine_error
from lockenv.files.bounded import run_bounded
from lockenv.files.private import is_private
from lockenv.files.programs import find_program, is_within
from lockenv.lockfile.requirements_txt import vcs_url
from lockenv.operations import discovery
from lockenv.project.direct import from_url
from lockenv.sync.rebuild import distributions, is_environment
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import Commit
from tests.support.systems import assumed
from tests.support.windows import windows, windows_interpreter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter


def _program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(0o755)
    return str(path)


def test_build_sees_where_visual_studio_is() -> None:
    environ = {
        "ProgramFiles": "as Python does not spell it",
        "PROGRAMFILES(X86)": r"C:\Program Files (x86)",
        "PROCESSOR_ARCHITECTURE": "AMD64",
        "LOCALAPPDATA": r"C:\Users\a\AppData\Local",
        "TOKEN": "secret",
    }
    with assumed("win32"):
        there = hook_environment(environ, "/env/Scripts/python.exe", "/build", is_allowed=False)
    here = hook_environment(environ, "/env/bin/python", "/build", is_allowed=False)

    assert there.keys() - here.keys() == {"PROGRAMFILES(X86)", "PROCESSOR_ARCHITECTURE", "LOCALAPPDATA"}


def test_program_with_an_ending_of_pathext_is_found_first(tmp_path: Path, interpreter: Interpreter) -> None:
    base = windows_interpreter(tmp_path / "Python", interpreter)
    with windows():
        environment = create(str(tmp_path / "env"), base)
        for name in ("npm", "npm.cmd", "tool.exe"):
            _program(tmp_path / "env/Scripts" / name)
        environ = {"PATH": "", "PATHEXT": ".EXE;.cmd", "__PYVENV_LAUNCHER__": "/other"}
        found = [command(environment, [name], environ)[0] for name in ("npm", "tool", "tool.exe", "python")]
        variables = command(environment, ["npm"], environ)[1]

    assert [os.path.basename(path).lower() for path in found] == ["npm.cmd", "tool.exe", "tool.exe", "python.exe"]
    assert "__PYVENV_LAUNCHER__" not in variables


def test_git_is_found_with_its_ending(tmp_path: Path) -> None:
    path = _program(tmp_path / "git.exe")

    with windows():
        found = find_program("git", {"PATH": str(tmp_path), "PATHEXT": ".COM;.exe"})

    assert found == path


_PARENT = """\
import os, sys
from lockenv.vocabulary import system
system.assume("win32")
from lockenv.environment.replace_process import become
become(sys.executable, ["python", "-c", sys.argv[1]], dict(os.environ))
"""
_CHILD = """\
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(5))
print("ready", flush=True)
signal.pause()
"""


def test_program_decides_what_ctrl_c_means() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, _CHILD], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        code = process.wait()

    assert code == 5


def test_activation_scripts_are_read_as_utf_8() -> None:
    with assumed("win32"):
        texts = scripts(r"C:\ünï\env", r"C:\ünï\env\Scripts", "ünï")
        plain = scripts(r"C:\env", r"C:\env\Scripts", "env")

    assert texts["Activate.ps1"].startswith("\ufeff")
    assert not plain["Activate.ps1"].startswith("\ufeff")
    for name in ("activate.bat", "deactivate.bat"):
        assert texts[name].count("\n") == texts[name].count("\r\n") > 0
    lines = texts["activate.bat"].split("\r\n")
    assert lines.index("if defined _LOCKENV_CODE_PAGE chcp 65001 >nul") < lines.index(r'set "VIRTUAL_ENV=C:\ünï\env"')
    assert lines[-3] == "if defined _LOCKENV_CODE_PAGE chcp %_LOCKENV_CODE_PAGE% >nul"


@pytest.mark.parametrize("digest", [build_digest, tree_digest, lambda path: requirements_digest([f"{path}/r.txt"])])
def test_checkout_with_other_line_ends_has_the_same_digest(tmp_path: Path, digest: Callable[[str], str]) -> None:
    found = []
    for name, end in (("unix", b"\n"), ("windows", b"\r\n")):
        directory = tmp_path / name
        directory.mkdir()
        (directory / "pyproject.toml").write_bytes(b"[project]" + end + b'name = "a"' + end)
        (directory / "r.txt").write_bytes(b"idna" + end)
        (directory / "logo.png").write_bytes(b"\0\r\n")
        with pytest.MonkeyPatch.context() as there:
            there.chdir(directory)
            found.append(digest("."))

    assert found[0] == found[1]


def test_case_of_a_path_does_not_decide_what_is_in_the_project(tmp_path: Path) -> None:
    project = f"{tmp_path}/Project/"
    answers = []
    for platform in ("linux", "darwin", "win32"):
        with assumed(platform):
            answers.append(is_within(f"{tmp_path}/pROJECT/bin", (project,)))

    assert answers == [False, True, True]


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("C:/wheels/a b.whl", "file:///C%3A/wheels/a%20b.whl"),
        ("//server/share/a.whl", "file:////server/share/a.whl"),
    ],
    ids=["drive", "share"],
)
def test_url_of_a_path_names_that_path(path: str, url: str) -> None:
    with assumed("win32"):
        assert (url_of(path), path_of(url)) == (url, path)


def test_exported_url_of_a_repository_beside_the_project_is_one() -> None:
    commit = Commit(url="../lib", revision="", subdirectory="", commit="0" * 40)

    assert vcs_url(commit, "C:\\code\\app") == f"git+file:///C:/code/lib@{'0' * 40}"


def test_directory_in_use_does_not_block_the_next_build(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    loaded = tmp_path / "build/tool.dll"
    loaded.write_text("")
    with windows(held={str(loaded)}) as system:
        discard(str(tmp_path / "build"))
        freed = not (tmp_path / "build").exists()
        left = len(os.listdir(tmp_path))
        system.held.clear()
        discard(str(tmp_path / "build"))

    assert (freed, left, os.listdir(tmp_path)) == (True, 1, [])


@pytest.mark.parametrize(
    ("environ", "shell"),
    [
        ({"COMSPEC": r"C:\Windows\system32\cmd.exe", "PSModulePath": "a;b"}, r"C:\Windows\system32\cmd.exe"),
        ({}, "cmd.exe"),
        ({"PSModulePath": r"C:\Users\a\Documents\WindowsPowerShell\Modules;b;c"}, "powershell"),
        ({"PSMODULEPATH": r"C:\Users\a\Documents\PowerShell\Modules;b;c"}, "pwsh"),
        ({"MSYSTEM": "MINGW64", "SHELL": r"C:\Program Files\Git\usr\bin\bash.exe"}, "bash"),
    ],
    ids=["cmd", "nothing known", "Windows PowerShell", "PowerShell", "Git for Windows"],
)
def test_shell_is_the_one_that_is_used(environ: dict[str, str], shell: str) -> None:
    assert shell_of_windows(environ) == shell


@pytest.mark.parametrize(
    "changes", [{"implementation": "pypy"}, {"scripts": "bin"}], ids=["PyPy", "the Python of MSYS2"]
)
def test_interpreter_without_launchers_is_refused(
    tmp_path: Path, interpreter: Interpreter, changes: dict[str, str]
) -> None:
    base = replace(windows_interpreter(tmp_path / "Python", interpreter), **changes)

    with windows(), pytest.raises(MachineError, match="makes no environments of the usual form on Windows"):
        create(str(tmp_path / "env"), base)

    assert not (tmp_path / "env").exists()


def test_damaged_installation_is_named(tmp_path: Path, interpreter: Interpreter) -> None:
    base = windows_interpreter(tmp_path / "Python", interpreter)
    (tmp_path / "Python/Lib/venv/scripts/nt/venvwlauncher.exe").unlink()

    with windows(), pytest.raises(MachineError, match=r"has no venvwlauncher\.exe"):
        create(str(tmp_path / "env"), base)


def test_environment_is_opened_where_windows_has_its_parts(tmp_path: Path, interpreter: Interpreter) -> None:
    base = windows_interpreter(tmp_path / "Python", interpreter)
    with windows():
        create(str(tmp_path / "env"), base)
        found = open_environment(str(tmp_path / "env"))
        is_one = is_environment(str(tmp_path / "env"))
        held = distributions(str(tmp_path / "env"))

    assert found is not None
    assert [os.path.relpath(path, found.root) for path in (found.python, found.purelib, found.scripts)] == [
        *("Scripts/python.exe", "Lib/site-packages", "Scripts"),
    ]
    assert (found.base, is_one, held) == (base.executable, True, ())


def test_long_path_is_explained() -> None:
    path = "C:/" + "long/" * 60
    with assumed("win32"):
        there = machine_error(FileNotFoundError(2, "No such file"), path)

    assert "enable long paths" in there.hint
    assert machine_error(FileNotFoundError(2, "No such file"), path).hint == ""


def test_logins_are_in_the_file_that_windows_programs_read() -> None:
    environ = {"HOME": "/home/a"}
    with assumed("win32"):
        there = netrc_path(environ)

    assert (os.path.basename(there), os.path.basename(netrc_path(environ))) == ("_netrc", ".netrc")


def test_url_of_a_local_file_is_a_path_seen_from_the_project() -> None:
    with assumed("win32"):
        found = from_url("file:///projects/wheels/a-1-py3-none-any.whl", "/projects/app")

    assert getattr(found, "location", "") == "../wheels/a-1-py3-none-any.whl"


def test_environment_of_another_tool_has_launchers(tmp_path: Path, interpreter: Interpreter) -> None:
    base = windows_interpreter(tmp_path / "Python", interpreter)
    with windows():
        environment = create(str(tmp_path / "env"), base)
        (tmp_path / "env/.lockenv/environment.json").unlink()
        configuration = tmp_path / "env/pyvenv.cfg"
        configuration.write_text(configuration.read_text() + "made-by = another tool\n")
        answer = verify(environment, (), interpreter=base, environ={})

    assert isinstance(answer, EnvironmentMatches), answer


def test_output_of_git_is_read_where_pipes_cannot_be_waited_for(tmp_path: Path) -> None:
    with assumed("win32"):
        done = run_bounded([sys.executable, "-c", "print(1)"], str(tmp_path), {})

    assert done is not None
    assert (done.returncode, done.stdout.split()) == (0, [b"1"])


def test_file_of_the_user_is_private() -> None:
    with assumed("win32"):
        assert is_private(os.stat("/"))


@pytest.mark.parametrize(
    ("function", "variable", "expected"),
    [
        (default_cache, "XDG_CACHE_HOME", platformdirs.user_cache_dir("lockenv", appauthor=False)),
        (data_directory, "XDG_DATA_HOME", platformdirs.user_data_dir("lockenv", appauthor=False)),
        (
            path_of_configuration,
            "XDG_CONFIG_HOME",
            os.path.join(platformdirs.user_config_dir("lockenv", appauthor=False), "lockenv.toml"),
        ),
    ],
    ids=["cache", "data", "configuration"],
)
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_directories_are_those_of_the_system(
    platform: str, function: Callable[[dict[str, str]], str], variable: str, expected: str
) -> None:
    with assumed(platform):
        there = function({variable: "/elsewhere"})

    assert there == expected
    assert function({variable: "/elsewhere"}).startswith("/elsewhere/lockenv")


def test_local_app_data_holds_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `platformdirs` answers on Windows, which decides there."""
    monkeypatch.setenv("LOCALAPPDATA", "/Users/a/AppData/Local")
    monkeypatch.setattr(windows_directories, "get_win_folder", windows_directories.get_win_folder_from_env_vars)
    found = windows_directories.Windows("lockenv", appauthor=False).user_cache_dir

    assert found.replace("\\", "/").endswith("AppData/Local/lockenv/Cache")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_certificates_are_those_of_the_system(platform: str) -> None:
    with assumed(platform):
        context = trust("")

    assert type(context).__module__.partition(".")[0] == "truststore"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="files cannot be given to another user")
def test_project_above_is_used_whoever_owns_it(tmp_path: Path) -> None:
    """Files have no number of a user there, and directories are not shared in that way."""
    (tmp_path / "pyproject.toml").write_text("")
    os.chown(tmp_path / "pyproject.toml", 65534, 65534)
    here = tmp_path / "here"
    here.mkdir()

    with assumed("win32"):
        found = discovery.nearest(str(here), ("pyproject.toml",))

    assert found == str(tmp_path)
    with pytest.raises(RefusedError, match="belongs to another user"):
        discovery.nearest(str(here), ("pyproject.toml",))
