"""The Python that a lock records. Values only."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.printable import python_title

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


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
