"""Whether a lockfile can say where each pin is installed.

Duty: refuse an answer whose markers no text means. In: pins. Out: the refusal, or nothing. Never: another answer.

Explained in docs/resolver.md, "Splits".
"""

from __future__ import annotations

from lockenv.vocabulary.markers import is_writable
from lockenv.vocabulary.pin import Unsolvable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.pin import Pin

_HINT: Final = "compare platform_release only together with `sys_platform == 'darwin'`, where it always is a version"


def refusal(pins: Iterable[Pin], universe: Marker) -> Unsolvable | None:
    """Return why an answer cannot be written; None where it can be."""
    pins = tuple(pins)
    # Most pins are installed in the same environments: each marker is asked about once.
    unwritable = [marker for marker in dict.fromkeys(pin.marker for pin in pins) if not is_writable(marker, universe)]
    found = [f"{pin.name} {pin.version}" for pin in pins if pin.marker in unwritable]
    if not found:
        return None
    return Unsolvable(
        environment="",
        reasons=(
            f"No marker can say where {' and '.join(found)} would be installed: on Linux and Windows, platform_release "
            "may be no version, such as 5.15.0-91-generic, and then it is neither below another one nor above",
        ),
        hints=(_HINT,),
        origins=(),
    )
