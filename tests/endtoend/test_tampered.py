"""Locks that somebody tampered with, reported by `check`, or by `check --online` where only the index can know.

Each is tried twice: edited alone, and edited and sealed again by somebody who knows how. docs/security.md has the list.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lockenv.context.settings import Settings
from lockenv.errors import BugError
from lockenv.lockfile.digest import sealed_text, sealed_with_text
from lockenv.lockfile.toml_writer import lay_out
from lockenv.operations import load
from lockenv.operations.delivery import deliver
from lockenv.operations.resolving import NewLock
from tests.endtoend.conftest import APP, LIB
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.server import LoopbackIndex

    Document = dict[str, Any]


class Tampering(NamedTuple):
    """One way to tamper, and the rule that reports it: when it was only edited, and when it was sealed again."""

    tamper: Callable[[Document], None]
    edited: str
    sealed: str
    """Of `check`; with `online ` before it, of `check --online`; empty where nothing can show it."""


def entry(document: Document, name: str) -> Document:
    found: Document = next(package for package in document["packages"] if package["name"] == name)
    return found


def put(name: str, key: str, value: object) -> Callable[[Document], None]:
    """Set, or with None remove, `key` of an entry; `a.b` is `b` in `a`."""

    def tamper(document: Document) -> None:
        table: Any = entry(document, name)
        *path, last = key.split(".")
        for part in path:
            table = table[int(part)] if isinstance(table, list) else table[part]
        if value is None:
            del table[last]
        else:
            table[last] = value

    return tamper


def drop(*names: str) -> Callable[[Document], None]:
    """Remove entries."""

    def tamper(document: Document) -> None:
        document["packages"] = [package for package in document["packages"] if package["name"] not in names]

    return tamper


def top(key: str, value: object) -> Callable[[Document], None]:
    return lambda document: document.update({key: value})


def both(*some: Callable[[Document], None]) -> Callable[[Document], None]:
    def tamper(document: Document) -> None:
        for one in some:
            one(document)

    return tamper


def _add_entry(document: Document) -> None:
    evil = wheel("evil", "1.0")
    table = {"url": f"https://evil.example/{evil.filename}", "size": evil.size, "hashes": {"sha256": evil.sha256}}
    document["packages"].append({"name": "evil", "version": "1.0", "wheels": [table]})


def _add_required_entry(document: Document) -> None:
    _add_entry(document)
    app = entry(document, "app")
    app["tool"]["lockenv"]["requires-dist"].append("evil")
    app["dependencies"].insert(0, {"name": "evil"})
    entry(document, "evil")["index"] = app["index"]


def _add_wheel(document: Document) -> None:
    name = "lib-1.1-py2.py3-none-any.whl"
    table = {"url": f"https://evil.example/{name}", "size": 10, "hashes": {"sha256": "0" * 64}}
    entry(document, "lib")["wheels"].append(table)


def _strip(document: Document) -> None:
    del document["tool"]
    for package in document["packages"]:
        del package["tool"]


def _strip_digests(document: Document) -> None:
    del document["tool"]["lockenv"]["digest"]
    for package in document["packages"]:
        del package["tool"]["lockenv"]["digest"]


def _older(document: Document) -> None:
    """Put another release in, whole: every requirement admits it."""
    lib, old = entry(document, "lib"), wheel("lib", "1.0")
    url = lib["wheels"][0]["url"].replace(LIB.filename, old.filename)
    lib["version"] = "1.0"
    lib["wheels"] = [{"url": url, "size": old.size, "hashes": {"sha256": old.sha256}}]


def _without_lib(document: Document) -> None:
    drop("lib")(document)
    app = entry(document, "app")
    app["tool"]["lockenv"]["requires-dist"] = [
        text for text in app["tool"]["lockenv"]["requires-dist"] if not text.startswith("lib")
    ]
    app["dependencies"] = [table for table in app["dependencies"] if table["name"] != "lib"]


LIB_URL = f"https://evil.example/{LIB.filename}"
TAMPERINGS = {
    "url moved to another host": Tampering(put("lib", "wheels.0.url", LIB_URL), "altered", "online elsewhere"),
    "hash changed": Tampering(put("lib", "wheels.0.hashes", {"sha256": "0" * 64}), "altered", "online other-bytes"),
    "size changed": Tampering(put("lib", "wheels.0.size", 1), "altered", "online other-bytes"),
    "file put in": Tampering(_add_wheel, "altered", "online gone"),
    "file from a path with another hash": Tampering(
        put("lib", "wheels", [{"path": LIB.filename, "hashes": {"sha256": "0" * 64}}]), "altered", "online other-bytes"
    ),
    "entry dropped": Tampering(drop("lib"), "unsound", "unsound"),
    "entry dropped with all that requires it": Tampering(_without_lib, "altered", "online metadata"),
    "entry put in": Tampering(_add_entry, "altered", "unsound"),
    "entry put in and required": Tampering(_add_required_entry, "altered", "online gone"),
    "entry twice, with another version": Tampering(
        lambda document: document["packages"].append({**entry(document, "lib"), "version": "1.1.0"}),
        "unreadable",
        "unreadable",
    ),
    "source is a directory": Tampering(
        both(put("lib", "wheels", None), put("lib", "directory", {"path": "lib"})), "altered", "source"
    ),
    "marker widened": Tampering(put("winpart", "marker", None), "altered", "unsound"),
    "marker narrowed": Tampering(put("lib", "marker", "os_name == 'nt'"), "altered", "unsound"),
    "edge removed": Tampering(put("app", "dependencies", [{"name": "ribbon"}, {"name": "winpart"}]), "altered", "edge"),
    "edge put in": Tampering(put("lib", "dependencies", [{"name": "tester"}]), "altered", "edge"),
    "requirement removed": Tampering(put("app", "tool.lockenv.requires-dist", ["lib>=1"]), "altered", "unsound"),
    "version swapped alone": Tampering(put("lib", "version", "1.0"), "unreadable", "unreadable"),
    "release swapped whole": Tampering(_older, "altered", ""),
    "Python of an entry narrowed": Tampering(put("lib", "requires-python", ">=3.13"), "altered", "unsound"),
    "Python of an entry widened": Tampering(put("app", "requires-python", None), "altered", "online metadata"),
    "Python of the lock narrowed": Tampering(top("requires-python", ">=3.13"), "altered", "not-covered"),
    "environments narrowed": Tampering(top("environments", ["sys_platform == 'linux'"]), "altered", "not-covered"),
    "default groups changed": Tampering(top("default-groups", []), "altered", "unsound"),
    "index changed": Tampering(put("lib", "index", "https://evil.example/simple/"), "altered", "online unasked"),
    "digests taken out": Tampering(_strip_digests, "altered", "altered"),
    "all that is lockenv's taken out": Tampering(_strip, "altered", "altered"),
}


@pytest.fixture
def target(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a locked project; its application needs a Python."""
    index.add(
        wheel(
            "app",
            "1.0",
            requires=["lib>=1", "winpart; sys_platform == 'win32'"],
            extras={"fancy": ["ribbon"]},
            requires_python=">=3.9",
        )
    )
    project = write_project(
        tmp_path / "project",
        ["app>=1"],
        index=index.url,
        extras={"fancy": ["app[fancy]"]},
        groups={"dev": ["tester"]},
    )
    assert lockenv("lock", cwd=project).code == 0
    return project


def spoil(project: Path, tamper: Callable[[Document], None], write: Callable[[Document], str]) -> None:
    lock = project / "pylock.toml"
    document = tomllib.loads(lock.read_text(encoding="utf-8"))
    tamper(document)
    lock.write_text(write(document), encoding="utf-8")


def rules(project: Path, *words: str) -> set[str]:
    """Return the rules of errors; a no and nothing else must be the answer where there are some."""
    result = lockenv("check", "--json", *words, cwd=project)
    found = {each["rule"] for each in json.loads(result.out)["findings"] if each["level"] == "error"}
    assert result.code in ((1, 2) if found else (0,)), result.err
    return found


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
def test_edited_lock_is_reported_by_check(target: Path, tampering: Tampering) -> None:
    spoil(target, tampering.tamper, lay_out)

    assert tampering.edited in rules(target)


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
def test_lock_that_was_sealed_again_is_reported_by_check_or_by_the_index(target: Path, tampering: Tampering) -> None:
    is_stripped = tampering.tamper in (_strip, _strip_digests)
    spoil(target, tampering.tamper, lay_out if is_stripped else sealed_text)

    place, _, rule = tampering.sealed.rpartition(" ")
    assert rule in rules(target) if rule and not place else not rules(target)
    if place:
        assert rule in rules(target, "--online")


def test_inputs_that_were_made_to_agree_do_not_hide_what_is_missing(target: Path, index: LoopbackIndex) -> None:
    index.add(wheel("more", "1.0"))
    write_project(
        target, ["app>=1", "more"], index=index.url, extras={"fancy": ["app[fancy]"]}, groups={"dev": ["tester"]}
    )
    spoil(
        target,
        lambda document: document["tool"]["lockenv"]["inputs"].update(dependencies=["app>=1", "more"]),
        sealed_text,
    )

    assert rules(target) == {"unsound"}


def test_honest_lock_is_reported_as_good(target: Path) -> None:
    assert (rules(target), rules(target, "--online"), APP.name) == (set(), set(), "app")


def test_lock_that_was_edited_is_made_again_by_lock(locked: Path) -> None:
    file = locked / "pylock.toml"
    right = file.read_text(encoding="utf-8")
    edited = re.sub(r"size = (\d)", r"size = 1\1", right)
    file.write_text(edited, encoding="utf-8")

    assert edited != right
    assert lockenv("check", cwd=locked).code == 1
    assert lockenv("lock", cwd=locked).code == 0
    assert (lockenv("check", cwd=locked).code, file.read_text(encoding="utf-8")) == (0, right)


@pytest.mark.parametrize("is_sealed", [False, True], ids=["sealed wrong", "as it was"])
def test_lock_after_a_change_seals_what_was_not_sealed_here(locked: Path, *, is_sealed: bool) -> None:
    lock, declared = locked / "pylock.toml", (locked / "pyproject.toml").read_text("utf-8")
    before = lock.read_text("utf-8")
    if not is_sealed:
        lock.write_text(re.sub(r'digest = "[0-9a-f]{4}', 'digest = "ffff', before), "utf-8")
    (locked / "pyproject.toml").write_text(declared.replace('"app>=1"', '"app>=1", "lib"'), "utf-8")

    assert lockenv("lock", cwd=locked).code == 0

    seals = re.compile(r'digest = "[0-9a-f]{32}"')
    assert seals.findall(lock.read_text("utf-8")) == seals.findall(before)


def test_lock_that_fails_its_proof_is_not_written(locked: Path) -> None:
    before = (locked / "pylock.toml").read_bytes()
    document = tomllib.loads(before.decode())
    drop("lib")(document)
    settings = Settings(directory=str(locked), environ={}, now="2026-01-01T00:00:00Z", cache_dir=str(locked / "cache"))
    project = load.project(settings)
    old = load.lock(project)
    manifest = load.manifest(project, settings, old)

    for composed in (None, document, tomllib.loads(before.decode())):
        made = NewLock(sealed_text(document), None, manifest, document=composed)
        with pytest.raises(BugError, match=r"failed verification: app 1\.0 requires lib>=1, but none is installed"):
            deliver(made, old, project, settings)
    assert (locked / "pylock.toml").read_bytes() == before


def test_lock_that_was_proved_before_is_what_its_text_reads(locked: Path) -> None:
    settings = Settings(directory=str(locked), environ={}, now="2026-01-01T00:00:00Z", cache_dir=str(locked / "cache"))
    project = load.project(settings)
    old = load.lock(project)
    manifest = load.manifest(project, settings, old)
    assert old is not None
    made = NewLock(old.text, None, manifest, document=sealed_with_text(old.document)[0])

    first, again = (deliver(made, None, project, settings).new for _ in range(2))

    assert (first, first.packages) == (again, again.packages)
