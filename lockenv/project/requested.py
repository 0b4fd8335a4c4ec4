"""Requirements as a person asks for them, apart enough to be merged into those of a file.

Pure: the text of a requirement goes in, its parts come out, spelled as they were written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.project import messages
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.requirement import parse, parse_marker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.vocabulary.names import NormalizedName

_PARTS = lazy_pattern(r"\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?\s*\(?([^;()]*)\)?\s*(?:;(.*))?", "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedRequirement:
    """A requirement, its parts as they were written."""

    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""
    """Its clauses in the order they were written, without spaces; empty for any version."""
    marker: str = ""
    url: str = ""
    """The direct reference, instead of a specifier; empty for a requirement that an index answers."""

    @property
    def normalized(self) -> NormalizedName:
        """The name by which projects are distinguished."""
        return normalize(self.name)

    @property
    def canonical_marker(self) -> str:
        """The marker as `packaging` prints it."""
        return parse_marker(self.marker) if self.marker else ""

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        if self.url:
            # A URL may hold a semicolon: the space ends it (dependency specifiers specification, URL reference).
            return f"{self.name}{extras} @ {self.url}{f' ; {self.marker}' if self.marker else ''}"
        return f"{self.name}{extras}{self.specifier}{f'; {self.marker}' if self.marker else ''}"

    def bounded(self, specifier: str) -> RequestedRequirement:
        """Return the same requirement of the versions that `specifier` admits."""
        return RequestedRequirement(name=self.name, extras=self.extras, specifier=specifier, marker=self.marker)

    def merged(self, other: RequestedRequirement) -> RequestedRequirement:
        """Return one requirement for both.

        The extras of both, the versions or the place of `other` where it has any.
        """
        known = {normalize(extra) for extra in self.extras}
        extras = (*self.extras, *(extra for extra in other.extras if normalize(extra) not in known))
        return RequestedRequirement(
            name=self.name,
            extras=tuple(sorted(extras, key=normalize)) if len(extras) > len(self.extras) else self.extras,
            specifier=other.specifier or ("" if other.url else self.specifier),
            marker=self.marker,
            url=other.url or ("" if other.specifier else self.url),
        )


def read(text: str) -> RequestedRequirement | None:
    """Return the requirement that `text` writes; None for what is no requirement."""
    try:
        parsed = parse(text)
    except ValueError:
        return None
    found = _PARTS.fullmatch(text.partition("@")[0] if parsed.url else text)
    if found is None:
        return None
    name, extras, clauses, marker = found.groups()
    return RequestedRequirement(
        name=name,
        extras=tuple(extra for extra in map(str.strip, (extras or "").split(",")) if extra),
        specifier="".join(clauses.split()),
        # What follows a URL is its marker only behind a space.
        marker=text.rpartition(" ;")[2].strip() if parsed.url and parsed.marker else (marker or "").strip(),
        url=parsed.url,
    )


def read_requested(texts: Iterable[str]) -> tuple[RequestedRequirement, ...]:
    """Return the requirements that the user asks for, each name and marker once. Raises UsageError."""
    found: dict[tuple[NormalizedName, str], RequestedRequirement] = {}
    for text in texts:
        try:
            parse(text)
        except ValueError as error:
            reason, _ = messages.reason_and_offset(error, text)
            raise UsageError(
                f"`{text}` is not a requirement: {reason}", hint=messages.requirement_hint(text)
            ) from error
        wanted = read(text)
        if wanted is None:
            raise UsageError(f"`{text}` is not a requirement", hint=messages.requirement_hint(text))
        key = wanted.normalized, wanted.canonical_marker
        before = found.get(key)
        if before and _stated(before) and _stated(wanted) and _stated(before) != _stated(wanted):
            raise UsageError(
                f"{before} and {wanted} are different requirements for the same package", hint="list it once"
            )
        found[key] = before.merged(wanted) if before else wanted
    return tuple(found.values())


def _stated(one: RequestedRequirement) -> str:
    return one.url or one.specifier
