"""Which pins of another tool's lock were kept, and of each other one why not."""

from __future__ import annotations

from shlex import join
from typing import TYPE_CHECKING, Protocol

from lockenv.builds import build_policy
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.operations.import_pins import KeptPins, LostPin


def show(kept: KeptPins, console: Console) -> None:
    """Warn of what was left and lost, and say how many of the pins stay."""
    for sentence in kept.left:
        console.warn(sentence)
    for one in kept.lost:
        console.warn(f"{one.name} {one.version} was not kept: {_reason(one)}")
    if kept.pins:
        console.say(f"kept {kept.pins - len(kept.lost)} of {counted(kept.pins, 'pin')} of {kept.file}")


def _reason(one: LostPin) -> str:
    if not one.chosen:
        return "it is not required"
    chosen = " and ".join(one.chosen)
    return (
        f"does not satisfy the requirements; {chosen} was chosen"
        if one.is_offered
        else f"not found on any index; {chosen} was chosen"
    )


class ImportOptions(Protocol):
    """Options of `lockenv import` that a command line repeats."""

    @property
    def files(self) -> Sequence[str]:
        """The file whose pins are imported."""

    @property
    def declare(self) -> bool:
        """Whether what the file lists is declared."""

    @property
    def python(self) -> str:
        """The Pythons that requirements files are for, a specifier."""

    @property
    def allow_build(self) -> Sequence[str]:
        """Names of packages that may be built."""


def command(options: ImportOptions) -> str:
    """Return the command line that asks for the same."""
    words = ["lockenv", "import", *options.files, *(["--declare"] if options.declare else [])]
    words += ["--python", options.python] if options.python else []
    return build_policy.allowing(join(words), options.allow_build)
