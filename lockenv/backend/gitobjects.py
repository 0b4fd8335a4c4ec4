"""Prove that files are those of a commit, without git: by the hashes of its blobs and trees.

Pure: paths, modes and contents go in, and the objects of commits; what differs comes out as a clause. The hash is
SHA-1, or SHA-256 where the name of the commit is as long (git, "hash-function-transition").
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE, PROGRAM, LINK = "100644", "100755", "120000"
"""The modes that git has for files."""
_SUBMODULE = "160000"
_Node = dict[bytes, "tuple[str, bytes] | _Node"]
"""What a directory holds: mode and hash of each file, or another directory."""


class Commits(NamedTuple):
    """What a tree is of."""

    commit: str
    texts: Mapping[str, bytes]
    """The object of each commit whose files are there, by its place: empty for the tree itself, else of a submodule."""
    links: Mapping[str, str]
    """The commit of each submodule, by its place; one without an object is left empty."""


class Proof:
    """Gathers the files of one tree; then returns whether they are those of its commits."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._places = sorted(commits.texts, key=len, reverse=True)
        self._roots: dict[str, _Node] = {place: {} for place in commits.texts}
        self._fault = ""
        for path, commit in sorted(commits.links.items()):
            self._put(path, _SUBMODULE, bytes.fromhex(commit))

    def add(self, path: str, mode: str, content: bytes) -> None:
        """Note one file; of a link, its content is where it points to."""
        self._put(path, mode, self._hash("blob", content))

    def fault(self) -> str:
        """Return why the files are not those of the commits; empty when they are."""
        if self._fault or "" not in self._roots:
            return self._fault or "it records no commit"
        for place, text in sorted(self._commits.texts.items()):
            name = self._commits.links.get(place, "") if place else self._commits.commit
            if self._hash("commit", text).hex() != name:
                return f"it does not contain the commit {name}"
            if text.partition(b"\n")[0] != b"tree " + self._tree(self._roots[place]).hex().encode():
                return f"its files do not match the commit {name}"
        return ""

    def _hash(self, kind: str, content: bytes) -> bytes:
        digest = hashlib.sha256() if len(self._commits.commit) == 64 else hashlib.sha1(usedforsecurity=False)
        digest.update(f"{kind} {len(content)}\0".encode() + content)
        return digest.digest()

    def _put(self, path: str, mode: str, found: bytes) -> None:
        place = next((each for each in self._places if not each or path.startswith(f"{each}/")), None)
        if place is None:
            self._fault = f"{path} is not part of a commit"
            return
        node = self._roots[place]
        *parents, name = path.removeprefix(f"{place}/" if place else "").encode("utf-8", "surrogateescape").split(b"/")
        for parent in parents:
            within = node.setdefault(parent, {})
            if not isinstance(within, dict):
                self._fault = f"{path} is below a file"
                return
            node = within
        if name in node:
            self._fault = f"it contains {path} twice"
        node[name] = (mode, found)

    def _tree(self, node: _Node) -> bytes:
        entries = []
        for name, found in node.items():
            if isinstance(found, dict):
                # A tree is sorted as if the names of directories ended in a slash.
                entries.append((name + b"/", b"40000 " + name + b"\0" + self._tree(found)))
            else:
                entries.append((name, found[0].encode() + b" " + name + b"\0" + found[1]))
        return self._hash("tree", b"".join(entry for _, entry in sorted(entries)))
