"""The name that sources state without a build."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError
from lockenv.project.directory_name import directory_name

if TYPE_CHECKING:
    from collections.abc import Callable

BACKEND = '[build-system]\nrequires = ["setuptools"]\n'


def reader(files: dict[str, str]) -> Callable[[str], str]:
    """Return what reads `files` of the directory `sub`."""

    def read(path: str) -> str:
        directory, name = os.path.split(path)
        if directory != "sub" or name not in files:
            raise InputError(f"sub/{name} does not exist")
        return files[name]

    return read


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"pyproject.toml": '[project]\nname = "a"\n', "setup.py": "setup(name='b')"}, "a"),
        ({"pyproject.toml": BACKEND, "setup.cfg": "[metadata]\nname = b\n", "setup.py": "setup(name='c')"}, "b"),
        ({"setup.cfg": "[flake8]\n", "setup.py": "import setuptools as s\ns.setup(version='1', name='c')"}, "c"),
        ({"setup.cfg": "no section", "setup.py": "from x import name\nsetup(name=name)"}, ""),
        ({"setup.py": "print 'old'"}, ""),
        ({"pyproject.toml": BACKEND}, ""),
    ],
)
def test_name_is_that_of_the_first_file_that_states_it(files: dict[str, str], name: str) -> None:
    assert directory_name("sub", reader(files)) == name


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "sub/pyproject.toml does not exist"),
        ({"pyproject.toml": "x =", "setup.py": "setup(name='b')"}, "not valid"),
    ],
)
def test_directory_without_a_readable_file_is_refused(files: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        directory_name("sub", reader(files))
