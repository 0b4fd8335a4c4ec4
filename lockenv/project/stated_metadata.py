"""Read `dependency-metadata`: what a project states of releases in place of their own metadata.

Pure: settings go in, StatedMetadata comes out. Each is judged at once: what is stated is never asked of an index.
"""

from __future__ import annotations

from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import StatedMetadata
from lockenv.vocabulary.names import ExtraName, NormalizedName, normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from lockenv.project.positions import Path
    from lockenv.project.values import Values
    from lockenv.vocabulary import pep440
else:
    pep440 = late("lockenv.vocabulary.pep440")

_KEY: Final = "dependency-metadata"
KEYS: Final = ("name", "version", "requires-dist", "requires-python", "provides-extra")


def stated_metadata(document: Values) -> tuple[StatedMetadata, ...]:
    """Return what is stated, by name and version. Raises InputError."""
    found: dict[tuple[NormalizedName, str], StatedMetadata] = {}
    for position, _ in enumerate(document.array((_KEY,))):
        path: Path = (_KEY, position)
        one = _stated(document, path)
        if (one.name, one.version) in found:
            which = f"{one.name} {one.version}" if one.version else f"every version of {one.name}"
            raise document.error(path, f"is a duplicate for {which}", hint="set the metadata of a release once")
        found[one.name, one.version] = one
    return tuple(found[key] for key in sorted(found))


def _stated(document: Values, path: Path) -> StatedMetadata:
    document.known_keys(path, KEYS)
    name = document.string((*path, "name"))
    if name is None:
        raise document.error(path, "has no name", hint='add name = "…"')
    requires, extras = (*path, "requires-dist"), (*path, "provides-extra")
    is_whole = document.get(requires, list) is not None
    if not is_whole and document.get(extras, list) is not None:
        raise document.error(extras, "is set without requires-dist", hint="set `requires-dist`, too, such as to `[]`")
    return StatedMetadata(
        name=normalize(document.name((*path, "name"), name)),
        version=_version(document, (*path, "version")),
        requires=tuple(dict.fromkeys(_requires(document, requires))) if is_whole else None,
        requires_python=document.specifier((*path, "requires-python")),
        extras=tuple(dict.fromkeys(_extras(document, extras))),
    )


def _version(document: Values, path: Path) -> str:
    text = document.string(path)
    if text is None:
        return ""
    try:
        return pep440.read_version(text)[0]
    except ValueError as error:  # InvalidVersion, or a number of more digits than Python reads
        raise document.error(
            path, f'is "{text}", which is not a valid version', hint='use a version such as "1.0"'
        ) from error


def _requires(document: Values, path: Path) -> Iterator[str]:
    for position, declared in enumerate(document.requirements(path)):
        if declared.requirement.url:
            raise document.error(
                (*path, position),
                "contains a URL",
                hint="use only the name, and set its source in [tool.lockenv.sources]",
            )
        yield str(declared.requirement)


def _extras(document: Values, path: Path) -> Iterator[ExtraName]:
    for position, written in enumerate(document.strings(path)):
        yield ExtraName(normalize(document.name((*path, position), written)))
