"""What a `pyproject.toml` declares.

Pure: the file's text goes in, a Manifest comes out, every requirement with the line that wrote it. It reads
`[project]` (PEP 621), `[dependency-groups]` (PEP 735), the presence of `[build-system]` (PEP 518) and `[tool.lockenv]`.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.project import includes, layers, messages, policies, settings
from lockenv.project.document import Document
from lockenv.project.includes import GROUPS, Expansion, Include
from lockenv.project.references import ALWAYS_REQUIRED, References
from lockenv.project.startup_code import startup_allowed
from lockenv.project.stated_metadata import stated_metadata
from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import Dynamic, Manifest, UndeclaredExtra
from lockenv.vocabulary.names import ExtraName, GroupName, NormalizedName, normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockenv.project import audit as project_audit
    from lockenv.project import conflicts as project_conflicts
    from lockenv.project import dynamic, group_pythons, named_locks
    from lockenv.project import licenses as project_licenses
    from lockenv.project import provided as project_provided
    from lockenv.project import publishers as project_publishers
    from lockenv.project import python_archives as project_archives
    from lockenv.project import unread as project_unread
    from lockenv.project.includes import Item, Node
    from lockenv.project.layers import Layers
    from lockenv.project.positions import Path
    from lockenv.project.values import Values
    from lockenv.vocabulary.manifest import BuildStatement, Index, UnreadSource
    from lockenv.vocabulary.origin import Origin
else:
    dynamic = late("lockenv.project.dynamic")
    group_pythons = late("lockenv.project.group_pythons")
    project_conflicts = late("lockenv.project.conflicts")
    project_licenses = late("lockenv.project.licenses")
    project_audit = late("lockenv.project.audit")
    project_archives = late("lockenv.project.python_archives")
    named_locks = late("lockenv.project.named_locks")
    project_provided = late("lockenv.project.provided")
    project_publishers = late("lockenv.project.publishers")
    project_unread = late("lockenv.project.unread")

_DEPENDENCIES: Path = ("project", "dependencies")
_EXTRAS: Path = ("project", "optional-dependencies")
_PYTHON: Path = ("project", "requires-python")
_TABLES = ("project", "dependency-groups", "build-system", "tool")
_OURS = ("dependencies", "optional-dependencies", "requires-python", "dynamic", "name")
_THEIRS = frozenset(
    (
        "version",
        "description",
        "readme",
        "license",
        "license-files",
        "authors",
        "maintainers",
        "keywords",
        "classifiers",
        "urls",
        "scripts",
        "gui-scripts",
        "entry-points",
        "import-names",
        "import-namespaces",
    )
)
_OTHERS = frozenset(("uv", "poetry", "pdm", "rye"))
"""The tools whose tables may name places that packages come from."""
FLIT_HINT = (
    "replace it with a [project] table, which flit reads: `requires` becomes dependencies, `requires-extra` "
    "optional-dependencies"
)
"""flit refuses a file that has both, so that `import` cannot add one."""
CONVERT_HINT = "run `lockenv import` to convert [tool.poetry], setup.cfg or setup.py to [project]"


def manifest(
    text: str,
    file: str = "pyproject.toml",
    *,
    now: str | None = None,
    directory: str = "",
    reported: BuildStatement | None = None,
    own: Document | None = None,
    lock: str = "",
) -> Manifest:
    """Return what the `pyproject.toml` with `text` declares; `file` is how the user names it.

    `directory` is where it is: absolute paths in it are made relative to that.

    `now` (RFC 3339) is what a relative `exclude-newer` counts back from; it is needed when there is one. A build
    `reported` what `text` leaves to it; where it leaves something and nothing was reported, there are no extras and
    groups. `own` is the `lockenv.toml` beside it, whose settings count as those of `[tool.lockenv]` do. With `lock`,
    the Manifest is that of the named lock, without its requirements files. Raises InputError, with the place in the
    file, for everything that cannot be understood.
    """
    document = Document(text, file)
    _check_tables(document)
    is_static = _is_static(document, reported) if document.array(("project", "dynamic")) else True
    name = _name(document)
    dependencies = includes.listed(document, _DEPENDENCIES, name)
    extras, groups = includes.names(document, _EXTRAS, "extra"), includes.names(document, GROUPS, "group")
    nodes: dict[Node, Sequence[Item]] = {}
    places: dict[Node, Path] = {("extra", extra): (*_EXTRAS, written) for extra, written in extras.items()}
    places |= {("group", group): (*GROUPS, written) for group, written in groups.items()}
    for extra, written in extras.items():
        nodes["extra", extra] = includes.listed(document, (*_EXTRAS, written), name)
    for group, written in groups.items():
        nodes["group", group] = includes.grouped(document, written, name)
    nodes[includes.ITSELF] = ()
    expansion = Expansion(document, nodes)
    # Where a build has yet to report the extras, what names them cannot be read.
    is_known = is_static or reported is not None
    chosen = layers.of_project(document, own, () if is_known else settings.ABOUT_LISTS, lock)
    chosen.check_keys(settings.KEYS)
    indexes = settings.indexes(chosen)
    references = References(directory)
    sources = settings.sources(chosen, indexes, references)
    provided = project_provided.provided(chosen) if chosen.has(("provided",)) else ()
    constraints = references.without_urls(
        (*settings.constraints(chosen), *(each for each in provided if each.requirement.specifier))
    )
    overrides = references.without_urls(settings.overrides(chosen))
    apart = project_conflicts.conflicts(chosen, extras, groups) if chosen.has(("conflicts",)) else ()
    conflicts = expansion.conflicts(apart, places)
    listed = references.of_lists(
        {
            ALWAYS_REQUIRED: expansion.expanded(dependencies),
            **{("extra", extra): expansion.of(("extra", extra)) for extra in extras},
            **{("group", group): expansion.of(("group", group)) for group in groups},
        },
        conflicts,
    )
    whole = Manifest(
        name=name,
        requires_python=document.specifier(_PYTHON),
        requires_python_origin=_origin(document, _PYTHON),
        python=settings.python(chosen),
        python_archives=project_archives.python_archives(chosen) if chosen.has(("python-archives",)) else (),
        dependencies=listed[ALWAYS_REQUIRED],
        extras={ExtraName(extra): listed["extra", extra] for extra in extras},
        groups={GroupName(group): listed["group", group] for group in groups},
        undeclared=tuple(
            UndeclaredExtra(name=ExtraName(each.node[1]), origin=document.origin(each.path))
            for each in expansion.undeclared
        ),
        own_groups=_own_groups(nodes, expansion),
        group_pythons=_group_pythons(chosen, groups, document, expansion),
        default_groups=settings.default_groups(chosen, groups),
        has_default_groups=chosen.get(("default-groups",), list) is not None,
        constraints=constraints,
        build_constraints=settings.build_constraints(chosen),
        overrides=overrides,
        excluded=settings.excluded(chosen, overrides),
        environments=settings.environments(chosen, "environments"),
        required_environments=settings.environments(chosen, "required-environments"),
        conflicts=conflicts,
        packages=project_conflicts.packages(chosen, groups) if conflicts else {},
        indexes=indexes,
        sources=sources,
        direct=references.sourced,
        places=references.places,
        mates=tuple(references.mates),
        workspace=settings.workspace(chosen),
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
        is_buildable=document.get(("build-system",), dict) is not None,
        dynamic=None if is_static else Dynamic(reported=reported),
        unread=unread_places(document, indexes, (*sources, *references.sourced, *references.places, name), chosen),
    )
    if lock:
        narrowed = named_locks.narrowed(whole, named_locks.named_lock(chosen, lock), chosen)
        return project_conflicts.packaged(narrowed) if narrowed.packages else narrowed
    if chosen.has((layers.LOCKS,)):
        whole = named_locks.without_apart(whole, chosen)
    return project_conflicts.packaged(whole) if whole.packages else whole


def _own_groups(nodes: Mapping[Node, Sequence[Item]], expansion: Expansion) -> dict[GroupName, str]:
    """Return the groups that require the project itself: those that name it, and those that include such a group.

    Each has the marker of the environments in which it does; it is empty for all.
    """
    found: dict[GroupName, list[str]] = {}
    for node, items in nodes.items():
        if node[0] != "group":
            continue
        if named := [item.marker for item in items if isinstance(item, Include) and item.node[0] == "extra"]:
            for kind, name in expansion.including(node):
                if kind == "group":
                    found.setdefault(GroupName(name), []).extend(named)
    return {
        name: "" if "" in named else " or ".join(f"({marker})" for marker in dict.fromkeys(named))
        for name, named in found.items()
    }


def _group_pythons(
    chosen: Layers, groups: Collection[str], document: Document, expansion: Expansion
) -> Mapping[GroupName, str]:
    if not chosen.has(("dependency-groups",)):
        return {}
    return group_pythons.pythons(chosen, groups, document.specifier(_PYTHON), expansion.including)


def unread_places(
    document: Document, indexes: Sequence[Index], known: Collection[NormalizedName], own: Values | None = None
) -> tuple[UnreadSource, ...]:
    """Return the places that only tables of other tools name, beside `indexes` and the sources of `known`.

    `own` are the settings of the project; None for a member of a workspace.
    """
    tables = document.root.get("tool")
    if not isinstance(tables, dict) or _OTHERS.isdisjoint(tables):
        return ()
    return project_unread.unread(document, indexes, known, own)


def _check_tables(document: Document) -> None:
    """Raise InputError where requirements are declared in a way that would be overlooked."""
    _refuse_misspelled(document, (), _TABLES)
    if document.get(("project",), dict) is not None:
        _refuse_misspelled(document, ("project",), _OURS)
        return
    tables = document.root.get("tool")
    if isinstance(tables, dict) and "poetry" in tables:
        raise InputError(
            f"{document.file} declares its requirements only in [tool.poetry], which lockenv does not read",
            hint=CONVERT_HINT,
            origin=document.origin(("tool", "poetry"), at_key=True),
        )
    if isinstance(tables, dict) and "flit" in tables:
        raise InputError(
            f"{document.file} declares its requirements only in [tool.flit], which lockenv neither reads nor converts",
            hint=FLIT_HINT,
            origin=document.origin(("tool", "flit", "metadata"), at_key=True),
        )
    if "build-system" in document.root:
        raise InputError(
            f"{document.file} has no [project] table; its build backend reads the requirements from another file",
            hint=CONVERT_HINT,
            origin=document.origin(("build-system",)),
        )
    if isinstance(tables, dict) and any("workspace" in tables.get(tool, ()) for tool in ("lockenv", "uv", "rye")):
        return  # the root of a workspace may be no project itself
    if "dependency-groups" not in document.root:
        raise InputError(
            f"{document.file} declares no requirements: it has neither [project] nor [dependency-groups]",
            hint="run `lockenv init` to add a [project] table, `lockenv import` to convert setup.py, setup.cfg or a "
            "Pipfile, or use -r to read a requirements file",
        )


def _is_static(document: Document, reported: BuildStatement | None) -> bool:
    """Return whether `[project]` itself says what the project requires; what it leaves to a build is filled in."""
    left = dynamic.left(document)
    if left:
        document.root = dynamic.filled(document.root, left, reported)
    return not left


def _refuse_misspelled(document: Document, path: Path, valid: Sequence[str]) -> None:
    """Raise InputError for a key that is nearly one of `valid`; other unknown keys are other tools' matter."""
    for key in document.table(path):
        if key in valid or key in _THEIRS:
            continue
        near = messages.suggestion(key, valid, cutoff=0.85)
        if near:
            place = f"[{messages.key_text(path)}]" if path else document.file
            raise InputError(
                f'{place} has no key "{key}"{near}',
                hint="fix it, or remove it",
                origin=document.origin((*path, key), at_key=True),
            )


def _name(document: Document) -> NormalizedName:
    if document.get(("project",), dict) is None:
        return NormalizedName("")
    path: Path = ("project", "name")
    written = document.string(path)
    if written is None:
        # The name is the one key that [project] must define statically (PEP 621).
        raise document.error(("project",), "has no name", hint='set name = "…" in [project]')
    return normalize(document.name(path, written))


def _origin(document: Document, path: Path) -> Origin | None:
    return None if document.string(path) is None else document.origin(path)
