"""The files beside a project that its build reads for what it requires, as far as a setting of its backend names them.

The contents of `pyproject.toml` and `setup.cfg` go in; names come out. A file that only code reads is not known here.
"""

from __future__ import annotations

from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from lockenv.vocabulary import toml
else:
    toml = late("lockenv.vocabulary.toml")

_SETUPTOOLS = ("tool", "setuptools", "dynamic")
_HATCH = ("tool", "hatch", "metadata", "hooks", "requirements_txt")


def may_name(contents: Mapping[str, bytes]) -> bool:
    """Return whether the words are there without which `named` finds nothing."""
    pyproject, cfg = contents.get("pyproject.toml", b""), contents.get("setup.cfg", b"")
    is_read = all(word in pyproject for word in (b"setuptools", b"dynamic", b"file"))
    return is_read or b"requirements_txt" in pyproject or b"file:" in cfg


def list_build_files(contents: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the relative names of files, sorted, each once; what cannot be understood names none."""
    found = {*_in_pyproject(contents.get("pyproject.toml", b"")), *_in_cfg(contents.get("setup.cfg", b""))}
    return tuple(sorted(name for name in found if _is_inside(name)))


def _in_pyproject(content: bytes) -> Iterator[str]:
    try:
        document: Any = toml.loads(content.decode())
    except (ValueError, RecursionError):
        return
    # setuptools: `dependencies = { file = ["requirements.txt"] }`, and the same for each extra.
    dynamic = _table(document, _SETUPTOOLS)
    extras = _table(dynamic, ("optional-dependencies",))
    for each in (dynamic.get("dependencies"), *extras.values()):
        if isinstance(each, dict):
            yield from _texts(each.get("file"))
    # hatch-requirements-txt: `files = […]`, and for each extra `optional-dependencies.NAME = […]`.
    hook = _table(document, _HATCH)
    for each in (hook.get("filename"), hook.get("files"), *_table(hook, ("optional-dependencies",)).values()):
        yield from _texts(each)


def _in_cfg(content: bytes) -> Iterator[str]:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(content.decode())
    except (ValueError, Error):
        return
    some = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        some += [value for _, value in parser.items("options.extras_require")]
    # setuptools: `install_requires = file: a.txt, b.txt`, and the same for each extra.
    for value in filter(None, some):
        if value.lstrip().startswith("file:"):
            yield from (name.strip() for name in value.lstrip().removeprefix("file:").replace(",", "\n").split("\n"))


def _table(value: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            yield each


def _is_inside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return bool(name) and not name.startswith(("/", "\\")) and ".." not in parts and ":" not in parts[0]
