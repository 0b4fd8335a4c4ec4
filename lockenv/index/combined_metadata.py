"""What a release requires whose wheels require different things.

The metadata of a release's wheels goes in, each with the environments that they serve; one metadata comes out, its
requirements restricted to where each holds, or why no marker can distinguish the wheels. Requirements are compared by
meaning, and only where a wheel can be installed: neither how they are written counts, nor what they say of machines
that the wheel is not for.
"""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Final

from lockenv.errors import LockenvError
from lockenv.index.metadata import decode
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import NamedTuple, replace
from lockenv.vocabulary.distribution import Metadata, Unusable
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.requirement import parse
from lockenv.vocabulary.wheeltags import covered_by, wheel_marker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.fetch.parallel import Pool
    from lockenv.index.metadata_reader import MetadataReader
    from lockenv.index.page import File
    from lockenv.index.releases import IndexReleases
    from lockenv.vocabulary.distribution import NeedsBuild
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.requirement import Requirement

    Meaning = dict[Requirement | str, Marker]
    """Where each requirement holds, by all of it but its marker; by its text where it is none."""


_MOST: Final = 8
"""Kinds of metadata that are read of one release beside the one that speaks for it."""


class WheelVariant(NamedTuple):
    """The wheels of a release that hold the same metadata."""

    metadata: Metadata
    area: Marker
    """The environments whose interpreter could install one of them."""
    example: str
    """The file name of one of them."""


def of_all_wheels(
    releases: IndexReleases,
    position: int,
    speaking: Metadata,
    requires_python: str,
    reader: MetadataReader,
    pool: Pool,
) -> Metadata | Unusable:
    """Return what all wheels of a release say that are for a Python of `requires_python`; `speaking` is what one says.

    Waits for the metadata of the others, of a few kinds at most. What cannot be read says nothing here: the wheel is
    compared when it is installed.
    """
    name, version, described = releases.name, releases.versions[position], releases.described(position)

    def read(file: File) -> Metadata | NeedsBuild | None:
        try:
            return decode(reader.read(file, releases.index), file.filename, name, version)
        except LockenvError:
            reader.fleeting.add(file.filename)
            return None

    pythons = markers.python(requires_python or ">=3")
    some = [
        [file for file in alike if not wheel_marker(file.filename).disjoint(pythons)]
        for alike in releases.differing_wheels(position)
    ]
    others = [alike for alike in some if alike][:_MOST]
    tasks = [pool.submit(partial(read, alike[0])) for alike in others]
    found = zip([task.result() for task in tasks], others, strict=True)
    alike = [file for file in releases.files(position) if file.metadata == described.metadata]
    # Markers are made in this thread alone.
    variants = [_wheels(metadata, files) for metadata, files in found if isinstance(metadata, Metadata)]
    return combined(_wheels(speaking, [described, *alike]), variants)


def _wheels(metadata: Metadata, files: Sequence[File]) -> WheelVariant:
    names = [file.filename for file in files if file.filename.endswith(".whl")]
    return WheelVariant(metadata, covered_by(names), names[0])


def combined(speaking: WheelVariant, others: Sequence[WheelVariant]) -> Metadata | Unusable:
    """Return what the release requires everywhere: where no other wheel says otherwise, what `speaking` does.

    The very metadata of `speaking` where all mean the same.
    """
    meanings = [_meaning(each.metadata) for each in (speaking, *others)]
    wheels = (speaking, *others)
    different = [
        number for number in range(1, len(wheels)) if _differ(meanings[0], meanings[number], wheels[number].area)
    ]
    if not different:
        return speaking.metadata
    for one, other in combinations((0, *different), 2):
        if _differ(meanings[one], meanings[other], wheels[one].area & wheels[other].area):
            names = f"{wheels[one].example} and {wheels[other].example}"
            return Unusable(
                reason=f"{names} have different requirements, but are compatible with the same environments"
            )
    rest = markers.ALWAYS
    for number in different:
        rest &= ~wheels[number].area
    where = {key: marker & rest for key, marker in meanings[0].items()}
    for number in different:
        for key, marker in meanings[number].items():
            where[key] = where.get(key, markers.NEVER) | marker & wheels[number].area
    extras = dict.fromkeys(extra for each in wheels for extra in each.metadata.extras)
    requires = tuple(_text(key, marker) for key, marker in where.items() if marker is not markers.NEVER)
    return replace(speaking.metadata, requires=requires, extras=tuple(extras), is_combined=True)


def _meaning(metadata: Metadata) -> Meaning:
    found: Meaning = {}
    for text in metadata.requires:
        try:
            wanted = parse(text)
            marker = markers.parse(wanted.marker) if wanted.marker else markers.ALWAYS
        except ValueError:
            found[text] = markers.ALWAYS  # whoever judges the release says what is wrong with it
            continue
        key = replace(wanted, marker="")
        found[key] = found.get(key, markers.NEVER) | marker
    return found


def _differ(one: Meaning, other: Meaning, area: Marker) -> bool:
    return area is not markers.NEVER and any(
        one.get(key, markers.NEVER) & area is not other.get(key, markers.NEVER) & area for key in {**one, **other}
    )


def _text(wanted: Requirement | str, marker: Marker) -> str:
    return wanted if isinstance(wanted, str) else str(replace(wanted, marker=marker_text(marker)))
