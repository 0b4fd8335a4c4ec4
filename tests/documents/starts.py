"""Which project each section of a page starts from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.documents.consoles import INDEX, Desk
from tests.documents.contents import age, fill
from tests.support.server import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_PROJECT: Final = """\
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["idna", "rich>=13"]
"""
_PINS: Final = {"idna": "3.10", "markdown-it-py": "3.0.0", "mdurl": "0.1.2", "pygments": "2.18.0", "rich": "14.1.0"}


def nothing(desk: Desk, _heading: str) -> None:
    """Leave the place empty, the index young."""


def locked(desk: Desk, _heading: str) -> None:
    """Return a project with its lock, a bundle beside it where a section needs one."""
    desk.write("pyproject.toml", _PROJECT + '\n[dependency-groups]\ndev = ["pytest"]\n')
    _prepare(desk, "lockenv lock")


def small(desk: Desk, _heading: str) -> None:
    """Return a project with one requirement."""
    desk.write("pyproject.toml", _PROJECT.replace('"idna", "rich>=13"', '"markdown-it-py>=3"'))


def branched(desk: Desk, _heading: str) -> None:
    """Return a repository with two branches whose locks have new entries side by side."""
    lists = '\ndependencies = [\n  "idna",\n]\n\n[dependency-groups]\ndev = [\n  "pytest",\n]\n'
    desk.write("pyproject.toml", _PROJECT.partition("\ndependencies")[0] + lists)
    _prepare(desk, "git init --quiet --initial-branch main && lockenv lock && git add . && git commit --quiet -m Lock")
    for name, command in (("certifi", "add certifi --dev"), ("anyio", "add anyio")):
        _prepare(desk, f"git checkout --quiet -b {name} main && lockenv {command} --no-sync")
        _prepare(desk, f"git commit --quiet --all -m 'Require {name}'")


def outdated(desk: Desk, _heading: str) -> None:
    """Return a project in git, locked and synced before the newest releases came."""
    desk.write("pyproject.toml", _PROJECT.replace('"rich>=13"', '"rich>=13", "pygments<3"'))
    desk.write(".gitignore", ".venv/\n")
    _prepare(desk, "git init --quiet && lockenv lock && lockenv sync && git add . && git commit --quiet -m Lock")
    age(desk.index)


def vulnerable(desk: Desk, heading: str) -> None:
    """Return a project that was locked before something became known of a release, which a newer one has not."""
    outdated(desk, heading)
    known = {
        "id": "GHSA-aaaa-bbbb-cccc",
        "aliases": ["CVE-2026-1"],
        "summary": "A comment without end keeps it busy",
        "details": "",
        "fixed_in": ["2.20.0"],
        "link": "https://osv.example/GHSA-aaaa-bbbb-cccc",
        "source": "osv",
        "withdrawn": None,
    }
    for path, found in (("/pypi/pygments/2.19.2/json", [known]), ("/pypi/", [])):
        body = json.dumps({"info": {}, "vulnerabilities": found}).encode()
        desk.index.fail(path, Answer(body, {"Content-Type": "application/json"}), times=None)


def private(desk: Desk, heading: str) -> None:
    """Return an index that asks for a password where the section has one."""
    desk.environ.pop("LOCKENV_INDEX_URL")
    desk.index.credentials = ("me", "secret") if heading == "One index for everything" else None
    if heading.startswith("Refuse"):
        desk.write("pyproject.toml", f'{_PROJECT}\n[[tool.lockenv.index]]\nurl = "{INDEX}/simple/"\n')


def foreign(desk: Desk, heading: str) -> None:
    """Return a project as the tool in the heading of the section leaves it."""
    age(desk.index)
    files = _FOREIGN.get(heading.rpartition(" ")[2], {})
    for name, text in files.items():
        desk.write(name, text)
    if files:
        _prepare(desk, "git init --quiet && git add . && git commit --quiet -m Begin")


def _prepare(desk: Desk, command: str) -> None:
    reported = desk.run(f"{command}\n")
    if desk.code:
        raise AssertionError(reported)


def _toml(form: str, head: str) -> str:
    return head + "".join(form.format(name=name, version=version) for name, version in _PINS.items())


_POETRY: Final = """\
[tool.poetry]
name = "shop"
version = "1.0"
package-mode = false

[tool.poetry.dependencies]
python = "^3.11"
idna = "*"
rich = ">=13"

[tool.poetry.group.dev.dependencies]
pytest = "^8.0"
"""
_PACKAGE = '\n[[package]]\nname = "{name}"\nversion = "{version}"\n'
_FOREIGN: Final[Mapping[str, Mapping[str, str]]] = {
    "uv": {
        "pyproject.toml": _PROJECT
        + '\n[tool.uv]\nrequired-version = ">=0.9"\nconstraint-dependencies = ["pygments<2.19"]\n'
        + '\n[[tool.uv.index]]\nname = "house"\nurl = "https://index.example/house/"\nexplicit = true\n',
        "uv.lock": _toml(
            _PACKAGE + f'source = {{{{ registry = "{INDEX}/simple" }}}}\n', 'version = 1\nrequires-python = ">=3.11"\n'
        ),
    },
    "pip-tools": {
        "requirements.in": "idna\nrich>=13\n",
        "requirements.txt": "".join(f"{name}=={version}\n" for name, version in _PINS.items()),
    },
    "Poetry": {
        "pyproject.toml": _POETRY,
        "poetry.lock": _toml(_PACKAGE, "") + '\n[metadata]\nlock-version = "2.1"\n',
    },
    "PDM": {"pyproject.toml": _PROJECT, "pdm.lock": _toml(_PACKAGE, '[metadata]\nlock_version = "4.5.0"\n')},
    "pipenv": {
        "Pipfile": (
            '[packages]\nidna = "*"\nrich = ">=13"\n\n[dev-packages]\npytest = "*"\n\n'
            '[requires]\npython_version = "3.12"\n'
        ),
        "Pipfile.lock": (
            '{"_meta": {"requires": {"python_version": "3.12"}}, "default": {'
            + ", ".join(f'"{name}": {{"version": "=={version}"}}' for name, version in _PINS.items())
            + '}, "develop": {"pytest": {"version": "==8.4.1"}}}\n'
        ),
    },
    "conda": {
        "environment.yml": (
            "name: shop\nchannels: [conda-forge]\ndependencies:\n- python=3.12\n- zlib=1.3\n- pip\n- pip:\n"
            "  - idna==3.10\n  - rich==14.1.0\n"
        ),
    },
}
_STARTS: Final[Mapping[str, Callable[[Desk, str], None]]] = {
    "auditing.md": vulnerable,
    "containers.md": locked,
    "continuous-integration.md": locked,
    "merging.md": branched,
    "moving-in.md": foreign,
    "offline.md": locked,
    "private-index.md": private,
    "tutorial.md": nothing,
    "reference/lock-format.md": small,
    "upgrading.md": outdated,
}
PAGES: Final = tuple(_STARTS)
ONE: Final = frozenset({"tutorial.md"})
"""Pages whose commands run in one project from the first to the last."""


def desks(page: str, place: Path, indexes: Callable[[], LoopbackIndex]) -> Callable[[str], Desk]:
    """Return what makes the place for a section of `page`, from its heading: each has an index of its own."""
    made: list[Desk] = []

    def desk(heading: str) -> Desk:
        index = indexes()
        fill(index)
        made.append(Desk(home=place / f"desk-{len(made)}", index=index))
        if page not in ONE:
            made[-1].enter("shop")
        _STARTS[page](made[-1], heading)
        return made[-1]

    return desk
