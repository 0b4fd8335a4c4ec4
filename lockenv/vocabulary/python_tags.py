"""Which Pythons a wheel is for, as the tags in its name say.

Pure: the name of a wheel and releases of Python go in, a yes or no comes out. It makes no marker, so any thread may ask
while another makes some; where a wheel can be installed altogether is what `wheeltags` says.
"""

from __future__ import annotations

from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    Release = tuple[int, int, int]
    Span = tuple[Release, Release | None]
    """A half-open interval of releases of Python; None for no end."""

_INTERPRETER = lazy_pattern(r"([a-z_]+?)_?(\d)(\d*)")


def serves(filename: str, pythons: tuple[Span, ...]) -> bool:
    """Return whether an interpreter of one of the versions in `pythons` lists a tag of the wheel of this name.

    True for an interpreter that is not known: nothing says which versions of Python it implements.
    """
    interpreters, abis = filename.rsplit("-", 3)[-3:-1]
    return _served(interpreters, abis, pythons)


@cache
def _served(interpreters: str, abis: str, pythons: tuple[Span, ...]) -> bool:
    """Return what `serves` does of a wheel with these tags: hundreds of wheels are for a dozen interpreters."""
    interpreters, abis = interpreters.lower(), abis.lower()
    is_stable = any(abi in ("abi3", "abi3t") for abi in abis.split("."))
    return any(_serves(interpreter, pythons, is_stable=is_stable) for interpreter in interpreters.split("."))


def _serves(interpreter: str, pythons: tuple[Span, ...], *, is_stable: bool) -> bool:
    found = _INTERPRETER.fullmatch(interpreter)
    if found is None:
        return True
    kind, major, minor = found[1], int(found[2]), int(found[3] or 0)
    # Platform compatibility tags specification: "py" serves its version and every later one of the same major version;
    # PEP 384: so does a wheel of CPython for the stable ABI.
    is_open = kind == "py" or (kind == "cp" and is_stable) or not found[3]
    end = (major + 1, 0, 0) if is_open else (major, minor + 1, 0)
    return any(low < end and (high is None or (major, minor, 0) < high) for low, high in pythons)
