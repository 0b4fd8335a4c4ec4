"""Ask the backend of a tree, which runs in a process and an environment of its own.

A build system, the interpreter of the environment and a directory for what is left go in; checked answers come out. All
that a hook sees is the same each time: clock, locale, hash seed, file modes, and of the process environment only where
tools and libraries are.
"""

from __future__ import annotations

import os
import subprocess
import warnings
from typing import TYPE_CHECKING

from lockenv.backend.failure import AT_FAULT, advice, last_lines
from lockenv.errors import BuildError, InputError
from lockenv.files.developer_tools import is_stub
from lockenv.files.programs import empty_directory, find_program
from lockenv.vocabulary import system
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyproject_hooks import BuildBackendHookCaller

    from lockenv.backend.runner import Runner
    from lockenv.backend.system import BuildSystem

LOG = "log.txt"
"""What the hooks of a failed build printed, below its directory."""
_OUTPUT = "output.txt"
"""The same while it goes on, and when it did not fail."""
_EPOCH = "315532800"
"""1980-01-01: the earliest time that an entry of a zip can have."""
_PASSED = (
    "PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "COMSPEC", "PATHEXT", "TEMP", "TMP", "TMPDIR",
    "CC", "CXX", "CPP", "AR", "LD", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "ARCHFLAGS", "LD_LIBRARY_PATH",
    "LIBRARY_PATH", "CPATH", "PKG_CONFIG", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH",
    "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "INCLUDE", "LIB", "FC", "FFLAGS", "CARGO_HOME", "RUSTUP_HOME", "JAVA_HOME",
)  # fmt: skip
"""Environment variables that a build may see: where tools and libraries are. Not: secrets, Python's own settings."""
_PASSED_ON_WINDOWS = (
    "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "PROGRAMDATA", "COMMONPROGRAMFILES", "LOCALAPPDATA", "WINDIR",
    "SYSTEMDRIVE", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "PROCESSOR_ARCHITEW6432", "LIBPATH", "MSYSTEM",
    "DISTUTILS_USE_SDK", "MSSDK", "VSCMD_ARG_TGT_ARCH",
)  # fmt: skip
"""The same there: with them a build finds Visual Studio, and knows for which machine it compiles."""
_PROXIES = (
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip
"""The way to the network, for a build that may reach it."""
_FIXED = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "SOURCE_DATE_EPOCH": _EPOCH,
    "TZ": "UTC",
}
_LAST_LINES = 12
_MAP = "-ffile-prefix-map="
_KNOWS_MAPS: dict[str, bool] = {}
"""Whether a compiler, by its path, takes that flag: asked once by each run."""
_NAME = lazy_pattern(r"[A-Za-z0-9_][A-Za-z0-9_.+!-]*")
"""Of a wheel or a .dist-info directory: a component that is the same everywhere."""


def passed(environ: Mapping[str, str], *, is_allowed: bool) -> dict[str, str]:
    """Return the variables of `environ` that a build sees as they are; `is_allowed`: it may use the network."""
    names = (*_PASSED, *(_PASSED_ON_WINDOWS if system.is_windows else ()), *(_PROXIES if is_allowed else ()))
    return {name: environ[name] for name in names if name in environ}


def hook_environment(environ: Mapping[str, str], python: str, root: str, *, is_allowed: bool) -> dict[str, str]:
    """Return the variables that the hooks of a build see, of those in `environ`.

    `python` is the interpreter of the build, and `root` its directory; `is_allowed`: it may use the network.
    """
    found = passed(environ, is_allowed=is_allowed) | {
        "PATH": os.pathsep.join([os.path.dirname(python), environ.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": os.path.join(root, "environment"),
        **_FIXED,
    }
    return found | _placeless(found, root)


def _placeless(environ: Mapping[str, str], root: str) -> dict[str, str]:
    """Return what keeps the path `root` out of compiled code, where the compiler knows how to.

    It goes with the flags of the preprocessor: those of the compiler have defaults that a build would lose.
    """
    compiler = find_program(environ.get("CC", "cc").partition(" ")[0], environ)
    if system.is_windows or compiler is None or any(char.isspace() or char in "'\"\\" for char in root):
        return {}
    if is_stub(compiler):
        return {}
    if compiler not in _KNOWS_MAPS:
        _KNOWS_MAPS[compiler] = _compiles(compiler, f"{_MAP}{root}=/build", environ)
    if not _KNOWS_MAPS[compiler]:
        return {}
    return {"CPPFLAGS": f"{environ.get('CPPFLAGS', '')} {_MAP}{root}=/build".lstrip()}


def _compiles(compiler: str, flag: str, environ: Mapping[str, str]) -> bool:
    """Return whether `compiler` takes `flag`."""
    try:
        with empty_directory() as place:
            done = subprocess.run(  # noqa: S603 - the compiler that the build would run
                [compiler, flag, "-E", "-x", "c", os.devnull],
                cwd=place,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
    except OSError:
        return False
    return done.returncode == 0


class BackendMissingError(InputError):
    """A backend that cannot be imported: nothing can be asked of it."""


class Backend:
    """A tree, what builds it, and the environment it is built in."""

    def __init__(
        self,
        system: BuildSystem,
        filename: str,
        title: str,
        *,
        tree: str,
        root: str,
        python: str,
        environ: Mapping[str, str],
        runner: Runner,
    ) -> None:
        """Errors call the sources `filename` or `title`; `root` is where hooks leave what they make, and the log."""
        from pyproject_hooks import BuildBackendHookCaller

        self.requires = system.requires
        self._filename = filename
        self._title = title
        self._root = root
        self._runner = runner
        self._environ = hook_environment(environ, python, root, is_allowed=runner.is_allowed)
        self._hooks: BuildBackendHookCaller = BuildBackendHookCaller(
            tree, system.backend, list(system.backend_path), runner=self._run, python_executable=python
        )

    def made(self, name: str) -> str:
        """Return a new directory for what a hook leaves."""
        folder = os.path.join(self._root, name)
        os.makedirs(folder)
        return folder

    def more(self, hook: str) -> list[str]:
        """Return the requirements that `hook` adds."""
        answer = self._answer(hook)
        if not isinstance(answer, list) or not all(isinstance(text, str) for text in answer):
            raise InputError(
                f"{self._filename}: its build backend returned {ascii(answer)[:100]} as "
                "requirements, which is not a list of strings",
                hint=AT_FAULT,
            )
        return answer

    def build_output(self, hook: str, folder: str, suffix: str) -> str:
        """Return the name of what `hook` left in `folder`: one component that ends with `suffix`."""
        answer = self._answer(hook, folder)
        if not isinstance(answer, str) or not _NAME.fullmatch(answer) or not answer.endswith(suffix):
            raise InputError(
                f"{self._filename}: its build backend returned {ascii(answer)[:100]}, which "
                f"is not the name of a {suffix} file",
                hint=AT_FAULT,
            )
        return answer

    def _answer(self, hook: str, *args: str) -> object:
        from pyproject_hooks import BackendUnavailable, BuildBackendWarning, HookMissing, UnsupportedOperation

        call: Callable[..., object] = getattr(self._hooks, hook)
        try:
            with warnings.catch_warnings():
                # What backends warn of concerns their authors.
                warnings.simplefilter("ignore", BuildBackendWarning)
                return call(*args)
        except BackendUnavailable as error:
            reason = str(error).strip().rpartition("\n")[2]
            raise BackendMissingError(
                f"{self._filename}: its build backend cannot be imported: {ascii(reason)[1:-1][:200]}",
                hint=AT_FAULT,
            ) from error
        except HookMissing as error:
            raise InputError(f"{self._filename}: its build backend has no {error}", hint=AT_FAULT) from error
        except (
            OSError,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            RecursionError,
            UnsupportedOperation,
        ) as error:
            # What runs there may end in the middle, or write anything in place of an answer.
            raise InputError(
                f"{self._filename}: its build backend exited without a result of {hook} ({type(error).__name__})",
                hint=AT_FAULT,
            ) from error

    def _run(self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        printed, log = os.path.join(self._root, _OUTPUT), os.path.join(self._root, LOG)
        with open(printed, "ab") as output:
            code, was_cut = self._runner.run(
                cmd,
                cwd=cwd,
                env={**self._environ, **(extra_environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                umask=0o022 if not system.is_windows else -1,
            )
        if code:
            os.replace(printed, log)
            text = last_lines(log)
            shown = "\n".join(f"  | {line}" for line in text.splitlines()[-_LAST_LINES:])
            raise BuildError(
                f"building {self._title} failed (exit {code}); its last lines:\n{shown}",
                hint=f"full log: {log}; {advice(text, was_cut=was_cut)}",
            )
