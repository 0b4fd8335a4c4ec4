"""`completion`: real shells complete commands, options and values with the script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.cli.completion import bash, fish, zsh
from lockenv.cli.options import COMMANDS, options_of
from tests.support.program import lockenv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    By = Callable[..., set[str]]


def by_bash(directory: Path, *words: str) -> set[str]:
    """Return what bash offers for the last of `words`."""
    script = 'source ./script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lockenv; printf "%s\\n" "${COMPREPLY[@]}"'
    directory.joinpath("script").write_text(bash())
    done = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", script, "bash", "lockenv", *words],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return set(filter(None, done.stdout.split("\n")))


def by_fish(directory: Path, *words: str) -> set[str]:
    directory.joinpath("script").write_text(fish())
    line = " ".join(["lockenv", *words])
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source script; complete -C '{line}'"],
        cwd=directory,
        env={**os.environ, "HOME": str(directory)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return {line.partition("\t")[0] for line in done.stdout.splitlines()}


_ZSH = """\
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT=; autoload -Uz compinit; compinit -u -d ./dump; source ./script; LISTMAX=0; stty columns 200'
zpty -w shell 'compadd() { local -a found; builtin compadd -O found "$@"; print -rl -- $found >> found'
zpty -w shell '    builtin compadd "$@"; }'
zpty -w shell 'finish() { zle complete-word; print -r -- "<"done">"; }; zle -N finish; bindkey "^X" finish'
zpty -w shell 'print -r -- "<"ready">"'
zpty -r shell seen '*<ready>*'
zpty -n -w shell "$1"$'\\x18'
zpty -r shell seen '*<done>*'
true
"""
"""What the shell prints is waited for, and not taken for what it echoes: that has quotes within."""


def by_zsh(directory: Path, *words: str) -> set[str]:
    directory.joinpath("script").write_text(zsh())
    directory.joinpath("found").unlink(missing_ok=True)
    subprocess.run(
        ["zsh", "-f", "-c", _ZSH, "zsh", " ".join(["lockenv", *words])],
        cwd=directory,
        env={**os.environ, "HOME": str(directory), "TERM": "dumb"},
        capture_output=True,
        timeout=30,
        check=True,
    )
    found = directory / "found"
    return set(filter(None, found.read_text().split("\n"))) if found.exists() else set()


SHELLS = [
    pytest.param(by, marks=pytest.mark.skipif(not shutil.which(name), reason=f"{name} does not exist"), id=name)
    for name, by in (("bash", by_bash), ("zsh", by_zsh), ("fish", by_fish))
]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these shells are not for Windows")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    tmp_path.joinpath("folder with a space").mkdir()
    tmp_path.joinpath("file.toml").write_text("")
    return tmp_path


@pytest.mark.parametrize("by", SHELLS)
def test_commands_are_completed(by: By, directory: Path) -> None:
    assert by(directory, "ca") == {"cache"}
    assert {command.name for command in COMMANDS} <= by(directory, "")


@pytest.mark.parametrize("by", SHELLS)
def test_options_are_those_of_the_command(by: By, directory: Path) -> None:
    (command,) = (command for command in COMMANDS if command.name == "verify")
    long = {flag for option in options_of(command) for flag in option.flags if flag.startswith("--")}

    assert by(directory, "verify", "--") - {"--help"} == long
    assert by(directory, "-q", "verify", "--no-d") == {"--no-default-groups", "--no-dev"}
    assert by(directory, "--project", ".", "sync", "--no-pro") == {"--no-progress", "--no-project"}


@pytest.mark.parametrize("by", SHELLS)
def test_values_are_completed(by: By, directory: Path) -> None:
    assert by(directory, "verify", "--bytecode", "") == {"compile", "ignore", "forbid"}
    assert by(directory, "cache", "pr") == {"prune"}
    assert by(directory, "completion", "z") == {"zsh"}


@pytest.mark.parametrize("by", SHELLS)
def test_files_and_folders_are_completed(by: By, directory: Path) -> None:
    files = {name.replace("\\", "").rstrip("/") for name in by(directory, "sync", "--lockfile", "f")}
    folders = {name.replace("\\", "").rstrip("/") for name in by(directory, "sync", "--find-links", "f")}

    assert {"file.toml", "folder with a space"} <= files
    assert "folder with a space" in folders
    assert "file.toml" not in folders


@pytest.mark.parametrize("by", SHELLS)
def test_locked_names_are_completed_and_nothing_that_a_shell_would_run(by: By, directory: Path) -> None:
    directory.joinpath("pylock.toml").write_text(
        'extras = [\n  "web",\n  "we$(touch ran)",\n]\ndependency-groups = ["dev", "docs"]\n'
        'default-groups = ["other"]\n[[packages]]\nname = "idna"\n[[packages]]\nname = "$(touch ran)"\n'
        '[[tool.lockenv.index]]\nname = "index"\n'
    )
    below = directory / "folder with a space"

    assert by(below, "sync", "--extra", "") == {"web"}
    assert by(below, "run", "--no-group", "d") == {"dev", "docs"}
    assert by(below, "add", "--group", "de") == {"dev"}
    assert by(below, "why", "") == {"idna"}
    assert by(below, "lock", "-P", "i") == {"idna"}
    assert by(below, "sync", "--lock", "") == set()
    assert not {path.name for path in directory.rglob("*")} & {"ran"}


@pytest.mark.parametrize("by", SHELLS)
def test_declared_locks_are_completed_also_from_a_member(by: By, directory: Path) -> None:
    member = directory / "folder with a space"
    directory.joinpath("pyproject.toml").write_text(
        '[project]\nname = "shop"\n[tool.lockenv.lock.docs]\ngroups = ["docs"]\n[tool.lockenv.lock."to-ols"]\n'
        '[tool.lockenv.lock.docs.sources]\n[tool.other.lock.no]\n[tool.lockenv.lock."$(touch ran)"]\n'
    )
    directory.joinpath("lockenv.toml").write_text("[lock.far]\n")
    member.joinpath("pyproject.toml").write_text('[project]\nname = "member"\n')

    assert by(member, "sync", "--lock", "") == {"docs", "to-ols", "far"}
    assert by(directory, "diff", "--lock", "d") == {"docs"}
    assert not {path.name for path in directory.rglob("*")} & {"ran"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_program_prints_the_script(tmp_path: Path, shell: str) -> None:
    result = lockenv("completion", shell, cwd=tmp_path)

    assert (result.code, result.err) == (0, "")
    assert result.out == {"bash": bash, "zsh": zsh, "fish": fish}[shell]()


def test_bash_completes_by_itself_once_the_script_is_loaded(directory: Path) -> None:
    directory.joinpath("script").write_text(bash())
    done = subprocess.run(
        ["bash", "--norc", "-c", "source ./script; complete -p lockenv"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split()[-3:] == ["-F", "_lockenv", "lockenv"]
