"""Give back what a lock was made from, as far as it decides the lock: the inverse of `inputs`.

Pure: the inputs that a lock records go in; a Manifest comes out. Which packages may be built is not recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from lockenv.errors import InputError
from lockenv.lockfile.artifact import filename
from lockenv.vocabulary.direct import Archive, Commit, Directory, Sourced
from lockenv.vocabulary.manifest import (
    Dynamic,
    Index,
    Manifest,
    Policy,
    Preference,
    PrereleasePolicy,
    StatedMetadata,
    Told,
)
from lockenv.vocabulary.names import ExtraName, GroupName, NormalizedName
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.requirement import Declared, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockenv.vocabulary.direct import Direct


def manifest(own: Mapping[str, Any], file: str) -> Manifest:
    """Give the Manifest that `[tool.lockenv]` of the lock `file` records; its origins name `file`.

    Raises InputError where it is not what lockenv writes.
    """
    try:
        return _manifest(own["inputs"], own, file)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"tool.lockenv of {file} is not what lockenv writes: {error}",
            hint="run `lockenv lock --upgrade`",
            origin=Origin(file=file, key="tool.lockenv"),
        ) from error


def dynamic(inputs: object) -> Dynamic | None:
    """Give what the `inputs` of a lock record of what its project leaves to a build; None where that is nothing."""
    table = inputs.get("dynamic") if isinstance(inputs, dict) else None
    if not isinstance(table, dict):
        return None
    digest, requires, extras = (table.get(key) for key in ("digest", "requires-dist", "provides-extra"))
    if not (isinstance(digest, str) and isinstance(requires, list) and isinstance(extras, list)):
        return None
    if not all(isinstance(each, str) for each in (*requires, *extras)):
        return None
    return Dynamic(digest=digest, told=Told(requires=tuple(requires), extras=tuple(map(ExtraName, extras))))


def _manifest(inputs: Mapping[str, Any], own: Mapping[str, Any], file: str) -> Manifest:
    def declared(texts: Iterable[str], key: str) -> tuple[Declared, ...]:
        origin = Origin(file=file, key=key)
        return tuple(Declared(requirement=parse(text), origin=origin) for text in texts)

    extras, groups = inputs.get("extras", {}), inputs.get("groups", {})
    return Manifest(
        requires_python=inputs.get("requires-python", ""),
        dependencies=declared(inputs.get("dependencies", ()), "dependencies"),
        extras={ExtraName(name): declared(extras[name], f"extras.{name}") for name in extras},
        groups={GroupName(name): declared(groups[name], f"groups.{name}") for name in groups},
        default_groups=tuple(map(GroupName, inputs.get("default-groups", ()))),
        constraints=declared(inputs.get("constraints", ()), "constraints"),
        overrides=declared(inputs.get("overrides", ()), "overrides"),
        environments=tuple(inputs.get("environments", ())),
        required_environments=tuple(inputs.get("required-environments", ())),
        conflicts=tuple(tuple(map(_member, conflict)) for conflict in inputs.get("conflicts", ())),
        indexes=tuple(
            Index(
                name=index.get("name", ""),
                url=index.get("url", ""),
                explicit=index.get("explicit", False),
                is_flat=index.get("flat", False),
                is_last=index.get("last", False),
            )
            for index in inputs.get("indexes", ())
        ),
        sources={NormalizedName(name): index for name, index in inputs.get("sources", {}).items()},
        direct={
            NormalizedName(name): Sourced(
                direct=_direct(table),
                origin=Origin(file=file, key=f"direct.{name}"),
                declares=tuple(table.get("declares", ())),
            )
            for name, table in inputs.get("direct", {}).items()
        },
        accept_faults={NormalizedName(name): tuple(each) for name, each in inputs.get("accept-faults", {}).items()},
        stated=tuple(map(_stated, inputs.get("dependency-metadata", ()))),
        policy=_policy(inputs, own),
        dynamic=dynamic(inputs),
    )


def _stated(table: Mapping[str, Any]) -> StatedMetadata:
    return StatedMetadata(
        name=NormalizedName(table["name"]),
        version=table.get("version", ""),
        requires=tuple(table["requires-dist"]) if "requires-dist" in table else None,
        requires_python=table.get("requires-python", ""),
        extras=tuple(map(ExtraName, table.get("provides-extra", ()))),
    )


def _direct(table: Mapping[str, Any]) -> Direct:
    inner = table.get("subdirectory", "")
    if "git" in table:
        return Commit(url=table["git"], revision=table.get("revision", ""), subdirectory=inner)
    if "path" in table:
        return Directory(path=table["path"], editable=table.get("editable", False))
    location, sha256 = table["archive"], table.get("sha256")
    name = filename({"path" if "://" not in location else "url": location})
    return Archive(location=location, filename=name, sha256=sha256, subdirectory=inner)


def _policy(inputs: Mapping[str, Any], own: Mapping[str, Any]) -> Policy:
    default = Policy()
    # What was written is a span where its moment is recorded beside the inputs.
    written, moment = inputs.get("exclude-newer", ""), own.get("exclude-newer", "")
    some: Mapping[str, str] = inputs.get("exclude-newer-package", {})
    moments: Mapping[str, str] = own.get("exclude-newer-package", {})
    return Policy(
        prerelease=cast("PrereleasePolicy", inputs.get("prerelease", default.prerelease)),
        prerelease_packages={
            NormalizedName(name): cast("PrereleasePolicy", each)
            for name, each in inputs.get("prerelease-package", {}).items()
        },
        preference=cast("Preference", inputs.get("resolution", default.preference)),
        exclude_newer=moment or written,
        exclude_newer_span=written if moment else "",
        exclude_newer_packages={
            NormalizedName(name): moments.get(name) or ("" if each == "none" else each) for name, each in some.items()
        },
        exclude_newer_package_spans={NormalizedName(name): some[name] for name in some if name in moments},
        no_build=tuple(inputs.get("no-build", ())),
        no_binary=tuple(inputs.get("no-binary", ())),
        fork=cast("Literal['latest', 'fewest']", inputs.get("fork", default.fork)),
    )


def _member(text: str) -> tuple[Literal["extra", "group"], str]:
    kind, _, name = text.partition(":")
    return cast("Literal['extra', 'group']", kind), name
