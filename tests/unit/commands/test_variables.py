from __future__ import annotations

import pytest

from lockenv.commands.variables import replaced, substituted
from lockenv.errors import UsageError
from lockenv.fetch.urls import userinfo

ENVIRON = {"USER": "me", "WORD": "p@ss/w:rd", "PERCENT": "100%", "DONE": "p%40ss", "HOST": "h", "BASE": "https://h/"}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://index.example/simple/", "https://index.example/simple/"),
        ("https://${USER}@${HOST}/simple/", "https://me@h/simple/"),
        ("${BASE}/simple/", "https://h/simple/"),
        ("${BASE}", "https://h/"),
        ("https://${HOST}:8443/$USER/${lower}/", "https://h:8443/$USER/${lower}/"),
    ],
)
def test_variables_are_replaced_wherever_they_stand(text: str, url: str) -> None:
    assert substituted(text, ENVIRON) == url


@pytest.mark.parametrize(
    ("written", "password"), [("WORD", "p@ss/w:rd"), ("PERCENT", "100%"), ("DONE", "p@ss"), ("USER", "me")]
)
def test_password_is_what_the_variable_holds(written: str, password: str) -> None:
    url = substituted(f"https://me:${{{written}}}@index.example/simple/", ENVIRON)

    assert userinfo(url) == ("me", password)
    assert url.endswith("@index.example/simple/")


@pytest.mark.parametrize(
    "text", ["https://me:literal@${ABSENT}/", "https://me:literal@h/${ABSENT}/", "https://me:literal@h/${API_TOKEN}/"]
)
def test_what_cannot_be_replaced_is_told_without_passwords(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        substituted(text, {"API_TOKEN": "x"})

    assert "literal" not in caught.value.message
    assert "https://****@" in caught.value.message


def test_path_is_no_url() -> None:
    assert replaced("${HOST}/client.pem", ENVIRON) == "h/client.pem"
