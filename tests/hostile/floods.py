"""A server that never ends, or says what no server may: as an index, and as the place of a locked file.

In: a directory to work in. Out: a name for each case, and what went wrong, empty for nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.hostile.weight import LIMIT, MEBIBYTE, Scale
from tests.support.projects import write_project
from tests.unit.fetch.test_budget import FLOOD, FLOODS, OK, WRONG, saying

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 60
BODIES = {
    "a body of no length": (OK + b"\r\n", b"x" * 1000),
    "a body of an absurd length": (OK + b"Content-Length: 99999999999999\r\n\r\n", b"x" * 1000),
    "a 404 without end": (b"HTTP/1.1 404 No\r\n\r\n", b"x" * 1000),
    "a 500 without end": (b"HTTP/1.1 500 No\r\n\r\n", b"x" * 1000),
    "a redirect without end": (b"HTTP/1.1 302 No\r\nLocation: /x/\r\n\r\n", b"x" * 1000),
}
_LOCK = """\
lock-version = "1.0"
created-by = "another"
[[packages]]
name = "pkg"
version = "1.0"
wheels = [{{ url = "{}/pkg-1.0-py3-none-any.whl", hashes = {{ sha256 = "{}" }} }}]
"""


def cases() -> dict[str, tuple[bytes, bytes]]:
    """Return what the server says once, and what again and again."""
    return {**FLOODS, **{name: (answer, b"") for name, answer in WRONG.items()}, **BODIES}


def met(directory: Path) -> Iterator[tuple[str, str]]:
    """Lock from an index that answers so; sync a lock whose file is answered so."""
    scale = Scale(directory)
    for what in ("page", "file"):
        for number, (name, (head, flood)) in enumerate(cases().items()):
            project = directory / f"{what}{number}"
            with saying(head, flood) as mouth:
                write_project(project, ["pkg"], index=f"{mouth.origin}/simple/")
                if what == "file":
                    (project / "pylock.toml").write_text(_LOCK.format(mouth.origin, "a" * 64))
                scale.heaviest, start = 0, time.monotonic()
                done = scale(*(["lock"] if what == "page" else ["sync", "--frozen"]), cwd=project)
                took, taken = time.monotonic() - start, mouth.taken
            # An index that has not a project is an answer.
            code = 1 if what == "page" and "404" in name else 2
            if done.code != code or "Traceback" in done.err or "internal error" in done.err:
                yield f"{what}: {name}", f"exit {done.code}: {done.err.strip()[:200]!a}"
            else:
                yield f"{what}: {name}", _cost(took, scale.heaviest, taken if name in FLOODS else 0)


def _cost(took: float, heaviest: int, taken: int) -> str:
    if took > SECONDS:
        return f"took {took:.0f} s"
    if heaviest > LIMIT:
        return f"took {heaviest // MEBIBYTE} MiB"
    return f"read {taken} bytes" if taken > FLOOD // 2 else ""
