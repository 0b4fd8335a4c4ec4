"""Whoever does what the hint of a refusal says comes to a synced environment, and is never sent in a circle.

Each row of `_REFUSALS` makes a project in which something is refused. The walk runs `lockenv sync`, does what each hint
says and nothing else, and ends where `verify` says yes. What a hint has in backticks is done: a command is run, a
setting is written into `lockenv.toml`. To add a refusal, add a row.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.support.program import Result
    from tests.support.server import LoopbackIndex

    Make = Callable[[Path, LoopbackIndex], Path]

_MOST = 8
"""Hints that one walk may take."""
_COMMAND = re.compile(r"`(lockenv [^`]*)`")
_SETTING = re.compile(r"(?<![\w.-])([a-z][a-z-]+) = (\[[^`]*\]|\{[^`}]*\}|\"[^\"]*\"|true|false)")


def hints_of(result: Result) -> list[str]:
    return [line.partition("hint: ")[2] for line in result.err.splitlines() if line.strip().startswith("hint: ")]


def follow(directory: Path, command: tuple[str, ...], result: Result) -> tuple[str, ...]:
    """Do what the last hint says: write its first setting; return the command to run next, its own or `command`."""
    (*_, hint) = hints_of(result) or [""]
    named, setting = _COMMAND.search(hint), _SETTING.search(hint)
    if setting and (not named or setting.start() < named.start()):
        write_setting(directory, setting[1], setting[2])
        return command
    if not named:
        pytest.fail(f"a hint that names neither a command nor a setting:\n{result.err}")
    return tuple(shlex.split(named[1])[1:])


def write_setting(directory: Path, key: str, value: str) -> None:
    """Write `key = value` where the project has the key, its elements beside those that are there; else on its own."""
    import tomli_w

    wanted = tomllib.loads(f"{key} = {value}")[key]
    path = directory / "pyproject.toml"
    values: dict[str, Any] = tomllib.loads(path.read_text()) if path.exists() else {}
    if key == "requires-python":
        values["project"][key] = wanted
        path.write_text(tomli_w.dumps(values))
        return
    table = values.get("tool", {}).get("lockenv", {})
    if key not in table:
        path = directory / "lockenv.toml"
        values = table = tomllib.loads(path.read_text()) if path.exists() else {}
    before = table.get(key)
    table[key] = [*before, *wanted] if isinstance(before, list) else wanted
    path.write_text(tomli_w.dumps(values))


def walk(directory: Path) -> list[str]:
    """Sync, doing what each hint says, until `sync` and `verify` say yes; return the refusals on the way."""
    taken: list[str] = []
    seen: list[tuple[object, ...]] = []
    """The refusals, each with the files of the project as they were then."""
    command: tuple[str, ...] = ("sync",)
    while True:
        done = lockenv(*command, cwd=directory)
        if done.code == 0 and command == ("sync",):
            break
        if done.code == 0:
            command = ("sync",)
            continue
        assert done.code in (1, 2), done.err
        state = (done.err, *(path.read_bytes() for path in sorted(directory.glob("*.toml"))))
        assert state not in seen, f"sent in a circle:\n{done.err}"
        seen.append(state)
        assert len(taken) < _MOST, "\n".join(taken)
        taken.append(done.err)
        command = follow(directory, command, done)
    verified = lockenv("verify", cwd=directory)
    assert verified.code == 0, verified.err
    return taken


def _with(
    *requires: str, files: tuple[Any, ...] = (), rest: Mapping[str, Any] | None = None, then: Make | None = None
) -> Make:
    """Return what writes a project that needs `requires` of an index with `files`."""

    def make(directory: Path, index: LoopbackIndex) -> Path:
        index.add_all(*files)
        write_project(directory, requires, index=index.url, **(rest or {}))
        return then(directory, index) if then else directory

    return make


def _bare(directory: Path, index: LoopbackIndex) -> Path:
    """Make a project of requirements files, which has no place for settings of its own yet."""
    (directory / "pyproject.toml").unlink()
    (directory / "requirements.in").write_text(f"--index-url {index.url}\ndynamic\n")
    return directory


def _settings_alone(directory: Path, index: LoopbackIndex) -> Path:
    """Make a project of requirements files with a `pyproject.toml` that holds settings alone."""
    (directory / "pyproject.toml").write_text(f'[[tool.lockenv.index]]\nurl = "{index.url}"\n')
    (directory / "requirements.in").write_text("dynamic\n")
    return directory


def _only(**files: str) -> Make:
    """Return what makes a directory that holds `files` alone, by their names without the suffix `.toml` or `.txt`."""

    def make(directory: Path, index: LoopbackIndex) -> Path:
        (directory / "pyproject.toml").unlink()
        for name, text in files.items():
            suffix = "toml" if name == "pyproject" else "txt"
            (directory / f"{name}.{suffix}").write_text(text.replace("INDEX", index.url))
        return directory

    return make


def _changed(file: str, change: Callable[[str], str]) -> Make:
    """Return what locks and syncs, and then changes a file by hand."""

    def make(directory: Path, _: LoopbackIndex) -> Path:
        for command in ("lock", "sync"):
            assert lockenv(command, cwd=directory).code == 0
        path = directory / file
        path.write_text(change(path.read_text()))
        return directory

    return make


def _locked_before(directory: Path, index: LoopbackIndex) -> Path:
    """Make a project that was locked and built, and that then lost the permission, its environment and its cache."""
    for command in ("lock", "sync"):
        assert lockenv(command, cwd=directory).code == 0
    write_project(directory, ["dynamic"], index=index.url)
    (directory / "pylock.build.toml").unlink()
    shutil.rmtree(directory / ".venv")
    shutil.rmtree(directory.with_name(f"{directory.name}.cache"))
    return directory


def _of_uv(directory: Path, index: LoopbackIndex) -> Path:
    """Make a project that says where its packages come from in the tables of uv alone."""
    write_project(directory, ["lib"])
    path = directory / "pyproject.toml"
    tables = f'\n[tool.uv.sources]\nlib = {{ index = "own" }}\n\n[[tool.uv.index]]\nname = "own"\nurl = "{index.url}"\n'
    path.write_text(path.read_text() + tables)
    return directory


def _clash(name: str, text: str) -> Any:
    return wheel(name, files={"shared.py": text, f"{name}.py": ""})


_DYNAMIC = sdist("dynamic", "1.0", requires=["lib"], static=False)
_SYSTEM = '[build-system]\nrequires = ["lib"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
_ELSEWHERE = (
    wheel("dynamic", "1.0", tag="cp311-cp311-win_amd64"),
    sdist("dynamic", "1.0", files={"pyproject.toml": _SYSTEM}),
)
_ALLOWED = {"tool": {"allow-build": ["dynamic"]}}

_REFUSALS: dict[str, Make] = {
    "a release that must be built": _with("dynamic", files=(_DYNAMIC,)),
    "two that must be built, one behind the other": _with(
        "outer", files=(_DYNAMIC, sdist("outer", "1.0", requires=["dynamic"], static=False))
    ),
    "wheels for another platform alone": _with("dynamic", files=_ELSEWHERE),
    "a permission that was taken away": _with("dynamic", files=_ELSEWHERE, rest=_ALLOWED, then=_locked_before),
    "a build in a project of requirements files": _with(files=(_DYNAMIC,), then=_bare),
    "a build beside settings alone": _with(files=(_DYNAMIC,), then=_settings_alone),
    "files of two distributions that differ": _with("one", "two", files=(_clash("one", "1"), _clash("two", "2"))),
    "three distributions with one file": _with(
        "one", "two", "three", files=(_clash("one", "1"), _clash("two", "2"), _clash("three", "3"))
    ),
    "a prerelease that is disallowed": _with(
        "early", files=(wheel("early", "1.0a1"),), rest={"tool": {"prerelease": "disallow"}}
    ),
    "extras that do not go together": _with(rest={"extras": {"old": ["lib==1.0"], "new": ["lib==1.1"]}}),
    "groups that do not go together": _with(rest={"groups": {"old": ["lib==1.0"], "new": ["lib==1.1"]}}),
    "Pythons that no release runs on": _with(
        "late", files=(wheel("late", requires_python=">=3.11"),), rest={"requires_python": ">=3.9"}
    ),
    "an index without upload times": _with("lib", rest={"tool": {"exclude-newer": "2030-01-01"}}),
    "sources that tables of another tool name": _with(then=_of_uv),
    "no project": _with(then=_only()),
    "a pyproject.toml of another tool": _with(then=_only(pyproject="[tool.black]\nline-length = 100\n")),
    "a lone requirements.txt": _with("lib", then=_only(requirements="--index-url INDEX\nlib==1.1\n")),
    "a stale lock": _with(
        "app", then=_changed("pyproject.toml", lambda text: text.replace('"app",', '"app", "ribbon",'))
    ),
    "a lock that was changed by hand": _with(
        "app", then=_changed("pylock.toml", lambda text: text.replace('version = "1.1"', 'version = "1.0"'))
    ),
    "a lock whose inputs were changed by hand": _with(
        "app",
        then=_changed(
            "pylock.toml", lambda text: re.sub(r"(?s)(lockenv.inputs\]\n.*?dependencies = )\[[^]]*\]", r"\1[3]", text)
        ),
    ),
    "a lock of build tools that is no TOML": _with(
        "dynamic", files=(_DYNAMIC,), rest=_ALLOWED, then=_changed("pylock.build.toml", lambda text: text[:-20])
    ),
    "a lock that is no TOML": _with("app", then=_changed("pylock.toml", lambda text: text[:-20])),
}


@pytest.mark.parametrize("make", _REFUSALS.values(), ids=_REFUSALS)
def test_hints_of_a_refusal_end_at_a_synced_environment(make: Make, tmp_path: Path, index: LoopbackIndex) -> None:
    directory = make(tmp_path / "project", index)

    refusals = walk(directory)

    assert refusals
    assert lockenv("check", cwd=directory).code == 0


def test_cutoff_on_an_index_without_upload_times_says_so_and_how_to_go_on(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", ["lib"], index=index.url, tool={"exclude-newer": "2030-01-01"})

    refused = lockenv("lock", cwd=project)

    assert refused.code == 1
    assert "without an upload time on the index, so exclude-newer (2030-01-02T00:00:00Z) excludes it" in refused.err
    assert "exempt it: `exclude-newer-package = { lib = false }`" in refused.err
    assert "later time" not in refused.err
    assert "no releases" not in refused.err
