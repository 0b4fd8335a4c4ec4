"""What a request for a Python means: `3.12`, `3.12.*`, `>=3.11`, `pypy3.10`, `pypy>=3.10`, `3.13t`.

Pure: its text goes in; a PythonRequest comes out, which says whether a Python is one. Never: paths and names of
programs, which only a command line may use.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import clauses, contains, names_prerelease, python_admits

_IMPLEMENTATIONS = {
    "": "",
    "py": "",
    "python": "",
    "cp": "cpython",
    "cpython": "cpython",
    "pp": "pypy",
    "pypy": "pypy",
    "graalpy": "graalpy",
}
_NAMED = lazy_pattern(
    r"([a-z]*)[-@]?(?:(\d+(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?)(?:(t)|\.\*)?(?:-[\w.+-]*)?)?",
    "a",
)
_SHORT = lazy_pattern(r"[23]\d+")
_SPECIFIED = lazy_pattern(r"([a-z]*)[-@]?\s*([<>=!~].*)", "a")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonRequest:
    """What a Python has to be; empty fields ask for nothing."""

    implementation: str = ""
    """The value of `sys.implementation.name`."""
    version: str = ""
    """The first parts of the version."""
    specifier: str = ""
    is_free_threaded: bool = False

    def admits(self, implementation: str, version: str, *, is_free_threaded: bool) -> bool:
        """Return whether a Python of that `version` is what is requested."""
        return (
            self.implementation in ("", implementation)
            and self.is_free_threaded == is_free_threaded
            and begins_with(self.version, version, is_whole=True)
            and _answers(self.specifier, version)
        )


def python_request(text: str) -> PythonRequest | None:
    """Return what `text` requests; None where it can only be the name of a program.

    Raises ValueError for a specifier that is none.
    """
    if not text:
        return PythonRequest()
    lowered = text.lower()
    specified = _SPECIFIED.fullmatch(lowered)
    if specified is not None and specified[1] in _IMPLEMENTATIONS:
        clauses(specified[2])
        return PythonRequest(implementation=_IMPLEMENTATIONS[specified[1]], specifier=specified[2])
    found = _NAMED.fullmatch(lowered)
    if found is None or found[1] not in _IMPLEMENTATIONS:
        return None
    version = found[2] or ""
    if _SHORT.fullmatch(version):
        # The short form of wheel tags: `312`, `cp312`.
        version = f"{version[0]}.{version[1:]}"
    return PythonRequest(implementation=_IMPLEMENTATIONS[found[1]], version=version, is_free_threaded=bool(found[3]))


def begins_with(asked: str, version: str, *, is_whole: bool) -> bool:
    """Return whether `version` begins with the parts of `asked`; one that is not whole may also be cut short."""
    left, right = asked.split(".") if asked else [], version.split(".") if version else []
    length = len(left) if is_whole else min(len(left), len(right))
    return left[:length] == right[:length]


def _answers(specifier: str, version: str) -> bool:
    """Return whether `version` answers a request for `specifier`, which counts pre-releases if it names one."""
    if not specifier:
        return True
    return contains(specifier, version) if names_prerelease(specifier) else python_admits(specifier, version)
