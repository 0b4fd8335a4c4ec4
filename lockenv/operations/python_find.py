"""Find the Python that an environment would be created from. In: a request. Out: an Interpreter. Never: a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.environment import interpreters
from lockenv.operations import load, python_record
from lockenv.operations.python_choice import PythonChoice

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.environment.interpreter import Interpreter


def find_python(request: str, settings: Settings, command: str = "python find") -> Interpreter:
    """Return the interpreter that `sync --python REQUEST` would use; without a request, the one `sync` would.

    `command` is what messages name as who requests it. Without a project, any that is requested. Raises what the search
    for interpreters raises.
    """
    if not load.is_there(settings):
        return PythonChoice(
            request=request,
            requires_python="",
            directory=settings.directory,
            settings=settings,
            command=command,
        ).interpreter(None)
    project = load.project(settings)
    lock = load.lock(project)
    if lock is not None:
        choice = PythonChoice(
            request=request,
            requires_python=lock.requires_python,
            directory=project.directory,
            settings=settings,
            locked=python_record.of_lock(lock),
            command=command,
        )
        return choice.interpreter(None)
    declared = load.manifest(project, settings) if project.is_declared else load.settings_alone(project, settings)
    if declared.python and not request:
        return interpreters.find_declared(
            declared.python,
            requires_python=declared.requires_python,
            environ=settings.tools_environ,
            cache_dir=settings.cache,
            project_dir=project.directory,
        )
    return PythonChoice(
        request=request,
        requires_python=declared.requires_python,
        directory=project.directory,
        settings=settings,
        command=command,
    ).interpreter(None)
