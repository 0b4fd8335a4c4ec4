"""Write, as JSON on standard output, what the interpreter that runs this file is.

Runs by path inside the interpreter that is probed (`python -I -S -B probe_script.py`) and is never imported by lockenv:
it uses the standard library alone and what CPython 3.8, PyPy and everything later understand. It changes nothing.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import sysconfig
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES

BASE = "<base>"
"""Replaces the root of an environment in the paths of `scheme`."""


def _full_version(version: tuple[object, ...]) -> str:
    text = ".".join(str(part) for part in version[:3])
    return text if version[3] == "final" else f"{text}{str(version[3])[0]}{version[4]}"


def _markers() -> dict[str, str]:
    # Dependency specifiers specification, "Environment Markers": how each variable is computed.
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": _full_version(tuple(sys.implementation.version)),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def _scheme() -> dict[str, str]:
    """Return where an environment of this interpreter keeps its files, relative to `BASE`."""
    names = sysconfig.get_scheme_names()
    # The `venv` scheme (3.11, and where distributors brought it back) is the one that distributors leave alone.
    scheme = next((name for name in ("venv", "nt" if os.name == "nt" else "posix_prefix") if name in names), names[0])
    variables = dict.fromkeys(("base", "platbase", "installed_base", "installed_platbase"), BASE)
    paths = sysconfig.get_paths(scheme, variables)
    return {key: paths[key] for key in ("purelib", "platlib", "scripts", "data")}


def _glibc() -> str:
    """Return the version of the C library this process runs on, such as `2.36`; empty when it is not glibc."""
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (AttributeError, ValueError, OSError):
        return ""
    return version if name == "glibc" else ""


def _musl_loader() -> str:
    """Return the dynamic loader of this process when it is musl's; empty when it is not."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            paths = [line.rstrip("\n").rpartition(" ")[2] for line in maps]
    except OSError:
        return ""
    return next((path for path in paths if os.path.basename(path).startswith("ld-musl-")), "")


def _elf_header() -> str:
    try:
        with open(sys.executable, "rb") as executable:
            return executable.read(52).hex()
    except OSError:
        return ""


def _denied_glibc_minors(glibc: str) -> list[int]:
    """Return the minor versions of glibc for which the distributor forbids manylinux wheels (PEP 600)."""
    try:
        policy = import_module("_manylinux")
    except ImportError:
        return []
    compatible = getattr(policy, "manylinux_compatible", None)
    older = {5: "manylinux1_compatible", 12: "manylinux2010_compatible", 17: "manylinux2014_compatible"}
    arch = sysconfig.get_platform().partition("-")[2].replace("-", "_").replace(".", "_")
    minors = range(int(glibc.split(".")[1]) + 1) if glibc else []
    if compatible is not None:
        return [minor for minor in minors if compatible(2, minor, arch) in (False, 0)]
    return [minor for minor in minors if minor in older and not getattr(policy, older[minor], True)]


def _is_debug() -> bool:
    configured = sysconfig.get_config_var("Py_DEBUG")
    return bool(configured) or (
        configured is None and (hasattr(sys, "gettotalrefcount") or "_d.pyd" in EXTENSION_SUFFIXES)
    )


def _facts() -> dict[str, object]:
    glibc = _glibc()
    stdlib = sysconfig.get_path("stdlib")
    return {
        "executable": getattr(sys, "_base_executable", None) or sys.executable,
        "prefix": sys.base_prefix,
        "stdlib": stdlib,
        "version": _full_version(tuple(sys.version_info)),
        # "3.12.7 (main, Oct 16 2024, 04:37:19) [Clang 18.1.8 ]": the version is reported by itself.
        "build": " ".join(sys.version.split()[1:]),
        "markers": _markers(),
        "scheme": _scheme(),
        "platform": sysconfig.get_platform(),
        "ext_suffix": sysconfig.get_config_var("EXT_SUFFIX") or "",
        "version_nodot": str(sysconfig.get_config_var("py_version_nodot") or ""),
        "is_debug": _is_debug(),
        "is_free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "is_64bit": sys.maxsize > 2**32,
        "glibc": glibc,
        "musl_loader": "" if glibc else _musl_loader(),
        "denied_glibc_minors": _denied_glibc_minors(glibc),
        "elf_header": _elf_header(),
        "macos": list(platform.mac_ver()[::2]) if sys.platform == "darwin" else ["", ""],
        # PEP 668: "a file named EXTERNALLY-MANAGED in the directory of the standard library".
        "externally_managed": os.path.isfile(os.path.join(stdlib, "EXTERNALLY-MANAGED")),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_facts()))
