"""`[tool.uv]` and `uv.toml`, in the terms of lockenv.

Pure: values of TOML go in, a Declarations comes out. The keys are those of uv's settings reference; what none of
lockenv's settings means is named with what it means to uv.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockenv.project import cutoff
from lockenv.project.conversion.declarations import Declarations, table, tables, texts
from lockenv.project.direct import CONDITIONS
from lockenv.project.unread import obstacle
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lockenv.project.positions import Path

_SAME: Final = {
    "constraint-dependencies": "constraints",
    "build-constraint-dependencies": "build-constraints",
    "override-dependencies": "overrides",
    "exclude-dependencies": "exclude-dependencies",
    "environments": "environments",
    "required-environments": "required-environments",
    "no-build-package": "no-build-package",
    "no-binary-package": "no-binary-package",
}
"""Arrays of texts that mean the same under another name, or the same."""
_CHOICES: Final = {
    "prerelease": {"allow": "allow", "disallow": "disallow", "if-necessary-or-explicit": ""},
    "resolution": {"highest": "", "lowest": "lowest", "lowest-direct": "lowest-direct"},
    "fork-strategy": {"requires-python": "", "fewest": "fewest"},
    "index-strategy": {"first-index": ""},
}
"""What their values are to lockenv; empty for its default."""
_RENAMED: Final = {"fork-strategy": "fork"}
_OWN_ALONE: Final = frozenset(
    (
        "add-bounds",
        "audit",
        "build-backend",
        "cache-dir",
        "cache-keys",
        "check-url",
        "compile-bytecode",
        "concurrent-builds",
        "concurrent-downloads",
        "concurrent-installs",
        "http-proxy",
        "https-proxy",
        "keyring-provider",
        "link-mode",
        "native-tls",
        "no-cache",
        "no-proxy",
        "offline",
        "pip",
        "preview",
        "preview-features",
        "publish-url",
        "pypy-install-mirror",
        "python-downloads",
        "python-downloads-json-url",
        "python-install-mirror",
        "python-preference",
        "reinstall",
        "reinstall-package",
        "required-version",
        "system-certs",
        "trusted-publishing",
        "upgrade",
        "upgrade-package",
    )
)
"""Keys that say how uv itself works, and nothing of what is locked."""
_MEANINGS: Final = {
    "allow-insecure-host": "disables certificate checks for hosts: see --allow-http and --cert",
    "config-settings": "passes settings to build backends",
    "config-settings-package": "passes settings to the build backends of single packages",
    "extra-build-dependencies": "adds requirements to the builds of single packages",
    "extra-build-variables": "sets environment variables in the builds of single packages",
    "managed": "stops uv from managing the project",
    "no-build-isolation": "builds in the environment itself; lockenv always isolates builds",
    "no-build-isolation-package": "builds packages in the environment itself; lockenv always isolates builds",
    "no-sources": "ignores [tool.uv.sources]",
    "no-sources-package": "ignores [tool.uv.sources] for single packages",
    "torch-backend": "selects the PyTorch index by machine; declare that index and use it in sources",
}
_SPAN: Final = lazy_pattern(r"P(?=[\dT])(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?)?", "ai")
"""A span of ISO 8601; months and years are no spans to uv either."""
_FRIENDLY_SPAN: Final = lazy_pattern(
    r"(?:(\d+) *(?:weeks?|wks?|w))?[ ,]*(?:(\d+) *(?:days?|d))?[ ,]*"
    r"(?:(\d+) *(?:hours?|hrs?|h))?[ ,]*(?:(\d+) *(?:minutes?|mins?|m))?",
    "a",
)
"""A span as uv reads it beside that (jiff, "friendly"): `48h`, `1 day 12 hours`."""
_UNITS: Final = (("week", 7 * 24 * 60), ("day", 24 * 60), ("hour", 60), ("minute", 1))
"""The units of a span, with their minutes, in the order of the groups of both patterns."""
_SOURCE_KEYS: Final = (
    "git",
    "rev",
    "tag",
    "branch",
    "subdirectory",
    "url",
    "path",
    "editable",
    "index",
    "workspace",
    *CONDITIONS,
)
_STATED_KEYS: Final = ("name", "version", "requires-dist", "requires-python", "provides-extra")
_INDEX_KEYS: Final = ("name", "url", "explicit", "default", "authenticate", "format")


def read(
    values: Mapping[str, Any],
    file: str,
    path: Path,
    default_index: str,
    *,
    name: str = "",
    is_buildable: bool = False,
    groups: Iterable[str] = (),
) -> Declarations:
    """Return what `[tool.uv]`, or a `uv.toml`, says beside the standard; `values` are at `path` of `file`.

    `default_index` is the index that uv asks behind all others that are declared; `name` is that of the project,
    `is_buildable` means that it has a `[build-system]`, and `groups` are the names in its `[dependency-groups]`.
    """
    found = Declarations(file=file, name=normalize(name))
    if values.get("default-groups") == "all":
        unlisted = ["dev"] if "dev-dependencies" in values else []
        values = {**values, "default-groups": list(dict.fromkeys((*groups, *unlisted)))}
        found.leave((*path, "default-groups"), 'is "all"; default-groups lists the groups that there are now')
    for key, value in values.items():
        if key == "package" and value is is_buildable:
            continue  # as it is without the key
        if key in _READERS:
            _READERS[key](found, value, (*path, key))
        elif key in _SAME:
            found.append(_SAME[key], *texts(value))
        elif key in _CHOICES:
            _choose(found, key, value, (*path, key))
        elif key in ("no-build", "no-binary", "no-index"):
            if value is True:
                found.settings[key] = True
        elif key not in _INDEXES and key != "workspace":
            meaning = _MEANINGS.get(key, "configures uv itself" if key in _OWN_ALONE else "is not a known setting")
            found.leave((*path, key), meaning)
    _indexes(found, values, path, default_index)
    if "workspace" in values:
        _workspace(found, values["workspace"], (*path, "workspace"))
    return found


def _choose(found: Declarations, key: str, value: object, path: Path) -> None:
    choice = _CHOICES[key].get(str(value))
    if choice is None:
        found.leave(path, f"is `{value}`, which lockenv does not support")
    elif choice:
        found.settings[_RENAMED.get(key, key)] = choice


def _dev(found: Declarations, value: object, _path: Path) -> None:
    found.groups.setdefault("dev", []).extend(texts(value))


def _default_groups(found: Declarations, value: object, _path: Path) -> None:
    found.append("default-groups", *texts(value))


def _conflicts(found: Declarations, value: object, path: Path) -> None:
    for position, members in enumerate(value if isinstance(value, list) else ()):
        own = [_own_member(member, found.name) for member in tables(members)]
        if any("package" in member and len(member) > 1 for member in own):
            found.leave((*path, position), "refers to extras or groups of a workspace member")
        else:
            found.append("conflicts", own)


def _own_member(member: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a member of a conflict, without the package where that is the project itself."""
    package = member.get("package")
    is_own = isinstance(package, str) and len(member) > 1 and normalize(package) == name
    return {key: value for key, value in member.items() if key != "package" or not is_own}


def _cutoff(found: Declarations, value: object, path: Path) -> None:
    moment = _moment(value)
    if moment:
        found.settings["exclude-newer"] = moment
    else:
        found.leave(path, f"is `{value}`, which is not a supported cutoff")


def _cutoffs(found: Declarations, value: object, path: Path) -> None:
    for name, written in table(value).items():
        moment = written if written is False else _moment(written)
        if moment == "":
            found.leave((*path, name), f"is `{written}`, which is not a supported cutoff")
        else:
            found.put("exclude-newer-package", name, moment)


def _moment(value: object) -> str:
    """Return a cutoff of uv as lockenv writes one: a date, a moment or a span; empty where it cannot be written."""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    text = _span(text) or text
    try:
        cutoff.moment(text, "2000-01-01T00:00:00Z")
    except ValueError:
        return ""
    return text


def _span(text: str) -> str:
    """Return a span of uv in the smallest of its units, as lockenv writes one; empty for what is no span."""
    written = _SPAN.fullmatch(text) or _FRIENDLY_SPAN.fullmatch(text)
    if not written or not any(written.groups()):
        return ""
    minutes = sum(int(count or 0) * unit for count, (_, unit) in zip(written.groups(), _UNITS, strict=True))
    name, unit = next(each for count, each in zip(written.groups()[::-1], _UNITS[::-1], strict=True) if count)
    count = minutes // unit
    return f"{count} {name}{'' if count == 1 else 's'}"


def _stated(found: Declarations, value: object, path: Path) -> None:
    for position, one in enumerate(tables(value)):
        for key in one:
            if key not in _STATED_KEYS:
                found.leave((*path, position, key), "has no equivalent in dependency-metadata")
        # What uv does not find there is nothing; here it would stay as the release has it (uv, StaticMetadata).
        kept = {key: each for key, each in one.items() if key in _STATED_KEYS}
        found.append("dependency-metadata", {**kept, "requires-dist": kept.get("requires-dist", [])})


def _group_settings(found: Declarations, value: object, path: Path) -> None:
    for name, settings in table(value).items():
        for key, written in table(settings).items():
            if key == "requires-python":
                found.put("dependency-groups", name, {key: written})
            else:
                found.leave((*path, name, key), "has no equivalent in dependency-groups")


def _package(found: Declarations, value: object, path: Path) -> None:
    installed = "is installed even without a [build-system]" if value else "is never installed"
    found.leave(path, f"specifies that the project itself {installed}: see `lockenv sync --no-project`")


def _sources(found: Declarations, value: object, path: Path) -> None:
    for name, written in table(value).items():
        reason = "lists no source" if written == [] else obstacle(written)
        if reason:
            found.leave((*path, name), f"{reason}; set one source for {normalize(name)} in [tool.lockenv.sources]")
        elif isinstance(written, list) and len(written) > 1:
            each = [_source(found, one, (*path, name, number)) for number, one in enumerate(tables(written))]
            found.put("sources", name, each)
        else:
            one = table(written[0] if isinstance(written, list) else written)
            found.put("sources", name, _source(found, one, (*path, name)))


def _source(found: Declarations, one: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return one source of a project, which uv's settings have at `path`."""
    for key in one:
        if key not in _SOURCE_KEYS:
            found.leave((*path, key), "has no equivalent in a source")
    kept = {key: value for key, value in one.items() if key in _SOURCE_KEYS}
    if "workspace" in kept and "editable" in kept:
        if not kept.pop("editable"):
            found.leave((*path, "editable"), "installs a copy of the member: see `lockenv sync --no-editable`")
    elif kept.get("editable") is False:
        del kept["editable"]
    return kept


_READERS: Final[dict[str, Callable[[Declarations, Any, Path], None]]] = {
    "dev-dependencies": _dev,
    "default-groups": _default_groups,
    "dependency-groups": _group_settings,
    "dependency-metadata": _stated,
    "conflicts": _conflicts,
    "exclude-newer": _cutoff,
    "exclude-newer-package": _cutoffs,
    "package": _package,
    "sources": _sources,
}
_INDEXES: Final = ("index", "index-url", "extra-index-url", "find-links")


def _indexes(found: Declarations, values: Mapping[str, Any], path: Path, default_index: str) -> None:
    """Add the indexes in the order in which uv asks them, the default one last (uv, index settings).

    What is declared in `[tool.lockenv]` replaces the default index: where uv asks it too, it is named.
    """
    declared: list[dict[str, Any]] = []
    last: list[dict[str, Any]] = []
    for position, one in enumerate(tables(values.get("index"))):
        place = (*path, "index", position)
        for key in one:
            if key not in _INDEX_KEYS:
                found.leave((*place, key), "has no equivalent in an index")
        if one.get("format") == "flat":
            found.append("find-links", one.get("url", ""))
            continue
        index = {key: one[key] for key in ("name", "url", "explicit") if one.get(key)}
        if one.get("authenticate") == "always":
            index["authenticate"] = True
        elif "authenticate" in one:
            found.leave((*place, "authenticate"), f"is `{one['authenticate']}`")
        index["url"] = found.url(str(one.get("url", "")), (*place, "url"))
        (last if one.get("default") else declared).append(index)
    for key, where in (("extra-index-url", declared), ("index-url", last)):
        for url in texts(values.get(key)):
            where.append({"url": found.url(url, (*path, key))})
    found.append("find-links", *texts(values.get("find-links")))
    if not found.settings["find-links"]:
        del found.settings["find-links"]
    if any(not index.get("explicit") for index in declared) and not last and not values.get("no-index"):
        last = [{"name": "default", "url": default_index}]
    if declared or last:
        found.settings["index"] = [*declared, *last]


def _workspace(found: Declarations, value: object, path: Path) -> None:
    for key, patterns in table(value).items():
        if key in ("members", "exclude"):
            found.put("workspace", key, [pattern.removeprefix("./") for pattern in texts(patterns)])
        else:
            found.leave((*path, key), "has no equivalent in a workspace")
    found.settings.setdefault("workspace", {})
