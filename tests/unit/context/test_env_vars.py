from __future__ import annotations

import pytest

from lockenv.context.substitution import PermittedVariables, Variables, replaced, substituted
from lockenv.errors import UsageError
from lockenv.fetch.urls import userinfo

ENVIRON = {"USER": "me", "WORD": "p@ss/w:rd", "PERCENT": "100%", "DONE": "p%40ss", "HOST": "h", "BASE": "https://h/"}
ALL = Variables(ENVIRON, None)


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
def test_variables_are_replaced_wherever_they_are(text: str, url: str) -> None:
    assert substituted(text, ALL) == url


@pytest.mark.parametrize(
    ("written", "password"), [("WORD", "p@ss/w:rd"), ("PERCENT", "100%"), ("DONE", "p@ss"), ("USER", "me")]
)
def test_password_is_what_the_variable_holds(written: str, password: str) -> None:
    url = substituted(f"https://me:${{{written}}}@index.example/simple/", ALL)

    assert userinfo(url) == ("me", password)
    assert url.endswith("@index.example/simple/")


@pytest.mark.parametrize(
    "text", ["https://me:literal@${ABSENT}/", "https://me:literal@h/${ABSENT}/", "https://me:literal@h/${API_TOKEN}/"]
)
def test_what_cannot_be_replaced_is_reported_without_passwords(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        substituted(text, Variables({"API_TOKEN": "x"}, None))

    assert "literal" not in caught.value.message
    assert "https://****@" in caught.value.message


def test_path_is_no_url() -> None:
    assert replaced("${HOST}/client.pem", ALL) == "h/client.pem"


def test_variable_of_a_project_must_be_allowed() -> None:
    variables = Variables(ENVIRON, ("HOST",))

    with pytest.raises(UsageError) as caught:
        substituted("https://${USER}:${WORD}@${HOST}/", variables)

    assert caught.value.message == (
        "the project uses the environment variables USER and WORD in https://****@${HOST}/, which are not allowed"
    )
    assert caught.value.hint == "to allow the project to use them, set LOCKENV_VARIABLES='HOST USER WORD'"
    assert substituted("https://${HOST}/", variables) == "https://h/"


def test_one_refusal_names_all_variables_and_those_to_set() -> None:
    with pytest.raises(UsageError) as caught:
        Variables(ENVIRON, ()).check(["https://h/", "https://${USER}@h/", "https://${USER}@g/${MISSING}/"])

    assert caught.value.message == (
        "the project uses the environment variables USER and MISSING in https://****@h/ and "
        "https://****@g/${MISSING}/, which are not allowed"
    )
    assert caught.value.hint == (
        "to allow the project to use them, set LOCKENV_VARIABLES='USER MISSING'; MISSING must be set too"
    )


def test_requirements_files_get_no_variable_that_is_not_allowed() -> None:
    permitted = PermittedVariables(Variables(ENVIRON, ("HOST",)))

    assert [permitted.get(name) for name in ("HOST", "MISSING")] == ["h", None]
    permitted.check()
    assert permitted.get("WORD") is None
    with pytest.raises(UsageError, match="the environment variable WORD in its requirements files, which is"):
        permitted.check()
