"""Judge the licenses that a lock records by what a project accepts.

Pure: a Lock, a LicensePolicy and today's date go in; a verdict for each package comes out, and findings with the chain
of requirements that brings what is not accepted. Directories are not judged: they are the project's own sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from lockenv.lockfile.chains import brought_by
from lockenv.lockfile.graph import graph
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.license_terms import (
    canonical_or_none,
    is_known_text,
    is_met,
    is_vague,
    meanings,
    parsed,
    singles,
)
from lockenv.vocabulary.licenses import CLASSIFIED, LicensePolicy, StatedLicense
from lockenv.vocabulary.pep440 import contains

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.lockfile.graph import Graph
    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.license_terms import Tree
    from lockenv.vocabulary.licenses import LicenseException
    from lockenv.vocabulary.manifest import Manifest

Verdict = Literal["accepted", "denied", "unknown"]
EVERYTHING: Final = LicensePolicy()
"""The policy that accepts every license."""
HINT: Final = (
    "replace the package, or accept the license under [tool.lockenv.licenses]: in `allow`, or for this package in "
    "`exceptions`, with a reason and an end date"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseDecision:
    """The license of one locked package, and whether the project accepts it."""

    position: int
    """The place of the package in the lock."""
    stated: StatedLicense
    license: str
    """What was judged: an SPDX expression where there is one, else classifiers or a text; empty for nothing."""
    verdict: Verdict
    reason: str = ""
    """A clause about the package, where it is not accepted."""
    exception: LicenseException | None = None
    """What the project says itself of this package, where that counts today."""
    is_error: bool = False
    """Whether `check` answers no."""
    expression: str = ""
    """What the license surely means, as an SPDX expression; empty where that is not known."""


def recorded(package: LockEntry) -> StatedLicense:
    """Return what the metadata of a package says of its license, as far as the lock records it."""
    mine = package.own
    classifiers = mine.get("license-classifiers")
    return StatedLicense(
        expression=str(mine.get("license", "")),
        classifiers=tuple(map(str, classifiers)) if isinstance(classifiers, list) else (),
        text=str(mine.get("license-text", "")),
    )


def judged(lock: Lock, policy: LicensePolicy, today: str) -> tuple[LicenseDecision, ...]:
    """Return a verdict on each package that is not a directory, in the order of the lock; `today` is `2026-12-31`."""
    trees: dict[StatedLicense, Tree | None] = {}
    found = []
    for position, package in enumerate(lock.packages):
        if package.kind == "directory":
            continue
        stated = recorded(package)
        if stated not in trees:
            trees[stated] = tree_of(stated)
        found.append(_judged(position, package, stated, trees[stated], policy, today))
    return tuple(found)


def findings(lock: Lock, policy: LicensePolicy, manifest: Manifest | None, today: str) -> list[Finding]:
    """Return what of `lock` has a license that `policy` does not accept, in the order of the lock.

    A license that is not known is an error where only some are allowed, else a warning.
    """
    refused = [one for one in judged(lock, policy, today) if one.verdict != "accepted"]
    whole = graph(lock, manifest) if refused else None
    return [_finding(one, lock, policy, whole, today) for one in refused]


def tree_of(stated: StatedLicense) -> Tree | None:
    """Return what has to be accepted for a license; None where it is not known.

    Several classifiers, and a text beside them that they do not mean, have to be accepted all: nothing says that one of
    them may be chosen.
    """
    if stated.expression:
        expression = canonical_or_none(stated.expression)
        return None if expression is None else parsed(expression)
    named = [one for one in stated.classifiers if not is_vague(one)]
    text = expression_in(stated.text)
    parts: list[Tree] = []
    if text:
        parts.append(parsed(text))
        bare = {one.partition(" WITH ")[0] for one in singles(parts[0])}
        named = [one for one in named if bare.isdisjoint(meanings(one))]
    elif not named and is_known_text(stated.text):
        parts.append(stated.text)
    parts += named
    return None if not parts else parts[0] if len(parts) == 1 else ("AND", tuple(parts))


def _sure(tree: Tree) -> str:
    means = {single: meanings(single) for single in singles(tree)}
    if any(len(ids) > 1 or canonical_or_none(ids[0]) is None for ids in means.values()):
        return ""
    return text_of(_replaced(tree, {single: ids[0] for single, ids in means.items()}))


def _replaced(tree: Tree, ids: Mapping[str, str]) -> Tree:
    if isinstance(tree, str):
        return ids[tree]
    return tree[0], tuple(_replaced(part, ids) for part in tree[1])


def expression_in(text: str) -> str:
    """Return the expression that a License field is, or surely means; empty for none."""
    found = canonical_or_none(text) if text else None
    if found is None and is_known_text(text) and len(meanings(text)) == 1:
        return meanings(text)[0]
    return found or ""


def text_of(tree: Tree) -> str:
    """Return the license to be accepted as text, a classifier in its short form."""
    if isinstance(tree, str):
        return tree.removeprefix(CLASSIFIED).removeprefix("OSI Approved :: ")
    word, parts = tree
    return f" {word} ".join(
        f"({text_of(part)})" if not isinstance(part, str) and part[0] != word else text_of(part) for part in parts
    )


class _Acceptance:
    """Which single licenses a policy accepts of one package."""

    def __init__(self, policy: LicensePolicy, own: Sequence[str]) -> None:
        self._own, self._allow, self._deny = own, policy.allow, policy.deny

    def accepts(self, single: str) -> bool:
        """Return whether a license, perhaps with an exception, or what a classifier can mean, is accepted."""
        if single in self._own:
            return True
        if single in self._deny or single in self._allow:
            return single not in self._deny
        known = meanings(single)
        if known != (single,):
            return all(map(self.accepts, known))
        base = _base(single)
        if base != single:
            return self.accepts(base)
        if _begins(single, self._deny):
            return False
        return not self._allow or _begins(single, (*self._allow, *self._own))

    def why_not(self, single: str) -> str:
        """Return what is wrong with a license that is not accepted, a clause."""
        known = meanings(single)
        if known != (single,) and single not in self._deny:
            bad = next(one for one in known if not self.accepts(one))
            if len(known) == 1:
                return f"which means {bad}, {_which(self.why_not(bad), bad)}"
            return f"which can mean {' or '.join(known)}, and {self.why_not(bad)}"
        return f"{text_of(single)} is {'denied' if self._denies(single) else 'not allowed'}"

    def _denies(self, single: str) -> bool:
        if single in self._deny or _begins(single, self._deny):
            return True
        return _base(single) != single and self._denies(_base(single))


def _base(single: str) -> str:
    """Return the license that is at least offered with `single`: without its exception, and without later versions."""
    if " WITH " in single:
        return single.partition(" WITH ")[0]
    if single.startswith(CLASSIFIED):
        return single
    if single.endswith("-or-later"):
        return f"{single.removesuffix('-or-later')}-only"
    return single.removesuffix("+")


def _begins(single: str, entries: Sequence[str]) -> bool:
    return any(entry.endswith("*") and single.startswith(entry[:-1]) for entry in entries)


def _judged(
    position: int, package: LockEntry, stated: StatedLicense, tree: Tree | None, policy: LicensePolicy, today: str
) -> LicenseDecision:
    exception = next((one for one in policy.packages if today < one.until and _is_about(one, package)), None)
    if exception is not None and exception.license:
        tree = parsed(exception.license)
    verdict: Verdict = "accepted"
    reason, shown = "", stated.named
    if tree is None:
        verdict = "unknown"
        reason = f"names its license `{shown}`, which is no SPDX expression" if shown else "names no license"
    else:
        shown = text_of(tree)
        own = _Acceptance(policy, exception.allow if exception is not None else ())
        if not is_met(tree, own.accepts):
            verdict = "denied"
            bad = next(one for one in singles(tree) if not own.accepts(one))
            why = own.why_not(bad)
            reason = f"is licensed under {shown}, {why if why.startswith('which') else _which(why, shown)}"
    return LicenseDecision(
        position=position,
        stated=stated,
        license=shown,
        verdict=verdict,
        reason=reason,
        exception=exception,
        is_error=verdict == "denied" or (verdict == "unknown" and bool(policy.allow)),
        expression=_sure(tree) if tree is not None else "",
    )


def _which(why: str, shown: str) -> str:
    name, _, verdict = why.rpartition(" is ")
    return f"which is {verdict}" if name == shown else f"and {why}"


def _is_about(one: LicenseException, package: LockEntry) -> bool:
    if one.name != package.name:
        return False
    return not one.specifier or (bool(package.locked_version) and contains(one.specifier, package.locked_version))


def _finding(one: LicenseDecision, lock: Lock, policy: LicensePolicy, whole: Graph | None, today: str) -> Finding:
    package = lock.packages[one.position]
    ended = next((each for each in policy.packages if each.until <= today and _is_about(each, package)), None)
    tail = f"; its exception ended on {ended.until}" if ended is not None else ""
    return Finding(
        rule="license" if one.verdict == "denied" else "license-unknown",
        level="error" if one.is_error else "warning",
        sentence=f"{package.title} {one.reason}{tail}{brought_by(whole, one.position) if whole is not None else ''}",
        origin=lock.place(one.position, "name"),
        hint=HINT,
    )
