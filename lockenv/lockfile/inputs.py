"""What a lock was made from, in canonical form, so that freshness can be judged without a resolver; and the inverse.

Pure: a Manifest goes in; a mapping of TOML values comes out that is equal for manifests of equal meaning. What is
empty or a default is left out. Never: a credential, the order of what has none, a policy that changes no lock (which
packages may be built is asked at `sync`). The other way, the mapping that a lock records goes in and a Manifest comes
out, as far as it decides the lock.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.lockfile.lock import LockInputs, filename_of
from lockenv.vocabulary.direct import Archive, Commit, DeclaredSource, Directory, table
from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import (
    BuildStatement,
    Dynamic,
    Index,
    Manifest,
    Policy,
    StatedMetadata,
)
from lockenv.vocabulary.names import ExtraName, GroupName, NormalizedName
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.requirement import Declared, parse

TYPE_CHECKING = False

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Iterable, Mapping
    from typing import Any, Literal

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary import licenses, places
    from lockenv.vocabulary import python_archive as archives
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.listed_hashes import HashList
    from lockenv.vocabulary.places import Place
else:
    hashlib = late("hashlib")
    places = late("lockenv.vocabulary.places")
    licenses = late("lockenv.vocabulary.licenses")
    archives = late("lockenv.vocabulary.python_archive")

_USER = lazy_pattern(r"(?<=://)[^/?#]*@")
_SERVER = lazy_pattern(r"https?://[^\s${}]+")


def inputs(manifest: Manifest) -> dict[str, Any]:
    """Return what decides the lock of `manifest`: strings, lists of strings, and tables of those."""
    policy, default = manifest.policy, Policy()
    everything: dict[str, Any] = {
        "requires-python": specifier(manifest.requires_python),
        "python": manifest.python,
        "python-archives": [one.table() for one in manifest.python_archives] if manifest.python else [],
        "dependencies": requirements(manifest.dependencies),
        "extras": {name: requirements(manifest.extras[name]) for name in sorted(manifest.extras)},
        "groups": {name: requirements(manifest.groups[name]) for name in sorted(manifest.groups)},
        "dependency-groups": {name: specifier(text) for name, text in sorted(manifest.group_pythons.items())},
        "default-groups": sorted(set(manifest.default_groups)),
        "packages": dict(sorted(manifest.packages.items())),
        "constraints": requirements(manifest.constraints),
        "overrides": requirements(manifest.overrides),
        "exclude-dependencies": list(manifest.excluded),
        "environments": sorted({" ".join(text.split()) for text in manifest.environments}),
        "required-environments": sorted({" ".join(text.split()) for text in manifest.required_environments}),
        "conflicts": sorted(sorted(f"{kind}:{name}" for kind, name in conflict) for conflict in manifest.conflicts),
        # Indexes are tried in the order they are declared.
        "indexes": [_index(index) for index in manifest.indexes],
        "sources": {name: manifest.sources[name] for name in sorted(manifest.sources)},
        "places": {name: sorted(map(_place, manifest.places[name]), key=repr) for name in sorted(manifest.places)},
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
        "hashes": {
            **({"*": "required"} if policy.hashes_required else {}),
            **{name: _hashes(lists) for name, lists in sorted(policy.hashes.items())},
        },
        "accept-faults": {name: list(rules) for name, rules in sorted(manifest.accept_faults.items())},
        "dependency-metadata": [_stated(one) for one in manifest.stated],
        "dynamic": _dynamic(manifest),
        "fork": policy.fork if policy.fork != default.fork else "",
        # What is accepted decides no lock; that there is a policy decides what is recorded.
        "licenses": "recorded" if manifest.licenses is not None else "",
        "deny-startup-code": manifest.startup_allowed is not None,
        "publishers": "recorded" if manifest.publishers is not None else "",
    }
    return {key: value for key, value in everything.items() if value}


def _hashes(lists: Iterable[HashList]) -> str:
    """Return a digest of what requirements files list for a project: the lockfile has the hash of every file itself."""
    texts = sorted(" ".join((specifier(one.specifier), one.marker, *one.sha256)) for one in lists)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


def requirements(declared: Iterable[Declared]) -> list[str]:
    """Return the requirements as canonical text, sorted, each once, without credentials."""
    return sorted({without_user(str(each.requirement)) for each in declared})


def specifier(text: str) -> str:
    """Return a version specifier with its clauses sorted, each once, without spaces."""
    return ",".join(sorted({"".join(clause.split()) for clause in text.split(",") if clause.strip()}))


def without_user(url: str) -> str:
    """Return `url` without the user and password of its authority (RFC 3986, section 3.2.1)."""
    return _USER.sub("", url) if "@" in url else url


def canonical_index(url: str) -> str:
    """Return the simple root that `url` names, without user, password, query and fragment, ending in a slash."""
    bare = without_user(url).partition("#")[0].partition("?")[0]
    return bare if bare.endswith(("/", ".html", ".htm")) else f"{bare}/"


def recorded_indexes(lock: Lock) -> tuple[Index, ...]:
    """Return the servers that `lock` was made from, as far as it says; for where nothing declares them.

    What a lock says never has a variable replaced: that would send the variable's value to a server of its choice.
    """
    if lock.is_foreign:
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
    if dynamic.reported is None:
        return {"digest": dynamic.digest}
    return {
        "digest": dynamic.digest,
        "requires-dist": [without_user(text) for text in dynamic.reported.requires],
        "provides-extra": list(dynamic.reported.extras),
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


def _direct(sourced: DeclaredSource) -> dict[str, Any]:
    found: dict[str, Any] = {**table(sourced.direct)}
    if sourced.declares:
        found["declares"] = list(sourced.declares)
    return found


def _place(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {"index": place.index} if place.index else {}
    if place.direct is not None:
        found |= table(place.direct)
    if place.marker:
        found["marker"] = " ".join(place.marker.split())
    if place.kind:
        found[place.kind] = place.member
    if place.declares:
        found["declares"] = list(place.declares)
    return found


def _recorded_place(each: Mapping[str, Any], origin: Origin) -> Place:
    kind = next((key for key in ("extra", "group") if key in each), "")
    return places.Place(
        index=each.get("index", ""),
        direct=None if "index" in each else _recorded_direct(each),
        marker=each.get("marker", ""),
        kind=kind,
        member=each[kind] if kind else "",
        origin=origin,
        declares=tuple(each.get("declares", ())),
    )


def _index(index: Index) -> dict[str, Any]:
    table: dict[str, Any] = {"name": index.name} if index.name else {}
    if index.url:
        table["url"] = canonical_index(index.url)
    for key, value in (("explicit", index.explicit), ("flat", index.is_flat), ("last", index.is_last)):
        if value:
            table[key] = True
    return table


def recorded_manifest(own: Mapping[str, Any], file: str) -> Manifest:
    """Return the Manifest that `[tool.lockenv]` of the lock `file` records; its origins name `file`.

    Which packages may be built is not recorded. Raises InputError where it is not what lockenv writes.
    """
    try:
        return _recorded_manifest(own["inputs"], own, file)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"tool.lockenv of {file} is invalid: {error}",
            hint="run `lockenv lock --upgrade`",
            origin=Origin(file=file, key="tool.lockenv"),
        ) from error


def recorded_dynamic(recorded: LockInputs) -> Dynamic | None:
    """Return what a lock records of what its project leaves to a build; None where that is nothing."""
    table = recorded.mapping("dynamic")
    digest, requires, extras = (table.get(key) for key in ("digest", "requires-dist", "provides-extra"))
    if not (isinstance(digest, str) and isinstance(requires, list) and isinstance(extras, list)):
        return None
    if not all(isinstance(each, str) for each in (*requires, *extras)):
        return None
    reported = BuildStatement(requires=tuple(requires), extras=tuple(map(ExtraName, extras)))
    return Dynamic(digest=digest, reported=reported)


def _recorded_manifest(recorded: Mapping[str, Any], own: Mapping[str, Any], file: str) -> Manifest:
    def declared(texts: Iterable[str], key: str) -> tuple[Declared, ...]:
        origin = Origin(file=file, key=key)
        return tuple(Declared(requirement=parse(text), origin=origin) for text in texts)

    extras, groups = recorded.get("extras", {}), recorded.get("groups", {})
    return Manifest(
        requires_python=recorded.get("requires-python", ""),
        python=recorded.get("python", ""),
        python_archives=tuple(
            archives.python_archive(one["file"], one["sha256"]) for one in recorded.get("python-archives", ())
        ),
        dependencies=declared(recorded.get("dependencies", ()), "dependencies"),
        extras={ExtraName(name): declared(extras[name], f"extras.{name}") for name in extras},
        groups={GroupName(name): declared(groups[name], f"groups.{name}") for name in groups},
        group_pythons={GroupName(name): text for name, text in recorded.get("dependency-groups", {}).items()},
        default_groups=tuple(map(GroupName, recorded.get("default-groups", ()))),
        packages={GroupName(group): NormalizedName(name) for group, name in recorded.get("packages", {}).items()},
        constraints=declared(recorded.get("constraints", ()), "constraints"),
        overrides=declared(recorded.get("overrides", ()), "overrides"),
        excluded=tuple(map(NormalizedName, recorded.get("exclude-dependencies", ()))),
        environments=tuple(recorded.get("environments", ())),
        required_environments=tuple(recorded.get("required-environments", ())),
        conflicts=tuple(tuple(map(_recorded_member, conflict)) for conflict in recorded.get("conflicts", ())),
        indexes=tuple(
            Index(
                name=index.get("name", ""),
                url=index.get("url", ""),
                explicit=index.get("explicit", False),
                is_flat=index.get("flat", False),
                is_last=index.get("last", False),
            )
            for index in recorded.get("indexes", ())
        ),
        sources={NormalizedName(name): index for name, index in recorded.get("sources", {}).items()},
        places={
            NormalizedName(name): tuple(_recorded_place(each, Origin(file=file, key=f"places.{name}")) for each in some)
            for name, some in recorded.get("places", {}).items()
        },
        direct={
            NormalizedName(name): DeclaredSource(
                direct=_recorded_direct(table),
                origin=Origin(file=file, key=f"direct.{name}"),
                declares=tuple(table.get("declares", ())),
            )
            for name, table in recorded.get("direct", {}).items()
        },
        accept_faults={NormalizedName(name): tuple(each) for name, each in recorded.get("accept-faults", {}).items()},
        stated=tuple(map(_recorded_stated, recorded.get("dependency-metadata", ()))),
        policy=_recorded_policy(recorded, own),
        licenses=licenses.LicensePolicy() if recorded.get("licenses") else None,
        publishers=() if recorded.get("publishers") else None,
        startup_allowed=() if recorded.get("deny-startup-code") else None,
        dynamic=recorded_dynamic(LockInputs(recorded)),
    )


def _recorded_stated(table: Mapping[str, Any]) -> StatedMetadata:
    return StatedMetadata(
        name=NormalizedName(table["name"]),
        version=table.get("version", ""),
        requires=tuple(table["requires-dist"]) if "requires-dist" in table else None,
        requires_python=table.get("requires-python", ""),
        extras=tuple(map(ExtraName, table.get("provides-extra", ()))),
    )


def _recorded_direct(table: Mapping[str, Any]) -> Direct:
    inner = table.get("subdirectory", "")
    if "git" in table:
        return Commit(url=table["git"], revision=table.get("revision", ""), subdirectory=inner)
    if "path" in table:
        return Directory(path=table["path"], editable=table.get("editable", False))
    location, sha256 = table["archive"], table.get("sha256")
    name = filename_of({"path" if "://" not in location else "url": location})
    return Archive(location=location, filename=name, sha256=sha256, subdirectory=inner)


def _recorded_policy(recorded: Mapping[str, Any], own: Mapping[str, Any]) -> Policy:
    default = Policy()
    # What was written is a span where its moment is recorded beside the inputs.
    written, moment = recorded.get("exclude-newer", ""), own.get("exclude-newer", "")
    some: Mapping[str, str] = recorded.get("exclude-newer-package", {})
    moments: Mapping[str, str] = own.get("exclude-newer-package", {})
    return Policy(
        prerelease=recorded.get("prerelease", default.prerelease),
        prerelease_packages={
            NormalizedName(name): each for name, each in recorded.get("prerelease-package", {}).items()
        },
        preference=recorded.get("resolution", default.preference),
        exclude_newer=moment or written,
        exclude_newer_span=written if moment else "",
        exclude_newer_packages={
            NormalizedName(name): moments.get(name) or ("" if each == "none" else each) for name, each in some.items()
        },
        exclude_newer_package_spans={NormalizedName(name): some[name] for name in some if name in moments},
        no_build=tuple(recorded.get("no-build", ())),
        no_binary=tuple(recorded.get("no-binary", ())),
        fork=recorded.get("fork", default.fork),
    )


def _recorded_member(text: str) -> tuple[Literal["extra", "group"], str]:
    kind, _, name = text.partition(":")
    return kind, name  # type: ignore[return-value]  # what a lock has there is compared, never looked up
