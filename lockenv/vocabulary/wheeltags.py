"""Where a wheel can be installed, as its file name says.

Pure: wheel names and tags go in, markers come out. A marker cannot see all that a tag asks for (the version of glibc or
of macOS, a debug or free-threaded build), so the marker holds wherever some interpreter could install the wheel, and
perhaps where none can; it never leaves out one that can.
"""

from __future__ import annotations

from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.markers import ALWAYS, NEVER, Marker, parse, python
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

_INTERPRETER = lazy_pattern(r"([a-z_]+?)_?(\d)(\d*)")

_IMPLEMENTATIONS: Final = {"cp": "cpython", "pp": "pypy", "ip": "ironpython", "jy": "jython"}

USUAL: Final = parse("implementation_name == 'cpython'") & parse(
    "sys_platform == 'linux' or sys_platform == 'darwin' or sys_platform == 'win32'"
)
"""The environments that people mean unless they say more."""

UNIVERSAL: Final = ("-py3-none-any.whl", "-py2.py3-none-any.whl")
"""How the names of most wheels end that serve every Python 3."""

# A 32-bit interpreter on a 64-bit kernel reports the kernel's machine.
_LINUX_MACHINES: Final = {"i686": ("i686", "x86_64"), "armv7l": ("aarch64", "armv7l", "armv8l")}
_WINDOWS_MACHINES: Final = {"win32": ("AMD64", "x86"), "win_amd64": ("AMD64",), "win_arm64": ("ARM64",)}
_MACOS_MACHINES: Final = {
    "universal2": ("arm64", "x86_64"),
    "intel": ("i386", "x86_64"),
    "i386": ("i386", "x86_64"),
    "fat3": ("Power Macintosh", "i386", "x86_64"),
    "fat": ("Power Macintosh", "i386", "x86_64"),
    "fat64": ("Power Macintosh", "x86_64"),
    "universal": ("Power Macintosh", "i386", "x86_64"),
    "ppc": ("Power Macintosh",),
    "ppc64": ("Power Macintosh",),
}
_UNIX: Final = {
    **dict.fromkeys(
        ("linux", "manylinux1", "manylinux2010", "manylinux2014", "manylinux", "musllinux"), ("linux", _LINUX_MACHINES)
    ),
    "macosx": ("darwin", _MACOS_MACHINES),
}
"""How tags of the systems begin that have machines of many kinds; the system, and machines that a tag has more of."""
_VERSIONED: Final = ("manylinux", "musllinux", "macosx")
"""Those that two numbers follow, of the C library or of the system."""
_SYSTEMS: Final = {
    "android": "android",
    "ios": "ios",
    "emscripten": "emscripten",
    "pyodide": "emscripten",
    "pyemscripten": "emscripten",
    "wasi": "wasi",
}


@cache
def wheel_marker(filename: str) -> Marker:
    """Return the environments whose interpreter could install the wheel of this name.

    Raises ValueError when it is not the name of a wheel (binary distribution format: `name-version(-build)?-tags.whl`).
    """
    return _tagged(*_tags(filename))


def fits(filename: str, where: Marker) -> bool:
    """Return whether the interpreter of some environment in `where` could install the wheel of this name.

    Raises ValueError as `wheel_marker`.
    """
    known = _fitting.get(where)
    if known is None:
        known = _fitting[where] = {}
    # The tags are all from the last dash but two on; the name and the version before it have a dash themselves.
    start = filename.rfind("-", 0, filename.rfind("-", 0, filename.rfind("-")))
    tags = filename[start:]
    found = known.get(tags)
    if found is None or filename.find("-", 0, start) < 0:
        interpreters, abis, platforms = _tags(filename)
        # In this order few markers are made: hundreds of wheels are for a dozen interpreters.
        here = _seen(where) & _interpreted(interpreters.lower(), abis.lower())
        found = known[tags] = not here.disjoint(_platforms(platforms.lower()))
    return found


@cache
def _seen(where: Marker) -> Marker:
    """Return what tags can say of `where`: a small marker, where many variables decide together."""
    return where.without(frozenset(where.variables()) - _SAID)


_SAID: Final = frozenset({"python_full_version", "implementation_name", "sys_platform", "platform_machine"})
"""The variables that decide whether a tag fits."""
_fitting: Final[dict[Marker, dict[str, bool]]] = {}
"""Which tags fit some environment in a marker, by the end of a wheel's name."""


def _tags(filename: str) -> list[str]:
    """Return the tags of interpreters, ABIs and platforms in the name of a wheel. Raises ValueError."""
    parts = filename.removesuffix(".whl").rsplit("-", 3)
    if len(parts) != 4 or not filename.endswith(".whl") or "-" not in parts[0]:
        raise ValueError(f"not the file name of a wheel: {filename!r}")
    return parts[1:]


def covered(tags: Iterable[str]) -> Marker:
    """Return the environments whose interpreter could install a wheel with one of `tags`; NEVER for none.

    A tag may be a compressed set such as `py2.py3-none-any`. Raises ValueError when one is not a tag.
    """
    result = NEVER
    for tag in tags:
        parts = tag.split("-")
        if len(parts) != 3:
            raise ValueError(f"not a wheel tag: {tag!r}")
        result = result | _tagged(*parts)
    return result


def covered_by(filenames: Iterable[str]) -> Marker:
    """Return the environments whose interpreter could install one of these wheels; NEVER for none."""
    result = NEVER
    for filename in filenames:
        result = result | wheel_marker(filename)
    return result


def wheel_pythons(filenames: Iterable[str], where: Marker) -> Marker:
    """Return the Pythons for which one of these wheels fits some machine of `where`, whatever its Pythons.

    CPython on Linux, macOS and Windows is what is meant unless `where` has none of it, or no wheel is for it. The
    marker depends on nothing but the version of Python; NEVER where no wheel fits any machine.
    """
    return served_pythons(covered_by(filenames), where)


@cache
def served_pythons(covered: Marker, where: Marker) -> Marker:
    """Return what `wheel_pythons` does of wheels that fit the environments in `covered`."""
    served = covered & where.without(("python_full_version", "implementation_version"))
    usual = served & USUAL
    result = NEVER
    for low, high in (served if usual is NEVER else usual).python_range():
        result = result | python(">={}.{}.{}".format(*low) + (",<{}.{}.{}".format(*high) if high else ""))
    return result


@cache
def _tagged(interpreters: str, abis: str, platforms: str) -> Marker:
    return _interpreted(interpreters.lower(), abis.lower()) & _platforms(platforms.lower())


@cache
def _interpreted(interpreters: str, abis: str) -> Marker:
    result = NEVER
    for interpreter in interpreters.split("."):
        for abi in abis.split("."):
            result = result | _interpreter(interpreter, abi)
    return result


@cache
def _interpreter(interpreter: str, abi: str) -> Marker:
    """Return the interpreters that list `interpreter` with `abi` (platform compatibility tags specification)."""
    found = _INTERPRETER.fullmatch(interpreter)
    if found is None:
        return ALWAYS
    name, major, minor = found.groups()
    if name == "py":
        # "py" serves its version and every later one of the same major version, and has no ABI.
        return _since(major, minor) if abi == "none" else NEVER
    implementation = parse(f"implementation_name == '{_IMPLEMENTATIONS.get(name, name)}'")
    if name != "cp":
        return implementation & _exactly(major, minor)
    if abi in ("abi3", "abi3t"):
        # PEP 384: the stable ABI is that of CPython 3.2 and later; a wheel for it serves every later version.
        # PEP 703: interpreters that run free-threaded, and list "abi3t" for it, begin with CPython 3.13.
        serving = implementation & _since(major, minor) & python(">=3.13" if abi == "abi3t" else "")
        return serving if (int(major), int(minor or 0)) >= (3, 2) else NEVER
    if abi != "none" and not _is_abi_of(f"cp{major}{minor}", abi):
        return NEVER
    return implementation & _exactly(major, minor) if minor else NEVER


def _is_abi_of(own: str, abi: str) -> bool:
    """Return whether `abi` is `own`, or that with letters for how the interpreter was built (`cp313t`)."""
    flags = abi.removeprefix(own)
    return abi.startswith(own) and (not flags or (flags.isascii() and flags.isalpha() and flags.islower()))


def _since(major: str, minor: str) -> Marker:
    """Return the Pythons from a version on; no Python 4 is known, so nothing is taken to end before it."""
    ending = "" if major == "3" else f",<{int(major) + 1}"
    return python(f">={major}.{minor or 0}{ending}")


def _exactly(major: str, minor: str) -> Marker:
    return python(f"=={major}.{minor}.*") if minor else python(f"=={major}.*")


@cache
def _platforms(platforms: str) -> Marker:
    result = NEVER
    for platform in platforms.split("."):
        result = result | _platform(platform)
    return result


@cache
def _platform(platform: str) -> Marker:
    if platform == "any":
        return ALWAYS
    family, _, machine = platform.partition("_")
    if family in _VERSIONED:
        major, _, rest = machine.partition("_")
        minor, _, rest = rest.partition("_")
        machine = rest if major.isdecimal() and minor.isdecimal() else ""
    if family in _UNIX and machine.replace("_", "0").isalnum():
        system, machines = _UNIX[family]
        return _machines(system, machines.get(machine, (machine,)))
    if platform in _WINDOWS_MACHINES:
        return _machines("win32", _WINDOWS_MACHINES[platform])
    known = _SYSTEMS.get(family)
    return parse(f"sys_platform == '{known}'") if known else ALWAYS


@cache
def _machines(system: str, machines: tuple[str, ...]) -> Marker:
    choice = " or ".join(f"platform_machine == '{machine}'" for machine in machines)
    return parse(f"sys_platform == '{system}' and ({choice})")
