"""Have the program behave as on another system, in this process, for a while."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockenv.vocabulary import system

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def assumed(platform: str) -> Iterator[None]:
    """Behave as where `sys.platform` is `platform`, in the `with` block; calls to the system remain those of this one.

    `joined` is this system without calls that resolve names against an open directory.
    """
    before, opens = system.platform, system.opens_directories
    system.assume(before if platform == "joined" else platform)
    system.opens_directories = system.opens_directories and platform != "joined"
    try:
        yield
    finally:
        system.assume(before)
        system.opens_directories = opens
