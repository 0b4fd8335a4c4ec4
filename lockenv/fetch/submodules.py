"""The submodules of a commit: where each is, which commit it is of, and from which repository it comes.

Pure: what git printed goes in; Submodules come out. Never: a path that leads out of the tree, an address that reaches
git as an option or that a repository of another machine may not name.
"""

from __future__ import annotations

import posixpath

from lockenv.errors import InputError
from lockenv.fetch.urls import shown
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.direct import is_local
from lockenv.vocabulary.patterns import lazy_pattern

_HINT = "use another commit, or report this to its authors"
_SCHEME = lazy_pattern(r"[A-Za-z][A-Za-z0-9+.-]*:(?://|:)")


class Submodule(NamedTuple):
    """A repository in a repository."""

    path: str
    """Where its files are in the tree, with `/`."""
    commit: str
    address: str
    """As `git clone` takes it."""


def gitlinks(listed: str) -> dict[str, str]:
    """Return the commit of each submodule by its path, from what `git ls-tree -r -z` lists of a commit."""
    found = {}
    for entry in listed.split("\0"):
        about, tab, path = entry.partition("\t")
        mode, _, rest = about.partition(" ")
        if tab and mode == "160000":
            found[path] = rest.partition(" ")[2]
    return found


def submodules(linked: dict[str, str], configured: str, address: str) -> tuple[Submodule, ...]:
    """Return the submodules of a commit of the repository at `address`, sorted by path.

    `linked` are its gitlinks, and `configured` what `git config -z` prints of its `.gitmodules`. Those that are to be
    left alone (`update = none`) are left out. Raises InputError for one that cannot be had.
    """
    tables: dict[str, dict[str, str]] = {}
    for entry in configured.split("\0"):
        key, _, value = entry.partition("\n")
        name, dot, variable = key.removeprefix("submodule.").rpartition(".")
        if dot:
            tables.setdefault(name, {})[variable] = value
    by_path = {each.get("path", "").rstrip("/"): each for each in tables.values()}
    found = []
    for path, commit in sorted(linked.items()):
        about = by_path.get(path)
        if about is not None and about.get("update") == "none":
            continue
        if about is None or not about.get("url"):
            raise InputError(f"{shown(address)} does not record the URL of its submodule {path}", hint=_HINT)
        found.append(Submodule(path, commit, _address(about["url"], address, path)))
    return tuple(found)


def _address(url: str, parent: str, path: str) -> str:
    """Return the address of a submodule.

    `./` and `../` are seen from its parent (gitmodules, `submodule.<name>.url`).
    """
    is_relative = url.startswith(("./", "../"))
    if is_relative:
        found = _joined(parent, url)
    elif is_local(url) and not url.startswith("file:"):
        found = posixpath.normpath(url)
    else:
        found = url
    is_bad = found.startswith("-") or any(char <= " " for char in found)
    is_other = is_local(found) and _SCHEME.match(found) is not None
    if is_bad or is_other or (is_local(found) and not posixpath.isabs(found.replace("\\", "/")) and found[1:2] != ":"):
        raise InputError(
            f"{shown(parent)} has its submodule {path} from {shown(url)}, which is not a git URL", hint=_HINT
        )
    if (is_local(found) or found.startswith("file:")) and not (is_local(parent) or parent.startswith("file:")):
        raise InputError(
            f"{shown(parent)} has its submodule {path} from {shown(url)}, a path on this machine", hint=_HINT
        )
    return found


def _joined(parent: str, url: str) -> str:
    if is_local(parent):
        return posixpath.normpath(posixpath.join(parent.replace("\\", "/"), url))
    scheme, mark, rest = parent.rstrip("/").rpartition("://")
    host, slash, inner = rest.partition("/") if mark else ("", "", rest)
    if not mark:  # git@code.example:path
        host, slash, inner = rest.partition(":")
    tidy = posixpath.normpath(posixpath.join("/", inner, url)).lstrip("/")
    return f"{scheme}{mark}{host}{slash or '/'}{tidy}"
