"""What the log of a build that failed says, and what may fix it.

The path of a log, or its text, goes in; text that is fit to print comes out.
"""

from __future__ import annotations

import os
import re

from lockenv.vocabulary.patterns import lazy_pattern

_READ = 20_000
"""Bytes of a log that are looked at, from its end."""
_ESCAPE = lazy_pattern(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)?")
"""What colors a terminal, moves its cursor or sets its title."""
AT_FAULT = "correct it where it is yours; else choose a version that has a wheel, or report this to its authors"
"""What to do about a source tree that cannot be built, or a backend that breaks the rules of builds."""
_ALLOW = (
    "it ran without network access; allow it once with `--build-network`, or "
    "always with `build-network = true` under [tool.lockenv]"
)
_REACHING = lazy_pattern(
    r"[Nn]etwork (?:is )?unreachable|[Nn]ame resolution|[Nn]ame or service not known|nodename nor servname"
    r"|(?:[Cc]ould not|[Cc]ouldn't|Can't|[Uu]nable to) (?:resolve|connect)|[Nn]o such host|[Uu]nknown host"
    r"|Connection refused|EAI_AGAIN|ENOTFOUND"
)
"""What programs say that look for a network and find none."""


def _header(name: str) -> re.Pattern[str]:
    """Return what GCC, Clang and MSVC say of a missing header whose name matches `name`, which becomes a group."""
    return re.compile(
        rf"fatal error: ({name}): No such file|fatal error: '({name})' file not found"
        rf"|Cannot open include file: '({name})'"
    )


_REMOVED = (
    ("3.10", "Python-ast|graminit|odictobject|parsetok|picklebufobject|pyarena|pyctype|pydebug|pyfpe|pytime|ucnhash"),
    ("3.11", "cellobject|classobject|funcobject|genobject|longintrepr|namespaceobject|pystrhex"),
)
"""Headers of CPython that are no longer among those it installs, or in another directory, and since which version.

Those are left out that other libraries may have, too, such as `code.h`.
"""
_KNOWN = (
    (
        _header(r"Python\.h"),
        "the header files of this Python are missing; install its development package",
    ),
    *(
        (
            _header(rf"(?:{headers})\.h"),
            f"Python {version} and later have no {{0}}; choose an older Python, or a newer version of the package",
        )
        for version, headers in _REMOVED
    ),
    (
        _header(r"[\w./+-]+\.h(?:pp)?"),
        "{0} is missing; install the development package that provides it",
    ),
    (
        re.compile(r"cannot find -l([\w.+-]+)|library not found for -l([\w.+-]+)"),
        "the library {0} is missing; install its development package",
    ),
    (
        re.compile(
            r"[Cc]ommand '?\"?(\S*?(?:cc|gcc|g\+\+|clang|clang\+\+|cl\.exe|gfortran))'?\"? failed: No such file"
            r"|unable to execute '?(\S+?)'?: No such file|(Microsoft Visual C\+\+ [\d.]+ or greater) is required"
        ),
        "the compiler {0} is missing; install it, or choose a version that has a wheel",
    ),
    (
        re.compile(r"(?:can't find|could not find|not find|requires?) (Rust compiler|rustc|cargo|cmake|CMake|ninja)\b"),
        "{0} is missing; install it, or choose a version that has a wheel",
    ),
    (
        re.compile(r"No module named '?pkg_resources\b"),
        "setuptools 82 and later do not include pkg_resources; of a project of your own, require `setuptools<82` in "
        '[build-system]; for a package, set `exclude-newer-package = {{ setuptools = "2026-02-05" }}` under '
        "[tool.lockenv], and lock again",
    ),
    (
        re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'"),
        "it imports the module {0} without declaring it as a build requirement, or this Python "
        f"no longer includes it; {AT_FAULT}",
    ),
)
"""What logs say, and the sentence that it deserves; the first that fits wins."""


def last_lines(log: str) -> str:
    """Return the end of `log`, without blank lines and without characters that mean something to a terminal."""
    with open(log, "rb") as stream:
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - _READ))
        text = stream.read().decode("utf-8", "replace")
    lines = [_ESCAPE.sub("", line.rpartition("\r")[2]) for line in text.replace("\r\n", "\n").split("\n")]
    shown = ("".join(char if char.isprintable() else " " for char in line).rstrip() for line in lines)
    return "\n".join(line for line in shown if line)


def advice(text: str, *, was_cut: bool = False) -> str:
    """Return what to try, for a build whose log ends with `text`; `was_cut`: it had no network."""
    if not was_cut:
        return _mending(text)
    return _ALLOW if _REACHING.search(text) else f"{_mending(text)}; {_ALLOW}"


def _mending(text: str) -> str:
    for pattern, sentence in _KNOWN:
        found = pattern.search(text)
        if found:
            return sentence.format(next((group for group in found.groups() if group), ""))
    return AT_FAULT
