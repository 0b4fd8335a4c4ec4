from __future__ import annotations

from lockenv.fetch.credentials import Account
from lockenv.fetch.denied_access import denied_access
from lockenv.fetch.git_refusal import git_refusal
from lockenv.fetch.urls import place

URL = "https://index.example/simple/a/"
ROOT = "https://index.example/simple/"
NAMED = Account(url=ROOT, name="internal", variables=("L_USERNAME", "L_PASSWORD", "L_URL=https://index.example/"))


def said(status: int, account: Account | None, *, has_login: bool = False) -> tuple[str, str]:
    error = denied_access(status, place(f"{URL}?token=secret"), account, has_login=has_login)
    return error.message.replace(f"{URL}?****", "URL"), error.hint or ""


def test_denial_without_a_login_names_the_index_and_what_to_set() -> None:
    hint = "set L_USERNAME, L_PASSWORD and L_URL=https://index.example/, or add its host to ~/.netrc or a keyring"

    assert [said(401, NAMED), said(403, NAMED)] == [
        ("URL cannot be fetched: 401 Unauthorized: index `internal` requires a login", hint),
        ("URL cannot be fetched: 403 Forbidden: index `internal` denies access without a login", hint),
    ]


def test_denial_of_a_login_does_not_ask_for_one() -> None:
    hint = "correct the login; `lockenv config` shows where it comes from"

    assert [said(401, NAMED, has_login=True), said(403, NAMED, has_login=True)] == [
        ("URL cannot be fetched: 401 Unauthorized: index `internal` rejected the login", hint),
        ("URL cannot be fetched: 403 Forbidden: the login for index `internal` does not allow this", hint),
    ]


def test_denial_by_an_index_without_a_name_and_by_another_host() -> None:
    variables = "LOCKENV_INDEX_<NAME>_USERNAME, LOCKENV_INDEX_<NAME>_PASSWORD and LOCKENV_INDEX_<NAME>_URL"
    message = "URL cannot be fetched: 401 Unauthorized: index.example requires a login"

    assert [said(401, Account(url=ROOT)), said(401, None)] == [
        (
            message,
            "add its host to ~/.netrc or a keyring, or declare the index with a `name` and set " + variables,
        ),
        (
            message,
            "no index is declared at index.example, so no login is sent there; declare https://index.example/ as an "
            f"index with `name` and `explicit = true`, then set {variables}",
        ),
    ]


def test_denial_by_a_proxy_names_the_proxy() -> None:
    message, hint = said(407, NAMED)

    assert message.startswith("URL cannot be fetched: 407 Proxy Authentication Required: the proxy requires a login")
    assert "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT" in hint


def test_git_that_has_no_login_or_a_rejected_one_is_explained() -> None:
    address = "https://me:secret@git.example/a.git"
    printed = {
        "fatal: could not read Username for 'https://git.example': terminal prompts disabled": "no valid one for it",
        "fatal: unable to access 'x': The requested URL returned error: 403": "rejected git's login or key",
        "git@git.example: Permission denied (publickey).\nfatal: Could not read from remote": "login or key",
        "fatal: repository 'x' not found\nhint: advice": ": repository 'x' not found",
    }

    answers = {text: git_refusal(text, address) for text in printed}

    assert {text: answer[0].endswith(printed[text]) for text, answer in answers.items()} == dict.fromkeys(printed, True)
    assert "secret" not in str(answers)
