"""Report what a reviewer asks of a lock, as Markdown for a pull request and as JSON. Never: judging, printing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.report import lock_diff
from lockenv.report.markdown import code, escaped, table
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.operations.review import Concern, Level, Review, ReviewedRelease

SCHEMA = 1
"""Of the JSON; raised when a key changes its meaning or goes."""
LEVELS: dict[Level, str] = {"error": "problem", "warning": "to check", "note": "note"}
"""How people read the levels."""


def summary(found: Review) -> str:
    """Return what there is to look at, in one line."""
    count = {level: sum(one.level == level for one in found.concerns) for level in LEVELS}
    parts = (
        counted(count["error"], "problem") if count["error"] else "",
        f"{count['warning']} to check" if count["warning"] else "",
        counted(count["note"], "note") if count["note"] else "",
    )
    text = ", ".join(filter(None, parts))
    return f"{counted(len(found.releases), 'package')}, {text or 'no findings'}"


def unknown(found: Review) -> list[str]:
    """Return sentences on what is not known, and what makes it known; empty where everything is."""
    indexed = [one for one in found.releases if not one.is_direct]
    parts = [
        (sum(not one.known.audited for one in indexed), "vulnerabilities", "`lockenv audit` asks for them"),
        (sum(not one.uploaded[0] for one in indexed), "upload time", "the index does not state it"),
        (sum(not one.publishers for one in indexed), "publisher", "the lockfile names none"),
        (sum(not one.license for one in indexed), "license", "neither the lockfile nor the cache has it"),
    ]
    sentences = [
        f"{what} of {count} of {counted(len(indexed), 'package')}: {why}" for count, what, why in parts if count
    ]
    if not found.knows_startup_code:
        sentences.append("code that runs whenever Python starts: the lockfile records it with `deny-startup-code`")
    return sentences


def audited(found: Review) -> str:
    """Return the earliest day on which vulnerabilities were asked for, of the releases that have one."""
    return min((one.known.audited for one in found.releases if one.known.audited), default="")


def uploaded(one: ReviewedRelease) -> str:
    """Return since when a release is there, and its age."""
    first, last = one.uploaded
    if not first:
        return ""
    age = f" ({counted(one.age, 'day')})" if one.age is not None else ""
    return f"{last}{age}" if first == last else f"{first} to {last}{age}"


def files(one: ReviewedRelease) -> str:
    """Return what is installed: wheels, a build, or sources."""
    if one.is_direct:
        return "sources" if one.must_be_built else "archive"
    if one.must_be_built:
        return "sdist alone: is built"
    text = counted(one.wheels, "wheel") + (", sdist" if one.has_sdist else "")
    gaps = [(one.built_on, "built on"), (one.lacking, "no file for")]
    return "; ".join([text, *(f"{word} {', '.join(places)}" for places, word in gaps if places)])


def markdown(found: Review) -> str:
    """Return the report as GitHub-flavoured Markdown, what a reviewer must not overlook on top."""
    lines = [
        f"### Review of {code(found.lock_name)}: {summary(found)}",
        "",
        f"{escaped(found.title)}, as of {found.day}; sha256 {code(found.sha256)}; vulnerabilities "
        + (f"as known on {audited(found)}." if audited(found) else "were not asked for."),
        "",
    ]
    if found.concerns:
        rows = [(LEVELS[one.level], code(one.package), escaped(one.text)) for one in found.concerns]
        lines += [*table(("", "package", "what"), rows), ""]
    lines += [f"- Not known: {sentence}" for sentence in unknown(found)]
    lines += [""] if unknown(found) else []
    if found.compared is not None:
        one = found.compared
        lines += [lock_diff.markdown(one.changes, one.settings, f"changes since {one.name}").rstrip("\n"), ""]
    lines += ["<details><summary>All packages</summary>", "", *_packages(found), "", "</details>"]
    return "\n".join(lines) + "\n"


def _packages(found: Review) -> Iterator[str]:
    headings = ("package", "required by", "publisher", "uploaded", "license", "files")
    yield from table(
        headings,
        (
            (
                code(one.title) + (f" where {code(one.marker)}" if one.marker else ""),
                escaped(", ".join(one.required_by)),
                code("; ".join(one.publishers)),
                uploaded(one),
                escaped(one.license),
                escaped(files(one)),
            )
            for one in found.releases
        ),
    )


def as_json(found: Review) -> dict[str, object]:
    """Return everything as JSON values."""
    compared = found.compared
    return {
        "schema": SCHEMA,
        "lock": found.lock_name,
        "project": found.title,
        "sha256": found.sha256,
        "day": found.day,
        "requires_python": found.requires_python,
        "stale": found.is_stale,
        "environments": list(found.environments),
        "concerns": [_concern(one) for one in found.concerns],
        "unknown": unknown(found),
        "packages": [_release(one) for one in found.releases],
        "changes": lock_diff.report(compared.changes, compared.settings, compared.name, found.lock_name)
        if compared
        else None,
    }


def _concern(one: Concern) -> dict[str, object]:
    return {"level": one.level, "package": one.package, "text": one.text}


def _release(one: ReviewedRelease) -> dict[str, object]:
    return {
        "name": one.name,
        "version": one.version,
        "marker": one.marker,
        "source": one.source,
        "required_by": list(one.required_by),
        "publishers": list(one.publishers),
        "first_upload": one.uploaded[0],
        "last_upload": one.uploaded[1],
        "license": one.license,
        "license_refused": one.license_reason,
        "wheels": one.wheels,
        "sdist": one.has_sdist,
        "must_be_built": one.must_be_built,
        "built_on": list(one.built_on),
        "lacking": list(one.lacking),
        "startup_code": list(one.startup_code),
        "yanked": one.yanked,
        "newer": one.known.newer,
        "audited": one.known.audited,
        "vulnerabilities": [each.advisory.id for each in one.known.vulnerabilities],
        "change": one.change,
    }
