"""Python files with inline metadata: a lock beside them, an environment of their own."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.program import PYTHON, environment, lockenv
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


@pytest.fixture
def tool(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a script that requires the library, in a directory that is no project."""
    (tmp_path / "tools").mkdir()
    path = tmp_path / "tools" / "tool.py"
    path.write_text(f"""\
# /// script
# requires-python = ">=3.11"
# dependencies = ["lib"]
#
# [[tool.lockenv.index]]
# url = "{index.url}"
# ///
import lib, sys

print(lib.__version__, sys.argv[1:])
""")
    return path


def test_script_runs_in_an_environment_of_its_own_and_leaves_nothing_beside_it(tool: Path) -> None:
    first = lockenv("run", "tool.py", "-q", cwd=tool.parent)
    again = lockenv("run", "tool.py", "-q", cwd=tool.parent)

    assert (first.code, first.out) == (0, "1.1 ['-q']\n"), first.err
    assert (again.out, again.err) == (first.out, "")
    assert [path.name for path in tool.parent.iterdir()] == ["tool.py"]


def test_lock_beside_a_script_decides_what_it_runs_with(tool: Path) -> None:
    text = tool.read_text()
    tool.write_text(text.replace('"lib"', '"lib==1.0"'))
    locked = lockenv("lock", "--script", "tool.py", cwd=tool.parent)
    tool.write_text(text.replace('"lib"', '"lib>1.0"'))
    refused = lockenv("run", "--locked", "tool.py", cwd=tool.parent)
    frozen = lockenv("run", "--frozen", "tool.py", cwd=tool.parent)
    plain = lockenv("run", "tool.py", cwd=tool.parent)

    assert (locked.code, refused.code, refused.out) == (0, 1, ""), locked.err
    assert (frozen.out, plain.out) == ("1.0 []\n", "1.1 []\n")
    assert str(tool.parent.parent) not in (tool.parent / "pylock.tool.toml").read_text()


def test_lock_beside_a_script_is_explained_and_exported_where_no_project_is(tool: Path) -> None:
    assert lockenv("lock", "--script", tool.name, cwd=tool.parent).code == 0
    lock = f"pylock.{tool.stem}.toml"

    tree = lockenv("tree", "-l", lock, cwd=tool.parent)
    exported = lockenv("export", "-l", lock, "--no-hashes", cwd=tool.parent)
    missing = lockenv("tree", "-l", "pylock.other.toml", cwd=tool.parent)

    assert (tree.code, exported.code) == (0, 0), tree.err + exported.err
    assert "lib" in tree.out
    assert "lib==" in exported.out
    assert (missing.code, "no pyproject.toml" in missing.err) == (2, True)


def test_requirements_of_a_script_are_edited_in_it(tool: Path) -> None:
    tool.chmod(0o755)
    added = lockenv("add", "--script", "tool.py", "ribbon", cwd=tool.parent)
    text = tool.read_text()
    verified = lockenv("verify", "--script", "tool.py", cwd=tool.parent)
    removed = lockenv("remove", "--script", "tool.py", "ribbon", cwd=tool.parent)

    assert (added.code, verified.code, removed.code) == (0, 0, 0), added.err + verified.err + removed.err
    assert '# dependencies = ["lib", "ribbon>=2.0"]\n' in text
    assert ("ribbon" in tool.read_text(), tool.stat().st_mode & 0o777) == (False, 0o755)


def test_path_that_is_added_to_a_script_is_seen_from_it_and_its_byte_order_mark_stays(tool: Path) -> None:
    extra = wheel("extra", "1.0")
    (tool.parent / extra.filename).write_bytes(extra.content)
    tool.write_text(tool.read_text(), "utf-8-sig")

    added = lockenv("add", "--script", "tools/tool.py", f"./tools/{extra.filename}", cwd=tool.parent.parent)
    ran = lockenv("run", "tool.py", cwd=tool.parent)

    assert (added.code, ran.out) == (0, "1.1 []\n"), added.err + ran.err
    assert tool.read_bytes().startswith(b"\xef\xbb\xbf#")
    assert f'# extra = {{ path = "{extra.filename}" }}\n' in tool.read_text("utf-8-sig")


def test_lockfile_of_a_script_with_relative_paths_is_the_same_in_each_clone(tool: Path, tmp_path: Path) -> None:
    (tool.parent / "wheels").mkdir()
    for extra in (wheel("extra", "1.0"), wheel("third", "1.0"), wheel("own", "1.0")):
        (tool.parent / "wheels" / extra.filename).write_bytes(extra.content)
    tool.write_text(
        tool.read_text()
        .replace(
            '["lib"]', '["lib", "extra", "third", "own @ file:///${PROJECT_ROOT}/wheels/own-1.0-py3-none-any.whl"]'
        )
        .replace(
            "# ///\nimport",
            '# [tool.lockenv]\n# find-links = ["wheels"]\n'
            '# sources.extra.path = "wheels/extra-1.0-py3-none-any.whl"\n# ///\nimport',
        )
    )
    other = tmp_path / "clones" / "other"
    shutil.copytree(tool.parent, other / "tools")

    locked = [lockenv("lock", "--script", "tools/tool.py", cwd=each) for each in (tmp_path, other)]
    assert [each.code for each in locked] == [0, 0], locked[0].err
    texts = [(each / "tools/pylock.tool.toml").read_bytes() for each in (tmp_path, other)]
    shutil.move(other, tmp_path / "moved")
    check = lockenv("lock", "--script", "tool.py", "--check", cwd=tmp_path / "moved" / "tools")

    assert (check.code, texts[0] == texts[1]) == (0, True), check.err
    assert b'path = "wheels/own-1.0-py3-none-any.whl"' in texts[0]


def test_relative_path_of_a_script_is_found_where_the_cache_is_a_link(tool: Path, tmp_path: Path) -> None:
    extra = wheel("extra", "1.0")
    (tool.parent / extra.filename).write_bytes(extra.content)
    text = tool.read_text().replace('["lib"]', '["lib", "extra"]')
    tool.write_text(
        text.replace("# ///\nimport", f'# [tool.lockenv.sources]\n# extra.path = "{extra.filename}"\n# ///\nimport')
    )
    (tmp_path / "disk" / "of" / "caches").mkdir(parents=True)
    (tmp_path / "cache").symlink_to(tmp_path / "disk" / "of" / "caches")

    ran = lockenv("run", "--cache-dir", "../cache", "tool.py", cwd=tool.parent)
    tool.write_text(tool.read_text().replace(extra.filename, "nowhere"))
    missing = lockenv("run", "tool.py", cwd=tool.parent)

    assert (ran.code, ran.out) == (0, "1.1 []\n"), ran.err
    assert "tool.py:8 (tool.lockenv.sources.extra): the directory nowhere does not exist" in missing.err


def test_missing_lockfile_of_a_script_is_written_by_the_command_it_names(tool: Path) -> None:
    verified = lockenv("verify", "--script", "tool.py", cwd=tool.parent)

    assert (verified.code, "run `lockenv lock --script tool.py`" in verified.err) == (2, True), verified.err


def test_file_without_metadata_is_named_with_the_command_that_adds_them(tool: Path) -> None:
    tool.write_text("print(1)\n")

    result = lockenv("lock", "--script", "tool.py", cwd=tool.parent)

    assert (result.code, result.out) == (2, "")
    assert "lockenv add --script tool.py" in result.err


def test_file_that_cannot_be_run_where_no_project_is_gets_a_hint_that_fits(tool: Path) -> None:
    (tool.parent / "plain.py").write_text("print(1)\n")

    plain = lockenv("run", "plain.py", cwd=tool.parent)
    missing = lockenv("run", "nothing.py", cwd=tool.parent)

    assert (plain.code, plain.err) == (
        2,
        "error: plain.py has no inline metadata, and there is no project in this directory or above\n"
        "  hint: run `lockenv add --script plain.py NAME` to declare what it requires, or "
        "`lockenv run --with NAME plain.py`\n",
    )
    assert (missing.code, missing.err) == (2, "error: `nothing.py` does not exist\n  hint: check its path\n")


def test_script_is_locked_in_ci_where_no_lockfile_is_beside_it(tool: Path) -> None:
    first = lockenv("run", "tool.py", cwd=tool.parent, env={"CI": "1"})
    refused = lockenv("run", "--locked", "other.py", cwd=tool.parent, env={"CI": "1"})

    assert (first.code, first.out) == (0, "1.1 []\n"), first.err
    assert refused.code == 2


def test_file_of_any_name_is_run_as_a_script_where_that_is_asked(tool: Path) -> None:
    tool.write_text(f"#!/usr/bin/env -S {PYTHON} -m lockenv run --quiet --script\n{tool.read_text()}")
    tool.rename(tool.with_name("brew"))
    tool.with_name("brew").chmod(0o755)

    ran = lockenv("run", "-s", "brew", "-q", "--script", cwd=tool.parent)
    started = subprocess.run(
        ["./brew", "1"],
        cwd=tool.parent,
        env=environment(tool.parent.parent),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.code, ran.out) == (0, "1.1 ['-q', '--script']\n"), ran.err
    assert (started.returncode, started.stdout) == (0, "1.1 ['1']\n"), started.stderr


@pytest.mark.parametrize("words", [["--dev"], ["--group", "x"], ["--optional", "x"]])
def test_groups_and_extras_are_not_written_into_a_script(tool: Path, words: list[str]) -> None:
    before = tool.read_text()

    refused = [lockenv(verb, "--script", "tool.py", *words, "lib", cwd=tool.parent) for verb in ("add", "remove")]

    assert [each.code for each in refused] == [2, 2]
    assert all("error: a script has neither groups nor extras\n" in each.err for each in refused)
    assert tool.read_text() == before


def test_script_without_a_suffix_has_a_lockfile_of_its_name(tool: Path) -> None:
    tool.rename(tool.with_name("brew"))

    done = lockenv("lock", "--script", "brew", cwd=tool.parent)

    assert done.code == 0, done.err
    assert (tool.parent / "pylock.brew.toml").is_file()


def test_edit_of_a_script_stays_where_the_sync_after_it_fails(tool: Path) -> None:
    done = lockenv("add", "--script", "tool.py", "--venv", "/proc/nowhere", "app", cwd=tool.parent)

    assert done.code != 0
    assert '"app' in tool.read_text()


def test_refused_build_of_a_script_is_allowed_by_the_command_it_names(tool: Path, index: LoopbackIndex) -> None:
    index.add(sdist("tiny", static=False))
    tool.write_text(tool.read_text().replace('"lib"', '"lib", "tiny"'))

    refused = lockenv("lock", "--script", "tool.py", cwd=tool.parent)
    added = lockenv("add", "--script", "tool.py", "tiny", "--no-sync", cwd=tool.parent)
    overlay = lockenv("run", "--with", "tiny", "tool.py", cwd=tool.parent)
    allowed = lockenv("lock", "--script", "tool.py", "--allow-build", "tiny", cwd=tool.parent)

    assert "run `lockenv lock --script tool.py --allow-build tiny`" in refused.err
    assert "run `lockenv add tiny --script tool.py --no-sync --allow-build tiny`" in added.err
    assert "lockenv lock -r" not in overlay.err
    assert allowed.code == 0, allowed.err
    assert '"tiny"' in tool.read_text().partition("allow-build")[2]


def test_tables_of_other_tools_in_a_script_have_a_hint_that_can_be_followed(tool: Path) -> None:
    text = tool.read_text()
    tool.write_text(text.replace("# ///\nimport", '# [tool.uv]\n# prerelease = "allow"\n# ///\nimport'))
    noted = lockenv("run", "tool.py", cwd=tool.parent)
    tool.write_text(text.replace("# ///\nimport", '# [tool.uv.sources]\n# lib = { path = "lib" }\n# ///\nimport'))
    refused = lockenv("lock", "--script", "tool.py", cwd=tool.parent)

    hint = "declare the same under [tool.lockenv] in its inline metadata"
    assert f"note: tool.py: lockenv does not read `tool.uv.prerelease`; {hint}" in noted.err
    assert (refused.code, f"hint: {hint}" in refused.err) == (2, True)


def test_check_names_the_command_that_checks_the_lock_of_a_script(tool: Path) -> None:
    lockenv("lock", "--script", "tool.py", cwd=tool.parent)

    refused = lockenv("check", "--script", "tool.py", cwd=tool.parent)
    checked = lockenv("lock", "--script", "tool.py", "--check", cwd=tool.parent)

    assert (refused.code, "hint: run `lockenv lock --script FILE.py --check`" in refused.err) == (2, True)
    assert checked.code == 0, checked.err
