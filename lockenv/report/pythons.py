"""Report which Pythons there are, and what was installed, removed and compared of them, as text and JSON.

Never: computing it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.report.shortened import cut
from lockenv.vocabulary.printable import counted, printable, python_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.console import Console
    from lockenv.environment.installed_pythons import InstalledPython, PythonDifference
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.interpreters import FoundInterpreter
    from lockenv.operations.python_pinning import PythonPin
    from lockenv.vocabulary.python_archive import PythonArchive


def show_interpreters(
    found: Sequence[FoundInterpreter], pinned: Sequence[PythonArchive], console: Console, *, as_json: bool
) -> ExitCode:
    """Print the interpreters of this machine, in their order, and which archives can be installed.

    No interpreter at all is a no.
    """
    rows = [
        (one.interpreter.version, one.interpreter.implementation, one.place, one.interpreter.executable)
        for one in found
    ]
    if as_json:
        fields = ("version", "implementation", "place", "executable")
        archives = [{"version": one.version, **one.table()} for one in pinned]
        named = [dict(zip(fields, row, strict=True)) for row in rows]
        console.json({"schema": 1, "interpreters": named, "archives": archives})
    else:
        lines = [*rows, *((one.version, "cpython", "pinned", f"{one.file} (not installed)") for one in pinned)]
        widths = [max((len(row[column]) for row in lines), default=0) for column in range(3)]
        for row in lines:
            padded = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
            console.data("  ".join([*padded, row[3]]) + "\n")
    if not rows:
        console.answer_no("no Python interpreter found that can create an environment")
    return ExitCode.YES if rows else ExitCode.NO


def show_directory(directory: str, console: Console, *, as_json: bool) -> ExitCode:
    """Print where Pythons are installed."""
    if as_json:
        console.json({"schema": 1, "directory": directory})
    else:
        console.data(f"{directory}\n")
    return ExitCode.YES


def show_found(found: Interpreter, console: Console, *, as_json: bool) -> ExitCode:
    """Print the path of the interpreter that a sync would take."""
    if as_json:
        fields = {"version": found.version, "implementation": found.implementation, "executable": found.executable}
        console.json({"schema": 1, **fields})
    else:
        console.data(f"{found.executable}\n")
    return ExitCode.YES


def show_pin(pin: PythonPin | None, console: Console, *, as_json: bool) -> ExitCode:
    """Print what `.python-version` requests, and report what became of it. Nothing that is pinned is a no."""
    if as_json:
        console.json({"schema": 1, "request": pin.request if pin else None, "file": pin.file if pin else None})
    elif pin is not None and pin.before is None:
        console.data(f"{pin.request}\n")
    elif pin is not None and pin.before == pin.request:
        console.say(f"{pin.file} requests {pin.request} already")
    elif pin is not None:
        console.say(f"{pin.file}: {pin.before} → {pin.request}" if pin.before else f"wrote {pin.file} ({pin.request})")
    if pin is None:
        console.answer_no("no `.python-version` pins a Python", hint="run `lockenv python pin VERSION`")
        return ExitCode.NO
    return ExitCode.YES


def show(found: Sequence[InstalledPython], console: Console, *, as_json: bool) -> ExitCode:
    """Print the interpreters of the Pythons that are installed now."""
    if as_json:
        console.json({"schema": 1, "installed": [_fields(one) for one in found]})
    else:
        for one in found:
            console.data(f"{one.executable}\n")
    return ExitCode.YES


def show_removed(gone: Sequence[InstalledPython], console: Console, *, as_json: bool) -> ExitCode:
    """Report which Pythons were removed."""
    if as_json:
        console.json({"schema": 1, "removed": [_fields(one) for one in gone]})
    for one in gone:
        console.say(f"removed {_title(one)} from {one.directory}")
    return ExitCode.YES


def show_verified(
    found: Mapping[InstalledPython, Sequence[PythonDifference]], console: Console, *, as_json: bool
) -> ExitCode:
    """Report which of the installed Pythons are as they were unpacked; one that is not is a no."""
    if as_json:
        console.json(
            {
                "schema": 1,
                "ok": not any(found.values()),
                "installed": [
                    {**_fields(one), "findings": [each._asdict() for each in some]} for one, some in found.items()
                ],
            }
        )
    for one, some in found.items():
        if not some:
            console.say(f"{_title(one)} in {one.directory} is as it was installed")
            continue
        lines: list[tuple[str, None]] = [(f"{each.problem:<9} {printable(each.path)}", None) for each in some]
        version = f"{one.version}{'t' if one.is_free_threaded else ''}"
        console.answer_no(
            f"{_title(one)} in {one.directory} is not as it was installed ({counted(len(some), 'difference')})",
            cut(lines, "lockenv python verify --json"),
            hint=f"run `lockenv python uninstall {version}` and `lockenv python install {version}`",
        )
    if not found:
        console.say("no Python is installed by lockenv")
    return ExitCode.NO if any(found.values()) else ExitCode.YES


def _title(one: InstalledPython) -> str:
    return python_title("cpython", one.version, is_free_threaded=one.is_free_threaded)


def _fields(one: InstalledPython) -> dict[str, object]:
    return {
        "version": one.version,
        "free-threaded": one.is_free_threaded,
        "directory": one.directory,
        "executable": one.executable,
        "archive": one.file,
        "sha256": one.sha256,
    }
