"""Who published a file, as its index states it (PEP 740), and who may publish packages. Values only."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import NamedTuple, dataclass
from lockenv.vocabulary.printable import printable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Final

    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin

_MOST = 12
"""Keys of one publisher that are read; the kinds that are known have up to five."""
_MOST_PUBLISHERS = 20
"""Of one release; nearly all have one."""
_LONGEST = 300
"""Characters of a key, and of a value."""
POLICY_KEYS: Final = ("kind", "repository", "workflow", "environment")
"""What a project may require of a publisher."""


class Identity(NamedTuple):
    """One publisher of a file."""

    fields: tuple[tuple[str, str], ...]
    """Key and value of what the index says of the publisher, `kind` among them, sorted by key."""

    def get(self, key: str) -> str:
        """Return the value of `key`; empty where the index does not state it."""
        return next((value for name, value in self.fields if name == key), "")

    @property
    def title(self) -> str:
        """What a person reads: `GitHub acme/acme (environment pypi, workflow release.yml)`."""
        rest = ", ".join(f"{key} {value}" for key, value in self.fields if key not in ("kind", "repository"))
        return " ".join(filter(None, (self.get("kind"), self.get("repository"), f"({rest})" if rest else "")))

    def table(self) -> dict[str, str]:
        """Return it as a lock has it (`packages.attestation-identities`)."""
        return dict(self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherRule:
    """Who may publish packages: each key has one of its values; no keys for anyone whom the index names."""

    pattern: str
    """A normalized name, or the beginning of names and an asterisk."""
    required: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Of POLICY_KEYS, in that order."""
    is_exempt: bool = False
    """Whether these packages need no publisher at all."""
    origin: Origin

    @property
    def title(self) -> str:
        """What is required, as a part of a sentence."""
        found = " and ".join(f"{key} {' or '.join(values)}" for key, values in self.required)
        return found or "a publisher that the index names"

    def admits(self, identity: Identity) -> bool:
        """Return whether `identity` is whom the rule requires; repositories and kinds are the same in any case."""
        return all(
            _folded(key, identity.get(key)) in {_folded(key, value) for value in values}
            for key, values in self.required
        )


def _folded(key: str, value: str) -> str:
    return value.casefold() if key in ("kind", "repository") else value


def rule_for(name: NormalizedName, rules: Iterable[PublisherRule]) -> PublisherRule | None:
    """Return the rule of a package: that of its name, else that of the longest beginning; None for none."""
    found = [rule for rule in rules if rule.pattern == name or (rule.pattern[-1:] == "*" and _begins(name, rule))]
    return max(found, key=lambda rule: (rule.pattern == name, len(rule.pattern)), default=None)


def _begins(name: str, rule: PublisherRule) -> bool:
    return name.startswith(rule.pattern[:-1])


def identity_of(table: Mapping[str, Any]) -> Identity | None:
    """Return what the table of a publisher says, as far as it is text of a readable length; None without a kind.

    Claims are left out: they are of one upload, and differ between releases of one publisher.
    """
    texts = {str(key): value for key, value in table.items() if isinstance(value, str) and key != "claims"}
    known = {key: printable(value) for key, value in texts.items() if value and max(len(key), len(value)) <= _LONGEST}
    if "kind" not in known or len(known) > _MOST or not all(map(str.isprintable, known)):
        return None
    return Identity(tuple(sorted(known.items())))


def identities_of(tables: Iterable[Any]) -> tuple[Identity, ...]:
    """Return the publishers that `tables` describe, each once, sorted."""
    found = (identity_of(table) for table in tables if isinstance(table, dict))
    return tuple(sorted({each for each in found if each is not None}))[:_MOST_PUBLISHERS]


def titles(identities: Iterable[Identity]) -> str:
    """Return the titles of publishers as a part of a sentence."""
    return " and ".join(each.title for each in identities)
