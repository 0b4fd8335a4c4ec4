"""Which pins of another tool's lock were kept, and of each other one why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.operations.import_pins import KeptPins, LostPin


def tell(kept: KeptPins, console: Console) -> None:
    """Warn of what was left and lost, and say how many of the pins stay."""
    for sentence in kept.left:
        console.warn(sentence)
    for one in kept.lost:
        console.warn(f"{one.name} {one.version} was not kept: {_reason(one)}")
    console.say(f"kept {kept.pins - len(kept.lost)} of {counted(kept.pins, 'pin')} of {kept.file}")


def _reason(one: LostPin) -> str:
    if not one.chosen:
        return "it is not required"
    chosen = " and ".join(one.chosen)
    return f"it does not fit; {chosen} was chosen" if one.is_offered else f"not found on any index; {chosen} was chosen"
