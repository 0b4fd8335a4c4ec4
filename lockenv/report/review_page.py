"""The page that a reviewer reads, prints and signs: one HTML file, without scripts, which asks no server for anything.

In: a Review. Out: HTML, the same for the same values. What comes from a lock or a server is text in it and never
markup; a policy in the page lets in its own style and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.report import lock_diff
from lockenv.report.page import asset, content_source, escaped
from lockenv.report.review import LEVELS, audited, files, summary, unknown, uploaded
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.printable import counted, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lockenv.operations.audit import VulnerableRelease
    from lockenv.operations.comparison import LockComparison
    from lockenv.operations.review import Review, ReviewedRelease

_SLOT = lazy_pattern(r"\{(title|facts|sections|style|style-hash)\}")
_WEB = ("https://", "http://")
"""How URLs begin that a page may link to: no other kind is a place to go."""
_UNKNOWN = '<span class="unknown">unknown</span>'


def page(found: Review) -> str:
    """Return the page of a review."""
    style = asset("review.css")
    parts = {
        "title": _text(f"Review of {found.lock_name} of {found.title}"),
        "facts": _facts(found),
        "sections": "\n".join(_sections(found)),
        "style": style,
        "style-hash": content_source(style),
    }
    return _SLOT.sub(lambda slot: parts[slot[1]], asset("review.html"))


def _facts(found: Review) -> str:
    since = found.compared.name if found.compared else ""
    pairs = (
        ("Lockfile", _text(found.lock_name)),
        ("SHA-256", f'<span class="hash">{found.sha256}</span>'),
        ("Result", _text(summary(found))),
        ("As of", found.day),
        ("Vulnerabilities", f"as known on {audited(found)}" if audited(found) else _UNKNOWN),
        ("Python", _text(found.requires_python)),
        ("Environments", _text("; ".join(found.environments))),
        ("Compared with", _text(since)),
    )
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in pairs if value)}</dl>"


def _sections(found: Review) -> Iterator[str]:
    yield _section("findings", "Findings", _concerns(found))
    if missing := unknown(found):
        yield _section("unknown", "Not known", f"<ul>{''.join(f'<li>{_with_code(one)}</li>' for one in missing)}</ul>")
    if found.compared is not None:
        yield _section("changes", f"Changes since {found.compared.name}", _changes(found.compared))
    yield _section("packages", "Packages", _packages(found))
    yield _section("publishers", "Publishers", _grouped(found, "publisher", _publishers))
    yield _section("licenses", "Licenses", _grouped(found, "license", lambda one: (one.license,)))
    if vulnerable := [one for release in found.releases for one in release.known.vulnerabilities]:
        yield _section("vulnerabilities", "Known vulnerabilities", _vulnerabilities(vulnerable))
    lines = "".join(f"<dt>{each}</dt><dd></dd>" for each in ("Reviewed by", "Date", "Decision", "Signature"))
    about = f'of the lockfile with the SHA-256 <span class="hash">{found.sha256}</span>'
    yield _section("sign", "Decision", f"<p>{about}</p><dl>{lines}</dl>")


def _concerns(found: Review) -> str:
    if not found.concerns:
        return '<p class="good">No findings.</p>'
    rows = (
        (
            f'<span class="level {one.level}">{LEVELS[one.level]}</span>',
            _text(one.package or "the lockfile"),
            _text(one.text),
        )
        for one in found.concerns
    )
    return _table(("level", "package", "what"), rows, heading=1)


def _changes(compared: LockComparison) -> str:
    items = [_text(lock_diff.setting_line(one)) for one in compared.settings]
    items += [
        f"<code>{sign}</code> {_text(sentence)}"
        for change in lock_diff.gravest_first(compared.changes)
        for sign, sentence in lock_diff.lines(change)
    ]
    heading = f"<p>{_text(lock_diff.summary(compared.changes, compared.settings))}</p>"
    return f"{heading}<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>" if items else heading


def _packages(found: Review) -> str:
    headings = ("package", "required by", "publisher", "uploaded", "license", "known", "files")
    return _table(headings, map(_row, found.releases))


def _row(one: ReviewedRelease) -> Sequence[str]:
    name = _text(one.title)
    marker = f"<br><small>where {_text(one.marker)}</small>" if one.marker else ""
    source = f"<br><small>{_text(one.source)}</small>" if one.is_direct else ""
    change = f'<br><small class="{"bad" if one.change == "different content" else "warning"}">{one.change}</small>'
    return (
        name + marker + source + (change if one.change else ""),
        _text(", ".join(one.required_by)),
        "<br>".join(map(_text, one.publishers)) or _UNKNOWN,
        _text(uploaded(one)) or _UNKNOWN,
        (_text(one.license) or _UNKNOWN)
        + (f'<br><span class="bad">{_text(one.license_reason)}</span>' if one.license_reason else ""),
        _known(one),
        _text(files(one)),
    )


def _known(one: ReviewedRelease) -> str:
    counted_ones = [each for each in one.known.vulnerabilities if not each.ignored]
    parts = (
        [f'<span class="bad">{counted(len(counted_ones), "vulnerability", "vulnerabilities")}</span>']
        if counted_ones
        else []
    )
    if one.yanked is not None:
        parts.append('<span class="bad">yanked</span>')
    if one.known.newer:
        parts.append(f"newer: {_text(one.known.newer)}")
    if not counted_ones:
        parts.insert(0, "no vulnerability" if one.known.audited else _UNKNOWN)
    return "<br>".join(parts)


def _publishers(one: ReviewedRelease) -> Sequence[str]:
    return one.publishers or ("",)


def _grouped(found: Review, what: str, names: Callable[[ReviewedRelease], Sequence[str]]) -> str:
    """Return a table of the packages that have the same names, the most frequent first, the unknown last."""
    groups: dict[str, list[str]] = {}
    for one in found.releases:
        for name in names(one):
            groups.setdefault(name, []).append(one.title)
    rows = (
        (_text(name) or _UNKNOWN, str(len(groups[name])), _text(", ".join(groups[name])))
        for name in sorted(groups, key=lambda name: (not name, -len(groups[name]), name))
    )
    return _table((what, "count", "packages"), rows)


def _vulnerabilities(found: Iterable[VulnerableRelease]) -> str:
    rows = (
        (
            _link(one.advisory.id, one.advisory.url),
            _text(f"{one.release.name} {one.release.version}"),
            _text(one.advisory.summary),
            _text(", ".join(one.advisory.fixed)) or "no fixed version is known",
            _text(f"ignored until {one.ignored.until}: {one.ignored.reason}") if one.ignored else "",
        )
        for one in found
    )
    return _table(("id", "package", "summary", "fixed in", "accepted"), rows)


def _section(name: str, title: str, content: str) -> str:
    heading = f'<h2 id="{name}-title">{_text(title)}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">{heading}{content}</section>'


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], heading: int = 0) -> str:
    """Return a table of cells that are HTML; the cell numbered `heading` names its row."""
    head = "".join(f'<th scope="col">{each}</th>' for each in headings)
    lines = (
        "".join(
            f'<th scope="row">{cell}</th>' if number == heading else f"<td>{cell}</td>"
            for number, cell in enumerate(row)
        )
        for row in rows
    )
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'
    )


def _link(text: str, url: str) -> str:
    return f'<a href="{escaped(url)}">{_text(text)}</a>' if url.startswith(_WEB) and url.isprintable() else _text(text)


def _with_code(text: str) -> str:
    """Return `text`, in which a command is between backquotes."""
    parts = _text(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def _text(text: str) -> str:
    return escaped(printable(text))
