"""What an audit found, as text, JSON and SARIF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.index.advisories import Advisory
    from lockenv.operations.audit import Report, VulnerableRelease


def show(found: Report, console: Console, *, hint: str = "", is_planned: bool = False) -> None:
    """Report to a person; of a lock that was not written, what `is_planned`."""
    left = " would remain" if is_planned else ""
    for one in found.needless:
        console.note(f"{one.id} is ignored, but affects no locked package [{one.origin}]")
    for vulnerable in found.borne:
        if vulnerable.ignored:
            why = f"ignored until {vulnerable.ignored.until}: {vulnerable.ignored.reason}"
            console.note(f"{vulnerable.release.name} {vulnerable.release.version} has {vulnerable.advisory.id}, {why}")
    if found.known.days:
        console.note(f"vulnerability data of the cache, {days(found.known.days)}")
    if found.known.unknown:
        names = ", ".join(f"{one.name} {one.version}" for one in found.known.unknown)
        console.warn(f"no vulnerability data for {names}")
    if not found.counted:
        console.say(f"no known vulnerabilities{left} in {counted(found.count, 'package')}")
        return
    names_of = {(one.release.name, one.release.version) for one in found.counted}
    lines = [(one.sentence, found.lock.place(one.release.position, "version")) for one in found.counted]
    number = counted(len(found.counted), "known vulnerability", "known vulnerabilities")
    console.answer_no(f"{number}{left} in {len(names_of)} of {counted(found.count, 'package')}", lines, hint=hint)


def days(asked: Sequence[str]) -> str:
    """Return when servers were asked, of the days on which they were, which are sorted."""
    return f"of {asked[0]}" if asked[0] == asked[-1] else f"of {asked[0]} to {asked[-1]}"


def as_json(found: Report) -> dict[str, Any]:
    """Return the report for a program; its `schema` is raised when its keys change."""
    return {
        "schema": 1,
        "packages": found.count,
        "vulnerabilities": [_table(one, found) for one in found.counted],
        "ignored": [
            {**_table(one, found), "reason": one.ignored.reason, "until": one.ignored.until}
            for one in found.borne
            if one.ignored
        ],
        "unknown": [f"{one.name}=={one.version}" for one in found.known.unknown],
    }


def as_sarif(*reports: Report) -> dict[str, Any]:
    """Return the reports on some locks as SARIF 2.1.0 (OASIS), in which what is ignored is suppressed."""
    every = [(one, found) for found in reports for one in (*found.counted, *found.borne)]
    rules = {one.advisory.id: _rule(one.advisory) for one, _ in every}
    driver = {"name": "lockenv", "rules": [rules[name] for name in sorted(rules)]}
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(*each) for each in every]}],
    }


def _rule(advisory: Advisory) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": advisory.id, "shortDescription": {"text": advisory.summary or advisory.id}}
    return {**rule, "helpUri": advisory.url} if advisory.url else rule


def _result(one: VulnerableRelease, found: Report) -> dict[str, Any]:
    line = found.lock.place(one.release.position, "version").line
    place: dict[str, Any] = {"artifactLocation": {"uri": found.lock.file.replace("\\", "/")}}
    if line:
        place["region"] = {"startLine": line}
    result: dict[str, Any] = {
        "ruleId": one.advisory.id,
        "level": "error",
        "message": {"text": one.sentence},
        "locations": [{"physicalLocation": place}],
    }
    if one.ignored:
        result["suppressions"] = [{"kind": "external", "justification": one.ignored.reason}]
    return result


def _table(one: VulnerableRelease, found: Report) -> dict[str, Any]:
    advisory = one.advisory
    return {
        "name": one.release.name,
        "version": one.release.version,
        "id": advisory.id,
        "aliases": list(advisory.aliases),
        "summary": advisory.summary,
        "fixed": list(advisory.fixed),
        "url": advisory.url,
        "file": found.lock.file,
        "line": found.lock.place(one.release.position, "version").line,
    }
