"""Declare where packages come from: write `[tool.lockenv.sources]` of a `pyproject.toml`, and change nothing else.

Pure: the text of the file and the sources go in; the new text comes out.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from lockenv.errors import InputError
from lockenv.project.edit import declared_names, edited
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import tomlkit

    Source = Mapping[str, str | bool]
    """The table of one source, such as `{path = "../lib", editable = true}`."""
else:
    tomlkit = late("tomlkit")


_NAME = lazy_pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_HEADER = lazy_pattern(r"^\[tool\.lockenv\.sources\][^\n]*\n(?:[ \t]*[^\s\[][^\n]*\n)*", "m")
"""The table with the keys that follow its header at once."""


def with_sources(text: str, file: str, sources: Mapping[str, Source]) -> str:
    """Return `text` of `file` with `sources`, by the names of packages, in place of those that the packages have.

    Raises InputError for a file that is not TOML, or whose tables cannot be edited.
    """

    def change(plain: str) -> str:
        for name, source in sources.items():
            plain = _with_source(plain, file, name, source)
        return plain

    return edited(text, file, change) if sources else text


def without_sources(text: str, file: str, names: Iterable[str], gone: Collection[str]) -> str:
    """Return `text` of `file` without the sources of those of `names` that it requires no longer.

    Those are sources in the workspace, and all of packages that are `gone` from the lock. One that is not written as a
    line of its own in `[tool.lockenv.sources]` stays.
    """
    left = {normalize(name) for name in names} - declared_names(text) - _build_requirements(text)

    def change(plain: str) -> str:
        for name, source in _present(tomllib.loads(plain)).items():
            if normalize(name) in left and (source == {"workspace": True} or normalize(name) in gone):
                plain = _without_source(plain, name)
        return plain

    return edited(text, file, change) if left else text


def _build_requirements(text: str) -> set[str]:
    requires = tomllib.loads(text.removeprefix("\ufeff")).get("build-system", {}).get("requires", ())
    found = (_NAME.match(each.strip()) for each in requires if isinstance(each, str))
    return {normalize(one[0]) for one in found if one}


def _without_source(text: str, name: str) -> str:
    header = _HEADER.search(text)
    first, *lines = header[0].splitlines(keepends=True) if header else [""]
    kept = [line for line in lines if not _is_of(line, name)]
    if header is None or len(lines) - len(kept) != 1:
        return text
    before, after = text[: header.start()], text[header.end() :]
    if kept:
        return "".join((before, first, *kept, after))
    # The table goes with its last line, and so does the empty line above it.
    return before.removesuffix("\n") + after if before.endswith("\n\n") else before + after


def _is_of(line: str, name: str) -> bool:
    try:
        return [*tomllib.loads(line)] == [name]
    except tomllib.TOMLDecodeError:
        return False


def _present(values: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = values.get("tool", {}).get("lockenv", {}).get("sources", {})
    return found


def _with_source(text: str, file: str, name: str, source: Source) -> str:
    values = tomllib.loads(text)
    present = values.get("tool", {}).get("lockenv", {}).get("sources")
    if present is None:
        end = "" if not text or text.endswith("\n") else "\n"
        new = f"{text}{end}\n[tool.lockenv.sources]\n{_line(name, source)}\n"
    elif (header := _HEADER.search(text)) and not any(normalize(key) == normalize(name) for key in present):
        new = f"{text[: header.end()]}{_line(name, source)}\n{text[header.end() :]}"
    else:
        document: Any = tomlkit.parse(text)
        name = next((key for key in present if normalize(key) == normalize(name)), name)
        document["tool"]["lockenv"]["sources"][name] = tomlkit.parse(_line("source", source))["source"]
        new = tomlkit.dumps(document)
    if _sources(new) != {**(present or {}), name: dict(source)}:
        line = _line(name, source)
        raise InputError(f"{file} cannot be edited safely", hint=f"add `tool.lockenv.sources.{line}` to it")
    return new


def _sources(text: str) -> object:
    try:
        return tomllib.loads(text)["tool"]["lockenv"]["sources"]
    except (tomllib.TOMLDecodeError, KeyError):
        return None


def _line(name: str, source: Source) -> str:
    fields = (f"{key} = {tomlkit.item(value).as_string()}" for key, value in source.items())
    return f"{tomlkit.key(name).as_string()} = {{ {', '.join(fields)} }}"
