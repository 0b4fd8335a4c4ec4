"""What a disk may hold after a loss of power: the calls of a run, and every state that some of them leave.

In: a run in which a Recorder is installed. Out: its calls as changes of a tree of names, and the trees that a crash
after any of them may leave. What a call wrote is durable once an `fsync` covers it: that of a file covers its content,
that of a directory its names. Without one, content may be missing, zeros, the beginning, or whatever the
blocks held; and names may have changed in their order (a journal of metadata: ext4, xfs) or in any (none).
"""

from __future__ import annotations

import builtins
import io
import os
import pickle
import stat
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

Content = Literal["kept", "empty", "zeros", "half", "other"]
"""What is read in place of content that no flush covers."""
Names = dict[int, dict[str, "Node"]]
"""The names in each directory."""
ROOT = 0


class Node(NamedTuple):
    """What a name refers to."""

    kind: Literal["directory", "file", "link"]
    key: int
    """Of a directory or a file, the same under all its names."""
    target: str = ""
    """Of a link."""


class Call(NamedTuple):
    """A call that changed names, or flushed."""

    name: str
    path: str
    """Absolute, or the key of a file for a flush of its content."""
    other: str = ""
    """Where it is renamed to, what is linked there, where a link leads."""
    key: int = 0


# Recording, in the process that runs the program


class Recording(NamedTuple):
    """What a Recorder is made from."""

    top: Path
    vault: Path
    first: int
    """The key of the first new file."""


class Recorder:
    """Notes each call below `top` that changes a file; new files get a second name in `vault`, which keeps their inode.

    Only for a process that ends afterwards.
    """

    def __init__(self, top: Path, vault: Path, first: int) -> None:
        self.calls: list[Call] = []
        self._top = f"{top}/"
        self._vault = vault
        self._next = first
        self._keys: dict[int, int] = {}
        self._alone = threading.RLock()

    def install(self) -> None:
        """Note the calls from now on, for the rest of this process."""
        for name in ("mkdir", "rmdir", "unlink", "symlink", "rename", "replace", "link", "open", "fsync"):
            setattr(os, name, self._around(getattr(os, name), getattr(self, f"_{name}")))
        setattr(builtins, "open", self._around_open(builtins.open))  # noqa: B010 - its type is that of no function of ours

    def save(self, path: str) -> None:
        """Write the calls for the process that forked this one, and how many files there are."""
        with io.FileIO(path, "w") as stream:
            stream.write(pickle.dumps((self.calls, self._next)))

    def _around(self, function: Callable[..., Any], note: Callable[..., None]) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            with self._alone:
                is_new = self._is_new(function, args, keywords)
                result = function(*args, **keywords)
                note(args, keywords, (result, is_new))
                return result

        return call

    def _is_new(self, function: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any]) -> bool:
        if function.__name__ != "open" or len(args) < 2 or not args[1] & os.O_CREAT:
            return False
        return not os.path.lexists(self._path(args[0], keywords.get("dir_fd")))

    def _around_open(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, mode: str = "r", *args: Any, **keywords: Any) -> Any:
            if not isinstance(file, (str, os.PathLike)) or not set(mode) & set("wax+"):
                return function(file, mode, *args, **keywords)
            with self._alone:
                is_new = not os.path.lexists(file)
                stream = function(file, mode, *args, **keywords)
                self._open((os.fspath(file), os.O_CREAT), {}, (stream.fileno(), is_new))
                return stream

        return call

    def _path(self, path: Any, directory: int | None) -> str:
        text: str = os.fspath(path)
        if directory is not None:
            return f"{os.readlink(f'/proc/self/fd/{directory}')}/{text}"
        above, name = os.path.split(os.path.abspath(text))
        return os.path.join(os.path.realpath(above), name)

    def _add(self, name: str, path: str, other: str = "", key: int = 0) -> None:
        if path.startswith(self._top) or f"{path}/" == self._top:
            self.calls.append(Call(name, path, other, key))

    def _of_name(self, name: str, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        self._add(name, self._path(args[0], keywords.get("dir_fd")))

    def _mkdir(self, args: tuple[Any, ...], keywords: Mapping[str, Any], _: object) -> None:
        self._of_name("mkdir", args, keywords)

    def _rmdir(self, args: tuple[Any, ...], keywords: Mapping[str, Any], _: object) -> None:
        self._of_name("remove", args, keywords)

    _unlink = _rmdir

    def _symlink(self, args: tuple[Any, ...], keywords: Mapping[str, Any], _: object) -> None:
        self._add("symlink", self._path(args[1], keywords.get("dir_fd")), os.fspath(args[0]))

    def _rename(self, args: tuple[Any, ...], keywords: Mapping[str, Any], _: object) -> None:
        source = self._path(args[0], keywords.get("src_dir_fd"))
        self._add("rename", source, self._path(args[1], keywords.get("dst_dir_fd")))

    _replace = _rename

    def _link(self, args: tuple[Any, ...], keywords: Mapping[str, Any], _: object) -> None:
        source = self._path(args[0], keywords.get("src_dir_fd"))
        self._add("link", self._path(args[1], keywords.get("dst_dir_fd")), source)

    def _open(self, args: tuple[Any, ...], keywords: Mapping[str, Any], made: tuple[int, bool]) -> None:
        descriptor, is_new = made
        path = self._path(args[0], keywords.get("dir_fd")) if is_new else ""
        if path.startswith(self._top):
            key, self._next = self._next, self._next + 1
            self._keys[os.fstat(descriptor).st_ino] = key
            self._keep(path, f"{self._vault}/{key}")
            self._add("create", path, key=key)

    def _fsync(self, args: tuple[Any, ...], *_: object) -> None:
        found = os.fstat(args[0])
        if stat.S_ISDIR(found.st_mode):
            self._add("flush-names", os.readlink(f"/proc/self/fd/{args[0]}"))
        elif (key := self._keys.get(found.st_ino)) is not None:
            self._add("flush-content", self._top, key=key)

    _keep = staticmethod(os.link)


# The disk


@dataclass
class Disk:
    """A tree before a run, and the calls of the run as changes of it."""

    top: Path
    names: Names = field(default_factory=dict)
    """Before the run."""
    places: dict[int, Path] = field(default_factory=dict)
    """A name of each file outside of the tree, by key."""
    first: int = 1

    @classmethod
    def of(cls, top: Path, saved: Path) -> Disk:
        """Return the tree at `saved`, which becomes that of `top`; all of it is on the disk."""
        disk = cls(top)
        disk._walk(ROOT, saved, {})
        return disk

    def _walk(self, key: int, directory: Path, seen: dict[int, int]) -> None:
        names = self.names.setdefault(key, {})
        for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
            if entry.is_symlink():
                names[entry.name] = Node("link", 0, os.readlink(entry.path))
            elif entry.is_dir():
                names[entry.name] = Node("directory", self._new())
                self._walk(names[entry.name].key, directory / entry.name, seen)
            else:
                inode = entry.inode()
                if inode not in seen:
                    seen[inode] = self._new()
                    self.places[seen[inode]] = directory / entry.name
                names[entry.name] = Node("file", seen[inode])

    def _new(self) -> int:
        self.first += 1
        return self.first - 1


class Change(NamedTuple):
    """What one call changed: entries of directories, None for one that went; or what it flushed."""

    call: Call
    entries: tuple[tuple[int, str, Node | None], ...] = ()
    flushed_names: int = -1
    flushed_content: int = -1
    made: int = -1
    """The file that it created."""


def changes(disk: Disk, calls: Iterable[Call]) -> list[Change]:
    """Return what `calls` changed, by the identity of directories and files, not by their paths."""
    names: Names = {key: dict(inside) for key, inside in disk.names.items()}
    found = []
    for call in calls:
        change = _change(disk, names, call)
        if change is not None:
            apply(names, change)
            found.append(change)
    return found


def _change(disk: Disk, names: Names, call: Call) -> Change | None:
    if call.name == "flush-content":
        return Change(call, flushed_content=call.key)
    if call.name == "flush-names":
        found = _find(disk, names, call.path)
        return None if found is None else Change(call, flushed_names=found)
    parent, name = _place(disk, names, call.path)
    if call.name == "create":
        return Change(call, ((parent, name, Node("file", call.key)),), made=call.key)
    if call.name == "mkdir":
        return Change(call, ((parent, name, Node("directory", disk._new())),))
    if call.name == "symlink":
        return Change(call, ((parent, name, Node("link", 0, call.other)),))
    if call.name == "remove":
        return Change(call, ((parent, name, None),))
    if call.name == "link":
        above, original = _place(disk, names, call.other)
        return Change(call, ((parent, name, names[above][original]),))
    target, new = _place(disk, names, call.other)
    moved = names[parent][name]
    return Change(call, ((parent, name, None), (target, new, moved)))


def _find(disk: Disk, names: Names, path: str) -> int | None:
    key = ROOT
    for part in os.path.relpath(path, disk.top).split("/"):
        node = names[key].get(part) if part != "." else Node("directory", key)
        if node is not None and node.kind == "link":
            node = names[key].get(node.target)
        if node is None or node.kind != "directory":
            return None
        key = node.key
    return key


def _place(disk: Disk, names: Names, path: str) -> tuple[int, str]:
    above, name = os.path.split(path)
    found = _find(disk, names, above)
    if found is None:
        raise AssertionError(f"{above} is not a directory of this disk")
    return found, name


def apply(names: Names, change: Change) -> None:
    """Make `change` in `names`."""
    for directory, name, node in change.entries:
        inside = names.setdefault(directory, {})
        if node is None:
            inside.pop(name, None)
        else:
            inside[name] = node
            if node.kind == "directory":
                names.setdefault(node.key, {})


class State(NamedTuple):
    """What a disk holds."""

    names: Names
    contents: dict[int, Content]
    """Of files whose content is not what was written."""

    def digest(self) -> int:
        """Return a number that equal states share."""
        reached: list[object] = []
        self._reach(ROOT, reached, set())
        return hash(tuple(reached))

    def _reach(self, key: int, reached: list[object], seen: set[int]) -> None:
        seen.add(key)
        for name, node in sorted(self.names.get(key, {}).items()):
            reached.append((key, name, node, self.contents.get(node.key, "kept") if node.kind == "file" else ""))
            if node.kind == "directory" and node.key not in seen:
                self._reach(node.key, reached, seen)


Model = Literal["ordered", "writeback", "torn", "reordered", "scattered"]
"""Content lost as a whole; as zeros; each file in some way; names in any order; both of the last."""


def state(disk: Disk, done: list[Change], model: Model, chance: random.Random) -> State:
    """Return what a crash after `done` may leave."""
    sure = {change.flushed_content for change in done}
    unsure = [change.made for change in done if change.made >= 0 and change.made not in sure]
    kept = done
    if model in ("reordered", "scattered"):
        share = chance.choice((0.1, 0.5, 0.9))
        kept = [
            change
            for change, is_sure in zip(done, _sure_names(done), strict=True)
            if is_sure or chance.random() < share
        ]
    names: Names = {key: dict(inside) for key, inside in disk.names.items()}
    for change in kept:
        apply(names, change)
    match model:
        case "ordered":
            contents: dict[int, Content] = dict.fromkeys(unsure, "empty")
        case "writeback":
            contents = dict.fromkeys(unsure, "zeros")
        case "reordered":
            contents = {}
        case _:
            ways: tuple[Content, ...] = ("kept", "kept", "empty", "zeros", "half", "other")
            contents = {key: chance.choice(ways) for key in unsure}
    return State(names, contents)


def _sure_names(done: list[Change]) -> list[bool]:
    """Return for each change whether a later flush of a directory in which it changed a name covers it."""
    flushed: set[int] = set()
    found = []
    for change in reversed(done):
        flushed.add(change.flushed_names)
        found.append(not change.entries or any(directory in flushed for directory, _, _ in change.entries))
    return found[::-1]


# A state as files


class Loss:
    """The content of files as a crash left it, in the inodes that the program knows; put back by `undo`."""

    def __init__(self) -> None:
        self._before: list[tuple[Path, bytes, os.stat_result]] = []

    def take(self, path: Path, how: Content) -> None:
        """Leave of the file at `path`, which has other names, what `how` says; its size on the disk but for `empty`."""
        content, found = path.read_bytes(), path.stat()
        self._before.append((path, content, found))
        half = len(content) // 2
        left = {
            "kept": content,
            "empty": b"",
            "zeros": bytes(len(content)),
            "half": content[:half],
            "other": (b"\x7fother\0bytes\xff" * (len(content) // 12 + 1))[: len(content)],
        }[how]
        _overwrite(path, left, found)

    def undo(self) -> None:
        """Put back what was taken."""
        for path, content, found in self._before:
            _overwrite(path, content, found)
        self._before.clear()


def _overwrite(path: Path, content: bytes, found: os.stat_result) -> None:
    with path.open("r+b") as stream:
        stream.truncate(0)
        stream.write(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def put(disk: Disk, found: State, loss: Loss) -> None:
    """Make the tree at the top of `disk`, where nothing is, what `found` says."""
    for key, how in found.contents.items():
        if how != "kept":
            loss.take(disk.places[key], how)
    _put(disk, found.names, ROOT, str(disk.top), set())


def _put(disk: Disk, names: Names, key: int, path: str, seen: set[int]) -> None:
    os.mkdir(path)
    seen.add(key)
    for name, node in _sorted(names.get(key, {})):
        if node.kind == "link":
            os.symlink(node.target, f"{path}/{name}")
        elif node.kind == "file":
            os.link(disk.places[node.key], f"{path}/{name}", follow_symlinks=False)
        elif node.key not in seen:
            _put(disk, names, node.key, f"{path}/{name}", seen)


def _sorted(inside: dict[str, Node]) -> Iterator[tuple[str, Node]]:
    yield from sorted(inside.items())
