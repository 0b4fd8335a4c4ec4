"""What an option and a command are, and how the process environment sets an option."""

from __future__ import annotations

from lockenv.errors import UsageError
from lockenv.vocabulary.dataclasses import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Literal

    Kind = Literal["flag", "count", "value", "list", "choice", "action", "word", "words", "rest"]
    """A `count` is a flag that says more when repeated. A `choice` is a value out of `choices`; an `action` is one
    without a flag; a `word` has no flag either, and `words` are any number of them; `rest` is all that follows."""


class Option(NamedTuple):
    """One option: `LOCKENV_<DEST>` sets it too, and the command line wins."""

    dest: str
    kind: Kind
    flags: tuple[str, ...]
    meaning: str
    metavar: str = ""
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"LOCKENV_{self.dest.upper()}"


class Command(NamedTuple):
    """One command, with the module under `lockenv.commands` that runs it."""

    name: str
    meaning: str
    options: tuple[Option, ...]


def from_environment(option: Option, text: str) -> object:
    """Return the value that `text`, the value of the variable of `option`, sets. Raises UsageError."""
    match option.kind:
        case "flag":
            value = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}.get(
                text.strip().lower()
            )
            if value is None:
                raise UsageError(
                    f"invalid value `{text}` for {option.variable}; expected a boolean", hint="set it to 1 or 0"
                )
            return value
        case "count":
            number = text.strip().lower()
            if number in ("2", "3"):
                return int(number)
            return int(bool(from_environment(Option(option.dest, "flag", option.flags, ""), text)))
        case "list":
            return text.split()
        case "choice" if text not in option.choices:
            known = ", ".join(option.choices)
            raise UsageError(
                f"invalid value `{text}` for {option.variable}; expected one of {known}",
                hint=f"unset {option.variable}, or set it to one of these",
            )
        case _:
            return text
