"""`[tool.pdm]` and `[tool.rye]`, in standard tables and in `[tool.lockenv]`.

Pure: values of TOML go in, a Declarations comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockenv.project.conversion.declarations import Declarations, table, tables, texts
from lockenv.project.requested import read as parts
from lockenv.project.unread import bare
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockenv.project.positions import Path

_PDM: Final[Path] = ("tool", "pdm")
_RYE: Final[Path] = ("tool", "rye")
_BACKEND: Final = frozenset(
    ("build", "version", "includes", "excludes", "source-includes", "package-dir", "editable-backend", "publish")
)
"""Keys of the build backend, which reads them where they are."""
_EDITABLE: Final = lazy_pattern(r"(?:-e|--editable)[\s=]+(.+?)(?:#egg=([A-Za-z0-9._-]+)(?:\[[^\]]*\])?)?")
_ROOT: Final = "file:///${PROJECT_ROOT}/"


def read(values: Mapping[str, Any], file: str, default_index: str, groups: Iterable[str] = ()) -> Declarations:
    """Return what `[tool.pdm]` says beside the listed `groups` of the same file."""
    found = Declarations(file=file)
    for group, listed in table(values.get("dev-dependencies")).items():
        found.groups[group] = []
        for position, text in enumerate(texts(listed)):
            _add(found, group, text, (*_PDM, "dev-dependencies", group, position))
    # `pdm install` installs all groups of development (PDM, "Manage dependencies"). A table with keys of the build
    # backend alone may be beside another tool.
    defaults = list(dict.fromkeys((*groups, *found.groups))) if any(key not in _BACKEND for key in values) else []
    if defaults and defaults != ["dev"]:
        found.settings["default-groups"] = defaults
    if "source" in values:
        _sources(found, tables(values["source"]), (*_PDM, "source"), default_index, default_name="pypi")
    _resolution(found, table(values.get("resolution")))
    if values.get("allow_prereleases"):
        found.settings["prerelease"] = "allow"
    for key in values:
        if key in _BACKEND:
            found.leave((*_PDM, key), "is kept for the build backend")
        elif key == "scripts":
            found.leave((*_PDM, key), "defines commands of `pdm run`")
        elif key == "distribution":
            found.leave(
                (*_PDM, key), "controls whether the project itself is installed: see `lockenv sync --no-project`"
            )
        elif key not in ("dev-dependencies", "source", "resolution", "allow_prereleases"):
            found.leave((*_PDM, key), "configures PDM itself")
    return found


def read_rye(values: Mapping[str, Any], file: str, default_index: str) -> Declarations:
    """Return what `[tool.rye]` says."""
    found = Declarations(file=file)
    if "dev-dependencies" in values:
        found.groups["dev"] = []
        for position, text in enumerate(texts(values["dev-dependencies"])):
            _add(found, "dev", text, (*_RYE, "dev-dependencies", position))
    if "sources" in values:
        _sources(found, tables(values["sources"]), (*_RYE, "sources"), default_index, default_name="default")
    workspace = table(values.get("workspace"))
    if workspace:
        found.settings["workspace"] = {"members": texts(workspace.get("members", ["*"]))}
    for key, value in values.items():
        if key not in ("dev-dependencies", "sources", "workspace") and not (key in ("managed", "virtual") and value):
            found.leave((*_RYE, key), "configures Rye itself")
    return found


def _add(found: Declarations, group: str, text: str, path: Path) -> None:
    """Add a requirement to a group; what is editable comes from its directory."""
    editable = _EDITABLE.fullmatch(text.strip())
    if editable is None:
        found.groups[group].append(text)
        return
    place, name = editable.groups()
    if place.startswith(_ROOT):
        place = f"./{place.removeprefix(_ROOT)}"
    name = name or place.rstrip("/").rpartition("/")[2]
    if "://" in place or parts(name) is None:
        found.leave(path, f"is `{text}`, which is not a directory")
        return
    found.groups[group].append(name)
    found.put("sources", name, {"path": place, "editable": True})


def _sources(
    found: Declarations, written: list[Mapping[str, Any]], path: Path, default_index: str, *, default_name: str
) -> None:
    """Add the sources; one of the name `default_name` replaces the default index, which else comes last."""
    indexes: list[dict[str, Any]] = []
    last: list[dict[str, Any]] = []
    for position, one in enumerate(written):
        place = (*path, position)
        name, url = str(one.get("name", "")), str(one.get("url", ""))
        for key in one:
            if key in ("username", "password"):
                variable = f"LOCKENV_INDEX_NAME_{key.upper()}"
                found.leave((*place, key), f"contains credentials, which are not copied: set {variable}")
            elif key == "verify_ssl" and one[key] is True:
                continue
            elif key not in ("name", "url", "type"):
                found.leave((*place, key), f"is `{one[key]}`, which has no equivalent in an index")
        if one.get("type") == "find_links":
            found.append("find-links", url)
        elif name == default_name and bare(url) == bare(default_index):
            continue  # as it is without it
        else:
            index = {"name": name, "url": found.url(url, (*place, "url"))}
            (last if name == default_name else indexes).append({key: value for key, value in index.items() if value})
    if indexes and not last:
        last = [{"name": "default", "url": default_index}]
    if indexes or last:
        found.settings["index"] = [*indexes, *last]


def _resolution(found: Declarations, written: Mapping[str, Any]) -> None:
    path = (*_PDM, "resolution")
    for key, value in written.items():
        if key == "overrides":
            for name, version in table(value).items():
                _override(found, name, str(version))
        elif key == "allow-prereleases":
            if value:
                found.settings["prerelease"] = "allow"
        elif key == "respect-source-order" and value:
            continue  # the first index that has a project serves it
        elif key == "excludes":
            found.settings["exclude-dependencies"] = list(value)
        else:
            found.leave((*path, key), f"is `{value}`, which lockenv does not support")


def _override(found: Declarations, name: str, version: str) -> None:
    """Add an override: a specifier, a version, or a URL (PDM, "Override the resolved package versions")."""
    if "://" in version:
        found.append("overrides", f"{name} @ {version}")
    elif version[:1].isdigit():
        found.append("overrides", f"{name}=={version}")
    else:
        found.append("overrides", f"{name}{version}")
