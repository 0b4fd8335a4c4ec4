"""Prove the text of a lock, and write it. In: a NewLock. Out: Delivered. Never: an unproved lock on disk."""

from __future__ import annotations

import os
from time import monotonic

from lockenv.errors import BugError, UsageError
from lockenv.files.reading import read_if_there
from lockenv.lockfile.lock import Lock
from lockenv.lockfile.paths import build_lock_path, relative
from lockenv.operations import proof
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Literal

    from lockenv.context.settings import Settings
    from lockenv.files import atomic
    from lockenv.index import wellknown
    from lockenv.lockfile import hosts, licenses, publishers, startup_code
    from lockenv.operations import malware
    from lockenv.operations.load import Project
    from lockenv.operations.resolving import NewLock
    from lockenv.vocabulary.finding import Finding
    from lockenv.vocabulary.manifest import Manifest

    LockOutcome = Literal["same", "would change", "written"]
    from lockenv.lockfile import text as lockfile_text
else:
    lockfile_text = late("lockenv.lockfile.text")
    atomic = late("lockenv.files.atomic")
    hosts = late("lockenv.lockfile.hosts")
    licenses = late("lockenv.lockfile.licenses")
    publishers = late("lockenv.lockfile.publishers")
    malware = late("lockenv.operations.malware")
    startup_code = late("lockenv.lockfile.startup_code")
    wellknown = late("lockenv.index.wellknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredLock:
    """A lock that was proved, beside the one that was there."""

    old: Lock | None
    new: Lock
    name: str
    """As messages name the file."""
    fate: LockOutcome
    """What became of it."""
    seconds: float = 0.0
    """From the start of its resolution; 0 where nothing was resolved."""
    lookalikes: tuple[tuple[str, str], ...] = ()
    """New packages whose name is one letter from a well-known one, with that one."""
    findings: tuple[Finding, ...] = ()
    """What the project does not accept of the new lock, which is written despite that: `check` answers no."""


def deliver(
    made: NewLock, old: Lock | None, project: Project, settings: Settings, *, dry_run: bool = False
) -> DeliveredLock:
    """Prove the very text that is to be written, and write it unless it is there already, or with `dry_run`.

    Raises UnacceptedError for what the project does not accept, BugError for a lock that does not pass its proof,
    RefusedError for a host that the project does not allow, NetworkError where known malware cannot be asked for,
    UsageError where the lock would be written outside the project, MachineError where it cannot be written.
    """
    is_same = old is not None and old.text == made.text
    new = old if old is not None and is_same else _new(made, project, settings)
    if faults := proof.faults(new, made.manifest, settings):
        raise BugError(
            f"internal error: the new lockfile failed verification: {'; '.join(faults)}", hint="please report this"
        )
    if made.manifest.allowed_hosts:
        hosts.refuse(new, made.manifest.allowed_hosts)
    if made.manifest.publishers:
        publishers.refuse(new, made.manifest.publishers)
    found = malware.refuse(new, project, made.manifest, settings) if made.manifest.audited != "none" else ()
    if made.manifest.startup_allowed is not None:
        startup_code.refuse(new, made.manifest.startup_allowed)
    fate: LockOutcome = "same" if is_same else "would change" if dry_run else "written"
    if fate == "written":
        _refuse_link_out(project)
        atomic.replace(project.lock, made.text.encode(), durable=True)
        if made.document is not None:
            proof.remember_composed(new, settings)
    seconds = monotonic() - made.started if made.started else 0.0
    found = (*found, *_unaccepted(new, made, settings))
    alike = () if is_same else _lookalikes(old, new, made.manifest)
    return DeliveredLock(
        old=old, new=new, name=project.lock_name, fate=fate, seconds=seconds, lookalikes=alike, findings=found
    )


def deliver_builds(text: str | None, lock: str) -> str:
    """Write the lock of what builds need beside `lock`, or remove it when nothing is built; return what was done.

    A sentence, or nothing where it is as it was.
    """
    path = build_lock_path(lock)
    before = read_if_there(path)
    if text is not None and before != text.encode():
        atomic.replace(path, text.encode(), durable=True)
        return f"wrote {relative(path)} (build requirements)"
    if text is None and before is not None:
        os.unlink(path)
        return f"removed {relative(path)}, because nothing is built"
    return ""


def _new(made: NewLock, project: Project, settings: Settings) -> Lock:
    """Return the lock that is to be written, as its text reads.

    A proof finds whether that text can be read, and means a sound closure. Where this very text was read and proved
    before, it is not read again: it says what it was composed from.
    """
    if made.document is not None:
        composed = Lock(document=made.document, file=project.lock_name, text=made.text)
        if proof.is_proved(composed, settings):
            return composed
    return lockfile_text.read(made.text, project.lock_name)


def _lookalikes(old: Lock | None, new: Lock, manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """Return what people may have misspelt: of the new packages, those that the project or a directory requires.

    What a release requires is not the user's to spell: `report` names it to whoever reviews the lock.
    """
    known = {package.name for package in old.packages} if old is not None else set()
    listed = (manifest.dependencies, *manifest.extras.values(), *manifest.groups.values())
    written = {each.requirement.name for some in listed for each in some}
    written |= {name for package in new.packages if not package.is_released for name, _ in package.dependencies}
    added = [package.name for package in new.packages if package.is_released and package.name in written - known]
    return tuple(wellknown.lookalikes(dict.fromkeys(added)))


def _unaccepted(new: Lock, made: NewLock, settings: Settings) -> tuple[Finding, ...]:
    policy = made.manifest.licenses
    return tuple(licenses.findings(new, policy, made.manifest, settings.now[:10])) if policy is not None else ()


def _refuse_link_out(project: Project) -> None:
    """Raise UsageError for a lock that is a link out of its directory: a new lock would replace the link alone."""
    real = os.path.realpath(project.lock)
    home = os.path.realpath(os.path.dirname(project.lock))
    if os.path.islink(project.lock) and os.path.commonpath([real, home]) != home:
        raise UsageError(f"{project.lock_name} is a link to {real}, outside of its directory", hint="remove it")
