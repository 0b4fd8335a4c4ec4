"""The marker algebra: sets of environments, exact and canonical.

Duty: environment markers (dependency specifiers specification) as an interned multi-valued decision diagram.
In: marker text and version specifiers. Out: `Marker` values; equal meaning is the same object. Never: evaluation by
Python's `eval`, a result that depends on the order of creation.
"""

from lockenv.vocabulary.markers.atoms import choosing, extra, in_extras, in_groups
from lockenv.vocabulary.markers.comparison import UndefinedComparisonError
from lockenv.vocabulary.markers.diagram import ALWAYS, NEVER, Marker
from lockenv.vocabulary.markers.grammar import parse
from lockenv.vocabulary.markers.releases import python, python_lower
from lockenv.vocabulary.markers.world import WORLD

__all__ = [
    "ALWAYS",
    "NEVER",
    "WORLD",
    "Marker",
    "UndefinedComparisonError",
    "choosing",
    "extra",
    "in_extras",
    "in_groups",
    "parse",
    "python",
    "python_lower",
]
