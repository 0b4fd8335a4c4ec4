"""What the command line, the process environment and the clock say, read once."""

from __future__ import annotations

import os
import time

from lockenv.context.user_configuration import read
from lockenv.errors import MachineError
from lockenv.files.home import home
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockenv.context import substitution
    from lockenv.fetch import settings
    from lockenv.fetch.worker_process import WorkerProcesses
    from lockenv.files import private, programs
    from lockenv.project.user import Configuration
    from lockenv.vocabulary.manifest import Index
    from lockenv.vocabulary.run_log import RunLog
else:
    programs = late("lockenv.files.programs")
    private = late("lockenv.files.private")
    substitution = late("lockenv.context.substitution")
    settings = late("lockenv.fetch.settings")

_ELSEWHERE = "choose a directory of your own with --cache-dir or LOCKENV_CACHE_DIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for every command."""

    directory: str
    """Where the project is looked for: absolute."""
    is_named: bool = False
    """True: `--project` named the directory, which means itself and not the workspace that it belongs to."""
    lock: str = ""
    """Where the lock of this project is, absolute; empty for `pylock.toml` in its directory."""
    named_lock: str = ""
    """The lock that is meant, of those that the project declares beside its own, by its name; empty for its own."""
    script: str = ""
    """The Python file whose metadata declares this project, as the user named it; empty for none."""
    script_directory: str = ""
    """Where that file is, absolute: the directory that paths in its metadata are seen from; empty for none."""
    environ: Mapping[str, str]
    now: str
    """The time the program started, or that of `LOCKENV_NOW`, RFC 3339 in UTC; for relative cutoffs and old files."""
    cache_dir: str = ""
    """Absolute; empty for the user's cache directory."""
    index_url: str = ""
    """Replaces the default index; empty for none."""
    offline: bool = False
    build_network: bool = False
    """Builds may reach the network, whatever the project says."""
    accept_fault: tuple[str, ...] = ()
    """Faults of wheels to accept from now on, each `NAME=RULE`; written to the settings of the project by a lock."""
    allow_http: tuple[str, ...] = ()
    """Hosts that may be accessed over plain HTTP."""
    folders: tuple[str, ...] = ()
    """Where files are looked for before they are fetched: absolute."""
    max_download: int = 0
    """Bytes that one file may have; 0 for the usual limits."""
    cert: str = ""
    """A file of trusted certificates, absolute; empty for what the environment names, or the system's trust store."""
    mirrors: tuple[str, ...] = ()
    """Simple roots that are asked for locked files before the locked URLs."""
    variables: tuple[str, ...] = ()
    """The environment variables that files of a project may use."""
    user: Configuration | None = None
    """What the user configures for all projects; None for nothing. Its options and variables are among these."""
    quiet: bool = False
    color: str = "auto"
    """When output is colored: `auto`, `always` or `never`."""
    no_progress: bool = False
    verbose: int = 0
    """How much is reported of what this run does: 0 for nothing, 1 for its steps, 2 for every detail."""
    log: RunLog | None = None
    """Hears what this run does; None for no one."""
    workers: WorkerProcesses | None = None
    """Processes for the pages of indexes that were started before it is known which; None for none."""
    pause: Callable[[float], None] = time.sleep
    """Waits so many seconds before a failed request is sent again."""

    @classmethod
    def of(
        cls,
        directory: str | os.PathLike[str],
        *,
        environ: Mapping[str, str] | None = None,
        now: str = "",
        cache_dir: str = "",
        index_url: str = "",
        offline: bool = False,
        allow_http: tuple[str, ...] = (),
        folders: tuple[str, ...] = (),
        mirrors: tuple[str, ...] = (),
        cert: str = "",
        variables: tuple[str, ...] = (),
        named_lock: str = "",
        is_configured: bool = True,
    ) -> Settings:
        """Return the settings for the project at or above `directory`, for callers without a command line.

        `environ` replaces the process environment: where programs, the home directory, proxies and the credentials
        of indexes are found. Options are arguments here: no `LOCKENV_` variable sets one. Where the user
        `is_configured`, their indexes, proxies and variables hold as for the program; the options in that file do not.
        Paths may be relative to the current directory. Raises what the user's configuration raises.
        """
        known = dict(os.environ) if environ is None else environ
        place = os.path.abspath(directory)
        user = None
        if is_configured:
            user = read(known, place)
        return cls(
            directory=place,
            named_lock=named_lock,
            environ=known,
            now=now or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            cache_dir=os.path.abspath(cache_dir) if cache_dir else "",
            index_url=index_url,
            offline=offline,
            allow_http=allow_http,
            folders=tuple(map(os.path.abspath, folders)),
            mirrors=tuple(f"{url.rstrip('/')}/" for url in mirrors),
            cert=os.path.abspath(cert) if cert else "",
            variables=(*variables, *(user.variables if user is not None else ())),
            user=user,
        )

    @property
    def tools_environ(self) -> Mapping[str, str]:
        """The variables of what lockenv starts on its own account: no directory of the project is on PATH.

        A command that the user names (`run`, `shell`) has `environ` itself.
        """
        proxies = self._proxies
        return programs.without_repository({**proxies, **self.environ} if proxies else self.environ, self.directory)

    @property
    def _proxies(self) -> Mapping[str, str]:
        """The variables of the proxies that the user configures, of those schemes for which none is set."""
        if self.user is None:
            return {}
        named = settings.environment_proxies(self.environ)
        return {f"{scheme}_proxy": url for scheme, url in self.proxies.items() if scheme not in named}

    @property
    def proxies(self) -> Mapping[str, str]:
        """The proxies that the user configures, by scheme. Raises UsageError for a variable that is not set."""
        if self.user is None:
            return {}
        return {
            scheme: substitution.replaced(url, substitution.Variables(self.environ, None))
            for scheme, url in self.user.proxies.items()
            if url
        }

    @property
    def user_indexes(self) -> tuple[Index, ...]:
        """The indexes that the user configures."""
        return self.user.indexes if self.user is not None else ()

    @property
    def cache(self) -> str:
        """The cache directory, absolute, which is made where it is missing.

        What is in it is trusted. Raises MachineError where others may have written it.
        """
        return private.private(self.cache_path, "the cache directory", _ELSEWHERE)

    def made_cache(self) -> str:
        """Return the cache directory, which exists. Raises MachineError as `cache`, and where it cannot be created."""
        path = self.cache
        if not os.path.isdir(path):
            try:
                os.makedirs(path, 0o700, exist_ok=True)
            except OSError as error:
                reason = error.strerror or error
                raise MachineError(
                    f"the cache directory {path} cannot be created: {reason}", hint=_ELSEWHERE
                ) from error
        return path

    @property
    def cache_path(self) -> str:
        """Where the cache directory is or would be, absolute."""
        return self.cache_dir or default_cache(self.environ)


def default_cache(environ: Mapping[str, str]) -> str:
    """Return the user's cache directory for lockenv, as `platformdirs` knows it.

    On Linux its rule (XDG base directory specification) is followed here: loading the library for it would cost every
    command 15 ms.
    """
    if system.platform == "linux":
        cache = environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(cache):
            cache = os.path.join(home(environ), ".cache")
        return os.path.join(cache, "lockenv")
    from platformdirs import user_cache_dir

    return user_cache_dir("lockenv", appauthor=False)
