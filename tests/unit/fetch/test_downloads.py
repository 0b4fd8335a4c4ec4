from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import LockenvError, NetworkError, RefusedError
from lockenv.fetch.downloads import archive_path, download_all
from lockenv.fetch.wanted import FileRequest
from lockenv.files.file_state import FileState
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.names import Sha256
from tests.support.server import Answer, Reset, Truncate, WrongBytes
from tests.support.wheels import Built, sdist, wheel

if TYPE_CHECKING:
    from lockenv.fetch.fetcher import Fetcher
    from tests.support.server import Fault, LoopbackIndex
    from tests.unit.fetch.conftest import MakeFetcher


class Recorded:
    """A progress that sums up."""

    def __init__(self) -> None:
        self.total = 0

    def begin(self, activity: str, total: int | None = None, unit: str = "") -> None:
        pass

    def advance(self, amount: int = 1, note: str = "") -> None:  # noqa: ARG002 - the protocol names it
        self.total += amount

    def end(self) -> None:
        pass


def wanted(index: LoopbackIndex, built: Built) -> FileRequest:
    index.add(built)
    return FileRequest(
        url=index.file_url(built.filename), filename=built.filename, sha256=Sha256(built.sha256), size=built.size
    )


def refusal(fetcher: Fetcher, file: FileRequest, directory: Path) -> str:
    with pytest.raises(RefusedError) as caught:
        list(download_all([file], str(directory), fetcher))
    return caught.value.rule


@pytest.mark.parametrize("connections", [8, 0], ids=["threads", "no thread"])
def test_files_are_named_by_their_hash(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path, connections: int
) -> None:
    built = [wheel("a"), wheel("b"), sdist("c")]
    files = [wanted(index, one) for one in built]
    progress = Recorded()

    done = list(download_all(files, str(tmp_path), make_fetcher(connections=connections), progress))
    assert sorted(one.path for one in done) == sorted(
        archive_path(str(tmp_path), Sha256(one.sha256), one.filename) for one in built
    )
    assert [one.state for one in done] == [FileState.of(Path(one.path).stat()) for one in done]
    assert {Path(one.path).read_bytes() for one in done} == {one.content for one in built}
    assert progress.total == sum(one.size for one in built)


def test_file_that_is_there_is_not_fetched_again(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path
) -> None:
    file = wanted(index, wheel("a"))
    for _ in range(2):
        list(download_all([file], str(tmp_path), make_fetcher()))

    assert len(index.requests) == 1


def test_file_that_was_damaged_is_fetched_again(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path
) -> None:
    built = wheel("a")
    file = wanted(index, built)
    (first,) = download_all([file], str(tmp_path), make_fetcher())
    Path(first.path).write_bytes(b"damaged")
    (second,) = download_all([file], str(tmp_path), make_fetcher())

    assert Path(second.path).read_bytes() == built.content


@pytest.mark.parametrize("fault", [Truncate(), Reset(), Truncate(0)])
def test_broken_transfer_starts_again_and_counts_once(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path, fault: Fault
) -> None:
    built = wheel("a")
    file = wanted(index, built)
    index.fail("/files/", fault)
    progress = Recorded()

    (done,) = download_all([file], str(tmp_path), make_fetcher(), progress)
    assert Path(done.path).read_bytes() == built.content
    assert progress.total == built.size


def test_other_bytes_are_refused(index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    file = wanted(index, wheel("a"))
    index.fail("/files/", WrongBytes())

    assert refusal(make_fetcher(), file, tmp_path) == "hash-mismatch"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [b"", b"x", b"x" * (1 << 20)])
def test_other_sizes_are_refused(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path, change: bytes
) -> None:
    built = wheel("a")
    file = wanted(index, built)
    index.fail("/files/", Answer(built.content + change if change else built.content[:-1]))

    assert refusal(make_fetcher(), file, tmp_path) == "size-mismatch"
    assert list(tmp_path.iterdir()) == []


def test_encoded_file_is_refused(index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    file = wanted(index, wheel("a"))
    index.fail("/files/", Answer(b"x", {"Content-Encoding": "gzip"}))

    assert refusal(make_fetcher(), file, tmp_path) == "content-encoding"
    assert index.requests[0].headers["accept-encoding"] == "identity"


def test_missing_file_is_reported(index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    built = wheel("a")
    file = wanted(index, built)
    index.remove(built.filename)

    with pytest.raises(NetworkError, match="the server returned 404"):
        list(download_all([file], str(tmp_path), make_fetcher()))


def test_offline_names_every_file_that_is_missing(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path
) -> None:
    files = [wanted(index, wheel(name)) for name in ("b", "a", "c")]
    list(download_all(files[2:], str(tmp_path), make_fetcher()))

    with pytest.raises(NetworkError, match=r": a-1\.0-py3-none-any\.whl, b-1\.0-py3-none-any\.whl$"):
        list(download_all(files, str(tmp_path), make_fetcher(offline=True)))
    assert len(list(download_all(files[2:], str(tmp_path), make_fetcher(offline=True)))) == 1
    assert len(index.requests) == 1


def test_good_files_stay_when_another_fails(index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    files = [wanted(index, wheel("a")), wanted(index, wheel("b"))]
    index.fail("/files/b", WrongBytes(), times=None)
    with pytest.raises(LockenvError):
        list(download_all(files, str(tmp_path), make_fetcher(connections=1)))

    assert [path.name for path in tmp_path.iterdir()] == [f"{files[0].sha256}.whl"]


def test_unknown_hash_is_reported_by_the_bytes(index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    built = wheel("a")
    index.add(built)
    file = FileRequest(url=index.file_url(built.filename), filename=built.filename, sha256=None)
    (done,) = download_all([file], str(tmp_path), make_fetcher())

    assert done.sha256 == built.sha256


def test_every_hash_must_hold(index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    built = wheel("a")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / built.filename).write_bytes(built.content)
    right = wanted(index, built)
    both = tuple((name, hashlib.new(name, built.content).hexdigest()) for name in ("blake2b", "md5", "sha512"))
    for number, folders in enumerate([(), (str(folder),)]):
        directory = tmp_path / f"archives{number}"
        fetcher = make_fetcher(folders=folders)
        for algorithm, digest in both:
            wrong = (algorithm, digest[:-1] + ("0" if digest[-1] != "0" else "1"))
            file = replace(right, hashes=tuple(sorted({**dict(both), algorithm: wrong[1]}.items())))
            assert refusal(fetcher, file, directory) == "hash-mismatch"
        assert list(directory.iterdir()) == []

        (done,) = download_all([replace(right, hashes=both)], str(directory), fetcher)
        assert Path(done.path).read_bytes() == built.content

        # What is there already was found with its sha256 alone.
        assert refusal(fetcher, replace(right, hashes=(("sha512", "0" * 128),)), directory) == "hash-mismatch"
