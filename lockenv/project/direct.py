"""References to what no index serves: from a URL, a path or a table under `sources` to a Direct.

Pure: text goes in; a Direct comes out, its paths relative to the directory `base`, or ValueError with a clause that
says what is wrong. Credentials never get that far: git and netrc know them.
"""

from __future__ import annotations

import os.path
import re
from typing import TYPE_CHECKING, Final

from lockenv.errors import InputError
from lockenv.project import messages
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import (
    Archive,
    Commit,
    Direct,
    Directory,
    is_local,
)
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import Sha256, normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.places import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from urllib import parse as url_parse
    from urllib import request as url_request

    from lockenv.project.positions import Path
    from lockenv.project.values import Values
    from lockenv.vocabulary.requirement import Declared
else:
    url_parse = late("urllib.parse")
    url_request = late("urllib.request")

KEYS: Final = ("index", "git", "rev", "tag", "branch", "subdirectory", "url", "path", "editable", "workspace")
_KINDS: Final = ("index", "git", "url", "path", "workspace")
CONDITIONS: Final = ("marker", "extra", "group")
"""The keys that say for which environments a source is."""
_ALSO: Final = {
    "index": (),
    "git": ("rev", "tag", "branch", "subdirectory"),
    "url": ("subdirectory",),
    "path": ("editable", "subdirectory"),
    "workspace": (),
}
"""The keys that may accompany each kind of source."""
_HINT: Final = 'write { git = "https://…", tag = "…" }, { url = "https://…" }, { path = "…" } or { index = "…" }'
_ARCHIVE: Final = lazy_pattern(r"[^/\\]+\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)")
_REMOTE: Final = lazy_pattern(r"https?://[^/?#\s]+/[^\s]*")
_SHA256: Final = lazy_pattern(r"[0-9A-Fa-f]{64}")
_HASH: Final = lazy_pattern(r"md5|sha\d+(?:_\d+)?|blake2[bs]?", "ia")
_USER: Final = lazy_pattern(r"(?<=://)[^/?#\s]*@")
_VARIABLE: Final = lazy_pattern(r"\$\{[A-Za-z0-9_]+\}")
_ROOT: Final = lazy_pattern(r"(?:file:/{2,3}\$\{PROJECT_ROOT\}|\{root((?::parent)*):uri\})(?=[/#]|$)")
"""The directory of the project as PDM and uv write it in a URL, and as Hatch does, which has those above it, too."""
_WINDOWS_DRIVE: Final = lazy_pattern(r"[A-Za-z]:[\\/]")


def from_url(url: str, base: str) -> Direct:
    """Return what a URL of a direct reference names (PEP 440, direct references; the VCS forms of pip and PEP 610).

    A `file:` URL becomes a path relative to `base`, which is absolute or empty. Raises ValueError.
    """
    _refuse_variable(url)
    if url.startswith("git+"):
        return _git_url(url.removeprefix("git+"), base)
    scheme, _, _ = url.partition(":")
    if "+" in scheme:
        raise ValueError(f"is a {scheme.partition('+')[0]} repository, but only git is supported")
    address, _, fragment = url.partition("#")
    fields = _fragment(fragment)
    if scheme == "file" or _ROOT.match(address):
        inner = fields.get("subdirectory", "")
        return from_path(_local(address), base, subdirectory=inner, sha256=fields.get("sha256"))
    if not _REMOTE.fullmatch(address):
        raise ValueError("is not an https, http, file or git+ URL")
    return _archive(_USER.sub("", address), fields.get("subdirectory", ""), fields.get("sha256"))


def from_requirement(declared: Declared, base: str) -> Direct:
    """Return what the URL of a requirement names; `base` is as in `from_url`. Raises InputError."""
    requirement = declared.requirement
    try:
        return from_url(requirement.url, base)
    except ValueError as error:
        raise InputError(
            f"{requirement.name} has a URL that {error}",
            hint=messages.url_hint(requirement.name, requirement.url),
            origin=declared.origin,
        ) from error


def from_path(
    path: str, base: str, *, editable: bool = False, subdirectory: str = "", sha256: str | None = None
) -> Directory | Archive:
    """Return the directory, or the archive, at `path`; relative to `base` where it is absolute. Raises ValueError."""
    if not path or any(char < " " for char in path):
        raise ValueError("has no path")
    absolute = os.path.isabs(path) or _WINDOWS_DRIVE.match(path)
    relative = _relative(path, base) if absolute else path
    tidy = os.path.normpath(relative).replace("\\", "/")
    if _ARCHIVE.fullmatch(tidy.rpartition("/")[2]):
        if editable:
            raise ValueError("is an archive, but only a directory can be editable")
        return _archive(tidy, subdirectory, sha256)
    inner = _subdirectory(subdirectory)
    return Directory(path=f"{tidy}/{inner}" if inner else tidy, editable=editable)


def is_conditional(written: object) -> bool:
    """Return whether a source is written for some environments only: as an array, or with a condition."""
    return isinstance(written, list) or (isinstance(written, dict) and any(key in written for key in CONDITIONS))


def places(document: Values, path: Path, base: str, written: object) -> tuple[Place, ...]:
    """Return the sources that a project has at `path`, each with its condition. Raises InputError."""
    paths = [(*path, number) for number in range(len(written))] if isinstance(written, list) else [path]
    if not paths:
        raise document.error(path, "has no source", hint=_HINT)
    return tuple(_place(document, each, base) for each in paths)


def _place(document: Values, path: Path, base: str) -> Place:
    direct = from_table(document, path, base, conditions=CONDITIONS)
    if "workspace" in document.table(path):
        what = "is a workspace member for some environments only, which is not supported"
        raise document.error(path, what, hint="use its path, or use the member for all environments")
    extra, group = document.string((*path, "extra")) or "", document.string((*path, "group")) or ""
    if extra and group:
        raise document.error(path, "is for an extra and for a group", hint="write one source for each")
    return Place(
        index=document.string((*path, "index")) or "",
        direct=direct,
        marker=document.string((*path, "marker")) or "",
        kind="extra" if extra else "group" if group else "",
        member=normalize(extra or group),
        origin=document.origin(path),
    )


def from_table(document: Values, path: Path, base: str, *, conditions: Sequence[str] = ()) -> Direct | None:
    """Return what the table at `path` names; None for an index or a member of the workspace. Raises InputError.

    `conditions` are the keys that may say for which environments it is.
    """
    table: Mapping[str, object] = document.table(path)
    document.known_keys(path, (*KEYS, *conditions))
    kinds = [key for key in _KINDS if key in table]
    if len(kinds) != 1:
        what = f"names {' and '.join(kinds)}" if kinds else "has no source"
        raise document.error(path, what, hint=_HINT)
    kind = kinds[0]
    for key in table:
        if key != kind and key not in _ALSO[kind] and key not in conditions:
            raise document.error((*path, key), f"cannot be used with {kind}", hint=f"remove {key}", at_key=True)
    if kind in ("index", "workspace"):
        return None
    written = document.string((*path, kind)) or ""
    inner = document.string((*path, "subdirectory")) or ""
    try:
        match kind:
            case "git":
                _refuse_variable(written)
                return _git(written, _revision(document, path), inner, base)
            case "url":
                found = from_url(written, base)
                if not isinstance(found, Archive):
                    raise ValueError("is not the URL of an archive")  # noqa: TRY004 - of a text, whose type is right
                return replace(found, subdirectory=_subdirectory(inner)) if inner else found
        return from_path(written, base, editable=document.boolean((*path, "editable")), subdirectory=inner)
    except ValueError as error:
        raise document.error((*path, kind), str(error), hint=_HINT) from error


def name_in(filename: str) -> str:
    """Return the name of the project in the name of a wheel or a source distribution; empty where it has none."""
    if filename.endswith(".whl"):
        return filename.partition("-")[0]
    stem = re.sub(r"\.(?:zip|tar\.[a-z0-9]+|tgz)$", "", filename)
    name, dash, version = stem.rpartition("-")
    return name if dash and version[:1].isdigit() else ""


def _revision(document: Values, path: Path) -> str:
    named = [key for key in ("rev", "tag", "branch") if document.string((*path, key))]
    if len(named) > 1:
        raise document.error(path, f"names {' and '.join(named)}", hint="use only one of rev, tag and branch")
    if not named:
        return ""
    text = document.string((*path, named[0])) or ""
    # A branch and a tag may have one name: only the whole name of a reference says which is meant.
    heads = {"branch": "refs/heads/", "tag": "refs/tags/"}.get(named[0], "")
    return text if text.startswith(("refs/", "-")) else f"{heads}{text}"


def _refuse_variable(url: str) -> None:
    """Raise ValueError for a variable that is part of what a lock records: no lock has one replaced, or a secret."""
    found = _VARIABLE.search(_USER.sub("", _ROOT.sub("", url.removeprefix("git+"), 1)))
    if found:
        raise ValueError(
            f"contains {found[0]}, which would be stored in the lockfile; use netrc, git or index credentials"
        )


def _git_url(url: str, base: str) -> Commit:
    address, _, fragment = url.partition("#")
    # The revision follows the last `@` of the path: `git+https://host/repo.git@v1.0`, user and host keep theirs.
    scheme, colons, rest = address.partition("://")
    host, slash, path = rest.partition("/") if colons else ("", "", address)
    place, at, revision = path.rpartition("@")
    path, revision = (place, revision) if at else (path, "")
    fields = _fragment(fragment)
    whole = f"{scheme}{colons}{host}{slash}{path}" if colons else path
    return _git(whole, revision, fields.get("subdirectory", ""), base)


def _git(url: str, revision: str, subdirectory: str, base: str) -> Commit:
    # What begins with a dash would be an option of git.
    if revision.startswith("-") or any(char <= " " for char in revision):
        raise ValueError("has an invalid git revision")
    if url.startswith("file://") or _ROOT.match(url):
        url = _local(url)
    if is_local(url):
        if url.startswith("-") or "://" in url or "::" in url or not url:
            raise ValueError("is not an https, ssh, git or file URL of a repository")
        url = os.path.normpath(_relative(url, base) if os.path.isabs(url) else url).replace("\\", "/")
    # The user of ssh is part of the address; with https it would be a credential.
    plain = _USER.sub("", url) if url.startswith(("https://", "http://")) else url
    return Commit(url=plain, revision=revision, subdirectory=_subdirectory(subdirectory))


def _archive(location: str, subdirectory: str, sha256: str | None) -> Archive:
    bare = location.partition("?")[0].rpartition("/")[2]
    filename = url_parse.unquote(bare) if "://" in location else bare
    if not _ARCHIVE.fullmatch(filename):
        raise ValueError("is not a wheel (.whl) or an archive (.tar.gz, .zip)")
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise ValueError("has a sha256 that is not 64 hexadecimal digits")
    return Archive(
        location=location,
        filename=filename,
        sha256=Sha256(sha256.lower()) if sha256 else None,
        subdirectory=_subdirectory(subdirectory),
    )


def _subdirectory(text: str) -> str:
    tidy = text.strip("/")
    if tidy and (".." in tidy.split("/") or "\\" in tidy or os.path.isabs(text)):
        raise ValueError("has a subdirectory outside of the sources")
    return "" if tidy == "." else tidy


def _fragment(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split("&") if part]
    found = {key: value for key, _, value in pairs}
    if len(found) < len(pairs):
        raise ValueError("has a duplicate key after its #")
    # A hash that is not compared must not look like one that is.
    other = next((key for key in found if _HASH.fullmatch(key) and key != "sha256"), "")
    if other and "sha256" not in found:
        raise ValueError(f"has a hash ({other}) that lockenv does not support; use #sha256=…")
    return found


def _local(url: str) -> str:
    """Return the path that a `file:` URL names (RFC 8089); that of one below the project is relative."""
    rooted = _ROOT.match(url)
    if rooted:
        return "../" * (rooted[1] or "").count(":") + (url_parse.unquote(url[rooted.end() :]).lstrip("/") or ".")
    parts = url_parse.urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise ValueError("is a file on another machine")
    path = url_parse.unquote(parts.path)
    return url_request.url2pathname(path) if system.is_windows else path


def _relative(path: str, base: str) -> str:
    try:
        return os.path.relpath(path, base or None).replace("\\", "/")
    except ValueError as error:  # another drive on Windows
        raise ValueError("is not on the drive of the project") from error
