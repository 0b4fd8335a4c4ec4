"""What the cache keeps of metadata, and what it is kept under: nothing that an index only claims."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import NetworkError, RefusedError
from lockenv.fetch.local import url_of
from lockenv.index.index_access import IndexAccess
from lockenv.vocabulary.distribution import Metadata
from lockenv.vocabulary.names import NormalizedName
from tests.support.faults import Answer, Reset, Status, Truncate
from tests.support.pages import JSON
from tests.support.server import LoopbackIndex
from tests.support.wheels import Built, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.index.catalog import Catalog
    from tests.support.faults import Fault
    from tests.support.pages import MetadataFile
    from tests.unit.index.conftest import MakeCatalog

A = NormalizedName("a")
HONEST, LYING = wheel("a"), wheel("a", requires=["evil"])
HASH = hashlib.sha256(HONEST.metadata).hexdigest()
HONESTLY = Metadata(name=A, version="1.0")


def learned(catalog: Catalog) -> object:
    assert catalog.releases(A) is not None
    return catalog.metadata(A, 0)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("lying", [LYING, sdist("a", requires=["evil"])], ids=["wheel", "sdist"])
def test_claimed_hash_of_metadata_decides_nothing_for_another_index(
    make_catalog: MakeCatalog, index: LoopbackIndex, lying: Built, ranges: bool
) -> None:
    index.add(HONEST)
    with LoopbackIndex(ranges=ranges) as liar:
        liar.add(lying, metadata="advertised-but-missing", metadata_sha256=HASH)
        assert learned(make_catalog(indexes=[IndexAccess(url=liar.url)])) == Metadata(
            name=A, version="1.0", requires=("evil",)
        )

        assert learned(make_catalog()) == HONESTLY


def test_folder_of_a_project_decides_nothing_for_another_index(
    make_catalog: MakeCatalog, index: LoopbackIndex, tmp_path: Path
) -> None:
    index.add(HONEST)
    page = tmp_path / "tree" / "a"
    page.mkdir(parents=True)
    (page / LYING.filename).write_bytes(LYING.content)
    (page / "index.html").write_text(
        f'<!DOCTYPE html><a href="{LYING.filename}" data-core-metadata="sha256={HASH}">{LYING.filename}</a>'
    )
    learned(make_catalog(indexes=[IndexAccess(url=url_of(f"{page.parent}/"))]))

    assert learned(make_catalog()) == HONESTLY


def test_metadata_that_was_proved_serves_every_index_that_states_its_hash(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    index.add(HONEST)
    learned(make_catalog())
    with LoopbackIndex() as other:
        other.add(HONEST)

        assert learned(make_catalog(indexes=[IndexAccess(url=other.url)])) == HONESTLY
        assert [path for path in other.paths if path.startswith("/files/")] == []


def test_metadata_of_a_file_without_a_hash_is_read_by_each_command(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    index.add(HONEST, sha256=False, metadata=False)
    learned(make_catalog())
    index.add(LYING, sha256=False, metadata=False)

    assert learned(make_catalog()) == Metadata(name=A, version="1.0", requires=("evil",))


NO_METADATA: list[Fault] = [
    *map(Status, (204, 400, 401, 403, 404, 410, 500, 503)),
    Reset(),
    Truncate(),
    Answer(b"<html>no such object</html>", {"Content-Type": "text/html"}),
    Answer(b"", {"Content-Type": "text/plain"}),
    Answer(b"Metadata-Version: 2.1\nName: a\nVersion: 9.0\nRequires-Dist: evil\n"),
    Answer(b"Metadata-Version: 2.1\nName: b\nVersion: 1.0\nRequires-Dist: evil\n"),
    Answer(b"x", {"Content-Encoding": "br"}),
]


@pytest.mark.parametrize("state", ["absent", "true"])
@pytest.mark.parametrize("fault", NO_METADATA, ids=repr)
def test_metadata_file_without_a_hash_is_a_guess(
    make_catalog: MakeCatalog, index: LoopbackIndex, fault: Fault, state: str
) -> None:
    # Where an index does not advertise them, wheels that send no parts of themselves are the occasion to guess.
    index.ranges = state != "absent"
    index.fail(r"\.metadata$", fault, times=None)
    served: MetadataFile = "absent" if state == "absent" else "served"
    index.add(LYING, metadata=served, metadata_sha256="")

    assert learned(make_catalog()) == Metadata(name=A, version="1.0", requires=("evil",))
    assert sum(path.endswith(".metadata") for path in index.paths) == 1


def test_end_of_a_wheel_is_read_where_the_index_advertises_no_metadata_file(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    index.add(HONEST, metadata="absent", metadata_sha256="")

    assert learned(make_catalog()) == HONESTLY
    assert index.paths == ["/simple/a/", f"/files/{HONEST.filename}"]


def test_server_without_parts_is_asked_for_metadata_files_that_it_does_not_advertise(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    index.ranges = False
    built = [wheel("a", str(number)) for number in range(5)]
    for one in built:
        index.add(one, metadata=False)
        index.fail(rf"{one.filename}\.metadata$", Answer(one.metadata), times=None)
    catalog = make_catalog()
    assert catalog.releases(A) is not None
    for position in range(5):
        catalog.metadata(A, position)

    asked = [path.endswith(".metadata") for path in index.paths[1:]]
    assert asked == [False, True, False, True, False, True, True, True]


def test_server_that_fails_once_is_not_asked_for_more_metadata_that_it_does_not_advertise(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    index.ranges = False
    index.fail(r"\.metadata$", Status(403), times=None)
    for number in range(5):
        index.add(wheel("a", str(number)), metadata=False)
    catalog = make_catalog()
    assert catalog.releases(A) is not None
    for position in range(5):
        catalog.metadata(A, position)

    assert sum(path.endswith(".metadata") for path in index.paths) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (403, "403 Forbidden: 127.0.0.1:"),
        (404, "the server has no such file"),
        (503, "the server returned 503"),
    ],
)
def test_advertised_metadata_that_is_not_served_is_noted(
    make_catalog: MakeCatalog, index: LoopbackIndex, code: int, reason: str
) -> None:
    index.fail(r"\.metadata$", Status(code), times=None)
    index.add_all(HONEST)
    catalog = make_catalog()

    assert learned(catalog) == HONESTLY
    (note,) = catalog.notes
    assert note.startswith(f"{index.url} advertises a metadata file for {HONEST.filename}, but ")
    assert reason in note and note.endswith("reading the wheel instead")


def test_metadata_is_beside_the_path_of_a_url_with_a_query(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    url = f"{index.file_url(HONEST.filename)}?token=x"
    file = {"filename": HONEST.filename, "url": url, "hashes": {"sha256": HONEST.sha256}}
    page = {"meta": {"api-version": "1.0"}, "name": "a", "files": [{**file, "core-metadata": {"sha256": HASH}}]}
    index.fail("/simple/a/", Answer(json.dumps(page).encode(), {"Content-Type": JSON}), times=None)
    index.fail(r"\.metadata\?token=x$", Answer(HONEST.metadata), times=None)

    assert learned(make_catalog()) == HONESTLY
    assert index.paths[1:] == [f"/files/{HONEST.filename}.metadata?token=x"]


@pytest.mark.parametrize("code", [400, 403, 405, 500])
def test_server_that_refuses_parts_sends_the_whole(make_catalog: MakeCatalog, index: LoopbackIndex, code: int) -> None:
    index.add(HONEST, metadata=False)
    index.fail(r"\.metadata$", Status(404), times=None)
    # A server error is tried again, and again for the last time.
    index.fail(r"\.whl$", Status(code), times=4 if code == 500 else 1)

    assert learned(make_catalog()) == HONESTLY


def test_file_that_no_way_returns_is_an_error(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(HONEST, metadata=False)
    index.fail(r"^/files/", Status(403), times=None)

    with pytest.raises(NetworkError, match="403 Forbidden"):
        learned(make_catalog())


def test_metadata_with_its_hash_and_of_another_release_is_refused(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    other = b"Metadata-Version: 2.1\nName: b\nVersion: 1.0\n"
    index.add(HONEST, metadata_sha256=hashlib.sha256(other).hexdigest())
    index.fail(r"\.metadata$", Answer(other), times=None)

    with pytest.raises(RefusedError) as caught:
        learned(make_catalog())
    assert caught.value.rule == "metadata-mismatch"


def test_refresh_reads_what_was_guessed_again(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.fail(r"\.metadata$", Answer(LYING.metadata), times=1)
    index.add(HONEST, metadata="served", metadata_sha256="")
    assert learned(make_catalog()) != HONESTLY

    assert learned(make_catalog(fetch={"refresh": True})) == HONESTLY


@pytest.mark.parametrize(("name", "most"), [("index.html", 64 << 20), (HONEST.filename, 4 << 30)])
def test_file_of_a_folder_is_not_read_beyond_a_bound(
    make_catalog: MakeCatalog, tmp_path: Path, name: str, most: int
) -> None:
    page = tmp_path / "tree" / "a"
    page.mkdir(parents=True)
    (page / HONEST.filename).write_bytes(HONEST.content)
    (page / "index.html").write_text(f'<!DOCTYPE html><a href="{HONEST.filename}">a</a>')
    with (page / name).open("ab") as sparse:
        sparse.truncate(1 << 40)

    with pytest.raises(RefusedError, match=f"is larger than {most} bytes"):
        learned(make_catalog(indexes=[IndexAccess(url=url_of(f"{page.parent}/"))]))
