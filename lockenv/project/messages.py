"""The words of this room's errors: keys, suggestions, reasons and hints.

Pure: what is wrong goes in, text comes out. `difflib` is loaded for an unknown key or name alone.
"""

from __future__ import annotations

from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from lockenv.project.positions import Path

MARKER_HINT = "use a marker such as sys_platform == 'linux' and python_version >= '3.11'"

_BARE = lazy_pattern(r"[A-Za-z0-9_-]+")
_ONE_EQUALS = lazy_pattern(r"[^=!<>~]=(?!=)")
_ONE_TILDE = lazy_pattern(r"~(?![=/])\s*[0-9]")
_ONE_PART = lazy_pattern(r"~=\s*[0-9]+\s*(?:[,;)]|$)")
_CREDENTIALS = lazy_pattern(r"(?<=://)[^/\s\"']+(?=@)")
_UNNAMED = lazy_pattern(
    r"(?:(?P<scheme>(?:[a-z]+\+)?(?:https?|ssh|file|git)://)|\.{0,2}/|~/|(?=\.{1,2}$)|(?=[^ @]*\.(?:whl|zip|tar\.gz)$))"
    r"(?:[^ ]*/)?(?:(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)(?:-[0-9][^/ ]*)?(?:[@#?][^/ ]*)?)?[^ ]*"
)
"""The place of a project without its name, which is guessed at its end."""
_VERSION = lazy_pattern(r"[0-9]+(\.[0-9]+)*")
_SECRET = lazy_pattern(r"CRED|PASS|SECRET|TOKEN|(?:^|_)(?:AUTH|KEY|PAT|PWD)(?:_|$)")


def key_text(path: Path) -> str:
    """Return `path` as TOML would write it, such as `project.dependencies[2]`."""
    parts: list[str] = []
    for key in path:
        if isinstance(key, int):
            parts.append(f"[{key}]")
            continue
        dot = "." if parts else ""
        parts.append(dot + (key if _BARE.fullmatch(key) else f'"{key}"'))
    return "".join(parts)


def without_secrets(line: str) -> str:
    """Return `line` with the credentials in its URLs blotted out, as long as before, so that columns stay."""
    return _CREDENTIALS.sub(lambda found: "*" * len(found[0]), line) if "://" in line else line


def is_secret(variable: str) -> bool:
    """Return whether the value of a variable is a secret, by its name."""
    return _SECRET.search(variable) is not None


def none_declared(plural: str) -> str:
    """Return the hint where something that the project names is not declared, nor any other like it."""
    how = "; declare one under [[tool.lockenv.index]], with its name and url" if plural == "indexes" else ""
    return f"the project declares no {plural}{how}"


def suggestion(written: str, valid: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return `; did you mean "…"?` with the valid word nearest to `written`; empty when none is near."""
    from difflib import get_close_matches

    near = get_close_matches(written, sorted(valid), n=1, cutoff=cutoff)
    return f'; did you mean "{near[0]}"?' if near else ""


def declared_hint(name: str, names: Iterable[str]) -> str:
    """Return what there is to choose from, where `name` was named; for nothing, how to learn why it is locked."""
    known = ", ".join(sorted(set(names)))
    return f"it has {known}" if known else f"run `lockenv why {name}` to see what requires it"


def reason_and_offset(error: ValueError, text: str) -> tuple[str, int]:
    """Return what `packaging` says is wrong with `text`, in one line, and the offset of the character at fault.

    The offset is -1 when it is unknown. A message of `packaging` has three lines: the reason, the text four columns in,
    and a caret under the character; or it is one line that quotes the clause at fault.
    """
    first, *rest = str(error).splitlines() or [""]
    if len(rest) == 2 and rest[1].endswith("^"):
        return first[:1].lower() + first[1:], len(rest[1]) - 1 - 4
    clause = first.removeprefix("Invalid specifier: ")
    if clause != first:
        return f"{clause} is not a valid clause", text.find(clause[1:-1])
    return first[:1].lower() + first[1:], -1


def is_place(text: str) -> bool:
    """Return whether `text` is a path or a URL without the name of a project, as pip reads one."""
    return _UNNAMED.fullmatch(text.strip().rstrip("/")) is not None


def requirement_hint(text: str) -> str:
    """Return what to write instead of the requirement `text`; empty when nothing better than its error is known."""
    unnamed = _UNNAMED.fullmatch(text.strip().rstrip("/"))
    if unnamed:
        return _named_hint(unnamed, text.strip())
    if "^" in text:
        return "use explicit bounds instead of a caret, such as >=1.2,<2"
    if _ONE_TILDE.search(text.partition(";")[0]):
        return "use ~= for a compatible release, such as ~=1.2, or explicit bounds"
    if _ONE_PART.search(text):
        return "use ~= with two parts or more, such as ~=1.0"
    if " --hash" in text:
        return "remove the hash: the lockfile has one of each file"
    if _ONE_EQUALS.search(text.partition(";")[0]):
        return "use == before an exact version"
    return "use the form name[extra]>=1.0; marker"


def url_hint(name: str, url: str) -> str:
    """Return what to write instead of the URL of a requirement on `name` that names no source."""
    if _VERSION.fullmatch(url):
        return f"use `{name}=={url}` for a version"
    if url == "latest":
        return f"use `{name}` alone for the newest version"
    if ":" not in url and ("/" in url or url.startswith(".")):
        return f'require `{name}` by name, and add {name} = {{ path = "{url}" }} to [tool.lockenv.sources]'
    return "use name @ https://…, name @ git+https://…@revision or name @ file:///…"


def _named_hint(unnamed: re.Match[str], text: str) -> str:
    """Return how to write the place of a project with its name."""
    name = (unnamed["name"] or "name").removesuffix(".git").lower()
    if not unnamed["scheme"]:
        return f'require `{name}` by name, and add {name} = {{ path = "{text}" }} to [tool.lockenv.sources]'
    url = text if text == without_secrets(text) else f"{unnamed['scheme']}…"
    return f"use the form name @ URL: `{name} @ {url}`"


def specifier_hint(text: str) -> str:
    """Return what to write instead of the version specifier `text`."""
    if _VERSION.fullmatch(text):
        return f"use >={text} for this version and later ones"
    return "use clauses separated by commas, such as >=3.11,<4"
