"""The files beside a project that its build reads for what it requires, as far as a setting of its backend names them.

The contents of `pyproject.toml`, `setup.cfg` and `setup.py` go in; names come out. Of what code reads, only a list of
requirements is known that `setup.py` names in quotes.
"""

from __future__ import annotations

from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from lockenv.vocabulary import toml
else:
    toml = late("lockenv.vocabulary.toml")

_SETUPTOOLS = ("tool", "setuptools", "dynamic")
_HATCH = ("tool", "hatch", "metadata", "hooks", "requirements_txt")
_PBR = lazy_pattern(rb"""\bpbr(?=["' =<>~!,:\]]|$)""", "m")
_OF_PBR = ("requirements.txt", "requirements-py3.txt", "test-requirements.txt", "tools/pip-requires")
"""What pbr reads for what a project requires, and for its extra `test`."""
_LIST = lazy_pattern(rb"""["']([\w./-]+\.(?:txt|in))["']""")
_DIRECTORY = "requirements"
"""Where such lists are that code names without their directory."""


def may_name(contents: Mapping[str, bytes]) -> bool:
    """Return whether the words are there without which `list_build_files` finds nothing."""
    script = contents.get("setup.py", b"")
    is_listed = b".txt" in script or b".in" in script or any(b"pbr" in one for one in contents.values())
    return is_listed or _names_in_pyproject(contents) or _names_in_cfg(contents)


def _names_in_pyproject(contents: Mapping[str, bytes]) -> bool:
    pyproject = contents.get("pyproject.toml", b"")
    return b"requirements_txt" in pyproject or all(word in pyproject for word in (b"setuptools", b"dynamic", b"file"))


def _names_in_cfg(contents: Mapping[str, bytes]) -> bool:
    return b"file:" in contents.get("setup.cfg", b"")


def list_build_files(contents: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the relative names of files, sorted, each once; what cannot be understood names none."""
    found = {*_in_script(contents.get("setup.py", b""))}
    # Whoever names nothing there need not wait for a reader of it.
    if _names_in_pyproject(contents):
        found.update(_in_pyproject(contents["pyproject.toml"]))
    if _names_in_cfg(contents):
        found.update(_in_cfg(contents["setup.cfg"]))
    if any(_PBR.search(content) for content in contents.values()):
        found.update(_OF_PBR)
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


def _in_script(content: bytes) -> Iterator[str]:
    for match in _LIST.finditer(content):
        name = match[1].decode()
        if "req" in name.lower():
            yield name
        yield f"{_DIRECTORY}/{name}"


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
