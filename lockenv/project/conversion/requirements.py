"""Requirements files, in standard tables and in `[tool.lockenv]`.

Pure: a file's name and a way to read it go in, a Declarations comes out, with what the file includes. Hashes are left
out: the lock records those of every file. Variables stay variables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from lockenv.project import requirements
from lockenv.project.conversion.declarations import Declarations
from lockenv.vocabulary.direct import Archive, Commit, Direct
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockenv.vocabulary.manifest import Index, Policy

_HASH: Final = lazy_pattern(r"(?:[ \t]*\\\r?\n)?[ \t]+--hash[= ][^\s\\]+")
_ALONE: Final = lazy_pattern(r"(?m)^[ \t]*--(require-hashes|prefer-binary|trusted-host|use-feature)\b([^\n#]*)")
_BEHIND: Final = lazy_pattern(r"[ \t]+--(config-settings|global-option)[= ][^\s\\]+")
_EDITABLE_COMMIT: Final = lazy_pattern(r"(?m)^[ \t]*(?:-e|--editable)[ \t=]+(?=git\+)")
"""`pip freeze` writes a clone in this way."""
_MEANINGS: Final = {
    "prefer-binary": "prefers an older release with a wheel",
    "trusted-host": "disables certificate checks for a host: see --allow-http and --cert",
    "use-feature": "configures pip itself",
    "config-settings": "passes settings to build backends",
    "global-option": "passes options to setup.py",
}


def read(file: str, text_of: Callable[[str], str], directory: str, default_index: str, group: str = "") -> Declarations:
    """Return what `file` declares, as requirements of the project, or of `group`; `text_of` returns the text of a file.

    Paths are made relative to `directory`. Raises InputError for what cannot be understood.
    """
    found = Declarations(file=file)

    def cleaned(name: str) -> str:
        text = _HASH.sub("", text_of(name))
        for pattern in (_ALONE, _BEHIND):
            for match in pattern.finditer(text):
                if match[1] in _MEANINGS:
                    found.leave((f"--{match[1]}",), _MEANINGS[match[1]])
            text = pattern.sub("", text)
        text, count = _EDITABLE_COMMIT.subn("", text)
        if count:
            found.leave(("--editable",), "is for a directory: of a commit, a copy is installed")
        return text

    manifest = requirements.manifest([file], cleaned, {}, directory)
    listed = [str(one.requirement) for one in manifest.dependencies]
    if group:
        found.groups[group] = [*listed]
    else:
        found.dependencies = listed
    found.append("constraints", *(str(one.requirement) for one in manifest.constraints))
    found.direct = manifest.direct
    for name, sourced in manifest.direct.items():
        found.put("sources", name, source(sourced.direct))
    _indexes(found, manifest.indexes, default_index)
    found.settings.update(_policies(manifest.policy))
    found.settings = {key: value for key, value in found.settings.items() if value != []}
    return found


def source(direct: Direct) -> dict[str, Any]:
    """Return a place as `[tool.lockenv.sources]` writes it."""
    if isinstance(direct, Commit):
        written = {"git": direct.url, "rev": direct.revision, "subdirectory": direct.subdirectory}
        return {key: value for key, value in written.items() if value}
    if isinstance(direct, Archive):
        fragment = f"#sha256={direct.sha256}" if direct.sha256 and "://" in direct.location else ""
        written = {"url" if "://" in direct.location else "path": f"{direct.location}{fragment}"}
        return written | ({"subdirectory": direct.subdirectory} if direct.subdirectory else {})
    return {"path": direct.path} | ({"editable": True} if direct.editable else {})


def _indexes(found: Declarations, indexes: tuple[Index, ...], default_index: str) -> None:
    for index in indexes:
        if index.is_last:
            found.settings["no-index"] = True
        if index.is_flat:
            found.append("find-links", index.url)
        else:
            plain = {"url": found.url(index.url, ("--index-url",))}
            found.append("index", plain if index.url else {"name": "default", "url": default_index})


def _policies(policy: Policy) -> Iterator[tuple[str, Any]]:
    if policy.prerelease != "if-necessary-or-explicit":
        yield "prerelease", policy.prerelease
    for key, names in (("no-build", policy.no_build), ("no-binary", policy.no_binary)):
        if names == ("*",):
            yield key, True
        elif names:
            yield f"{key}-package", list(names)


def group_of(file: str) -> str:
    """Return the group that a file such as `requirements-dev.txt` or `requirements/dev.in` is for; empty for none."""
    path = file.replace("\\", "/")
    stem = path.rpartition("/")[2].rpartition(".")[0]
    return re.sub(r"^(?:requirements?)?[-_.]?|[-_.]?(?:requirements?)?$", "", stem).lower()
