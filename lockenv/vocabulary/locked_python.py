"""The Python that a lock records, and how people write the names of Pythons. Values only."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_SPELLED = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}
"""How those who make them spell the names of implementations."""


def python_title(implementation: str, version: str, *, is_free_threaded: bool = False) -> str:
    """Return a Python for a message: `CPython 3.12.7`."""
    threading = " (free-threaded)" if is_free_threaded else ""
    return f"{_SPELLED.get(implementation, implementation)} {version}{threading}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPython:
    """A Python as a lock records it."""

    implementation: str
    """The value of `sys.implementation.name`: `cpython`, `pypy`."""
    version: str
    """Whole, such as `3.12.7` or `3.14.0a1`."""
    is_free_threaded: bool = False
    platform: str = ""
    """What `build` is for: `linux-x86_64`, `darwin-arm64`."""
    build: str = ""
    """What `sys.version` says after the version: revision, date and compiler."""

    @property
    def title(self) -> str:
        """The implementation and the version, for a message."""
        return python_title(self.implementation, self.version, is_free_threaded=self.is_free_threaded)

    @property
    def request(self) -> str:
        """What requests this very Python: `3.12.7`, `pypy3.10.14`, `3.13.0t`."""
        name = "" if self.implementation == "cpython" else self.implementation
        return f"{name}{self.version}{'t' if self.is_free_threaded else ''}"

    def is_same(self, other: LockedPython) -> bool:
        """Return whether implementation and version are the same, whoever built it."""
        return (self.implementation, self.version, self.is_free_threaded) == (
            other.implementation,
            other.version,
            other.is_free_threaded,
        )

    def is_another_build(self, other: LockedPython) -> bool:
        """Return whether both are for one platform, and were built differently."""
        return self.platform == other.platform and self.build != other.build

    def table(self) -> Mapping[str, Any]:
        """Return `[tool.lockenv.python]` of a lock."""
        threading = {"free-threaded": True} if self.is_free_threaded else {}
        return {
            "implementation": self.implementation,
            "version": self.version,
            **threading,
            "platform": self.platform,
            "build": self.build,
        }
