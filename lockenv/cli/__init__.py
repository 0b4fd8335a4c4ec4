"""From argv to a command to an exit code.

Duty: read argv, the process environment and the clock once into Settings. Never: doing anything else.
"""

from __future__ import annotations

import gc
import os
import sys
import time

import lockenv
import lockenv.files.module_finder
from lockenv.errors import ExitCode, LockenvError
from lockenv.vocabulary import late as late_modules
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn

    from lockenv import console as console_module
    from lockenv import errors
    from lockenv.cli import active, fault_hint, parser, search_path, without_command
    from lockenv.cli import unforeseen as cli_unforeseen
    from lockenv.cli import variables as cli_variables
    from lockenv.console import Console
    from lockenv.context import settings as context_settings
    from lockenv.context import user_configuration
    from lockenv.context.settings import Settings
    from lockenv.files import log_file, programs, text_cache
    from lockenv.operations import script, selection_options
    from lockenv.operations.selection_options import SelectionOptions
    from lockenv.project.user import Configuration
    from lockenv.vocabulary import dataclasses, run_log
    from lockenv.vocabulary.run_log import RunLog
else:
    active = late("lockenv.cli.active")
    fault_hint = late("lockenv.cli.fault_hint")
    parser = late("lockenv.cli.parser")
    search_path = late("lockenv.cli.search_path")
    without_command = late("lockenv.cli.without_command")
    cli_unforeseen = late("lockenv.cli.unforeseen")
    cli_variables = late("lockenv.cli.variables")
    console_module = late("lockenv.console")
    context_settings = late("lockenv.context.settings")
    user_configuration = late("lockenv.context.user_configuration")
    errors = late("lockenv.errors")
    log_file = late("lockenv.files.log_file")
    programs = late("lockenv.files.programs")
    text_cache = late("lockenv.files.text_cache")
    script = late("lockenv.operations.script")
    selection_options = late("lockenv.operations.selection_options")
    dataclasses = late("lockenv.vocabulary.dataclasses")
    run_log = late("lockenv.vocabulary.run_log")


_MODULES = {
    "completion": "lockenv.cli.completion",  # made from the table of options, which no command knows
    "import": "lockenv.commands.import_lock",  # a word that cannot name a module in Python
}


_RESOLVING = ("add", "import", "lock", "remove", "upgrade")
"""The commands that ask the indexes what there is."""


def program(pause: Callable[[float], None] = time.sleep) -> NoReturn:
    """Run the program and end the process, which is what both ways to start it call; `pause` as for `main`.

    At once: taking a lock apart object by object, when all memory is about to go, is a tenth of a `check`.
    """
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        # Else the next file that is opened takes the number of the stream, and what a library prints goes into it.
        while os.open(os.devnull, os.O_RDWR) < 3:
            pass
    sys.unraisablehook = _unraisable
    if (added := os.environ.get("PYTHONPATH")) and not sys.flags.ignore_environment:
        sys.path[:] = search_path.with_last(added, sys.path)
    try:
        code = main(pause=pause)
    except KeyboardInterrupt:
        code = int(ExitCode.INTERRUPTED)  # before or after the part that reports it
    except MemoryError:
        code = _exhausted()  # there is not enough of it to report it in the usual way
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:
        code = code or int(ExitCode.CANNOT)  # nothing is left to report it to
    os._exit(code)


def _unraisable(what: sys.UnraisableHookArgs, /) -> None:
    """Report an error that nothing can handle, as Python does; not that memory is short, which is reported once."""
    if what.exc_type is not MemoryError:
        sys.__unraisablehook__(what)


def _exhausted() -> int:
    """Report that memory is short, with as little of it as can be; return the exit code."""
    try:
        os.write(2, b"error: out of memory\n  hint: close other programs and run the command again\n")
    except OSError:
        return int(ExitCode.CANNOT)  # no one reads it
    return int(ExitCode.CANNOT)


def main(
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Run the program and return its exit code; `sys.argv` and `os.environ` by default.

    `pause` waits so many seconds before a failed request is sent again.
    """
    if argv is None:
        # This process ends before its cycles matter; looking for them costs a tenth of a cold lock.
        gc.disable()
    arguments = sys.argv[1:] if argv is None else argv
    variables = os.environ if environ is None else environ
    console = console_module.standard(variables, quiet=False)
    name, values = "", dict[str, object]()
    try:
        user = _User(variables)
        name, values = parser.parse(arguments, variables, user.options)
        if values["working_directory"]:
            _change_directory(str(values["working_directory"]))
        console = _console(values, variables)
        settings = _settings(values, variables, user.configuration, _log(values, console), pause)
        if any(variable.startswith("LOCKENV_") for variable in variables):
            cli_variables.note_unknown(variables, console)
        if name in _RESOLVING and any("INDEX" in variable or "PYPI" in variable for variable in variables):
            cli_variables.note_indexes(variables, console)
        return int(_run_any(name, values, settings, console))
    except LockenvError as error:
        if not values:  # the command line is wrong, or asks for what its variables contradict
            choice = without_command.color_choice(arguments, variables)
            console = console_module.standard(variables, quiet=False, color=choice)
        cli_unforeseen.advise(error)
        if isinstance(error, errors.RefusedError):
            fault_hint.advise(error, name, arguments, values)
        # A command with a format reports its errors in it; the others, where JSON was asked for, report them here.
        if values.get("audit_format") == "json" or (values.get("json") and "format" not in values):
            _report_as_json(error, console)
        console.error(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return _interrupted(console)
    except BrokenPipeError:
        sys.stdout = None  # the reader is gone: nothing more can be written, and the exit must not try to flush
        return 128 + 13
    except Exception as error:  # noqa: BLE001 -- the last door: a bug must still leave one sentence and its exit code
        return _unforeseen(error, console, variables)


def _console(values: Mapping[str, object], environ: Mapping[str, str]) -> Console:
    """Return the console that the options ask for."""
    return console_module.standard(
        environ, quiet=bool(values["quiet"]), color=str(values["color"]), follows=not values["no_progress"]
    )


def _log(values: Mapping[str, object], console: Console) -> RunLog | None:
    """Return what the options want to have reported, and where: all in a file, some on the terminal. None for nothing.

    Raises MachineError for a file that cannot be written.
    """
    level = values["verbose"]
    if not (level or values["log"]):
        return None
    file = [log_file.LogFile(os.path.abspath(str(values["log"]))).write] if values["log"] else []
    steps = [*file, console.trace] if level else file
    return run_log.RunLog(steps, [*file, console.trace] if isinstance(level, int) and level > 1 else file)


def _run_any(name: str, values: dict[str, object], settings: Settings, console: Console) -> ExitCode:
    """Run the command; a log has what it is and how it ends."""
    log = settings.log
    if log is None:
        return _run_for(name, values, settings, console)
    log.step(f"lockenv {lockenv.__version__} {name}, Python {sys.version.split()[0]} on {system.platform}")
    try:
        code = _run_for(name, values, settings, console)
    except LockenvError as error:
        log.step(f"error: {error.message}")
        raise
    if traffic := log.traffic:
        log.step(traffic)
    log.step(f"exit code {int(code)}")
    return code


def _run_for(name: str, values: dict[str, object], settings: Settings, console: Console) -> ExitCode:
    """Run the command for a project, or for a script where one is named, with a cache of its own if that is asked."""
    if values.get("no_cache"):
        if values.get("script") and name != "lock":
            raise errors.UsageError(
                "--no-cache cannot be used with --script, whose environment is in the cache",
                hint="choose another cache with --cache-dir",
            )
        with programs.empty_directory() as directory:
            settings = dataclasses.replace(settings, cache_dir=directory)
            return _run_for(name, {**values, "no_cache": False}, settings, console)
    if values.get("script"):
        if values.get("lock"):
            raise errors.UsageError("--lock and --script cannot be used together", hint="use one of them")
        return _run_for_script(str(values["script"]), name, values, settings, console)
    return _run(name, values, settings, console)


def _run(name: str, values: dict[str, object], settings: Settings, console: Console) -> ExitCode:
    path = _MODULES.get(name, f"lockenv.commands.{name.replace('-', '_')}")
    __import__(path)  # what `import_module` calls, without loading `importlib` for it
    module: Any = sys.modules[path]
    fields: tuple[str, ...] = module.Options.__slots__
    if values.get("active") and not values["venv"]:
        values["venv"] = active.active_environment(settings.environ, settings.cache_path)
    if "selection" in fields:
        values["selection"] = _selection(values)
    options = module.Options(**{field: values[field] for field in fields})
    late_modules.open_memory = lambda: text_cache.opened(settings.cache_path, lambda: settings.cache)
    answer: ExitCode = module.run(options, settings, console)
    while late_modules.at_end:
        late_modules.at_end.pop()()
    return answer


def _selection(values: Mapping[str, object]) -> SelectionOptions:
    """Return what the options that select a part of a lockfile say."""
    kind = selection_options.SelectionOptions
    names: tuple[str, ...] = kind.__slots__
    chosen: dict[str, Any] = {name: values[name] for name in names if name in values}
    for name, value in chosen.items():
        chosen[name] = tuple(value) if isinstance(value, list) else value
    return kind(**chosen)


def _change_directory(path: str) -> None:
    """Go to the directory that the user names. Raises UsageError."""
    try:
        os.chdir(path)
    except OSError as error:
        raise errors.UsageError(
            f"cannot change to the directory `{path}`: {error.strerror}", hint="check -C"
        ) from error


def _run_for_script(path: str, name: str, values: dict[str, object], settings: Settings, console: Console) -> ExitCode:
    """Run the command for the project that the metadata of a Python file declares, and write into it what changed.

    That is also written where what follows the change fails, as for a project.
    """
    opened = script.open_script(path, settings, is_locked=name == "lock", is_new=name == "add")
    for each in script.shown_names(path, opened):
        console.name(*each)
    try:
        return _run(name, values, opened, console)
    finally:
        script.write_back(path, opened)


class _User:
    """What the user configures, read when the command line names the project."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.configuration: Configuration | None = None

    def options(self, project: str) -> Mapping[str, object]:
        """Return the defaults of options, by `dest`. Raises LockenvError where the configuration cannot be used."""
        self.configuration = user_configuration.read(self._environ, os.path.abspath(project or os.getcwd()))
        if self.configuration is None:
            return {}
        return {key.replace("-", "_"): value for key, value in self.configuration.options.items()}


def _settings(
    values: Mapping[str, object],
    environ: Mapping[str, str],
    user: Configuration | None,
    log: RunLog | None,
    pause: Callable[[float], None],
) -> context_settings.Settings:
    cache_dir = str(values.get("cache_dir", ""))
    folders = [str(values["from_dir"])] if values.get("from_dir") else _texts(values.get("find_links", ()))
    return context_settings.Settings(
        directory=os.path.abspath(str(values["project"]) or os.getcwd()),
        is_named=bool(values["project"]),
        environ=environ,
        now=environ.get("LOCKENV_NOW") or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        cache_dir=os.path.abspath(cache_dir) if cache_dir else "",
        named_lock=lock if isinstance(lock := values.get("lock"), str) else "",
        index_url=str(values.get("index_url", "")),
        offline=bool(values.get("offline", False) or values.get("from_dir")),
        build_network=bool(values.get("build_network", False)),
        accept_fault=tuple(_texts(values.get("accept_fault", ()))),
        allow_http=tuple(_texts(values.get("allow_http", ()))),
        cert=os.path.abspath(str(values["cert"])) if values.get("cert") else "",
        folders=tuple(map(os.path.abspath, folders)),
        mirrors=tuple(f"{url.rstrip('/')}/" for url in _texts(values.get("mirror", ()))),
        variables=(
            *environ.get("LOCKENV_VARIABLES", "").replace(",", " ").split(),
            *(user.variables if user is not None else ()),
        ),
        user=user,
        max_download=_max_download(environ),
        quiet=bool(values["quiet"]),
        color=str(values["color"]),
        no_progress=bool(values["no_progress"]),
        verbose=level if isinstance(level := values["verbose"], int) else 0,
        log=log,
        pause=pause,
    )


def _max_download(environ: Mapping[str, str]) -> int:
    """Return the bytes that LOCKENV_MAX_DOWNLOAD allows one file; 0 where it is not set. Raises UsageError."""
    stated = environ.get("LOCKENV_MAX_DOWNLOAD", "")
    if stated and not (stated.isascii() and stated.isdigit() and len(stated) < 19):
        raise errors.UsageError(
            "LOCKENV_MAX_DOWNLOAD is not a number of bytes", hint="write it in digits: 4294967296 is 4 GiB"
        )
    return int(stated or 0)


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []


def _report_as_json(error: LockenvError, console: Console) -> None:
    """Write an error as data, in addition to the message for people."""
    origin = error.origin
    fields: dict[str, object] = {
        "kind": error.kind,
        "rule": getattr(error, "rule", None),
        "message": error.message,
        "hint": error.hint,
        "file": origin.file if origin else None,
        "line": origin.line or None if origin else None,
        "column": origin.column or None if origin else None,
        "key": origin.key if origin else "",
    }
    try:
        console.json({"schema": 1, "ok": False, "error": fields})
    except (LockenvError, BrokenPipeError):
        sys.stdout = None  # no one reads the data; people still read the error, and the exit must not try to flush


def _interrupted(console: Console) -> int:
    console.answer_no("interrupted; nothing was left half-written")
    return int(ExitCode.INTERRUPTED)


def _unforeseen(error: Exception, console: Console, environ: Mapping[str, str]) -> int:
    """Print what the system refused where no room expected it, or that this is a bug; return the exit code."""
    if cli_unforeseen.is_interruption(error):
        return _interrupted(console)
    refused = cli_unforeseen.unforeseen(error)
    if refused is None or environ.get("LOCKENV_TRACEBACK"):
        return _bug(error, console, environ)
    console.error(refused)
    return int(refused.exit_code)


def _bug(error: Exception, console: Console, environ: Mapping[str, str]) -> int:
    if environ.get("LOCKENV_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    where = _innermost(error)
    console.error(
        errors.BugError(
            f"internal error: {type(error).__name__}: {error} ({where})",
            hint="please report this; set LOCKENV_TRACEBACK=1 to print the traceback",
        )
    )
    return int(ExitCode.BUG)


def _innermost(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown place"
    code = trace.tb_frame.f_code
    return (
        f"{os.path.basename(os.path.dirname(code.co_filename))}/{os.path.basename(code.co_filename)}:{trace.tb_lineno}"
    )
