"""A Pipfile, in standard tables and in `[tool.lockenv]`.

Pure: values of TOML go in, a Declarations comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockenv.project.conversion.declarations import Declarations, safe_name, table, tables, texts
from lockenv.project.foreign.pipfile import python
from lockenv.project.unread import bare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.project.positions import Path

_TABLES: Final = ("source", "requires", "scripts", "pipenv", "packages")
_MARKERS: Final = (
    "sys_platform",
    "platform_machine",
    "platform_system",
    "platform_python_implementation",
    "os_name",
    "python_version",
    "python_full_version",
    "implementation_name",
)
_OTHERS: Final = ("version", "extras", "markers", "git", "ref", "subdirectory", "path", "editable", "file", "index")


def read(values: Mapping[str, Any], file: str, directory: str, default_index: str) -> Declarations:
    """Return what a Pipfile says; `directory` names the project, as far as a name may have its letters."""
    found = Declarations(file=file)
    found.project.update({"name": safe_name(directory) or "project", "version": "0"})
    wanted = python(dict(table(values.get("requires"))))
    if wanted:
        found.project["requires-python"] = wanted
    _indexes(found, tables(values.get("source")), default_index)
    for name, value in table(values.get("packages")).items():
        _add(found, found.dependencies, name, value, ("packages", name))
    for category, packages in values.items():
        if category in _TABLES:
            continue
        group = "dev" if category == "dev-packages" else category
        listed: list[Any] = found.groups.setdefault(group, [])
        for name, value in table(packages).items():
            _add(found, listed, name, value, (category, name))
    for key, value in table(values.get("pipenv")).items():
        if key == "allow_prereleases":
            found.settings.update({"prerelease": "allow"} if value else {})
        else:
            found.leave(("pipenv", key), "configures pipenv itself")
    if "index" not in found.settings:
        _name_no_index(found)
    for name in table(values.get("scripts")):
        found.leave(("scripts", name), "defines a command of `pipenv run`")
    return found


def _indexes(found: Declarations, sources: list[Mapping[str, Any]], default_index: str) -> None:
    """Add the sources: the first serves all that names no other (pipenv, "Specifying package indexes")."""
    if len(sources) == 1 and bare(str(sources[0].get("url", ""))) == bare(default_index):
        return
    for position, one in enumerate(sources):
        url = str(one.get("url", ""))
        index: dict[str, Any] = {"name": str(one.get("name", f"source-{position}")), "url": url}
        if one.get("verify_ssl") is False:
            found.leave(("source", position, "verify_ssl"), "is false: see --cert and --allow-http")
        index["url"] = found.url(url, ("source", position, "url"))
        if position:
            index["explicit"] = True
        found.append("index", index)


def _name_no_index(found: Declarations) -> None:
    """Drop the sources that name an index: the default one is the only one."""
    named = found.settings.pop("sources", {})
    for name, source in named.items():
        if "index" not in source:
            found.put("sources", name, source)


def _add(found: Declarations, listed: list[Any], name: str, value: object, path: Path) -> None:
    written = {"version": value} if isinstance(value, str) else table(value)
    version = str(written.get("version", "*")).replace(" ", "")
    markers = [f"({text})" for text in texts(written.get("markers"))]
    markers += [f"{key} {written[key]}" for key in _MARKERS if key in written]
    extras = f"[{','.join(texts(written.get('extras')))}]" if written.get("extras") else ""
    text = name + extras + ("" if version == "*" else version)
    listed.append(f"{text}; {' and '.join(markers)}" if markers else text)
    for key in written:
        if key not in (*_MARKERS, *_OTHERS):
            found.leave((*path, key), "has no equivalent in a requirement")
    source = _source(written)
    if source:
        found.put("sources", name, source)


def _source(written: Mapping[str, Any]) -> dict[str, Any]:
    if "git" in written:
        source = {"git": str(written["git"]).removeprefix("git+")}
        source |= {"rev": written["ref"]} if "ref" in written else {}
        return source | ({"subdirectory": written["subdirectory"]} if "subdirectory" in written else {})
    place = written.get("path", written.get("file"))
    if isinstance(place, str):
        if "://" in place:
            return {"url": place}
        return {"path": place} | ({"editable": True} if written.get("editable") else {})
    return {"index": written["index"]} if "index" in written else {}
