"""Names that are one file here and something else on another system.

Pure: text goes in.
"""

from __future__ import annotations

from lockenv.vocabulary.patterns import lazy_pattern

_DEVICE = lazy_pattern(r"con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]", "i")


def is_special_on_windows(component: str) -> bool:
    """Return whether Windows takes `component` for a device, a stream of another file, or a file of another name."""
    is_other = component[-1:] in (".", " ") or any(char in '<>:"|?*' for char in component)
    return is_other or _DEVICE.fullmatch(component.partition(".")[0].rstrip()) is not None
