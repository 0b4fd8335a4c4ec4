from __future__ import annotations

import pytest

from lockenv.lockfile.hosts import host_of, is_allowed


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://files.example/a.whl", "files.example"),
        ("https://Files.Example:8443/a.whl", "files.example:8443"),
        ("https://user:secret@files.example/a.whl", "files.example"),
        ("https://[::1]:80/a.whl", "[::1]:80"),
        ("https://files.example:port/a.whl", ""),
        ("a.whl", ""),
        ("git@Code.Example:team/project.git", "code.example"),
        ("ssh://git@code.example/team/project.git", "code.example"),
    ],
)
def test_host_is_what_an_entry_would_name(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("host", "allowed", "is_it"),
    [
        ("files.example", ("files.example",), True),
        ("files.example:8443", ("files.example",), True),
        ("files.example", ("files.example:8443",), False),
        ("files.example:8443", ("files.example:8443",), True),
        ("a.files.example", ("files.example",), False),
        ("a.files.example", ("*.files.example",), True),
        ("files.example", ("*.files.example",), False),
        ("evilfiles.example", ("*.files.example",), False),
        ("files.example.evil", ("files.example", "*.example"), False),
        ("[::1]:80", ("[::1]",), True),
        ("[::1]", ("[::1]",), True),
        ("", ("files.example",), False),
        ("files.example", (), False),
    ],
)
def test_host_is_allowed_by_its_whole_name_or_its_parent(host: str, allowed: tuple[str, ...], is_it: bool) -> None:
    assert is_allowed(host, allowed) is is_it
