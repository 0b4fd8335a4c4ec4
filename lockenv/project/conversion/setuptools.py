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
from lockenv.project.conversion.declarations import Declarations, texts
from lockenv.vocabulary.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
_COMPUTED: Final = "is computed when setup.py runs, which lockenv never does; add it by hand"
_ASKED: Final = "declared as dynamic, so `lockenv lock` asks the build backend"
_BUILT: Final = f"is computed when setup.py runs; it is {_ASKED}"
_IN_A_FILE: Final = f"is in another file; it is {_ASKED}"
_ELSEWHERE: Final = f"reads the requirements from other files; they are {_ASKED}"
_UNKNOWN: Final = f"is computed when setup.py runs; requirements that are not written out are {_ASKED}"
_UNCALLED: Final = f"is not called where it can be read; the requirements are {_ASKED}"
_LEFT_TO_A_BUILD: Final = {"install_requires": "dependencies", "extras_require": "optional-dependencies"}
"""The key of `[project]` that may be dynamic, for each keyword of requirements that may be computed."""


def is_project(text: str) -> bool:
    """Return whether a setup.cfg with `text` describes a project, and is not only there for the settings of tools."""
    return re.search(r"(?m)^\[(?:metadata|options)\]", text) is not None


def read(
    cfg: tuple[str, str] | None, script: tuple[str, str] | None, directory: str, builds_with: Sequence[str] = ()
) -> Declarations:
    """Return what a setup.cfg and a setup.py say, each by its name and text; what the first says wins.

    `directory` names a project that names itself nowhere; a pyproject.toml says what it `builds_with`.
    """
    # "setup.cfg" is read after the arguments of setup() and replaces them (setuptools, declarative configuration).
    found = Declarations(file=(cfg or script or ("", ""))[0])
    said = _Said()
    if script is not None:
        said.script(found, *script)
    if cfg is not None:
        said.cfg(*cfg)
    values = said.values
    found.project["name"] = values.get("name") or directory
    _version(found, values)
    if python := values.get("python_requires", values.get("requires_python")):
        found.project["requires-python"] = str(python).strip()
    if _has_pbr([*builds_with, *_listed(values.get("setup_requires"))]) or values.get("pbr"):
        said.leave_to_pbr(found)
    computed = said.computed(found)
    _requirements(found, said, computed)
    if _listed(values.get("tests_require")):
        found.groups["test"] = list(_listed(values["tests_require"]))
    requires = ["setuptools", *_listed(values.get("setup_requires"))]
    found.build_system = {"requires": requires}
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
            found.extras.setdefault(name, []).extend(with_marker)
        elif is_static:
            found.dependencies += with_marker


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
        return left

    def extras(self) -> dict[str, list[str]]:
        """Return the extras, those of setup.cfg in place of those of setup.py."""
        if self._extras:
            return self._extras
        written = self.values.get("extras_require")
        return {str(key): _listed(value) for key, value in written.items()} if isinstance(written, dict) else {}

    def cfg(self, file: str, text: str) -> None:
        """Read a setup.cfg. Raises InputError."""
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(text)
        except configparser.Error as error:
            message = str(error).splitlines()[0]
            raise InputError(f"cannot read {file}: {message}", hint="fix it there") from error
        for section in ("metadata", "options"):
            if parser.has_section(section):
                self.values.update((key.replace("-", "_"), value) for key, value in parser.items(section))
        if parser.has_section("options.extras_require"):
            self._extras = {key: _listed(value) for key, value in parser.items("options.extras_require")}
        if parser.has_section("options.entry_points"):
            self.values["entry_points"] = True
        if parser.has_section("entry_points"):  # of pbr
            self.values["entry_points"] = True

    def script(self, found: Declarations, file: str, text: str) -> None:
        """Read the arguments of `setup()` that are literals. Raises InputError."""
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = getattr(error, "lineno", 0) or 0
            raise InputError(
                f"{file} is not valid Python: {error}", hint="fix it there", origin=Origin(file=file, line=line)
            ) from error
        names = dict(_assigned(tree))
        here = Declarations(file=file)
        calls = [*_calls(tree)]
        if not calls:
            here.leave(("setup",), _UNCALLED)
            self._computed += _LEFT_TO_A_BUILD
        for call in calls:
            for key, node, line in _keywords(call, tree):
                value = None if node is None else _value(node, names)
                if key == "**":
                    here.leave(("setup", key), f"(line {line}) {_UNKNOWN}")
                    self._computed += _LEFT_TO_A_BUILD
                elif value is not None:
                    self.values[key] = value
                elif key in _LEFT_TO_A_BUILD:
                    here.leave(("setup", key), f"(line {line}) {_BUILT}")
                    self._computed.append(key)
                elif key in _REQUIREMENTS or key == "name":
                    here.leave(("setup", key), f"(line {line}) {_COMPUTED}")
                elif key in _DYNAMIC or key == "version":
                    self.values.setdefault(key, False)
        found.left += here.left


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls of `setup()`, or of an attribute of that name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "setup":
                yield node


def _keywords(call: ast.Call, tree: ast.Module) -> Iterator[tuple[str, ast.expr | None, int]]:
    """Yield each keyword of a call with its value, None where that changes, and its line.

    The keys of a dictionary behind `**` are keywords if it is written out once; any other is "**".
    """
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value, keyword.value.lineno
        else:
            yield from _spread(keyword.value, tree) or [("**", None, call.lineno)]


def _spread(node: ast.expr, tree: ast.Module) -> list[tuple[str, ast.expr | None, int]]:
    """Return the keywords in the dictionary that `node` names; empty where it is not written out once."""
    if not isinstance(node, ast.Name):
        return []
    written = [
        one.value
        for one in ast.walk(tree)
        if isinstance(one, ast.Assign) and any(_is_named(to, node.id) for to in one.targets)
    ]
    if len(written) != 1 or not isinstance(written[0], ast.Dict):
        return []
    found: dict[object, tuple[ast.expr | None, int]] = {}
    for key, value in zip(written[0].keys, written[0].values, strict=True):
        if isinstance(key, ast.Constant):
            found[key.value] = value, value.lineno
    for one in ast.walk(tree):
        if isinstance(one, ast.Subscript) and _is_named(one.value, node.id) and isinstance(one.slice, ast.Constant):
            found[one.slice.value] = None, one.lineno
    return [(key, value, line) for key, (value, line) in found.items() if isinstance(key, str)]


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that are assigned once, at the top of the module, and never changed there."""
    targets = [
        target.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    changed = {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.value, ast.Name)
    }
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if targets.count(name) == 1 and name not in changed:
                yield name, node.value


def _value(node: ast.expr, names: Mapping[str, ast.expr], depth: int = 0) -> Any:
    """Return the value of an expression that is a literal, or a sum or a name of literals; else None."""
    if depth > 20:
        return None
    if isinstance(node, ast.Name) and node.id in names:
        return _value(names[node.id], names, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _value(node.left, names, depth + 1), _value(node.right, names, depth + 1)
        both = isinstance(left, (list, str)) and type(left) is type(right)
        return left + right if both else None
    if isinstance(node, (ast.List, ast.Tuple)):
        elements = [_value(element, names, depth + 1) for element in node.elts]
        return None if None in elements else elements
    if isinstance(node, ast.Dict):
        keys = [_value(key, names, depth + 1) if key else None for key in node.keys]
        values = [_value(value, names, depth + 1) for value in node.values]
        return None if None in keys or None in values else dict(zip(keys, values, strict=True))
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
