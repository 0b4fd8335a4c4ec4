"""`[tool.poetry]`, of Poetry 1 and 2, in standard tables and in `[tool.lockenv]`.

Pure: values of TOML go in, a Declarations comes out. Beside a `[project]` table that lists dependencies, those of
`[tool.poetry]` only say where packages come from (Poetry, "project section").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockenv.project.conversion import poetry_versions
from lockenv.project.conversion.declarations import Declarations, table, tables, texts
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.requirement import parse_marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockenv.project.positions import Path

PATH: Final[Path] = ("tool", "poetry")
_PLAIN: Final = ("name", "version", "description", "readme", "keywords", "classifiers")
"""Keys that `[project]` has with the same value."""
_TEXTS: Final = ("name", "version", "description")
_URLS: Final = {"homepage": "Homepage", "repository": "Repository", "documentation": "Documentation"}
_BACKEND: Final = ("packages", "include", "exclude", "build")
"""Keys that stay for the build backend, which reads them where they are."""
_OTHERS: Final = {
    "requires-poetry": "configures Poetry itself",
    "requires-plugins": "configures Poetry itself",
    "build-constraints": "constrains the build requirements of single packages: see build-constraints for those of all",
}
_READ: Final = frozenset(
    (
        *_PLAIN,
        *_URLS,
        "license",
        "authors",
        "maintainers",
        "urls",
        "scripts",
        "plugins",
        "extras",
        "dependencies",
        "dev-dependencies",
        "group",
        "source",
        "package-mode",
    )
)
_MANAGED: Final = ("dependencies", "dev-dependencies", "group", "source", "package-mode", "requires-poetry")
"""Keys that only Poetry itself reads: where there is none, it may be no more than the build backend."""
_AUTHOR: Final = lazy_pattern(r"\s*([^<]*?)\s*(?:<([^>]+)>)?\s*")
_GIT: Final = ("git", "branch", "tag", "rev", "subdirectory")
_KNOWN: Final = frozenset(
    (
        *(*_GIT, "path", "file", "url", "develop", "source"),
        *("version", "extras", "optional", "markers", "python", "platform"),
        *("allow-prereleases", "allows-prereleases"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dependency:
    """One requirement, without the extra that it may belong to."""

    name: str
    text: str
    is_optional: bool


def read(
    values: Mapping[str, Any],
    file: str,
    default_index: str,
    project: Mapping[str, Any],
    *,
    is_buildable: bool,
    groups: Iterable[str] = (),
) -> Declarations:
    """Return what `[tool.poetry]` says beside a `[project]`, maybe empty, and the listed `groups` of the file."""
    found = Declarations(file=file)
    reader = _Reader(found)
    listed = table(values.get("dependencies"))
    if not project:
        _metadata(found, values)
    is_enriched = "dependencies" in project or "optional-dependencies" in project
    dependencies = list(reader.dependencies(listed, (*PATH, "dependencies")))
    _python(found, listed.get("python"), project)
    if not is_enriched:
        found.dependencies += [one.text for one in dependencies if not one.is_optional]
        _extras(found, values.get("extras"), dependencies)
    _groups(found, reader, values, groups if any(key in values for key in _MANAGED) else ())
    _indexes(found, values.get("source"), default_index)
    _name_indexes(found)
    if values.get("package-mode") is False and is_buildable:
        found.leave((*PATH, "package-mode"), "is false: see `lockenv sync --no-project`")
    for key in values:
        if key in _BACKEND and not is_buildable:
            continue
        if key in _BACKEND:
            found.leave((*PATH, key), "is kept for the build backend")
        elif key not in _READ:
            found.leave((*PATH, key), _OTHERS.get(key, "is not a known key"))
    return found


def _metadata(found: Declarations, values: Mapping[str, Any]) -> None:
    for key in _PLAIN:
        if values.get(key) and isinstance(values[key], (list, str) if key not in _TEXTS else str):
            found.project[key] = values[key]
    # Several files are joined by Poetry; [project] has one.
    if isinstance(found.project.get("readme"), list):
        found.leave((*PATH, "readme"), "lists several files, but [project] allows only one")
        found.project["readme"] = found.project["readme"][0]
    found.project.setdefault("name", "project")
    found.project.setdefault("version", "0")
    if "license" in values:
        found.project["license"] = {"text": str(values["license"])}
    for key in ("authors", "maintainers"):
        people = [_person(text) for text in texts(values.get(key))]
        if people:
            found.project[key] = [person for person in people if person]
    urls = {title: values[key] for key, title in _URLS.items() if values.get(key)} | dict(table(values.get("urls")))
    if urls:
        found.project["urls"] = urls
    _scripts(found, table(values.get("scripts")))
    plugins = {group: dict(table(entries)) for group, entries in table(values.get("plugins")).items()}
    if plugins:
        found.project["entry-points"] = plugins


def _person(text: str) -> dict[str, str]:
    match = _AUTHOR.fullmatch(text)
    name, mail = match.groups() if match else (text, None)
    return {key: value for key, value in (("name", name), ("email", mail)) if value}


def _scripts(found: Declarations, written: Mapping[str, Any]) -> None:
    scripts: dict[str, str] = {}
    for name, value in written.items():
        reference = value if isinstance(value, str) else table(value).get("reference", table(value).get("callable"))
        if isinstance(reference, str) and table(value).get("type", "console") == "console":
            scripts[name] = reference
        else:
            found.leave((*PATH, "scripts", name), "installs a file, which [project.scripts] cannot")
        if table(value).get("extras"):
            found.leave((*PATH, "scripts", name, "extras"), "has no equivalent in [project.scripts]")
    if scripts:
        found.project["scripts"] = scripts


def _python(found: Declarations, value: object, project: Mapping[str, Any]) -> None:
    """Add the Pythons: as `requires-python`, or as what is locked for beside one."""
    path = (*PATH, "dependencies", "python")
    if not isinstance(value, str) or not value.strip():
        return
    try:
        wanted = poetry_versions.specifier(value, is_python=True)
    except ValueError as error:
        found.leave(path, f"is `{value}`: {error}; set requires-python in [project]")
        return
    if "requires-python" not in project:
        if wanted:
            found.project["requires-python"] = wanted
    elif wanted and _same_specifier(wanted) != _same_specifier(str(project["requires-python"])):
        found.append("environments", poetry_versions.python_marker(value))


def _same_specifier(text: str) -> set[str]:
    return {clause.strip().replace(" ", "") for clause in text.split(",")}


class _Reader:
    def __init__(self, found: Declarations) -> None:
        self._found = found

    def dependencies(self, listed: Mapping[str, Any], path: Path) -> Iterator[_Dependency]:
        """Yield each requirement of a table of dependencies; where it comes from is noted."""
        for name, value in listed.items():
            if name.lower() == "python":
                continue
            places = value if isinstance(value, list) else [value]
            for position, one in enumerate(places):
                place = (*path, name, position) if isinstance(value, list) else (*path, name)
                written = {"version": one} if isinstance(one, str) else table(one)
                try:
                    text = self._requirement(name, written)
                    self._source(name, written, place, is_only=len(places) == 1)
                except ValueError as error:
                    self._found.leave(place, f"is `{one}`: {error}")
                    continue
                yield _Dependency(name=name, text=text, is_optional=bool(written.get("optional")))

    def _requirement(self, name: str, written: Mapping[str, Any]) -> str:
        extras = texts(written.get("extras"))
        versions = poetry_versions.specifier(str(written.get("version", "*")))
        markers = []
        if isinstance(written.get("python"), str):
            markers.append(poetry_versions.python_marker(written["python"]))
        if isinstance(written.get("platform"), str):
            markers.append(f"sys_platform == '{written['platform']}'")
        if isinstance(written.get("markers"), str):
            markers.append(written["markers"].strip())
        kept = [marker for marker in markers if marker]
        joined = " and ".join(f"({marker})" for marker in kept) if len(kept) > 1 else "".join(kept)
        if joined:
            joined = parse_marker(joined)
        extra = f"[{','.join(extras)}]" if extras else ""
        return f"{name}{extra}{versions}" + (f"; {joined}" if joined else "")

    def _source(self, name: str, written: Mapping[str, Any], path: Path, *, is_only: bool) -> None:
        found = self._found
        for key in written:
            if key not in _KNOWN:
                found.leave((*path, key), "has no equivalent in a requirement")
        if written.get("allow-prereleases") or written.get("allows-prereleases"):
            found.put("prerelease-package", name, "allow")
        source: dict[str, Any] = {}
        if "git" in written:
            source = {key: written[key] for key in _GIT if key in written}
        elif "url" in written:
            source = {key: written[key] for key in ("url", "subdirectory") if key in written}
        elif "path" in written or "file" in written:
            source = {"path": written.get("path", written.get("file"))}
            if written.get("develop"):
                source["editable"] = True
            if "subdirectory" in written:
                source["subdirectory"] = written["subdirectory"]
        elif "source" in written:
            source = {"index": written["source"]}
        if not source:
            return
        if is_only:
            found.put("sources", name, source)
        else:
            kind = next(iter(source))
            found.leave(
                (*path, kind),
                f"has a source for one case only; set one source for {normalize(name)} in [tool.lockenv.sources]",
            )


def _extras(found: Declarations, value: object, dependencies: list[_Dependency]) -> None:
    optional = [one for one in dependencies if one.is_optional]
    named: set[str] = set()
    for extra, listed in table(value).items():
        texts_ = found.extras.setdefault(extra, [])
        for name in texts(listed):
            matching = [one.text for one in dependencies if normalize(one.name) == normalize(name)]
            named.add(normalize(name))
            texts_ += [text for text in matching if text not in texts_]
            if not matching:
                found.leave((*PATH, "extras", extra), f"lists {name}, which is not a dependency")
    for one in optional:
        if normalize(one.name) not in named:
            found.leave((*PATH, "dependencies", one.name), "is optional, but in no extra, so it is never installed")


def _groups(found: Declarations, reader: _Reader, values: Mapping[str, Any], there: Iterable[str]) -> None:
    """Add the groups; but for optional ones, they and those `there` are installed by default, as Poetry does."""
    groups: dict[str, tuple[Path, Mapping[str, Any]]] = {}
    if "dev-dependencies" in values:
        groups["dev"] = ((*PATH, "dev-dependencies"), {"dependencies": values["dev-dependencies"]})
    for name, group in table(values.get("group")).items():
        groups[name] = ((*PATH, "group", name, "dependencies"), table(group))
    if "dev" in groups and "dev-dependencies" in values and "dev" in table(values.get("group")):
        older = reader.dependencies(table(values["dev-dependencies"]), (*PATH, "dev-dependencies"))
        found.groups["dev"] = [one.text for one in older]
    defaults = [name for name in there if name not in groups]
    for name, (path, group) in groups.items():
        listed = found.groups.setdefault(name, [])
        listed += [one.text for one in reader.dependencies(table(group.get("dependencies")), path)]
        listed += [{"include-group": other} for other in texts(group.get("include-groups"))]
        if not group.get("optional"):
            defaults.append(name)
        for key in group:
            if key not in ("dependencies", "include-groups", "optional"):
                found.leave((*PATH, "group", name, key), "has no equivalent in a group")
    if defaults != [name for name in (*there, *groups) if name == "dev"][:1]:
        found.settings["default-groups"] = defaults


def _indexes(found: Declarations, value: object, default_index: str) -> None:
    """Add the sources in the order in which Poetry asks them.

    Primary ones replace the default index, unless it is named; supplemental ones come behind all others.
    """
    order: dict[str, list[dict[str, Any]]] = {"primary": [], "supplemental": [], "explicit": []}
    for position, one in enumerate(tables(value)):
        priority = {"default": "primary", "secondary": "supplemental"}.get(
            str(one.get("priority", "")), str(one.get("priority", "primary"))
        )
        if one.get("secondary"):
            priority = "supplemental"
        name = str(one.get("name", ""))
        url = one.get("url", default_index if name.lower() == "pypi" else "")
        if priority not in order or not url:
            found.leave((*PATH, "source", position), "is a source of an unknown kind")
            continue
        index: dict[str, Any] = {"name": name, "url": found.url(str(url), (*PATH, "source", position, "url"))}
        order[priority].append({**index, "explicit": True} if priority == "explicit" else index)
    if order["supplemental"] and not order["primary"]:
        order["primary"] = [{"name": "default", "url": default_index}]
    indexes = [*order["primary"], *order["supplemental"], *order["explicit"]]
    if indexes:
        found.settings["index"] = indexes


def _name_indexes(found: Declarations) -> None:
    """Name the indexes of sources as they are declared: Poetry ignores case, and knows `pypi` without a declaration."""
    indexes = found.settings.get("index", [])
    declared = {str(one["name"]).lower(): str(one["name"]) for one in indexes}
    if "default" in declared or all("explicit" in one for one in indexes):
        declared.setdefault("pypi", declared.get("default", ""))
    sources = found.settings.get("sources", {})
    for name, source in list(sources.items()):
        index = declared.get(str(source.get("index", "")).lower())
        if index:
            source["index"] = index
        elif index == "":
            del sources[name]
    if not sources:
        found.settings.pop("sources", None)
