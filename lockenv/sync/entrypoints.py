"""Entry points that become commands, and the text of those commands.

Pure. In: the text of an entry_points.txt. Out: scripts, checked to be names of functions and of files, nothing else.
The file is read as the entry points specification says: a section, then `name = object reference` lines.
"""

from __future__ import annotations

from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    import keyword

    from installer.scripts import LauncherKind, ScriptSection
else:
    keyword = late("keyword")

_SECTION = lazy_pattern(r"\[([^\[\]]+)\]")
_NAME = lazy_pattern(r"[^\s/\\:*?\"<>|=\[\]\x00-\x1f.-][^/\\:*?\"<>|=\[\]\x00-\x1f]*")
_REFERENCE = lazy_pattern(r"(?P<module>[\w.]+)\s*(?::\s*(?P<object>[\w.]+))?\s*(?:\[[\w\s,.-]*\])?")
_SPECIAL = lazy_pattern(rb'["$`\\]')
"""What a shell takes for more than itself between double quotes."""
_GROUPS = {"console_scripts": False, "gui_scripts": True}

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that an entry of a zip archive can have."""
_FAT = 0
"""The system that an entry is from, as the format of zip archives numbers them."""
_LONGEST_SHEBANG = 127
"""Bytes that every kernel we know reads of a first line, `#!` included."""


class Script(NamedTuple):
    """A command that calls a function."""

    name: str
    module: str
    """Dotted identifiers."""
    attribute: str
    """Dotted identifiers."""
    is_gui: bool


def parse(text: str) -> tuple[Script, ...]:
    """Return the scripts of the groups `console_scripts` and `gui_scripts`, sorted by name.

    Raises ValueError, with the line in its message, when the file is none of this kind, a name comes twice or could be
    no file, or a reference is not `module:function`.
    """
    scripts: dict[str, Script] = {}
    is_gui: bool | None = None
    group, seen = "", set[tuple[str, str]]()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if section := _SECTION.fullmatch(line):
            group = section[1].strip()
            is_gui = _GROUPS.get(group)
            continue
        name, equals, reference = (part.strip() for part in line.partition("="))
        if not group or not equals or not name or (group, name) in seen:
            raise ValueError(f"line {number} has no group, no `=`, or a duplicate name")
        seen.add((group, name))
        if is_gui is None:
            continue
        script = _script(name, reference, is_gui, number)
        if scripts.setdefault(name.lower(), script) is not script:
            raise ValueError(f"line {number} defines the script `{name}` again")
    return tuple(sorted(scripts.values()))


def _script(name: str, reference: str, is_gui: bool, number: int) -> Script:
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise ValueError(f"line {number} has an invalid script name")
    match = _REFERENCE.fullmatch(reference)
    if match is None or match["object"] is None:
        raise ValueError(f"line {number} does not refer to a function as `module:function`")
    parts = (*match["module"].split("."), *match["object"].split("."))
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
        raise ValueError(f"line {number} does not refer to a function as `module:function`")
    return Script(name, match["module"], match["object"], is_gui)


def file_name(name: str) -> str:
    """Return the name of the file that makes the command `name`."""
    return f"{name}.exe" if system.is_windows else name


def content(script: Script, python: str) -> bytes:
    """Return the file of a command: text that names the interpreter, or on Windows a launcher that starts it."""
    return _launcher(script, python) if system.is_windows else _text(script, python)


def _launcher(script: Script, python: str) -> bytes:
    """Return a launcher with the line that names `python` and a zip archive behind it, the same at any time."""
    import io
    import platform
    import zipfile

    from installer.scripts import Script as Launcher

    kind: LauncherKind = "win-ia32"
    if platform.machine().lower() in ("amd64", "arm64"):
        kind = "win-amd64" if platform.machine().lower() == "amd64" else "win-arm64"
    section: ScriptSection = "gui" if script.is_gui else "console"
    made = Launcher(script.name, script.module, script.attribute, section).generate(python, kind)[1]
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        entry = archive.infolist()[0]
        content = archive.read(entry)
    stream = io.BytesIO()
    # The library writes the moment of now into the entry. The launcher finds the line in front of the archive by the
    # offsets in it, which therefore do not count what is before.
    fixed = zipfile.ZipInfo(entry.filename, _EARLIEST)
    fixed.create_system = _FAT
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(fixed, content)
    return made[: entry.header_offset] + stream.getvalue()


def _text(script: Script, python: str) -> bytes:
    root = script.attribute.partition(".")[0]
    body = (
        "import sys\n"
        f"from {script.module} import {root}\n"
        'if __name__ == "__main__":\n'
        f"    sys.exit({script.attribute}())\n"
    )
    return shebang(python) + body.encode("utf-8")


def shebang(python: str) -> bytes:
    """Return the first line that runs a script with `python`; three lines when no kernel would read it as one."""
    path = python.encode("utf-8", "surrogateescape")
    if len(path) + 3 <= _LONGEST_SHEBANG and b" " not in path:
        return b"#!" + path + b"\n"
    # A shell starts the interpreter; to Python the same lines are a string that no one uses.
    quoted = b'"' + _SPECIAL.sub(lambda found: b"\\" + found[0], path) + b'"'
    return b"#!/bin/sh\n'''exec' " + quoted + b" \"$0\" \"$@\"\n' '''\n"
