"""Run the real program on a real terminal (a pseudo-terminal of 80 columns), and return what stays on the screen.

What is drawn and taken away again, such as a progress bar, leaves no trace; colors are `\\e[1;36m`.
"""

from __future__ import annotations

import os
import re
import select
import struct
from typing import TYPE_CHECKING

from tests.support.program import environment, fork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COLUMNS = 80
_CODE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")
_PLAIN = ""


def on_terminal(*args: str, cwd: Path, env: Mapping[str, str], seconds: float = 60, typed: str = "") -> tuple[int, str]:
    """Return the exit code of `lockenv ARGS` and the screen; the rest as `written`."""
    code, output = written(*args, cwd=cwd, env=env, seconds=seconds, typed=typed)
    return code, screen(output)


def written(
    *args: str, cwd: Path, env: Mapping[str, str], seconds: float = 60, typed: str = "", columns: int = COLUMNS
) -> tuple[int, str]:
    """Return the exit code of `lockenv ARGS` and all that it writes to its terminal, of so many `columns`.

    `env` is added to that of `environment`, less NO_COLOR. `typed` waits on the keyboard for whoever asks. No variable
    of `env` may be one that counts when Python starts.
    """
    variables = {name: value for name, value in environment(cwd).items() if name != "NO_COLOR"}
    return drawn(args, cwd, {**variables, **env}, seconds=seconds, typed=typed, columns=columns)


def drawn(
    args: Sequence[str],
    cwd: Path,
    variables: Mapping[str, str],
    *,
    seconds: float = 60,
    typed: str = "",
    columns: int = COLUMNS,
) -> tuple[int, str]:
    """Return the same as `written`, of a run whose whole environment is `variables`."""
    import fcntl
    import pty
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    os.write(master, typed.encode())
    if typed:
        # The system answers with an echo, in a thread of its own: it comes before what the program writes.
        select.select([master], [], [], seconds)
    wait = fork(args, cwd, variables, (slave, slave, slave), seconds)
    os.close(slave)
    output = _everything(master, seconds)
    code = wait()
    os.close(master)
    if code is None:
        raise TimeoutError("the program does not end")
    return code, output.decode("utf-8")


def _everything(master: int, seconds: float) -> bytes:
    """Read until the program has closed its side."""
    chunks: list[bytes] = []
    while True:
        ready, _, _ = select.select([master], [], [], seconds)
        if not ready:
            raise TimeoutError("the program neither writes nor ends")
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux answers EIO when the other side is closed
            chunk = b""
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def screen(output: str) -> str:
    """Return what stays of `output`, line by line; a change of style is in the text as `\\e[...m`."""
    rows: list[list[tuple[str, str]]] = [[]]
    row = column = 0
    style = _PLAIN
    at = 0
    while at < len(output):
        code = _CODE.match(output, at)
        char = output[at]
        at = code.end() if code else at + 1
        if code and code[3] == "m":
            style = _PLAIN if code[2] in ("", "0") else f"{style};{code[2]}".lstrip(";")
        elif code and code[3] == "K":
            del rows[row][0 if code[2] == "2" else column :]
        elif code and code[3] == "A":
            row = max(0, row - int(code[2] or 1))
        elif char == "\r":
            column = 0
        elif char == "\n":
            row += 1
            rows += [[] for _ in range(row + 1 - len(rows))]
        elif not code:
            cells = rows[row]
            cells += [(" ", _PLAIN)] * (column + 1 - len(cells))
            cells[column] = (char, style)
            column += 1
    return "\n".join(map(_reported, rows)).rstrip("\n") + "\n"


def _reported(cells: list[tuple[str, str]]) -> str:
    text, now = "", _PLAIN
    for char, style in cells:
        if style != now:
            text += ("\\e[0m" if now else "") + (f"\\e[{style}m" if style else "")
            now = style
        text += char
    return (text + ("\\e[0m" if now else "")).rstrip()
