"""Report the changes between two locks: as lines, as Markdown for a pull request, as JSON.

Values of `lockfile.diff` go in, text and tables come out. Never: comparing, printing.
"""

from __future__ import annotations

from types import MappingProxyType

from lockenv.report.markdown import code, escaped, table
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from urllib import parse as urllib_parse

    from lockenv.console import tables
    from lockenv.console.tables import Figure, Parts, Style
    from lockenv.lockfile.diff import Change, MovedFile, Release, Setting
    from lockenv.operations.release_facts import ReleaseFacts
    from lockenv.report import release_age
    from lockenv.vocabulary.names import NormalizedName

    KnownFacts = Mapping[tuple[NormalizedName, str], ReleaseFacts]
else:
    release_age = late("lockenv.report.release_age")
    tables = late("lockenv.console.tables")
    urllib_parse = late("urllib.parse")

SCHEMA = 1
"""Of the JSON; raised when a key changes its meaning or goes."""
_STYLES: Mapping[str, Style] = {"+": "good", "-": "bad", "~": "fair", "!": "bad"}
_UNVERSIONED = "(no version)"
_AT_START = "runs code whenever Python starts"
_SHOUT = "HAS DIFFERENT CONTENT"


def lines(change: Change) -> list[tuple[str, str]]:
    """Return a sign (`+`, `-`, `~`, `!`) and a sentence for each thing that a change is; the gravest first."""
    name, old, new = change.name, change.old, change.new
    if old is None or new is None:
        only = old or new
        build = " (must be built)" if change.brings_a_build else ""
        found = [("-" if old else "+", f"{name} {_named(only)}{build}")] if only else []
        return [*found, *_startup(change)]
    found = _startup(change)
    release = f"{name} {new.version}".rstrip()
    if change.rehashed:
        found.append(("!", f"{release} {_SHOUT}: {', '.join(change.rehashed)}"))
    if change.other_publisher:
        found.append(("!", f"{release} {change.other_publisher}"))
    if (old.version, old.marker) != (new.version, new.marker):
        found.append(("~", f"{name} {_step(old, new)}"))
    if old.source != new.source:
        found.append(("~", f"{release} {_moved(old.source, new.source)}"))
    if change.brings_a_build:
        found.append(("~", f"{release} must now be built"))
    files = _files(change)
    return [*found, ("~", f"{release} files: {files}")] if files else found


def _startup(change: Change) -> list[tuple[str, str]]:
    files = change.new_startup_code
    version = change.new.version if change.new else ""
    return [("!", f"{change.name} {version} {_AT_START}: {', '.join(files)}")] if files else []


def setting_line(setting: Setting) -> str:
    """Return the sentence on a key of the whole lock."""
    if setting.key == "requires-python":
        was, now = ("".join(each) or "any" for each in (setting.lost, setting.gained))
        return f"requires-python {was} → {now}"
    found = [*(f"+ {each}" for each in setting.gained), *(f"- {each}" for each in setting.lost)]
    return f"{setting.key}: {', '.join(found)}"


def summary(changes: Sequence[Change], settings: Sequence[Setting]) -> str:
    """Return how many changes of each kind there are; `no changes` for none."""
    counts = [
        (sum(change.kind == "added" for change in changes), "added"),
        (sum(change.kind == "removed" for change in changes), "removed"),
        (sum(change.kind in ("changed", "different content") for change in changes), "changed"),
    ]
    found = [f"{count} {word}" for count, word in counts if count]
    if settings:
        found.append("different environments, extras or groups")
    return ", ".join(found) or "no changes"


def figures(changes: Sequence[Change], settings: Sequence[Setting], title: str) -> list[Figure]:
    """Return everything as lines for a terminal or a pipe."""
    found: list[Parts] = [((title, "name"), (f": {summary(changes, settings)}", "plain"))]
    found += [((f"  {setting_line(setting)}", "plain"),) for setting in settings]
    for change in gravest_first(changes):
        found += [((f"  {sign}", _STYLES[sign]), (f" {sentence}", "plain")) for sign, sentence in lines(change)]
    return [tables.Paragraph(parts=parts) for parts in found]


def markdown(
    changes: Sequence[Change],
    settings: Sequence[Setting],
    title: str,
    now: str = "",
    known: KnownFacts = MappingProxyType({}),
) -> str:
    """Return everything as GitHub-flavoured Markdown, what a reviewer must not overlook on top.

    Releases have their age at the moment `now`, and what is `known` of those of their project.
    """
    found = [f"### {code(title)}: {summary(changes, settings)}", ""]
    found += [*_alerts(changes), *_young(changes, now)]
    found += [f"- {code(setting_line(setting))}" for setting in settings] + ([""] if settings else [])
    if changes:
        rows = [_cells(change, now, known) for change in gravest_first(changes)]
        headings: Sequence[str] = ("package", "was", "is", "uploaded", "notes")
        if not any(row[3] for row in rows):  # no index says when
            headings, rows = (*headings[:3], headings[4]), [(*row[:3], row[4]) for row in rows]
        found += table(headings, rows)
    return "\n".join(found).rstrip("\n") + "\n"


def _alerts(changes: Sequence[Change]) -> list[str]:
    """Return what a reviewer must not overlook: other bytes, other publishers, code that runs at start, builds."""
    found: list[str] = []
    shouted = [change for change in changes if change.rehashed]
    if shouted:
        found.append("> [!CAUTION]")
        for change in shouted:
            files = ", ".join(map(code, change.rehashed))
            found.append(f"> **{_built(change)} {_SHOUT}**: {files}")
        found.append("")
    if strangers := [change for change in changes if change.other_publisher]:
        found.append("> [!CAUTION]")
        found += [f"> **{_built(each)}** {code(each.other_publisher)}" for each in strangers]
        found.append("")
    if starting := [change for change in changes if change.new_startup_code]:
        found.append("> [!WARNING]")
        for each in starting:
            found.append(f"> {_built(each)} {_AT_START}: {', '.join(map(code, each.new_startup_code))}")
        found.append("")
    builds = [change for change in changes if change.brings_a_build]
    if builds:
        found += ["> [!WARNING]", f"> Installing runs the build of {', '.join(_built(each) for each in builds)}.", ""]
    return found


def _young(changes: Sequence[Change], now: str) -> list[str]:
    """Return the warning of releases that are so new that few had a look at them."""
    ages = [(change, release_age.seconds(change.new, now)) for change in changes if _is_new(change)]
    young = [(one, age) for one, age in ages if age is not None and age < release_age.YOUNG]
    named = ", ".join(f"{_built(one)} ({release_age.ago(age)})" for one, age in young)
    return ["> [!WARNING]", f"> Uploaded within the last week: {named}.", ""] if young else []


def _is_new(change: Change) -> bool:
    """Return whether a change brings files that were not locked before."""
    old, new = change.old, change.new
    return new is not None and (old is None or old.version != new.version or bool(change.gained or change.rehashed))


def report(changes: Sequence[Change], settings: Sequence[Setting], old: str, new: str) -> dict[str, object]:
    """Return everything as JSON values; `old` and `new` name what was compared."""
    return {
        "schema": SCHEMA,
        "old": old,
        "new": new,
        "changes": [
            {
                "name": change.name,
                "kind": change.kind,
                "old": _table(change.old),
                "new": _table(change.new),
                "brings_a_build": change.brings_a_build,
                "other_publisher": change.other_publisher,
                "startup_code": list(change.new_startup_code),
                "files": {
                    "other_bytes": list(change.rehashed),
                    "gained": list(change.gained),
                    "lost": list(change.lost),
                    "moved": [{"name": one.filename, "old": one.old, "new": one.new} for one in change.moved],
                },
            }
            for change in changes
        ],
        "settings": [
            {"key": setting.key, "gained": list(setting.gained), "lost": list(setting.lost)} for setting in settings
        ],
    }


def gravest_first(changes: Sequence[Change]) -> list[Change]:
    """Return changes, those that are most likely an attack first."""
    return sorted(changes, key=lambda change: (not change.rehashed, not change.other_publisher))


def _table(release: Release | None) -> dict[str, object] | None:
    if release is None:
        return None
    return {
        "version": release.version,
        "marker": release.marker,
        "source": release.source,
        "must_be_built": release.must_be_built,
        "identities": [each.table() for each in release.identities],
        "uploaded": release.uploaded[0] or None,
    }


def _named(release: Release) -> str:
    """Return what distinguishes an entry that came or went from others of its name."""
    what = release.version or (f"from {release.source}" if release.source else _UNVERSIONED)
    return f"{what} ; {release.marker}" if release.marker else what


def _title(release: Release) -> str:
    what = release.version or _UNVERSIONED
    return f"{what} ; {release.marker}" if release.marker else what


def _step(old: Release, new: Release) -> str:
    if old.version != new.version and old.marker == new.marker:
        return f"{old.version or _UNVERSIONED} → {_title(new)}"
    if old.version == new.version:
        return f"{old.version} ; {_where(old.marker)} → {_where(new.marker)}".lstrip()
    return f"{_title(old)} → {_title(new)}"


def _where(marker: str) -> str:
    return marker or "everywhere"


def _moved(old: str, new: str) -> str:
    """Return from where an entry comes, and came."""
    if not new:
        return f"came from {old}, its source is no longer recorded"
    return f"comes from {new}, {f'no longer {old}' if old else 'its earlier source was not recorded'}"


def _files(change: Change) -> str:
    parts = [(len(change.gained), "more"), (len(change.lost), "fewer"), (len(change.moved), "moved")]
    found = ", ".join(f"{count} {word}" for count, word in parts if count)
    return found + _hosts(change.moved)


def _hosts(moved: Sequence[MovedFile]) -> str:
    """Return where files went, when it is to another host."""
    pairs = {(_host(one.old), _host(one.new)) for one in moved}
    found = [f"{old or 'here'} to {new or 'here'}" for old, new in sorted(pairs) if old != new]
    return f" from {', '.join(found)}" if found else ""


def _host(url: str) -> str:
    try:
        return urllib_parse.urlsplit(url).netloc
    except ValueError:
        return ""


def _cells(change: Change, now: str, known: KnownFacts) -> tuple[str, ...]:
    beside = [_SHOUT] if change.rehashed else []
    beside += ["other publisher"] if change.other_publisher else []
    if change.old and change.new and change.old.source != change.new.source:
        # As code: a page of a forge makes links of addresses, and calls whom an `@` names.
        beside.append(f"from {code(change.new.source)}" if change.new.source else "source not recorded")
    beside += ["must be built"] if change.brings_a_build else []
    if _is_new(change):
        beside += release_age.remarks(change, known.get((change.name, change.new.version if change.new else "")))
    beside += [f"files: {escaped(_files(change))}"] if _files(change) else []
    return (
        escaped(change.name),
        code((_title if change.new else _named)(change.old)) if change.old else "",
        code((_title if change.old else _named)(change.new)) if change.new else "",
        release_age.uploaded(change.new, now) if _is_new(change) else "",
        "; ".join(beside),
    )


def _built(change: Change) -> str:
    return f"{escaped(change.name)} {code(change.new.version if change.new else '')}".rstrip()
