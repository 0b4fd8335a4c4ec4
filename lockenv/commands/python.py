"""`lockenv python`: list, find, pin, install, remove and verify the interpreters that environments are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.environment.interpreter_locations import pythons_directory
from lockenv.environment.interpreters import list_all
from lockenv.errors import ExitCode, UsageError
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.environment import installed_pythons
    from lockenv.operations import python_find, python_install, python_pinning
    from lockenv.report import pythons
else:
    installed_pythons = late("lockenv.environment.installed_pythons")
    python_find = late("lockenv.operations.python_find")
    python_install = late("lockenv.operations.python_install")
    python_pinning = late("lockenv.operations.python_pinning")
    pythons = late("lockenv.report.pythons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv python` was asked."""

    action: Literal["list", "find", "pin", "install", "uninstall", "verify", "dir"]
    requests: list[str]
    sha256: str
    python_mirror: str
    json: bool


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Do what was asked; nothing to list, and a Python that was changed, are a no."""
    match options.action:
        case "list":
            _refuse_requests(options)
            found = list_all(environ=settings.tools_environ, cache_dir=settings.cache, project_dir=settings.directory)
            pinned = python_install.pinned_here(settings)
            return pythons.show_interpreters(found, pinned, console, as_json=options.json)
        case "dir":
            _refuse_requests(options)
            return pythons.show_directory(pythons_directory(settings.tools_environ), console, as_json=options.json)
        case "find":
            found_one = python_find.find_python(_only(options), settings)
            return pythons.show_found(found_one, console, as_json=options.json)
        case "pin":
            request = _only(options)
            pinned_one = python_pinning.pin(request, settings) if request else python_pinning.read(settings)
            return pythons.show_pin(pinned_one, console, as_json=options.json)
        case "install":
            wanted = python_install.InstallRequest(
                requests=tuple(options.requests), sha256=options.sha256, mirror=options.python_mirror
            )
            done = python_install.install(wanted, settings, console)
            return pythons.show(done, console, as_json=options.json)
        case "uninstall":
            if not options.requests:
                raise UsageError("which Python to remove is not said", hint="run `lockenv python uninstall VERSION`")
            gone = python_install.uninstall(options.requests, settings)
            return pythons.show_removed(gone, console, as_json=options.json)
        case "verify":
            compared = {
                one: installed_pythons.differences(one, cache_dir=settings.cache, environ=settings.tools_environ)
                for one in python_install.chosen(options.requests, settings)
            }
            return pythons.show_verified(compared, console, as_json=options.json)


def _only(options: Options) -> str:
    """Return the one request, or the empty text for none."""
    if len(options.requests) > 1:
        name = f"python {options.action}"
        raise UsageError(f"`{name}` takes one request", hint=f"run `lockenv {name} VERSION`")
    return "".join(options.requests)


def _refuse_requests(options: Options) -> None:
    if options.requests:
        raise UsageError(f"`python {options.action}` takes no version", hint="run `lockenv python find VERSION`")
