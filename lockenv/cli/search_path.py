"""Look for the modules of Python and of lockenv before those that PYTHONPATH adds.

Python puts the directories of PYTHONPATH in front of its own. One of them may be the current directory, a repository
that was just cloned: an empty entry means it, as in `PYTHONPATH=$PYTHONPATH:/more`. A `json.py` or `typing.py` there
would be loaded in place of Python's. In: the variable, `sys.path`. Out: the path in another order. Never: a
change of the variable, which the commands that lockenv runs see as it is.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable


def with_last(added: str, path: Iterable[str]) -> list[str]:
    """Return `path`, which is `sys.path`, with the directories of `added` last, the value of PYTHONPATH.

    It is returned as it is where lockenv itself is in one of them: then that is how it is started.
    """
    try:
        directories = {os.path.abspath(directory) for directory in added.split(os.pathsep)}
    except OSError:
        return list(path)  # the current directory is gone, and Python left out what is relative to it, too
    standard = os.path.dirname(os.__file__)
    directories -= {standard, os.path.join(standard, "lib-dynload")}
    if os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) in directories:
        return list(path)
    return sorted(path, key=directories.__contains__)
