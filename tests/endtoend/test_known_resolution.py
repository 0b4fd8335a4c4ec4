"""What is remembered of a resolution: the same answer where nothing that decides it changed, and never another."""

from __future__ import annotations

import json
import random
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lockenv import LockRequest, Settings, lock
from lockenv.index import kept_pages, metadata_reader
from lockenv.operations.known_resolution import NoteRecorder
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.progress import SILENT_LISTENER
from tests.endtoend.conftest import APP, LIB
from tests.endtoend.test_known_answers import looked_at
from tests.endtoend.test_module_budget import loaded_whole
from tests.support.pages import provenance
from tests.support.program import environment, lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.server import After, Answer, LoopbackIndex, Stall
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SEARCH = "lockenv.resolve.solve"
"""What is loaded where something is resolved."""
_EMPTY = 'lock-version = "1.0"\ncreated-by = "lockenv"\npackages = []\n'


def text_of(project: Path) -> bytes:
    return (project / "pylock.toml").read_bytes()


def is_known(project: Path, *args: str) -> bool:
    """Lock again from nothing, and return whether that needs no search."""
    (project / "pylock.toml").unlink(missing_ok=True)
    return _SEARCH not in loaded_whole(project, "lock", *args)


def forget(project: Path) -> None:
    """Remove what is remembered of resolutions, and the lock."""
    shutil.rmtree(project.with_name(f"{project.name}.cache") / "resolutions-2", ignore_errors=True)
    (project / "pylock.toml").unlink(missing_ok=True)


def remembered(project: Path) -> list[Path]:
    return sorted(project.with_name(f"{project.name}.cache").glob("resolutions-2/*"))


def test_lock_that_was_resolved_before_is_known_and_the_same(locked: Path, index: LoopbackIndex) -> None:
    before, asked = text_of(locked), len(index.requests)

    assert is_known(locked)

    assert (text_of(locked), len(index.requests)) == (before, asked)


def test_messages_are_the_same(locked: Path) -> None:
    forget(locked)
    searched = lockenv("lock", "--color", "never", cwd=locked)
    (locked / "pylock.toml").unlink()

    known = lockenv("lock", "--color", "never", cwd=locked)

    assert [line for line in known.err.splitlines() if " in " not in line] == [
        line for line in searched.err.splitlines() if " in " not in line
    ]
    assert (known.code, known.out) == (0, searched.out)


@pytest.mark.parametrize("stays", [True, False], ids=["with the lock", "without it"])
def test_upgrade_that_found_nothing_is_known(locked: Path, *, stays: bool) -> None:
    for _ in range(2):
        assert lockenv("lock", "-U", cwd=locked).code == 0
    if not stays:
        (locked / "pylock.toml").unlink()

    loaded = loaded_whole(locked, "lock", "-U")

    assert (_SEARCH in loaded) is (not stays)


def test_pages_that_are_no_longer_fresh_are_asked_for_once_and_all_at_once(project: Path, index: LoopbackIndex) -> None:
    index.page_cache_control = "max-age=0"
    assert lockenv("lock", cwd=project).code == 0
    before = text_of(project)
    index.requests.clear()

    assert is_known(project)

    assert text_of(project) == before
    assert sorted(index.paths) == [f"/simple/{name}/" for name in ("app", "lib", "ribbon", "tester", "winpart")]


@pytest.mark.parametrize("age", ["max-age=0", "max-age=600"])
def test_new_release_is_locked_once_its_page_is_due(project: Path, index: LoopbackIndex, age: str) -> None:
    index.page_cache_control = age
    assert lockenv("lock", cwd=project).code == 0
    index.add(wheel("lib", "1.2"))

    assert is_known(project) is (age == "max-age=600")

    assert (b'version = "1.2"' in text_of(project)) is (age == "max-age=0")
    assert lockenv("lock", "-U", "--refresh", cwd=project).code == 0
    assert b'version = "1.2"' in text_of(project)
    assert is_known(project) is (age == "max-age=0")
    assert b'version = "1.2"' in text_of(project)


def test_page_that_came_back_is_not_the_one_that_was_gone(project: Path, index: LoopbackIndex) -> None:
    index.page_cache_control = "max-age=0"
    assert lockenv("lock", cwd=project).code == 0
    index.add(wheel("lib", "1.1"), yanked="broken")
    assert not is_known(project)
    assert b'version = "1.0"' in text_of(project)
    index.add(wheel("lib", "1.1"))

    assert not is_known(project)

    assert b'version = "1.1"' in text_of(project)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", "# a comment\n"),
        ("lockenv.toml", 'fork = "fewest"\n'),
        ("uv.toml", "# a comment\n"),
        ("pylock.build.toml", _EMPTY),
    ],
)
def test_other_files_are_another_question(locked: Path, file: str, text: str) -> None:
    with (locked / file).open("a", encoding="utf-8") as opened:
        opened.write(text)

    assert not is_known(locked)


def test_pythons_that_a_pin_file_decides_are_part_of_the_question(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", ["lib"], index=index.url, requires_python="")
    assert lockenv("lock", cwd=project).code == 0
    (project / ".python-version").write_text("3.10\n", encoding="utf-8")

    assert not is_known(project)

    assert b'requires-python = ">=3.10"' in text_of(project)


@pytest.mark.parametrize(("form", "is_kept"), [(metadata_reader.FORM, False), (kept_pages.KIND, True)])
def test_damage_of_the_cache_is_noted_once(locked: Path, form: str, *, is_kept: bool) -> None:
    """Where the answer is known, and where it is searched."""
    cache = locked.with_name(f"{locked.name}.cache")
    for file in (cache / form).rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:-9])
    if not is_kept:
        forget(locked)
    said = []
    for _ in range(2):
        (locked / "pylock.toml").unlink(missing_ok=True)
        said.append("damaged" in lockenv("lock", cwd=locked).err)

    assert said == [True, False]


@pytest.mark.parametrize(
    "args",
    [("--refresh",), ("-v",), ("--refresh-package", "lib"), ("-P", "lib<1.1"), ("--allow-build", "lib")],
    ids=" ".join,
)
def test_options_that_ask_for_more_are_answered_in_full(locked: Path, args: tuple[str, ...]) -> None:
    assert not is_known(locked, *args)


def test_notes_are_said_again(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("torn", "1.0"), yanked="it is torn")
    project = write_project(tmp_path / "project", ["torn==1.0"], index=index.url)
    first = lockenv("lock", cwd=project)
    assert "it is torn" in first.err
    (project / "pylock.toml").unlink()

    second = lockenv("lock", cwd=project)

    assert "it is torn" in second.err
    assert is_known(project)


def test_note_that_quotes_any_characters_is_said_again_as_it_was(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("odd", "1.0"), wheel("odd", "2.0", requires=["b @@\tnote: \\x \u2028é"]))
    project = write_project(tmp_path / "project", ["odd"], index=index.url)
    first = lockenv("lock", cwd=project)
    (project / "pylock.toml").unlink()

    second = lockenv("lock", cwd=project)

    assert "b @@\\tnote: " in first.err
    assert second.err.splitlines()[0] == first.err.splitlines()[0]
    assert is_known(project)


def test_release_that_was_left_out_as_its_file_was_gone_is_looked_at_again(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(wheel("soil", "1.0"), sdist("soil", "2.0"))
    index.fail("soil-2.0", Answer(code=404), times=None)
    project = write_project(tmp_path / "project", ["soil"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    assert b'version = "1.0"' in text_of(project)
    index.heal()
    (project / "pylock.toml").unlink()

    assert lockenv("lock", cwd=project).code == 0

    assert b'version = "2.0"' in text_of(project)


@pytest.mark.parametrize("position", [0, 70, 200, -1], ids=["digest", "question", "states", "text"])
def test_damaged_memory_is_no_memory(locked: Path, position: int) -> None:
    before = text_of(locked)
    (file,) = remembered(locked)
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)

    assert not is_known(locked)

    assert text_of(locked) == before
    assert is_known(locked)


def test_one_answer_is_remembered_for_each_lock(locked: Path) -> None:
    for comment in ("# one\n", "# two\n"):
        with (locked / "pyproject.toml").open("a", encoding="utf-8") as opened:
            opened.write(comment)
        (locked / "pylock.toml").unlink()
        assert lockenv("lock", cwd=locked).code == 0

    assert len(remembered(locked)) == 1


def test_offline_what_the_cache_has_is_enough(project: Path, index: LoopbackIndex) -> None:
    index.page_cache_control = "max-age=0"
    assert lockenv("lock", "--offline", cwd=project).code == 2
    assert lockenv("lock", cwd=project).code == 0
    (project / "pylock.toml").unlink()
    assert lockenv("lock", "--offline", cwd=project).code == 0
    index.requests.clear()

    assert is_known(project, "--offline")

    assert index.paths == []


def test_index_that_is_out_of_reach_is_what_it_is_without_a_memory(project: Path, index: LoopbackIndex) -> None:
    index.page_cache_control = "max-age=0"
    assert lockenv("lock", cwd=project).code == 0
    (project / "pylock.toml").unlink()
    index.stop()

    result = lockenv("lock", cwd=project)

    assert (result.code, (project / "pylock.toml").exists()) == (2, False)
    assert "connection refused" in result.err


@pytest.mark.parametrize(
    "tool",
    [
        {"exclude-newer": "2 days"},
        {"exclude-newer": "2027-01-01T00:00:00Z"},
        {"find-links": ["."]},
        {"no-build": True},
        {"publishers": {}},
        {"licenses": {"deny": ["GPL-*"]}},
        {"deny-startup-code": True},
        {"python": f"{sys.version_info[0]}.{sys.version_info[1]}.*"},
    ],
    ids=json.dumps,
)
def test_what_more_decides_is_not_remembered(project: Path, index: LoopbackIndex, tool: dict[str, object]) -> None:
    for built in (APP, LIB, wheel("winpart", "0.1")):
        index.add(built, upload_time="2026-01-01T00:00:00Z")
    write_project(project, ["app>=1"], index=index.url, tool=tool)
    assert lockenv("lock", cwd=project, env={"LOCKENV_NOW": "2026-12-01T00:00:00Z"}).code == 0

    assert remembered(project) == []


def test_resolution_reads_no_file_and_no_variable_that_is_not_part_of_the_question(locked: Path) -> None:
    """Whatever else an answer depends on would have to be part of what it is remembered under.

    Of the variables, those for an index say where its pages are, which is part of what they said, or let them be read.
    """
    (locked / "pylock.toml").unlink()

    seen, errors = looked_at(locked, "assert lock(LockRequest(), settings).new.effort")

    files = {each for each in seen if each.endswith(".toml") or "/" in each} - {".pylock.toml"}
    own = {each for each in seen if each.startswith("LOCKENV_")}
    assert errors == ""
    assert {each for each in files if not each.startswith(".")} <= {
        "lockenv.toml",
        "pylock.build.toml",
        "pylock.toml",
        "pyproject.toml",
        "uv.toml",
    }
    assert own <= {f"LOCKENV_INDEX_LOOPBACK_{each}" for each in ("URL", "USERNAME", "PASSWORD", "CLIENT_CERT")}
    assert not {each for each in seen if each.startswith(("UV_", "PIP_", "PYTHON"))}


def test_pages_of_another_server_are_other_pages(tmp_path: Path, index: LoopbackIndex) -> None:
    """The place of an index may be left to a variable, which is no part of the question: its pages are."""
    project = write_project(tmp_path / "project", ["app"], index="http://127.0.0.1:${PLACE}/simple/")
    leave = {"LOCKENV_VARIABLES": "PLACE"}
    with LoopbackIndex() as other:
        index.absolute_urls = True
        for built in (APP, LIB, wheel("lib", "1.0"), wheel("winpart", "0.1")):
            other.add(built, url=index.file_url(built.filename))  # a mirror of pages alone
        for place in (index, other, index):
            (project / "pylock.toml").unlink(missing_ok=True)

            assert lockenv("lock", cwd=project, env={**leave, "PLACE": str(place.port)}).code == 0

            assert place.url.encode() in text_of(project)


def test_page_of_the_same_length_is_another(project: Path, index: LoopbackIndex) -> None:
    index.page_cache_control = "max-age=0"
    index.add(LIB, requires_python=">=3.10")
    assert lockenv("lock", cwd=project).code == 0
    index.add(LIB, requires_python=">=3.99")

    assert not is_known(project)

    assert b'name = "lib"\nversion = "1.0"' in text_of(project)


class _Editor:
    """Who edits the project while it is locked."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self, *_: object) -> None:
        text = self._file.read_text(encoding="utf-8")
        self._file.write_text(text.replace('"app>=1"', '"ribbon"'), encoding="utf-8")

    def advance(self, *_: object, note: str = "") -> None:
        pass

    def end(self) -> None:
        pass


def test_project_that_is_edited_meanwhile_is_resolved_again(project: Path) -> None:
    variables = environment(project)
    settings = Settings(
        directory=str(project),
        environ=variables,
        now="2026-01-01T00:00:00Z",
        cache_dir=variables["LOCKENV_CACHE_DIR"],
    )

    class Hearer(NoteRecorder):
        def progress(self) -> Any:
            return _Editor(project / "pyproject.toml")

    lock(LockRequest(), settings, Hearer(SILENT_LISTENER))

    assert remembered(project) == []


def _at_random(chance: random.Random, index: LoopbackIndex, project: Path) -> Callable[[], object]:
    """Return one of the changes that the world, or a person, makes between two locks."""
    name = chance.choice("abcde")
    version = f"{chance.randrange(1, 4)}.{chance.randrange(4)}"
    later = [each for each in "abcde" if each > name]
    clauses = ("", ">=1.2", "<3", "; python_version < '3.13'")
    needs = [each + chance.choice(clauses) for each in later]
    built = wheel(name, version, requires=chance.sample(needs, min(len(needs), 2)))
    wanted = chance.sample("abcde", 2)
    return chance.choice(
        [
            lambda: index.add(built),
            lambda: index.add(built, yanked="no"),
            lambda: index.remove(built.filename),
            lambda: write_project(project, wanted, index=index.url),
            lambda: setattr(index, "page_cache_control", chance.choice(["max-age=0", "no-store", "max-age=600"])),
            lambda: None,
            lambda: None,
        ]
    )


@pytest.mark.parametrize("seed", range(6))
def test_answer_is_always_that_of_a_search_with_the_same_cache(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    project = write_project(tmp_path / "project", ["a", "c"])
    known = 0
    with LoopbackIndex() as index:
        write_project(project, ["a", "c"], index=index.url)
        index.add_all(*(wheel(name, "1.0") for name in "abcde"))
        index.page_cache_control = "max-age=0"
        for _ in range(25):
            _at_random(chance, index, project)()
            args = ["lock", *chance.choice([[], ["-U"]])]
            if chance.random() < 0.7:
                (project / "pylock.toml").unlink(missing_ok=True)
            before = (project / "pylock.toml").read_bytes() if (project / "pylock.toml").exists() else None
            files = remembered(project)
            stamps = [file.stat().st_mtime_ns for file in files]
            first = lockenv_here(*args, cwd=project)
            text = text_of(project) if first.code == 0 else b""
            known += bool(files) and stamps == [file.stat().st_mtime_ns for file in files]
            forget(project)
            if before is not None:
                (project / "pylock.toml").write_bytes(before)
            second = lockenv_here(*args, cwd=project)
            assert (second.code, text_of(project) if second.code == 0 else b"") == (first.code, text)
    assert known


@pytest.mark.parametrize("args", [("lock",), ("lock", "-U")], ids=" ".join)
def test_due_pages_of_what_is_locked_are_asked_for_though_the_search_does_not_know_yet(
    tmp_path: Path, index: LoopbackIndex, args: tuple[str, ...]
) -> None:
    index.page_cache_control = "max-age=0"
    index.add_all(*(wheel(name, "1.0", requires=[needs]) for name, needs in zip("abc", "bcd", strict=True)))
    index.add(wheel("d", "1.0"))
    project = write_project(tmp_path / "project", ["a"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    write_project(project, ["a<2"], index=index.url)
    others = frozenset(("/simple/c/", "/simple/d/"))
    index.fail("/simple/b/", After(others, Answer(code=403)), times=None)
    index.requests.clear()

    assert lockenv(*args, cwd=project).code == 2

    assert others <= set(index.paths)


def test_index_hears_of_no_name_of_another_that_is_no_longer_declared(tmp_path: Path, index: LoopbackIndex) -> None:
    with LoopbackIndex() as private:
        index.page_cache_control = private.page_cache_control = "max-age=0"
        private.add_all(wheel("secret", "1.0", requires=["app"]))
        own = {"name": "private", "url": private.url, "explicit": True}
        tool = {"index": [own], "sources": {"secret": {"index": "private"}}}
        project = write_project(tmp_path / "project", ["secret"], index=index.url, tool=tool)
        assert lockenv("lock", cwd=project).code == 0
        write_project(project, ["app"], index=index.url)
        index.requests.clear()

        assert lockenv("lock", "-U", cwd=project).code == 0

    assert sorted(index.paths) == [f"/simple/{name}/" for name in ("app", "lib", "winpart")]


def test_file_whose_hash_no_page_states_is_read_again(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("loose", "1.0"), sha256=False, size=False)
    project = write_project(tmp_path / "project", ["loose"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    before = text_of(project)
    index.add(wheel("loose", "1.0", files={"loose.py": "X = 2\n"}), sha256=False, size=False)

    assert not is_known(project)

    assert text_of(project) != before


def test_release_that_was_left_out_by_a_file_without_hash_is_looked_at_again(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add(wheel("loose", "1.0"))
    index.add(wheel("loose", "2.0", requires=["lib>9"]), sha256=False, size=False, metadata=False)
    project = write_project(tmp_path / "project", ["loose"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    assert b'version = "1.0"' in text_of(project)
    index.add(wheel("loose", "2.0"), sha256=False, size=False, metadata=False)

    assert not is_known(project)

    assert b'version = "2.0"' in text_of(project)


def test_wheel_that_could_not_be_compared_with_the_others_is_looked_at_again(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    here, there = (f"cp312-cp312-{system}" for system in ("manylinux_2_17_x86_64", "win_amd64"))
    index.add(wheel("pair", "1.0", tag=here))
    index.add(wheel("pair", "1.0", tag=there, requires=["lib"]))
    index.fail("/files/pair-1.0-cp312-cp312-win", Answer(code=404), times=None)
    project = write_project(tmp_path / "project", ["pair"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    assert b'name = "lib"' not in text_of(project)
    index.heal()

    assert not is_known(project)

    assert b'name = "lib"' in text_of(project)


def test_metadata_file_that_was_not_served_is_noted_once(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("torn", "1.0"), metadata="advertised-but-missing")
    project = write_project(tmp_path / "project", ["torn"], index=index.url)
    noted = []
    for _ in range(3):
        (project / "pylock.toml").unlink(missing_ok=True)
        noted.append("advertises a metadata file" in lockenv("lock", cwd=project).err)

    assert noted == [True, False, False]


def test_publisher_that_could_not_be_read_is_asked_for_again(tmp_path: Path, index: LoopbackIndex) -> None:
    signed = provenance({"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"})
    index.page_cache_control = "max-age=0"
    index.add(wheel("signed", "1.0"), provenance=signed)
    project = write_project(tmp_path / "project", ["signed"], index=index.url, tool={"publishers": {}})
    assert lockenv("lock", cwd=project).code == 0
    write_project(project, ["signed"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    index.add(wheel("signed", "2.0"), provenance=signed)
    index.fail("/integrity/", Answer(code=404), times=None)
    assert "could not be read" in lockenv("lock", "-U", "--dry-run", cwd=project).err
    index.heal()

    assert lockenv("lock", "-U", cwd=project).code == 0

    assert b"attestation-identities" in text_of(project)


@pytest.mark.parametrize("rest", [b"", b"\xff", b"a\nb\nno-state\n\n", b"a\nb\nc d e\n\n"])
def test_memory_of_another_form_is_no_memory(locked: Path, rest: bytes) -> None:
    before = text_of(locked)
    (file,) = remembered(locked)
    file.write_bytes(blake2b(rest).hexdigest().encode() + rest)

    assert not is_known(locked)

    assert text_of(locked) == before


@pytest.mark.parametrize("silent", ["a", "z"])
def test_page_that_never_comes_is_not_waited_for_once_another_has_changed(
    tmp_path: Path, index: LoopbackIndex, silent: str
) -> None:
    index.page_cache_control = "max-age=0"
    index.add_all(wheel("m", "1.0", requires=[silent]), wheel(silent, "1.0"))
    project = write_project(tmp_path / "project", ["m"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    (project / "pylock.toml").unlink()
    index.add(wheel("m", "2.0"))
    index.fail(f"/simple/{silent}/", Stall(60), times=None)

    assert lockenv("lock", cwd=project, timeout=12).code == 0

    assert b'version = "2.0"' in text_of(project)


def test_more_due_pages_than_threads_are_all_compared(tmp_path: Path, index: LoopbackIndex) -> None:
    index.page_cache_control = "max-age=0"
    names = [f"p{number}" for number in range(60)]
    index.add_all(*(wheel(name, "1.0") for name in names))
    project = write_project(tmp_path / "project", names, index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    assert is_known(project)
    index.add(wheel("p59", "2.0"))

    assert not is_known(project)

    assert b'version = "2.0"' in text_of(project)
