"""What settings beside requirements files say, and how both are combined.

Pure: settings go in, and the Manifest of requirements files; one Manifest comes out. What both could decide, and
decide differently, is refused: neither is overlooked in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.project import policies, settings
from lockenv.project.references import References, undeclared_source
from lockenv.project.startup_code import startup_allowed
from lockenv.project.stated_metadata import stated_metadata
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import Manifest

if TYPE_CHECKING:
    from lockenv.project import audit as project_audit
    from lockenv.project import conflicts as project_conflicts
    from lockenv.project import group_pythons
    from lockenv.project import licenses as project_licenses
    from lockenv.project import provided as project_provided
    from lockenv.project import publishers as project_publishers
    from lockenv.project import python_archives as project_archives
    from lockenv.project.layers import Layers
    from lockenv.vocabulary.manifest import Policy
else:
    group_pythons = late("lockenv.project.group_pythons")
    project_conflicts = late("lockenv.project.conflicts")
    project_licenses = late("lockenv.project.licenses")
    project_provided = late("lockenv.project.provided")
    project_publishers = late("lockenv.project.publishers")
    project_audit = late("lockenv.project.audit")
    project_archives = late("lockenv.project.python_archives")


def settings_of(chosen: Layers, directory: str, now: str | None) -> Manifest:
    """Return the Manifest of a project that has settings and declares nothing; see `pyproject.manifest`.

    Raises InputError for settings that need a project.
    """
    if chosen.get(("workspace",), dict) is not None:
        raise chosen.error(
            ("workspace",), "requires a [project] table, but requirements files declare this project", hint="remove it"
        )
    if chosen.has(("dependency-groups",)):
        group_pythons.pythons(chosen, (), "", lambda _: ())
    indexes = settings.indexes(chosen)
    references = References(directory)
    sources = settings.sources(chosen, indexes, references)
    plain = references.without_urls
    overrides = plain(settings.overrides(chosen))
    provided = project_provided.provided(chosen) if chosen.has(("provided",)) else ()
    return Manifest(
        python=settings.python(chosen),
        python_archives=project_archives.python_archives(chosen) if chosen.has(("python-archives",)) else (),
        default_groups=settings.default_groups(chosen, ()),
        constraints=plain((*settings.constraints(chosen), *(each for each in provided if each.requirement.specifier))),
        build_constraints=settings.build_constraints(chosen),
        overrides=overrides,
        excluded=settings.excluded(chosen, overrides),
        environments=settings.environments(chosen, "environments"),
        required_environments=settings.environments(chosen, "required-environments"),
        conflicts=project_conflicts.conflicts(chosen, (), ()) if chosen.has(("conflicts",)) else (),
        indexes=indexes,
        sources=sources,
        direct=references.sourced,
        places=references.places,
        allowed_hosts=settings.allowed_hosts(chosen),
        licenses=project_licenses.licenses(chosen) if chosen.has(("licenses",)) else None,
        publishers=project_publishers.publishers(chosen) if chosen.has(("publishers",)) else None,
        checks_malware=chosen.has(("audit",)) and project_audit.on_sync(chosen) == "malware",
        audited=project_audit.on_lock(chosen) if chosen.has(("audit",)) else "none",
        startup_allowed=startup_allowed(chosen),
        allow_overwrite=settings.allow_overwrite(chosen),
        accept_faults=settings.accept_faults(chosen),
        stated=stated_metadata(chosen),
        shows_base=chosen.boolean(("system-site-packages",)),
        provided=provided,
        policy=policies.policy(chosen, now),
    )


def combined(declared: Manifest, beside: Manifest) -> Manifest:
    """Return `declared`, of requirements files, under the settings `beside` them. Raises InputError."""
    if declared.indexes and beside.indexes:
        raise InputError(
            "indexes are set both by options in the requirements files and by settings",
            hint="set them all in `index` and `find-links`, and remove the options",
        )
    references = References("", declared.direct)
    references.places = {**beside.places, **declared.places}
    for name in sorted(beside.places):
        written = [declared.direct[name]] if name in declared.direct else declared.places.get(name, ())
        for each in written:
            if each.direct is not None:
                raise undeclared_source(name, each.direct, each.origin)
    for name, sourced in sorted(beside.direct.items()):
        references.add(name, sourced.direct, sourced.origin)
    return replace(
        declared,
        python=beside.python,
        python_archives=beside.python_archives,
        constraints=(*declared.constraints, *beside.constraints),
        build_constraints=beside.build_constraints,
        overrides=beside.overrides,
        excluded=beside.excluded,
        environments=beside.environments,
        required_environments=beside.required_environments,
        indexes=declared.indexes or beside.indexes,
        sources=beside.sources,
        direct=references.sourced,
        places=references.places,
        allowed_hosts=beside.allowed_hosts,
        licenses=beside.licenses,
        publishers=beside.publishers,
        checks_malware=beside.checks_malware,
        audited=beside.audited,
        startup_allowed=beside.startup_allowed,
        allow_overwrite=beside.allow_overwrite,
        accept_faults=beside.accept_faults,
        stated=beside.stated,
        shows_base=beside.shows_base,
        provided=beside.provided,
        policy=_policy(declared.policy, beside.policy),
    )


def _policy(options: Policy, chosen: Policy) -> Policy:
    """Return the policy of settings, with what options of requirements files say of prereleases, wheels and sdists."""
    if options.prerelease == "allow" and chosen.prerelease == "disallow":
        raise InputError(
            "--pre in a requirements file allows prereleases, but the setting `prerelease` disallows them",
            hint="remove one of them",
        )
    return replace(
        chosen,
        prerelease="allow" if options.prerelease == "allow" else chosen.prerelease,
        no_build=_union(options.no_build, chosen.no_build),
        no_binary=_union(options.no_binary, chosen.no_binary),
        hashes=options.hashes,
        hashes_required=options.hashes_required,
    )


def _union(some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    both = {*some, *others}
    return ("*",) if "*" in both else tuple(sorted(both))
