"""The environment.yml of conda: its pip part, and the Python it names.

Of YAML this reads what such files are made of: block lists of plain or quoted strings below the keys of a block
mapping. Anything else is refused, never guessed at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.project.foreign.lines import collected
from lockenv.project.foreign.pinned import ForeignPins, fault
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.requirement import parse_specifier

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY = lazy_pattern(r"([A-Za-z_][A-Za-z0-9_-]*)\s*:(?:\s+(.*)|)$")
_MATCH = lazy_pattern(r"(?:[^\s:]+::)?([A-Za-z0-9._-]+)\s*(?:\[.*\])?\s*(.*)")
_VERSION = lazy_pattern(r"=?=?\s*([0-9][0-9.]*?)(\.\*)?(?:=[^=]*)?")
_HINT = "use a block list, as written by `conda env export`"


def read(text: str, file: str) -> ForeignPins:
    """Return what an environment.yml pins by pip; what it takes from conda is named."""
    python, pip, left = "", [], []
    for number, item, is_pip in _items(text, file):
        if is_pip:
            pip.append((number, item))
            continue
        found = _MATCH.fullmatch(item)
        if found is None:
            raise fault(file, number, f"`{item}` is not a valid conda match specification", _HINT)
        name, version = found[1].lower(), found[2].strip()
        if name == "python":
            python = _specifier(version, file, number)
        elif name not in ("pip", "setuptools", "wheel"):
            left.append(f"{item} is a conda package and was left out; add its package on the index with `lockenv add`")
    return collected(pip, file, python, left)


def _specifier(version: str, file: str, number: int) -> str:
    """Return the specifier (PEP 440) of a version as conda matches it: `=3.11` is every 3.11."""
    if not version:
        return ""
    exact = _VERSION.fullmatch(version)
    if exact:
        whole = exact[1].count(".") >= 2 and (version.startswith("==") or not exact[2])
        return f"=={exact[1]}" if whole else f"=={exact[1]}.*"

    try:
        return parse_specifier(version)
    except ValueError as error:
        raise fault(file, number, f"python {version} is not supported", "use, for example, python=3.11") from error


def _items(text: str, file: str) -> Iterator[tuple[int, str, bool]]:
    """Return each entry of `dependencies` with its line, and whether it is in the list of `pip`."""
    listed, inner = -1, -1
    for number, indent, item in _entries(text, file):
        if listed < 0:
            listed = indent
        if indent == listed:
            inner = 0 if item == "pip:" else -1
            if item != "pip:" and _KEY.fullmatch(item):
                raise fault(file, number, f"`{item}` is not supported", "only `pip:` may have a list", item)
            if item != "pip:":
                yield number, _unquoted(item), False
        elif inner >= 0 and indent > listed and inner in (0, indent):
            inner = indent
            yield number, _unquoted(item), True
        else:
            raise fault(file, number, "the indentation of this entry does not match the others", _HINT, item)


def _entries(text: str, file: str) -> Iterator[tuple[int, int, str]]:
    """Return each entry below the key `dependencies`: its line, its indentation, and what follows its dash."""
    key = ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        entry = _without_comment(line).strip()
        indent = len(line) - len(line.lstrip())
        if not entry or entry == "---":
            continue
        if "\t" in line[:indent]:
            raise fault(file, number, "YAML does not allow tabs for indentation", "use spaces", line)
        found = _KEY.fullmatch(entry)
        if indent == 0 and found:
            key = found[1]
            if key == "dependencies" and found[2]:
                raise fault(file, number, "these dependencies are not a block list", _HINT, line)
        elif key == "dependencies":
            if not entry.startswith("- "):
                raise fault(file, number, f"`{entry}` is not an entry of a list", _HINT, line)
            yield number, indent, entry[2:].strip()


def _without_comment(line: str) -> str:
    """Return `line` without its comment, which begins with `#` behind a space and outside quotes (YAML 1.2, 6.6)."""
    quote = ""
    for at, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and line[:at].strip() in ("-", ""):
            quote = character
        elif character == "#" and (at == 0 or line[at - 1] in " \t"):
            return line[:at]
    return line


def _unquoted(item: str) -> str:
    if len(item) > 1 and item[0] == item[-1] and item[0] in "'\"":
        return item[1:-1]
    return item
