"""One comparison of two strings, as the dependency specifiers specification and `packaging` make it.

Pure. Slow and exact: the diagram asks only where intervals and values cannot decide.

Explained in docs/markers.md, "Comparisons".
"""

from __future__ import annotations


class UndefinedComparisonError(ValueError):
    """A comparison that has no meaning for any environment, such as `os_name ~= "nt"`."""


def holds(left: str, operator: str, right: str, *, versions: bool) -> bool:
    """Return whether `left operator right` holds; `versions` says that the variable is a version.

    Raises UndefinedComparisonError when the operator has no meaning for the two.
    """
    if versions:
        from packaging.specifiers import InvalidSpecifier, Specifier

        # "If both sides are valid version specifiers, the comparison is by version; else by Python's string rules"
        # (dependency specifiers specification).
        try:
            specifier = Specifier(operator + right)
        except InvalidSpecifier:
            pass
        else:
            return specifier.contains(left, prereleases=True)
    return _strings(left, operator, right)


def _strings(left: str, operator: str, right: str) -> bool:
    match operator:
        case "in":
            return left in right
        case "not in":
            return left not in right
        case "==" | "<=" | ">=":
            return left == right
        case "!=":
            return left != right
        # The order of strings has no meaning for environments; `packaging` answers no.
        case "<" | ">":
            return False
        case _:
            raise UndefinedComparisonError(f"{operator!r} is not defined between {left!r} and {right!r}")
