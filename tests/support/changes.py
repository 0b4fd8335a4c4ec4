"""Every single change of an environment that somebody could make, and what `verify` has to say of it.

An environment's directory goes in; changes come out, each of which can be made and taken back. A change names the
paths it touches, so that taking it back copies no more than those from an untouched copy.
"""

from __future__ import annotations

import importlib.util
import os
import py_compile
import shutil
import stat
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.support.wheels import record_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Answer = TypeVar("Answer")
Finding = tuple[str, str]
"""Problem and path, as `verify --json` names them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `make` gets the path of the file in question, and may look at its neighbours."""

    kind: str
    path: str
    make: Callable[[Path], object]
    expected: frozenset[Finding]
    code: int = 1
    """With which `verify` ends: 2 where there is no environment left to look into."""

    @property
    def touched(self) -> set[str]:
        """The paths that may differ afterwards."""
        return {self.path, f"{self.path}.aside", *(path.removesuffix("/") for _, path in self.expected)}


class Bench:
    """An environment that is changed and put back, over and over."""

    def __init__(self, root: Path, pristine: Path) -> None:
        """Take `root`, of which an untouched copy is made at `pristine`; both then share no file with a store."""
        self.root = root
        self.pristine = pristine
        shutil.copytree(root, pristine, symlinks=True)
        shutil.rmtree(root)
        shutil.copytree(pristine, root, symlinks=True)

    def answer(self, change: Change, ask: Callable[[Bench], Answer]) -> Answer:
        """Return what `ask` says while `change` is made; it is taken back afterwards."""
        change.make(self.root / change.path)
        try:
            return ask(self)
        finally:
            self._take_back(change)

    def _take_back(self, change: Change) -> None:
        """Put back what `change` touched."""
        for path in sorted(change.touched, reverse=True):
            _remove(self.root / path)
        for path in sorted(change.touched):
            source, target = self.pristine / path, self.root / path
            if source.is_symlink():
                target.symlink_to(source.readlink())
            elif source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            elif source.exists():
                shutil.copy2(source, target)

    def changes(self) -> Iterator[Change]:
        """Yield every change, file after file."""
        for path in sorted(self.root.rglob("*")):
            name = str(path.relative_to(self.root))
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                yield from _of_link(name, path)
            elif stat.S_ISDIR(mode):
                yield from _of_directory(name, path)
            elif name.startswith(".lockenv/"):
                yield from _of_own_record(name, path)
            elif name == "pyvenv.cfg":
                yield from _of_configuration(name, path)
            else:
                yield from _of_file(name, path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _of_file(name: str, path: Path) -> Iterator[Change]:
    changed = frozenset({("changed", name)})
    size = path.stat().st_size
    for position in sorted({0, size // 2, size - 1}) if size else []:
        yield Change("bit of a byte", name, _flip(position), changed)
    yield Change("byte added", name, _append, changed)
    if size:
        yield Change("emptied", name, lambda file: file.write_bytes(b""), changed)
    yield Change("removed", name, Path.unlink, frozenset({("missing", name)}))
    for bit in range(12):
        yield Change("mode bit", name, _toggle(1 << bit), frozenset({("mode", name)}))
    yield Change("link", name, _to_link, frozenset({("link", name), ("foreign", f"{name}.aside")}))
    yield Change("directory", name, _to_directory, changed)
    yield Change("pipe", name, _to_pipe, changed)
    yield Change("renamed", name, _rename, frozenset({("missing", name), ("foreign", f"{name}.aside")}))
    if name.startswith("bin/"):
        yield Change("swapped script", name, _swap, changed)
    if name.endswith(".dist-info/RECORD"):
        yield from _of_record(name, path)
    elif name.endswith(".py"):
        yield from _of_source(name)


def _of_configuration(name: str, path: Path) -> Iterator[Change]:
    """Yield the changes of pyvenv.cfg; where it no longer describes an environment, there is none to look into."""
    is_first = True
    for change in _of_file(name, path):
        is_unreadable = change.kind in ("emptied", "removed", "directory", "pipe", "renamed")
        if is_unreadable or (is_first and change.kind == "bit of a byte"):
            yield replace(change, expected=frozenset(), code=2)
        else:
            yield change
        is_first = False


def _of_own_record(name: str, path: Path) -> Iterator[Change]:
    changed = frozenset({("changed", name)})
    size = path.stat().st_size
    for position in sorted({0, size // 2, size - 1}) if size else []:
        yield Change("bit of a byte", name, _flip(position), changed)
    yield Change("byte added", name, _append, changed)
    if name.endswith("/environment.json"):
        yield Change("removed", name, Path.unlink, frozenset({("missing", name)}))
    if not name.endswith("/lock"):
        yield Change("link", name, _to_link, frozenset({("changed", name), ("foreign", f"{name}.aside")}))


def _of_link(name: str, path: Path) -> Iterator[Change]:
    elsewhere = frozenset({("link", name)})
    yield Change("link moved", name, _to("/usr/bin/true"), elsewhere)
    if name == "bin/python":
        yield Change("link removed", name, Path.unlink, frozenset(), code=2)
    else:
        yield Change("link removed", name, Path.unlink, frozenset({("missing", name)}))
    if path.is_file():
        yield Change("link copied", name, _to_copy, frozenset({("changed", name)}))
        yield Change("interpreter replaced", name, _to_script, frozenset({("changed", name)}))


def _of_directory(name: str, path: Path) -> Iterator[Change]:
    added: tuple[str, ...]
    if name == ".lockenv":
        added = (".lockenv/evil.py", ".lockenv/old")
    elif path.name == "__pycache__":
        return
    else:
        tag = sys.implementation.cache_tag
        added = (f"{name}/evil.py", f"{name}/evil.pth", f"{name}/evil.pyc", f"{name}/.evil", f"{name}/evil.so")
        cached = f"{name}/__pycache__/evil.{tag}.pyc"
        yield Change("byte-code of nothing", cached, _add, frozenset({("byte-code", cached)}))
        yield Change("link added", f"{name}/evil", _to("/usr"), frozenset({("foreign", f"{name}/evil")}))
        yield Change("directory added", f"{name}/evil", Path.mkdir, frozenset({("foreign", f"{name}/evil/")}))
        cache = f"{name}/evil/__pycache__"
        yield Change("cache added", f"{name}/evil", _make_cache, frozenset({("foreign", f"{cache}/")}))
        for bit in (0o2, 0o20):
            yield Change("directory mode bit", name, _toggle(bit), frozenset({("mode", f"{name}/")}))
    for file in added:
        yield Change("file added", file, _add, frozenset({("foreign", file)}))


def _of_record(name: str, path: Path) -> Iterator[Change]:
    changed = frozenset({("changed", name)})
    for number in range(len(path.read_bytes().splitlines())):
        yield Change("forged row", name, _forge_row(number), changed)
    yield Change("row removed", name, lambda file: _edit(file, lambda lines: lines[1:]), changed)
    yield Change("row added", name, lambda file: _edit(file, lambda lines: [*lines, "evil.py,,"]), changed)
    yield Change("rows exchanged", name, lambda file: _edit(file, lambda lines: lines[::-1]), changed)
    license_ = f"{name.rpartition('/')[0]}/METADATA"
    both = frozenset({("changed", name), ("changed", license_)})
    yield Change("forged row and file", name, _forge_both, both)


def _of_source(name: str) -> Iterator[Change]:
    directory, _, base = name.rpartition("/")
    cached = importlib.util.cache_from_source(f"{directory}/{base}")
    other = frozenset({("byte-code", cached)})
    legacy = f"{name}c"
    yield Change("legacy byte-code", legacy, _compile_beside, frozenset({("foreign", legacy)}))
    for kind, plant in (("stamped", _plant(None)), ("hashed", _plant(py_compile.PycInvalidationMode.UNCHECKED_HASH))):
        yield Change(f"{kind} byte-code of another source", cached, plant, other)
    yield Change("byte-code with bytes behind it", cached, _plant_longer, other)
    # One module does not compile.
    if base != "old.py":
        open_ = frozenset({("mode", cached)})
        yield Change("byte-code open to others", cached, _plant_open, open_)


def _flip(position: int) -> Callable[[Path], object]:
    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[position] ^= 1
        _write_like(path, bytes(content))

    return flip


def _swap(path: Path) -> None:
    """Put another program of the environment in place of a script, or one that does nothing."""
    others = [other for other in sorted(path.parent.iterdir()) if other.is_file() and not other.is_symlink()]
    content = path.read_bytes()
    programs = [other.read_bytes() for other in others if os.access(other, os.X_OK)]
    _write_like(path, next((program for program in programs if program != content), b"#!/bin/sh\n"))


def _write_like(path: Path, content: bytes) -> None:
    """Write with the times of what was there, as who wants to hide would."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"#")


def _toggle(bit: int) -> Callable[[Path], object]:
    return lambda path: path.chmod(stat.S_IMODE(path.stat().st_mode) ^ bit)


def _to_link(path: Path) -> None:
    """Put a link in place of a file, to the same content."""
    path.rename(f"{path}.aside")
    path.symlink_to(f"{path.name}.aside")


def _to_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _rename(path: Path) -> None:
    path.rename(f"{path}.aside")


def _to(target: str) -> Callable[[Path], object]:
    def to(path: Path) -> None:
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return to


def _to_copy(path: Path) -> None:
    real = path.resolve()
    path.unlink()
    shutil.copy2(real, path)


def _to_script(path: Path) -> None:
    path.unlink()
    path.write_text("#!/bin/sh\nexec /usr/bin/true\n")
    path.chmod(0o755)


def _add(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"import os\n")


def _make_cache(path: Path) -> None:
    (path / "__pycache__").mkdir(parents=True)


def _edit(path: Path, edit: Callable[[list[str]], list[str]]) -> None:
    path.write_text("\n".join(edit(path.read_text().splitlines())) + "\n")


def _forge_row(number: int) -> Callable[[Path], object]:
    def forged(line: str) -> str:
        return f"{line.rpartition(',sha256=')[0] or line.rstrip(',')},sha256={'A' * 43},4"

    return lambda path: _edit(path, lambda lines: [*lines[:number], forged(lines[number]), *lines[number + 1 :]])


def _forge_both(path: Path) -> None:
    """Change a file and its row, so that the RECORD is right about what is there."""
    file = path.with_name("METADATA")
    file.write_bytes(file.read_bytes() + b"evil\n")
    own = f"{path.parent.name}/METADATA"
    _edit(path, lambda lines: [record_row(own, file.read_bytes()) if line.startswith(own) else line for line in lines])


def _source_of(cached: Path) -> Path:
    return cached.parent.parent / f"{cached.name.partition('.')[0]}.py"


def _compile_beside(path: Path) -> None:
    """Compile a source to where Python 2 put it, or write what could be there when it does not compile."""
    try:
        py_compile.compile(str(path.with_suffix(".py")), cfile=str(path), doraise=True)
    except py_compile.PyCompileError:
        path.write_bytes(b"")


def _plant(mode: py_compile.PycInvalidationMode | None) -> Callable[[Path], object]:
    """Return what writes byte-code of another source, under the header that Python accepts for this one."""

    def plant(cached: Path) -> None:
        cached.parent.mkdir(exist_ok=True)
        source, evil = _source_of(cached), cached.with_name("evil.py")
        evil.write_text("import os\nos.abort()\n")
        py_compile.compile(str(evil), cfile=str(cached), invalidation_mode=mode, doraise=True)
        evil.unlink()
        if mode is None:
            found = source.stat()
            content = bytearray(cached.read_bytes())
            content[8:12] = (int(found.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little")
            content[12:16] = (found.st_size & 0xFFFFFFFF).to_bytes(4, "little")
            cached.write_bytes(content)

    return plant


def _plant_longer(cached: Path) -> None:
    cached.parent.mkdir(exist_ok=True)
    try:
        py_compile.compile(str(_source_of(cached)), cfile=str(cached), doraise=True)
    except py_compile.PyCompileError:
        cached.write_bytes(b"")
    _append(cached)


def _plant_open(cached: Path) -> None:
    """Compile the source as an import would, and let everybody write to what comes out."""
    py_compile.compile(str(_source_of(cached)), cfile=str(cached), doraise=True)
    cached.chmod(0o666)
