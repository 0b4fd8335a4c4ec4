"""`lockenv run`: a command in the environment, which is locked and synced first where something changed."""

from __future__ import annotations

from lockenv.commands.prepare import prepared
from lockenv.environment.replace_process import become
from lockenv.environment.run import PYTHON_FILES, command, has_metadata, is_python_file
from lockenv.errors import ExitCode
from lockenv.operations.readiness import ReadyRequest, refuse_plain_file
from lockenv.vocabulary.dataclasses import dataclass, from_attributes
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.commands import overlay as commands_overlay
    from lockenv.console import Console
    from lockenv.context import project_files
    from lockenv.context.settings import Settings
    from lockenv.operations import script
    from lockenv.operations.selection_options import SelectionOptions
    from lockenv.project import dotenv
else:
    project_files = late("lockenv.context.project_files")
    script = late("lockenv.operations.script")
    dotenv = late("lockenv.project.dotenv")
    commands_overlay = late("lockenv.commands.overlay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv run` was asked."""

    module: bool
    as_script: bool
    selection: SelectionOptions
    python: str
    with_requirement: list[str]
    with_requirements: list[str]
    env_file: list[str]
    locked: bool
    frozen: bool
    no_sync: bool
    venv: str
    lockfile: str
    requirements: list[str]
    argv: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Become the command; on Windows, run it and return its exit code."""
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    environ = variables(options.env_file, settings)
    if argv and not options.module and (options.as_script or is_python_file(argv[0])) and has_metadata(argv[0]):
        settings = script.open_script(argv[0], settings)
        for each in script.shown_names(argv[0], settings):
            console.name(*each)
    request = from_attributes(ReadyRequest, options)
    words = _words(options, argv)
    if options.with_requirement or options.with_requirements:
        added = options.with_requirement, options.with_requirements
        return commands_overlay.run_over(*added, request, words, environ, settings, console)
    if argv and (options.as_script or argv[0].endswith(PYTHON_FILES)):
        refuse_plain_file(argv[0], request, settings)
    environment = prepared(request, settings, console)
    if isinstance(environment, ExitCode):
        return environment
    program, started_with = command(environment, words, environ)
    return become(program, words, started_with)


def _words(options: Options, argv: Sequence[str]) -> Sequence[str]:
    """Return the command line that `run` was called with: that of Python for a module, a file or standard input."""
    if options.module and argv:
        return ["python", "-m", *argv]
    is_file = argv and (options.as_script or argv[0] == "-" or is_python_file(argv[0]))
    return ["python", *argv] if is_file else argv


def variables(files: Sequence[str], settings: Settings) -> Mapping[str, str]:
    """Return the variables of the process, and those of `files` that it does not have. Raises InputError."""
    if not files:
        return settings.environ
    values: dict[str, str] = {}
    for file in files:
        values |= dotenv.assigned(project_files.read_text(file), file, {**values, **settings.environ})
    return {**values, **settings.environ}
