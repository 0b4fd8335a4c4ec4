"""`accept-faults`: a wheel whose RECORD is wrong is installed after the hint was followed, and that is in the lock."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import tomllib
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import Result
    from tests.support.server import LoopbackIndex
    from tests.support.wheels import Built


def faulty(plain: Built) -> Built:
    """Return a wheel with a file that its RECORD does not list."""
    content = io.BytesIO(plain.content)
    with zipfile.ZipFile(content, "a") as file:
        file.writestr("more.py", "")
    return replace(plain, content=content.getvalue())


def built_with_a_fault() -> Built:
    """Return an sdist whose wheel ships a script that an entry point makes, too."""
    made = wheel(
        "brewer", data={"scripts/brew": "#!python\n"}, entry_points={"console_scripts": {"brew": "brewer:main"}}
    )
    return sdist("brewer", static=False, files={f"prebuilt/{made.filename}": made.content})


def test_hint_of_the_refusal_works_and_the_lock_shows_it(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(faulty(wheel("odd")), faulty(wheel("odder")), wheel("even"))
    requires = ("odd", "odder", "even")
    here = write_project(tmp_path / "project", requires, index=index.url)
    assert lockenv_here("lock", cwd=here).code == 0
    before = tmp_path / "before.toml"
    before.write_bytes((here / "pylock.toml").read_bytes())

    refused = lockenv("sync", cwd=here)
    accepted = {"odd": ["record-unlisted"], "odder": ["record-unlisted"]}
    write_project(here, requires, index=index.url, tool={"accept-faults": accepted})
    stale = lockenv_here("sync", cwd=here)
    codes = [lockenv_here(command, cwd=here).code for command in ("lock", "sync", "verify")]

    assert (refused.code, stale.code, codes) == (2, 1, [0, 0, 0])
    command = "lockenv sync --accept-fault odd=record-unlisted --accept-fault odder=record-unlisted"
    assert f"to install them as they are, run `{command}`\n" in refused.err
    checked = lockenv_here("check", cwd=here)
    assert checked.code == 0
    assert "accept-faults lets wheels of odd break record-unlisted [pyproject.toml:" in checked.err
    shown = lockenv_here("diff", str(before), "pylock.toml", "--json", cwd=here)
    assert {
        "key": "accept-faults",
        "gained": ["odd: record-unlisted", "odder: record-unlisted"],
        "lost": [],
    } in json.loads(shown.out)["settings"]
    write_project(here, requires, index=index.url)
    assert lockenv_here("check", cwd=here).code == 1
    assert lockenv_here("verify", cwd=here).code == 2


def hinted(result: Result) -> list[str]:
    """Return the words behind `lockenv` of the command that a refusal names."""
    found = re.search(r"hint: .*run `lockenv ([^`]+)`", result.err)
    assert found, result.err
    return shlex.split(found[1])


def declared(project: Path) -> object:
    """Return what is declared to be accepted."""
    return tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]["lockenv"].get("accept-faults")


def test_command_of_the_refusal_installs_what_add_declared(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(faulty(wheel("odd")), faulty(wheel("odder", requires=["odd"])), wheel("even"))
    here = write_project(tmp_path / "project", ["even"], index=index.url)
    refused = lockenv("add", "odder", "--group", "later", cwd=here)
    words = hinted(refused)
    followed = lockenv(*words, cwd=here)
    codes = [lockenv_here(command, cwd=here).code for command in ("check", "verify")]

    assert (refused.code, followed.code, codes) == (2, 0, [0, 0]), followed.err
    assert declared(here) == {"odd": ["record-unlisted"], "odder": ["record-unlisted"]}
    again = lockenv_here("sync", "--group", "later", cwd=here)
    assert (again.code, "up to date" in again.err) == (0, True)


def test_sync_with_the_option_writes_the_setting_and_the_lock_then_installs(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(faulty(wheel("odd")), wheel("even"))
    here = write_project(tmp_path / "project", ["odd"], index=index.url)
    assert lockenv_here("lock", cwd=here).code == 0
    locked = (here / "pylock.toml").read_bytes()
    frozen = lockenv("sync", "--frozen", cwd=here)
    dry = lockenv("lock", "--dry-run", "--accept-fault", "odd=record-unlisted", cwd=here)
    assert (frozen.code, dry.code, declared(here)) == (2, 0, None)
    assert (here / "pylock.toml").read_bytes() == locked

    done = lockenv(*hinted(frozen), cwd=here)

    assert done.code == 0, done.err
    assert "pyproject.toml: tool.lockenv.accept-faults accepts record-unlisted of odd\n" in done.err
    # Another machine, which has the project and its lock, agrees.
    shutil.rmtree(here / ".venv")
    assert [lockenv_here(*words, cwd=here).code for words in (["sync", "--frozen"], ["verify"])] == [0, 0]


def test_nothing_is_accepted_where_what_was_asked_fails(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("even"))
    here = write_project(tmp_path / "project", ["even"], index=index.url)
    before = (here / "pyproject.toml").read_bytes()

    failed = lockenv("add", "even>9", "--accept-fault", "even=record-unlisted", cwd=here)

    assert failed.code == 1
    assert (here / "pyproject.toml").read_bytes() == before


def test_fault_of_what_was_built_names_the_whole_command(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(built_with_a_fault())
    here = write_project(tmp_path / "project", [], index=index.url)
    asked = ["add", "brewer", "--allow-build", "brewer", "--index-url", index.url]

    refused = lockenv(*asked, cwd=here)

    assert (refused.code, hinted(refused)) == (2, [*asked, "--accept-fault", "brewer=script-twice"]), refused.err
    done = lockenv(*hinted(refused), cwd=here)
    assert done.code == 0, done.err
    assert declared(here) == {"brewer": ["script-twice"]}
    assert lockenv_here("verify", cwd=here).code == 0


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("odd", "--accept-fault odd: names no rule"),
        ("odd=path-unsafe", "--accept-fault odd=path-unsafe: `path-unsafe` is not a rule that can be accepted"),
        ("odd=record-unlist", '`record-unlist` is not a rule that can be accepted; did you mean "record-unlisted"?'),
        ("-=record-unlisted", "--accept-fault -=record-unlisted: '-' is not a valid name"),
    ],
)
def test_what_is_no_package_and_rule_is_refused(
    tmp_path: Path, index: LoopbackIndex, option: str, message: str
) -> None:
    here = write_project(tmp_path / "project", [], index=index.url)

    refused = lockenv_here("lock", f"--accept-fault={option}", cwd=here)

    assert (refused.code, message in refused.err) == (2, True), refused.err


def test_command_of_the_refusal_has_no_login(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(faulty(wheel("odd")))
    here = write_project(tmp_path / "project", [], index=index.url)
    login = index.url.replace("://", "://reader:s3cret-word@")

    refused = lockenv("add", "odd", "--index-url", login, cwd=here)

    assert (refused.code, hinted(refused)) == (2, ["sync", "--accept-fault", "odd=record-unlisted"])
    assert "s3cret-word" not in refused.err


def test_command_of_the_refusal_writes_into_the_script_that_was_run(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(faulty(wheel("odd")))
    head = f'# /// script\n# dependencies = ["odd"]\n# [[tool.lockenv.index]]\n# url = "{index.url}"\n# ///\n'
    (tmp_path / "brew.py").write_text(f'{head}import odd; print("hot")\n')

    refused = lockenv("run", "brew.py", cwd=tmp_path)
    followed = lockenv(*hinted(refused), cwd=tmp_path)
    done = lockenv("run", "brew.py", cwd=tmp_path)

    assert (refused.code, followed.code, done.out) == (2, 0, "hot\n"), followed.err
    assert '# accept-faults = { odd = ["record-unlisted"] }\n' in (tmp_path / "brew.py").read_text("utf-8")
