"""A derivation, written in lines.

Duty: put facts and conclusions in an order in which each follows from what was said. In: the incompatibility of
everything, and the Wording. Out: lines. Never: a word about versions.

This is the order of PubGrub's error reports: causes that were derived come first, a conclusion that is needed again
is numbered, and a conclusion that is needed once is not stated where it can be folded into the next line.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.resolve.failure_wording import FAILURE
from lockenv.resolve.incompatibility import (
    AlternativeDependencies,
    DerivedCause,
    FaultyMetadata,
    InadmissibleRelease,
    Incompatibility,
    ReleaseDependency,
    SameRelease,
    UnsupportedRelease,
    UnusableSdist,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockenv.resolve.failure_wording import Wording
    from lockenv.resolve.incompatibility import Fact, Key
    from lockenv.vocabulary.names import NormalizedName

    Visit = Iterator["Visit"]

_MOST_LINES: Final = 24
_SHOWN_FIRST: Final = 8


class Node:
    """An incompatibility as it is written."""

    __slots__ = ("causes", "fact", "is_written", "line", "terms", "uses")

    def __init__(self, terms: Mapping[int, int], fact: Fact | None, causes: tuple[Node, ...]) -> None:
        self.terms = terms
        self.fact = fact
        """None for what was derived."""
        self.causes = causes
        self.uses = 0
        """How many conclusions follow from it directly."""
        self.line = 0
        """The number of the line that concludes it, from 1; 0 when it has none."""


def simplify_derivation(failure: Incompatibility) -> Node:
    """Return a derivation without what goes without saying.

    That is: a project with an extra is the project; prereleases are not taken where there are others.
    """
    made: dict[int, Node] = {}
    agenda = [failure]
    while agenda:
        one = agenda[-1]
        if id(one) in made:
            agenda.pop()
            continue
        if not isinstance(one.cause, DerivedCause):
            made[id(one)] = Node(one.terms, one.cause, ())
            continue
        missing = [cause for cause in one.cause if id(cause) not in made]
        if missing:
            agenda += reversed(missing)
            continue
        made[id(one)] = _derived(one.terms, made[id(one.cause.first)], made[id(one.cause.second)])
    root = made[id(failure)]
    _count(root)
    return root


def _derived(terms: Mapping[int, int], first: Node, second: Node) -> Node:
    for one, other in ((first, second), (second, first)):
        if _goes_without_saying(other.fact):
            return Node(one.terms if one.fact is not None else terms, one.fact, one.causes)
    merged = _merged(first.fact, second.fact)
    return Node(terms, merged, () if merged is not None else (first, second))


def _merged(first: Fact | None, second: Fact | None) -> Fact | None:
    """Return two facts of a kind as one; None where they are two."""
    match first, second:
        case UnusableSdist(name=name, reason=reason), UnusableSdist(name=same, reason=other) if name == same:
            return UnusableSdist(name, first.mask | second.mask, _both_reasons(reason, other))
        case UnsupportedRelease(name=name), UnsupportedRelease(name=same) if name == same:
            return UnsupportedRelease(name, first.mask | second.mask, (*first.wanted, *second.wanted))
        case FaultyMetadata(name=name, edge=edge), FaultyMetadata(name=same, edge=other) if (name, edge.fault) == (
            same,
            other.fault,
        ):
            return first
        case ((ReleaseDependency() | AlternativeDependencies()), (ReleaseDependency() | AlternativeDependencies())) if (
            _between(first) == _between(second)
        ):
            return AlternativeDependencies(*_between(first), _both_reasons(_unusable(first), _unusable(second)))
        case (UnusableSdist(name=name, reason=reason), (ReleaseDependency() | AlternativeDependencies()) as other) | (
            (ReleaseDependency() | AlternativeDependencies()) as other,
            UnusableSdist(name=name, reason=reason),
        ) if other.parent == (name, None):
            return AlternativeDependencies(*_between(other), _both_reasons(_unusable(other), reason))
        case _:
            return None


def _between(fact: ReleaseDependency | AlternativeDependencies) -> tuple[Key, NormalizedName]:
    return (fact.parent, fact.edge.name) if isinstance(fact, ReleaseDependency) else (fact.parent, fact.name)


def _unusable(fact: ReleaseDependency | AlternativeDependencies) -> str:
    return fact.unusable if isinstance(fact, AlternativeDependencies) else ""


def _both_reasons(one: str, other: str) -> str:
    return one if other in one else f"{one}; {other}".removeprefix("; ")


def _goes_without_saying(fact: Fact | None) -> bool:
    return isinstance(fact, SameRelease) or (isinstance(fact, InadmissibleRelease) and fact.is_usual)


def _count(root: Node) -> None:
    seen: set[int] = set()
    agenda = [root]
    while agenda:
        node = agenda.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for cause in node.causes:
            cause.uses += 1
            agenda.append(cause)


def facts(root: Node) -> Iterator[Node]:
    """Return the facts of a derivation, each once, in the order of the report."""
    seen: set[int] = set()
    agenda = [root]
    while agenda:
        node = agenda.pop()
        if id(node) not in seen:
            seen.add(id(node))
            if node.fact is not None:
                yield node
            agenda += reversed(_ordered(node.causes))


def _ordered(causes: tuple[Node, ...]) -> list[Node]:
    return sorted(causes, key=lambda cause: cause.fact is not None)


class Report:
    """The lines that explain a failure."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._lines: list[str] = []
        self._numbers: list[int] = []

    def lines(self, root: Node) -> tuple[str, ...]:
        """Return the lines, a sentence each; the middle of a long report is left out, and how much is said."""
        if root.fact is not None:
            return (_sentence(f"because {self._clause(root)}, {FAILURE}"),)
        # A derivation may be deeper than Python recurses, so visits wait on a stack of their own.
        stack = [self._visit(root, is_conclusion=False)]
        while stack:
            visit = next(stack[-1], None)
            if visit is None:
                stack.pop()
            else:
                stack.append(visit)
        return _shortened(
            [f"{text} ({number})" if number else text for text, number in zip(self._lines, self._numbers, strict=True)]
        )

    def _visit(self, node: Node, *, is_conclusion: bool) -> Visit:
        """Report a derived node, after the visits that this returns."""
        if node.line:
            return
        is_numbered = is_conclusion or node.uses > 1
        first, second = node.causes
        derived = [cause for cause in node.causes if cause.fact is None]
        if len(derived) == 2:
            yield from self._both_derived(node, first, second, is_numbered=is_numbered)
        elif derived:
            (fact,) = (cause for cause in node.causes if cause.fact is not None)
            yield from self._one_derived(node, derived[0], fact, is_numbered=is_numbered)
        else:
            self._write(node, f"because {self._both(first, second)}", is_numbered=is_numbered)

    def _both_derived(self, node: Node, first: Node, second: Node, *, is_numbered: bool) -> Visit:
        if first.line and second.line:
            self._write(node, f"because {self._cited(first)} and {self._cited(second)}", is_numbered=is_numbered)
        elif first.line or second.line:
            known, other = (first, second) if first.line else (second, first)
            yield self._visit(other, is_conclusion=False)
            self._write(node, f"and because {self._cited(known)}", is_numbered=is_numbered)
        elif _is_short(first) or _is_short(second):
            early, late = (first, second) if _is_short(second) else (second, first)
            yield self._visit(early, is_conclusion=False)
            yield self._visit(late, is_conclusion=False)
            self._write(node, "together", is_numbered=is_numbered)
        else:
            yield self._visit(first, is_conclusion=True)
            yield self._visit(second, is_conclusion=False)
            self._write(node, f"and because {self._cited(first)}", is_numbered=is_numbered)

    def _one_derived(self, node: Node, derived: Node, fact: Node, *, is_numbered: bool) -> Visit:
        folded = self._folded(derived)
        if derived.line:
            self._write(
                node, f"because {self._clause(fact, derived)} and {self._cited(derived)}", is_numbered=is_numbered
            )
        elif folded is not None:
            inner, other = folded
            yield self._visit(inner, is_conclusion=False)
            self._write(node, f"and because {self._both(other, fact)}", is_numbered=is_numbered)
        else:
            yield self._visit(derived, is_conclusion=False)
            self._write(node, f"and because {self._clause(fact, derived)}", is_numbered=is_numbered)

    @staticmethod
    def _folded(node: Node) -> tuple[Node, Node] | None:
        """Return the derived cause and the fact of a conclusion that need not be stated."""
        if node.uses > 1 or node.line:
            return None
        derived = [cause for cause in node.causes if cause.fact is None]
        if len(derived) != 1 or derived[0].line:
            return None
        (fact,) = (cause for cause in node.causes if cause.fact is not None)
        return derived[0], fact

    def _clause(self, node: Node, beside: Node | None = None) -> str:
        """Return a fact or a conclusion as a clause; `beside` is what it is written with, so that it says no more."""
        if node.fact is None:
            return self._wording.conclusion(node.terms)
        return self._wording.fact(node.terms, node.fact, beside.terms if beside else {})

    def _both(self, one: Node, other: Node) -> str:
        if one.fact is None or other.fact is None:
            return f"{self._clause(one)} and {self._clause(other)}"
        return self._wording.both(one.terms, one.fact, other.terms, other.fact)

    def _cited(self, node: Node) -> str:
        return f"{self._clause(node)} ({node.line})"

    def _write(self, node: Node, because: str, *, is_numbered: bool) -> None:
        conclusion = self._wording.conclusion(node.terms)
        text = f"together, {conclusion}" if because == "together" else f"{because}, {conclusion}"
        self._lines.append(_sentence(text))
        if is_numbered:
            node.line = max(self._numbers, default=0) + 1
        self._numbers.append(node.line)


def _is_short(node: Node) -> bool:
    return all(cause.fact is not None for cause in node.causes)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shortened(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    hidden = len(lines) - _MOST_LINES
    return (*lines[:_SHOWN_FIRST], f"… and {hidden} more steps", *lines[_SHOWN_FIRST + hidden :])
