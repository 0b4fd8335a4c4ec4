"""Read and edit the metadata that a Python file has in comments (inline script metadata specification, PEP 723).

Pure: the text of the file goes in; the text of a `pyproject.toml` that declares the same comes out, and back again.
"""

from __future__ import annotations

import posixpath
import tomllib
from typing import Final

from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern

START: Final = "# /// script"
_BLOCK = lazy_pattern(r"^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$", "m")
"""As the specification writes it."""
_KEYS: Final = frozenset({"dependencies", "requires-python", "tool"})
_FIRST = lazy_pattern(r"(?:#!.*\n)?(?:#.*coding[:=].*\n)?")
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


def _check(found: Script, file: str) -> None:
    line = found.text.count("\n", 0, found.start) + 1
    try:
        values = tomllib.loads(found.content)
    except tomllib.TOMLDecodeError as error:
        origin = Origin(file=file, line=line)
        raise InputError(
            f"the `script` block is not valid TOML: {error}",
            origin=origin,
            hint="fix it; each of its lines begins with `# `, which is no part of the TOML",
        ) from error
    for key in sorted(values.keys() - _KEYS):
        raise InputError(
            f"the `script` block has the unknown key `{key}`",
            origin=Origin(file=file, line=line, key=key),
            hint="it may have `dependencies`, `requires-python` and `tool`",
        )
