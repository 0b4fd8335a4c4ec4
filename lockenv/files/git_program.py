"""Start git: every start of it is here, so that no repository can have it run anything.

In: the words of a command, and the process environment. Out: what git printed. git is started in an empty directory and
looks for no repository above it: what a command is about, its words name (`--git-dir`). Never: a hook, a monitor of
files, a transport that runs a command, a repository found by its shape.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import MachineError
from lockenv.files.bounded import GrowthLimit, run_bounded
from lockenv.files.developer_tools import is_stub
from lockenv.files.programs import empty_directory, find_program

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

_SETTINGS = (
    # git-config, `safe.bareRepository`: "explicit: Git only works with bare repositories specified via the top-level
    # --git-dir command-line option, or the GIT_DIR environment variable".
    "-c", "safe.bareRepository=explicit",
    "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never",
    "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    # git-config: a transfer below this many bytes a second for so many seconds is abandoned.
    "-c", "http.lowSpeedLimit=1024", "-c", "http.lowSpeedTime=60",
)  # fmt: skip
_ALLOWED = "GIT_ALLOW_PROTOCOL"
_PASSED = (
    "GIT_ASKPASS", "GIT_CONFIG_COUNT", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM", "GIT_EXEC_PATH", "GIT_HTTP_USER_AGENT", "GIT_PROTOCOL_FROM_USER", "GIT_PROXY_COMMAND",
    "GIT_PROXY_SSL_CAINFO", "GIT_PROXY_SSL_CERT", "GIT_PROXY_SSL_KEY", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_CIPHER_LIST", "GIT_SSL_KEY", "GIT_SSL_NO_VERIFY",
    "GIT_SSL_VERSION", "GIT_TERMINAL_PROMPT", _ALLOWED,
)  # fmt: skip
"""Variables by which a user says how git reaches servers. Others are about a repository, or change what is printed."""
_NUMBERED = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_TRACE")


def run_git(
    words: Sequence[str], environ: Mapping[str, str], *, network: bool = True, growth: GrowthLimit | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Return what git answers to `words`, whatever its exit code; without `network`, no transport at all is allowed.

    Paths among `words` are absolute. Raises MachineError when there is no git, it cannot be started, or what it prints
    or the directory of `growth` goes beyond any honest size.
    """
    program = find_program("git", environ)
    if program is None or is_stub(program):
        raise MachineError(
            "git was not found on PATH (relative directories and the project itself are not searched)",
            hint="install git",
        )
    with empty_directory() as place:
        try:
            done = run_bounded(
                [program, *_SETTINGS, *words], place, _variables(environ, place, network=network), growth
            )
        except OSError as error:
            raise MachineError(f"{program} cannot be started: {error.strerror or error}", hint="install git") from error
    if done is None:
        raise MachineError(
            "git was stopped: the repository is too large, or the disk is almost full",
            hint="free space on the disk, or set LOCKENV_MAX_DOWNLOAD to a larger number of bytes",
        )
    return done


def _variables(environ: Mapping[str, str], place: str, *, network: bool) -> dict[str, str]:
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith("GIT_") or name in _PASSED or name.startswith(_NUMBERED)
    }
    if not network:
        # A repository may lack objects and name where to get them from (partial clones): nothing is asked for them.
        kept[_ALLOWED] = "none"
    elif _ALLOWED in kept:
        # This variable would win over `protocol.ext.allow`.
        kept[_ALLOWED] = ":".join(name for name in kept[_ALLOWED].split(":") if name != "ext") or "none"
    return {
        "GIT_TERMINAL_PROMPT": "0",
        **kept,
        "GIT_CEILING_DIRECTORIES": os.path.dirname(os.path.realpath(place)),
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }
