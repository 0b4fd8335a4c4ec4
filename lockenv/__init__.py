"""Reproducible Python environments from one standard lockfile, proved and checked byte for byte.

`__init__.pyi` says what the library offers, docs/api.md how to use it. Everything is loaded when it is first named, so
that `import lockenv` loads nothing.
"""

import sys

__version__ = "0.1.0"

_HOMES = {
    "Change": "lockfile.diff",
    "CheckReport": "operations.check",
    "CheckRequest": "operations.check",
    "EnvironmentDiffers": "environment.verify",
    "EnvironmentMatches": "environment.verify",
    "Finding": "vocabulary.finding",
    "InSync": "operations.sync",
    "InputError": "errors",
    "Listener": "vocabulary.progress",
    "Lock": "lockfile.lock",
    "LockRequest": "operations.lock",
    "Locked": "operations.lock",
    "LockenvError": "errors",
    "MachineError": "errors",
    "Marker": "vocabulary.markers",
    "NeedsPermission": "vocabulary.pin",
    "NetworkError": "errors",
    "NotCovered": "lockfile.select",
    "NotUsable": "operations.usable",
    "Progress": "vocabulary.progress",
    "RefusedError": "errors",
    "SILENT": "vocabulary.progress",
    "Selected": "vocabulary.selected",
    "Selection": "lockfile.select",
    "SelectionOptions": "operations.selection_options",
    "Settings": "context.settings",
    "SyncRequest": "operations.synced",
    "Synced": "operations.synced",
    "Target": "vocabulary.target",
    "Unproven": "operations.verify",
    "Unsolvable": "vocabulary.pin",
    "UsageError": "errors",
    "Verified": "operations.verify",
    "VerifyRequest": "operations.verify",
    "WouldChange": "operations.synced",
    "check": "operations.check",
    "check_lock": "operations.check",
    "diff": "lockfile.diff",
    "find_target": "operations.locks",
    "lock": "operations.lock",
    "marker_text": "vocabulary.markers",
    "parse_lock": "operations.locks",
    "parse_marker": "vocabulary.markers",
    "read_lock": "operations.locks",
    "select": "lockfile.select",
    "sync": "operations.sync",
    "verify": "operations.verify",
}
"""The module that each public name is defined in, seen from this package."""
_DEFINED_AS = {"parse_marker": "parse"}
"""Public names that are called otherwise where they are defined."""

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    """Return the public name, whose module is loaded for it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), _DEFINED_AS.get(name, name))
    globals().setdefault(name, found)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Library(type(sys)):
    """This package as a module whose `sync` is the function, also after `lockenv.sync`, the room, was loaded.

    Whoever loads a room binds it as an attribute of its package. Rooms are found by their path, never by attribute.
    """

    @property
    def sync(self) -> object:
        return __getattr__("sync")

    @sync.setter
    def sync(self, room: object) -> None:
        pass


sys.modules[__name__].__class__ = _Library
