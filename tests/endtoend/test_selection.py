"""Parts of a lockfile: one group alone, without some packages, without what is local; and what is remembered of it."""

from __future__ import annotations

import json
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.test_direct import PYTHON, no, ok, python, tool
from tests.endtoend.test_export import pip
from tests.support.program import PYTHON as THIS_PYTHON
from tests.support.program import lockenv
from tests.support.sources import write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_PIP = subprocess.run([THIS_PYTHON, "-m", "pip", "--version"], capture_output=True, text=True, check=False).stdout
_HAS_PIP = _PIP[:4] == "pip " and int(_PIP.split()[1].partition(".")[0]) >= 26
INSTALLED = "import importlib.metadata as m; print(*sorted(each.name for each in m.distributions()))"


@pytest.fixture
def root(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return a locked workspace: the project needs the application and its member; the group `lint` shares a library.

    The project needs an extra of that library, which the group does not.
    """
    index.add_all(
        wheel("http", "1.0", extras={"h2": ["hyper"]}),
        wheel("hyper", "1.0"),
        wheel("linter", "1.0", requires=["http", "winpart; sys_platform == 'win32'"]),
    )
    made = write_tree(
        tmp_path / "mine",
        "mine",
        dependencies=["app", "http[h2]"],
        tool=tool(index, workspace={"members": ["packages/*"]}),
        **PYTHON,
    )
    with made.joinpath("pyproject.toml").open("a") as stream:
        stream.write('[dependency-groups]\nlint = ["linter"]\ndev = ["tester"]\n')
    write_tree(made / "packages" / "part", "part", dependencies=["ribbon"])
    ok("lock", cwd=made)
    return made


def installed(root: Path) -> set[str]:
    return set(python(root, INSTALLED).split())


def test_group_alone_is_remembered_and_never_taken_for_all(root: Path) -> None:
    ok("sync", "--only-group", "lint", cwd=root)
    alone = installed(root)
    verified = lockenv("verify", cwd=root)
    data = json.loads(ok("verify", "--json", cwd=root))
    whole = lockenv("sync", "--check", cwd=root)
    again = lockenv("sync", "--only-group", "lint", cwd=root)
    ran = lockenv("run", "python", "-c", INSTALLED, cwd=root)

    assert alone == {"http", "linter"}
    assert (verified.code, "a part of what is locked: only group lint" in verified.err) == (0, True), verified.err
    assert (data["ok"], data["only-groups"]) == (True, ["lint"])
    assert (whole.code, again.err) == (1, ".venv is up to date\n")
    assert set(ran.out.split()) == {"app", "http", "hyper", "lib", "mine", "part", "ribbon", "tester"}
    assert lockenv("sync", "--check", cwd=root).code == 0


def test_what_is_left_out_is_not_installed_and_verify_says_so(root: Path) -> None:
    everything = {"app", "http", "hyper", "lib", "mine", "part", "ribbon", "tester"}
    for options, missing, words in (
        (("--no-install-package", "lib", "--no-install-package", "http"), {"lib", "http"}, "without http, lib"),
        (("--no-install-project",), {"mine"}, "without the project itself"),
        (("--no-install-workspace",), {"mine", "part"}, "without the workspace members"),
        (("--no-install-local",), {"mine", "part"}, "without local packages"),
    ):
        ok("sync", *options, cwd=root)
        verified = lockenv("verify", cwd=root)

        assert installed(root) == everything - missing, options
        assert (verified.code, words in verified.err) == (0, True), verified.err
        assert no("sync", "--check", cwd=root, code=1).out == ""
    assert set(ok("run", "python", "-c", INSTALLED, cwd=root).split()) == everything


def test_export_of_a_group_alone_has_its_own_conditions(root: Path) -> None:
    def names(*options: str) -> list[str]:
        text = ok("export", "--no-hashes", *options, cwd=root)
        return [line for line in text.splitlines() if not line.startswith(("#", "--"))]

    assert names("--only-group", "lint") == [
        "http==1.0",
        "linter==1.0",
        "winpart==0.1 ; sys_platform == 'win32'",
    ]
    without = names("--no-install-local", "--no-install-package", "app", "--no-dev", "--here")
    assert without == ["http==1.0", "hyper==1.0", "lib==1.1", "ribbon==2.0"]
    assert names("--package", "part", "--here") == ["-e ./packages/part", "ribbon==2.0"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--only-group", "lint", "--extra", "x", "--group", "dev"), "cannot be used with --extra and --group"),
        (("--only-group", "nope"), "no group `nope`"),
        (("--only-group", "lint", "--no-group", "lint"), "excludes every group"),
        (("--no-install-package", "nope"), "no such package in pylock.toml"),
        (("--package", "part", "--all-packages"), "use one of them"),
    ],
)
def test_selection_that_makes_no_sense_is_refused(root: Path, options: tuple[str, ...], message: str) -> None:
    for command in ("sync", "export"):
        assert message in no(command, *options, cwd=root, code=2).err


def test_group_that_requires_the_project_itself_is_installed_with_it(root: Path) -> None:
    declaration = root / "pyproject.toml"
    groups = 'lint = ["linter"]\nown = ["Mine", "tester"]\nmore = [{ include-group = "own" }, "ribbon"]'
    declaration.write_text(declaration.read_text().replace('lint = ["linter"]', groups))
    ok("lock", cwd=root)

    ok("sync", "--only-group", "own", cwd=root)
    alone = installed(root)
    ok("verify", cwd=root)
    ok("sync", "--only-group", "more", cwd=root)
    more = installed(root)
    ok("sync", "--only-group", "own", "--no-project", cwd=root)

    assert alone == {"mine", "app", "lib", "http", "hyper", "tester"}
    assert more == {*alone, "ribbon"}
    assert installed(root) == alone - {"mine"}
    assert "app==" in ok("export", "--only-group", "own", "--no-hashes", cwd=root)


def test_group_that_requires_the_project_itself_elsewhere_is_installed_without_it(root: Path) -> None:
    declaration = root / "pyproject.toml"
    groups = 'lint = ["linter"]\nown = ["mine[x] ; sys_platform == \'win32\'", "tester"]'
    extras = '[project.optional-dependencies]\nx = ["ribbon"]\n[dependency-groups]\n'
    declaration.write_text(
        declaration.read_text().replace('lint = ["linter"]', groups).replace("[dependency-groups]\n", extras)
    )
    ok("lock", cwd=root)

    ok("sync", "--only-group", "own", cwd=root)
    exported = ok("export", "--only-group", "own", "--no-hashes", cwd=root).splitlines()

    assert installed(root) == {"tester"}
    ok("verify", cwd=root)
    assert [line for line in exported if line.startswith(("app", "ribbon", "tester"))] == [
        "app==1.0 ; sys_platform == 'win32'",
        "ribbon==2.0 ; sys_platform == 'win32'",
        "tester==3.0",
    ]


def test_run_says_that_the_environment_holds_a_member_alone_until_all_are_asked_for(root: Path) -> None:
    part = lockenv("run", "--package", "part", "python", "-c", INSTALLED, cwd=root)
    again = lockenv("run", "python", "-c", INSTALLED, cwd=root)
    whole = lockenv("run", "--all-packages", "python", "-c", INSTALLED, cwd=root)
    after = lockenv("run", "python", "-c", INSTALLED, cwd=root)

    note = "note: .venv holds what --package part chose alone; --all-packages installs all members\n"
    assert (part.out, again.out) == ("part ribbon\n", "part ribbon\n")
    assert ("note: .venv holds" in part.err, again.err) == (False, note)
    assert (whole.out, after.out, after.err) == (after.out, whole.out, "")
    assert "app" in whole.out


def test_extra_of_a_workspace_member_is_answered_with_what_locks_it(root: Path) -> None:
    extras: dict[str, Any] = {"optional-dependencies": {"x": ["tester"]}}
    write_tree(root / "packages" / "part", "part", dependencies=["ribbon"], **extras)
    ok("lock", cwd=root)

    refused = lockenv("sync", "--package", "part", "--extra", "x", cwd=root)
    declaration = root / "pyproject.toml"
    declaration.write_text(declaration.read_text().replace('lint = ["linter"]', 'lint = ["linter"]\nx = ["part[x]"]'))
    ok("lock", cwd=root)
    ok("sync", "--package", "part", "--group", "x", cwd=root)

    assert refused.err == (
        "error: the extra `x` of part is not locked\n"
        '  hint: declare the group `x = ["part[x]"]` in the workspace root, run `lockenv lock`, and use `--group x`\n'
    )
    assert installed(root) == {"part", "ribbon", "tester"}


def test_lockfile_of_a_group_alone_installs_exactly_that_elsewhere(root: Path, tmp_path: Path) -> None:
    ok("export", "--format", "pylock", "--only-group", "lint", "-o", "pylock.lint.toml", cwd=root)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pylock.toml").write_bytes((root / "pylock.lint.toml").read_bytes())

    locked = tomllib.loads((elsewhere / "pylock.toml").read_text())
    ok("sync", cwd=elsewhere)
    ok("verify", cwd=elsewhere)

    assert [(one["name"], one.get("marker")) for one in locked["packages"]] == [
        ("http", None),
        ("linter", None),
        ("winpart", "sys_platform == 'win32'"),
    ]
    assert {"dependency-groups", "extras", "default-groups"}.isdisjoint(locked)
    assert installed(elsewhere) == {"http", "linter"}
    ok("export", "--format", "pylock", "-o", "out/pylock.toml", cwd=root)
    paths = [
        one.get("directory", {}).get("path")
        for one in tomllib.loads((root / "out/pylock.toml").read_text())["packages"]
    ]
    assert "../packages/part" in paths
    for name in ("pylock.toml", "lint.toml"):
        no("export", "--format", "pylock", "-o", name, cwd=root, code=2)


@pytest.mark.skipif(not _HAS_PIP, reason="this Python has no pip that reads lockfiles")
def test_pip_installs_the_lockfile_of_a_group_alone(root: Path) -> None:
    ok("export", "--format", "pylock", "--only-group", "lint", "-o", "pylock.lint.toml", cwd=root)

    done = pip("install", "--target", "there", "-r", "pylock.lint.toml", cwd=root)

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (root / "there").glob("*.dist-info")) == [
        "http-1.0.dist-info",
        "linter-1.0.dist-info",
    ]


def test_tree_and_why_show_what_a_selection_installs(root: Path) -> None:
    tree = ok("tree", "--only-group", "lint", cwd=root)
    why = ok("why", "http", "--only-group", "lint", cwd=root)
    absent = no("why", "hyper", "--only-group", "lint", cwd=root, code=1)

    assert ("linter" in tree, "app" in tree, "hyper" in tree) == (True, False, False), tree
    assert ("linter" in why, "h2" in why) == (True, False), why
    assert "hyper is not in pylock.toml for this selection" in absent.err
    assert "tester" not in ok("tree", "--no-dev", cwd=root)


def test_bundle_of_a_group_alone_has_its_files_and_a_lockfile_of_them(root: Path, tmp_path: Path) -> None:
    done = lockenv("bundle", "../bundle", "--only-group", "lint", cwd=root)
    files = sorted(path.name for path in (tmp_path / "bundle").iterdir())

    ok("sync", "--from", ".", cwd=tmp_path / "bundle")
    ok("sync", "--from", "../bundle", "--only-group", "lint", cwd=root)

    assert "with the same selection" in done.err
    assert [name for name in files if name.endswith(".whl")] == [
        "http-1.0-py3-none-any.whl",
        "linter-1.0-py3-none-any.whl",
    ]
    assert installed(tmp_path / "bundle") == installed(root) == {"http", "linter"}


def test_removal_and_upgrade_leave_a_group_alone_alone(root: Path) -> None:
    ok("sync", "--only-group", "lint", cwd=root)
    alone = installed(root)

    ok("remove", "app", cwd=root)
    removed = installed(root)
    ok("upgrade", cwd=root)

    assert (removed, installed(root)) == (alone, alone)


def test_frozen_bundle_and_stale_tree_have_the_default_groups_of_the_lockfile(root: Path) -> None:
    with (root / "pyproject.toml").open("a") as stream:
        stream.write('docs = ["tester"]\n')
    text = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(text.replace("[tool.lockenv]", '[tool.lockenv]\ndefault-groups = ["docs"]', 1))

    bundled = lockenv("bundle", "out", "--frozen", "--no-dev", "--no-project", cwd=root)
    shown = lockenv("tree", "--no-dev", cwd=root)

    assert "has no group `docs`" not in bundled.err + shown.err
    assert shown.code == 0, shown.err


@pytest.mark.parametrize(
    ("args", "helps"), [((), "`lockenv sync`"), (("--extra", "fancy"), "the same without --check")]
)
def test_check_of_an_environment_says_what_makes_that_one_match(
    locked: Path, args: tuple[str, ...], helps: str
) -> None:
    assert lockenv("sync", cwd=locked).code == 0
    assert lockenv("remove", "app", "--no-sync", cwd=locked).code == 0

    done = lockenv("sync", "--check", *args, cwd=locked)

    assert (done.code, f"hint: run {helps}\n" in done.err) == (1, True), done.err
