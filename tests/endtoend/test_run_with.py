"""`run --with`: requirements for one command, beside what the project has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.endtoend.test_direct import PYTHON, ok, tool
from tests.support.program import lockenv
from tests.support.sources import write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_VERSIONS = "import importlib.metadata as m; print({d.name: d.version for d in m.distributions()})"


def test_requirement_is_there_for_one_command_and_the_project_stays_as_it_is(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add(wheel("extra", "1.0", requires=["lib"]))
    root = write_tree(tmp_path / "mine", "mine", dependencies=["app", "lib==1.0"], tool=tool(index), **PYTHON)
    code = "import app, mine, extra, lib; print(mine.__file__, lib.__version__)"
    ok("run", "python", "-c", "", cwd=root)
    before = ok("verify", cwd=root)

    first = lockenv("run", "--with", "extra", "python", "-c", code, cwd=root)
    again = lockenv("run", "--with", "extra", "python", "-c", code, cwd=root, env={"CI": "1"})
    script = lockenv("run", "--with", "extra", "app", cwd=root)

    assert (first.code, first.out) == (0, f"{root / 'mine.py'} 1.0\n"), first.err
    assert (again.code, again.out, again.err) == (0, first.out, "")
    assert (script.code, script.out) == (0, "app on lib 1.0\n"), script.err
    assert ok("verify", cwd=root) == before


def test_file_of_requirements_is_added_to_a_script_and_outside_of_a_project(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    (tmp_path / "more.txt").write_text("ribbon\n")
    head = (
        f'# /// script\n# dependencies = ["lib==1.0"]\n# [tool.lockenv]\n# index = [{{name="i", url="{index.url}"}}]\n'
    )
    (tmp_path / "hello.py").write_text(f"{head}# ///\nimport lib, ribbon; print(lib.__version__)\n")
    options = ("--with-requirements", "more.txt")

    script = lockenv("run", *options, "hello.py", cwd=tmp_path)
    bare = lockenv("run", *options, "--index-url", index.url, "python", "-c", _VERSIONS, cwd=tmp_path)
    both = lockenv(
        "run",
        "--with",
        "lib[x,y]>=1,<2,ribbon",
        "--index-url",
        index.url,
        "python",
        "-c",
        "import lib, ribbon",
        cwd=tmp_path,
    )
    nothing = lockenv("run", "--with=-r x", "python", cwd=tmp_path)

    assert (script.code, script.out) == (0, "1.0\n"), script.err
    assert (bare.code, bare.out) == (0, "{'ribbon': '2.0'}\n"), bare.err
    assert both.code == 0, both.err
    assert (nothing.code, "for --with; expected a requirement" in nothing.err) == (2, True)
    unselected = lockenv("run", "--with", "lib", "--only-group", "dev", "python", cwd=tmp_path)
    assert (unselected.code, "no pyproject.toml" in unselected.err) == (2, True)


def test_project_may_be_left_out_where_there_is_none(tmp_path: Path, index: LoopbackIndex) -> None:
    bare = lockenv(
        "run", "--no-project", "--with", "ribbon", "--index-url", index.url, "python", "-c", _VERSIONS, cwd=tmp_path
    )

    assert (bare.code, bare.out) == (0, "{'ribbon': '2.0'}\n"), bare.err


def test_version_of_the_command_line_takes_the_place_of_the_locked_one_for_one_command(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(wheel("easy", "1.0", requires=["lib"]), wheel("strict", "1.0", requires=["lib<2"]))
    index.add_all(*(wheel("lib", version) for version in ("1.9", "2.5")), wheel("newest", "1.0", requires=["lib>2"]))
    needs = ["lib==1.9", "easy"]
    settings = {**tool(index), "constraints": ["lib<2"]}
    root = write_tree(tmp_path / "mine", "mine", dependencies=needs, tool=settings, **PYTHON)
    code = "import easy, lib, mine, importlib.metadata as m; print(lib.__version__, m.version('lib'))"
    ok("run", "python", "-c", "", cwd=root)
    before, locked = ok("verify", cwd=root), (root / "pylock.toml").read_bytes()

    other = lockenv("run", "--with", "lib==2.5", "python", "-c", code, cwd=root)
    same = lockenv("run", "--with", "lib<2", "python", "-c", code, cwd=root)
    unnamed = lockenv("run", "--with", "newest", "python", "-c", code, cwd=root)
    both = lockenv("run", "--with", "newest,lib>2", "python", "-c", code, cwd=root)

    assert (other.code, other.out) == (0, "2.5 2.5\n"), other.err
    assert other.err.endswith("note: lib==2.5 takes the place of lib 1.9 for this command alone\n")
    assert (same.code, same.out) == (0, "1.9 1.9\n"), same.err
    assert "takes the place" not in same.err
    assert (unnamed.code, "name it too" in unnamed.err) == (1, True), unnamed.err
    assert (both.code, both.out) == (0, "2.5 2.5\n"), both.err
    assert (ok("verify", cwd=root), (root / "pylock.toml").read_bytes()) == (before, locked)

    ok("add", "strict", cwd=root)
    refused = lockenv("run", "--with", "lib==2.5", "python", "-c", code, cwd=root)

    assert refused.code == 1
    assert "strict" in refused.err
    assert "lib<2" in refused.err
