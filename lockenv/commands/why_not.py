"""`lockenv why-not NAME==V`: what keeps a version out of the lock.

From the lock alone where a requirement in it speaks against the version; else by a resolution with the pin added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockenv.errors import ExitCode, UsageError
from lockenv.lockfile.declared import limits
from lockenv.lockfile.exclusions import Objection, objections
from lockenv.operations import load, locked_graph
from lockenv.report import explanation, outcome
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.pep440 import is_same_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.locked_graph import Locked
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Resolution, Unsolvable


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv why-not` was asked."""

    pin: str
    resolve: bool
    json: bool
    lockfile: str
    requirements: list[str]


class _Pin(NamedTuple):
    name: NormalizedName
    version: str


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Tell what speaks against a version; that it is locked, or could be, is a yes."""
    pin = _pin(options.pin)
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    nodes = found.graph.named(pin.name)
    if not nodes:
        hint = locked_graph.resembling(pin.name, found.graph)
        return _no(options, pin, "not-required", f"nothing in {found.lock.file} requires {pin.name}", (), hint, console)
    if all(is_same_version(node.version, pin.version) for node in nodes):
        if options.json:
            console.json(_report(pin, "locked", ()))
        console.say(f"{found.lock.file} has {pin.name} {pin.version}")
        return ExitCode.YES
    against = objections(found.graph, limits(found.lock, found.manifest), pin.name, pin.version)
    if against and not options.resolve:
        count = "a requirement" if len(against) == 1 else f"{len(against)} requirements"
        says = f"{pin.name} {pin.version} is excluded by {count}"
        return _no(options, pin, "excluded", says, against, _hint(pin, against), console)
    return _resolved(options, pin, found, settings, console)


def _pin(text: str) -> _Pin:
    from lockenv.vocabulary.requirement import parse

    try:
        requirement = parse(text)
    except ValueError as error:
        raise UsageError(f"{text}: {str(error).splitlines()[0]}", hint="write NAME==V") from error
    version = requirement.specifier.removeprefix("==")
    if requirement.specifier[:2] != "==" or any(mark in version for mark in ",*=") or requirement.marker:
        raise UsageError(f"{text} is not one version of one package", hint="write NAME==V")
    return _Pin(requirement.name, version)


def _hint(pin: _Pin, against: Sequence[Objection]) -> str:
    if any(not each.package for each in against):
        return "change what the project says, and lock again"
    names = sorted({each.package.partition(" ")[0] for each in against})
    some = " and ".join(names) if len(names) < 4 else "these packages"
    return f"`lockenv why-not {pin.name}=={pin.version} --resolve` asks whether other versions of {some} allow it"


def _no(
    options: Options,
    pin: _Pin,
    answer: str,
    says: str,
    against: Sequence[Objection],
    hint: str,
    console: Console,
) -> ExitCode:
    if options.json:
        console.json(_report(pin, answer, against))
    reasons = [(each.sentence, each.origins[0] if each.origins else None) for each in against]
    console.answer_no(says, reasons, hint=hint)
    return ExitCode.NO


def _resolved(options: Options, pin: _Pin, found: Locked, settings: Settings, console: Console) -> ExitCode:
    """Ask for a resolution that has the version."""
    from lockenv.vocabulary.pin import Resolution, Unsolvable

    answer = _answer(pin, found, settings, console)
    if isinstance(answer, str):
        says = f"no index has {pin.name} {pin.version}"
        return _no(options, pin, "no-release", says, (Objection(sentence=answer),), "", console)
    if not isinstance(answer, Resolution):
        if options.json:
            says = "unsolvable" if isinstance(answer, Unsolvable) else "needs-build"
            console.json({**_report(pin, says, ()), **explanation.refusal(answer)})
        return outcome.tell_refusal(answer, console)
    changes = _changes(found, answer)
    if options.json:
        console.json({**_report(pin, "possible", ()), "changes": [" ".join(change) for change in changes]})
    console.say(f"nothing speaks against {pin.name} {pin.version}; with it the lock would change:")
    for sign, text in changes:
        console.change(sign, text)
    console.say(f"run `lockenv lock -P {pin.name}=={pin.version}` to lock it")
    return ExitCode.YES


def _answer(
    pin: _Pin, found: Locked, settings: Settings, console: Console
) -> Resolution | Unsolvable | NeedsPermission | str:
    """Give what the resolver says to the version, or a sentence on what there is instead of it."""
    from lockenv.lockfile.cutoffs import settled
    from lockenv.operations.what_if import asking
    from lockenv.vocabulary.direct import shown

    manifest = settled(found.manifest or load.manifest(found.project, settings, found.lock), found.lock)
    direct = manifest.direct.get(pin.name)
    if direct is not None:
        return f"{pin.name} comes from {shown(direct.direct)}"
    with asking(found.project, manifest, found.lock, settings, console) as inquiry:
        releases = inquiry.index.releases(pin.name)
        versions = releases.versions if releases else ()
        if not any(is_same_version(pin.version, version) for version in versions):
            return _instead(pin, versions, manifest.policy.cutoff_of(pin.name))
        return inquiry.solve({pin.name: f"=={pin.version}"})


def _instead(pin: _Pin, versions: Sequence[str], cutoff: str) -> str:
    known = f"the newest release of it is {versions[0]}" if versions else f"no index has any release of {pin.name}"
    return f"{known}, and what was uploaded since {cutoff} does not count" if cutoff else known


def _changes(found: Locked, answer: Resolution) -> list[tuple[str, str]]:
    """Give each name whose versions would change, by name."""
    old: dict[str, list[str]] = {}
    new: dict[str, list[str]] = {}
    for node in found.graph.nodes:
        old.setdefault(node.name, []).append(node.version)
    for one in answer.pins:
        new.setdefault(one.name, []).append(one.version)
    changes = []
    for name in sorted({*old, *new}):
        before, after = ", ".join(sorted({*old.get(name, ())})), ", ".join(sorted({*new.get(name, ())}))
        if not before:
            changes.append(("+", f"{name} {after}"))
        elif not after:
            changes.append(("-", f"{name} {before}"))
        elif before != after:
            changes.append(("~", f"{name} {before} → {after}"))
    return changes


def _report(pin: _Pin, answer: str, against: Sequence[Objection]) -> dict[str, object]:
    return {
        "schema": 1,
        "name": pin.name,
        "version": pin.version,
        "answer": answer,
        "excluded_by": [
            {
                "package": each.package or None,
                "requirement": each.requirement or None,
                "sentence": each.sentence,
                "written": explanation.places(each.origins),
            }
            for each in against
        ],
    }
