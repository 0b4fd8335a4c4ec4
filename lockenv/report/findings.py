"""Tell the findings on a lock: to a person, as JSON, as annotations, as SARIF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv import __version__
from lockenv.lockfile.verdicts import Fresh, Loosened, Stale, Unknown
from lockenv.report.annotations import workflow_commands
from lockenv.report.sarif import sarif
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.errors import LockenvError
    from lockenv.lockfile.verdicts import Freshness

SCHEMA = 1
"""Of the JSON; raised when a key changes its meaning or goes."""
RULES = {
    "stale": "the project declares something that the lock does not answer",
    "changed": "the project declares something else than when it was locked, and the lock satisfies it still",
    "unknown": "the lock does not record what it was made from",
    "unreadable": "the lock, or what it is compared with, is missing or not well-formed",
    "unanswered": "the index could not be asked, or the system refused",
    "altered": "the lock does not say what lockenv wrote: its digest does not match",
    "unsound": "the lock is no sound closure of what the project requires",
    "source": "a package comes from elsewhere than the project says",
    "edge": "a package records other dependencies than its requirements make",
    "no-file": "a package has no file for an environment that must have one",
    "not-covered": "the lock leaves out environments that the project declares",
    "build-tools": "what builds need is not locked, or was changed",
    "host": "a file comes from a host that allowed-hosts does not name",
    "other-bytes": "a file has another hash or size than in the lock",
    "gone": "the index, the server or the repository has something that is locked no more",
    "moved": "a branch or a tag is of another commit than when it was locked",
    "elsewhere": "the index has a file at another URL than the lock",
    "metadata": "the index tells other requirements of a release than the lock",
    "yanked": "the publisher has withdrawn a locked release",
    "quarantined": "the index holds a project to be unsafe",
    "archived": "a project is not maintained any more",
    "accepted": "accept-faults lets the wheels of a locked project break rules",
    "stated": "dependency-metadata states what a locked release requires, in place of its files",
    "unasked": "no index that the project declares can tell of a package",
}
_TITLES = {
    "stale": "{} is stale",
    "changed": "{} still satisfies the requirements, though they changed",
    "altered": "{} was changed",
    "unsound": "{} is not sound",
    "edge": "{} is not sound",
    "source": "{} is not sound",
    "no-file": "{} lacks files",
    "not-covered": "{} does not cover everything that is declared",
    "accepted": "{} has projects whose wheels may have faults",
    "stated": "{} has releases whose metadata the project states",
    "moved": "what {} was locked from has moved",
    "host": "{} names hosts that are not allowed",
    "build-tools": "what builds need is not locked with {}",
}
_OTHER = "the files of {} are not as the index has them"


def tell(found: Sequence[Finding], name: str, console: Console) -> None:
    """Tell a person, what belongs together under one head."""
    for finding in found:
        if finding.rule == "unknown":
            console.note(finding.sentence)
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in found:
        if finding.rule != "unknown":
            title = _TITLES.get(finding.rule, _OTHER)
            groups.setdefault((finding.level, title, finding.mend), []).append(finding)
    stale = any(finding.rule == "stale" for finding in found)
    for (level, title, mend), some in groups.items():
        head = title.format(name)
        lines = [(each.sentence, each.origin) for each in some]
        if level == "error":
            console.answer_no(head, lines, mend)
        elif level == "warning":
            console.warn(head, *(f"  {_placed(each)}" for each in some))
        elif stale and some[0].rule == "changed":
            console.say(*(f"  {_placed(each)} (still satisfied)" for each in some))
        else:
            console.say(f"{head}:", *(f"  {_placed(each)}" for each in some))


def show(
    found: Sequence[Finding], form: str, settings: Settings, console: Console, freshness: Freshness | None = None
) -> None:
    """Give data in one of the formats `json`, `github` and `sarif`."""
    import os

    root = settings.environ.get("GITHUB_WORKSPACE", "")
    if form == "json":
        console.json(_report(found, freshness))
    elif form == "github":
        console.data(workflow_commands(found, directory=os.getcwd(), root=root))
    else:
        console.json(sarif(found, RULES, version=__version__, directory=os.getcwd(), root=root))


def unanswered(error: LockenvError, name: str) -> Finding:
    """Give the finding for why there is no answer."""
    is_input = error.kind == "input"
    origin = error.origin or (Origin(file=name) if is_input else None)
    return Finding(
        rule="unreadable" if is_input else "unanswered",
        level="error",
        sentence=error.message,
        origin=origin,
        mend=error.hint,
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
                "mend": each.mend,
                "file": each.origin.file if each.origin else None,
                "line": each.origin.line or None if each.origin else None,
                "column": each.origin.column or None if each.origin else None,
                "key": each.origin.key if each.origin else "",
            }
            for each in found
        ],
    }


def _placed(finding: Finding) -> str:
    return f"{finding.sentence} [{finding.origin}]" if finding.origin else finding.sentence
