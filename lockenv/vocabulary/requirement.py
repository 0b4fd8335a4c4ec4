"""Requirements, specifiers and markers, as text and as values.

Pure: a PEP 508 string goes in, a Requirement comes out; each distinct string is parsed once per process. The plain
forms that make up nearly every file are read here; all others, and everything that is wrong, go to `packaging`, whose
import costs more than reading a whole project. Both write the same text, and neither takes what `packaging` refuses.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.light_library import cache, lru_cache
from lockenv.vocabulary.names import ExtraName, NormalizedName, is_valid, normalize
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.vocabulary.origin import Origin


@dataclass(frozen=True, slots=True)
class Requirement:
    """A dependency specifier (PEP 508), canonical: equal requirements have equal text."""

    name: NormalizedName
    extras: tuple[ExtraName, ...] = ()
    """Normalized, sorted, each once."""
    specifier: str = ""
    """Clauses as `packaging` prints them, sorted, each once, joined by commas without spaces; empty for any version."""
    marker: str = ""
    """As `packaging` prints it; empty for every environment."""
    url: str = ""
    """The direct reference; empty for a requirement that an index answers."""

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        what = f"{self.name}{extras} @ {self.url}" if self.url else f"{self.name}{extras}{self.specifier}"
        separator = " ; " if self.url else "; "
        return f"{what}{separator}{self.marker}" if self.marker else what


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A requirement that a person wrote, and where."""

    requirement: Requirement
    origin: Origin


@cache
def parse(text: str) -> Requirement:
    """Return the requirement that `text` writes.

    Raises ValueError (mostly packaging's `InvalidRequirement`, which says where and why) when it is not PEP 508.
    """
    _check_numbers(text)
    return _plain_requirement(text) or _packaging_requirement(text)


@cache
def only_for_extra(text: str) -> ExtraName | None:
    """Return the extra without which a requirement that is valid, and has no URL, applies nowhere.

    None where it may apply without one, or has to be read to know. Most requirements that releases declare are for an
    extra that no one wants.
    """
    found = _HEAD.fullmatch(text) if ";" in text and len(text) < _DIGITS else None
    if found is None:
        return None
    _, extras, enclosed, clauses, condition = found.groups()
    only = _without_which_never(condition) if condition else None
    clauses = enclosed or clauses
    if only is None or _plain_extras(extras) is None or (clauses and _plain_specifier(clauses) is None):
        return None
    return only


@lru_cache(maxsize=4096)
def _without_which_never(condition: str) -> ExtraName | None:
    """Return the extra that the last of some comparisons, all of which must hold, asks for; None for other markers."""
    marker = _plain_marker(condition)
    if marker is None or " or " in marker:
        return None
    # A plain literal holds no quotes.
    before, asked, last = marker.rpartition('extra == "')
    extra, _, after = last.partition('"')
    is_last = asked and extra and not after and (not before or before.endswith(" and "))
    return ExtraName(extra) if is_last else None


def bounds(specifier: str) -> str:
    """Return a specifier with its lower bounds first and its exceptions last, as people write it."""
    return ",".join(sorted(specifier.split(","), key=lambda clause: ">=~<!".find(clause[:1])))


@cache
def parse_specifier(text: str) -> str:
    """Return the version specifier that `text` writes in its canonical text; empty for any version.

    Raises ValueError when it is not a version specifier (PEP 440).
    """
    if not text or text.isspace():
        return ""
    _check_numbers(text)
    plain = _plain_specifier(text)
    if plain is not None:
        return plain
    from packaging.specifiers import SpecifierSet

    return str(SpecifierSet(text))


@cache
def parse_marker(text: str) -> str:
    """Return the environment marker that `text` writes as `packaging` prints it.

    Raises ValueError (packaging's `InvalidMarker`, which says where and why) when it is not a marker.
    """
    _check_numbers(text)
    plain = _plain_marker(text)
    if plain is not None:
        return plain
    from packaging.markers import Marker

    try:
        return _printed(Marker(text), text)
    except RecursionError as error:
        raise ValueError("it nests parentheses too deeply") from error


def _check_numbers(text: str) -> None:
    """Raise ValueError for a number that Python refuses to read, where whoever compares versions would fail on it."""
    if len(text) > _DIGITS and _EXCESSIVE.search(text):
        raise ValueError(f"it has a number of more than {_DIGITS} digits")


def _printed(marker: object, written: str) -> str:
    """Return `marker` as packaging prints it; it is the end of the text `written`. Raises ValueError."""
    text = str(marker)
    # PEP 508's grammar has no backslash in a string. packaging reads what Python means by it, and cannot read back all
    # that it then prints: a backslash, the end of a line, NUL.
    if "\\" in written and not _is_read_back(text):
        raise ValueError(f"a string in the marker `{ascii(text)[1:-1]}` contains a backslash, which is not allowed")
    return text


def _is_read_back(text: str) -> bool:
    from packaging.markers import InvalidMarker, Marker

    try:
        return "\\" not in text and bool(Marker(text))
    except InvalidMarker:
        return False


def _packaging_requirement(text: str) -> Requirement:
    from packaging.requirements import Requirement as Parsed

    try:
        parsed = Parsed(text)
    except RecursionError as error:
        raise ValueError("its marker nests parentheses too deeply") from error
    for name in (parsed.name, *sorted(parsed.extras)):
        # Name format: a name ends in a letter or a digit. packaging lets a trailing `_` pass in some places.
        if not is_valid(name):
            raise ValueError(f"{name!r} is not a valid name: it must end with a letter or a digit")
    behind = text.partition(parsed.url)[2] if parsed.url else text
    return Requirement(
        name=normalize(parsed.name),
        extras=tuple(sorted({ExtraName(normalize(extra)) for extra in parsed.extras})),
        specifier=str(parsed.specifier),
        marker=_printed(parsed.marker, behind) if parsed.marker else "",
        url=parsed.url or "",
    )


_DIGITS = 1000
_EXCESSIVE = lazy_pattern(rf"[0-9]{{{_DIGITS}}}")

# The plain grammar: a strict part of PEP 508. The classes are spelled out, so that no flag has to keep Unicode away.
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_HEAD = lazy_pattern(
    rf"[ \t]*({_NAME})[ \t]*(?:\[([A-Za-z0-9._, \t-]*)\][ \t]*)?"
    r"(?:\(([^;\[\]()@]*)\)[ \t]*|([^;\[\]()@]*))(?:;(.*))?"
)
_NAME_ONLY = lazy_pattern(_NAME)
_CLAUSE = lazy_pattern(
    r"(==|!=|<=|>=|<|>|~=)[ \t]*"
    r"([0-9]+(?:\.[0-9]+)*)"
    r"(\.\*|(?:(?:a|b|rc)\.?[0-9]+)?(?:\.post[0-9]+|-[0-9]+)?(?:\.dev[0-9]+)?(\+[a-z0-9]+(?:\.[a-z0-9]+)*)?)"
)
_COMPARISON = lazy_pattern(
    r"([a-z_]+)(?:[ \t]*([!<=>~]{1,2})[ \t]*|[ \t]+(in|not[ \t]+in)[ \t]+)"
    r"(?:\"([ !#-&(-\[\]-~]*)\"|'([ !#-&(-\[\]-~]*)')"
)
_VARIABLES = frozenset(
    {
        *("python_version", "python_full_version", "os_name", "sys_platform", "extra"),
        *("platform_system", "platform_machine", "platform_release", "platform_version"),
        *("platform_python_implementation", "implementation_name", "implementation_version"),
    }
)
_OPERATORS = frozenset({"==", "!=", "<=", ">=", "<", ">", "~=", None})
"""None is there for the operators that are words."""
_JOINT = lazy_pattern(r"[ \t]+(and|or)[ \t]+")
_DEEPEST = 20
"""How many parentheses within one another are read here; packaging reads deeper ones."""


def _plain_requirement(text: str) -> Requirement | None:
    found = _HEAD.fullmatch(text)
    if found is None:
        return None
    name, extras, enclosed, clauses, condition = found.groups()
    clauses = enclosed or clauses
    specifier: str | None = ""
    if clauses:
        specifier = _plain_specifier(clauses)
    marker: str | None = ""
    if condition is not None:
        marker = _plain_marker(condition)
    chosen = _plain_extras(extras)
    if specifier is None or marker is None or chosen is None:
        return None
    return Requirement(normalize(name), chosen, specifier, marker)


def _plain_extras(text: str | None) -> tuple[ExtraName, ...] | None:
    if not text:
        return ()
    names = [part.strip(" \t") for part in text.split(",")]
    if not all(map(_NAME_ONLY.fullmatch, names)):
        return None
    return tuple(sorted({ExtraName(normalize(name)) for name in names}))


@lru_cache(maxsize=4096)
def _plain_specifier(text: str) -> str | None:
    written: set[str] = set()
    meant: set[tuple[str, str, str]] = set()
    is_single = "," not in text
    for part in text.split(","):
        clause = _CLAUSE.fullmatch(part.strip(" \t"))
        if clause is None:
            return None
        operator, release, rest, local = clause.groups()
        if (rest == ".*" or local) and operator not in ("==", "!="):
            return None
        if operator == "~=" and "." not in release:
            return None
        if is_single:
            return f"{operator}{release}{rest}"
        written.add(f"{operator}{release}{rest}")
        suffix = rest.replace("-", "post").replace("0", "").replace(".", "")
        meant.add((operator, release.replace("0", "").replace(".", ""), suffix))
    # Where the spelling alone might distinguish two clauses (`==1.0,==1`), packaging decides which one stays.
    return ",".join(sorted(written)) if len(meant) == len(written) else None


@lru_cache(maxsize=4096)
def _plain_marker(text: str) -> str | None:
    text = text.strip(" \t")
    read = _plain_terms(text, 0, 0)
    if read is None or read[1] != len(text):
        return None
    terms = read[0]
    while len(terms) == 1 and isinstance(terms[0], list):
        terms = terms[0]
    return " ".join(map(_shown, terms))


_Terms = list["str | _Terms"]
"""Comparisons and what joins them; a list within is what stood in parentheses."""


def _shown(term: str | _Terms) -> str:
    if isinstance(term, str):
        return term
    # packaging drops the parentheses around a single term, and keeps all others.
    return _shown(term[0]) if len(term) == 1 else f"({' '.join(map(_shown, term))})"


def _plain_terms(text: str, at: int, depth: int) -> tuple[_Terms, int] | None:
    """Return the terms from `at` up to the end or to the parenthesis that closes them, and where that is."""
    terms: _Terms = []
    while True:
        read = _plain_operand(text, at, depth)
        if read is None:
            return None
        terms.append(read[0])
        at = read[1]
        if at == len(text) or text[at] == ")":
            return terms, at
        joint = _JOINT.match(text, at)
        if joint is None:
            return None
        terms.append(joint[1])
        at = joint.end()


def _plain_operand(text: str, at: int, depth: int) -> tuple[str | _Terms, int] | None:
    if text.startswith("(", at) and depth < _DEEPEST:
        inner = _plain_terms(text, at + 1, depth + 1)
        return (inner[0], inner[1] + 1) if inner and text.startswith(")", inner[1]) else None
    comparison = _COMPARISON.match(text, at)
    if comparison is None:
        return None
    variable, symbol, word, double, single = comparison.groups()
    if variable not in _VARIABLES or symbol not in _OPERATORS:
        return None
    literal = single if double is None else double
    # "When comparing extra names, tools MUST normalize the names being compared" (PEP 685).
    value = normalize(literal) if variable == "extra" else literal
    operator = symbol or " ".join(word.split())
    return f'{variable} {operator} "{value}"', comparison.end()
