from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError
from lockenv.fetch.credentials import from_netrc, netrc_path

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "https://index.example:8443/simple/"


def test_netrc_serves_the_origins_of_the_given_urls_alone(tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine index.example login me password secret\ndefault login x password y\n")

    assert from_netrc(str(file), [INDEX, "https://other.example/simple/"]) == {
        "https://index.example:8443": ("me", "secret")
    }


def test_absent_netrc_names_no_one(tmp_path: Path) -> None:
    assert from_netrc(str(tmp_path / "absent"), [INDEX]) == {}


def test_broken_netrc_is_told_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine index.example login me secret-word secret\n")

    with pytest.raises(InputError, match="is not a netrc file") as caught:
        from_netrc(str(file), [INDEX])
    assert "secret" not in str(caught.value)


def test_netrc_lies_where_the_environment_says() -> None:
    assert netrc_path({"NETRC": "/x", "HOME": "/home/me"}) == "/x"
    assert netrc_path({}) == ""
