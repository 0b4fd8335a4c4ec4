"""Read the command lines that people write most, without argparse.

In: the options of a command, and the words beside its name. Out: what the words set each option to; None where they
are anything but flags, values and words written out in the plainest way, which are left to `grammar`: abbreviations,
flags in one word, mistakes. What is read here, `grammar` reads the same way.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from lockenv.cli.option import Option


def plain(options: Sequence[Option], words: Sequence[str]) -> dict[str, Any] | None:
    """Return what `words` set of `options`, by `dest`; None for what they do not set. Or None: `grammar` is needed."""
    given: dict[str, Any] = {option.dest: None for option in options}
    known = {flag: option for option in options for flag in option.flags}
    standing = [option for option in options if not option.flags[0].startswith("-")]
    are_anywhere = [option.kind for option in standing] == ["words"]
    placed: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if not word.startswith("-"):
            if not are_anywhere:
                break
            placed.append(word)
            at += 1
            continue
        flag, equals, value = word.partition("=")
        option = known.get(flag)
        if option is None or (equals and not (value and flag.startswith("--"))):
            return None
        at += 1
        if option.kind == "flag" and not equals:
            given[option.dest] = True
            continue
        if option.kind == "count" and not equals:
            given[option.dest] = (given[option.dest] or 0) + 1
            continue
        if not equals:
            value = words[at] if at < len(words) else "-"
            at += 1
        if not _set(given, option, value):
            return None
    return _placed(given, standing, [*placed, *words[at:]])


def _set(given: dict[str, Any], option: Option, value: str) -> bool:
    """Set `option` to `value`; return whether it takes one, and may have this one."""
    if value.startswith("-"):
        return False
    if option.kind == "list":
        given[option.dest] = [*(given[option.dest] or ()), value]
    elif option.kind == "value" or (option.kind == "choice" and value in option.choices):
        given[option.dest] = value
    else:
        return False
    return True


def _placed(given: dict[str, Any], standing: Sequence[Option], words: Sequence[str]) -> dict[str, Any] | None:
    """Return `given` with the `words` at the end; None where they do not fit what may be there."""
    if not standing:
        return None if words else given
    option, *more = standing
    if more or option.kind not in ("words", "rest") or (option.kind == "rest" and not words):
        return None
    if option.kind == "words" and any(word.startswith("-") for word in words):
        return None
    given[option.dest] = list(words)
    return given
