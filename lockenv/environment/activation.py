"""Scripts that put an environment first in a shell, and take it away again.

Pure: a directory and a prompt go in, the text of each script comes out. Every path is quoted as its shell asks; the
prompt that a shell might expand is reduced to characters that no shell does anything with.
"""

from __future__ import annotations

import os

from lockenv.vocabulary import system

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

_SHOWN = frozenset("_.+@ -")
"""What a prompt shows besides letters and digits."""
_QUOTES = "'\u2018\u2019\u201a\u201b"
"""The single quotes of PowerShell. By their numbers: Python loads a module of the library to read their names."""


def scripts(root: str, bin_directory: str, prompt: str) -> dict[str, str]:
    """Return the text of each script by its file name."""
    shown = "".join(sign if sign.isalnum() or sign in _SHOWN else "_" for sign in prompt)
    parts = {"root": root, "bin": bin_directory, "prompt": prompt, "shown": f"({shown}) "}
    texts = {
        "activate": _fill(_POSIX, parts, _quote_posix),
        "activate.fish": _fill(_FISH, parts, _quote_fish),
        "activate.csh": _fill(_CSH, parts, _quote_csh),
        "activate.nu": _fill(_NU, parts, _quote_nu),
        "Activate.ps1": _fill(_POWERSHELL, parts, _quote_powershell),
    }
    if system.is_windows:
        # What cmd.exe reads has such line ends, and PowerShell of Windows reads UTF-8 only behind this mark.
        texts["activate.bat"] = _fill(_BATCH, parts, _quote_batch).replace("\n", "\r\n")
        texts["deactivate.bat"] = _BATCH_END.replace("\n", "\r\n")
        if not texts["Activate.ps1"].isascii():
            texts["Activate.ps1"] = f"\ufeff{texts['Activate.ps1']}"
    return texts


def _fill(template: str, parts: dict[str, str], quote: Callable[[str], str]) -> str:
    """Return `template` with each `@NAME@` replaced; where no name follows, an `@` is what it is."""
    text, *pieces = template.split("@")
    was_name = False
    for piece in pieces:
        is_name = not was_name and piece in parts
        if is_name:
            text += quote(parts[piece])
        else:
            text += piece if was_name else f"@{piece}"
        was_name = is_name
    return text


def _quote_posix(text: str) -> str:
    quoted = "'" + text.replace("'", "'\\''") + "'"
    is_path = system.is_windows and os.path.isabs(text)
    return f'"$(cygpath -u {quoted})"' if is_path else quoted


def _quote_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quote_csh(text: str) -> str:
    return "'" + text.replace("'", "'\\''").replace("!", "\\!") + "'"


def _quote_nu(text: str) -> str:
    marks = "#"
    while f"'{marks}" in text:
        marks += "#"
    return f"r{marks}'{text}'{marks}"


def _quote_powershell(text: str) -> str:
    # PowerShell takes the four typographic single quotes for the plain one; each is doubled to mean itself.
    return "'" + "".join(sign * 2 if sign in _QUOTES else sign for sign in text) + "'"


def _quote_batch(text: str) -> str:
    return text.replace("%", "%%")


_POSIX = """\
# Source this file: `. bin/activate`. It serves sh, dash, bash, ksh and zsh; `deactivate` takes it back.

deactivate () {
    if [ -n "${_OLD_VIRTUAL_PATH+set}" ]; then
        PATH=$_OLD_VIRTUAL_PATH
        export PATH
        unset _OLD_VIRTUAL_PATH
    fi
    if [ -n "${_OLD_VIRTUAL_PYTHONHOME+set}" ]; then
        PYTHONHOME=$_OLD_VIRTUAL_PYTHONHOME
        export PYTHONHOME
        unset _OLD_VIRTUAL_PYTHONHOME
    fi
    if [ -n "${_OLD_VIRTUAL_PS1+set}" ]; then
        PS1=$_OLD_VIRTUAL_PS1
        unset _OLD_VIRTUAL_PS1
    fi
    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
    hash -r 2>/dev/null || true
    if [ "${1-}" != nondestructive ]; then
        unset -f deactivate
    fi
}

# Another environment that is still active is left first.
deactivate nondestructive

VIRTUAL_ENV=@root@
export VIRTUAL_ENV
VIRTUAL_ENV_PROMPT=@prompt@
export VIRTUAL_ENV_PROMPT
_OLD_VIRTUAL_PATH=${PATH-}
PATH=@bin@${PATH:+:$PATH}
export PATH
if [ -n "${PYTHONHOME+set}" ]; then
    _OLD_VIRTUAL_PYTHONHOME=$PYTHONHOME
    unset PYTHONHOME
fi
if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT-}" ]; then
    _OLD_VIRTUAL_PS1=${PS1-}
    PS1=@shown@${PS1-}
fi
hash -r 2>/dev/null || true
"""

_FISH = """\
# Source this file: `source bin/activate.fish`; `deactivate` takes it back.

function deactivate --description 'Leave the Python environment'
    if set -q _OLD_VIRTUAL_PATH
        set -gx PATH $_OLD_VIRTUAL_PATH
        set -e _OLD_VIRTUAL_PATH
    end
    if set -q _OLD_VIRTUAL_PYTHONHOME
        set -gx PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME
        set -e _OLD_VIRTUAL_PYTHONHOME
    end
    if functions -q _old_virtual_prompt
        functions -e fish_prompt
        functions -c _old_virtual_prompt fish_prompt
        functions -e _old_virtual_prompt
    end
    set -e VIRTUAL_ENV
    set -e VIRTUAL_ENV_PROMPT
    if test "$argv[1]" != nondestructive
        functions -e deactivate
    end
end

# Another environment that is still active is left first.
deactivate nondestructive

set -gx VIRTUAL_ENV @root@
set -gx VIRTUAL_ENV_PROMPT @prompt@
set -g _OLD_VIRTUAL_PATH $PATH
set -gx PATH @bin@ $PATH
if set -q PYTHONHOME
    set -g _OLD_VIRTUAL_PYTHONHOME $PYTHONHOME
    set -e PYTHONHOME
end
if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and functions -q fish_prompt
    functions -c fish_prompt _old_virtual_prompt
    function _virtual_status
        return $argv[1]
    end
    function fish_prompt
        set -l before $status
        printf '%s' @shown@
        _virtual_status $before
        _old_virtual_prompt
    end
end
"""

_CSH = """\
# Source this file: `source bin/activate.csh`; `deactivate` takes it back.

alias deactivate 'test $?_OLD_VIRTUAL_PATH != 0 && setenv PATH "$_OLD_VIRTUAL_PATH:q" && unset _OLD_VIRTUAL_PATH; \
test $?_OLD_VIRTUAL_PYTHONHOME != 0 && setenv PYTHONHOME "$_OLD_VIRTUAL_PYTHONHOME:q" && \
unset _OLD_VIRTUAL_PYTHONHOME; \
test $?_OLD_VIRTUAL_PROMPT != 0 && set prompt = "$_OLD_VIRTUAL_PROMPT:q" && unset _OLD_VIRTUAL_PROMPT; \
unsetenv VIRTUAL_ENV; unsetenv VIRTUAL_ENV_PROMPT; rehash; \
test "\\!:*" != nondestructive && unalias deactivate'

# Another environment that is still active is left first.
deactivate nondestructive

setenv VIRTUAL_ENV @root@
setenv VIRTUAL_ENV_PROMPT @prompt@
set _OLD_VIRTUAL_PATH = "$PATH:q"
setenv PATH @bin@":$PATH:q"
if ($?PYTHONHOME) then
    set _OLD_VIRTUAL_PYTHONHOME = "$PYTHONHOME:q"
    unsetenv PYTHONHOME
endif
if (! $?VIRTUAL_ENV_DISABLE_PROMPT && $?prompt) then
    set _OLD_VIRTUAL_PROMPT = "$prompt:q"
    set prompt = @shown@"$prompt:q"
endif
rehash
"""

_NU = """\
# Use this file as an overlay: `overlay use bin/activate.nu`; `deactivate` takes it back.

export-env {
    let path_name = if "Path" in $env { "Path" } else { "PATH" }
    let old_path = $env | get $path_name
    let paths = if ($old_path | describe) == "string" { $old_path | split row (char esep) } else { $old_path }
    load-env {
        VIRTUAL_ENV: @root@
        VIRTUAL_ENV_PROMPT: @prompt@
        $path_name: ($paths | prepend @bin@)
    }
    if "PYTHONHOME" in $env { hide-env PYTHONHOME }
    if "VIRTUAL_ENV_DISABLE_PROMPT" not-in $env {
        let old_prompt = $env.PROMPT_COMMAND? | default ""
        $env.PROMPT_COMMAND = {||
            @shown@ + (if ($old_prompt | describe) == "closure" { do $old_prompt } else { $old_prompt })
        }
    }
}

export alias deactivate = overlay hide activate
"""

_POWERSHELL = """\
# Dot-source this file: `. bin/Activate.ps1`; `deactivate` takes it back.

function global:deactivate([switch] $NonDestructive) {
    if (Test-Path env:_OLD_VIRTUAL_PATH) {
        $env:PATH = $env:_OLD_VIRTUAL_PATH
        Remove-Item env:_OLD_VIRTUAL_PATH
    }
    if (Test-Path env:_OLD_VIRTUAL_PYTHONHOME) {
        $env:PYTHONHOME = $env:_OLD_VIRTUAL_PYTHONHOME
        Remove-Item env:_OLD_VIRTUAL_PYTHONHOME
    }
    if (Test-Path function:_old_virtual_prompt) {
        $function:prompt = $function:_old_virtual_prompt
        Remove-Item function:_old_virtual_prompt
    }
    foreach ($name in "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT") {
        if (Test-Path "env:$name") { Remove-Item "env:$name" }
    }
    if (-not $NonDestructive) {
        Remove-Item function:deactivate
    }
}

# Another environment that is still active is left first.
deactivate -NonDestructive

$env:VIRTUAL_ENV = @root@
$env:VIRTUAL_ENV_PROMPT = @prompt@
$env:_OLD_VIRTUAL_PATH = $env:PATH
$env:PATH = @bin@ + [System.IO.Path]::PathSeparator + $env:PATH
if (Test-Path env:PYTHONHOME) {
    $env:_OLD_VIRTUAL_PYTHONHOME = $env:PYTHONHOME
    Remove-Item env:PYTHONHOME
}
if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
    function global:_old_virtual_prompt { "" }
    $function:_old_virtual_prompt = $function:prompt
    function global:prompt {
        Write-Host -NoNewline @shown@
        _old_virtual_prompt
    }
}
"""

_BATCH = """\
@echo off
rem Call this file: `Scripts\\activate.bat`; `deactivate` takes it back.
rem It is in UTF-8, which cmd.exe reads in the code page 65001 alone; the one before comes back at the end.
set _LOCKENV_CODE_PAGE=
for /f "tokens=2 delims=:." %%p in ('chcp 2^>nul') do set "_LOCKENV_CODE_PAGE=%%p"
if defined _LOCKENV_CODE_PAGE chcp 65001 >nul
if defined _OLD_VIRTUAL_PATH set "PATH=%_OLD_VIRTUAL_PATH%"
if defined _OLD_VIRTUAL_PROMPT set "PROMPT=%_OLD_VIRTUAL_PROMPT%"
set "_OLD_VIRTUAL_PATH=%PATH%"
set "VIRTUAL_ENV=@root@"
set "VIRTUAL_ENV_PROMPT=@prompt@"
set "PATH=@bin@;%PATH%"
if defined PYTHONHOME set "_OLD_VIRTUAL_PYTHONHOME=%PYTHONHOME%"
set PYTHONHOME=
set _OLD_VIRTUAL_PROMPT=
if defined VIRTUAL_ENV_DISABLE_PROMPT goto end
set "_OLD_VIRTUAL_PROMPT=%PROMPT%"
set "PROMPT=@shown@%PROMPT%"
:end
if defined _LOCKENV_CODE_PAGE chcp %_LOCKENV_CODE_PAGE% >nul
set _LOCKENV_CODE_PAGE=
"""

_BATCH_END = """\
@echo off
if defined _OLD_VIRTUAL_PATH set "PATH=%_OLD_VIRTUAL_PATH%"
if defined _OLD_VIRTUAL_PROMPT set "PROMPT=%_OLD_VIRTUAL_PROMPT%"
if defined _OLD_VIRTUAL_PYTHONHOME set "PYTHONHOME=%_OLD_VIRTUAL_PYTHONHOME%"
set _OLD_VIRTUAL_PATH=
set _OLD_VIRTUAL_PROMPT=
set _OLD_VIRTUAL_PYTHONHOME=
set VIRTUAL_ENV=
set VIRTUAL_ENV_PROMPT=
"""
