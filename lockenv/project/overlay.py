"""Write the settings under which requirements are resolved beside an environment that is there already.

Pure: the settings of a project, and the versions and sources of what its environment holds, go in; the text of a
`lockenv.toml` comes out.
"""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any, Final

from lockenv.vocabulary.direct import Archive, Commit, Directory, is_local

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.vocabulary.direct import Direct

_KEPT: Final = (
    "accept-faults",
    "allow-build",
    "allow-overwrite",
    "allow-startup-code",
    "allowed-hosts",
    "build-constraints",
    "build-network",
    "deny-startup-code",
    "dependency-metadata",
    "exclude-dependencies",
    "exclude-newer",
    "exclude-newer-package",
    "no-binary",
    "no-binary-package",
    "no-build",
    "no-build-package",
    "no-index",
    "overrides",
    "prerelease",
    "prerelease-package",
    "provided",
    "publishers",
    "system-site-packages",
)
"""Settings that mean the same in another directory, and for other requirements."""


def settings_text(
    settings: Mapping[str, Any],
    versions: Mapping[str, str],
    direct: Mapping[str, Direct],
    place: tuple[str, str],
    environment: str,
) -> str:
    """Return the settings of a project, with constraints to the versions that its environment holds.

    `direct` are the packages of that environment that no index serves. `place` are the directories that paths in
    `settings` and in `direct` are seen from; `environment` is the marker of the one that is resolved for.
    """
    import tomlkit

    directory, base = place
    found: dict[str, Any] = {key: settings[key] for key in _KEPT if key in settings}
    pins = [f"{name}=={version}" for name, version in sorted(versions.items()) if name not in direct]
    found["environments"] = [environment]
    found["constraints"] = [*settings.get("constraints", ()), *pins]
    if indexes := settings.get("index"):
        found["index"] = [_index(table, directory) for table in indexes]
    if folders := settings.get("find-links"):
        found["find-links"] = [_url(folder, directory) for folder in folders]
    declared = settings.get("sources", {})
    sources = {name: table for name, table in declared.items() if isinstance(table, dict) and set(table) == {"index"}}
    sources |= {name: _source(one, base) for name, one in sorted(direct.items())}
    if sources:
        found["sources"] = sources
    return tomlkit.dumps(found)


def _index(table: Mapping[str, Any], directory: str) -> dict[str, Any]:
    found = dict(table)
    if "url" in found:
        found["url"] = _url(found["url"], directory)
    if "client-cert" in found and not str(found["client-cert"]).startswith("$"):
        found["client-cert"] = os.path.join(directory, found["client-cert"])
    return found


def _url(text: str, directory: str) -> str:
    """Return the URL of a directory or a page that may be written as a path."""
    if "://" in text or text.startswith("$"):
        return text
    return pathlib.Path(os.path.normpath(os.path.join(directory, text))).as_uri() + ("/" if text.endswith("/") else "")


def _source(direct: Direct, base: str) -> dict[str, str | bool]:
    """Return the table of a source, which says the same from every directory."""
    match direct:
        case Directory(path=path):
            return {"path": _absolute(path, base), "editable": True}
        case Commit(url=url, commit=commit, subdirectory=inner):
            place = _absolute(url, base) if is_local(url) else url
            return {"git": place, "rev": commit, **({"subdirectory": inner} if inner else {})}
        case Archive(location=location, subdirectory=inner):
            key, place = ("url", location) if "://" in location else ("path", _absolute(location, base))
            return {key: place, **({"subdirectory": inner} if inner else {})}


def _absolute(path: str, base: str) -> str:
    return os.path.normpath(os.path.join(base, path)).replace(os.sep, "/")
