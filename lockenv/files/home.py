"""Find the user's home directory, where caches, configuration and interpreters are looked for.

In: the environment variables. Out: an absolute path. Never: a path below the current directory, which may be that of a
hostile project.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

NOWHERE = os.path.join(os.path.abspath(os.sep), "nonexistent")
"""What Debian's policy sets for users without a home directory: no such directory exists."""


def home(environ: Mapping[str, str]) -> str:
    """Return the user's home directory, absolute; `NOWHERE` where none is known.

    That is so where HOME is not set, or not absolute, and the system does not know the user, as in a container that
    runs under any number: `~` would be a directory of that name below the current one.
    """
    candidates = (environ.get("HOME", ""), os.path.expanduser("~"))
    return next((path for path in candidates if os.path.isabs(path)), NOWHERE)
