"""Judge the names in a wheel: which could leave the target, collide, or replace what is not the wheel's.

Pure. Names go in; what is wrong with them comes out as a clause to end a sentence with, or None.
"""

from __future__ import annotations

from lockenv.vocabulary import system
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    import unicodedata
    from collections.abc import Callable, Iterable, Iterator

    from lockenv.files import portable
else:
    unicodedata = late("unicodedata")
    portable = late("lockenv.files.portable")

PROVENANCE = "provenance_url.json"
"""What a sync writes into the .dist-info of a wheel of an index, between INSTALLER and RECORD."""
_LONGEST_COMPONENT = 255
_LONGEST = 2048
"""Bytes; longer names cannot be created on the systems we know."""

_DRIVE = lazy_pattern(r"[A-Za-z]:")

_RESERVED_SCRIPT = lazy_pattern(
    r"(pythonw?[0-9.]*t?(-config)?|pypyw?[0-9.]*|pyvenv|(de)?activate(_this)?)(\.(exe|com|bat|cmd|sh|csh|fish|nu|ps1|xsh|py|cfg))?",
    "i",
)
_RESERVED_FILES = frozenset({"bin", "include", "lib", "lib64", "scripts"})
"""Directories of environments, of which no file may take the place."""
_OWN_FILE = ".gitignore"
_PIP = lazy_pattern(r"pip[0-9.]*(\.exe)?", "i")


def fault(name: str) -> str | None:
    """Report why no file may be created under `name`, a relative path with `/` between its components."""
    if not name:
        return "its name is empty"
    if not name.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in name):
        return "its name has control characters"
    if "\\" in name:
        return "its name has a backslash"
    if _DRIVE.match(name):
        return "its name begins with a drive letter"
    components = name.split("/")
    # Containment is judged on components, never on prefixes of the joined string.
    if ".." in components or "." in components or "" in components:
        return "its name is absolute, or has an empty, `.` or `..` component"
    if len(name) * 4 > _LONGEST_COMPONENT and _is_long(name, components):
        return "its name is too long"
    if system.is_windows and any(portable.is_special_on_windows(component) for component in components):
        return "its name is reserved on Windows"
    return None


def _is_long(name: str, components: list[str]) -> bool:
    longest = max(len(component.encode("utf-8", "surrogatepass")) for component in components)
    return longest > _LONGEST_COMPONENT or len(name.encode("utf-8", "surrogatepass")) > _LONGEST


def folded(name: str) -> str:
    """Return what `name` is to a filesystem that ignores letter case and forms of Unicode."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def folded_on_windows(name: str) -> str:
    """Return what `name` is where dots and blanks at the end of each component are dropped as well, as Windows does."""
    plain = folded(name)
    if plain[-1:] in (".", " ") or "./" in plain or " /" in plain:
        return "/".join(part.rstrip(". ") or part for part in plain.split("/"))
    return plain


def collision(names: Iterable[str], key_of: Callable[[str], str] = folded) -> tuple[str, str] | None:
    """Return the first two `names` that are one path by `key_of`, or of which one is the other's directory."""
    files: dict[str, str] = {}
    parents: dict[str, str] = {}
    for name in names:
        key = key_of(name)
        if key in files or key in parents:
            return files.get(key) or parents[key], name
        files[key] = name
        for parent in _parents(key):
            if parent in files:
                return files[parent], name
            if parent in parents:
                break
            parents[parent] = name
    return None


def _parents(name: str) -> Iterator[str]:
    end = name.rfind("/")
    while end > 0:
        yield name[:end]
        end = name.rfind("/", 0, end)


def is_reserved_script(name: str, project: str) -> bool:
    """Return whether a script called `name` would replace a part of the environment itself, or another's pip."""
    return _RESERVED_SCRIPT.fullmatch(name) is not None or (project != "pip" and _PIP.fullmatch(name) is not None)


def is_reserved_target(path: str, project: str) -> bool:
    """Return whether `path`, relative to the environment's root, is a part of the environment itself."""
    head, _, tail = folded_on_windows(path).partition("/")
    if head in {"pyvenv.cfg", ".lockenv"} or (head in _RESERVED_FILES and not tail):
        return True
    if head == _OWN_FILE:
        return bool(tail)
    return head in {"bin", "scripts"} and is_reserved_script(tail, project)


def is_own_target(path: str) -> bool:
    """Return whether `path`, relative to the environment's root, is a file of which an environment keeps its own.

    Its `.gitignore` keeps git from adding the environment to the project.
    """
    return folded_on_windows(path) == _OWN_FILE
