from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError, NetworkError
from lockenv.fetch.credentials import Account, LoginStore, from_keyring, from_netrc, netrc_path
from lockenv.fetch.http_client import HttpClient
from lockenv.fetch.settings import FetchSettings
from lockenv.fetch.urls import place
from lockenv.files.home import home

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


def test_broken_netrc_is_reported_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine index.example login me secret-word secret\n")

    with pytest.raises(InputError, match="is not a valid netrc file") as caught:
        from_netrc(str(file), [INDEX])
    assert "secret" not in str(caught.value)


def test_netrc_is_where_the_environment_says() -> None:
    assert netrc_path({"NETRC": "/x", "HOME": "/home/me"}) == "/x"
    assert netrc_path({"HOME": "/home/me"}) == "/home/me/.netrc"
    assert netrc_path({"HOME": "here"}) == f"{home({})}/.netrc"


def test_login_is_that_of_the_index_whose_path_is_nearest() -> None:
    accounts = [
        Account(url="https://h/public/simple/"),
        Account(url="https://h/one/simple/", user="one"),
        Account(url="https://h/two/simple/", user="two", password="word"),
        Account(url="https://other/simple/", user="three"),
    ]
    logins = LoginStore(accounts)
    urls = {
        "https://h/one/simple/a/": ("one", ""),
        "https://h:443/two/files/a.whl?x=/one/": ("two", "word"),
        "https://h/public/simple/a/": None,
        "https://h/files/a.whl": ("one", ""),
        "https://other/": ("three", ""),
        "http://h/one/simple/": None,
        "https://h:444/one/simple/": None,
    }

    assert {url: logins.of(place(url)) for url in urls} == urls


def test_index_that_needs_a_login_has_one_or_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    accounts = [
        Account(url="https://none/", is_required=True),
        Account(url="https://user/", user="me", is_required=True),
        Account(url="https://shown/", certificate="me.pem", is_required=True),
    ]
    logins = LoginStore(accounts)

    assert (logins.of(place("https://user/a/")), logins.of(place("https://shown/a/"))) == (("me", ""), None)
    with pytest.raises(InputError, match="the index https://none/ requires credentials"):
        logins.of(place("https://none/a/"))


def test_without_its_package_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert from_keyring(INDEX, "") is None


def test_account_shows_no_password() -> None:
    assert "secret" not in repr(Account(url=INDEX, user="me", password="secret"))


@pytest.mark.parametrize("host", ["index.example", "10.1.2.3"])
def test_login_is_never_sent_unencrypted(host: str, tmp_path: Path) -> None:
    root = f"http://{host}/simple/"
    settings = FetchSettings(
        cache_dir=str(tmp_path), allow_http=(host,), accounts=lambda: [Account(url=root, user="me", password="word")]
    )

    with pytest.raises(NetworkError, match=f"credentials for {host} are only sent over https"):
        HttpClient(settings).get(f"{root}idna/", {}, lambda reply, _: reply.status)
