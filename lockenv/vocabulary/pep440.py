"""Versions, version specifiers and Requires-Python: the one reader of each in lockenv.

Pure: text goes in; normalized text, a key that sorts as the specification orders, or an answer comes out. The rules are
those of the version specifiers specification (PEP 440). Pages hold thousands of versions and most are plain numbers, so
plain text is read here; `packaging` reads all other text and so decides what is valid.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.light_library import cache, lru_cache
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False


Key = tuple[int, tuple[int, ...], tuple[str, int], int, float, tuple[tuple[int, int, str], ...]]
"""Epoch, release without trailing zeros, pre-release, post-release, development release, local version."""

_FINAL = ("z", 0)
_BEFORE_PRE = ("", 0)
_NEVER = float("inf")
_RELEASE = r"[0-9]{1,12}(?:\.[0-9]{1,12}){0,9}"
_PLAIN = lazy_pattern(_RELEASE)
_COMMON = lazy_pattern(
    rf"({_RELEASE})(?:[-_.]?(a|b|rc)[-_.]?([0-9]{{1,12}}))?(?:\.post([0-9]{{1,12}}))?(?:\.dev([0-9]{{1,12}}))?"
)
_OPERATORS = ("~=", "==", "!=", "<=", ">=", "<", ">")
_PYTHON = lazy_pattern(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,2}")


@lru_cache(maxsize=4096)
def read_version(text: str) -> tuple[str, Key]:
    """Return the normalized text and the key of a version; raise ValueError when it is none."""
    # Nine tenths of all versions are plain numbers; `check` reads no others, and compiles one small pattern for them.
    if _PLAIN.fullmatch(text):
        return _plain(text)
    found = _COMMON.fullmatch(text)
    return _common(*found.groups()) if found else _any(text)


@lru_cache(maxsize=4096)
def version_key(text: str) -> Key:
    """Return the key of a version: equal and ordered as the versions are. Raise ValueError when it is none."""
    return _plain_key(tuple(map(int, text.split(".")))) if _PLAIN.fullmatch(text) else read_version(text)[1]


def is_version(text: str) -> bool:
    """Return whether `text` is a version."""
    try:
        read_version(text)
    except ValueError:  # InvalidVersion, or a number of more digits than Python reads
        return False
    return True


def is_same_version(one: str, other: str) -> bool:
    """Return whether two texts write one version; texts that are no versions only when they are equal."""
    if one == other:
        return True
    try:
        return version_key(one) == version_key(other)
    except ValueError:  # InvalidVersion, or a number of more digits than Python reads
        return False


def is_prerelease(key: Key) -> bool:
    """Return whether the key is that of a pre-release or a development release."""
    return key[2] != _FINAL or key[4] != _NEVER


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of a version specifier, such as `>=1.2`."""

    operator: str
    version: str
    """As it is written, without the wildcard."""
    release: tuple[int, ...]
    """The release segment, trailing zeros included; empty where the operator is `===`."""
    key: Key
    """The key of the version; of no meaning where the operator is `===`."""
    is_prefix: bool = False
    """Whether a wildcard `.*` follows."""

    @property
    def names_prerelease(self) -> bool:
        """Whether the clause admits pre-releases because it names one."""
        return self.operator not in ("!=", "===") and is_prerelease(self.key)

    @property
    def is_exact_pin(self) -> bool:
        """Whether the clause pins one version: `==` or `===`, without a wildcard."""
        return self.operator in ("==", "===") and not self.is_prefix

    @property
    def floor(self) -> Key:
        """The key of the lowest version that `==` or `~=` may admit, which need not exist."""
        return (self.key[0], self.key[1], _BEFORE_PRE, -1, 0, ()) if self.is_prefix else self.key

    @property
    def meaning(self) -> tuple[object, ...]:
        """What is equal for clauses that differ in their spelling alone, such as `==1.0` and `==1`."""
        if self.operator == "===" or self.is_prefix:
            return self.operator, self.version, self.is_prefix
        # Zeros at the end of `~=` say how much of the version may change.
        return self.operator, self.key, self.release if self.operator == "~=" else ()

    def holds(self, key: Key) -> bool:
        """Return whether the version of `key` satisfies the clause, pre-releases included; `===` compares no keys."""
        operator, own = self.operator, self.key
        # How a local version or a post-release of the version itself compares is rare enough for `packaging`.
        if key[5] or (operator == "<" and own[3] != -1 and key[:2] == own[:2]):
            return self._ask_packaging(key)
        match operator:
            case "==":
                return self._has_prefix(key, self.release) if self.is_prefix else key == own
            case "!=":
                return not (self._has_prefix(key, self.release) if self.is_prefix else key == own)
            case ">=":
                return key >= own
            case "<=":
                return key <= own
            case "<":
                # "MUST NOT allow a pre-release of the specified version unless [it] is itself a pre-release".
                return key < own and (key[:2] != own[:2] or is_prerelease(own))
            case ">":
                # "MUST NOT allow a post-release of the given version unless V itself is a post release".
                is_post = key[:3] == own[:3] and own[3] == -1 and own[4] == _NEVER
                return key > own and not is_post
        # "Compatible release": `~= 2.2` means `>= 2.2, == 2.*`.
        return key >= own and self._has_prefix(key, self.release[:-1])

    def _has_prefix(self, key: Key, prefix: tuple[int, ...]) -> bool:
        release = key[1]
        if len(release) < len(prefix):
            release += (0,) * (len(prefix) - len(release))
        return key[0] == self.key[0] and release[: len(prefix)] == prefix

    def _ask_packaging(self, key: Key) -> bool:
        from packaging.specifiers import Specifier

        wildcard = ".*" if self.is_prefix else ""
        return Specifier(f"{self.operator}{self.version}{wildcard}").contains(_written(key), prereleases=True)


@cache
def clauses(specifier: str) -> tuple[Clause, ...]:
    """Return the clauses of a version specifier, in no promised order; raise ValueError when it is none."""
    found = []
    for part in specifier.split(",") if specifier else ():
        clause = _plain_clause(part.strip(" \t"))
        if clause is None:
            return _any_clauses(specifier)
        found.append(clause)
    return tuple(found)


@cache
def contains(specifier: str, version: str) -> bool:
    """Return whether `specifier` admits `version`, pre-releases included.

    No specifier but an empty one or `===` admits what is no version. Raise ValueError when `specifier` is none.
    """
    wanted = clauses(specifier)
    try:
        key = version_key(version)
    except ValueError:  # InvalidVersion, or a number of more digits than Python reads
        key = None
    if key is None or any(clause.operator == "===" for clause in wanted):
        from packaging.specifiers import SpecifierSet

        return SpecifierSet(specifier).contains(version, prereleases=True)
    return all(clause.holds(key) for clause in wanted)


def is_same_specifier(one: str, other: str) -> bool:
    """Return whether two specifiers have the same clauses, however spelled; raise ValueError as `clauses`."""
    return {clause.meaning for clause in clauses(one)} == {clause.meaning for clause in clauses(other)}


@cache
def names_prerelease(specifier: str) -> bool:
    """Return whether a clause of `specifier` names a pre-release and so admits them; raise ValueError as `clauses`."""
    if any(clause.operator == "===" for clause in clauses(specifier)):
        from packaging.specifiers import SpecifierSet

        return bool(SpecifierSet(specifier).prereleases)
    return any(clause.names_prerelease for clause in clauses(specifier))


def python_admits(requires_python: str, full_version: str) -> bool:
    """Return whether Python `full_version` satisfies a Requires-Python; an empty one admits all.

    A pre-release of Python counts as the release that it precedes: `>=3.14` admits 3.14.0rc1. The core metadata
    specification has Requires-Python say which Pythons a project is compatible with, and no project names the
    pre-releases of those; pip and uv compare the release alone. Raise ValueError when either is not what it should be.
    """
    match = _PYTHON.match(full_version)
    if match is None:
        raise ValueError(f"{full_version!r} is not a Python version")
    return contains(requires_python, match[0])


def _plain(digits: str) -> tuple[str, Key]:
    release = tuple(map(int, digits.split(".")))
    return ".".join(map(str, release)), _plain_key(release)


def _plain_key(release: tuple[int, ...]) -> Key:
    return 0, _stripped(release), _FINAL, -1, _NEVER, ()


def _common(digits: str, letter: str | None, number: str | None, post: str | None, dev: str | None) -> tuple[str, Key]:
    text, plain = _plain(digits)
    pre = _FINAL if post or not dev else _BEFORE_PRE
    if letter and number:
        pre = (letter, int(number))
        text += f"{letter}{int(number)}"
    if post:
        text += f".post{int(post)}"
    if dev:
        text += f".dev{int(dev)}"
    return text, (0, plain[1], pre, int(post) if post else -1, int(dev) if dev else _NEVER, ())


def _any(text: str) -> tuple[str, Key]:
    from packaging.version import Version

    version = Version(text)
    pre = _FINAL if version.post is not None or version.dev is None else _BEFORE_PRE
    local = tuple(
        (1, int(part), "") if part.isdecimal() else (0, 0, part) for part in (version.local or "").split(".") if part
    )
    return str(version), (
        version.epoch,
        _stripped(version.release),
        version.pre or pre,
        -1 if version.post is None else version.post,
        _NEVER if version.dev is None else version.dev,
        local,
    )


def _stripped(release: tuple[int, ...]) -> tuple[int, ...]:
    # "The shorter release segment is padded out with additional zeros as necessary".
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    return release


def _plain_clause(text: str) -> Clause | None:
    """Return the clause that `text` is, without blanks around it; None where `packaging` has to read it."""
    operator = text[:2] if text[:2] in _OPERATORS else text[:1]
    written = text[len(operator) :].lstrip(" \t")
    version = written.removesuffix(".*")
    match = _COMMON.fullmatch(version) if operator in _OPERATORS else None
    if match is None:
        return None
    digits, is_prefix = match[1], version != written
    if is_prefix and (operator not in ("==", "!=") or version != digits):
        return None
    if operator == "~=" and "." not in digits:
        return None
    release = tuple(map(int, digits.split(".")))
    key = _plain_key(release) if version == digits else _common(*match.groups())[1]
    return Clause(operator, version, release, key, is_prefix)


def _any_clauses(specifier: str) -> tuple[Clause, ...]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    try:
        written = SpecifierSet(specifier)
    except InvalidSpecifier as error:
        raise InvalidSpecifier(f"Invalid specifier: {specifier!r}") from error
    found = []
    for each in written:
        version = each.version
        if each.operator == "===":
            found.append(Clause("===", version, (), version_key("0")))
            continue
        bare = version.removesuffix(".*")
        found.append(Clause(each.operator, bare, Version(bare).release, version_key(bare), bare != version))
    return tuple(found)


def _written(key: Key) -> str:
    """Return a text of the version that has `key`."""
    epoch, release, pre, post, dev, local = key
    text = f"{epoch}!" + ".".join(map(str, release))
    if pre not in (_FINAL, _BEFORE_PRE):
        text += f"{pre[0]}{pre[1]}"
    if post != -1:
        text += f".post{post}"
    if dev != _NEVER:
        text += f".dev{dev}"
    if local:
        text += "+" + ".".join(str(number) if is_number else word for is_number, number, word in local)
    return text
