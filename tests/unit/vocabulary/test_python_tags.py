from __future__ import annotations

import pytest

from lockenv.vocabulary.markers import python
from lockenv.vocabulary.python_tags import serves
from lockenv.vocabulary.wheeltags import wheel_marker

TAGS = (
    "py3-none-any",
    "py2.py3-none-any",
    "py2-none-any",
    "py38-none-any",
    "py312-none-win_amd64",
    "cp27-cp27mu-linux_x86_64",
    "cp39-cp39-win_amd64",
    "cp313-cp313t-win_amd64",
    "cp310.cp312-none-any",
    "cp36-abi3-macosx_11_0_arm64",
    "cp310-abi3.abi3t-win_amd64",
    "pp310-pypy310_pp73-win_amd64",
    "whatever-none-any",
)


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize(
    "pythons", ["", ">=3.9", ">=3.10,<3.12", "==3.9.*", "<3", ">=3.13.1", "==3.12.4", ">=3.6,!=3.9.*"]
)
def test_tags_of_pythons_say_what_the_marker_of_the_wheel_says(tags: str, pythons: str) -> None:
    name = f"x-1.0-{tags}.whl"

    assert serves(name, python(pythons).python_range()) is not wheel_marker(name).disjoint(python(pythons))


def test_case_of_tags_and_build_numbers_do_not_count() -> None:
    assert serves("X-1.0-1-CP312-ABI3-win_amd64.whl", (((3, 13, 0), None),))
    assert not serves("X-1.0-1-CP312-CP312-win_amd64.whl", (((3, 13, 0), None),))
