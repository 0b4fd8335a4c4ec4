"""Export a lock as requirements with hashes, or as a bill of materials.

In: ExportRequest. Out: Exported, or why not. Never: printing, a change of the lock.
"""

from __future__ import annotations

import os
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Literal

from lockenv.errors import UsageError
from lockenv.index.default import DEFAULT_INDEX
from lockenv.lockfile import subset
from lockenv.lockfile.bill_of_materials import Materials
from lockenv.lockfile.digest import sealed_text
from lockenv.lockfile.flat import flat
from lockenv.lockfile.locked_python import locked_python
from lockenv.lockfile.paths import check_lock_name
from lockenv.lockfile.requirements_txt import Form, requirements, without_hash
from lockenv.lockfile.select import NotCovered
from lockenv.operations import load, output_file
from lockenv.operations.environments import regions
from lockenv.operations.partial_selection import subset_of
from lockenv.operations.selection import describe_left_out, known_selection
from lockenv.operations.selection_options import SelectionOptions
from lockenv.operations.usable import reason_not_to_use
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.late import late
from lockenv.vocabulary.markers import NEVER
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.printable import counted, json_text

if TYPE_CHECKING:
    import json
    from collections.abc import Mapping

    from lockenv.context.settings import Settings
    from lockenv.lockfile import cyclonedx, environment_yml, spdx
    from lockenv.lockfile.bill_of_materials import EmbeddedBill
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import embedded_bills
    from lockenv.operations.usable import NotUsable
    from lockenv.sync.state import SyncChoice
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener
else:
    json = late("json")
    cyclonedx = late("lockenv.lockfile.cyclonedx")
    environment_yml = late("lockenv.lockfile.environment_yml")
    spdx = late("lockenv.lockfile.spdx")
    embedded_bills = late("lockenv.operations.embedded_bills")


_OF_PIP = ("requirements", "conda")
"""Formats that pip reads, the second through conda."""
_PYTHON = lazy_pattern(r"\bPython (\d[\d.]*) on ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What part of which lock to export, and as what."""

    export_format: Literal["requirements", "cyclonedx", "spdx", "pylock", "conda"] = "requirements"
    output: str = ""
    """The file to write; empty or `-` for none, where the text is all that is wanted."""
    no_hashes: bool = False
    no_editable: bool = False
    """Whether directories that are installed as links are exported as those that are copied."""
    embedded_sboms: bool = False
    """Whether a bill of materials refers to those within the wheels that the cache has."""
    selection: SelectionOptions = SelectionOptions()
    for_python: tuple[str, ...] = ()
    for_platform: tuple[str, ...] = ()
    here: bool = False
    frozen: bool = False
    lockfile: str = ""
    requirements: tuple[str, ...] = ()

    @property
    def all(self) -> bool:
        """Whether every environment of the lock is meant: where none is named."""
        return not (self.for_python or self.for_platform or self.here)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was exported."""

    text: str
    path: str
    """The file that was written, absolute; empty for none."""
    packages: int
    """How many entries of the lock the text has."""


def export(request: ExportRequest, settings: Settings, listener: Listener) -> Exported | NotUsable | NotCovered:
    """Export what `request` names, or return why not; a stale lock is refused unless it is frozen.

    Raises InputError, UsageError and MachineError.
    """
    project = load.project(settings, request.requirements, request.lockfile)
    lock = load.needed_lock(project)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    is_judged = manifest is not None and not request.frozen
    if is_judged and (refused := reason_not_to_use(lock, manifest, project.lock_name, settings, listener)):
        return refused
    choice = known_selection(request.selection, lock, manifest, is_current=not request.frozen)
    chosen = regions(request, lock, project, settings)
    region = reduce(or_, (marker for _, marker in chosen), NEVER) & subset.choice(lock, choice.extras, choice.groups)
    answer = subset_of(choice, lock, manifest, region)
    if isinstance(answer, NotCovered):
        return answer
    if request.no_editable:
        answer = _copied(answer)
    _warn_unhashed(request, answer, listener)
    title = " and ".join(name for name, _ in chosen) + _described(choice)
    path = _output(request, settings, project)
    back = os.path.relpath(project.base, os.path.dirname(path) or settings.directory).replace(os.sep, "/")
    if request.export_format == "pylock":
        environments = () if request.all else [marker & answer.region for _, marker in chosen]
        text = sealed_text(flat(lock, answer, environments, back))
    else:
        embedded = _embedded(request, answer, settings, listener)
        text = _text(request, lock, answer, title, manifest, choice, (project.base, back), embedded)
    if path:
        output_file.write(path, text)
    return Exported(text=text, path=path, packages=len(answer.entries))


def _copied(answer: subset.LockSubset) -> subset.LockSubset:
    """Return `answer` with no directory that is installed as a link."""
    entries = (
        replace(one, direct=replace(one.direct, editable=False)) if isinstance(one.direct, Directory) else one
        for one in answer.entries
    )
    return replace(answer, entries=tuple(entries))


def _output(request: ExportRequest, settings: Settings, project: load.Project) -> str:
    """Return the file to write, absolute; empty for none. Raises UsageError for one that no lockfile may have."""
    if request.output in ("", "-"):
        return ""
    path = os.path.join(settings.directory, request.output)
    if request.export_format == "pylock":
        check_lock_name(path)
    output_file.refuse(project, path, f"-o {request.output}", is_lock=request.export_format == "pylock")
    return path


def _warn_unhashed(request: ExportRequest, answer: subset.LockSubset, listener: Listener) -> None:
    """Warn of what keeps pip from a file that has hashes."""
    if request.export_format not in _OF_PIP or request.no_hashes:
        return
    names = ", ".join(entry.name for entry in without_hash(answer))
    if names:
        listener.warn(
            f"pip rejects hashes next to commits and directories ({names}); use --no-hashes to export without them"
        )


def _embedded(
    request: ExportRequest, answer: subset.LockSubset, settings: Settings, listener: Listener
) -> Mapping[str, tuple[EmbeddedBill, ...]]:
    """Return the bills within wheels, where they are asked for; note what is not known. Raises UsageError."""
    if not request.embedded_sboms:
        return {}
    if request.export_format not in ("cyclonedx", "spdx"):
        raise UsageError(
            "--embedded-sboms is for bills of materials", hint="add --format cyclonedx or --format spdx, or omit it"
        )
    found, unknown = embedded_bills.embedded_bills(answer, settings.cache)
    if unknown:
        listener.note(
            f"{counted(unknown, 'wheel')} of {unknown + len(found)} not unpacked in the cache: whether they contain "
            "SBOMs is not known (`lockenv sync` unpacks those of this machine)"
        )
    return found


def _text(
    request: ExportRequest,
    lock: Lock,
    answer: subset.LockSubset,
    title: str,
    manifest: Manifest | None,
    choice: SyncChoice,
    place: tuple[str, str],
    embedded: Mapping[str, tuple[EmbeddedBill, ...]],
) -> str:
    if request.export_format in _OF_PIP:
        base, back = place
        form = Form(
            title=f"{os.path.basename(lock.file)} for {title}",
            default_index=DEFAULT_INDEX,
            has_hashes=not request.no_hashes,
            back=back,
            base=base.replace(os.sep, "/"),
        )
        if request.export_format == "requirements":
            return requirements(answer, form)
        name = manifest.name if manifest else ""
        return environment_yml.environment(answer, form, name, _python(request, title, lock))
    direct: set[NormalizedName] = set()
    if manifest is not None:
        extras = [listed for name, listed in manifest.extras.items() if name in choice.extras]
        groups = [listed for name, listed in manifest.groups.items() if name in choice.groups]
        direct = {one.requirement.name for listed in (manifest.dependencies, *extras, *groups) for one in listed}
    materials = Materials(
        lock=lock,
        part=answer,
        project=manifest.name if manifest else "",
        direct=direct,
        default_index=DEFAULT_INDEX,
        assuming=answer.region,
        embedded=embedded,
    )
    found = spdx.document(materials) if request.export_format == "spdx" else cyclonedx.bill(materials)
    return json_text(json.dumps(found, indent=2, ensure_ascii=False)) + "\n"


def _python(request: ExportRequest, title: str, lock: Lock) -> str:
    """Return which Python conda may choose: that of the environments, or those of the lock where they are several.

    One that the lock records is that very version, unless it is none of the environments.
    """
    versions = set(_PYTHON.findall(title))
    recorded = locked_python(lock)
    if recorded is not None and recorded.implementation == "cpython" and not recorded.is_free_threaded:
        is_meant = not versions or any(f"{recorded.version}.".startswith(f"{each}.") for each in versions)
        if is_meant:
            return f"={recorded.version}"
    return f"={versions.pop()}" if len(versions) == 1 and not request.all else lock.requires_python


def _described(choice: SyncChoice) -> str:
    parts = [f"extra {name}" for name in choice.extras]
    parts += [f"group {name}" for name in choice.groups if name not in choice.only]
    limits = [f", only group {name}" for name in choice.only] + [f", only package {name}" for name in choice.packages]
    without = describe_left_out(choice)
    return "".join(
        (
            *limits,
            f", with {', '.join(parts)}" if parts else "",
            f", without {', '.join(without)}" if without else "",
        )
    )
