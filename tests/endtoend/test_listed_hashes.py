"""Requirements files with hashes are locked, and lock no other files than those that they list."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import Result
    from tests.support.server import LoopbackIndex

OLD, NEW = wheel("thing", "1.0", requires=["part"]), wheel("thing", "2.0")
SOURCES = sdist("thing", "1.0", requires=["part"])
PART = wheel("part", "1.0")
ELSE = "0" * 64


@pytest.fixture
def served(index: LoopbackIndex) -> LoopbackIndex:
    index.add_all(OLD, SOURCES, NEW, PART)
    return index


def lock(directory: Path, index: LoopbackIndex, text: str, *options: str) -> Result:
    (directory / "requirements.txt").write_text(f"--index-url {index.url}\n{text}\n")
    return lockenv("lock", "-r", "requirements.txt", *options, cwd=directory)


def files(directory: Path) -> list[str]:
    """Return the names of all locked files, sorted."""
    packages = tomllib.loads((directory / "pylock.toml").read_text())["packages"]
    some = [file for package in packages for file in (*package.get("wheels", ()), package.get("sdist")) if file]
    return sorted(file["url"].rpartition("/")[2] for file in some)


def one_line(result: Result) -> str:
    return " ".join((result.out + result.err).split())


def test_output_of_other_tools_is_locked_with_the_files_it_lists(tmp_path: Path, served: LoopbackIndex) -> None:
    text = (
        f"thing==1.0 \\\n    --hash=sha256:{OLD.sha256} \\\n    --hash=sha256:{ELSE}\n    # via -r in\n"
        f"part==1.0 \\\n    --hash=sha256:{PART.sha256}\n    # via thing\n"
    )

    first = lock(tmp_path, served, text)
    later = [lockenv(*args, "-r", "requirements.txt", cwd=tmp_path) for args in (["check"], ["lock", "--check"])]
    steps = [first, *later, lockenv("lock", "-r", "requirements.txt", cwd=tmp_path)]

    assert [step.code for step in steps] == [0, 0, 0, 0], [step.err for step in steps]
    assert files(tmp_path) == [PART.filename, OLD.filename]
    inputs = tomllib.loads((tmp_path / "pylock.toml").read_text())["tool"]["lockenv"]["inputs"]
    assert sorted(inputs["hashes"]) == ["part", "thing"]


def test_own_export_is_locked_to_the_same_files(tmp_path: Path, served: LoopbackIndex) -> None:
    assert lock(tmp_path, served, "thing").code == 0
    before = files(tmp_path)
    (tmp_path / "again").mkdir()
    exported = lockenv("export", "-o", "again/requirements.txt", cwd=tmp_path)

    again = lockenv("lock", "-r", "requirements.txt", cwd=tmp_path / "again")

    assert (exported.code, again.code) == (0, 0), again.err
    assert files(tmp_path / "again") == before


def test_hash_chooses_among_the_versions_that_are_admitted(tmp_path: Path, served: LoopbackIndex) -> None:
    done = lock(tmp_path, served, f"thing>=1 --hash=sha256:{OLD.sha256}")

    assert done.code == 0, done.err
    assert files(tmp_path) == [PART.filename, OLD.filename]


def test_hash_of_a_constraint_binds_what_others_require(tmp_path: Path, served: LoopbackIndex) -> None:
    (tmp_path / "limits.txt").write_text(f"part==1.0 --hash=sha256:{ELSE}\n")

    refused = lock(tmp_path, served, "-c limits.txt\nthing==1.0")

    assert refused.code == 2
    assert f"no file of `part==1.0` on {served.url} has a hash that limits.txt:1 lists" in one_line(refused)


@pytest.mark.parametrize("options", [(), ("--offline",), ("-U",)])
def test_files_without_a_listed_hash_are_refused_at_once(
    tmp_path: Path, served: LoopbackIndex, options: tuple[str, ...]
) -> None:
    """Also where the page and the metadata are in the cache, and where the lock that is there has the release."""
    assert lock(tmp_path, served, "thing==1.0").code == 0
    before = (tmp_path / "pylock.toml").read_bytes()

    refused = lock(tmp_path, served, f"thing==1.0 --hash=sha256:{ELSE}", *options)

    assert refused.code == 2
    assert f"no file of `thing==1.0` on {served.url} has a hash that requirements.txt:2 lists" in one_line(refused)
    assert (tmp_path / "pylock.toml").read_bytes() == before


def test_file_whose_hash_the_index_does_not_state_is_compared_when_it_is_fetched(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add(NEW, sha256="")

    accepted = lock(tmp_path, index, f"thing==2.0 --hash=sha256:{NEW.sha256}")
    refused = lock(tmp_path, index, f"thing==2.0 --hash=sha256:{ELSE}")

    assert (accepted.code, refused.code) == (0, 2), accepted.err
    assert f"{NEW.filename} has the sha256 {NEW.sha256}, which requirements.txt:2 does not list" in one_line(refused)


def test_archive_by_its_url_is_compared_too(tmp_path: Path, served: LoopbackIndex) -> None:
    url = f"{served.url.removesuffix('simple/')}files/{NEW.filename}"

    accepted = lock(tmp_path, served, f"thing @ {url} --hash=sha256:{NEW.sha256}")
    refused = lock(tmp_path, served, f"thing @ {url} --hash=sha256:{ELSE}")

    assert (accepted.code, refused.code) == (0, 2), accepted.err + refused.err
    assert f"has the sha256 {NEW.sha256}, which requirements.txt:2 does not list" in one_line(refused)


def test_other_hashes_make_the_lock_stale(tmp_path: Path, served: LoopbackIndex) -> None:
    both = f"--hash=sha256:{OLD.sha256} --hash=sha256:{SOURCES.sha256}"
    assert lock(tmp_path, served, f"thing==1.0 {both}").code == 0
    assert SOURCES.filename in files(tmp_path)
    text = (tmp_path / "requirements.txt").read_text()
    (tmp_path / "requirements.txt").write_text(text.replace(f" --hash=sha256:{SOURCES.sha256}", ""))

    stale = lockenv("check", "-r", "requirements.txt", cwd=tmp_path)
    again = lockenv("lock", "-r", "requirements.txt", cwd=tmp_path)

    assert (stale.code, again.code) == (1, 0), again.err
    assert "the lockfile does not record the hashes that the requirements files list" in one_line(stale)
    assert SOURCES.filename not in files(tmp_path)


def test_hashes_of_everything_can_be_required(tmp_path: Path, served: LoopbackIndex) -> None:
    thing = f"--require-hashes\nthing==1.0 --hash=sha256:{OLD.sha256}"

    refused = lock(tmp_path, served, thing)
    plain = lock(tmp_path, served, thing.removeprefix("--require-hashes\n"))
    stale = lock(tmp_path, served, f"{thing}\npart --hash=sha256:{PART.sha256}", "--check")
    whole = lock(tmp_path, served, f"{thing}\npart --hash=sha256:{PART.sha256}")

    assert [each.code for each in (refused, plain, stale, whole)] == [2, 0, 1, 0], whole.err
    assert "no hash is listed for part 1.0, and requirements.txt:2 requires hashes" in one_line(refused)
    assert files(tmp_path) == [PART.filename, OLD.filename]


def test_hashes_of_a_file_that_is_added_are_named_as_left_out(tmp_path: Path, served: LoopbackIndex) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = []\n'
        f'[[tool.lockenv.index]]\nname = "loopback"\nurl = "{served.url}"\n'
    )
    (tmp_path / "requirements.txt").write_text(f"part==1.0 --hash=sha256:{PART.sha256}\n")

    added = lockenv("add", "-r", "requirements.txt", "--no-sync", cwd=tmp_path)

    assert added.code == 0, added.err
    assert "the hashes of requirements.txt were not added" in one_line(added)
