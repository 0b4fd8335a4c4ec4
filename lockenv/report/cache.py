"""What is in the cache, what was removed, and what is damaged, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.vocabulary.printable import counted, sized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.console import Console
    from lockenv.operations.cache import Removed


def report_sizes(sizes: Mapping[str, int], console: Console) -> str:
    """Report the size of each part; return the sum in bytes, for programs."""
    for part, size in sizes.items():
        console.say(f"{sized(size):>12}  {part}")
    console.say(f"{sized(sum(sizes.values())):>12}  in total")
    return str(sum(sizes.values()))


def report_removed(removed: Removed, console: Console) -> str:
    """Report how much was removed; there is nothing for programs to read."""
    console.say(
        f"removed {sized(removed.bytes)}: {counted(removed.wheels, 'unpacked wheel')}, "
        f"{counted(removed.archives, 'archive')}"
    )
    return ""


def report_damaged(bad: Sequence[str], cache: str, console: Console) -> ExitCode:
    """Report whether all is whole."""
    if not bad:
        console.say(f"all archives and unpacked wheels in {cache} are intact")
        return ExitCode.YES
    console.answer_no(
        f"{len(bad)} damaged archives and unpacked wheels in {cache}",
        hint="they are not used, and are downloaded or built again when needed",
    )
    return ExitCode.NO
