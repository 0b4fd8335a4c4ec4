"""Packages that the base interpreter provides: checked, shown, never installed, and never touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bases import Base, base_interpreter
from tests.support.program import environment, lockenv
from tests.support.projects import write_project
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from tests.support.server import LoopbackIndex

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a Python of Windows is not run from another prefix here")

BIG = wheel("big", "2.0", requires=["gpu", "lib"])
SHOWN = {"system-site-packages": True}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return base_interpreter(tmp_path_factory.mktemp("pristine") / "prefix").prefix


@pytest.fixture
def base(pristine: Path, tmp_path: Path) -> Base:
    """Provide a base that has `big` and what only `big` needs, of another version than any index has."""
    shutil.copytree(pristine, tmp_path / "prefix", symlinks=True)
    base = Base(tmp_path / "prefix")
    base.install(BIG, wheel("gpu", "0.0.1"))
    return base


@pytest.fixture
def trainer(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a project that needs `big` and a package that needs it too; only `big` needs `gpu`."""
    index.add_all(BIG, wheel("big", "1.0"), wheel("gpu", "9.0"), wheel("model", "1.0", requires=["big>=1", "lib"]))
    return declare(tmp_path / "trainer", index, ["big"])


def declare(directory: Path, index: LoopbackIndex, provided: list[str], **settings: Any) -> Path:
    tool = {**SHOWN, "provided": provided, **settings}
    return write_project(directory, ["model", "big"], index=index.url, tool=tool)


def synced(project: Path, base: Base) -> str:
    """Lock and sync the project with the base; return what both said."""
    locked = lockenv("lock", cwd=project)
    done = lockenv("sync", "--python", base.python, cwd=project)
    assert (locked.code, done.code) == (0, 0), locked.err + done.err
    return done.err


def installed(project: Path) -> set[str]:
    return {path.name for path in (project / ".venv").glob("lib/*/site-packages/*.dist-info")}


def test_provided_package_and_what_it_alone_needs_are_not_installed(trainer: Path, base: Base) -> None:
    before = snapshot(base.prefix)

    said = synced(trainer, base)

    assert installed(trainer) == {"lib-1.1.dist-info", "model-1.0.dist-info"}
    assert f"provided by {base.python}: big 2.0\n" in said
    ran = lockenv("run", "python", "-B", "-c", "import big, gpu, lib; print(big.__file__, gpu.__file__)", cwd=trainer)
    assert (ran.code, ran.out.count(str(base.site))) == (0, 2), ran.err
    for words in (("sync", "--reinstall", "--prune-unowned"), ("remove", "model"), ("cache", "clean")):
        done = lockenv(*words, cwd=trainer)
        assert done.code == 0, done.err
    assert (installed(trainer), snapshot(base.prefix) == before) == (set(), True)


@pytest.mark.parametrize("there", ["1.0", ""])
def test_base_that_lacks_it_is_refused_with_what_helps(
    trainer: Path, base: Base, index: LoopbackIndex, there: str
) -> None:
    base.remove("big")
    if there:
        base.install(wheel("big", there))
    lockenv("lock", cwd=trainer)

    checked = lockenv("sync", "--check", "--python", base.python, cwd=trainer)
    done = lockenv("sync", "--python", base.python, cwd=trainer)

    sentence = f"{base.python} does not provide big 2.0 (it has {there or 'none'})"
    assert (checked.code, done.code, (trainer / ".venv").exists()) == (1, 2, False), done.err
    assert f"error: {sentence}\n" in done.err
    assert sentence in checked.err
    if there:
        hint = f'hint: install big 2.0 there, or write "big=={there}" in `provided` and run `lockenv lock`'
        assert [hint in " ".join(each.err.split()) for each in (checked, done)] == [True, True]
        declare(trainer, index, [f"big=={there}"])
        synced(trainer, base)


def test_package_that_the_base_links_to_has_an_unknown_version(trainer: Path, base: Base) -> None:
    base.remove("big")
    (base.site / "big.egg-link").write_text("/elsewhere\n.")
    lockenv("lock", cwd=trainer)

    done = lockenv("sync", "--python", base.python, cwd=trainer)

    assert "does not provide big 2.0 (it has an unknown version)\n" in done.err


def test_base_that_changes_is_noticed(trainer: Path, base: Base) -> None:
    synced(trainer, base)
    _, quiet = (lockenv("sync", cwd=trainer) for _ in range(2))
    right = lockenv("verify", "--json", cwd=trainer)
    base.install(wheel("big", "1.0"))

    sync, run, check, verify = (
        lockenv(*words, cwd=trainer)
        for words in (("sync",), ("run", "python", "-V"), ("sync", "--check"), ("verify", "--json"))
    )

    assert (quiet.code, quiet.err, right.code) == (0, ".venv is up to date\n", 0), quiet.err
    assert (sync.code, run.code, check.code, verify.code) == (2, 2, 1, 1), run.err
    assert "does not provide big 2.0 (it has 1.0)" in sync.err
    found, was = json.loads(verify.out), json.loads(right.out)
    assert was["provided"] == [{"name": "big", "version": "2.0", "found": ["2.0"]}]
    assert [(one["path"], one["problem"]) for one in found["findings"]] == [("big", "base")]
    assert found["fingerprint"] == was["fingerprint"]
    assert "install big 2.0 there" in verify.err
    base.install(BIG)
    assert lockenv("sync", cwd=trainer).code == 0


def test_verify_says_what_it_did_not_compare(trainer: Path, base: Base) -> None:
    synced(trainer, base)

    done = lockenv("verify", cwd=trainer)

    assert done.code == 0
    assert "provided by the base, version checked, bytes neither verified nor in the fingerprint: big 2.0\n" in done.err


def test_label_of_a_local_version_is_left_to_the_base(trainer: Path, base: Base) -> None:
    base.install(wheel("big", "2.0+cu121"))

    synced(trainer, base)

    assert lockenv("verify", cwd=trainer).code == 0


def test_users_own_packages_come_before_those_of_the_base(trainer: Path, base: Base) -> None:
    synced(trainer, base)
    users = subprocess.run(
        [f"{trainer}/.venv/bin/python", "-c", "import site; print(site.getusersitepackages())"],
        env=environment(trainer),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    mine = Base(base.prefix)
    mine.site = Path(users)
    mine.site.mkdir(parents=True)
    mine.install(wheel("big", "1.0"))

    refused = lockenv("sync", cwd=trainer)
    without = lockenv("sync", cwd=trainer, env={"PYTHONNOUSERSITE": "1"})

    assert (refused.code, without.code) == (2, 0), refused.err
    assert "does not provide big 2.0 (it has 1.0)" in refused.err


def test_view_of_the_base_follows_the_setting(trainer: Path, base: Base, index: LoopbackIndex) -> None:
    write_project(trainer, ["model", "big"], index=index.url)
    plain = synced(trainer, base)
    configuration = trainer / ".venv/pyvenv.cfg"
    hidden = configuration.read_text()
    declare(trainer, index, ["big"])
    shown = synced(trainer, base)
    changed = configuration.read_text()
    write_project(trainer, ["model", "big"], index=index.url)
    again = synced(trainer, base)

    assert "rebuilt" not in plain
    assert ".venv is rebuilt: it does not show the packages of its base, as `system-site-packages` says\n" in shown
    assert ".venv is rebuilt: it shows the packages of its base, and `system-site-packages` is not set\n" in again
    assert "include-system-site-packages = true\n" in changed
    assert configuration.read_text() == hidden
    assert "big-2.0.dist-info" in installed(trainer)


def test_verify_finds_a_view_of_the_base_that_nothing_asks_for(trainer: Path, base: Base, index: LoopbackIndex) -> None:
    declare(trainer, index, [])
    synced(trainer, base)
    right = lockenv("verify", cwd=trainer)
    write_project(trainer, ["model", "big"], index=index.url)

    done = lockenv("verify", cwd=trainer)

    assert (right.code, done.code) == (0, 1), right.err
    view = "it shows the packages of its base, and `system-site-packages` is not set"
    assert f"changed   pyvenv.cfg: {view}" in done.err


def test_environment_that_venv_made_to_show_its_base_may_stay(trainer: Path, index: LoopbackIndex) -> None:
    write_project(trainer, ["lib"], index=index.url)
    venv = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", str(trainer / ".venv")]
    subprocess.run(venv, check=True)
    lockenv("lock", cwd=trainer)

    done = lockenv("sync", cwd=trainer)

    assert (done.code, "rebuilt" in done.err) == (0, False), done.err
    assert lockenv("verify", cwd=trainer).code == 0


def test_frozen_run_looks_at_what_the_base_provides(trainer: Path, base: Base, index: LoopbackIndex) -> None:
    synced(trainer, base)
    base.remove("big")
    declare(trainer, index, ["big"], **{"exclude-dependencies": ["none"]})

    done = lockenv("run", "--frozen", "python", "-V", cwd=trainer)

    assert (done.code, "does not provide big 2.0 (it has none)" in done.err) == (2, True), done.err


def test_package_that_is_not_locked_is_named(trainer: Path, base: Base, index: LoopbackIndex) -> None:
    declare(trainer, index, ["big", "bigg"])

    said = synced(trainer, base)

    assert "`provided` names bigg, which is not locked" in said


def test_with_takes_it_from_the_base_too(trainer: Path, base: Base, index: LoopbackIndex) -> None:
    index.page_cache_control = "no-cache"
    synced(trainer, base)
    index.add_all(wheel("extra", "1.0", requires=["big"]), wheel("big", "3.0"))

    done = lockenv(
        "run", "--with", "extra", "python", "-B", "-c", "import big, extra, model; print(big.__file__)", cwd=trainer
    )

    assert (done.code, str(base.site) in done.out) == (0, True), done.err


@pytest.mark.parametrize("number", [4, 12, 20, 30, 45])
def test_killed_sync_is_healed_and_leaves_the_base_alone(trainer: Path, base: Base, number: int) -> None:
    before = snapshot(base.prefix)
    lockenv("lock", cwd=trainer)
    kill = {"LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": f"*:{number}:kill"}

    killed = lockenv("sync", "--python", base.python, cwd=trainer, env=kill)
    healed = lockenv("sync", "--python", base.python, cwd=trainer)

    assert (killed.code == 0, healed.code, lockenv("verify", cwd=trainer).code) == (False, 0, 0), healed.err
    assert snapshot(base.prefix) == before


def test_settings_beside_requirements_files_say_it_too(trainer: Path, base: Base, index: LoopbackIndex) -> None:
    (trainer / "pyproject.toml").unlink()
    (trainer / "requirements.in").write_text("model\nbig\n")
    (trainer / "lockenv.toml").write_text(
        f'system-site-packages = true\nprovided = ["big<3"]\n[[index]]\nname = "loopback"\nurl = "{index.url}"\n'
    )
    lockenv("lock", "-r", "requirements.in", cwd=trainer)

    done = lockenv("sync", "-r", "requirements.in", "--python", base.python, cwd=trainer)
    alone = lockenv("sync", cwd=trainer)

    assert (done.code, alone.code, installed(trainer)) == (0, 0, {"lib-1.1.dist-info", "model-1.0.dist-info"}), done.err
    assert lockenv("verify", cwd=trainer).code == 0


def test_marker_says_where_it_is_provided(trainer: Path, base: Base, index: LoopbackIndex) -> None:
    declare(trainer, index, ["big; sys_platform == 'none'"])

    synced(trainer, base)

    assert "big-2.0.dist-info" in installed(trainer)
