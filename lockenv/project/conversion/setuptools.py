"""`setup.cfg` and the static parts of `setup.py`, in standard tables.

Pure: texts go in, a Declarations comes out. A `setup.py` is parsed and never run: what it computes is named. What only
describes the project stays where it is and is declared as dynamic, so that setuptools reads it there.
"""

from __future__ import annotations

import ast
import configparser
import re
from typing import TYPE_CHECKING, Any, Final

from lockenv.errors import InputError
from lockenv.project.conversion import setup_script
from lockenv.project.conversion.declarations import Declarations, UnconvertedKey, safe_name, texts
from lockenv.project.conversion.entry_points import read_entry_points
from lockenv.vocabulary.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_REQUIREMENTS: Final = ("install_requires", "extras_require", "tests_require", "setup_requires", "python_requires")
_DYNAMIC: Final = {
    "description": "description",
    "summary": "description",
    "long_description": "readme",
    "description_file": "readme",
    "license": "license",
    "license_expression": "license",
    "author": "authors",
    "author_email": "authors",
    "maintainer": "maintainers",
    "maintainer_email": "maintainers",
    "keywords": "keywords",
    "classifiers": "classifiers",
    "classifier": "classifiers",
    "url": "urls",
    "home_page": "urls",
    "project_urls": "urls",
    "download_url": "urls",
    "entry_points": "entry-points",
}
"""The key of `[project]` that each keyword of setuptools is about."""
_UNRUN: Final = "is computed when setup.py runs, which lockenv never does"
_COMPUTED: Final = f"{_UNRUN}; add it by hand"
_NOT_BUILT: Final = {
    "name": f"{_UNRUN}; pyproject.toml has the name of the directory in its place: correct it, then run `lockenv lock`",
    "python_requires": f"{_COMPUTED}: setuptools fails where [project] has no requires-python and setup.py has",
}
_ASKED: Final = "declared as dynamic, so `lockenv lock` asks the build backend"
_BUILT: Final = f"is computed when setup.py runs; it is {_ASKED}"
_IN_A_FILE: Final = f"is in another file; it is {_ASKED}"
_ELSEWHERE: Final = f"reads the requirements from other files; they are {_ASKED}"
_UNKNOWN: Final = (
    f"is computed when setup.py runs; requirements that are not written out are {_ASKED}; "
    "add other keywords in it by hand"
)
_NO_DICTIONARY: Final = "is computed when setup.py runs; add it by hand where it is a text: setuptools fails otherwise"
_UNREADABLE: Final = "cannot be read"
_UNCALLED: Final = f"is not called where it can be read; the requirements are {_ASKED}"
_ANOTHER_CALL: Final = "has another value in an earlier call of setup(), which is kept: correct it if this one counts"
_LEFT_TO_A_BUILD: Final = {"install_requires": "dependencies", "extras_require": "optional-dependencies"}
"""The key of `[project]` that may be dynamic, for each keyword of requirements that may be computed."""
_OF_ONE_CALL: Final = frozenset({"name", "version", "python_requires", *_LEFT_TO_A_BUILD})
"""The keywords whose values differ between the calls of a script that calls `setup()` for several projects."""


def is_project(text: str) -> bool:
    """Return whether a setup.cfg with `text` describes a project, and is not only there for the settings of tools."""
    return re.search(r"(?m)^\[(?:metadata|options)\]", text) is not None


def read(
    cfg: tuple[str, str] | None,
    script: tuple[str, str] | None,
    directory: str,
    builds_with: Sequence[str] = (),
    *,
    has_table: bool = False,
) -> Declarations:
    """Return what a setup.cfg and a setup.py say, each by its name and text; what the first says wins.

    `directory` names a project that names itself nowhere; a pyproject.toml says what it `builds_with`, and may
    have a table of setuptools already.
    """
    # "setup.cfg" is read after the arguments of setup() and replaces them (setuptools, declarative configuration).
    found = Declarations(file=(cfg or script or ("", ""))[0])
    said = _Said()
    if script is not None:
        said.script(found, *script)
    if cfg is not None:
        said.cfg(*cfg)
        found.left = [one for one in found.left if one.path[-1] not in said.stated]
    values = said.values
    found.project["name"] = _name(found, str(values.get("name") or ""), directory)
    _version(found, values)
    if python := values.get("python_requires", values.get("requires_python")):
        found.project["requires-python"] = str(python).strip()
    setup_requires = _listed(values.get("setup_requires"))
    if _has_pbr([*builds_with, *setup_requires]) or values.get("pbr"):
        said.leave_to_pbr(found)
    else:
        values.pop("description_file", None)  # only pbr reads it
        if not has_table:
            _package_data(found, said)
    _entry_points(found, said)
    computed = said.computed(found)
    _requirements(found, said, computed)
    if _listed(values.get("tests_require")):
        found.groups["test"] = list(_listed(values["tests_require"]))
    found.build_system = {"requires": ["setuptools", *setup_requires]}
    if script is None:
        # Without the key, setup.py may import modules beside it (PEP 517, "setuptools.build_meta:__legacy__").
        found.build_system["build-backend"] = "setuptools.build_meta"
    if values.get("dependency_links"):
        found.leave(("dependency_links",), "sets package sources; declare them in [tool.lockenv]")
    dynamic = _dynamic(found, values, computed)
    if dynamic:
        found.project["dynamic"] = sorted(dynamic)
    return found


def _requirements(found: Declarations, said: _Said, computed: Sequence[str]) -> None:
    """Add the requirements that are stated, those of an extra whose name is only a marker (`":MARKER"`) included."""
    is_static = "dependencies" not in computed
    if is_static:
        found.dependencies += _listed(said.values.get("install_requires"))
    for extra, listed in said.extras().items() if "optional-dependencies" not in computed else ():
        name, _, marker = extra.partition(":")
        with_marker = [f"{text}; {marker}" if marker else text for text in listed]
        if name:
            found.extras.setdefault(safe_name(name), []).extend(with_marker)
        elif is_static:
            found.dependencies += with_marker


def _package_data(found: Declarations, said: _Said) -> None:
    """Keep what the wheel contains, where nothing says whether the files that the sdist includes belong to it."""
    # "include-package-data" is true by default where a pyproject.toml configures setuptools, else false (its keywords).
    if not said.is_partial and "include_package_data" not in said.values:
        found.backend["tool", "setuptools", "include-package-data"] = False


def _entry_points(found: Declarations, said: _Said) -> None:
    """Add the entry points that are one text: beside `[project]`, setuptools takes only a dictionary from elsewhere.

    It fails for a text even where only one of the three keys is in `[project]`, so that empty ones are written too.
    """
    text = said.values.get("entry_points")
    if not isinstance(text, str):
        return
    if text.startswith("file:"):
        files = [file.strip() for file in text.removeprefix("file:").split(",")]
        found.backend["tool", "setuptools", "dynamic", "entry-points"] = {"file": files}
        return
    del said.values["entry_points"]
    if not text:
        return
    groups = read_entry_points(text)
    if groups is None:
        found.left.append(UnconvertedKey(file=said.entry_points_file, path=("entry_points",), meaning=_UNREADABLE))
        groups = {}
    found.project["scripts"] = groups.pop("console_scripts", {})
    found.project["gui-scripts"] = groups.pop("gui_scripts", {})
    found.project["entry-points"] = groups


def _name(found: Declarations, stated: str, directory: str) -> str:
    """Return the name that is `stated`, else that of the `directory`. Raises InputError for what is no name."""
    name = safe_name(stated or directory)
    if name:
        return name
    computed = next((one for one in found.left if one.path[-1] == "name"), None)
    if stated:
        what = f"{found.file} names the project `{stated}`, which is not a project name"
    else:
        why = f"{computed.file}: `setup.name` {computed.meaning.partition(';')[0]}" if computed else ""
        why = why or f"{found.file} does not name the project"
        what = f"{why}, and the directory, `{directory}`, does not have a project name"
    hint = "write `name = NAME` under [metadata] in setup.cfg, and run `lockenv import` again"
    raise InputError(what, hint=hint)


def _dynamic(found: Declarations, values: Mapping[str, Any], computed: Sequence[str]) -> dict[str, None]:
    """Return the keys of `[project]` that stay where they are."""
    dynamic = dict.fromkeys((*(_DYNAMIC[key] for key in values if key in _DYNAMIC), *computed))
    if "entry-points" in dynamic:
        dynamic |= {"scripts": None, "gui-scripts": None}
    if "version" not in found.project:
        dynamic["version"] = None
    return dynamic


def _version(found: Declarations, values: Mapping[str, Any]) -> None:
    version = values.get("version")
    if isinstance(version, str) and not version.startswith(("attr:", "file:")):
        found.project["version"] = version


def _listed(value: object) -> list[str]:
    """Return the requirements in a list, or in lines."""
    if isinstance(value, str):
        lines = [line.partition(" #")[0].strip() for line in value.replace(";\n", "\n").splitlines()]
        return [line for line in lines if line and not line.startswith("#")]
    return texts(list(value) if isinstance(value, tuple) else value)


def _has_pbr(requirements: Iterable[str]) -> bool:
    """Return whether one of `requirements` is pbr, which adds to what a setup.py and a setup.cfg say."""
    return any(re.match(r"pbr\b(?![-_.])", text) for text in requirements)


class _Said:
    """The keywords of setuptools, from both files."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._extras: dict[str, list[str]] = {}
        self._computed: list[str] = []
        """The keywords of requirements that `setup.py` computes."""
        self.entry_points_file = ""
        """The file that entry points were read from, as messages name it."""
        self.stated: set[str] = set()
        """The keywords that `setup.cfg` states, whatever `setup.py` computes."""
        self.is_partial = False
        """Whether there may be keywords that cannot be read."""

    def leave_to_pbr(self, found: Declarations) -> None:
        """Leave to a build what pbr adds: it reads requirements.txt, and sections of setup.cfg of its own."""
        found.leave(("pbr",), _ELSEWHERE)
        self._computed = [*_LEFT_TO_A_BUILD]
        for key in _LEFT_TO_A_BUILD:
            self.values.pop(key, None)
        self._extras = {}

    def computed(self, found: Declarations) -> list[str]:
        """Return the keys of `[project]` that only a build knows; what setup.cfg says is static, unless in a file."""
        left = []
        for key, name in _LEFT_TO_A_BUILD.items():
            lists = self.extras().values() if key == "extras_require" else [_listed(self.values.get(key))]
            if any(listed[:1] and listed[0].startswith("file:") for listed in lists):
                found.leave(("options", key), _IN_A_FILE)
                left.append(name)
            elif key in self._computed and key not in self.values and not (self._extras and key == "extras_require"):
                left.append(name)
        if "dependencies" in left and any(extra.startswith(":") for extra in self.extras()):
            left.append("optional-dependencies")  # It contains requirements of no extra, with a marker.
        return list(dict.fromkeys(left))

    def extras(self) -> dict[str, list[str]]:
        """Return the extras, those of setup.cfg in place of those of setup.py."""
        if self._extras:
            return self._extras
        written = self.values.get("extras_require")
        return {str(key): _listed(value) for key, value in written.items()} if isinstance(written, dict) else {}

    def cfg(self, file: str, text: str) -> None:
        """Read a setup.cfg. Raises InputError."""
        parser = configparser.ConfigParser()  # setuptools replaces "%(name)s", too
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # extras and scripts are case-sensitive
        try:
            parser.read_string(text)
            self._sections(file, parser)
        except configparser.Error as error:
            message = str(error).splitlines()[0]
            raise InputError(f"cannot read {file}: {message}", hint="fix it there") from error

    def _sections(self, file: str, parser: configparser.ConfigParser) -> None:
        for section in ("metadata", "options"):
            if parser.has_section(section):
                found = {key.lower().replace("-", "_"): value for key, value in parser.items(section)}
                self.values |= found
                self.stated |= found.keys()
        if parser.has_section("options.extras_require"):
            self._extras = {key: _listed(value) for key, value in parser.items("options.extras_require")}
            self.stated.add("extras_require")
        if parser.has_option("options", "entry_points"):
            self.entry_points_file = file
        if parser.has_section("options.entry_points") or parser.has_section("entry_points"):  # the latter is of pbr
            self.values["entry_points"] = True
            self.stated.add("entry_points")

    def script(self, found: Declarations, file: str, text: str) -> None:
        """Read the arguments of `setup()` that are literals; of several calls, the first counts. Raises InputError."""
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = getattr(error, "lineno", 0) or 0
            raise InputError(
                f"{file} is not valid Python: {error}", hint="fix it there", origin=Origin(file=file, line=line)
            ) from error
        names = dict(setup_script.assigned(tree))
        here = Declarations(file=file)
        self.entry_points_file = file
        calls = [*setup_script.calls(tree)]
        if not calls:
            here.leave(("setup",), _UNCALLED)
            self._leave_to_a_build()
        first: dict[str, Any] = {}
        for call in calls:
            for keyword in setup_script.keywords(call, tree):
                value = None if keyword.node is None else setup_script.value_of(keyword.node, names)
                if value is not None and value == first.setdefault(keyword.name, value):
                    self.values[keyword.name] = value
                elif value is not None and keyword.name in _OF_ONE_CALL:
                    here.leave(("setup", keyword.name), f"(line {keyword.line}) {_ANOTHER_CALL}")
                elif value is None and (meaning := self._computes(keyword)):
                    here.leave(("setup", keyword.name), f"(line {keyword.line}) {meaning}")
        found.left += here.left

    def _computes(self, keyword: setup_script.SetupKeyword) -> str:
        """Note a keyword that is computed, and return what it means to the user; empty where setuptools reads it."""
        key = keyword.name
        if key == setup_script.SPREAD:
            self._leave_to_a_build()
            return _UNKNOWN
        if key in _LEFT_TO_A_BUILD:
            self._computed.append(key)
            return _BUILT
        if key in _NOT_BUILT or key in _REQUIREMENTS:
            return _NOT_BUILT.get(key, _COMPUTED)
        if key in _DYNAMIC or key in ("version", "include_package_data"):
            self.values.setdefault(key, False)
        is_dictionary = keyword.node is None or setup_script.is_dictionary(keyword.node)
        return "" if key != "entry_points" or is_dictionary else _NO_DICTIONARY

    def _leave_to_a_build(self) -> None:
        """Leave to a build what it may add, and setuptools takes as dynamic even where nothing is added."""
        self.is_partial = True
        self._computed += _LEFT_TO_A_BUILD
        self.values.setdefault("entry_points", False)
        self.values.setdefault("project_urls", False)
