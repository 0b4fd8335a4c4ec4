"""Find every setting in effect, and where it comes from; secrets are masked.

In: Settings, and the source of each option of this run. Out: rows. Never: printing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.access import indexes
from lockenv.context.accounts import login_of
from lockenv.errors import LockenvError
from lockenv.fetch.settings import CERTIFICATE_VARIABLES, environment_certificates, environment_proxies
from lockenv.lockfile.paths import LOCK
from lockenv.operations import discovery, load
from lockenv.project.messages import is_secret, without_secrets
from lockenv.project.user import OPTIONS
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockenv.context.settings import Settings
    from lockenv.vocabulary.manifest import Index
    from lockenv.vocabulary.origin import Origin

from typing import Any

from lockenv.context.substitution import ALLOWED

DEFAULT = "default"
"""The source of a setting that no one set."""


_MASK = "****"


_OF_INDEX = lazy_pattern(r"LOCKENV_INDEX_.+_(?:USERNAME|PASSWORD|CLIENT_CERT|URL)")
"""Variables of one index: who the user is for it is shown with it."""


class Setting(NamedTuple):
    """One setting in effect."""

    name: str
    value: object
    """As JSON can hold it; secrets are masked."""
    source: str
    """A file and line, an environment variable, `command line` or `default`."""


def in_effect(sources: Mapping[str, str], settings: Settings) -> list[Setting]:
    """Return every setting in effect: options, then those of the user, then those of the project.

    `sources` names where the value of each option of this run is from. Raises InputError.
    """
    return [*of_user(sources, settings), *_project(settings)]


def of_user(sources: Mapping[str, str], settings: Settings) -> list[Setting]:
    """Return the settings in effect but those of the project; see `in_effect`."""
    return [*_options(sources, settings), *_user(settings)]


def _options(sources: Mapping[str, str], settings: Settings) -> Iterator[Setting]:
    """Yield the options that hold for every project, and the variables that projects may use."""
    known: dict[str, object] = {
        "allow-http": list(settings.allow_http),
        "cache-dir": settings.cache_path,
        "cert": settings.cert,
        "color": settings.color,
        "index-url": without_secrets(settings.index_url),
        "no-progress": settings.no_progress,
        "offline": settings.offline,
        "quiet": settings.quiet,
        "verbose": settings.verbose if settings.verbose > 1 else bool(settings.verbose),
    }
    configured = settings.user.options if settings.user is not None else {}
    for name in sorted({*known, *OPTIONS}):
        dest = name.replace("-", "_")
        variable = f"LOCKENV_{dest.upper()}"
        source = sources.get(dest, "") or (variable if variable in settings.environ else "")
        if source in ("", "configuration") and name in configured:
            source = _user_place(settings, name)
        if name in known:
            value = known[name]
        elif source == variable:
            value = settings.environ[variable]
        else:
            value = configured.get(name)
        if value not in (None, "", []) or source:
            yield Setting(name, _masked(value), source or DEFAULT)
    shown = {f"LOCKENV_{name.upper().replace('-', '_')}" for name in {*known, *OPTIONS}}
    for variable in sorted(set(settings.environ) - shown - {ALLOWED}):
        if variable.startswith("LOCKENV_") and not _OF_INDEX.fullmatch(variable):
            name = variable.removeprefix("LOCKENV_").lower().replace("_", "-")
            value = _MASK if is_secret(variable) else _masked(settings.environ[variable])
            yield Setting(name, value, variable)
    if settings.variables:
        given = [ALLOWED] if settings.environ.get(ALLOWED) else []
        own = [_user_place(settings, "variables")] if settings.user is not None and settings.user.variables else []
        yield Setting("variables", list(settings.variables), " and ".join([*given, *own]))


def _user(settings: Settings) -> Iterator[Setting]:
    """Yield the archives of Pythons that the user pins, and the proxies and the certificates to trust.

    The latter are those of the environment, or of the user's configuration.
    """
    if settings.user is not None and settings.user.python_archives:
        pins = [one.table() for one in settings.user.python_archives]
        yield Setting("python-archives", pins, _user_place(settings, "python-archives"))
    configured = dict(settings.user.proxies) if settings.user is not None else {}
    environment = environment_proxies(settings.environ)
    for scheme, url in {**configured, **environment}.items():
        variable = f"{scheme}_proxy" if settings.environ.get(f"{scheme}_proxy") else f"{scheme}_proxy".upper()
        source = variable if scheme in environment else _user_place(settings, "proxies", scheme)
        yield Setting(f"proxies.{scheme}", _masked(url), source)
    bundle = environment_certificates(settings.environ)
    if bundle and not settings.cert:
        yield Setting("cert", bundle, next(name for name in CERTIFICATE_VARIABLES if settings.environ.get(name)))


def _project(settings: Settings) -> Iterator[Setting]:
    """Yield what the project sets, if there is one, and the indexes that serve it with who the user is for each."""
    names = (load.PYPROJECT, load.REQUIREMENTS, LOCK)
    if not discovery.nearest(settings.directory, names):
        yield from _indexes(settings.user_indexes, {}, settings)
        return
    found = load.project(settings)
    layers = load.layers(found)
    places: dict[tuple[str, str], str] = {}
    for key, value in layers.written():
        place = _place(layers.origin((key,)))
        if key != "index":
            yield Setting(key, _masked(value), place)
            continue
        for position, table in enumerate(value):
            written = _place(layers.origin(("index", position)))
            places[str(table.get("name", "")), str(table.get("url", "")).rstrip("/")] = written
    declared = load.manifest(found, settings).indexes if found.is_declared else settings.user_indexes
    yield from _indexes(declared, places, settings)


def _indexes(
    declared: tuple[Index, ...], places: Mapping[tuple[str, str], str], settings: Settings
) -> Iterator[Setting]:
    own = {(index.name, index.url) for index in declared}
    for position, index in enumerate(indexes(declared, settings)):
        name = f"index.{index.name}" if index.name else f"index[{position}]"
        yield Setting(name, _masked(index.url), _index_place(index, places, settings))
        is_replacement = (index.name, index.url) not in own
        value, source = _login(index, settings, is_replacement=is_replacement)
        if value:
            yield Setting(f"{name}.login", value, source)


def _index_place(index: Index, places: Mapping[tuple[str, str], str], settings: Settings) -> str:
    if index.is_users and index.url == f"{settings.index_url.rstrip('/')}/":
        return "--index-url or LOCKENV_INDEX_URL"
    if index.is_users:
        return _user_place(settings, "index", settings.user_indexes.index(index))
    found = places.get((index.name, index.url.rstrip("/")), "")
    return found or ("the project" if index.is_flat or index.name else DEFAULT)


def _login(index: Index, settings: Settings, *, is_replacement: bool) -> tuple[str, str]:
    """Return who the user is for an index, masked, and where that is from; empty for no one."""
    try:
        login, source = login_of(index, settings, is_replacement=is_replacement)
    except LockenvError as error:
        return "not sent", f"{error.message}; {error.hint}" if error.hint else error.message
    return (_MASK, source) if login is not None else ("", "")


def _masked(value: Any) -> Any:
    match value:
        case str():
            bare, mark, query = without_secrets(value).partition("?")
            return f"{bare}?{_MASK}" if mark and "://" in bare else f"{bare}{mark}{query}"
        case list():
            return [_masked(each) for each in value]
        case dict():
            return {key: _masked(each) for key, each in value.items()}
        case bool() | int() | float() | None:
            return value
        case _:
            return str(value)  # a date of TOML


def _user_place(settings: Settings, *path: str | int) -> str:
    return _place(settings.user.document.origin(path)) if settings.user is not None else ""


def _place(origin: Origin) -> str:
    return f"{origin.file}:{origin.line}" if origin.line else origin.file
