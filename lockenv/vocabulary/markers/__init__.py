"""The marker algebra: sets of environments, exact and canonical.

Duty: environment markers (dependency specifiers specification) as an interned multi-valued decision diagram.
In: marker text and version specifiers. Out: `Marker` values; equal meaning is the same object. Never: evaluation by
Python's `eval`, a result that depends on the order of creation.
"""

from lockenv.vocabulary.late import late
from lockenv.vocabulary.markers.atoms import choosing, extra, in_extras, in_groups
from lockenv.vocabulary.markers.comparison import UndefinedComparisonError
from lockenv.vocabulary.markers.diagram import ALWAYS, NEVER, Marker
from lockenv.vocabulary.markers.grammar import parse
from lockenv.vocabulary.markers.releases import python, python_lower
from lockenv.vocabulary.markers.world import WORLD

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.vocabulary.markers import restriction, text
else:
    restriction = late("lockenv.vocabulary.markers.restriction")
    text = late("lockenv.vocabulary.markers.text")

__all__ = [
    "ALWAYS",
    "NEVER",
    "WORLD",
    "Marker",
    "UndefinedComparisonError",
    "choosing",
    "cofactor",
    "extra",
    "in_extras",
    "in_groups",
    "is_writable",
    "marker_text",
    "parse",
    "python",
    "python_lower",
]


def cofactor(marker: Marker, care: Marker) -> Marker:
    """Return a simple marker that agrees with `marker` throughout `care`; elsewhere it is free."""
    return restriction.cofactor(marker, care)


def is_writable(marker: Marker, assuming: Marker = ALWAYS) -> bool:
    """Return whether `marker_text` means the marker in `assuming`.

    What orders `platform_release` has a text, and its complement none where releases may be no versions.
    """
    return text.is_exact(marker, assuming)


def marker_text(marker: Marker, assuming: Marker = ALWAYS) -> str:
    """Return the shortest stable text that `packaging` evaluates alike in `assuming`; empty when always true there.

    A marker with no environment in `assuming` is written `python_version < "0"`.
    """
    return text.text(marker, assuming)
