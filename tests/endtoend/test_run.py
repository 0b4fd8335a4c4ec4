"""`lockenv run`: a command in the environment, distinguished from our own options and answers."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.support.program import lockenv
from tests.support.projects import write_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def test_options_after_the_command_are_its_own(synced: Path) -> None:
    result = lockenv("run", "python", "-c", "import sys; print(sys.argv[1:])", "--quiet", "--help", "lock", cwd=synced)

    assert (result.code, result.out) == (0, "['--quiet', '--help', 'lock']\n")


def test_command_runs_where_it_was_called_in_the_project_s_environment(synced: Path) -> None:
    deep = synced / "src" / "deep"
    deep.mkdir(parents=True)
    ask = "import os, sys; print(os.getcwd(), sys.prefix, os.environ['VIRTUAL_ENV'])"

    result = lockenv("run", "python", "-c", ask, cwd=deep)

    assert result.out.split() == [str(deep), str(synced / ".venv"), str(synced / ".venv")]


def test_exit_code_of_the_command_is_ours(synced: Path) -> None:
    assert lockenv("run", "python", "-c", "raise SystemExit(7)", cwd=synced).code == 7


def test_command_that_is_nowhere_is_named(synced: Path) -> None:
    result = lockenv("run", "no-such-program", cwd=synced)

    assert (result.code, result.out) == (2, "")
    assert "no-such-program" in result.err


def test_changed_project_is_locked_and_synced_first_and_the_output_is_the_command_s(
    synced: Path, index: LoopbackIndex
) -> None:
    write_project(synced, ["app>=1", "lib==1.0"], index=index.url)

    done = lockenv("run", "app", cwd=synced)
    again = lockenv("run", "app", cwd=synced)

    assert (done.code, done.out) == (0, "app on lib 1.0\n")
    assert "lib 1.1 → 1.0" in done.err
    assert (again.code, again.out, again.err) == (0, "app on lib 1.0\n", "")


def test_without_a_lock_and_an_environment_both_are_made(project: Path) -> None:
    result = lockenv("run", "app", cwd=project)

    assert (result.code, result.out) == (0, "app on lib 1.1\n")
    assert (project / "pylock.toml").is_file()


def test_stale_lock_is_refused_locked_or_in_ci_and_used_frozen(synced: Path, index: LoopbackIndex) -> None:
    write_project(synced, ["app>=1", "lib==1.0"], index=index.url)
    before = (synced / "pylock.toml").read_bytes()

    locked = lockenv("run", "--locked", "app", cwd=synced)
    in_ci = lockenv("run", "app", cwd=synced, env={"CI": "true"})
    frozen = lockenv("run", "--frozen", "app", cwd=synced)
    unchecked = lockenv("run", "--no-check", "app", cwd=synced)
    once_more = lockenv("run", "--locked", "app", cwd=synced)

    assert [(each.code, each.out) for each in (locked, in_ci, once_more)] == [(1, "")] * 3
    assert "pylock.toml is out of date" in locked.err
    assert "lib" in locked.err
    assert "--locked is the default because CI is set" in in_ci.err
    assert [(each.code, each.out) for each in (frozen, unchecked)] == [(0, "app on lib 1.1\n")] * 2
    assert (synced / "pylock.toml").read_bytes() == before


def test_group_is_installed_where_it_is_named_and_stays(locked: Path) -> None:
    assert lockenv("sync", "--no-default-groups", cwd=locked).code == 0

    added = lockenv("run", "--group", "dev", "--extra", "fancy", "python", "-c", "import tester, ribbon", cwd=locked)
    plain = lockenv("run", "python", "-c", "import tester, ribbon", cwd=locked)

    assert (added.code, plain.code, plain.err) == (0, 0, "")


def test_groups_are_left_out_where_they_are_named(locked: Path) -> None:
    absent = ("python", "-c", "import importlib.util as u; print(u.find_spec('tester'))")

    ran = lockenv("run", "--no-dev", *absent, cwd=locked)
    synced = lockenv("sync", "--all-groups", "--no-group", "dev", cwd=locked)
    exported = lockenv("export", "--no-dev", "--no-hashes", cwd=locked)
    unknown = lockenv("sync", "--no-group", "nope", cwd=locked)

    assert (ran.code, ran.out, synced.code, unknown.code) == (0, "None\n", 0, 2), ran.err + synced.err
    assert "tester" not in synced.err + exported.out
    assert "dev" in unknown.err


def test_module_file_and_standard_input_are_run_by_the_environment_s_python(synced: Path) -> None:
    (synced / "say.py").write_text("import sys, lib\nprint(lib.__version__, sys.argv[1:])\n")

    file = lockenv("run", "say.py", "-q", cwd=synced)
    module = lockenv("run", "-m", "say", "-q", cwd=synced)
    stream = lockenv("run", "-", "-q", cwd=synced, stdin=(synced / "say.py").read_text())

    assert file.out == module.out == stream.out == "1.1 ['-q']\n"


def test_variables_of_files_are_set_where_none_is(synced: Path) -> None:
    (synced / "a.env").write_text("export HUE=red\nSIZE=1\n")
    (synced / "b.env").write_text('SIZE="${SIZE}2" # larger\nMOOD=file\n')
    ask = "import os; print(os.environ['HUE'], os.environ['SIZE'], os.environ['MOOD'])"

    result = lockenv(
        "run", "--env-file", "a.env", "--env-file", "b.env", "python", "-c", ask, cwd=synced, env={"MOOD": "own"}
    )

    assert (result.code, result.out) == (0, "red 12 own\n")


def test_what_the_system_cannot_execute_is_an_error_and_a_bare_script_is_for_the_shell(synced: Path) -> None:
    for name, text in (("gone", "#!/nonexistent/python\n"), ("bare", 'echo "hi $1"\n')):
        (synced / name).write_text(text)
        (synced / name).chmod(0o755)

    refused = lockenv("run", "./gone", cwd=synced)
    done = lockenv("run", "./bare", "you", cwd=synced)

    assert (refused.code, refused.out, done.code, done.out) == (2, "", 0, "hi you\n")
    assert "`/nonexistent/python`, which does not exist" in refused.err


def test_programs_of_an_environment_that_came_with_the_repository_are_not_run(synced: Path) -> None:
    program = synced / ".venv/bin/lib-tool"
    program.write_text("#!/bin/sh\necho planted\n")
    program.chmod(0o755)
    module = next((synced / ".venv/lib").glob("python*/site-packages/lib/__init__.py"))
    module.write_text("print('planted')\n")
    shutil.rmtree(synced.with_name(f"{synced.name}.home") / ".local/share/lockenv")

    done = lockenv("run", "python", "-c", "import lib", cwd=synced)

    assert (done.code, done.out) == (0, ""), done.err
