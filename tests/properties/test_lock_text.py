"""Random documents keep their meaning through the text of a lock."""

from __future__ import annotations

import contextlib
import tomllib
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lockenv.errors import InputError
from lockenv.lockfile.digest import is_intact, sealed, sealed_with_text
from lockenv.lockfile.text import read, write
from tests.unit.lockfile.builders import file_table

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,4})?", fullmatch=True)
versions = st.sampled_from(["1", "1.0", "1.10", "1.9", "2.0rc1", "0+local", "not a version"])
local = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda each: each.replace(fold=0))
moments = local.map(lambda each: each.replace(tzinfo=UTC))
plain = st.one_of(
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    moments,
    local,
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.times().map(lambda each: each.replace(fold=0)),
)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
tables = st.dictionaries(texts, values, max_size=3)


@st.composite
def file_tables(draw: st.DrawFn) -> dict[str, Any]:
    table = file_table(
        draw(st.sampled_from(["a-1-py3-none-any.whl", 'odd "name".whl', "b%2B.whl"])),
        name=draw(st.none() | texts),
        size=draw(st.none() | st.integers(0, 2**62)),
        **{"upload-time": draw(st.none() | moments)},
    )
    return table | draw(st.just({}) | st.dictionaries(texts, plain, max_size=1))


@st.composite
def packages(draw: st.DrawFn) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": draw(names), "wheels": draw(st.lists(file_tables(), min_size=1, max_size=3))}
    optional: dict[str, st.SearchStrategy[Any]] = {
        "version": versions,
        "marker": texts,
        "sdist": file_tables(),
        "dependencies": st.lists(tables, max_size=2),
        "attestation-identities": st.lists(tables, max_size=2),
        "tool": tables,
    }
    chosen = {key: draw(strategy) for key, strategy in optional.items() if draw(st.booleans())}
    unknown = {f"x-{key}": value for key, value in draw(tables).items()}
    return entry | chosen | unknown


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    unknown = {f"x-{key}": value for key, value in draw(tables).items()}
    document: dict[str, Any] = {
        **unknown,
        "packages": draw(st.lists(packages(), max_size=4)),
        "environments": draw(st.lists(texts, max_size=3)),
        "created-by": draw(texts),
        "lock-version": "1.0",
    }
    if draw(st.booleans()):
        document["tool"] = draw(tables)
    return document


def in_any_order(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "packages": sorted(map(repr, document["packages"]))}


def normal(value: Any) -> Any:
    """The value with the keys of every table sorted, so that `repr` compares meaning."""
    if isinstance(value, dict):
        return {key: normal(value[key]) for key in sorted(value)}
    return [normal(each) for each in value] if isinstance(value, list) else value


@given(documents())
@settings(deadline=None, max_examples=60)
def test_text_reads_back_as_the_document(document: dict[str, Any]) -> None:
    text = write(document)

    assert in_any_order(normal(tomllib.loads(text))) == in_any_order(normal(document))
    assert read(text).document == tomllib.loads(text)


@given(documents())
@settings(deadline=None, max_examples=60)
def test_written_text_is_canonical(document: dict[str, Any]) -> None:
    text = write(document)
    reversed_document = {**dict(reversed(document.items())), "packages": document["packages"][::-1]}

    assert write(read(text).document) == text
    assert write(reversed_document) == text


@given(documents())
@settings(deadline=None, max_examples=30)
def test_a_sealed_document_is_intact(document: dict[str, Any]) -> None:
    tool = {key: value for key, value in document.get("tool", {}).items() if key != "lockenv"}

    assert is_intact(read(write(sealed({**document, "tool": tool})))) is True


@given(st.text() | st.binary().map(lambda each: each.decode("latin-1")))
@settings(deadline=None, max_examples=60)
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        read(text)


@given(documents(), st.data())
@settings(deadline=None, max_examples=60)
def test_a_damaged_lock_is_read_as_tomllib_reads_it_or_refused(document: dict[str, Any], data: st.DataObject) -> None:
    text = write(document)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    damaged = text[:start] + data.draw(st.sampled_from(["", "\n", '"', "]", "wheels = [\n", "#", "\\"])) + text[end:]

    with contextlib.suppress(InputError):
        assert repr(read(damaged).document) == repr(tomllib.loads(damaged))


@st.composite
def usual_documents(draw: st.DrawFn) -> dict[str, Any]:
    """A lock of releases on an index, each entry with its digest, as lockenv writes most of them."""
    optional: dict[str, st.SearchStrategy[Any]] = {
        "version": st.sampled_from(["", "1", "1.0rc1"]),
        "marker": st.sampled_from(["python_version < '3.12'", "", 'odd "marker"']),
        "requires-python": st.just(">=3.9"),
        "dependencies": st.lists(st.sampled_from([{"name": "b"}, {"name": "b", "version": "1"}]), max_size=2),
        "index": st.just("https://index.example/simple/"),
        "sdist": st.just(file_table("a-1.tar.gz")),
        "attestation-identities": st.lists(
            st.dictionaries(st.sampled_from(["kind", "a b", "workflow"]), st.sampled_from(["x", "", 'y"z', "é"])),
            max_size=2,
        ),
    }
    own: dict[str, st.SearchStrategy[Any]] = {
        "combined": st.booleans(),
        "requires-dist": st.lists(st.sampled_from(["b", 'c; extra == "d"', "e\\f", "x" * 90]), max_size=3),
        "yanked": st.sampled_from(["", "broken"]),
        "unattested": st.lists(st.sampled_from(["a.whl", "[x"]), max_size=2),
        "attested-before": st.just("1.0"),
    }
    entries = []
    for name in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        moment = draw(moments)
        wheel = file_table(f"{name}-1-py3-none-any.whl", name=draw(st.sampled_from([None, "é.whl"])))
        entry: dict[str, Any] = {"name": name, "wheels": [{**wheel, "upload-time": moment}, wheel]}
        entry |= {key: draw(strategy) for key, strategy in optional.items() if draw(st.booleans())}
        entry["tool"] = {"lockenv": {key: draw(strategy) for key, strategy in own.items() if draw(st.booleans())}}
        entries.append(entry)
    return sealed({"lock-version": "1.0", "environments": [], "created-by": "lockenv", "packages": entries})


@given(usual_documents(), usual_documents(), st.data())
@settings(deadline=None, max_examples=200)
def test_what_is_taken_from_a_lock_is_what_would_be_written(
    old: dict[str, Any], new: dict[str, Any], data: st.DataObject
) -> None:
    before = read(sealed_with_text(old)[1])
    several = data.draw(st.lists(st.sampled_from([*old["packages"], *new["packages"]]), max_size=6))
    document = {**new, "packages": several}

    assert sealed_with_text(document, before) == sealed_with_text(document)


@given(usual_documents(), st.data())
@settings(deadline=None, max_examples=200)
def test_a_damaged_usual_lock_is_read_as_tomllib_reads_it_or_refused(
    document: dict[str, Any], data: st.DataObject
) -> None:
    text = write(document)
    start = data.draw(
        st.integers(0, len(text)) | st.sampled_from([at for at in range(len(text)) if text[at] in '\n"[,'])
    )
    end = data.draw(st.just(start) | st.integers(start, min(len(text), start + 40)))
    pieces = ["", "\n", '"', '"""', "]", "[", "wheels = [\n", "#", "\\", "\t", "\r", "\x7f", ",", "{", "é"]
    pieces += ["\n[[packages]]\n", "[tool.x]\n", "\n[packages.x]\n", 'name = "a"\n', "x = [\n", "packages = 1\n"]
    damaged = text[:start] + data.draw(st.sampled_from(pieces)) + text[end:]

    with contextlib.suppress(InputError):
        assert repr(read(damaged).document) == repr(tomllib.loads(damaged))
