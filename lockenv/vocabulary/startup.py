"""Which files of a distribution run whenever Python starts. Pure: where its files go is passed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RUNS: Final = " runs whenever Python starts"
"""The end of the note on such a file."""
ROOTS: Final = ("purelib", "platlib")
"""The schemes that are site-packages."""
_CUSTOMIZE = ("sitecustomize", "usercustomize")
_ENDS = (".py", ".pyc", ".so", ".pyd")
_SITE = "site-packages"


def startup_files(directories: Iterable[tuple[str, str, Sequence[str]]]) -> list[tuple[str, str]]:
    """Return scheme and path, `/` between its parts, of the files that may run although nothing imports them, sorted.

    A directory is its scheme, its path below that, and the names in it. The documentation of `site`: lines of a `.pth`
    file that begin with `import` are executed; `sitecustomize` and `usercustomize` are imported, from any directory
    that a path file names. PEP 829: entry points in a `.start` file are called. A `.pth` file below `ROOTS` may only
    name directories: `runs_code` knows.
    """
    found: list[tuple[str, str]] = []
    elsewhere: list[tuple[str, str, Sequence[str]]] = []
    has_paths = False
    for scheme, directory, names in directories:
        below = _below_site(scheme, directory)
        if below not in ("", *_CUSTOMIZE):
            elsewhere.append((scheme, directory, names))
            continue
        for name in names:
            is_listed = not below and name.endswith((".pth", ".start"))
            if is_listed or _customizes(below, name):
                found.append((scheme, _joined(directory, name)))
            has_paths = has_paths or (is_listed and name.endswith(".pth"))
    if has_paths:
        found += [
            (scheme, _joined(directory, name))
            for scheme, directory, names in elsewhere
            for name in names
            if _customizes(directory, name)
        ]
    return sorted({*found})


def runs_code(content: bytes) -> bool:
    """Return whether a `.pth` file with this content may do more than name directories."""
    return b"import" in content


def _below_site(scheme: str, directory: str) -> str | None:
    """Return where a directory is below a site directory, empty for that itself; None for elsewhere.

    The `data` of a wheel goes to the root of the environment: that has site-packages in it, and is a site directory
    itself on Windows (`site.getsitepackages`).
    """
    if scheme in ROOTS:
        return directory
    if scheme != "data":
        return None
    parts = directory.lower().split("/") if directory else []
    return "/".join(directory.split("/")[parts.index(_SITE) + 1 :]) if _SITE in parts else None if parts else ""


def _customizes(directory: str, name: str) -> bool:
    if name.startswith("__init__."):
        return directory.rpartition("/")[2] in _CUSTOMIZE
    return name.partition(".")[0] in _CUSTOMIZE and name.endswith(_ENDS)


def _joined(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name
