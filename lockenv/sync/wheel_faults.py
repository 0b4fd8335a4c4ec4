"""Faults of wheels that a project may accept: parts of them disagree, such as RECORD and the files beside it.

Pure. In: what was found in wheels, and what the project accepts. Out: one refusal that names all of them, and the
setting that accepts them. What could let a file leave its place, or have two readers see two files, is none of these.
"""

from __future__ import annotations

from lockenv.errors import RefusedError
from lockenv.vocabulary.dataclasses import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final

    from lockenv.vocabulary.manifest import Accepted
    from lockenv.vocabulary.names import NormalizedName

MISMATCH: Final = "record-mismatch"
NOTHING: Final[Accepted] = {}
"""What a project accepts that accepts no fault."""


class Fault(NamedTuple):
    """A rule that a wheel breaks."""

    rule: str
    what: str
    """The first file that breaks it, what is wrong, and how many more there are."""


class FaultyWheel(NamedTuple):
    """A wheel and its faults."""

    name: NormalizedName
    filename: str
    faults: tuple[Fault, ...]
    """Those that are accepted included; each rule once, as they were found."""


class FaultyWheelError(RefusedError):
    """Wheels with faults that the project does not accept, and may."""

    def __init__(self, wheels: Sequence[FaultyWheel], accepted: Accepted) -> None:
        self.wheels = tuple(wheels)
        found = [(each, fault) for each in wheels for fault in unaccepted(each.name, each.faults, accepted)]
        # One rule is before the message already.
        said = [
            f"{each.filename}: {fault.what}" + (f" ({fault.rule})" if len(found) > 1 else "") for each, fault in found
        ]
        rules = {name: set(each) for name, each in accepted.items()}
        for each, fault in found:
            rules.setdefault(each.name, set()).add(fault.rule)
        self.needed = tuple(sorted({f"{each.name}={fault.rule}" for each, fault in found}))
        """What has to be accepted, as `--accept-fault` takes it, sorted."""
        hint = self._hint(f"set `accept-faults = {written(rules)}` under [tool.lockenv] and run `lockenv lock`")
        super().__init__(found[0][1].rule, "; ".join(said), hint=hint)

    def hint_with(self, command: str) -> str:
        """Return the hint where `command` accepts what is `needed`."""
        return self._hint(f"run `{command}`")

    def _hint(self, what_to_do: str) -> str:
        what, as_found = ("it", "it as it is") if len(self.wheels) == 1 else ("them", "them as they are")
        return f"report {what} to its publisher; to install {as_found}, {what_to_do}"


def unaccepted(name: NormalizedName, faults: Iterable[Fault], accepted: Accepted) -> tuple[Fault, ...]:
    """Return those of `faults`, of a wheel of the project `name`, that are not accepted, in the same order."""
    rules = accepted.get(name, ())
    return tuple(fault for fault in faults if fault.rule not in rules)


def mismatch(algorithm: str) -> str:
    """Return what is wrong with a file whose hash is not the one in RECORD."""
    return f"its {algorithm} does not match RECORD"


def gathered(found: Mapping[str, Sequence[str]]) -> tuple[Fault, ...]:
    """Return a fault for each rule of `found`, which holds what is wrong with each file, in its order."""
    return tuple(
        Fault(rule, f"{said[0]} (and {len(said) - 1} more)" if len(said) > 1 else said[0])
        for rule, said in found.items()
    )


def written(rules: Mapping[NormalizedName, Iterable[str]]) -> str:
    """Return the value of the setting that accepts `rules`, as TOML."""
    entries = (
        f"{name} = [{', '.join(f'{chr(34)}{rule}{chr(34)}' for rule in sorted(each))}]"
        for name, each in sorted(rules.items())
    )
    return f"{{ {', '.join(entries)} }}"
