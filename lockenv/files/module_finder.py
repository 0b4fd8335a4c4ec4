"""Find and load the modules of lockenv as Python does, in two thirds of the time.

Python looks for each module with three finders and up to five names, and reads its bytecode with a file object. Where
the parts of lockenv are is known: here one `stat` finds the source, and one `read` takes the bytecode. It is used where
it was made from a source of that time and size, as by Python itself; anything else is left to Python: a source that was
changed, a module that is not there, an archive.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec, SourceFileLoader
    from types import CodeType, ModuleType
    from typing import Any
else:
    ModuleSpec = type(__spec__)
    SourceFileLoader = getattr(sys.modules.get("_frozen_importlib_external"), "SourceFileLoader", object)

_Module = type(sys)
_external: Any = sys.modules.get("_frozen_importlib_external")
"""Where Python has its own finders: `importlib.machinery` and `importlib.util`, without loading them."""
_PACKAGE = f"{__name__.partition('.')[0]}."
_BYTECODE = f".{sys.implementation.cache_tag}.pyc"
_HEADER = 16
"""Bytes in front of the code: the interpreter's number, flags, the time of the source and its size (PEP 552)."""
_LONGEST = 1 << 16
"""Bytes that are read at once; a longer file is left to Python."""
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class _Loader(SourceFileLoader):
    """Loads a module whose source was found."""

    def __init__(self, name: str, path: str, bytecode: str, found: os.stat_result) -> None:
        self.name, self.path = name, path
        self._bytecode = bytecode
        self._start = _external.MAGIC_NUMBER + b"\0\0\0\0" + _four(int(found.st_mtime)) + _four(found.st_size)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module with all that Python adds where it is missing, which takes it longer."""
        module = _Module(spec.name)
        attributes = module.__dict__
        attributes["__loader__"] = self
        attributes["__file__"] = self.path
        attributes["__cached__"] = self._bytecode
        if spec.submodule_search_locations is None:
            attributes["__package__"] = spec.name.rpartition(".")[0]
        else:
            attributes["__package__"] = spec.name
            attributes["__path__"] = spec.submodule_search_locations
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run the code of the module. Raises ImportError where there is none, and what the code raises."""
        code = self.get_code(self.name)
        if code is None:
            raise ImportError(f"{self.name} has no code", name=self.name, path=self.path)
        exec(code, module.__dict__)  # noqa: S102 - this is what loading a module means

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the module, from the bytecode where that is of this source."""
        try:
            descriptor = os.open(self._bytecode, _FLAGS)
        except OSError:
            return super().get_code(fullname)
        try:
            content = os.read(descriptor, _LONGEST)
        finally:
            os.close(descriptor)
        if len(content) == _LONGEST or content[:_HEADER] != self._start:
            return super().get_code(fullname)
        code: CodeType = _external._compile_bytecode(
            memoryview(content)[_HEADER:], fullname, bytecode_path=self._bytecode, source_path=self.path
        )
        return code


class _Finder:
    """Finds what is in the packages of lockenv."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG004
        """Return how to load the module `name`, which `path` is searched for; None where this finder cannot know."""
        if path is None or not name.startswith(_PACKAGE):
            return None
        directory, base = path[0], name.rpartition(".")[2]
        source = f"{directory}{os.sep}{base}.py"
        is_package = False
        try:
            found = os.stat(source)
        except OSError:
            directory, base, is_package = f"{directory}{os.sep}{base}", "__init__", True
            source = f"{directory}{os.sep}__init__.py"
            try:
                found = os.stat(source)
            except OSError:
                return None
        bytecode = f"{directory}{os.sep}__pycache__{os.sep}{base}{_BYTECODE}"
        spec = ModuleSpec(name, _Loader(name, source, bytecode, found), origin=source, is_package=is_package)
        spec.has_location = True
        spec.cached = bytecode
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(directory)
        return spec


def _four(number: int) -> bytes:
    return (number & 0xFFFFFFFF).to_bytes(4, "little")


def _install() -> None:
    """Have Python ask this finder first, where this module came from a file, and bytecode is where it usually is."""
    is_usual = type(__spec__.loader) is SourceFileLoader and hasattr(_external, "_compile_bytecode")
    if is_usual and sys.pycache_prefix is None and not sys.flags.optimize:
        sys.meta_path.insert(0, _Finder)


_install()
