from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Unusable
from lockenv.vocabulary.names import NormalizedName
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from lockenv.index.catalog import Catalog
    from tests.support.server import LoopbackIndex
    from tests.unit.index.conftest import MakeCatalog

A = NormalizedName("a")
LINUX, WINDOWS = "cp312-cp312-manylinux_2_28_x86_64", "cp312-cp312-win_amd64"


def described(catalog: Catalog) -> Metadata | NeedsBuild | Unusable:
    assert catalog.releases(A) is not None
    return catalog.metadata(A, 0)


def test_wheels_that_require_different_things_are_kept_apart(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(wheel("a", "1", tag=LINUX, requires=["b", "c ; python_version >= '3.9'"]))
    index.add(wheel("a", "1", tag=WINDOWS, requires=["b"], extras={"x": ["d<2"]}))

    found = described(make_catalog())

    assert isinstance(found, Metadata)
    assert found.is_combined
    assert found.extras == ("x",)
    on_windows = (
        "python_version == '3.12' and sys_platform == 'win32' and implementation_name == 'cpython' "
        "and platform_machine == 'AMD64'"
    )
    assert found.requires[0] == "b"
    assert f"d<2; {on_windows} and extra == 'x'" in found.requires
    assert len(found.requires) == 3
    assert found.requires[1].startswith("c; ")


def test_wheels_that_say_the_same_of_their_own_machines_are_one(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    index.add(wheel("a", "1", tag=LINUX, requires=["c ; sys_platform == 'linux'", "b"]))
    index.add(wheel("a", "1", tag=WINDOWS, requires=["b", "d ; sys_platform == 'darwin'"]))

    found = described(make_catalog())

    assert isinstance(found, Metadata)
    assert (found.is_combined, sorted(found.requires)) in (
        (False, ["b", "c ; sys_platform == 'linux'"]),
        (False, ["b", "d ; sys_platform == 'darwin'"]),
    )


def test_wheels_that_no_marker_distinguishes_are_refused(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    index.add(wheel("a", "1", tag=LINUX, requires=["b"]))
    index.add(wheel("a", "1", tag="cp312-cp312-musllinux_1_2_x86_64", requires=["c"]))

    found = described(make_catalog())

    assert isinstance(found, Unusable)
    assert found.reason.endswith("have different requirements, but are compatible with the same environments")
    assert "manylinux_2_28" in found.reason
    assert "musllinux_1_2" in found.reason


def test_wheels_of_pythons_that_the_project_does_not_run_on_are_not_read(
    make_catalog: MakeCatalog, index: LoopbackIndex
) -> None:
    index.add(wheel("a", "1", tag=LINUX, requires=["b"]))
    index.add(wheel("a", "1", tag="cp38-cp38-win_amd64", requires=["c"]))

    assert described(make_catalog(requires_python=">=3.12")) == described(make_catalog(requires_python=">=3.12"))
    assert not [path for path in index.requests if "cp38" in str(path)]


def test_a_wheel_for_a_locked_python_speaks_for_its_release(make_catalog: MakeCatalog, index: LoopbackIndex) -> None:
    old = wheel("a", "1", tag="cp310-cp310-win_amd64", requires=["old"], requires_python="<3.11")
    new = wheel("a", "1", tag="cp39-abi3-win_amd64", requires=["new"], requires_python=">=3.9")
    for one in (old, new):
        index.add(one, metadata_sha256="")  # nothing says that they differ

    said = {}
    for pythons in ("", ">=3.10", ">=3.11", ">=3.9,<3.10", ">=3.12"):
        found = described(make_catalog(requires_python=pythons))
        assert isinstance(found, Metadata)
        said[pythons] = (*found.requires, found.requires_python)

    assert said == {
        "": ("old", "<3.11"),
        ">=3.10": ("old", "<3.11"),
        ">=3.11": ("new", ">=3.9"),
        ">=3.9,<3.10": ("new", ">=3.9"),
        ">=3.12": ("new", ">=3.9"),
    }
