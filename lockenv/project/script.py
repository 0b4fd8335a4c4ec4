"""Read and edit the metadata that a Python file has in comments (inline script metadata specification, PEP 723).

Pure: the text of the file goes in; the text of a `pyproject.toml` that declares the same comes out, and back again.
"""

from __future__ import annotations

import posixpath
import tomllib
from typing import TYPE_CHECKING, Any, Final

from lockenv.errors import InputError
from lockenv.project.layers import TOOL
from lockenv.project.messages import key_text
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lockenv.project import arrays, positions
    from lockenv.project.positions import Path
else:
    arrays = late("lockenv.project.arrays")
    positions = late("lockenv.project.positions")

START: Final = "# /// script"
_BLOCK = lazy_pattern(r"^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$", "m")
"""As the specification writes it."""
_KEYS: Final = frozenset({"dependencies", "requires-python", "tool"})
_FIRST = lazy_pattern(r"(?:#!.*\n)?(?:#.*coding[:=].*\n)?")
_ABSOLUTE = lazy_pattern(r"(?:/|~|\\\\|\$|[A-Za-z]:[\\/]|[A-Za-z][A-Za-z0-9+.-]+:).*", "s")
"""A path that means the same in every directory, a URL, or one of a variable."""
_NOT_IN_NAMES = lazy_pattern(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A Python file with metadata."""

    text: str
    """The whole file, lines ending with `\\n`."""
    start: int
    end: int
    """Where the TOML of the block is in `text`: its lines, comment signs included."""
    name: str
    """What the project that declares the same is called: no package has this name by accident."""

    @property
    def declaration(self) -> str:
        """The text of a `pyproject.toml` that declares what the script does."""
        return self._head + self.content

    @property
    def shift(self) -> int:
        """What is added to the number of a line in `declaration` for its number in the file."""
        return self.text.count("\n", 0, self.start) - self._head.count("\n")

    @property
    def content(self) -> str:
        """The TOML of the block."""
        lines = self.text[self.start : self.end].splitlines()
        return "".join(f"{line.removeprefix('#').removeprefix(' ')}\n" for line in lines)

    @property
    def _head(self) -> str:
        return f'[project]\nname = "{self.name}"\nversion = "0"\n'

    def redeclared(self, declaration: str) -> str:
        """Return the text of the file that declares what `declaration`, an edited one of this script, does."""
        lines = declaration.removeprefix(self._head).splitlines()
        block = "".join(f"# {line}".rstrip() + "\n" for line in lines)
        return self.text[: self.start] + block + self.text[self.end :]


def script(text: str, file: str) -> Script | None:
    """Return the metadata in `text`, the content of `file`; None for a file that has none.

    Raises InputError where there are two blocks (PEP 723: "tools MUST produce an error"), or one is not valid.
    """
    text = text.replace("\r\n", "\n")
    blocks = [found for found in _BLOCK.finditer(text) if found["type"] == "script"]
    if not blocks:
        return None
    if len(blocks) > 1:
        line = text.count("\n", 0, blocks[1].start()) + 1
        raise InputError("there are two `script` blocks", origin=Origin(file=file, line=line), hint="keep one of them")
    start, end = blocks[0].span("content")
    stem = posixpath.splitext(posixpath.basename(file.replace("\\", "/")))[0]
    name = "-".join(["script", *filter(None, _NOT_IN_NAMES.split(stem))])
    found = Script(text=text, start=start, end=end, name=name)
    _check(found, file)
    return found


def with_block(text: str, requires_python: str) -> str:
    """Return `text` with a block that requires nothing, below the lines that have to be the first ones."""
    text = text.replace("\r\n", "\n")
    first = _FIRST.match(text)
    at = first.end() if first else 0
    block = f'{START}\n# requires-python = "{requires_python}"\n# dependencies = []\n# ///\n'
    return f"{text[:at]}{block}{text[at:]}"


def with_absolute_paths(declaration: str, absolute: Callable[[str], str]) -> str:
    """Return the text of a `pyproject.toml` with what `absolute` makes of each relative path in its settings."""
    places = positions.spots(declaration)
    # From the end, so that what is before stays where it is.
    for path, text in reversed(list(_relative_paths(tomllib.loads(declaration)))):
        written = positions.SCALAR.match(declaration, places[path].value) if path in places else None
        if written:
            new = arrays.written(absolute(text))
            declaration = f"{declaration[: written.start()]}{new}{declaration[written.end() :]}"
    return declaration


def _relative_paths(values: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield the relative paths in `[tool.lockenv]`, in the order they are written, each with its place."""
    table = values.get("tool", {}).get(TOOL[-1]) if isinstance(values.get("tool"), dict) else None
    for key, value in table.items() if isinstance(table, dict) else ():
        for path, text in _strings((*TOOL, key), value) if key in ("find-links", "index", "sources") else ():
            is_place = key == "find-links" or path[-1] in ("path", "git", "url")
            if is_place and text and not _ABSOLUTE.fullmatch(text) and "@" not in text:
                yield path, text


def _strings(path: Path, value: object) -> Iterator[tuple[Path, str]]:
    """Yield the strings in a value of TOML, each with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, (dict, list)):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _strings((*path, key), one)


def _check(found: Script, file: str) -> None:
    line = found.text.count("\n", 0, found.start) + 1
    try:
        values = tomllib.loads(found.content)
    except tomllib.TOMLDecodeError as error:
        origin = Origin(file=file, line=line)
        raise InputError(f"the `script` block is not valid TOML: {error}", origin=origin) from error
    for key in sorted(values.keys() - _KEYS):
        raise InputError(
            f"the `script` block has the unknown key `{key}`",
            origin=Origin(file=file, line=line, key=key),
            hint="it may have `dependencies`, `requires-python` and `tool`",
        )
    for path, text in _relative_paths(values):
        place = positions.spots(found.content).get(path)
        at = line + found.content.count("\n", 0, place.value) if place else line
        raise InputError(
            f"`{text}` is a relative path, but a script is locked in a directory of the cache",
            origin=Origin(file=file, line=at, key=key_text(path)),
            hint="use an absolute path",
        )
