"""Say in canonical form what a lock was made from, so that freshness can be judged without a resolver.

Pure: a Manifest goes in; a mapping of TOML values comes out that is equal for manifests of equal meaning. What is
empty or a default is left out. Never: a credential, the order of what has none, a policy that changes no lock (which
packages may be built is asked at `sync`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.vocabulary.direct import table
from lockenv.vocabulary.manifest import Index, Policy
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.direct import Sourced
    from lockenv.vocabulary.manifest import Manifest, StatedMetadata
    from lockenv.vocabulary.requirement import Declared

_USER = lazy_pattern(r"(?<=://)[^/?#]*@")
_SPACE = lazy_pattern(r"\s+")
_SERVER = lazy_pattern(r"https?://[^\s${}]+")


def inputs(manifest: Manifest) -> dict[str, Any]:
    """Give what decides the lock of `manifest`: strings, lists of strings, and tables of those."""
    policy, default = manifest.policy, Policy()
    everything: dict[str, Any] = {
        "requires-python": specifier(manifest.requires_python),
        "dependencies": requirements(manifest.dependencies),
        "extras": {name: requirements(manifest.extras[name]) for name in sorted(manifest.extras)},
        "groups": {name: requirements(manifest.groups[name]) for name in sorted(manifest.groups)},
        "default-groups": sorted(set(manifest.default_groups)),
        "constraints": requirements(manifest.constraints),
        "overrides": requirements(manifest.overrides),
        "environments": sorted({_SPACE.sub(" ", text.strip()) for text in manifest.environments}),
        "required-environments": sorted({_SPACE.sub(" ", text.strip()) for text in manifest.required_environments}),
        "conflicts": sorted(sorted(f"{kind}:{name}" for kind, name in conflict) for conflict in manifest.conflicts),
        # Indexes are tried in the order they are declared.
        "indexes": [_index(index) for index in manifest.indexes],
        "sources": {name: manifest.sources[name] for name in sorted(manifest.sources)},
        "direct": {name: _direct(manifest.direct[name]) for name in sorted(manifest.direct)},
        "prerelease": policy.prerelease if policy.prerelease != default.prerelease else "",
        "prerelease-package": {name: policy.prerelease_packages[name] for name in sorted(policy.prerelease_packages)},
        "resolution": policy.preference if policy.preference != default.preference else "",
        # A relative cutoff moves with the clock; what the project says does not.
        "exclude-newer": policy.exclude_newer_span or policy.exclude_newer,
        "exclude-newer-package": {
            name: policy.exclude_newer_package_spans.get(name) or policy.exclude_newer_packages[name] or "none"
            for name in sorted(policy.exclude_newer_packages)
        },
        "no-build": sorted(policy.no_build),
        "no-binary": sorted(policy.no_binary),
        "accept-faults": {name: list(rules) for name, rules in sorted(manifest.accept_faults.items())},
        "dependency-metadata": [_stated(one) for one in manifest.stated],
        "dynamic": _dynamic(manifest),
        "fork": policy.fork if policy.fork != default.fork else "",
    }
    return {key: value for key, value in everything.items() if value}


def requirements(declared: Iterable[Declared]) -> list[str]:
    """Give the requirements as canonical text, sorted, each once, without credentials."""
    return sorted({without_user(str(each.requirement)) for each in declared})


def specifier(text: str) -> str:
    """Give a version specifier with its clauses sorted, each once, without spaces."""
    return ",".join(sorted({_SPACE.sub("", clause) for clause in text.split(",") if clause.strip()}))


def without_user(url: str) -> str:
    """Give `url` without the user and password of its authority (RFC 3986, section 3.2.1)."""
    return _USER.sub("", url) if "@" in url else url


def canonical_index(url: str) -> str:
    """Give the simple root that `url` names, without user, password, query and fragment, ending in a slash."""
    bare = without_user(url).partition("#")[0].partition("?")[0]
    return bare if bare.endswith(("/", ".html", ".htm")) else f"{bare}/"


def recorded(lock: Lock) -> tuple[Index, ...]:
    """Give the servers that `lock` was made from, as far as it tells; for where nothing declares them.

    What a lock says never has a variable replaced: it would tell the variable's value to a server of its choice.
    """
    if lock.own is None:
        named = [("", package.index) for package in lock.packages]
    else:
        named = [(each.get("name", ""), each.get("url", "")) for each in lock.inputs.indexes]
    found = {
        url: Index(name=str(name), url=canonical_index(url))
        for name, url in named
        if isinstance(url, str) and _SERVER.fullmatch(url)
    }
    return tuple(found.values())


def _dynamic(manifest: Manifest) -> dict[str, Any]:
    dynamic = manifest.dynamic
    if dynamic is None:
        return {}
    if dynamic.told is None:
        return {"digest": dynamic.digest}
    return {
        "digest": dynamic.digest,
        "requires-dist": [without_user(text) for text in dynamic.told.requires],
        "provides-extra": list(dynamic.told.extras),
    }


def _stated(one: StatedMetadata) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.name}
    if one.version:
        found["version"] = one.version
    if one.requires is not None:
        found["requires-dist"] = list(one.requires)
    if one.requires_python:
        found["requires-python"] = specifier(one.requires_python)
    if one.extras:
        found["provides-extra"] = sorted(one.extras)
    return found


def _direct(sourced: Sourced) -> dict[str, Any]:
    found: dict[str, Any] = {**table(sourced.direct)}
    if sourced.declares:
        found["declares"] = list(sourced.declares)
    return found


def _index(index: Index) -> dict[str, Any]:
    table: dict[str, Any] = {"name": index.name} if index.name else {}
    if index.url:
        table["url"] = canonical_index(index.url)
    for key, value in (("explicit", index.explicit), ("flat", index.is_flat), ("last", index.is_last)):
        if value:
            table[key] = True
    return table
