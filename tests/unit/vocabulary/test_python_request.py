"""A request for a Python admits the Pythons that pip, uv and pyenv mean by it."""

from __future__ import annotations

import pytest

from lockenv.vocabulary.python_request import PythonRequest, python_request

PYTHONS = {
    "3.11.9": ("cpython", "3.11.9", False),
    "3.12.7": ("cpython", "3.12.7", False),
    "3.12.8": ("cpython", "3.12.8", False),
    "3.13.0t": ("cpython", "3.13.0", True),
    "3.14.0rc1": ("cpython", "3.14.0rc1", False),
    "pypy3.10": ("pypy", "3.10.14", False),
    "pypy3.11": ("pypy", "3.11.11", False),
}


@pytest.mark.parametrize(
    ("text", "admitted"),
    [
        ("3.12", ["3.12.7", "3.12.8"]),
        ("3.12.*", ["3.12.7", "3.12.8"]),
        ("==3.12.*", ["3.12.7", "3.12.8"]),
        ("3.12.7", ["3.12.7"]),
        ("cpython3.12.7", ["3.12.7"]),
        ("312", ["3.12.7", "3.12.8"]),
        ("3.13t", ["3.13.0t"]),
        (">=3.11,<3.12.8", ["3.11.9", "3.12.7", "pypy3.11"]),
        ("cpython>=3.11,<3.12.8", ["3.11.9", "3.12.7"]),
        ("CPython >= 3.12", ["3.12.7", "3.12.8", "3.14.0rc1"]),
        ("pypy", ["pypy3.10", "pypy3.11"]),
        ("pypy>=3.11", ["pypy3.11"]),
        ("pypy@3.10", ["pypy3.10"]),
        ("==3.14.0rc1", ["3.14.0rc1"]),
    ],
)
def test_request_admits(text: str, admitted: list[str]) -> None:
    request = python_request(text)

    assert request is not None
    assert [
        name
        for name, (implementation, version, is_free) in PYTHONS.items()
        if request.admits(implementation, version, is_free_threaded=is_free)
    ] == admitted


def test_empty_request_asks_for_nothing() -> None:
    assert python_request("") == PythonRequest()


@pytest.mark.parametrize("text", ["mypython", "./python", "3.12/bin", "jython>=3.8", "3.x", "python3.12.1.5"])
def test_names_of_programs_are_no_requests(text: str) -> None:
    assert python_request(text) is None


@pytest.mark.parametrize("text", [">=3.x", "=3.12", "~=3"])
def test_specifier_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        python_request(text)
