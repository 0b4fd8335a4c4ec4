"""The index that serves a project which declares none: the one place that names its host."""

from __future__ import annotations

from typing import Final

DEFAULT_INDEX: Final = "https://pypi.org/simple/"
"""The simple root of the Python Package Index."""
