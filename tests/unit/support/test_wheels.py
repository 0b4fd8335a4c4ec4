from __future__ import annotations

import io
import tarfile
import zipfile

import pytest
from installer.sources import WheelFile
from packaging.metadata import Metadata

from tests.support.wheels import Built, sdist, wheel


def full() -> Built:
    return wheel(
        "Odd.Name",
        "1.0.post1+local.2",
        requires=["b>1", "c; os_name == 'nt'"],
        extras={"x": ["d[y]>2; python_version < '4'"]},
        requires_python=">=3.11",
        tag="py2.py3-none-any",
        build="7",
        entry_points={"console_scripts": {"odd": "odd_name:main"}},
        data={"scripts/odd.sh": "#!/bin/sh\n", "data/share/a, b.txt": "x"},
        executable=("odd_name-1.0.post1+local.2.data/scripts/odd.sh",),
    )


@pytest.mark.parametrize("is_compressed", [False, True])
def test_wheel_is_valid(is_compressed: bool) -> None:
    for built in (full(), wheel("plain", is_compressed=is_compressed)):
        with zipfile.ZipFile(io.BytesIO(built.content)) as archive:
            archive.filename = built.filename
            WheelFile(archive).validate_record()
        Metadata.from_email(built.metadata)


def test_wheel_says_what_it_was_asked_to() -> None:
    built = full()
    metadata = Metadata.from_email(built.metadata)

    assert built.filename == "odd_name-1.0.post1+local.2-7-py2.py3-none-any.whl"
    assert [str(requirement) for requirement in metadata.requires_dist or ()] == [
        "b>1",
        'c; os_name == "nt"',
        'd[y]>2; python_version < "4" and extra == "x"',
    ]


def test_same_words_make_the_same_bytes() -> None:
    assert (full(), sdist("a")) == (full(), sdist("a"))


def test_sdist_holds_its_name_and_a_backend() -> None:
    with tarfile.open(fileobj=io.BytesIO(sdist("a-b", "2.0").content)) as archive:
        assert sorted(archive.getnames()) == [
            "a_b-2.0/PKG-INFO",
            "a_b-2.0/backend.py",
            "a_b-2.0/prebuilt/a_b-2.0-py3-none-any.whl",
            "a_b-2.0/pyproject.toml",
        ]
