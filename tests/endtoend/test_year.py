"""A repository walked through a year: real git, a real index, every command as CI, reviewers and developers run it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from tests.support.locks import pins
from tests.support.program import PYTHON, Result, environment, lockenv, untimed
from tests.support.repository import commit, git, repository
from tests.support.server import LoopbackIndex
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PYPROJECT = """\
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"
dependencies = [
{requires}]

[dependency-groups]
dev = ["tester"]

[[tool.lockenv.index]]
name = "loopback"
url = "{index}"
"""


class Shop:
    """The repository, its index, and those who work with both."""

    def __init__(self, directory: Path, index: LoopbackIndex) -> None:
        self.directory = repository(directory)
        self.index = index

    def declare(self, *requires: str) -> None:
        lines = "".join(f'    "{text}",\n' for text in requires)
        text = PYPROJECT.format(requires=lines, index=self.index.url)
        (self.directory / "pyproject.toml").write_text(text, encoding="utf-8")

    def run(self, *words: str, code: int = 0) -> Result:
        result = lockenv(*words, cwd=self.directory)
        assert result.code == code, (words, result)
        return result

    def release(self, name: str, version: str, requires: Sequence[str] = ()) -> None:
        self.index.add(wheel(name, version, requires=requires))

    def commit(self, message: str) -> None:
        commit(self.directory, message)

    def rules(self, *words: str, code: int = 1) -> list[tuple[str, str]]:
        """Return rule and message of what `check` finds."""
        found = json.loads(self.run("check", "--json", *words, code=code).out)["findings"]
        return [(each["rule"], untimed(each["message"])) for each in found]


def january_locks(shop: Shop) -> None:
    for name in ("basket", "money", "tester", "paint"):
        shop.release(name, "1.0", ["paint"] if name == "basket" else ())
    shop.declare("basket", "money>=1.0")
    shop.run("lock")
    shop.run("merge-driver", "--install")
    shop.commit("Open the shop")
    git(shop.directory, "tag", "january")
    shop.run("sync")

    assert shop.run("check").err == "pylock.toml is up to date, valid and sound (4 packages)\n"
    assert pins(shop.directory) == ["basket 1.0", "money 1.0", "paint 1.0", "tester 1.0"]


def february_forgets_to_lock(shop: Shop) -> None:
    """CI shows the line of the requirement that the lock does not answer, and nothing is installed from it."""
    shop.release("stamps", "1.0")
    shop.declare("basket", "money>=1.0", "stamps")
    shop.commit("Send letters")

    annotation = shop.run("check", "--format", "github", code=1).out
    shop.run("sync", code=1)

    assert annotation == (
        "::error file=pyproject.toml,line=8,col=5,title=lockenv%3A stale::stamps was added; "
        "run `lockenv lock` and commit the change\n"
    )


def march_locks_and_reviews(shop: Shop) -> None:
    shop.run("lock")

    review = shop.run("diff", "--markdown").out
    shop.commit("Lock stamps")

    assert review.splitlines()[-1] == "| stamps |  | `1.0` | first release of the project |"
    assert review.startswith("### `pylock.toml`: 1 added\n")
    shop.run("check")


def april_merges_two_branches(shop: Shop) -> None:
    """Both add a requirement at the same line; the driver merges the lock, a person the declaration."""
    for name in ("tax", "toys"):
        shop.release(name, "1.0")
        git(shop.directory, "checkout", "--quiet", "-b", name, "main")
        shop.declare("basket", "money>=1.0", "stamps", name)
        shop.run("lock")
        shop.commit(f"Add {name}")
    git(shop.directory, "checkout", "--quiet", "main")
    git(shop.directory, "merge", "--quiet", "tax")

    git(shop.directory, "merge", "toys", code=1, env=environment(shop.directory))

    assert git(shop.directory, "diff", "--name-only", "--diff-filter=U") == "pyproject.toml\n"
    shop.declare("basket", "money>=1.0", "stamps", "tax", "toys")
    shop.run("check")
    shop.run("sync")
    shop.commit("Merge toys")
    assert [pin for pin in pins(shop.directory) if pin[0] == "t"] == ["tax 1.0", "tester 1.0", "toys 1.0"]


def june_upgrades_one_package(shop: Shop) -> None:
    """Newer releases move nothing by themselves; what is asked for moves alone."""
    for name in ("basket", "money", "paint", "tax"):
        shop.release(name, "1.1", ["paint"] if name == "basket" else ())
    before = (shop.directory / "pylock.toml").read_bytes()
    shop.run("lock", "--refresh")
    assert (shop.directory / "pylock.toml").read_bytes() == before

    shop.run("lock", "-P", "money")

    assert shop.run("diff").out.splitlines()[1:] == ["  ~ money 1.0 → 1.1"]
    shop.commit("Upgrade money")


def july_loosens_a_requirement(shop: Shop) -> None:
    shop.declare("basket", "money", "stamps", "tax", "toys")

    reported = shop.run("check", "--format", "github").out

    assert reported == "::notice file=pyproject.toml,line=7,col=5,title=lockenv%3A changed::money>=1.0 became money\n"
    shop.run("lock")
    shop.commit("Take any money")


def september_notices_a_yanked_release(shop: Shop) -> None:
    """Offline all is well; the index knows better, and the command that is named fixes it."""
    shop.release("tax", "1.1")
    shop.index.add(wheel("tax", "1.0"), yanked="wrong rate")
    shop.run("check")

    assert shop.rules("--online") == [("yanked", "tax 1.0 is yanked: wrong rate; when it was locked, it was not")]
    assert "hint: run `lockenv lock -P tax`" in shop.run("check", "--online", code=1).err

    shop.run("lock", "-P", "tax")
    shop.commit("Leave the yanked tax")
    assert shop.rules("--online", code=0) == []
    assert "tax 1.1" in pins(shop.directory)


def november_notices_other_bytes(shop: Shop) -> None:
    """An index has other bytes for a file than the lock: `check --online` says no, `sync` refuses, nothing changes."""
    honest, evil = wheel("toys", "1.0"), wheel("toys", "1.0", files={"toys.py": "evil = True\n"})
    shop.run("sync")
    shop.index.add(evil)
    shutil.rmtree(shop.directory.with_name("shop.cache"))
    shutil.rmtree(shop.directory / ".venv")

    assert shop.rules("--online") == [
        (
            "other-bytes",
            f"toys 1.0: HASH MISMATCH for {honest.filename}: "
            f"locked sha256 {honest.sha256}, the index lists {evil.sha256}",
        )
    ]
    before = snapshot(shop.directory)
    assert "toys-1.0-py3-none-any.whl" in shop.run("sync", code=2).err
    assert snapshot(shop.directory) == before
    shop.index.add(honest)
    shop.run("sync")
    shop.run("verify")


def december_looks_back(shop: Shop) -> None:
    """The lock of a clean machine is the lock of the year, byte for byte; the year is one diff."""
    shop.index.statuses["stamps"] = ("archived", "nobody writes letters")
    assert shop.rules("--online", code=0)[0][0] == "archived"
    before = (shop.directory / "pylock.toml").read_bytes()
    shutil.rmtree(shop.directory.with_name("shop.cache"))
    shop.run("lock", "--refresh")

    assert (shop.directory / "pylock.toml").read_bytes() == before
    assert shop.run("diff", "january", "HEAD").out.splitlines() == [
        "pylock.toml at january → pylock.toml at HEAD: 3 added, 1 changed",
        "  ~ money 1.0 → 1.1",
        "  + stamps 1.0",
        "  + tax 1.1",
        "  + toys 1.0",
    ]
    assert git(shop.directory, "status", "--porcelain", "--", "pylock.toml") == ""


def test_lock_is_trusted_for_a_year(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.page_cache_control = "no-cache"
        shop = Shop(tmp_path / "shop", index)
        (shop.directory / ".gitignore").write_text(".venv/\n", encoding="utf-8")
        january_locks(shop)
        git(shop.directory, "config", "merge.lockenv.driver", f"{PYTHON} -m lockenv merge-driver %O %A %B %P")
        february_forgets_to_lock(shop)
        march_locks_and_reviews(shop)
        april_merges_two_branches(shop)
        june_upgrades_one_package(shop)
        july_loosens_a_requirement(shop)
        september_notices_a_yanked_release(shop)
        november_notices_other_bytes(shop)
        december_looks_back(shop)
