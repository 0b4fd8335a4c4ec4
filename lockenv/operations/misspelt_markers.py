"""Note what a project declares for environments that do not exist, as they name a value that no Python has.

In: a Manifest. Out: sentences. Never: what is locked, as another kind of Python might have the value one day.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from lockenv.vocabulary import markers
from lockenv.vocabulary.misspelt_systems import misspelt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker


def notes(manifest: Manifest) -> Iterator[str]:
    """Yield a sentence for each requirement, and each of the `environments`, that means another marker."""
    pythons = markers.python(manifest.requires_python)
    for marker in (*manifest.environments, *manifest.required_environments):
        yield from _note(f"the environment `{marker}`", marker, "does not exist", pythons, "")
    where = pythons & _declared(manifest)
    requirements = chain(manifest.dependencies, *manifest.extras.values(), *manifest.groups.values())
    limits = (*manifest.constraints, *manifest.overrides)
    for declared in dict.fromkeys((*requirements, *limits)):
        requirement = declared.requirement
        if requirement.marker:
            yield from _note(f"`{requirement}`", requirement.marker, "applies nowhere", where, f" [{declared.origin}]")


def _declared(manifest: Manifest) -> Marker:
    if not manifest.environments:
        return markers.ALWAYS
    declared = markers.NEVER
    for text in manifest.environments:
        declared |= markers.parse(text)
    return declared


def _note(what: str, marker: str, nothing: str, where: Marker, place: str) -> Iterator[str]:
    found = misspelt(marker, where)
    if found is not None:
        variable, value, meant, is_never = found
        why = f"`{variable}` is never '{value}'"
        said = f"{what} {nothing}, as {why}" if is_never else f"{what} names a value that does not exist: {why}"
        yield f"{said}; did you mean `{meant}`?{place}"
