"""Find the plan of all that is linked for a wheel, which was kept beside it in the store.

In: a wheel and where it goes. Out: what the names of its kept files begin with, and the plan. Never: a plan of which a
file has another inode, size, time or mode than it says; anything written.
"""

from __future__ import annotations

import os

from lockenv import __version__
from lockenv.files.ops import Folder
from lockenv.sync import link_plan
from lockenv.sync.witnesses import unlike_items
from lockenv.vocabulary.hashing import blake2b

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.sync.link_plan import LinkPlan
    from lockenv.vocabulary.selected import Selected

PLAN = "plan"
"""What, after the key, the plan of a wheel is called, which says of itself whether it is whole."""
_FORM = 3
_DIGITS = 16


def key(selected: Selected, schemes: Mapping[str, str], python: str) -> str:
    """Return what the names of the files begin with that are kept for an environment with the directories `schemes`.

    `python` is the interpreter that commands and scripts name; empty for a wheel that `names_python` is false of.
    """
    file = selected.file
    chosen = (selected.name, selected.version, file.url, file.sha256, file.size)
    said = (_FORM, __version__, *chosen, sorted(schemes.items()), python)
    return blake2b(repr(said).encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS] + "-"


def plan(own: str, entry: str) -> LinkPlan | None:
    """Return the plan that is kept of a wheel under the key `own` in its entry at the path `entry`.

    None where there is none, or a file is not as it says.
    """
    try:
        with Folder.open(entry, "store") as source:
            found = link_plan.parsed(source.read(own + PLAN), place(own, entry))
            return None if found is None or unlike_items(source, found.witnesses()) else found
    except OSError:
        return None


def place(own: str, entry: str) -> str:
    """Return what a plan under the key `own` says of itself: it is that of the entry at the path `entry`."""
    return f"{os.path.basename(entry)}/{own}"
