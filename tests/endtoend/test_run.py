"""`lockenv run`: a command in the environment, told apart from our own options and answers."""

from __future__ import annotations

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
    tell = "import os, sys; print(os.getcwd(), sys.prefix, os.environ['VIRTUAL_ENV'])"

    result = lockenv("run", "python", "-c", tell, cwd=deep)

    assert result.out.split() == [str(deep), str(synced / ".venv"), str(synced / ".venv")]


def test_exit_code_of_the_command_is_ours(synced: Path) -> None:
    assert lockenv("run", "python", "-c", "raise SystemExit(7)", cwd=synced).code == 7


def test_command_that_is_nowhere_is_named(synced: Path) -> None:
    result = lockenv("run", "no-such-program", cwd=synced)

    assert (result.code, result.out) == (2, "")
    assert "no-such-program" in result.err


def test_environment_that_may_differ_from_the_lock_is_refused(synced: Path, index: LoopbackIndex) -> None:
    write_project(synced, ["lib==1.0"], index=index.url)
    assert lockenv("lock", cwd=synced).code == 0

    refused = lockenv("run", "app", cwd=synced)
    told = lockenv("run", "--no-check", "app", cwd=synced)

    assert (refused.code, refused.out, told.code, told.out) == (1, "", 0, "app on lib 1.1\n")
    assert "lockenv sync" in refused.err


def test_without_an_environment_nothing_runs(locked: Path) -> None:
    result = lockenv("run", "python", "-c", "print(1)", cwd=locked)

    assert (result.code, result.out) == (2, "")
    assert "lockenv sync" in result.err


def test_what_the_system_cannot_execute_is_an_error_and_a_bare_script_is_for_the_shell(synced: Path) -> None:
    for name, text in (("gone", "#!/nonexistent/python\n"), ("bare", 'echo "hi $1"\n')):
        (synced / name).write_text(text)
        (synced / name).chmod(0o755)

    refused = lockenv("run", "./gone", cwd=synced)
    done = lockenv("run", "./bare", "you", cwd=synced)

    assert (refused.code, refused.out, done.code, done.out) == (2, "", 0, "hi you\n")
    assert "`/nonexistent/python`, which does not exist" in refused.err
