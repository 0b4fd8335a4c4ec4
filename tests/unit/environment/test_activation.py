"""Activation scripts put the environment first in every shell, whatever its path, and `deactivate` undoes all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.environment.activation import scripts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment

_POSIX = """
set -eu
. "$BIN/activate"
python -c "$REPORT"
deactivate
"$BASE" -c "$REPORT"
command -v deactivate || echo '"left"'
"""
_SCRIPTS = {
    "sh": _POSIX,
    "dash": _POSIX,
    "bash": _POSIX,
    "zsh": _POSIX,
    "mksh": _POSIX,
    "fish": """
source $BIN/activate.fish
python -c $REPORT
deactivate
$BASE -c $REPORT
functions -q deactivate; or echo '"left"'
""",
    "tcsh": """
source "$BIN:q/activate.csh"
python -c "$REPORT:q"
deactivate
"$BASE:q" -c "$REPORT:q"
alias deactivate
echo '"left"'
""",
    "pwsh": """
. "$env:BIN/Activate.ps1"
python -c $env:REPORT
deactivate
& $env:BASE -c $env:REPORT
if (-not (Test-Path function:deactivate)) { '"left"' }
""",
}
_NAMES = ("PATH", "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "PYTHONHOME")
_REPORT = f"import json, os, sys; print(json.dumps([sys.prefix, *map(os.environ.get, {_NAMES})]))"
"""In one line and without double quotes, so that every shell can hand it on."""
_ENVIRON = {
    "PATH": "/usr/bin:/bin",
    **{name: os.environ[name] for name in ("HOME", "LD_LIBRARY_PATH", "LANG") if name in os.environ},
}
"""What every shell starts with: nothing of an environment, nothing of a version manager."""


def shell(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"there is no {name} here")
    return path


def run(path: str, script: str, environ: Mapping[str, str]) -> list[Any]:
    options = {"zsh": ["-f"], "tcsh": ["-f"], "fish": ["--no-config"], "pwsh": ["-NoProfile"]}
    command = [path, *options.get(os.path.basename(path), []), "-c", script]
    answer = subprocess.run(command, capture_output=True, text=True, env=environ, check=False, cwd="/")
    assert (answer.returncode, answer.stderr) == (0, "")
    return [json.loads(line) for line in answer.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["env", "a b", "o'clock", 'say "x"', "$HOME", "`id`", "$(id)", "ünï!", "b\\s", "100%", "a&b"]
)
@pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.outside(kind)) for kind in _SCRIPTS])
def test_activation_is_undone_by_deactivation(
    make: Callable[..., Environment], running: Interpreter, kind: str, name: str
) -> None:
    path, environment = shell(kind), make(name)
    before = {**_ENVIRON, "BIN": environment.scripts, "BASE": running.executable, "REPORT": _REPORT}
    before["PYTHONHOME"] = running.prefix

    assert run(path, _SCRIPTS[kind], before) == [
        [
            environment.root,
            f"{environment.scripts}:{before['PATH']}",
            environment.root,
            name,
            None,
        ],
        [running.prefix, before["PATH"], None, None, running.prefix],
        "left",
    ]


@pytest.mark.parametrize("kind", ["sh", "bash", "zsh", "mksh"])
def test_second_activation_leaves_the_first(make: Callable[..., Environment], kind: str) -> None:
    path, first, second = shell(kind), make("first"), make("second")
    script = (
        'set -eu; . "$FIRST/activate"; . "$SECOND/activate"; python -c "$REPORT"; deactivate; '
        """echo "[\\"$PATH\\", \\"${VIRTUAL_ENV-none}\\"]" """
    )
    environ = {**_ENVIRON, "FIRST": first.scripts, "SECOND": second.scripts, "REPORT": _REPORT}

    assert run(path, script, environ) == [
        [second.root, f"{second.scripts}:{environ['PATH']}", second.root, "second", None],
        [environ["PATH"], "none"],
    ]


@pytest.mark.parametrize("kind", ["sh", "bash", "zsh", "mksh"])
def test_prompt_is_shown_and_taken_back(make: Callable[..., Environment], kind: str) -> None:
    path, environment = shell(kind), make(prompt="my $(touch x) `y` %n \\u")
    script = (
        """PS1='$ '; . "$BIN/activate"; printf '["%s"]\\n' "$PS1"; deactivate; printf '["%s"]\\n' "$PS1"; """
        """VIRTUAL_ENV_DISABLE_PROMPT=1; . "$BIN/activate"; printf '["%s"]\\n' "$PS1" """
    )

    assert run(path, script, {**_ENVIRON, "BIN": environment.scripts}) == [
        ["(my __touch x_ _y_ _n _u) $ "],
        ["$ "],
        ["$ "],
    ]


def test_fish_shows_the_prompt_and_keeps_the_status(make: Callable[..., Environment]) -> None:
    path, environment = shell("fish"), make(prompt="mine")
    script = """
function fish_prompt; echo "[$status]"; end
source $BIN/activate.fish
function _seven; return 7; end
_seven; echo (string escape --style=json (_seven; fish_prompt) 2>/dev/null; or printf '"%s"' (_seven; fish_prompt))
deactivate
_seven; printf '"%s"\\n' (_seven; fish_prompt)
"""

    assert run(path, script, {**_ENVIRON, "BIN": environment.scripts}) == ["(mine) [7]", "[7]"]


def test_scripts_do_not_depend_on_anything_but_their_arguments() -> None:
    assert scripts("/r", "/r/bin", "p") == scripts("/r", "/r/bin", "p")


def test_each_shell_gets_its_own_quoting() -> None:
    texts = scripts("/o'c/'#/\\x!", "/b", "p")

    quoted = {name: next(line for line in text.splitlines() if "/o" in line) for name, text in texts.items()}

    assert quoted == {
        "activate": "VIRTUAL_ENV='/o'\\''c/'\\''#/\\x!'",
        "activate.fish": "set -gx VIRTUAL_ENV '/o\\'c/\\'#/\\\\x!'",
        "activate.csh": "setenv VIRTUAL_ENV '/o'\\''c/'\\''#/\\x\\!'",
        "activate.nu": "        VIRTUAL_ENV: r##'/o'c/'#/\\x!'##",
        "Activate.ps1": "$env:VIRTUAL_ENV = '/o''c/''#/\\x!'",
    }


def test_powershell_has_every_quote_doubled_that_it_takes_for_one() -> None:
    text = scripts("/a'b\u2018c\u2019d\u201ae\u201bf\u201cg", "/bin", "env")["Activate.ps1"]

    assert "'/a''b\u2018\u2018c\u2019\u2019d\u201a\u201ae\u201b\u201bf\u201cg'" in text
