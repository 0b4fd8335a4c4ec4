"""What a project sets in `lockenv.toml` or `[tool.lockenv]`, its policies aside.

Pure: its settings go in (`layers`); markers, rules, indexes, sources and conflicts come out. Every key is known.
"""

from __future__ import annotations

from lockenv.project import messages
from lockenv.project.layers import LOCKS
from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import ACCEPTABLE, Index, Workspace
from lockenv.vocabulary.names import GroupName, NormalizedName, normalize
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Final

    from lockenv.project import direct
    from lockenv.project.positions import Path
    from lockenv.project.references import References
    from lockenv.project.values import Values
    from lockenv.vocabulary import python_request
    from lockenv.vocabulary.manifest import Overwrites
    from lockenv.vocabulary.requirement import Declared
else:
    direct = late("lockenv.project.direct")
    python_request = late("lockenv.vocabulary.python_request")

INDEX_URL_HINT: Final = "use an https://, http:// or file:// URL without ? and #"
FOLDER_HINT: Final = "use the path of a directory, or the URL of a directory or an HTML page"
OVERWRITE_HINT: Final = 'use "winner>loser": if both contain a file, the winner\'s is installed'
PYTHON_HINT: Final = "use a version such as 3.12.* or 3.12.7, or a specifier such as >=3.11 or pypy>=3.10"
KEYS: Final = (
    "python",
    "python-archives",
    "environments",
    "required-environments",
    "prerelease",
    "prerelease-package",
    "resolution",
    "exclude-newer",
    "exclude-newer-package",
    "allow-build",
    "build-network",
    "no-build",
    "no-build-package",
    "no-binary",
    "no-binary-package",
    "constraints",
    "build-constraints",
    "overrides",
    "exclude-dependencies",
    "default-groups",
    "dependency-groups",
    "conflicts",
    "index",
    "find-links",
    "no-index",
    "sources",
    "workspace",
    "allowed-hosts",
    "licenses",
    "publishers",
    "deny-startup-code",
    "allow-startup-code",
    "allow-overwrite",
    "accept-faults",
    "dependency-metadata",
    "system-site-packages",
    "provided",
    "fork",
    "audit",
    LOCKS,
)
ABOUT_LISTS: Final = ("conflicts", "default-groups", "dependency-groups")
"""Settings that name extras and groups of a project."""
INDEX_KEYS: Final = ("name", "url", "explicit", "mirrors", "authenticate", "client-cert")
WORKSPACE_KEYS: Final = ("members", "exclude")
CONFLICT_KEYS: Final = ("extra", "group", "package")
# The variables of these markers are about a request to install, not about an environment.
_NO_ENVIRONMENT = lazy_pattern(r"\b(extras?|dependency_groups)\b")
_QUOTED = lazy_pattern(r"\"[^\"]*\"|'[^']*'")
_RELATIVE = lazy_pattern(r"\.\.?/[^\s?#]*")
"""A folder beside the project's files, distinguished from a name by its first dot."""
_HOST = lazy_pattern(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::[0-9]{1,5})?|\[[0-9a-f:.]+\](?::[0-9]{1,5})?")
_URL = lazy_pattern(r"(?:https?|file)://[^\s?#]+|\$\{[A-Z0-9_]+\}[^\s?#]*")


def index_url(text: str) -> str:
    """Return the simple root that `text` names, ending in one slash; empty when it is not the URL of an index."""
    return text.rstrip("/") + "/" if _URL.fullmatch(text) or _RELATIVE.fullmatch(text) else ""


def flat_url(text: str) -> str:
    """Return the folder, ending in one slash, or the page that `text` names; empty when it can name neither."""
    if not text or "\0" in text or ("://" in text and not _URL.fullmatch(text)):
        return ""
    if text.endswith((".html", ".htm")):
        return text
    if text.startswith("/"):
        from urllib.parse import quote

        return f"file://{quote(text.rstrip('/'))}/"
    return text.replace("\\", "/").rstrip("/") + "/"


def python(document: Values) -> str:
    """Return which Python the lock is to record; empty where it is to record none.

    A path or the name of a program is refused: what comes with a checkout chooses no program.
    """
    written = document.string(("python",))
    if written is None:
        return ""
    try:
        request = python_request.python_request(written.strip())
    except ValueError:
        request = None
    if request is None or not (request.version or request.specifier):
        raise document.error(("python",), f'is "{written}", which is not a version of Python', hint=PYTHON_HINT)
    return written.strip()


def environments(document: Values, key: str) -> tuple[str, ...]:
    """Return the markers in the array at `key`, canonical, in the order they are written."""
    markers = []
    for position, _ in enumerate(document.strings((key,))):
        path = (key, position)
        marker = document.marker(path)
        found = _NO_ENVIRONMENT.search(_QUOTED.sub("", marker))
        if found:
            raise document.error(path, f"uses `{found[0]}`, which is not allowed here", hint=messages.MARKER_HINT)
        markers.append(marker)
    return tuple(markers)


def constraints(document: Values, key: str = "constraints") -> tuple[Declared, ...]:
    """Return the constraints in the array at `key`, in the order they are written."""
    declared = document.requirements((key,))
    for position, constraint in enumerate(declared):
        if constraint.requirement.extras:
            raise document.error(
                (key, position),
                "has extras, which are not allowed in constraints",
                hint="constrain only the versions, and add the extras to the requirement",
            )
    return declared


def build_constraints(document: Values) -> tuple[Declared, ...]:
    """Return what limits the versions of build requirements, in the order it is written."""
    declared = constraints(document, "build-constraints")
    for position, constraint in enumerate(declared):
        if constraint.requirement.url:
            raise document.error(
                ("build-constraints", position),
                "is a URL, but only versions of build requirements can be constrained",
                hint='use a version specifier, such as "setuptools<80"',
            )
    return declared


def overrides(document: Values) -> tuple[Declared, ...]:
    """Return the overrides, in the order they are written."""
    return document.requirements(("overrides",))


def excluded(document: Values, replaced: Iterable[Declared]) -> tuple[NormalizedName, ...]:
    """Return the projects that nothing is to require, sorted, each once; none of them is `replaced` by an override."""
    path: Path = ("exclude-dependencies",)
    overridden = {each.requirement.name for each in replaced}
    found = set()
    for position, written in enumerate(document.strings(path)):
        name = normalize(document.name((*path, position), written))
        if name in overridden:
            raise document.error(
                (*path, position), f'is "{written}", which is among the overrides too', hint="remove one of the entries"
            )
        found.add(name)
    return tuple(sorted(found))


def default_groups(document: Values, groups: Collection[str]) -> tuple[GroupName, ...]:
    """Return the groups that are installed unasked, in the order they are written; `dev` alone when none are set."""
    path: Path = ("default-groups",)
    if document.get(path, list) is None:
        return (GroupName("dev"),) if "dev" in groups else ()
    chosen: dict[GroupName, None] = {}
    for position, written in enumerate(document.strings(path)):
        name = GroupName(normalize(written))
        if name not in groups:
            raise undeclared(document, (*path, position), "group", written, groups)
        chosen[name] = None
    return tuple(chosen)


def indexes(document: Values) -> tuple[Index, ...]:
    """Return the indexes in the order they are tried in: folders and pages of files, then the others as declared."""
    path: Path = ("index",)
    is_last = document.boolean(("no-index",))
    flat = [Index(name="", url=url, is_flat=True, is_last=is_last) for url in _flat(document)]
    if is_last and not flat and not document.array(path):
        raise document.error(("no-index",), "leaves no package source", hint="set find-links, or declare an index")
    declared: dict[str, Index] = {}
    for position, _ in enumerate(document.array(path)):
        index = _index(document, (*path, position), is_last=is_last)
        # Names that differ in their punctuation alone would share the variables that hold their credentials.
        key = index.variable("") if index.name else f"[{position}]"
        if key in declared:
            raise document.error(
                (*path, position, "name"),
                f'is "{index.name}", but an earlier index is named "{declared[key].name}"',
                hint="use a different name for each index",
            )
        declared[key] = index
    return (*flat, *declared.values())


def _flat(document: Values) -> Iterator[str]:
    path: Path = ("find-links",)
    for position, written in enumerate(document.strings(path)):
        url = flat_url(written)
        if not url:
            # What is there may hold a password, so that the message does not repeat it.
            raise document.error((*path, position), "is not a directory or a page", hint=FOLDER_HINT)
        yield url


def sources(document: Values, declared: Sequence[Index], references: References) -> Mapping[NormalizedName, str]:
    """Return the name of the index that alone serves a project, for each project that names one.

    What comes from elsewhere than an index is added to `references`, its paths relative to the directory of the file.
    """
    path: Path = ("sources",)
    names = [index.name for index in declared if index.name]
    found: dict[NormalizedName, str] = {}
    given: set[NormalizedName] = set()
    for written in document.table(path):
        place = (*path, written)
        name = normalize(document.name(place, written, at_key=True))
        if name in given:
            raise document.error(place, "sets the source of a package twice", hint="set it once", at_key=True)
        given.add(name)
        value = document.table(path)[written]
        if direct.is_conditional(value):
            references.places[name] = direct.places(document, place, references.base, value)
            for number, each in enumerate(references.places[name]):
                if each.index:
                    _index_name(
                        document, (*place, number, "index") if isinstance(value, list) else (*place, "index"), names
                    )
            continue
        named = direct.from_table(document, place, references.base)
        if named is not None:
            references.add(name, named, document.origin(place))
        elif document.get((*place, "workspace"), bool) is not None:
            if document.get(("workspace",), dict) is None:
                raise document.error(
                    place,
                    "comes from a workspace, but this project is not a workspace root",
                    hint='declare its members in [tool.lockenv.workspace], such as members = ["packages/*"]',
                )
            references.mates.append((name, document.origin(place)))
        else:
            found[name] = _index_name(document, (*place, "index"), names)
    return found


def allowed_hosts(document: Values) -> tuple[str, ...]:
    """Return the hosts that locked files may come from, sorted, each once; empty for all."""
    found = set()
    for position, written in enumerate(document.strings(("allowed-hosts",))):
        if not _HOST.fullmatch(written.lower()):
            raise document.error(
                ("allowed-hosts", position),
                f'is "{messages.without_secrets(written)}", which is not a host',
                hint="use files.example, files.example:8080 or *.example, without https:// and path",
            )
        found.add(written.lower())
    return tuple(sorted(found))


def allow_overwrite(document: Values) -> Overwrites:
    """Return which distributions may overwrite files of which; of two entries that go on from one to the next, a third.

    Names need not be of this project: what an environment does not hold is not asked for.
    """
    path: Path = ("allow-overwrite",)
    found: set[tuple[NormalizedName, NormalizedName]] = set()
    for position, written in enumerate(document.strings(path)):
        place = (*path, position)
        names = [part.strip() for part in written.split(">")]
        if len(names) != 2 or not all(names):
            raise document.error(place, f'is "{written}", which is not two names', hint=OVERWRITE_HINT)
        winner, loser = (normalize(document.name(place, name)) for name in names)
        if winner == loser:
            raise document.error(place, f'has "{winner}" twice', hint=OVERWRITE_HINT)
        if (loser, winner) in found:
            raise document.error(
                place,
                f'is "{written}", but earlier entries imply "{loser}>{winner}"',
                hint="remove one of the entries",
            )
        above = {winner, *(over for over, under in found if under == winner)}
        below = {loser, *(under for over, under in found if over == loser)}
        found |= {(over, under) for over in above for under in below}
    return tuple(sorted(found))


def accept_faults(document: Values) -> dict[NormalizedName, tuple[str, ...]]:
    """Return which rules the wheels of single projects may break, sorted."""
    found: dict[NormalizedName, tuple[str, ...]] = {}
    for written in document.table(("accept-faults",)):
        path: Path = ("accept-faults", written)
        name = normalize(document.name(path, written, at_key=True))
        if name in found:
            raise document.error(path, "lists a package twice", hint="list it once", at_key=True)
        rules = document.strings(path)
        for position, rule in enumerate(rules):
            if rule not in ACCEPTABLE:
                raise document.error(
                    (*path, position),
                    f'is "{rule}", which is not a rule that can be accepted{messages.suggestion(rule, ACCEPTABLE)}',
                    hint=f"the rules are {', '.join(ACCEPTABLE)}",
                )
        if rules:
            found[name] = tuple(sorted(set(rules)))
    return dict(sorted(found.items()))


def _index_name(document: Values, path: Path, names: Sequence[str]) -> str:
    name = document.string(path) or ""
    if name not in names:
        raise undeclared(document, path, "index", name, names)
    return name


def workspace(document: Values) -> Workspace | None:
    """Return the workspace whose root the project is; None when it is none."""
    path: Path = ("workspace",)
    if document.get(path, dict) is None:
        return None
    document.known_keys(path, WORKSPACE_KEYS)
    for key in WORKSPACE_KEYS:
        for position, pattern in enumerate(document.strings((*path, key))):
            parts = pattern.replace("\\", "/").split("/")
            if ".." in parts or parts[0] == "" or ":" in parts[0]:
                raise document.error(
                    (*path, key, position), "is outside of the workspace", hint="use directories below this one"
                )
    return Workspace(
        members=tuple(document.strings((*path, "members"))),
        exclude=tuple(document.strings((*path, "exclude"))),
        origin=document.origin(path, at_key=True),
    )


def _index(document: Values, path: Path, *, is_last: bool) -> Index:
    document.known_keys(path, INDEX_KEYS)
    name = document.string((*path, "name")) or ""
    url = document.string((*path, "url"))
    explicit = document.boolean((*path, "explicit"))
    if url is None:
        raise document.error(path, "has no url", hint='write url = "https://…/simple/"')
    root = index_url(url)
    if not root:
        # What is there may hold a password, so that the message does not repeat it.
        raise document.error((*path, "url"), "is not the URL of an index", hint=INDEX_URL_HINT)
    if explicit and not name:
        raise document.error(path, "is explicit, but has no name", hint="add a name, so that sources can refer to it")
    mirrors = tuple(_mirrors(document, path))
    return Index(
        name=name,
        url=root,
        explicit=explicit,
        is_last=is_last,
        mirrors=mirrors,
        authenticate=document.boolean((*path, "authenticate")),
        client_cert=document.string((*path, "client-cert")) or "",
    )


def _mirrors(document: Values, path: Path) -> Iterator[str]:
    for position, written in enumerate(document.strings((*path, "mirrors"))):
        root = index_url(written)
        if not root:
            raise document.error((*path, "mirrors", position), "is not the URL of an index", hint=INDEX_URL_HINT)
        yield root


def undeclared(document: Values, path: Path, what: str, written: str, valid: Collection[str]) -> Exception:
    """Return the error for a name that nothing is declared by; `valid` are the names that there are."""
    plural = "indexes" if what == "index" else f"{what}s"
    return document.error(
        path,
        f'refers to the {what} "{written}", which is not declared{messages.suggestion(written, valid)}',
        hint=f"the {plural} are {', '.join(valid)}" if valid else messages.none_declared(plural),
    )
