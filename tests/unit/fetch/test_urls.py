from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.fetch.settings import environment_certificates, environment_proxies
from lockenv.fetch.urls import beside, joined, origin, place, shown, userinfo, without_userinfo


def test_origin_always_has_its_port() -> None:
    assert [origin(url) for url in ("https://Index.example/a", "http://[::1]:8/", "https://u:p@h.example:444")] == [
        "https://index.example:443",
        "http://[::1]:8",
        "https://h.example:444",
    ]


NO_URLS = ["file:///etc/passwd", "ftp://h/", "https://", "https://h/a b", "https://h\\@x/", "x"]
NO_HOSTS = [f"http://{host}/" for host in ("a;id", "a`id`", "$(id)", "--allow-build", "a'b", "a|b")]


@pytest.mark.parametrize("url", [*NO_URLS, *NO_HOSTS])
def test_what_is_no_url_of_a_server_is_reported(url: str) -> None:
    with pytest.raises(InputError):
        place(url)


def test_loopback_is_known_by_address_and_name() -> None:
    hosts = ["127.0.0.1", "127.8.9.1", "localhost", "[::1]", "127.0.0.1.example", "10.0.0.1"]

    assert [place(f"http://{host}/").is_loopback for host in hosts] == [True, True, True, True, False, False]


def test_credentials_are_taken_apart_and_masked() -> None:
    url = "https://me:p%40ss@index.example/simple/"

    assert (userinfo(url), without_userinfo(url), shown(url)) == (
        ("me", "p@ss"),
        "https://index.example/simple/",
        "https://****@index.example/simple/",
    )


def test_password_with_an_unquoted_at_sign_is_masked_whole() -> None:
    assert shown("https://me:p@ss@index.example/") == "https://****@index.example/"


def test_password_with_an_unquoted_slash_is_masked_whole() -> None:
    url = "https://me:pa/ss@index.example/"

    assert shown(url) == "https://****"
    with pytest.raises(InputError) as caught:
        place(url)
    assert "pa" not in caught.value.message.partition("is not a URL")[0]


def test_query_is_masked() -> None:
    assert shown("https://h/x.whl?signature=secret#part") == "https://h/x.whl?****"


def test_control_characters_are_shown_escaped() -> None:
    assert shown("https://h/\x1b[31m") == "https://h/\\x1b[31m"


def test_joined_drops_fragment_and_credentials() -> None:
    assert joined("https://h/simple/a/", "https://u:p@f.example/x.whl#sha256=1") == "https://f.example/x.whl"


def test_lower_case_proxies_win() -> None:
    environ = {"HTTPS_PROXY": "http://a:1", "https_proxy": "http://b:1", "NO_PROXY": "x", "HTTP_PROXY": "http://c:1"}

    assert environment_proxies(environ) == {"https": "http://b:1", "no": "x", "http": "http://c:1"}
    assert "http" not in environment_proxies({**environ, "REQUEST_METHOD": "GET"})


def test_first_named_bundle_is_trusted() -> None:
    assert environment_certificates({"SSL_CERT_FILE": "/b", "REQUESTS_CA_BUNDLE": "/a"}) == "/a"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://files.example/a-1.0.whl", "https://files.example/a-1.0.whl.metadata"),
        ("https://files.example/a-1.0.whl?sig=a%2Fb?c", "https://files.example/a-1.0.whl.metadata?sig=a%2Fb?c"),
        ("https://files.example/a-1.0.whl#sha256=00", "https://files.example/a-1.0.whl.metadata"),
        ("https://files.example/a-1.0.whl?x#y?z", "https://files.example/a-1.0.whl.metadata?x"),
    ],
)
def test_file_beside_another_has_its_path_and_a_suffix(url: str, expected: str) -> None:
    assert beside(url, ".metadata") == expected
