"""Which files of a distribution run whenever Python starts. Pure: paths below site-packages go in."""

from __future__ import annotations

from typing import Final

RUNS: Final = " runs whenever Python starts"
"""The end of the note on such a file."""
_CUSTOMIZE = ("sitecustomize", "usercustomize")
_ENDS = ("", ".py", ".pyc", ".so", ".pyd")


def is_startup_file(path: str) -> bool:
    """Return whether a file at `path`, `/` between its parts, may run although nothing imports it.

    The documentation of `site`: lines of a `.pth` file that begin with `import` are executed; `sitecustomize` and
    `usercustomize` are imported. PEP 829: entry points in a `.start` file are called. A `.pth` file may only name
    directories: `runs_code` knows.
    """
    first, _, rest = path.partition("/")
    if rest:
        return first in _CUSTOMIZE and rest.startswith("__init__.")
    stem = first.partition(".")[0]
    return first.endswith((".pth", ".start")) or (stem in _CUSTOMIZE and first.endswith(_ENDS[1:]))


def runs_code(content: bytes) -> bool:
    """Return whether a `.pth` file with this content may do more than name directories."""
    return b"import" in content
