"""Locks that a project declares beside its own: written, checked, synced, run, compared, merged."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.endtoend.test_audit import GHSA, publishes
from tests.endtoend.test_direct import PYTHON
from tests.endtoend.test_merge import install
from tests.support.locks import pins
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.repository import commit, git, repository
from tests.support.sources import write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

LOCKS = {"docs": {"groups": ["docs"], "apart": True}, "tools": {"requirements": ["tools.in"]}}


def declared(directory: Path, index: LoopbackIndex, *, docs: str = "tester") -> Path:
    write_project(directory, ["lib<1.1"], index=index.url, groups={"docs": [docs, "lib>=1.1"]}, tool={"lock": LOCKS})
    directory.joinpath("tools.in").write_text("ribbon\n", encoding="utf-8")
    return directory


def locked(directory: Path) -> dict[str, list[str]]:
    return {path.name: pins(path) for path in sorted(directory.glob("pylock*.toml"))}


def test_each_lock_is_written_and_checked_and_the_worst_answer_counts(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)

    lock, check = lockenv("lock", cwd=project), lockenv("check", cwd=project)
    written = locked(project)
    (project / "tools.in").write_text("ribbon\nlib\n", encoding="utf-8")
    stale = lockenv("check", cwd=project)
    report = json.loads(lockenv("check", "--json", cwd=project).out)
    other = lockenv("check", "--lock", "docs", cwd=project)
    (project / "tools.in").write_text("lib\n", encoding="utf-8")
    lost = lockenv("check", "--lock", "tools", cwd=project)

    assert (lock.code, check.code) == (0, 0), lock.err + check.err
    assert written == {
        "pylock.docs.toml": ["lib 1.1", "tester 3.0"],
        "pylock.toml": ["lib 1.0"],
        "pylock.tools.toml": ["ribbon 2.0"],
    }
    assert check.err.count("is up to date, valid and sound") == 3
    assert (stale.code, other.code) == (1, 0)
    assert "pylock.tools.toml is out of date" in stale.err
    assert "tools.in:2" in stale.err
    assert re.search(r"ribbon was removed \[pyproject.toml:\d+ \(tool.lockenv.lock.tools\)\]", lost.err)
    assert [(each["lock"], each["ok"]) for each in report["locks"]] == [
        ("pylock.toml", True),
        ("pylock.docs.toml", True),
        ("pylock.tools.toml", False),
    ]


def test_one_lock_that_cannot_be_made_does_not_keep_from_the_others(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)
    (project / "pylock.docs.toml").write_text("no lock at all", encoding="utf-8")

    result = lockenv("lock", cwd=project)

    assert result.code == 2
    assert "pylock.docs.toml" in result.err
    assert sorted(locked_there(project)) == ["pylock.docs.toml", "pylock.toml", "pylock.tools.toml"]
    assert (project / "pylock.docs.toml").read_text(encoding="utf-8") == "no lock at all"


def locked_there(directory: Path) -> list[str]:
    return [path.name for path in directory.glob("pylock*.toml")]


def test_upgrade_goes_to_the_locks_that_have_the_package(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)
    assert lockenv("lock", cwd=project).code == 0
    index.add(wheel("ribbon", "2.1"))

    kept = lockenv("lock", cwd=project)
    upgraded = lockenv("lock", "-P", "ribbon", "--refresh", cwd=project)
    unknown = lockenv("lock", "-P", "nothing", cwd=project)

    assert (kept.code, upgraded.code, unknown.code) == (0, 0, 2), upgraded.err
    assert "ribbon" not in kept.err
    assert "ribbon 2.0 → 2.1" in upgraded.err
    assert "nothing is in none of pylock.toml, pylock.docs.toml, pylock.tools.toml" in unknown.err


def test_upgrade_of_a_bound_upgrades_the_locks_that_have_the_package(tmp_path: Path, index: LoopbackIndex) -> None:
    locks = {"extra": {"extras": ["more"]}}
    project = write_project(
        tmp_path / "project", ["lib<1.1"], index=index.url, extras={"more": ["ribbon"]}, tool={"lock": locks}
    )
    assert lockenv("lock", cwd=project).code == 0

    upgraded = lockenv("upgrade", "lib", "--no-sync", cwd=project)

    assert upgraded.code == 0, upgraded.err
    assert locked(project) == {
        "pylock.extra.toml": ["lib 1.1", "ribbon 2.0"],
        "pylock.toml": ["lib 1.1", "ribbon 2.0"],
    }


def test_export_does_not_replace_a_lock_or_a_declaration(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)
    assert lockenv("lock", cwd=project).code == 0
    names = ("pyproject.toml", "pylock.toml", "pylock.docs.toml", "pylock.tools.toml")
    before = {name: (project / name).read_bytes() for name in names}

    written = [lockenv("export", "-o", name, cwd=project).code for name in names]
    locks = [lockenv("export", "--format", "pylock", "-o", name, cwd=project).code for name in names]
    other = lockenv("export", "--format", "pylock", "-o", "pylock.other.toml", cwd=project)

    assert (written, locks, other.code) == ([2] * 4, [2] * 4, 0), other.err
    assert {name: (project / name).read_bytes() for name in names} == before


def test_change_of_a_group_renews_the_locks_that_have_it(tmp_path: Path, index: LoopbackIndex) -> None:
    locks = {"docs": {"groups": ["docs"], "constraints": []}, "tools": {"requirements": ["tools.in"]}}
    tool = {"lock": locks, "constraints": ["lib<1.1"]}
    project = write_project(tmp_path / "project", ["lib"], index=index.url, groups={"docs": ["tester"]}, tool=tool)
    project.joinpath("tools.in").write_text("ribbon\n", encoding="utf-8")
    assert lockenv("lock", cwd=project).code == 0

    added = lockenv("add", "--group", "docs", "lib", "--no-sync", cwd=project)
    check = lockenv("check", cwd=project)

    assert (added.code, check.code) == (0, 0), added.err + check.err
    assert "pylock.docs.toml:\n  + lib 1.1" in added.err
    assert "pylock.tools.toml" not in added.err


def test_group_apart_is_edited_with_its_own_lock_and_environment(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)
    assert lockenv("lock", cwd=project).code == 0
    before = (project / "pylock.toml").read_bytes(), (project / "pyproject.toml").read_bytes()

    impossible = lockenv("add", "--group", "docs", "lib<1", cwd=project)
    kept = (project / "pyproject.toml").read_bytes()
    added = lockenv("add", "--group", "docs", "ribbon", cwd=project)
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    check = lockenv("check", cwd=project)
    removed = lockenv("remove", "--group", "docs", "ribbon", cwd=project)

    assert [each.code for each in (impossible, added, check, removed)] == [1, 0, 0, 0], added.err + removed.err
    assert kept == before[1]
    assert "pylock.docs.toml:\n  + ribbon 2.0" in added.err
    assert "created .venv-docs" in added.err
    assert '"ribbon>=2.0"' in text
    assert not (project / ".venv").exists()
    assert (project / "pylock.toml").read_bytes() == before[0]
    assert locked(project)["pylock.docs.toml"] == ["lib 1.1", "tester 3.0"]


def test_vulnerability_of_a_named_lock_is_not_passed_over(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)
    assert lockenv("lock", cwd=project).code == 0
    publishes(index, {"ribbon/2.0": [GHSA]})

    text = lockenv("audit", cwd=project)
    data = json.loads(lockenv("audit", "--format", "json", cwd=project).out)
    sarif = json.loads(lockenv("audit", "--format", "sarif", cwd=project).out)
    own = lockenv("audit", "-l", "pylock.toml", cwd=project)

    assert (text.code, own.code) == (1, 0), text.err
    assert "pylock.tools.toml:\nno: 1 known vulnerability in 1 of 1 package" in text.err
    assert [(each["lock"], len(each["vulnerabilities"])) for each in data["locks"]] == [
        ("pylock.toml", 0),
        ("pylock.docs.toml", 0),
        ("pylock.tools.toml", 1),
    ]
    places = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in sarif["runs"][0]["results"]]
    assert places == ["pylock.tools.toml"]


def test_each_lock_has_its_environment(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)
    assert lockenv("lock", cwd=project).code == 0

    own = lockenv("sync", cwd=project)
    named = lockenv("sync", "--lock", "docs", cwd=project)
    everything = lockenv("sync", "--all-locks", cwd=project)
    again = lockenv("sync", "--all-locks", cwd=project)
    verified = lockenv("verify", "--lock", "docs", cwd=project)
    code = "import lib, sys; print(lib.__version__, sys.prefix)"
    ran = lockenv("run", "--lock", "docs", "python", "-c", code, cwd=project)
    typo = lockenv("run", "--lock", "doc", "python", cwd=project)
    apart = lockenv("sync", "--group", "docs", cwd=project)

    codes = [each.code for each in (own, named, everything, again, verified, ran)]
    assert codes == [0] * 6, named.err + everything.err + verified.err + ran.err
    assert "created .venv-docs" in named.err
    assert again.err == ".venv is up to date\n.venv-docs is up to date\n.venv-tools is up to date\n"
    assert ran.out == f"1.1 {project / '.venv-docs'}\n"
    assert (apart.code, "locked apart, in pylock.docs.toml\n  hint: use --lock docs" in apart.err) == (2, True)
    assert (typo.code, 'declares no lock `doc`; did you mean "docs"?' in typo.err) == (2, True)


def test_run_locks_and_syncs_what_is_missing_of_a_named_lock_alone(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)

    first = lockenv("run", "--lock", "tools", "python", "-c", "import ribbon", cwd=project)
    second = lockenv("run", "--lock", "tools", "python", "-c", "import ribbon", cwd=project)
    (project / "tools.in").write_text("ribbon\ntester\n", encoding="utf-8")
    third = lockenv("run", "--lock", "tools", "python", "-c", "import tester", cwd=project)

    assert (first.code, second.code, third.code) == (0, 0, 0), first.err + third.err
    assert second.err == ""
    assert locked_there(project) == ["pylock.tools.toml"]


def test_the_path_of_a_named_lock_means_it(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)

    written = lockenv("lock", "-o", "pylock.docs.toml", cwd=project)
    checked = lockenv("check", "-l", "pylock.docs.toml", cwd=project)
    other = lockenv("lock", "-r", "tools.in", "-o", "pylock.docs.toml", cwd=project)

    assert (written.code, checked.code, other.code) == (0, 0, 2), written.err
    assert locked(project) == {"pylock.docs.toml": ["lib 1.1", "tester 3.0"]}
    assert "pylock.docs.toml is the lockfile of [tool.lockenv.lock.docs]" in other.err


def test_requirements_files_never_replace_the_lock_of_the_project(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)
    (project / "more.in").write_text("tester\n", encoding="utf-8")
    assert lockenv("lock", cwd=project).code == 0
    before = (project / "pylock.toml").read_bytes()

    refused = lockenv("lock", "-r", "more.in", cwd=project)
    named = lockenv("lock", "-r", "tools.in", cwd=project)
    hinted = lockenv("lock", "-r", "more.in", "--lockfile", "pylock.more.toml", cwd=project)

    assert (refused.code, named.code, hinted.code) == (2, 2, 0), hinted.err
    assert "`-r more.in --lockfile pylock.more.toml`" in refused.err
    assert "use `--lock tools`" in named.err
    assert (project / "pylock.toml").read_bytes() == before


def test_requirements_files_do_not_replace_the_lock_of_others(tmp_path: Path, index: LoopbackIndex) -> None:
    here = tmp_path / "here"
    here.mkdir()
    option = f"--index-url {index.url}\n"
    (here / "one.in").write_text(f"{option}lib\ntester\n", encoding="utf-8")
    (here / "two.in").write_text(f"{option}ribbon\n", encoding="utf-8")

    first, other = lockenv("lock", "-r", "one.in", cwd=here), lockenv("lock", "-r", "two.in", cwd=here)
    before = locked(here)
    replaced = lockenv("lock", "-r", "two.in", "--lockfile", "pylock.toml", cwd=here)

    assert (first.code, other.code, replaced.code) == (0, 2, 0), other.err + replaced.err
    assert "pylock.toml locks lib, tester, which two.in does not require" in other.err
    assert before == {"pylock.toml": ["lib 1.1", "tester 3.0"]}


def test_bare_directory_of_named_locks_has_no_lock_of_its_own(tmp_path: Path, index: LoopbackIndex) -> None:
    project = tmp_path / "project"
    project.mkdir()
    settings = f'index = [{{ url = "{index.url}" }}]\n[lock.one]\nrequirements = ["one.in"]\n'
    (project / "lockenv.toml").write_text(settings, encoding="utf-8")
    (project / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")
    (project / "one.in").write_text("lib\n", encoding="utf-8")

    lock, check = lockenv("lock", cwd=project), lockenv("check", cwd=project)
    sync, named = lockenv("sync", cwd=project), lockenv("sync", "--lock", "one", cwd=project)

    assert (lock.code, check.code, sync.code, named.code) == (0, 0, 2, 0), lock.err + check.err + named.err
    assert locked(project) == {"pylock.one.toml": ["lib 1.1"]}
    assert "use --lock NAME: the project declares the locks one" in sync.err


def test_tool_that_requires_the_project_gets_its_sources(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("private", "99.0"), wheel("plugin", "1.0", requires=["private"]))
    locks = {"plain": {"groups": ["plain"]}, "docs": {"groups": ["docs"]}}
    settings = {"index": [{"name": "loopback", "url": index.url}], "lock": locks}
    project = write_tree(tmp_path / "private", "private", tool=settings, **PYTHON)
    with (project / "pyproject.toml").open("a", encoding="utf-8") as stream:
        stream.write('[dependency-groups]\ndocs = ["plugin"]\nplain = ["lib"]\n')

    synced = lockenv("lock", cwd=project), lockenv("sync", "--all-locks", cwd=project)
    checked = [lockenv("check", cwd=project), *(lockenv("verify", "--lock", name, cwd=project) for name in locks)]

    assert [each.code for each in (*synced, *checked)] == [0, 0, 0, 0, 0], checked[0].err
    assert "private" not in locked(project)["pylock.plain.toml"][0]
    assert [path.name for path in sorted(project.glob("pylock*build.toml"))] == [
        "pylock.build.toml",
        "pylock.docs-build.toml",
    ]
    has = {
        name: bool([*project.glob(f"{name}/lib/python3*/site-packages/private-1.0.dist-info")])
        for name in (".venv", ".venv-docs", ".venv-plain")
    }
    assert has == {".venv": True, ".venv-docs": True, ".venv-plain": False}


def test_script_does_not_take_the_lock_that_has_its_name(tmp_path: Path, index: LoopbackIndex) -> None:
    project = declared(tmp_path / "project", index)
    block = (
        f'# /// script\n# dependencies = ["ribbon"]\n# [tool.lockenv]\n# index = [{{ url = "{index.url}" }}]\n# ///\n'
    )
    (project / "docs.py").write_text(f"{block}import ribbon\n", encoding="utf-8")
    assert lockenv("lock", cwd=project).code == 0
    before = (project / "pylock.docs.toml").read_bytes()

    ran = lockenv("run", "docs.py", cwd=project)
    refused = lockenv("lock", "--script", "docs.py", cwd=project)

    assert (ran.code, refused.code) == (0, 2), ran.err
    assert "pylock.docs.toml is the lockfile of [tool.lockenv.lock.docs]" in refused.err
    assert (project / "pylock.docs.toml").read_bytes() == before


def test_git_shows_and_merges_named_locks(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("alpha", "1.0"), wheel("omega", "1.0"))
    project = declared(repository(tmp_path / "project"), index)
    assert lockenv("lock", cwd=project).code == 0
    commit(project, "base")
    for branch, line in (("one", "alpha\n\nribbon\n"), ("two", "ribbon\n\nomega\n")):
        git(project, "checkout", "--quiet", "-b", branch, "HEAD" if branch == "one" else "one~1")
        (project / "tools.in").write_text(line, encoding="utf-8")
        assert lockenv("lock", cwd=project).code == 0
        commit(project, branch)

    shown = lockenv("diff", "one", cwd=project)
    report = json.loads(lockenv("diff", "one", "--json", cwd=project).out)
    single = lockenv("diff", "one", "--lock", "tools", cwd=project)
    env = install(project)
    (project / "tools.in").write_text("ribbon\n\nomega\n", encoding="utf-8")
    git(project, "merge", "--quiet", "--no-edit", "one", env=env)
    merged = lockenv("check", cwd=project)

    assert shown.code == 0, shown.err
    assert shown.out.count("no changes") == 2
    assert "+ omega 1.0" in shown.out
    assert [len(each["changes"]) for each in report["locks"]] == [0, 0, 2]
    assert single.out.startswith("pylock.tools.toml at one → pylock.tools.toml in the working tree: 1 added, 1 removed")
    assert merged.code == 0, merged.err
    assert locked(project)["pylock.tools.toml"] == ["alpha 1.0", "omega 1.0", "ribbon 2.0"]
