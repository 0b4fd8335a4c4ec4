"""How much of the cache one run uses: `--no-cache`, `--refresh-package`; what colors a wrong command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.locks import pins
from tests.support.program import lockenv
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def test_run_without_the_cache_neither_reads_it_nor_leaves_anything(synced: Path, index: LoopbackIndex) -> None:
    temporary = synced.with_name("temporary")
    temporary.mkdir()
    env = {"TMPDIR": str(temporary)}
    cache = synced.with_name(f"{synced.name}.cache")
    before = snapshot(cache)
    index.requests.clear()

    locked = lockenv("lock", "-U", "--no-cache", cwd=synced, env=env)
    installed = lockenv("sync", "--reinstall", "--no-cache", cwd=synced, env=env)
    verified = lockenv("verify", cwd=synced)
    failed = lockenv("sync", "--reinstall", "--no-cache", "--offline", cwd=synced, env=env)
    refused = lockenv("sync", "--no-cache", "--script", "tool.py", cwd=synced, env=env)

    assert [each.code for each in (locked, installed, verified)] == [0, 0, 0], installed.err + verified.err
    assert (failed.code, refused.code) == (2, 2)
    assert any(path.endswith("/app/") for path in index.paths)
    assert any(path.endswith(".whl") for path in index.paths)
    assert [*temporary.iterdir()] == []
    assert snapshot(cache) == before


def test_refresh_of_one_package_asks_for_no_other_page(locked: Path, index: LoopbackIndex) -> None:
    index.add(wheel("lib", "1.2"))
    index.requests.clear()

    kept = lockenv("lock", "-U", cwd=locked)
    before = [path for path in index.paths if path.endswith("/")]
    refreshed = lockenv("lock", "-P", "lib", "--refresh-package", "Lib", cwd=locked)
    asked = [path for path in index.paths if path.endswith("/")]
    wrong = lockenv("lock", "--refresh-package", "lib==1", cwd=locked)

    assert (kept.code, refreshed.code, wrong.code) == (0, 0, 2), refreshed.err
    assert (before, [path.rsplit("/", 2)[1] for path in asked]) == ([], ["lib"])
    assert "lib 1.2" in pins(locked / "pylock.toml")
    assert "`lib==1` is not a package name" in wrong.err


def test_wrong_command_line_and_help_are_colored_as_asked(tmp_path: Path) -> None:
    wrong, plain = lockenv("lok", "--color", "always", cwd=tmp_path), lockenv("lok", cwd=tmp_path)
    usage = lockenv("help", "lock", "--color=always", cwd=tmp_path)

    assert wrong.err.startswith("\x1b[1;31merror\x1b[0m: unknown command `lok`")
    assert plain.err.startswith("error: unknown command `lok`")
    assert "\x1b[36m" in usage.out
