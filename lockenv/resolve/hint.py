"""What would help where there is no solution, with the change to the question that it is.

Duty: hold the words of a hint beside what following it means, so that it can be tried before it is printed. In and
out: values. Never: a search, a word that was not tried.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.resolve.catalog import Catalog
    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.names import NormalizedName


class Question(NamedTuple):
    """What is resolved, and what answers for the indexes."""

    problem: Problem
    catalog: Catalog


class Advice(NamedTuple):
    """What may help against a refusal."""

    hints: tuple[Hint, ...] = ()
    """The surest first; none of them tried."""
    names: frozenset[NormalizedName] = frozenset()
    """The projects that the refusal is about."""
    steps: int = 0
    """How much the search did before it ended with the refusal: see SearchBudget."""


class Remedy(NamedTuple):
    """One change that the user could make."""

    text: str
    changes: tuple[Callable[[Question], Question], ...]
    """The questions that the change leaves: mostly one; of a group that is locked apart, two."""


class Hint(NamedTuple):
    """Changes each of which may be enough."""

    remedies: tuple[Remedy, ...]
    verb: str = ""
    """What is written once, before all of them: `relax`; empty where each has its own."""
    is_choice: bool = False
    """Whether only the first that is enough is wanted: the others are wider."""
    end: str = ""
    """What is written once, behind all of them."""

    @staticmethod
    def of(text: str, *changes: Callable[[Question], Question]) -> Hint:
        """Return a hint of a single remedy."""
        return Hint((Remedy(text, changes),))
