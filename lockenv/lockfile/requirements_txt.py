"""Write a part of a lock as requirements with hashes, which pip installs with `--require-hashes`.

Pure: a LockSubset goes in, text comes out, sorted as the lock is. Never: a clock, a credential, a path of the machine
but that of a repository on it, which pip takes in no other way.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from lockenv.errors import InputError
from lockenv.lockfile.inputs import canonical_index
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.direct import Archive, Commit, Directory, is_local
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from lockenv.lockfile.artifact import Hashes
    from lockenv.lockfile.subset import Entry, LockSubset

_KNOWN: Final = ("sha256", "sha384", "sha512")
"""Algorithms that pip accepts with `--require-hashes`, the first that a file has is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How requirements are written."""

    title: str
    """What the head of the file says they are."""
    default_index: str
    """Not named."""
    has_hashes: bool = True
    back: str = ""
    """The way from where the file is used to the directory of the lock; empty where they are one."""
    base: str = ""
    """The directory of the lock, absolute."""


def requirements(part: LockSubset, form: Form) -> str:
    """Return the text of a requirements file; its markers mean something in the region of `part` alone.

    Raises InputError for a file without a hash that pip accepts.
    """
    lines = [f"# Created by lockenv: {printable(form.title)}."]
    if form.has_hashes and without_hash(part):
        lines.append("# pip cannot check hashes of commits and directories: use `lockenv export --no-hashes` for pip.")
    released = [entry for entry in part.entries if entry.direct is None]
    indexes = list(dict.fromkeys(canonical_index(entry.index) if entry.index else "" for entry in released))
    if any(index not in ("", form.default_index) for index in indexes):
        first, *others = sorted(index or form.default_index for index in indexes)
        lines.append(f"--index-url {_word(first, 'an index')}")
        lines += [f"--extra-index-url {_word(index, 'an index')}" for index in others]
    for entry in part.entries:
        marker = marker_text(entry.marker, assuming=part.region)
        head = _words(_head(entry, form) + (f" ; {marker}" if marker else ""), entry.name)
        hashes = sorted({_hash(entry, hashes) for _, hashes in entry.files}) if form.has_hashes else []
        lines.append(" \\\n    ".join([head, *(f"--hash={text}" for text in hashes)]))
    return "\n".join(lines) + "\n"


def without_hash(part: LockSubset) -> tuple[Entry, ...]:
    """Return what nothing has a hash of: commits, which name themselves, and directories."""
    return tuple(entry for entry in part.entries if isinstance(entry.direct, Commit | Directory))


def _head(entry: Entry, form: Form) -> str:
    """Return a requirement without its marker: a release, or where a project comes from.

    As PEP 508 and pip's "VCS Support" write it.
    """
    match entry.direct:
        case Commit() as commit:
            return f"{entry.name} @ {vcs_url(commit, form.base)}"
        case Directory(path=path, editable=editable):
            return f"{'-e ' if editable else ''}{_path(path, form)}"
        case Archive(location=location, subdirectory=inner, sha256=sha256):
            fragment = [f"subdirectory={inner}"] if inner else []
            # Without hashes of all, pip still checks the one that a URL states of itself.
            fragment += [f"sha256={sha256}"] if sha256 and not form.has_hashes else []
            if "://" in location:
                return f"{entry.name} @ {location}" + (f"#{'&'.join(fragment)}" if fragment else "")
            return _path(location, form)
    return f"{entry.name}=={entry.version}"


def vcs_url(commit: Commit, base: str) -> str:
    """Return what pip takes of a commit; a repository of this machine is seen from `base`."""
    url = commit.url
    if is_local(url):
        path = posixpath.normpath(posixpath.join(base.replace("\\", "/"), url))
        url = f"file://{'' if path.startswith('/') else '/'}{quote(path, safe='/:')}"
    elif "://" not in url:  # git@code.example:path
        host, _, path = url.partition(":")
        url = f"ssh://{host}/{path.lstrip('/')}"
    return f"git+{url}@{commit.commit}" + (f"#subdirectory={commit.subdirectory}" if commit.subdirectory else "")


def _word(text: str, what: str) -> str:
    """Return `text`, in which pip reads nothing but one word. Raises InputError for any other."""
    if " " in text or "'" in text or '"' in text:
        raise _unwritable(text, what)
    return _words(text, what)


def _words(text: str, what: str) -> str:
    """Return `text`, which pip reads as one requirement: no option, comment, variable or line follows in it.

    Raises InputError for any other (pip, "Requirements File Format").
    """
    rest = text.removeprefix("-e ")
    if not rest.isprintable() or "\\" in rest or "${" in rest or any(each[:1] in "-#" for each in rest.split()):
        raise _unwritable(text, what)
    return text


def _unwritable(text: str, what: str) -> InputError:
    return InputError(
        f"cannot export {what}: pip would read more than one requirement in {text!a}",
        hint="the lockfile was changed; restore it from version control, or lock again",
    )


def _path(path: str, form: Form) -> str:
    found = posixpath.normpath(posixpath.join(form.back, path))
    return found if found.startswith(("../", "/")) or found in (".", "..") else f"./{found}"


def _hash(entry: Entry, hashes: Hashes) -> str:
    known = dict(hashes)
    for algorithm in _KNOWN:
        if algorithm in known:
            return f"{algorithm}:{known[algorithm]}"
    raise InputError(
        f"a file of {entry.name} {entry.version} has only {', '.join(sorted(known))}, which pip does not accept",
        hint="run `lockenv lock --upgrade`, so that every file has a sha256",
    )
