"""What completes the names that a project has: its extras, groups, packages and named locks.

In: an option. Out: the kind of names that complete it, and for each shell the function that prints them from the
nearest lockfile, or for named locks from what declares them. Never: asking lockenv while the user types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lockenv.cli.option import Option

_KINDS: Final = {
    **dict.fromkeys(("extra", "optional"), "extras"),
    **dict.fromkeys(("group", "no_group", "only_group", "to_group"), "dependency-groups"),
    **dict.fromkeys(("names", "no_install_package", "refresh_package", "upgrade_package"), "packages"),
    "lock": "locks",
}
"""By the `dest` of an option."""
# Shells expand the words that they are given: nothing but names may be among them.
_AWK: Final = r"""
/^\[/ { table = $0 }
kind == "locks" && match($0, /^\[(tool\.lockenv\.)?lock\."?[A-Za-z0-9_-]+/) {
    name = substr($0, RSTART + 1, RLENGTH - 1)
    sub(/^(tool\.lockenv\.)?lock\."?/, "", name)
    print name
}
kind == "packages" && table == "[[packages]]" && /^name = "[A-Za-z0-9._-]+"$/ { print substr($0, 9, length($0) - 9) }
kind != "packages" && table == "" && index($0, kind " = [") == 1 { is_open = 1 }
is_open {
    line = $0
    while (match(line, /"[A-Za-z0-9._-]+"/)) {
        print substr(line, RSTART + 1, RLENGTH - 2)
        line = substr(line, RSTART + RLENGTH)
    }
    if (/\]/) is_open = 0
}"""


def kind_of_names(option: Option) -> str:
    """Return which names of the project complete `option`; empty for none."""
    return _KINDS.get(option.dest, "packages" if option.dest == "name" and option.kind == "word" else "")


BASH: Final = f"""\
_lockenv_names() {{
    local directory=$PWD file files=pylock.toml names= is_there=
    [[ $1 == locks ]] && files="lockenv.toml pyproject.toml"
    while :; do
        for file in $files; do
            [[ -f $directory/$file ]] || continue
            names+=" $(awk -v kind="$1" '{_AWK}' "$directory/$file")"
            [[ $1 == locks ]] || is_there=1
        done
        [[ -n $is_there || -n ${{names//[[:space:]]/}} || -z $directory ]] && break
        directory=${{directory%/*}}
    done
    _lockenv_words "$names"
}}
"""
"""The function that completes names of the kind `$1`."""

ZSH: Final = f"""\
_lockenv_names() {{
    local kind=$@[-1] directory=$PWD file is_there=
    local -a files names
    files=(pylock.toml)
    [[ $kind == locks ]] && files=(lockenv.toml pyproject.toml)
    while true; do
        for file in $files; do
            [[ -f $directory/$file ]] || continue
            names+=(${{(f)"$(awk -v kind="$kind" '{_AWK}' "$directory/$file")"}})
            [[ $kind == locks ]] || is_there=1
        done
        [[ -n $is_there || -n $names || -z $directory ]] && break
        directory=${{directory%/*}}
    done
    compadd "${{@[1,-2]}}" -a names
}}
"""
"""The same with the kind as the last argument, behind what `_arguments` hands to `compadd`."""

FISH: Final = f"""\
function __lockenv_names
    set -l directory $PWD
    set -l files pylock.toml
    set -l names
    set -l is_there
    test $argv[1] = locks; and set files lockenv.toml pyproject.toml
    while true
        for file in $files
            test -f "$directory/$file"; or continue
            set -a names (awk -v kind=$argv[1] '{_AWK}' "$directory/$file")
            test $argv[1] = locks; or set is_there yes
        end
        test -n "$is_there" -o -n "$names" -o -z "$directory"; and break
        set directory (string replace -r '/[^/]*$' '' -- "$directory")
    end
    printf '%s\\n' $names
end
"""
"""The function that prints the names of the kind `$argv[1]`."""
