"""Values in markers that no Python has, though people write them, and what they mean.

Pure: the text of a marker goes in; its comparisons with such values come out, and the environments that have none.
"""

from __future__ import annotations

from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.markers import ALWAYS, NEVER, WORLD, parse
from lockenv.vocabulary.markers.diagram import node
from lockenv.vocabulary.markers.variables import strings
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final

    from lockenv.vocabulary.markers import Marker

_WINDOWS: Final = ("Windows", "windows", "WINDOWS", "Win32", "win", "win64", "Win64", "cygwin32")
_LINUX: Final = ("Linux", "LINUX", "linux2", "linux3")
_MACOS: Final = ("Darwin", "macos", "macOS", "MacOS", "Macos", "macosx", "MacOSX", "osx", "OSX", "mac", "Mac")

_MEANT: Final = {
    "sys_platform": {
        **dict.fromkeys((*_WINDOWS, "nt"), ("sys_platform", "win32")),
        **dict.fromkeys(_LINUX, ("sys_platform", "linux")),
        **dict.fromkeys(_MACOS, ("sys_platform", "darwin")),
    },
    "platform_system": {
        **dict.fromkeys((*_WINDOWS[1:], "win32", "nt"), ("platform_system", "Windows")),
        **dict.fromkeys((*_LINUX[1:], "linux"), ("platform_system", "Linux")),
        **dict.fromkeys((*_MACOS[1:], "darwin"), ("platform_system", "Darwin")),
    },
    "os_name": {
        **dict.fromkeys((*_WINDOWS, "win32", "NT"), ("os_name", "nt")),
        **dict.fromkeys((*_LINUX, "linux"), ("sys_platform", "linux")),
        **dict.fromkeys((*_MACOS, "darwin"), ("sys_platform", "darwin")),
    },
    "platform_python_implementation": {
        "cpython": ("platform_python_implementation", "CPython"),
        "pypy": ("platform_python_implementation", "PyPy"),
    },
    "implementation_name": {"CPython": ("implementation_name", "cpython"), "PyPy": ("implementation_name", "pypy")},
}
"""What is meant, by the variable and the value that it has nowhere."""

# A value that ends before it begins again is one comparison: markers have no escapes.
_COMPARISON = lazy_pattern(r"""\b([a-z_]+)\s*([=!]=)\s*(?:'([^']*)'|"([^"]*)")""")
_REVERSED = lazy_pattern(r"""(?:'([^']*)'|"([^"]*)")\s*([=!]=)\s*([a-z_]+)\b""")


@cache
def existing() -> Marker:
    """Return the environments in which no variable has one of these values."""
    found = WORLD
    for name, values in _MEANT.items():
        found &= node(strings(name), tuple(sorted(values)), (*[NEVER] * len(values), ALWAYS))
    return found


def in_existing(where: Marker) -> Marker:
    """Return the part of `where` in which no variable has one of these values; all of it where it asks for none."""
    return where if _MEANT.keys().isdisjoint(where.variables()) else where & existing()


def misspelt(marker: str, where: Marker) -> tuple[str, str, str, bool] | None:
    """Return a variable and a value in `marker` that it never has, what is meant, and whether `marker` never holds.

    None where all values exist, and where `marker` means the same in `where` with what is meant in their place.
    """
    comparisons = [
        (found.group(), found[1], found[2], found[3] or found[4] or "") for found in _COMPARISON.finditer(marker)
    ]
    comparisons += [
        (found.group(), found[4], found[3], found[1] or found[2] or "") for found in _REVERSED.finditer(marker)
    ]
    corrected, first = marker, None
    for text, variable, operator, value in comparisons:
        if (meant := _MEANT.get(variable, {}).get(value)) is None:
            continue
        better = f"{meant[0]} {operator} '{meant[1]}'"
        corrected = corrected.replace(text, better)
        first = first or (variable, value, better)
    if first is None:
        return None
    real = where & existing()
    here = parse(marker) & real
    return None if here is parse(corrected) & real else (*first, here is NEVER)
