from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.pylock import Pylock

from lockenv.errors import BugError
from lockenv.lockfile.compose import compose
from lockenv.lockfile.digest import is_intact, sealed, sealed_text
from lockenv.lockfile.pins import pins
from lockenv.lockfile.text import read, write
from lockenv.lockfile.validity import validate
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.distribution import Sdist, Wheel
from lockenv.vocabulary.manifest import Index, Manifest
from lockenv.vocabulary.markers import ALWAYS, WORLD, marker_text, parse, python
from lockenv.vocabulary.names import ExtraName, GroupName, NormalizedName, Sha256
from lockenv.vocabulary.pin import Pin, Resolution
from tests.unit.lockfile.builders import declared, package, sha256

GOLDEN = Path(__file__).with_name("pylock.golden.toml")
INDEX = "https://index.example/simple/"
UNIVERSE = python(">=3.11") & WORLD


def wheel(filename: str, **more: Any) -> Wheel:
    fields: dict[str, Any] = {
        "filename": filename,
        "url": f"https://files.example/{filename}",
        "sha256": Sha256(sha256(filename)),
        "size": 100,
        "upload_time": "2024-08-06T14:37:36.958006Z",
    }
    return Wheel(**{**fields, **more})


def pin(name: str, version: str, marker: str = "", *tags: str, **more: Any) -> Pin:
    wheels = tuple(wheel(f"{name}-{version}-{tag}.whl") for tag in sorted(tags or ("py3-none-any",)))
    fields: dict[str, Any] = {
        "name": NormalizedName(name),
        "version": version,
        "marker": parse(marker) & UNIVERSE,
        "wheels": wheels,
        "index": INDEX,
    }
    return Pin(**{**fields, **more})


def resolution(*chosen: Pin, **more: Any) -> Resolution:
    fields: dict[str, Any] = {"universe": UNIVERSE, "environments": (UNIVERSE,), "pins": chosen}
    return Resolution(**{**fields, **more})


def example() -> tuple[Resolution, Manifest]:
    """One of everything that a lock can say."""
    sdist = Sdist(
        filename="numpy-2.1.0.tar.gz",
        url="https://files.example/numpy-2.1.0.tar.gz",
        sha256=Sha256(sha256("numpy-2.1.0.tar.gz")),
    )
    platforms = ("manylinux_2_17_x86_64.manylinux2014_x86_64", "win_amd64", "macosx_14_0_arm64")
    tags = [f"{python}-{python}-{each}" for python in ("cp310", "cp311", "cp312") for each in platforms]
    chosen = (
        pin("colorama", "0.4.6", "sys_platform == 'win32' and 'cli' in extras", requires_python=">=2.7"),
        pin(
            "numpy",
            "2.1.0",
            "python_version < '3.12'",
            *tags,
            requires_python=">=3.10",
            sdist=sdist,
            yanked="broken on big-endian",
        ),
        pin("numpy", "2.2.0", "python_version >= '3.12'", *tags),
        pin(
            "pandas",
            "2.2.3",
            requires=('numpy>=2.1; python_version < "3.12"', "numpy>=2.2", 'pytest>=7; extra == "test"'),
            dependencies=(("numpy", "2.1.0"), ("numpy", "2.2.0"), ("six", "1.17.0")),
        ),
        pin("pytest", "8.3.4", "'dev' in dependency_groups", requires=("pluggy<2,>=1.5",)),
        pin("six", "1.17.0"),
    )
    manifest = Manifest(
        name="example",
        requires_python=">=3.11",
        dependencies=declared("pandas>=2", "six"),
        extras={ExtraName("cli"): declared('colorama; sys_platform == "win32"')},
        groups={GroupName("dev"): declared("pytest>=8"), GroupName("empty"): ()},
        default_groups=(GroupName("dev"),),
        constraints=declared("numpy<3"),
        indexes=(Index(name="main", url="https://user:secret@index.example/simple?token=secret"),),
        sources={NormalizedName("pandas"): "main"},
    )
    return resolution(*chosen), manifest


def test_the_lock_of_the_example_is_the_golden_file() -> None:
    text = sealed_text(compose(*example()))
    if os.environ.get("LOCKENV_RENEW_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
        pytest.fail(f"{GOLDEN.name} was renewed; look at the difference")

    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_standards_reader_accepts_the_lock() -> None:
    document = compose(*example())

    Pylock.from_dict(document).validate()
    Pylock.from_dict(tomllib.loads(write(document))).validate()


def test_the_lock_is_valid_and_intact() -> None:
    lock = read(sealed_text(compose(*example())))

    validate(lock)
    assert is_intact(lock) is True


def test_the_document_is_what_its_text_says() -> None:
    document = compose(*example())

    assert read(write(document)).document == document


@pytest.mark.parametrize(("index", "kept"), [(INDEX, True), ("https://other.example/simple/", False)])
def test_identities_stay_only_while_the_index_is_the_same(index: str, *, kept: bool) -> None:
    identities = [{"kind": "GitHub", "repository": "team/six", "workflow": "release.yml"}]
    document = compose(resolution(pin("six", "1.17.0")), Manifest())
    document["packages"][0]["attestation-identities"] = identities
    old = read(sealed_text(document))

    new = compose(resolution(pin("six", "1.17.0", index=index)), Manifest(), old)

    assert new["packages"][0].get("attestation-identities") == (identities if kept else None)


def test_pins_come_back_from_the_lock() -> None:
    made, manifest = example()
    returned = pins(read(sealed_text(compose(made, manifest))))

    bare = tuple(replace(each, wheels=()) for each in made.pins)
    assert tuple(replace(each, wheels=()) for each in returned) == bare
    assert returned[0].wheels == made.pins[0].wheels


def test_what_a_resolution_prefers_comes_back_from_a_proved_lock() -> None:
    lock = read(sealed_text(compose(*example())))
    preferred = [(each.name, each.version, each.marker, each.index, each.direct) for each in pins(lock)]

    proved = pins(lock, is_proved=True)
    assert [(each.name, each.version, each.marker, each.index, each.direct) for each in proved] == preferred
    assert all(not each.wheels and not each.requires for each in proved if each.direct is None)


def test_the_lock_of_a_lock_is_the_same() -> None:
    made, manifest = example()
    text = sealed_text(compose(made, manifest))
    lock = read(text)
    again = Resolution(universe=made.universe, environments=made.environments, pins=pins(lock))

    assert sealed_text(compose(again, manifest, lock)) == text


def test_wheels_that_no_covered_environment_could_use_are_left_out() -> None:
    document = compose(*example())
    names = {
        each["version"]: [table["url"].rpartition("/")[2] for table in each["wheels"]]
        for each in document["packages"]
        if each["name"] == "numpy"
    }

    assert names == {
        "2.1.0": [
            "numpy-2.1.0-cp311-cp311-macosx_14_0_arm64.whl",
            "numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "numpy-2.1.0-cp311-cp311-win_amd64.whl",
        ],
        "2.2.0": [
            "numpy-2.2.0-cp312-cp312-macosx_14_0_arm64.whl",
            "numpy-2.2.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "numpy-2.2.0-cp312-cp312-win_amd64.whl",
        ],
    }


def test_wheels_stay_when_none_could_be_used_and_there_is_no_sdist() -> None:
    linux = UNIVERSE & parse("sys_platform == 'linux'")
    only_windows = pin("pywin", "1", "sys_platform == 'linux'", "cp312-cp312-win_amd64")
    document = compose(resolution(only_windows, universe=linux, environments=(linux,)), Manifest())

    assert len(document["packages"][0]["wheels"]) == 1


def test_environments_exclude_each_other() -> None:
    parts = (UNIVERSE & parse("sys_platform == 'linux'"), UNIVERSE & parse("platform_machine == 'x86_64'"))
    document = compose(resolution(pin("a", "1"), environments=parts), Manifest())

    first, second = (parse(text) for text in document["environments"])
    assert first.disjoint(second)
    assert (first | second) & WORLD is (parts[0] | parts[1]) & WORLD


@pytest.mark.parametrize(
    ("universe", "text"), [(python(">=3.11") & WORLD, "python_version >= '3.11'"), (WORLD, "python_version >= '3'")]
)
def test_environments_are_never_empty(universe: Any, text: str) -> None:
    document = compose(resolution(universe=universe, environments=(universe,)), Manifest())

    assert document["environments"] == [text]


def test_a_declared_conflict_does_not_reach_environments() -> None:
    universe = UNIVERSE & ~(parse("'x' in extras") & parse("'y' in extras"))
    chosen = (
        pin("a", "1", "'x' in extras and 'y' not in extras"),
        pin("a", "2", "'y' in extras and 'x' not in extras"),
    )
    manifest = Manifest(
        extras={ExtraName("x"): declared("a==1"), ExtraName("y"): declared("a==2")},
        conflicts=((("extra", "x"), ("extra", "y")),),
    )
    document = compose(resolution(*chosen, universe=universe, environments=(universe,)), manifest)

    assert document["environments"] == ["python_version >= '3.11'"]
    assert [each["marker"] for each in document["packages"]] == ["'x' in extras", "'y' in extras"]
    validate(read(write(document)))
    assert [each.marker for each in pins(read(write(document)))] == [each.marker & universe for each in chosen]


def test_the_same_release_from_one_source_is_merged() -> None:
    chosen = (pin("a", "1", "sys_platform == 'linux'"), pin("a", "1", "sys_platform == 'win32'"))
    document = compose(resolution(*chosen), Manifest())

    assert [each["marker"] for each in document["packages"]] == [
        marker_text(chosen[0].marker | chosen[1].marker, assuming=UNIVERSE)
    ]


def test_a_dependency_names_its_version_only_where_it_must() -> None:
    document = compose(*example())
    pandas = next(each for each in document["packages"] if each["name"] == "pandas")

    assert pandas["dependencies"] == [
        {"name": "numpy", "version": "2.1.0"},
        {"name": "numpy", "version": "2.2.0"},
        {"name": "six"},
    ]


def test_packages_are_in_the_order_of_versions() -> None:
    chosen = [
        pin("a", version, f"python_version == '3.{20 + number}'") for number, version in enumerate(["1.10", "1.9"])
    ]
    document = compose(resolution(*chosen), Manifest())

    assert [each["version"] for each in document["packages"]] == ["1.9", "1.10"]


def test_what_another_tool_wrote_of_variants_survives_for_the_same_version() -> None:
    """PEP 825, a draft: `[packages.variants-json]` is what the index says of the variant wheels of a release."""
    variants = {
        "$schema": "https://variants.example/v1.json",
        "default-priorities": {"namespace": ["cpu", "gpu"]},
        "variants": {"cu128": {"gpu": {"cuda": ["12.8"]}}, "null": {}},
    }
    packages = [package("six", "1.17.0", **{"variants-json": variants})]
    packages.append(package("pytest", "8.0", **{"variants-json": variants}))
    previous = read(write({"lock-version": "1.0", "created-by": "other", "packages": packages}))

    document = tomllib.loads(write(compose(*example(), previous)))

    assert [one["name"] for one in document["packages"] if "variants-json" in one] == ["six"]
    assert next(one for one in document["packages"] if one["name"] == "six")["variants-json"] == variants


def test_unknown_keys_survive() -> None:
    previous = read(
        write(
            {
                "lock-version": "1.0",
                "created-by": "other",
                "packages": [
                    package("six", "1.17.0", hint="x", tool={"other": {"a": 1}, "lockenv": {"yanked": "old"}}),
                    package("pytest", "8.0", hint="gone"),
                ],
                "future": {"x": [1, 2]},
                "tool": {"other": {"b": 2}, "lockenv": {"stale": True}},
            }
        )
    )
    document = compose(*example(), previous)
    six = next(each for each in document["packages"] if each["name"] == "six")

    assert document["future"] == {"x": [1, 2]}
    assert document["tool"]["other"] == {"b": 2}
    assert "stale" not in document["tool"]["lockenv"]
    assert (six["hint"], six["tool"]) == ("x", {"other": {"a": 1}})
    assert not any(each.get("hint") == "gone" for each in document["packages"])


def test_credentials_never_reach_the_lock() -> None:
    secret = wheel("a-1-py3-none-any.whl", url="https://user:secret@files.example/a-1-py3-none-any.whl")
    leaky = pin("a", "1", wheels=(secret,), index="https://user:secret@index.example/simple/")
    made, manifest = example()
    declared_too = replace(manifest, dependencies=declared("a @ https://user:secret@files.example/a-1.tar.gz"))

    assert "secret" not in sealed_text(compose(resolution(leaky, *made.pins[1:]), declared_too))


def test_a_file_name_is_written_where_the_url_does_not_show_it() -> None:
    odd = wheel("a-1+x-py3-none-any.whl", url="https://files.example/a-1%2Bx-py3-none-any.whl?v=2")
    document = compose(resolution(pin("a", "1+x", wheels=(odd,))), Manifest())

    assert document["packages"][0]["wheels"][0]["name"] == "a-1+x-py3-none-any.whl"
    assert pins(read(write(document)))[0].wheels == (odd,)


@pytest.mark.parametrize(
    ("given", "written"),
    [("", None), ("soon", None), ("2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05+00:00")],
)
def test_an_upload_time_is_written_in_utc_or_not_at_all(given: str, written: str | None) -> None:
    document = compose(
        resolution(pin("a", "1", wheels=(wheel("a-1-py3-none-any.whl", upload_time=given),))), Manifest()
    )
    moment = document["packages"][0]["wheels"][0].get("upload-time")

    assert (moment.isoformat() if moment else None) == written


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.060000Z", "2024-01-02T03:04:05.060000Z"),
        ("2024-01-02T03:04:05.000000Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.6Z", "2024-01-02T03:04:05.600000Z"),
        ("20240102T030405Z", "2024-01-02T03:04:05Z"),
        ("2024-W01-2T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02 03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05+00:00", "2024-01-02T03:04:05Z"),
    ],
)
def test_an_upload_time_has_one_text_however_the_index_writes_it(given: str, written: str) -> None:
    document = compose(
        resolution(pin("a", "1", wheels=(wheel("a-1-py3-none-any.whl", upload_time=given),))), Manifest()
    )

    assert f"{{ upload-time = {written}, url" in write(document)


def test_a_file_that_was_not_hashed_is_a_bug() -> None:
    unhashed = wheel("a-1-py3-none-any.whl", sha256=None)

    with pytest.raises(BugError, match="before it is hashed"):
        compose(resolution(pin("a", "1", wheels=(unhashed,))), Manifest())


def test_a_pin_without_files_is_a_bug() -> None:
    with pytest.raises(BugError, match="without a file"):
        compose(resolution(pin("a", "1", wheels=())), Manifest())


def test_a_resolution_of_nothing_is_a_lock() -> None:
    document = compose(resolution(universe=ALWAYS, environments=(ALWAYS,)), Manifest())

    assert read(write(document)).packages == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["0", "1", "2718"])
def test_the_bytes_do_not_depend_on_the_hash_seed(seed: str) -> None:
    script = (
        "from tests.unit.lockfile.test_compose import compose, example, sealed_text\n"
        "import sys; sys.stdout.reconfigure(encoding='utf-8', newline='')\n"
        "sys.stdout.write(sealed_text(compose(*example())))"
    )
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root}
    done = subprocess.run([sys.executable, "-c", script], env=environment, cwd=root, capture_output=True, check=True)

    assert done.stdout.decode() == GOLDEN.read_text(encoding="utf-8")


def test_text_laid_out_once_is_that_of_the_sealed_document() -> None:
    document = compose(*example())

    assert sealed_text(document) == write(sealed(document))


def test_wheels_that_say_for_which_pythons_a_release_is_stay_without_an_sdist() -> None:
    tags = ("cp311-cp311-win_amd64", "cp312-cp312-manylinux_2_28_x86_64", "cp313-cp313-manylinux_2_28_x86_64")
    chosen = pin("a", "1", "sys_platform == 'win32' and python_version < '3.13'", *tags)

    document = compose(resolution(chosen), Manifest(name=NormalizedName("root"), requires_python=">=3.11"))

    assert [file["url"].rpartition("-1-")[2] for file in document["packages"][0]["wheels"]] == [
        "cp311-cp311-win_amd64.whl",
        "cp312-cp312-manylinux_2_28_x86_64.whl",
    ]
