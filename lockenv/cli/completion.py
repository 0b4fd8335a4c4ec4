"""`lockenv completion`: the script that lets a shell complete lockenv's commands, options and their values.

In: the table of options. Out: text for bash, zsh or fish. Never: asking lockenv while the user types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from lockenv.cli.completion_names import BASH, FISH, ZSH, kind_of_names
from lockenv.cli.options import COMMANDS, COMMON, options_of
from lockenv.errors import ExitCode
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.cli.options import Command, Option
    from lockenv.console import Console
    from lockenv.context.settings import Settings

_FILES: Final = ("FILE", "PYTHON")
_FOLDERS: Final = ("DIR", "PATH")
_PLAIN: Final = lazy_pattern(r"[A-Za-z0-9_./=-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of `lockenv completion`."""

    shell: Literal["bash", "zsh", "fish"]


def run(options: Options, _settings: Settings, console: Console) -> ExitCode:
    """Print the script."""
    console.data({"bash": bash, "zsh": zsh, "fish": fish}[options.shell]())
    return ExitCode.YES


def bash() -> str:
    """Return the script for bash 3.2 and newer."""
    commands = "".join(f"        {command.name})\n{_bash_command(command)}            ;;\n" for command in COMMANDS)
    valued = "|".join(flag for option in COMMON if _takes_value(option) for flag in option.flags)
    return f"""\
# lockenv: completion for bash. Load it with: source <(lockenv completion bash)
_lockenv_words() {{
    COMPREPLY=($(compgen -W "$1" -- "$current"))
}}
{BASH}_lockenv_paths() {{
    local path
    compopt -o filenames 2>/dev/null
    while IFS= read -r path; do
        COMPREPLY+=("$path")
    done < <(compgen "$1" -- "$current")
}}
_lockenv() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= at=1 place=0
    COMPREPLY=()
    if [[ $current == "=" ]]; then
        current=
    elif [[ $before == "=" ]]; then
        before=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
    while ((at < COMP_CWORD)); do
        case ${{COMP_WORDS[at]}} in
            {valued}) ((at++)) ;;
            -*) ;;
            *) command=${{COMP_WORDS[at]}}; place=$at; break ;;
        esac
        ((at++))
    done
    case $command in
        "")
            case $before in
{_bash_values(COMMON, 16)}            esac
            _lockenv_words "{_words([command.name for command in COMMANDS] + _flags(COMMON) + ["--version", "--help"])}"
            ;;
{commands}    esac
}}
complete -F _lockenv lockenv
"""


def _bash_command(command: Command) -> str:
    options = options_of(command)
    lines = ["            case $before in\n", _bash_values(options, 16), "            esac\n"]
    flags = _words([*_flags(options), "--help"])
    placed = [option for option in options if not option.flags[0].startswith("-")]
    rest = f'            _lockenv_words "{flags}"\n'
    if not placed:
        return "".join([*lines, rest])
    lines += [f"            if [[ $current == -* ]]; then\n    {rest}                return\n            fi\n"]
    return "".join([*lines, *(_bash_placed(option) for option in placed)])


def _bash_placed(option: Option) -> str:
    """Return what completes an argument without a flag."""
    if option.kind == "rest":
        return (
            "            if ((COMP_CWORD == place + 1)); then\n                _lockenv_paths -c\n"
            "            else\n                _lockenv_paths -f\n            fi\n"
        )
    return f"            {_bash_action(option) or ':'}\n"


def _bash_values(options: Iterable[Option], indent: int) -> str:
    """Return the branches that complete the value of the option before."""
    space = " " * indent
    return "".join(
        f"{space}{'|'.join(option.flags)}) {_bash_action(option) or ':'}; return ;;\n"
        for option in options
        if _takes_value(option)
    )


def _bash_action(option: Option) -> str:
    if option.choices:
        return f'_lockenv_words "{_words(option.choices)}"'
    if names := kind_of_names(option):
        return f"_lockenv_names {names}"
    if option.metavar in _FOLDERS:
        return "_lockenv_paths -d"
    return "_lockenv_paths -f" if option.metavar in _FILES else ""


def zsh() -> str:
    """Return the script for zsh, usable as a file `_lockenv` in `fpath`, and by `source`."""
    described = "\n".join(f"                {_quoted(f'{one.name}:{_colons(one.meaning)}')}" for one in COMMANDS)
    commands = "".join(
        f"                {command.name})\n                    _arguments -s{_zsh_options(options_of(command), 24)}\n"
        "                    ;;\n"
        for command in COMMANDS
    )
    return f"""\
#compdef lockenv
# lockenv: completion for zsh. Load it with: source <(lockenv completion zsh)
{ZSH}_lockenv() {{
    local curcontext="$curcontext" state line
    typeset -A opt_args
    _arguments -C{_zsh_options(COMMON, 8)} \\
        '--version[Print the version]' \\
        '1:command:->command' \\
        '*::argument:->argument'
    case $state in
        command)
            local -a commands
            commands=(
{described}
            )
            _describe command commands
            ;;
        argument)
            case $words[1] in
{commands}            esac
            ;;
    esac
}}
if [[ $funcstack[1] == _lockenv ]]; then
    _lockenv "$@"
else
    compdef _lockenv lockenv
fi
"""


def _zsh_options(options: Iterable[Option], indent: int) -> str:
    return "".join(f" \\\n{' ' * indent}{line}" for option in options for line in _zsh_option(option))


def _zsh_option(option: Option) -> list[str]:
    meaning = option.meaning.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    action = _zsh_action(option)
    if not option.flags[0].startswith("-"):
        kind = {"words": "*", "rest": "*:"}.get(option.kind, "1")
        return [_quoted(f"{kind}:{_colons(option.metavar or option.dest)}:{action}")]
    value = f":{_colons(option.metavar or option.dest)}:{action}" if _takes_value(option) else ""
    other = "*" if option.kind == "list" else f"({' '.join(option.flags)})"
    return [_quoted(f"{other}{flag}[{meaning}]{value}") for flag in option.flags]


def _zsh_action(option: Option) -> str:
    if option.choices:
        return f"({' '.join(option.choices)})"
    if option.kind == "rest":
        return "_normal"
    if names := kind_of_names(option):
        return f"_lockenv_names {names}"
    if option.metavar in _FOLDERS:
        return "_files -/"
    return "_files" if option.metavar in _FILES else " "


def fish() -> str:
    """Return the script for fish 3 and newer."""
    lines = [
        "# lockenv: completion for fish. Load it with: lockenv completion fish | source",
        FISH.rstrip("\n"),
        "complete -c lockenv -f",
    ]
    for command in COMMANDS:
        meaning = _quoted(command.meaning)
        lines.append(f"complete -c lockenv -n __fish_use_subcommand -a {command.name} -d {meaning}")
    lines += [_fish_option(option, "__fish_use_subcommand") for option in COMMON]
    lines.append("complete -c lockenv -n __fish_use_subcommand -l version -d 'Print the version'")
    for command in COMMANDS:
        seen = _quoted(f"__fish_seen_subcommand_from {command.name}")
        lines += [_fish_option(option, seen) for option in options_of(command)]
    return "\n".join(lines) + "\n"


def _fish_option(option: Option, condition: str) -> str:
    parts = ["complete", "-c", "lockenv", "-n", condition]
    if option.flags[0].startswith("-"):
        for flag in option.flags:
            parts += ["-l", flag[2:]] if flag.startswith("--") else ["-s", flag[1:]]
        parts += ["-d", _quoted(option.meaning)]
    if _takes_value(option) or not option.flags[0].startswith("-"):
        parts += _fish_values(option)
    return " ".join(parts)


def _fish_values(option: Option) -> list[str]:
    exclusive = ["-x"] if option.flags[0].startswith("-") else []
    if option.choices:
        return [*exclusive, "-a", _quoted(" ".join(option.choices))]
    if option.kind == "rest":
        return ["-a", _quoted("(__fish_complete_subcommand --fcs-skip=2)")]
    if names := kind_of_names(option):
        return [*exclusive, "-a", _quoted(f"(__lockenv_names {names})")]
    if option.metavar in _FOLDERS:
        return [*exclusive, "-a", _quoted("(__fish_complete_directories)")]
    if option.metavar in _FILES:
        return ["-r", "-F"] if exclusive else ["-F"]
    return exclusive


def _takes_value(option: Option) -> bool:
    return option.kind in ("value", "list", "choice")


def _flags(options: Iterable[Option]) -> list[str]:
    return [flag for option in options for flag in option.flags if flag.startswith("-")]


def _words(words: Iterable[str]) -> str:
    return " ".join(words)


def _colons(text: str) -> str:
    return text.replace(":", "\\:")


def _quoted(text: str) -> str:
    """Return `text` as one word of a shell."""
    if _PLAIN.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"
