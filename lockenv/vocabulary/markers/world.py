"""What is true of every environment, so that markers can be compared by what they mean in the real world.

Explained in docs/markers.md, "The world".
"""

from __future__ import annotations

from lockenv.vocabulary.markers.atoms import TWINS, equal
from lockenv.vocabulary.markers.diagram import Marker, product
from lockenv.vocabulary.markers.releases import since
from lockenv.vocabulary.markers.variables import SYSTEM

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final


_POSIX: Final = ("aix", "android", "cygwin", "darwin", "emscripten", "ios", "linux", "wasi")
"""Values of `sys.platform` with which `os.name` is `posix`."""


def _same(one: Marker, other: Marker) -> Marker:
    return (one & other) | (~one & ~other)


WORLD: Final = product(
    [
        _same(equal("sys_platform", "win32"), equal("os_name", "nt")),
        *[~equal("sys_platform", platform) | equal("os_name", "posix") for platform in _POSIX],
        # The left of a twin is read as the right, so only a test for a part of the text still asks the left variable.
        *[_same(equal(*left), equal(*right)) for left, right in TWINS.items()],
        # The kernel of macOS has three numbers. Elsewhere a release may be no version: 5.15.0-91-generic, 2022Server.
        ~equal("sys_platform", "darwin") | since(SYSTEM, (0, 0, 0)),
    ]
)
"""The combinations of `os_name`, `sys_platform`, `platform_system` and the implementation's names that exist.

Part of every universe; `text` always assumes it.
"""

IMPLIED: Final = ("os_name", "platform_system", "platform_python_implementation")
"""Variables whose usual values others imply: a text does without them where it can."""
