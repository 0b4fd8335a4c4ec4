"""Recognize the programs of macOS that only open a dialog.

Without Apple's command line tools, `/usr/bin/cc`, `/usr/bin/git` and `/usr/bin/python3` are stubs: whoever starts one
gets a window that offers to install them. In: the path of a program. Out: whether it is such a stub. Nothing is run.
"""

from __future__ import annotations

import os

from lockenv.vocabulary import system

_STUBS = "/usr/bin/"
_NAMES = ("cc", "c++", "clang", "clang++", "gcc", "g++", "git", "make", "python3", "pip3")
_CHOSEN = (
    "var/db/xcode_select_link",
    "Library/Developer/CommandLineTools/usr/bin",
    "Applications/Xcode.app/Contents/Developer",
)
"""xcode-select(1): what it was set to, else one of these places."""


def is_stub(program: str, root: str = os.sep) -> bool:
    """Return whether starting `program` would open a dialog, `root` being the directory that holds the system."""
    if not system.is_macos or not program.startswith(_STUBS) or os.path.basename(program) not in _NAMES:
        return False
    return not any(os.path.exists(os.path.join(root, place)) for place in _CHOSEN)
