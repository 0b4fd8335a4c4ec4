"""Versions as sort keys: the order of the version specifiers specification, cheaply.

Pure: the text of a version goes in; its normalized text and a key that sorts as the specification orders come out.
Pages hold thousands of versions and most are plain numbers, so these are read here; `packaging` reads the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    import re

Key = tuple[int, tuple[int, ...], tuple[str, int], int, float, tuple[tuple[int, int, str], ...]]
"""Epoch, release without trailing zeros, pre-release, post-release, development release, local version."""

_FINAL = ("z", 0)
_BEFORE_PRE = ("", 0)
_NEVER = float("inf")
_PLAIN = lazy_pattern(r"\d{1,12}(?:\.\d{1,12}){0,9}", "a")
_COMMON = lazy_pattern(
    r"(\d{1,12}(?:\.\d{1,12}){0,9})(?:(a|b|rc)(\d{1,12}))?(?:\.post(\d{1,12}))?(?:\.dev(\d{1,12}))?", "a"
)


def read(text: str) -> tuple[str, Key]:
    """Give the normalized text and the key of a version; raises ValueError when it is none."""
    if _PLAIN.fullmatch(text):
        release = tuple(map(int, text.split(".")))
        return ".".join(map(str, release)), (0, _stripped(release), _FINAL, -1, _NEVER, ())
    found = _COMMON.fullmatch(text)
    return _common(found) if found else _any(text)


def is_prerelease(key: Key) -> bool:
    """Tell whether the key is that of a pre-release or a development release."""
    return key[2] != _FINAL or key[4] != _NEVER


def _common(found: re.Match[str]) -> tuple[str, Key]:
    digits, letter, number, post, dev = found.groups()
    release = tuple(map(int, digits.split(".")))
    text = ".".join(map(str, release))
    pre = _FINAL if post or not dev else _BEFORE_PRE
    if letter:
        pre = (letter, int(number))
        text += f"{letter}{int(number)}"
    if post:
        text += f".post{int(post)}"
    if dev:
        text += f".dev{int(dev)}"
    return text, (0, _stripped(release), pre, int(post) if post else -1, int(dev) if dev else _NEVER, ())


def _any(text: str) -> tuple[str, Key]:
    from packaging.version import Version

    version = Version(text)
    pre = _FINAL if version.post is not None or version.dev is None else _BEFORE_PRE
    local = tuple(
        (1, int(part), "") if part.isdecimal() else (0, 0, part) for part in (version.local or "").split(".") if part
    )
    return str(version), (
        version.epoch,
        _stripped(version.release),
        version.pre or pre,
        -1 if version.post is None else version.post,
        _NEVER if version.dev is None else version.dev,
        local,
    )


def _stripped(release: tuple[int, ...]) -> tuple[int, ...]:
    # Version specifiers specification: "the shorter release segment is padded out with additional zeros as necessary".
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    return release
