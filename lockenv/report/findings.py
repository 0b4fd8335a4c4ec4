"""Report the findings on a lock: to a person, as JSON, as annotations, as SARIF."""

from __future__ import annotations

from lockenv import __version__
from lockenv.lockfile.verdicts import Fresh, Loosened, Stale, Unknown
from lockenv.report.shortened import cut, first_of_each
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.late import late
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.printable import counted

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.errors import LockenvError, Place
    from lockenv.lockfile.verdicts import Freshness
    from lockenv.report import annotations as report_annotations
    from lockenv.report import sarif
else:
    report_annotations = late("lockenv.report.annotations")
    sarif = late("lockenv.report.sarif")


class LockFindings(NamedTuple):
    """What was found of one of several locks."""

    name: str
    """The lock as messages name it."""
    findings: Sequence[Finding]
    freshness: Freshness | None
    """None where there is no answer."""


SCHEMA = 1
"""Of the JSON; raised when a key changes its meaning or goes."""
RULES = {
    "stale": "the lockfile does not satisfy the project's declarations",
    "changed": "the project's declarations changed, but the lockfile still satisfies them",
    "unknown": "the lockfile does not record its inputs",
    "unreadable": "the lockfile, or a file it is compared with, is missing or malformed",
    "unanswered": "the index could not be reached, or the operating system reported an error",
    "altered": "the lockfile was changed since lockenv wrote it: its digest does not match",
    "unsound": "the lockfile is not a sound resolution of the project's requirements",
    "source": "a package does not come from the source that the project declares",
    "edge": "a package's locked dependencies disagree with its metadata",
    "no-file": "a package has no file for a required environment",
    "not-covered": "the lockfile does not cover a declared environment",
    "build-tools": "the build requirements are not locked, or were changed",
    "host": "a file comes from a host that is not in allowed-hosts",
    "malware": "a release is known to be malware",
    "vulnerable": "a release has a known vulnerability, or it is not known whether it has one",
    "license": "a package has a license that the project does not accept",
    "license-unknown": "the license of a package is not known",
    "publisher": "a package was not published by whom the project requires",
    "startup-code": "a package runs code whenever Python starts, and is not allowed to",
    "identity": "a package has lost its known publisher, or has another, since the release locked before",
    "other-bytes": "the hash or size of a file does not match the lockfile",
    "uploaded": "the index states another upload time of a file than the lockfile",
    "gone": "a locked file, release or commit no longer exists on the index, server or repository",
    "moved": "a branch or tag moved to another commit since it was locked",
    "elsewhere": "the index lists a file at a different URL than the lockfile",
    "metadata": "the requirements of a release on the index do not match the lockfile",
    "yanked": "the publisher has withdrawn a locked release",
    "quarantined": "a project is quarantined by the index",
    "archived": "a project is no longer maintained",
    "past-cutoff": "a release was uploaded after exclude-newer, and ends a vulnerability",
    "accepted": "accept-faults lets wheels of a locked project break rules",
    "stated": "dependency-metadata overrides the metadata of a locked release",
    "unasked": "a package is on none of the declared indexes",
}
_TITLES = {
    "stale": "{} is out of date",
    "changed": "{} still satisfies the requirements, which changed",
    "altered": "{} was changed",
    "unsound": "{} is not sound",
    "edge": "{} is not sound",
    "source": "{} is not sound",
    "no-file": "{} has packages without a required file",
    "not-covered": "{} does not cover every declared environment",
    "past-cutoff": "{} has packages uploaded after exclude-newer",
    "accepted": "{} has packages with accepted faults",
    "stated": "{} has packages with overridden metadata",
    "moved": "sources of {} have moved",
    "host": "{} uses hosts that are not allowed",
    "malware": "{} has malware",
    "vulnerable": "{} has known vulnerabilities",
    "license": "{} has packages with licenses that are not accepted",
    "license-unknown": "{} has packages whose license is not known",
    "build-tools": "the build requirements of {} are not locked",
    "publisher": "{} has packages of publishers that are not accepted",
    "startup-code": "{} has packages that run code whenever Python starts",
    "identity": "{} has packages with other publishers than before",
}
_OTHER = "{} does not match the index"


def list_findings(found: Sequence[Finding], name: str, console: Console) -> None:
    """Report to a person; related findings share one heading."""
    for finding in found:
        if finding.rule == "unknown":
            console.note(finding.sentence)
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in found:
        if finding.rule != "unknown":
            title = _TITLES.get(finding.rule, _OTHER)
            groups.setdefault((finding.level, title, finding.hint), []).append(finding)
    stale = any(finding.rule == "stale" for finding in found)
    for (level, title, hint), some in groups.items():
        head = title.format(name)
        lines = _lines(some)
        if level == "error":
            console.answer_no(head, lines, hint)
        elif level == "warning":
            console.warn(head, *(f"  {_placed(*line)}" for line in lines))
        elif stale and some[0].rule == "changed":
            console.say(*(f"  {_placed(*line)} (still satisfied)" for line in lines))
        else:
            console.say(f"{head}:", *(f"  {_placed(*line)}" for line in lines))


def list_warnings(found: Sequence[Finding], name: str, console: Console) -> None:
    """Report to a person what is no answer of this command, but of `check`: as warnings, with their hints."""
    for title, hint in dict.fromkeys((_TITLES.get(one.rule, _OTHER), one.hint) for one in found):
        some = [one for one in found if (_TITLES.get(one.rule, _OTHER), one.hint) == (title, hint)]
        tail = [f"  hint: {hint}"] if hint else []
        console.warn(title.format(name), *(f"  {_placed(*line)}" for line in _lines(some)), *tail)


def _lines(found: Sequence[Finding]) -> list[tuple[str, Place | None]]:
    """Return a line for each rule that a package breaks, with its place; further files of it are counted."""
    lines = [
        (f"{one.sentence} (and {counted(more, 'other file')})" if more else one.sentence, one.origin)
        for one, more in first_of_each(found, _kind, 1)
    ]
    return cut(lines, "lockenv check --json")


def _kind(found: Finding) -> object:
    """Return what the findings on the files of one package have in common; every other finding is its own kind."""
    entry, _, file = (found.origin.key if found.origin else "").partition("].")
    return (found.rule, entry) if entry.startswith("packages[") and file.startswith("wheels[") else found


def show(
    found: Sequence[Finding], form: str, settings: Settings, console: Console, freshness: Freshness | None = None
) -> None:
    """Print the findings in one of the formats `json`, `github` and `sarif`."""
    import os

    root = settings.environ.get("GITHUB_WORKSPACE", "")
    if form == "json":
        console.json(_report(found, freshness))
    elif form == "github":
        console.data(report_annotations.workflow_commands(found, directory=os.getcwd(), root=root))
    else:
        console.json(sarif.sarif(found, RULES, version=__version__, directory=os.getcwd(), root=root))


def show_locks(
    locks: Sequence[LockFindings], form: str, settings: Settings, console: Console, *, has_one: bool
) -> None:
    """Print what was found of each lock in one of the formats; the JSON of several has what belongs to which."""
    if has_one or form != "json":
        show([each for lock in locks for each in lock.findings], form, settings, console, locks[0].freshness)
        return
    reports = [{"lock": lock.name, **_report(lock.findings, lock.freshness)} for lock in locks]
    console.json({"schema": SCHEMA, "ok": all(each["ok"] for each in reports), "locks": reports})


def unanswered(error: LockenvError, name: str) -> Finding:
    """Return the finding for why there is no answer."""
    is_input = error.kind == "input"
    origin = error.origin or (Origin(file=name) if is_input else None)
    return Finding(
        rule="unreadable" if is_input else "unanswered",
        level="error",
        sentence=error.message,
        origin=origin,
        hint=error.hint,
    )


def _report(found: Sequence[Finding], freshness: Freshness | None) -> dict[str, object]:
    words = {Fresh: "fresh", Loosened: "satisfied", Stale: "stale", Unknown: "unknown"}
    return {
        "schema": SCHEMA,
        "ok": not any(each.level == "error" for each in found),
        "freshness": words.get(type(freshness), "unknown"),
        "findings": [
            {
                "rule": each.rule,
                "level": each.level,
                "message": each.sentence,
                "hint": each.hint,
                "file": each.origin.file if each.origin else None,
                "line": each.origin.line or None if each.origin else None,
                "column": each.origin.column or None if each.origin else None,
                "key": each.origin.key if each.origin else "",
            }
            for each in found
        ],
    }


def _placed(sentence: str, origin: Place | None) -> str:
    return f"{sentence} [{origin}]" if origin else sentence
