"""Reach many directories of an environment without naming any path twice.

A Walk goes from directory to directory below a root, each reached from its parent's open directory, so that no link is
followed and nothing outside the root is touched. Paths are relative to the root, with `/` between components.
"""

from __future__ import annotations

import errno
import os
import stat

from lockenv.errors import RefusedError
from lockenv.files.ops import Folder

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from lockenv.sync.link_plan import LinkPlan

LABEL = "sync"
"""The first half of the names of the fault points of what changes an environment that is there."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_NO_DIRECTORY = frozenset({errno.ENOTDIR, errno.ELOOP})


class DirectoryWalk:
    """A place below a root. Cheap when the directories asked for come sorted by component."""

    def __init__(self, root: str, label: str) -> None:
        self._folders = [Folder.open(root, label)]
        self._names: list[str] = []
        self._missing = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for folder in self._folders:
            folder.close()

    @property
    def root(self) -> Folder:
        """The root itself."""
        return self._folders[0]

    def at(self, path: str) -> Folder | None:
        """Return the directory at `path`, open until the next call; None when there is none.

        Raises RefusedError when a component is a link or a file.
        """
        if self._missing and (path + "/").startswith(self._missing):
            return None
        names = path.split("/") if path else []
        self._return_to(names)
        while len(self._names) < len(names):
            name = names[len(self._names)]
            try:
                folder = self._folders[-1].enter(name)
            except FileNotFoundError:
                self._missing = "/".join([*self._names, name, ""])
                return None
            except OSError as error:
                raise self._blocked(error, name) from error
            self._folders.append(folder)
            self._names.append(name)
        return self._folders[-1]

    def make(self, path: str) -> Folder:
        """Return the directory at `path`, open until the next call, made with its parents where it is missing."""
        self._missing = ""
        names = path.split("/") if path else []
        self._return_to(names)
        while len(self._names) < len(names):
            name = names[len(self._names)]
            try:
                self._folders[-1].mkdir(name)
                folder = self._folders[-1].enter(name)
            except OSError as error:
                raise self._blocked(error, name) from error
            self._folders.append(folder)
            self._names.append(name)
        return self._folders[-1]

    def place(self, path: str) -> tuple[Folder, str]:
        """Return an open directory, and how the names of what is in the directory `path` begin there; see `make`."""
        return self.make(path), ""

    def split(self, path: str) -> tuple[Folder | None, str]:
        """Return the directory that holds `path`, as `at`, and the name of `path` in it."""
        directory, _, name = path.rpartition("/")
        return self.at(directory), name

    def _return_to(self, names: list[str]) -> None:
        while self._names != names[: len(self._names)]:
            self._names.pop()
            self._folders.pop().close()

    def _blocked(self, error: OSError, name: str) -> OSError | RefusedError:
        if error.errno not in _NO_DIRECTORY:
            return error
        return RefusedError(
            "target-link",
            f"{self._folders[-1].join(name)} is a link or a file where a directory is needed",
            hint="remove it and run `lockenv sync`",
        )


class CreationWalk(DirectoryWalk):
    """A walk through an environment that is being created, in which nothing is but what its creation makes.

    What is below the directory `own` is reached by its path from there, where no other user can put a link on the way:
    none of those directories is opened.
    """

    def __init__(self, root: str, label: str, own: str) -> None:
        super().__init__(root, label)
        self.own = own
        self._own = f"{own}/"
        self._to_own = DirectoryWalk(root, label)
        try:
            self._top = self._to_own.make(own)
            self._made = {""} if is_own(self._top) else None
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        self._to_own.__exit__(kind, error, at)

    def place(self, path: str) -> tuple[Folder, str]:
        """Return an open directory, and how the names of what is in the directory `path` begin there; make `path`."""
        if self._made is None or not f"{path}/".startswith(self._own):
            return super().place(path)
        below = path[len(self._own) :]
        if below not in self._made:
            for name in self._missing_to(below, self._made):
                self._top.mkdir(name)
        return self._top, f"{below}/" if below else ""

    def link(self, source: Folder, plan: LinkPlan) -> None:
        """Link the files of `source` as `plan` says: first all directories are made, then all files are linked.

        Each of the two takes fewer steps of the processor where nothing else comes between.
        """
        if self._made is None:
            for name, item in zip(plan.names, plan.items, strict=False):
                directory, _, base = f"{self._own}{name}".rpartition("/")
                target, at = self.place(directory)
                target.link(at + base, source, item)
        else:
            for directory in plan.directories:
                if directory not in self._made:
                    self._made.add(directory)
                    self._top.mkdir(directory)
            self._top.link_all(source, zip(plan.names, plan.items, strict=False))
        for directory, names, items in plan.elsewhere:
            target, at = self.place(directory)
            target.link_all(source, zip([at + name for name in names], items, strict=True))

    def _missing_to(self, path: str, made: set[str]) -> list[str]:
        """Return the directories that were not `made` yet, from the first one down to `path`; they are, from now on."""
        found: list[str] = []
        while path not in made:
            found.append(path)
            made.add(path)
            path = path.rpartition("/")[0]
        return found[::-1]


def is_own(folder: Folder) -> bool:
    """Return whether no other user can put anything into `folder`; False where that is not known."""
    if folder.fd < 0 or not hasattr(os, "geteuid"):
        return False
    # An access control list that lets others write shows in the bits of the group.
    found = os.fstat(folder.fd)
    return found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_WRITE


def order(path: str) -> list[str]:
    """Return the key that sorts directories as a DirectoryWalk likes them."""
    return path.split("/")
