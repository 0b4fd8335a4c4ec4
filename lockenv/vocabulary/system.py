"""Which kind of operating system this is.

Other modules ask when they decide something, and never keep the answer: so a test can have the program behave as on
another system for a while (`assume`). What a system calls its own (`os.sep`, modules such as `msvcrt`) is not changed.
"""

from __future__ import annotations

import os
import sys

platform: str = sys.platform
"""The value of `sys.platform`: `linux`, `darwin`, `win32` or another."""
is_windows: bool = os.name == "nt"
is_macos: bool = platform == "darwin"
opens_directories: bool = os.link in os.supports_dir_fd and os.open in os.supports_dir_fd
"""Whether names can be resolved against an open directory; where they cannot, paths are joined."""


def assume(name: str) -> str:
    """Behave as on the system whose `sys.platform` is `name`, from now on; return the one that was assumed before."""
    global platform, is_windows, is_macos, opens_directories  # noqa: PLW0603 - the state of the whole process
    before = platform
    platform, is_windows, is_macos = name, name == "win32", name == "darwin"
    opens_directories = not is_windows and os.link in os.supports_dir_fd and os.open in os.supports_dir_fd
    return before
