"""`lockenv verify`: an environment is exactly what its lock says, or every difference is named."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
_SITE = Path("lib", _PYTHON, "site-packages")
_CACHED = _SITE / "__pycache__" / f"app.{sys.implementation.cache_tag}.pyc"
_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Provide a locked project whose wheels have modules, data, scripts of both kinds, headers and odd names."""
    with LoopbackIndex() as index:
        index.add_all(
            wheel(
                "app",
                "1.0",
                requires=["lib>=1"],
                extras={"fancy": ["ribbon"]},
                files={"app.py": "def main() -> None: ...\n", "app_data/a, b.txt": "comma", "app_data/empty": b""},
                entry_points={"console_scripts": {"app": "app:main"}},
                data={
                    "scripts/tool": "#!python\nprint(1)\n",
                    "scripts/plain": "#!/bin/sh\n",
                    "data/share/app.txt": "x",
                },
                dist_info={"licenses/LICENSE": "free"},
            ),
            wheel(
                "lib",
                "1.1",
                data={"headers/lib.h": "int x;\n"},
                files={"lib/__init__.py": "", "lib/deep/m.py": "m = 1\n"},
            ),
            wheel("ribbon", "2.0"),
            wheel("tester", "3.0"),
        )
        made = write_project(
            tmp_path_factory.mktemp("verify") / "project",
            ["app"],
            index=index.url,
            extras={"fancy": ["app[fancy]"]},
            groups={"dev": ["tester"]},
        )
        assert lockenv_here("lock", cwd=made).code == 0
        assert lockenv_here("sync", "--all-extras", "--venv", "whole", cwd=made).code == 0
        yield made


@pytest.fixture
def venv(project: Path) -> Iterator[Path]:
    """Provide a new environment of the project, with its extra."""
    path = project / f"venv-{next(_NUMBERS)}"
    done = lockenv_here("sync", "--offline", "--extra", "fancy", "--venv", path.name, cwd=project)
    assert done.code == 0, done.err
    yield path
    shutil.rmtree(path)


def verified(venv: Path, *args: str) -> tuple[int, set[tuple[str, str]]]:
    """Return the exit code of `verify --json`, and each path with its problem."""
    result = lockenv_here("verify", "--json", "--venv", str(venv), *args, cwd=venv.parent)
    return result.code, {(found["problem"], found["path"]) for found in json.loads(result.out)["findings"]}


def fingerprint(venv: Path, project: Path) -> str:
    """Return the fingerprint that `verify` prints for a sound environment."""
    result = lockenv_here("verify", "--venv", str(venv), cwd=project)
    assert result.code == 0, result.err
    return result.out


def test_clean_environment_is_sound_and_untouched(venv: Path) -> None:
    before = snapshot(venv.parent)

    result = lockenv_here("verify", "--venv", venv.name, cwd=venv.parent)

    assert (result.code, len(result.out.strip()), snapshot(venv.parent)) == (0, 64, before), result.err
    assert "exactly" in result.err


def test_environments_of_one_lock_have_one_fingerprint_wherever_they_are(venv: Path, project: Path) -> None:
    deep = project / "an other place" / ("long" * 30) / "env"
    assert lockenv_here("sync", "--offline", "--extra", "fancy", "--venv", str(deep), cwd=project).code == 0
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as elsewhere:
        copied = Path(elsewhere, "env")
        assert lockenv_here("sync", "--offline", "--extra", "fancy", "--venv", str(copied), cwd=project).code == 0
        reported = {fingerprint(path, project) for path in (deep, copied, venv, project / "whole")}

    # Scripts of the first are started by a shell, for its path is too long for a kernel; the second is a copy.
    assert len(reported) == 1


def test_other_extras_are_another_fingerprint_and_what_was_synced_is_remembered(venv: Path, project: Path) -> None:
    plain = project / "plain"
    assert lockenv_here("sync", "--offline", "--no-default-groups", "--venv", "plain", cwd=project).code == 0

    assert fingerprint(plain, project) != fingerprint(venv, project)
    code, found = verified(plain, "--extra", "fancy")
    assert (code, {problem for problem, _ in found}) == (1, {"missing"})
    assert any("ribbon" in path for _, path in found)


def _append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"#")


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _recorded(path: Path) -> None:
    """Change a file, and RECORD as if it had always been so."""
    path.write_text("evil\n")
    record = path.parent / "app-1.0.dist-info" / "RECORD"
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
    rows = [line for line in record.read_text().splitlines() if not line.startswith("app.py,")]
    record.write_text("\n".join([*rows, f"app.py,sha256={digest},5"]) + "\n")


def _link(path: Path) -> None:
    target = path.with_name("target")
    path.rename(target)
    path.symlink_to("target")


def _swap(path: Path) -> None:
    path.write_text("#!/bin/sh\nexit 0\n")


def _plant(path: Path) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(b"import os\n")


@pytest.mark.parametrize(
    ("change", "path", "expected"),
    [
        (_append, _SITE / "lib/deep/m.py", {("changed", _SITE / "lib/deep/m.py")}),
        (_flip, _SITE / "app.py", {("changed", _SITE / "app.py")}),
        (_append, _SITE / "app_data/empty", {("changed", _SITE / "app_data/empty")}),
        (_flip, _SITE / "app-1.0.dist-info/METADATA", {("changed", _SITE / "app-1.0.dist-info/METADATA")}),
        (
            _flip,
            _SITE / "app-1.0.dist-info/licenses/LICENSE",
            {("changed", _SITE / "app-1.0.dist-info/licenses/LICENSE")},
        ),
        (_append, _SITE / "app-1.0.dist-info/RECORD", {("changed", _SITE / "app-1.0.dist-info/RECORD")}),
        (_append, _SITE / "app-1.0.dist-info/INSTALLER", {("changed", _SITE / "app-1.0.dist-info/INSTALLER")}),
        (
            _recorded,
            _SITE / "app.py",
            {("changed", _SITE / "app.py"), ("changed", _SITE / "app-1.0.dist-info/RECORD")},
        ),
        (Path.unlink, _SITE / "app_data/a, b.txt", {("missing", _SITE / "app_data/a, b.txt")}),
        (Path.unlink, Path("share/app.txt"), {("missing", Path("share/app.txt"))}),
        (lambda path: path.chmod(0o755), _SITE / "app.py", {("mode", _SITE / "app.py")}),
        (lambda path: path.chmod(0o644), Path("bin/app"), {("mode", Path("bin/app"))}),
        (_link, _SITE / "app.py", {("link", _SITE / "app.py"), ("foreign", _SITE / "target")}),
        (_swap, Path("bin/app"), {("changed", Path("bin/app"))}),
        (_flip, Path("bin/tool"), {("changed", Path("bin/tool"))}),
        (_append, Path("bin/plain"), {("changed", Path("bin/plain"))}),
        (_append, Path("bin/activate"), {("changed", Path("bin/activate"))}),
        (_append, Path("pyvenv.cfg"), {("changed", Path("pyvenv.cfg"))}),
        (_plant, _SITE / "evil.pth", {("foreign", _SITE / "evil.pth")}),
        (_plant, _SITE / "lib/more.py", {("foreign", _SITE / "lib/more.py")}),
        (_plant, Path("bin/python4"), {("foreign", Path("bin/python4"))}),
        (_plant, _CACHED, {("byte-code", _CACHED)}),
        (_plant, Path(".lockenv/journal"), {("interrupted", Path(".lockenv/journal"))}),
        (_plant, Path(".lockenv/state.new"), {("interrupted", Path(".lockenv/state.new"))}),
        (_plant, Path(".lockenv/evil"), {("foreign", Path(".lockenv/evil"))}),
        (_append, Path(".lockenv/environment.json"), {("changed", Path(".lockenv/environment.json"))}),
    ],
    ids=lambda value: getattr(value, "__name__", str(value) if isinstance(value, Path) else None),
)
def test_each_change_is_found_and_nothing_else_is_named(
    venv: Path, change: Callable[[Path], object], path: Path, expected: set[tuple[str, Path]]
) -> None:
    change(venv / path)

    assert verified(venv) == (1, {(problem, str(found)) for problem, found in expected})


def test_memory_of_the_last_sync_that_was_changed_is_found(venv: Path) -> None:
    _append(venv / ".lockenv/state")

    assert verified(venv, "--extra", "fancy") == (1, {("changed", ".lockenv/state")})


def test_every_file_is_compared(venv: Path) -> None:
    """A byte in each file of each distribution, in turn."""
    files = [path for path in sorted((venv / _SITE).rglob("*")) if path.is_file()]
    for path in files:
        _append(path)

    assert verified(venv) == (1, {("changed", str(path.relative_to(venv))) for path in files})


def test_store_is_no_witness(venv: Path, project: Path) -> None:
    file = venv / _SITE / "lib/deep/m.py"
    assert file.stat().st_nlink > 1
    _flip(file)
    shutil.rmtree(project.with_name("project.cache") / "store-v1")

    assert verified(venv) == (1, {("changed", str(_SITE / "lib/deep/m.py"))})


def test_byte_code_of_the_sources_is_no_difference(venv: Path) -> None:
    subprocess.run([venv / "bin/python", "-c", "import app, lib.deep.m, ribbon, tester"], check=True, env={})
    assert list((venv / _SITE).rglob("*.pyc"))

    assert verified(venv) == (0, set())
    assert verified(venv, "--bytecode", "forbid")[0] == 1


def test_foreign_files_can_be_allowed(venv: Path) -> None:
    _plant(venv / _SITE / "mine.txt")

    assert verified(venv, "--allow-extra", "*/mine.txt") == (0, set())


def test_without_the_wheels_there_is_no_answer_until_they_are_fetched(venv: Path) -> None:
    away = venv / "elsewhere"
    env = {"LOCKENV_CACHE_DIR": str(away)}

    result = lockenv_here("verify", "--venv", venv.name, cwd=venv.parent, env=env)
    fetched = lockenv_here(
        "verify", "--fetch", "--allow-extra", "elsewhere/*", "--venv", venv.name, cwd=venv.parent, env=env
    )

    assert (result.code, result.out) == (2, "")
    assert all(name in result.err for name in ("app 1.0", "lib 1.1", "ribbon 2.0", "--fetch"))
    assert fetched.code == 0, fetched.err


def test_environment_that_lacks_what_is_not_in_the_cache_is_to_be_synced(venv: Path, tmp_path: Path) -> None:
    """As after `lock --upgrade`: what it does not have is not downloaded to find that out."""
    shutil.rmtree(venv)
    assert lockenv_here("sync", "--no-default-groups", "--venv", venv.name, cwd=venv.parent).code == 0

    env = {"LOCKENV_CACHE_DIR": str(tmp_path)}
    result = lockenv_here("verify", "--group", "dev", "--venv", venv.name, cwd=venv.parent, env=env)

    assert result.code == 2
    command = f"`lockenv sync --venv {venv.name}`"
    assert f"hint: {venv.name} is out of date: run {command}; to compare it as it is, use --fetch" in result.err


def test_foreign_file_of_another_tool_can_be_accepted_with_the_command_that_is_named(venv: Path) -> None:
    """uv leaves `.lock` in an environment that it looks at."""
    _plant(venv / ".lock")
    _plant(venv / "a b")

    result = lockenv_here("verify", "--venv", venv.name, cwd=venv.parent)
    command = result.err.rpartition("accept it with `")[2].rstrip("`\n")

    assert command == "lockenv verify --allow-extra .lock --allow-extra 'a b'"
    assert verified(venv, *shlex.split(command)[2:]) == (0, set())


def test_damaged_archive_proves_nothing(venv: Path, project: Path) -> None:
    archives = project.with_name("project.cache") / "archives"
    archive = min(archives.iterdir())
    before = archive.read_bytes()
    _flip(archive)

    result = lockenv_here("verify", "--json", "--venv", venv.name, cwd=project)
    archive.write_bytes(before)

    answer = json.loads(result.out)
    assert (result.code, answer["answer"], answer["ok"]) == (2, "unproved", False)
    assert [one["sha256"] for one in answer["unproved"]] == [archive.stem]


def test_interrupted_sync_says_what_to_do(venv: Path) -> None:
    _plant(venv / ".lockenv/journal")

    result = lockenv_here("verify", "--venv", venv.name, cwd=venv.parent)

    assert result.code == 1
    assert "interrupted" in result.err
    assert "lockenv sync" in result.err


def test_report_names_the_command_that_repairs(venv: Path) -> None:
    (venv / "bin/app").unlink()

    reported = lockenv_here("verify", "--venv", venv.name, cwd=venv.parent)
    answer = json.loads(lockenv_here("verify", "--json", "--venv", venv.name, cwd=venv.parent).out)
    shutil.rmtree(venv)
    repaired = lockenv_here(*shlex.split(answer["command"])[1:], cwd=venv.parent)

    assert f"  hint: {answer['hint']}\n" in reported.err
    assert answer["hint"].endswith(f"remove {venv.name} and run `{answer['command']}`")
    assert (answer["schema"], answer["command"]) == (1, f"lockenv sync --venv {venv.name} --extra fancy")
    assert (repaired.code, verified(venv)) == (0, (0, set())), repaired.err


def test_repair_command_leaves_the_default_groups_out_where_they_were(venv: Path) -> None:
    answer = json.loads(
        lockenv_here("verify", "--json", "--no-default-groups", "--venv", venv.name, cwd=venv.parent).out
    )

    assert answer["command"] == f"lockenv sync --venv {venv.name} --no-default-groups"


def test_names_of_foreign_files_cannot_forge_the_report(venv: Path) -> None:
    (venv / "lib" / "evil\n.venv is exactly\x1b[2K").write_bytes(b"")

    reported = lockenv_here("verify", "--venv", venv.name, cwd=venv.parent)

    assert (reported.code, "\x1b" in reported.err) == (1, False)
    assert not any(line.startswith(".venv is exactly") for line in reported.err.splitlines())


def test_without_an_environment_there_is_no_answer(project: Path) -> None:
    result = lockenv_here("verify", "--venv", "nowhere", cwd=project)

    assert (result.code, result.out) == (2, "")
    assert "lockenv sync" in result.err


@pytest.mark.parametrize("name", [".gitignore", ".GitIgnore"])
@pytest.mark.parametrize("is_changed", [False, True], ids=["created", "changed"])
def test_environment_keeps_its_own_gitignore_where_a_wheel_has_one(
    tmp_path: Path, name: str, *, is_changed: bool
) -> None:
    data = {f"data/{name}": "nothing\n", "data/etc/.gitignore": "more\n"}
    with LoopbackIndex() as index:
        index.add_all(wheel("leaf", data=data), wheel("cup"))
        here = write_project(tmp_path / "project", ["cup"], index=index.url)
        codes = [lockenv_here(word, cwd=here).code for word in ("lock", "sync")] if is_changed else []
        write_project(here, ["cup", "leaf"], index=index.url)
        codes += [lockenv_here(word, cwd=here).code for word in ("lock", "sync", "verify")]
        found = [path for path in (here / ".venv").rglob("*") if path.name.lower() == ".gitignore"]
        there = [path.read_text("utf-8") for path in found]
        write_project(here, ["cup"], index=index.url)
        codes += [lockenv_here(word, cwd=here).code for word in ("lock", "sync", "verify")]

    assert {*codes} == {0}
    assert sorted(there) == ["*\n", "more\n"]
    assert (here / ".venv" / ".gitignore").read_text("utf-8") == "*\n"
