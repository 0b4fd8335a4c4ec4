from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from lockenv.errors import InputError, NetworkError, RefusedError
from lockenv.fetch.credentials import Account
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.fetch.worker_process import WorkerProcesses
from lockenv.index.catalog import Catalog
from lockenv.index.index_access import IndexAccess
from lockenv.index.page import ACCEPT
from lockenv.index.page_cache_writer import compacted
from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Unusable, Wheel
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.names import ExtraName, NormalizedName, Sha256
from tests.support.server import LoopbackIndex, Reset, Status, Truncate
from tests.support.wheels import Built, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.resolve import catalog as resolve
    from lockenv.vocabulary.distribution import Metadata as Described
    from tests.support.pages import MetadataFile
    from tests.unit.index.conftest import MakeCatalog

A, B = NormalizedName("a"), NormalizedName("b")


def versions(catalog: Catalog, name: NormalizedName = A) -> list[str] | None:
    releases = catalog.releases(name)
    return None if releases is None else list(releases.versions)


def metadata(catalog: Catalog, position: int = 0, name: NormalizedName = A) -> Described | NeedsBuild | Unusable:
    assert catalog.releases(name) is not None
    return catalog.metadata(name, position)


def test_catalog_is_what_resolution_asks_for(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(wheel("a"))
    made = make_catalog()
    catalog: resolve.Catalog = made
    releases: resolve.Releases | None = made.releases(A)

    assert catalog and releases and releases.index == index.url


def test_releases_are_sorted_newest_first(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(*(wheel("a", version) for version in ("1.9", "1.10", "2.0rc1", "2.0", "1.10.post1", "2.0.dev1")))

    assert versions(make_catalog()) == ["2.0", "2.0rc1", "2.0.dev1", "1.10.post1", "1.10", "1.9"]


def test_wheels_are_sorted_by_file_name_and_described_whole(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    built = [wheel("a", tag="py3-none-any"), wheel("a", tag="cp311-cp311-win_amd64")]
    for one in built:
        index.add(one, upload_time="2026-01-02T03:04:05Z")
    releases = make_catalog().releases(A)

    assert releases is not None
    assert releases.wheels(0) == tuple(
        Wheel(
            filename=one.filename,
            url=index.file_url(one.filename),
            sha256=Sha256(one.sha256),
            size=one.size,
            upload_time="2026-01-02T03:04:05Z",
        )
        for one in sorted(built, key=lambda one: one.filename)
    )


def test_json_and_html_have_the_same_answers(make_catalog: MakeCatalog, index: LoopbackIndex, tmp_path: Path) -> None:
    index.add(wheel("a", "1.0", requires_python=">=3.8"), yanked="broken & <old>")
    index.add_all(wheel("a", "2.0", requires=["b>=1"]), sdist("a", "2.0"), sdist("a", "3.0", requires_python="<4"))
    answers = []
    for formats in ("json", "html"):
        index.formats = formats
        releases = make_catalog(fetch={"cache_dir": str(tmp_path / formats)}).releases(A)
        assert releases is not None
        answers.append(
            [
                (
                    version,
                    releases.requires_python(position),
                    releases.yanked(position),
                    [(one.filename, one.url, one.sha256) for one in releases.wheels(position)],
                    getattr(releases.sdist(position), "url", None),
                )
                for position, version in enumerate(releases.versions)
            ]
        )

    assert answers[0] == answers[1]
    assert [answer[:3] for answer in answers[0]] == [
        ("3.0", "<4", None),
        ("2.0", "", None),
        ("1.0", ">=3.8", "broken & <old>"),
    ]


def test_second_command_asks_nothing(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(wheel("a", requires=["b"]))
    first = metadata(make_catalog())
    before = len(index.requests)

    assert metadata(make_catalog()) == first
    assert len(index.requests) == before


def test_unknown_project_is_an_answer(make_catalog: MakeCatalog) -> None:
    assert make_catalog().releases(A) is None


def test_first_index_that_has_the_project_serves_it(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    with LoopbackIndex() as other:
        other.add_all(wheel("a", "9.0"), wheel("b", "9.0"))
        index.add(wheel("a", "1.0"))
        catalog = make_catalog(indexes=[IndexAccess(url=index.url), IndexAccess(url=other.url)])

        assert (versions(catalog, A), versions(catalog, B)) == (["1.0"], ["9.0"])


@pytest.mark.parametrize("code", [401, 403, 500, 503])
def test_index_that_fails_is_not_passed_over(make_catalog: MakeCatalog, index: LoopbackIndex, code: int) -> None:
    with LoopbackIndex() as other:
        other.add(wheel("a", "9.0"))
        index.fail("/simple/", Status(code), times=None)
        catalog = make_catalog(indexes=[IndexAccess(url=index.url), IndexAccess(url=other.url)])

        with pytest.raises(NetworkError, match=rf"cannot be fetched: .*\b{code}\b"):
            catalog.releases(A)
        assert other.requests == []


def test_explicit_index_serves_only_what_is_mapped_to_it(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    with LoopbackIndex() as other:
        other.add_all(wheel("a", "9.0"), wheel("b", "9.0"))
        index.add(wheel("a", "1.0"))
        catalog = make_catalog(
            indexes=[IndexAccess(url=index.url), IndexAccess(url=other.url, name="other", explicit=True)],
            sources={A: "other"},
        )

        assert (versions(catalog, A), versions(catalog, B)) == (["9.0"], None)


def test_source_without_its_index_is_reported(make_catalog: MakeCatalog) -> None:
    with pytest.raises(InputError, match="which is not declared"):
        make_catalog(sources={A: "absent"}).releases(A)


def test_expected_graph_is_under_way_before_it_is_asked_for(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(
        wheel("a", requires=["b>=1,<2", "c; extra == 'x'", "d; python_version < '3.9'", "e[y]; os_name == 'nt'"]),
        wheel("b", "1.5", requires=["f"]),
        wheel("b", "2.0"),
        wheel("e", requires=["g; extra == 'y'"]),
        *(wheel(name) for name in "cdfg"),
    )
    catalog = make_catalog(requires_python=">=3.11")
    catalog.expect([(A, (), "")])
    for name in "abefg":
        metadata(catalog, -1 if name == "b" else 0, NormalizedName(name))

    asked = {path.split("/")[2] for path in index.paths if path.startswith("/simple/")}
    assert asked == set("abefg")
    assert sum(path.startswith("/files/b-2.0") for path in index.paths) == 0


def test_what_an_expected_extra_needs_is_expected_too(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(wheel("a", requires=["b; extra == 'x'", "c; extra == 'y'"]))
    metadata(make_catalog())
    catalog = make_catalog(fetch={"offline": True})
    catalog.expect([(A, ("x",), "")])

    with pytest.raises(NetworkError, match=r"not in the cache and cannot be fetched with --offline: b, d$"):
        catalog.releases(NormalizedName("d"))


def test_catalogs_of_one_fetcher_answer_each_by_its_own_policy(index: LoopbackIndex, tmp_path: Path) -> None:
    index.add_all(wheel("a", "1.0"), wheel("a", "2.0"), sdist("a", "1.0"))
    fetcher = Fetcher(FetchSettings(cache_dir=str(tmp_path / "cache")))
    access = [IndexAccess(url=index.url)]
    plain, strict = Catalog(access, fetcher), Catalog(access, fetcher, policy=Policy(no_binary=("a",)))

    assert versions(plain) == ["2.0", "1.0"]
    assert versions(strict) == ["1.0"]
    fetcher.close()


def test_expecting_changes_no_answer(make_catalog: MakeCatalog, index: LoopbackIndex, tmp_path: Path) -> None:
    index.add_all(wheel("a", "1.0"), wheel("a", "2.0", requires=["b"], requires_python=">=3.12"), wheel("b"))
    plain, eager = (make_catalog(fetch={"cache_dir": str(tmp_path / name)}) for name in ("plain", "eager"))
    eager.expect([(A, (), "<3"), (B, (), ""), (NormalizedName("absent"), (), "")])

    for position in (0, 1):
        assert metadata(eager, position) == metadata(plain, position)
    assert versions(eager, B) == versions(plain, B)


def test_failing_guess_is_an_error_only_when_asked_for(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(wheel("a", requires=["b"]))
    index.fail("/simple/b/", Status(500), times=None)
    catalog = make_catalog()
    catalog.expect([(A, (), "")])

    assert metadata(catalog) == Metadata(name=A, version="1.0", requires=("b",))
    with pytest.raises(NetworkError):
        catalog.releases(B)


def test_offline_names_all_that_is_missing(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(wheel("a", requires=["b", "c"]))
    metadata(make_catalog())
    catalog = make_catalog(fetch={"offline": True})
    catalog.expect([(A, (), ""), (NormalizedName("d"), (), "")])

    assert metadata(catalog) == Metadata(name=A, version="1.0", requires=("b", "c"))
    with pytest.raises(NetworkError, match=r"cannot be fetched with --offline: b, c, d$"):
        catalog.releases(B)


SOURCES: list[MetadataFile] = ["served", "absent", "advertised-but-missing", "present-but-unadvertised"]


@pytest.mark.parametrize("served", SOURCES)
@pytest.mark.parametrize("ranges", [True, False])
def test_every_source_of_metadata_says_the_same(
    make_catalog: MakeCatalog, index: LoopbackIndex, served: MetadataFile, ranges: bool
) -> None:
    index.ranges = ranges
    files = {f"a/{number}.py": bytes(4000) for number in range(20)}
    built = wheel("a", requires=["b>=1"], extras={"x": ["c"]}, requires_python=">=3.8", files=files)
    index.add(built, metadata=served)

    assert metadata(make_catalog()) == Metadata(
        name=A,
        version="1.0",
        requires=("b>=1", "c; extra == 'x'"),
        requires_python=">=3.8",
        extras=(ExtraName("x"),),
    )
    read_whole = [one for one in index.requests if one.path.endswith(".whl") and "range" not in one.headers]
    assert bool(read_whole) == (served in ("absent", "advertised-but-missing") and not ranges)


def test_wheel_read_whole_is_kept_for_installing(
    make_catalog: MakeCatalog, index: LoopbackIndex, tmp_path: Path
) -> None:
    index.ranges = False
    built = wheel("a")
    index.add(built, metadata=False)
    metadata(make_catalog())

    assert (tmp_path / "cache" / "archives" / f"{built.sha256}.whl").read_bytes() == built.content


def test_index_without_metadata_files_is_not_asked_for_each(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.ranges = False
    for number in range(8):
        index.add(wheel("a", str(number)), metadata=False)
    catalog = make_catalog()
    for position in range(8):
        metadata(catalog, position)

    assert sum(path.endswith(".metadata") for path in index.paths) == 3


def test_metadata_with_another_hash_is_refused(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(wheel("a"), metadata_sha256="0" * 64)

    with pytest.raises(RefusedError) as caught:
        metadata(make_catalog())
    assert caught.value.rule == "hash-mismatch"


def renamed(built: Built, filename: str) -> Built:
    return Built(
        filename=filename,
        content=built.content,
        name="a",
        version=built.version,
        metadata=built.metadata,
        requires_python="",
    )


@pytest.mark.parametrize("lying", [wheel("b", "1.0"), wheel("a", "2.0")])
def test_metadata_of_another_release_is_refused(make_catalog: MakeCatalog, index: LoopbackIndex, lying: Built) -> None:
    index.add(renamed(lying, "a-1.0-py3-none-any.whl"))

    with pytest.raises(RefusedError) as caught:
        metadata(make_catalog())
    assert caught.value.rule == "metadata-mismatch"


def test_static_sdist_states_its_metadata(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(sdist("a", requires=["b"], requires_python=">=3.9"))

    assert metadata(make_catalog()) == Metadata(name=A, version="1.0", requires=("b",), requires_python=">=3.9")


def test_old_sdist_needs_a_build(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(sdist("a", static=False))

    assert metadata(make_catalog()) == NeedsBuild(
        reason="the metadata of a-1.0.tar.gz is older than version 2.2, so a build may change it"
    )


def test_wheel_is_read_before_the_sdist(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(sdist("a", requires=["c"]), wheel("a", requires=["b"]))

    assert metadata(make_catalog()) == Metadata(name=A, version="1.0", requires=("b",))


def test_requires_python_is_that_of_the_file_that_is_described(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(sdist("a"), requires_python=">=3.6")
    index.add(wheel("a", tag="cp311-cp311-win_amd64"), requires_python=">=3.11")
    index.add(wheel("a"), requires_python=">=3.8")
    releases = make_catalog().releases(A)

    assert releases is not None
    assert releases.requires_python(0) == ">=3.8"


def test_release_is_yanked_when_every_file_is(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(wheel("a", "2.0"), yanked="bad")
    index.add(wheel("a", "1.0"), yanked="bad")
    index.add(sdist("a", "1.0"))
    releases = make_catalog().releases(A)

    assert releases is not None
    assert (releases.yanked(0), releases.yanked(1)) == ("bad", None)
    assert (releases.wheels(1), releases.sdist(1) is None) == ((), False)


def test_policies_leave_files_out(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(wheel("a", "1.0"), sdist("a", "2.0"), wheel("a", "3.0"), sdist("a", "3.0"))
    no_sdists = make_catalog(policy=Policy(no_build=("a",)))
    no_wheels = make_catalog(policy=Policy(no_binary=("*",)))

    assert (versions(no_sdists), versions(no_wheels)) == (["3.0", "1.0"], ["3.0", "2.0"])
    sdists_of, wheels_of = no_sdists.releases(A), no_wheels.releases(A)
    assert sdists_of is not None and wheels_of is not None
    assert (sdists_of.sdist(0), wheels_of.wheels(0)) == (None, ())
    assert metadata(no_wheels) == Metadata(name=A, version="3.0")


def test_cutoff_leaves_out_what_came_later_and_what_has_no_time(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    index.add(wheel("a", "1.0"), upload_time="2026-01-01T00:00:00Z")
    index.add(sdist("a", "1.0"), upload_time="2026-03-01T00:00:00.5Z")
    index.add(wheel("a", "2.0"), upload_time="2026-02-01T00:00:00.000001Z")
    index.add(wheel("a", "3.0"))
    catalog = make_catalog(policy=Policy(exclude_newer="2026-02-01T00:00:00Z"))
    releases = catalog.releases(A)

    assert releases is not None
    assert list(releases.versions) == ["1.0"]
    assert ([one.filename for one in releases.wheels(0)], releases.sdist(0)) == (["a-1.0-py3-none-any.whl"], None)
    assert catalog.notes == ("a: exclude-newer excludes 1 files without an upload time",)


def test_status_of_a_project_is_noted(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(wheel("a"))
    index.statuses["a"] = ("deprecated", "use b")
    catalog = make_catalog()
    catalog.releases(A)

    assert catalog.notes == (f"a is deprecated on {index.url}: use b",)


def test_near_returns_known_and_existing_names(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(wheel("requests"), wheel("python-dateutil"))
    catalog = make_catalog()
    catalog.releases(NormalizedName("requests"))

    assert catalog.near(NormalizedName("reqeusts")) == ["requests"]
    assert catalog.near(NormalizedName("dateutil")) == ["python-dateutil"]


def test_effort_is_counted(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(wheel("a", "1.0"), wheel("a", "2.0"))
    catalog = make_catalog()
    metadata(catalog, 0)
    metadata(catalog, 0)

    assert (catalog.metadata_looked_at, catalog.metadata_fetched) == (1, 1)


def test_file_that_changes_on_the_index_is_refused(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.page_cache_control = "max-age=0"
    index.add_all(wheel("a", "1.0"), wheel("a", "2.0"))
    make_catalog().releases(A)
    index.remove("a-2.0-py3-none-any.whl")
    index.add(wheel("a", "3.0"))
    assert versions(make_catalog()) == ["3.0", "1.0"]

    index.add(wheel("a", "1.0", requires=["b"]))
    for _ in range(2):
        with pytest.raises(RefusedError) as caught:
            make_catalog().releases(A)
        assert caught.value.rule == "changed-on-index"


def test_password_of_the_index_is_nowhere_in_the_cache(
    make_catalog: MakeCatalog, index: LoopbackIndex, tmp_path: Path
) -> None:
    index.credentials = ("me", "very-secret")
    index.add(wheel("a"), url=index.file_url("a-1.0-py3-none-any.whl").replace("://", "://me:very-secret@"))
    catalog = make_catalog(fetch={"accounts": lambda: [Account(url=index.url, user="me", password="very-secret")]})
    releases = catalog.releases(A)

    assert releases is not None
    assert releases.wheels(0)[0].url == index.file_url("a-1.0-py3-none-any.whl")
    assert metadata(catalog) == Metadata(name=A, version="1.0")
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept and not any(b"very-secret" in path.read_bytes() for path in kept)


def test_random_faults_change_no_answer(make_catalog: MakeCatalog, index: LoopbackIndex, tmp_path: Path) -> None:
    names = [NormalizedName(f"p{number}") for number in range(40)]
    for name, needed in zip(names, [*names[1:], None], strict=True):
        index.add_all(wheel(name, "1.0"), wheel(name, "2.0", requires=[needed] if needed else []))
    answers = []
    for seed in range(3):
        index.heal()
        for number in range(10):
            index.fail(f"/simple/p\\d*{(number * 7 + seed) % 10}/", Status(500) if number % 2 else Reset())
            index.fail(f"p\\d*{(number * 3 + seed) % 10}-2.0", Status(503) if number % 2 else Truncate())
        catalog = make_catalog(fetch={"cache_dir": str(tmp_path / str(seed))})
        catalog.expect([(names[0], (), "")])
        answers.append([(versions(catalog, name), metadata(catalog, 0, name)) for name in names])

    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]) == 40


def test_warm_catalog_loads_no_network_library(make_catalog: MakeCatalog, index: LoopbackIndex, tmp_path: Path) -> None:
    index.add_all(wheel("a", requires=["b"]), wheel("b"))
    for name in (A, B):
        metadata(make_catalog(), 0, name)
    program = f"""
import sys
before = set(sys.modules)
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.index.catalog import Catalog
from lockenv.index.index_access import IndexAccess
catalog = Catalog([IndexAccess(url={index.url!r})], Fetcher(FetchSettings(cache_dir={str(tmp_path / "cache")!r})))
catalog.expect([("a", (), "")])
print(catalog.releases("b").versions, catalog.metadata("a", 0).requires)
heavy = {{"requests", "urllib3", "http.client", "ssl", "socket", "threading", "json", "email", "packaging", "html"}}
print(*sorted(heavy & set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "['1.0'] ('b',)\n\n"


def test_misspelt_name_of_a_well_known_project_is_guessed_where_the_index_has_it(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    index.add(wheel("requests", "1.0"))
    catalog = make_catalog()

    assert list(catalog.near(NormalizedName("reqeusts"))) == ["requests"]
    assert list(catalog.near(NormalizedName("pandsa"))) == []


def test_long_page_reads_the_same_in_either_process(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add_all(*(wheel("a", f"1.{minor}", requires=["b"]) for minor in range(400)))
    catalog, workers = make_catalog(), WorkerProcesses()
    content = requests.get(f"{index.url}a/", headers={"Accept": ACCEPT}, timeout=60)
    page = content.content, content.headers["content-type"], f"{index.url}a/", b""

    assert len(content.content) > 100_000
    assert versions(catalog, A) == [f"1.{minor}" for minor in reversed(range(400))]
    assert workers.call(compacted, "a", *page) == compacted("a", *page)
    workers.close()


def test_variant_wheels_are_counted_and_left_out(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(wheel("a", "1.0"))
    for filename in ("a-1.0-py3-none-any-cu128.whl", "a-2.0-1-py3-none-any-x86_64.v3.whl", "a-2.0-variants.json"):
        index.add(renamed(wheel("a", "2.0"), filename))
    catalog = make_catalog()
    note = (
        f"a: 2 variant wheels on {index.url} are not considered (PEP 825 is a draft), "
        "such as a-1.0-py3-none-any-cu128.whl"
    )

    assert versions(catalog) == ["1.0"]
    assert catalog.notes == catalog.unseen == (note,)


def test_files_that_no_answer_takes_into_account_are_noted(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(wheel("a", "1.0"))
    index.add(renamed(wheel("a", "2.0"), "a-2.0-py3-none.whl"))
    catalog = make_catalog()
    note = f"a: 1 newer files on {index.url} excluded because their names are invalid, such as a-2.0-py3-none.whl"

    assert versions(catalog) == ["1.0"]
    assert catalog.notes == catalog.unseen == (note,)
