"""Which `${VAR}` a run replaces: in the files of a project those that the user allows, in the user's own all."""

from __future__ import annotations

from lockenv.context.substitution import Variables, substituted

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.context.settings import Settings
    from lockenv.vocabulary.manifest import Index


def of_project(settings: Settings) -> Variables:
    """Return the variables that files of a project may use."""
    return Variables(settings.environ, settings.variables)


def of_user(settings: Settings) -> Variables:
    """Return the variables that the user may use: on the command line, in the environment, in the configuration."""
    return Variables(settings.environ, None)


def expanded(index: Index, settings: Settings) -> str:
    """Return where `index` is, with each `${VAR}` replaced. Raises UsageError for one that may not be or is not set."""
    return index.place or substituted(index.url, variables_for(index, settings))


def variables_for(index: Index, settings: Settings) -> Variables:
    """Return the variables that the URLs and paths of `index` may use."""
    return of_user(settings) if index.is_users else of_project(settings)


def check_variables(asked: Iterable[Index], settings: Settings) -> None:
    """Raise UsageError, which names all of them, for variables that the project uses for its indexes without leave."""
    of_project(settings).check(
        text
        for index in asked
        if not index.is_users
        for text in ("" if index.place else index.url, *index.mirrors, index.client_cert)
    )
