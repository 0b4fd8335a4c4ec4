"""Credentials: every way to pass them works, they go to their own origin, and no output and no file shows them.

After every run of the program its output, its lock and its cache are searched for user and password, as they are,
percent-encoded and in base64.
"""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex, Redirect, Status, WrongBytes
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD, WRONG = "reader@house", "s3cret/w:rd%2Bé", "old-s3cret/w:rd"
APP = wheel("app", "1.0", requires=["lib"])
LIB = wheel("lib", "1.1")
KEYRING = """
import json, pathlib
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

class Tiny(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        return self._known().get(service, {}).get(username)

    def get_credential(self, service, username):
        for user, password in self._known().get(service, {}).items():
            if username in (None, user):
                return SimpleCredential(user, password)

    def set_password(self, service, username, password):
        raise NotImplementedError

    def _known(self):
        here = pathlib.Path(__file__)
        here.with_suffix(".asked").open("a").write("asked\\n")
        return json.loads(here.with_suffix(".json").read_text("utf-8"))
"""


@dataclass(frozen=True)
class Given:
    """How one run learns who the user is."""

    url: str = ""
    """The index as the project writes it; as it is when empty."""
    env: dict[str, str] = field(default_factory=dict)


def by_variables(_: Path, index: LoopbackIndex, password: str) -> Given:
    return Given(env=login_of("loopback", index, password))


def login_of(name: str, index: LoopbackIndex, password: str = PASSWORD) -> dict[str, str]:
    """Return the variables that set the login for the index `name`, and bind it to where `index` is."""
    given = {"USERNAME": USER, "PASSWORD": password, "URL": index.url}
    return {f"LOCKENV_INDEX_{name.upper()}_{key}": value for key, value in given.items()}


def by_url(_: Path, index: LoopbackIndex, password: str) -> Given:
    return Given(url=index.url.replace("://", f"://{quote(USER, safe='')}:{quote(password, safe='')}@"))


def by_variables_in_the_url(_: Path, index: LoopbackIndex, password: str) -> Given:
    # One variable holds any characters, the other ones that are encoded already.
    env = {
        "THE_USER": quote(USER, safe=""),
        "THE_WORD": password.replace("%2B", "+"),
        "LOCKENV_VARIABLES": "THE_USER,THE_WORD",
    }
    return Given(url=index.url.replace("://", "://${THE_USER}:${THE_WORD}@"), env=env)


def by_one_variable(_: Path, index: LoopbackIndex, password: str) -> Given:
    env = {"THE_INDEX": by_url(_, index, password).url, "LOCKENV_VARIABLES": "THE_INDEX"}
    return Given(url="${THE_INDEX}", env=env)


def by_option(_: Path, index: LoopbackIndex, password: str) -> Given:
    return Given(url="https://index.example/simple/", env={"LOCKENV_INDEX_URL": by_url(_, index, password).url})


def by_netrc(home: Path, _: LoopbackIndex, password: str) -> Given:
    (home / ".netrc").write_text(f"machine 127.0.0.1 login {USER} password {password}\n", "utf-8")
    return Given()


def by_keyring(home: Path, index: LoopbackIndex, password: str) -> Given:
    pytest.importorskip("keyring")
    (home / "tiny_keyring.py").write_text(KEYRING, "utf-8")
    (home / "tiny_keyring.json").write_text(json.dumps({index.url: {USER: password}}), "utf-8")
    return Given(env={"PYTHONPATH": str(home), "PYTHON_KEYRING_BACKEND": "tiny_keyring.Tiny"})


WAYS = [by_variables, by_url, by_variables_in_the_url, by_one_variable, by_option, by_netrc, by_keyring]


class House:
    """A project, the private index it needs, and another server."""

    def __init__(self, place: Path, index: LoopbackIndex, other: LoopbackIndex, way: Any) -> None:
        self.index, self.other = index, other
        self.project = place / "project"
        self.home = place / "project.home"
        self.home.mkdir(parents=True)
        self._way = way
        self.word = PASSWORD.replace("%2B", "+") if way is by_variables_in_the_url else PASSWORD

    def run(self, *args: str, password: str = "") -> Result:
        """Run the program as the user; nothing that it says or leaves may reveal who that is."""
        given = self._way(self.home, self.index, password or self.word)
        tool = {"index": [{"name": "loopback", "url": given.url or self.index.url}]}
        write_project(self.project, ["app"], tool=tool)
        result = lockenv(*args, "-v", cwd=self.project, env=given.env)
        self._search(result, [USER, password or self.word])
        return result

    def _search(self, result: Result, secrets: list[str]) -> None:
        forms = {form for secret in [*secrets, ":".join(secrets)] for form in forms_of(secret)}
        reported = [form for form in forms if form in (result.out + result.err).encode()]
        places = [self.project, self.project.with_name("project.cache")]
        files = [path for place in places for path in place.rglob("*") if path.is_file()]
        assert files
        kept = [
            (path, form)
            for path in files
            if path.name != "pyproject.toml"
            for form in forms
            if form in path.read_bytes() or form in str(path).encode()
        ]
        assert (reported, kept) == ([], []), result.err

    def forget(self) -> None:
        """Remove what was fetched and what was made of it."""
        shutil.rmtree(self.project.with_name("project.cache"), ignore_errors=True)
        shutil.rmtree(self.project / ".venv", ignore_errors=True)


def forms_of(secret: str) -> list[bytes]:
    """Return what a secret may look like."""
    quoted = [quote(secret, safe=safe) for safe in ("", "/", ":", "@", "/:@")]
    # Within a longer text, base64 of a secret looks different at each of three offsets, but for its ends.
    encoded = [base64.b64encode(b"x" * lead + secret.encode())[4 if lead else 0 : -4] for lead in range(3)]
    return [secret.encode(), *(text.encode() for text in quoted), repr(secret)[1:-1].encode(), *encoded]


@pytest.fixture
def other() -> Iterator[LoopbackIndex]:
    """Provide a server of somebody else's."""
    with LoopbackIndex() as running:
        running.add_all(APP, LIB)
        yield running


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def house(request: pytest.FixtureRequest, tmp_path: Path, other: LoopbackIndex) -> Iterator[House]:
    with LoopbackIndex() as index:
        index.add_all(APP, LIB)
        found = House(tmp_path, index, other, request.param)
        index.credentials = (USER, found.word)
        yield found


def test_search_finds_what_it_looks_for() -> None:
    forms = forms_of(PASSWORD)
    disguises = [PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), repr({"password": PASSWORD})]
    encoded = [base64.b64encode(f"{'x' * lead}:{PASSWORD}:more".encode()).decode() for lead in range(3)]

    assert [text for text in disguises + encoded if not any(form in text.encode() for form in forms)] == []


def is_reported(result: Result, *sentences: str) -> bool:
    return result.code == 2 and all(sentence in result.err for sentence in sentences)


def test_right_ones_are_sent_and_shown_nowhere(house: House) -> None:
    assert [house.run(command).code for command in ("lock", "sync", "check", "verify")] == [0] * 4
    text = (house.project / "pylock.toml").read_bytes()
    house.forget()
    assert [house.run(*args).code for args in (["sync"], ["lock", "-U", "--refresh"])] == [0, 0]
    assert (house.project / "pylock.toml").read_bytes() == text
    shutil.rmtree(house.project / ".venv")
    assert [house.run(*args).code for args in (["sync", "--offline"], ["verify"])] == [0, 0]


def test_refusals_say_where_and_not_who(house: House) -> None:
    index = house.index

    assert is_reported(
        house.run("lock", password=WRONG), f"{index.url}app/", "401 Unauthorized: ", "rejected the login"
    )
    index.fail("/simple/", Status(403), times=None)
    assert is_reported(house.run("lock"), f"{index.url}app/", "403 Forbidden: ")
    index.heal()
    index.fail("/simple/", Status(404), times=None)
    absent = house.run("lock")
    assert (absent.code, "app" in absent.err) == (1, True)
    index.heal()
    index.fail("/simple/", Status(500, retry_after="0"), times=None)
    assert is_reported(house.run("lock"), f"{index.url}app/", "the server returned 500")


def test_files_that_cannot_be_had_are_reported_without_who_asked(house: House) -> None:
    index = house.index
    assert house.run("lock").code == 0
    house.forget()

    assert is_reported(house.run("sync", password=WRONG), index.file_url(""), "401 Unauthorized: ")
    for fault, said in ((Status(403), "403 Forbidden"), (Status(404), "returned 404"), (WrongBytes(), "hash-mismatch")):
        index.fail("/files/", fault, times=None)
        assert is_reported(house.run("sync"), said), said
        index.heal()


@pytest.mark.parametrize("house", [by_url, by_netrc], indirect=True)
def test_index_that_is_down_is_reported_without_who_asked(house: House) -> None:
    house.index.stop()

    assert is_reported(house.run("lock"), f"{house.index.url}app/", "connection refused")


def test_another_host_does_not_learn_who_asks(house: House) -> None:
    index, other = house.index, house.other
    index.fail("/simple/app/", Redirect(f"{other.url}app/"), times=None)
    secret = other.url.replace("://", f"://{quote(USER, safe='')}:{quote(house.word, safe='')}@")
    index.fail("/simple/lib/", Redirect(f"{secret}lib/?signature={quote(house.word, safe='')}"), times=None)

    assert house.run("lock").code == 0
    for built in (APP, LIB):
        index.fail(f"/files/{built.filename}$", Redirect(f"{other.file_url(built.filename)}?{secret}"), times=None)
    other.fail("/files/", Status(500, retry_after="0"), times=None)
    assert is_reported(house.run("sync"), other.file_url(""), "the server returned 500")
    other.heal()
    assert house.run("sync").code == 0
    assert {"/simple/app/", f"/files/{LIB.filename}"} <= {path.partition("?")[0] for path in other.paths}
    assert [request for request in other.requests if "authorization" in request.headers] == []


# Where a login is looked for, and when.


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Provide an index that asks everybody who they are."""
    with LoopbackIndex(credentials=(USER, PASSWORD)) as running:
        running.add_all(APP, LIB)
        yield running


def asked_keyring(home: Path) -> int:
    asked = home / "tiny_keyring.asked"
    return len(asked.read_text("utf-8").splitlines()) if asked.exists() else 0


def write(tmp_path: Path, *indexes: dict[str, Any], requires: tuple[str, ...] = ("app",)) -> tuple[Path, Path]:
    """Write a project with these indexes; return it and its home."""
    home = tmp_path / "project.home"
    home.mkdir(exist_ok=True)
    return write_project(tmp_path / "project", requires, tool={"index": list(indexes)}), home


def test_keyring_is_asked_once_and_only_by_need(tmp_path: Path, index: LoopbackIndex) -> None:
    project, home = write(tmp_path, {"name": "house", "url": index.url})
    env = by_keyring(home, index, PASSWORD).env
    login = login_of("house", index)

    assert lockenv("lock", cwd=project, env={**env, **login}).code == 0
    assert asked_keyring(home) == 0
    assert lockenv("lock", "--refresh", cwd=project, env=env).code == 0
    assert asked_keyring(home) == 1


def test_keyring_knows_the_password_of_a_user_that_the_url_names(tmp_path: Path, index: LoopbackIndex) -> None:
    url = index.url.replace("://", f"://{quote(USER, safe='')}@")
    project, home = write(tmp_path, {"url": url})
    env = by_keyring(home, index, PASSWORD).env
    host = index.origin.partition("://")[2]
    (home / "tiny_keyring.json").write_text(json.dumps({host: {"another": "word", USER: PASSWORD}}), "utf-8")

    assert lockenv("lock", cwd=project, env=env).code == 0


def test_keyring_that_fails_is_reported_without_its_words(tmp_path: Path, index: LoopbackIndex) -> None:
    project, home = write(tmp_path, {"name": "house", "url": index.url})
    env = by_keyring(home, index, PASSWORD).env
    failing = f"def _known(self):\n        raise LookupError({PASSWORD!r})\n"
    (home / "tiny_keyring.py").write_text(KEYRING.replace("def _known(self):", failing), "utf-8")

    lock = lockenv("lock", cwd=project, env=env)
    assert is_reported(lock, "cannot get the credentials for 127.0.0.1:", "(LookupError)")
    assert PASSWORD not in lock.err


@pytest.mark.parametrize("files", [[LIB], []])
def test_index_that_is_to_be_authenticated_is_never_asked_without(files: list[Any], tmp_path: Path) -> None:
    # An index may answer "no such project" to strangers, and what it hides must not be sought elsewhere then.
    with LoopbackIndex() as index, LoopbackIndex() as other:
        index.add_all(*files)
        other.add_all(LIB)
        house = {"name": "house", "url": index.url, "authenticate": True}
        project, _ = write(tmp_path, house, {"url": other.url}, requires=("lib",))

        assert is_reported(
            lockenv("lock", cwd=project), f"the index {index.url} requires credentials (authenticate = true)"
        )
        assert (index.requests, other.requests) == ([], [])


def test_indexes_of_one_origin_have_their_own_logins(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.add_all(APP, LIB)
        urls = {name: f"{index.origin}/{name}/simple/" for name in ("one", "two")}
        project, _ = write(tmp_path, *({"name": name, "url": url} for name, url in urls.items()))
        env = {f"LOCKENV_INDEX_{name.upper()}_USERNAME": name for name in urls}
        env |= {f"LOCKENV_INDEX_{name.upper()}_URL": url for name, url in urls.items()}

        assert lockenv("lock", cwd=project, env=env).code == 1
        sent = {(request.path, request.headers["authorization"]) for request in index.requests}
        expected = {name: "Basic " + base64.b64encode(f"{name}:".encode()).decode() for name in urls}
        assert {(f"/{name}/simple/app/", login) for name, login in expected.items()} <= sent
        assert {login for path, login in sent if path.startswith("/two/")} == {expected["two"]}


def test_mirror_has_its_own_login(tmp_path: Path, index: LoopbackIndex) -> None:
    with LoopbackIndex() as public:
        public.add_all(APP, LIB)
        mirror = by_url(tmp_path, index, PASSWORD).url
        project, _ = write(tmp_path, {"name": "house", "url": public.url, "mirrors": [mirror]})
        env = {"LOCKENV_INDEX_HOUSE_USERNAME": "somebody", "LOCKENV_INDEX_HOUSE_URL": public.url}
        assert lockenv("lock", cwd=project, env=env).code == 0
        public.fail("/files/", Status(404), times=None)

        sync = lockenv("sync", cwd=project, env=env)
        assert (sync.code, f"was downloaded from {index.file_url('')}" in sync.err) == (0, True), sync.err
        assert PASSWORD not in sync.err


def test_lock_alone_knows_the_names_of_its_indexes(tmp_path: Path, index: LoopbackIndex) -> None:
    project, _ = write(tmp_path, {"name": "house", "url": index.url})
    env = login_of("house", index)
    assert lockenv("lock", cwd=project, env=env).code == 0
    (project / "pyproject.toml").unlink()

    assert lockenv("sync", cwd=project).code == 2
    assert lockenv("sync", cwd=project, env=env).code == 0


def test_no_one_is_asked_who_they_are_where_no_server_is(tmp_path: Path, index: LoopbackIndex) -> None:
    given = by_variables_in_the_url(tmp_path, index, PASSWORD)
    index.credentials = (USER, PASSWORD.replace("%2B", "+"))
    project, home = write(tmp_path, {"url": given.url})
    assert [lockenv(command, cwd=project, env=given.env).code for command in ("lock", "sync")] == [0, 0]
    shutil.rmtree(project / ".venv")
    (home / ".netrc").write_text("this is none", "utf-8")
    index.stop()

    assert [lockenv(command, cwd=project).code for command in ("check", "sync", "verify")] == [0, 0, 0]
    allowed = {"LOCKENV_VARIABLES": "THE_USER THE_WORD"}
    assert is_reported(lockenv("lock", "-U", cwd=project, env=allowed), "uses the environment variable THE_USER")


def test_requirements_file_names_who_asks(tmp_path: Path, index: LoopbackIndex) -> None:
    given = by_variables_in_the_url(tmp_path, index, PASSWORD)
    index.credentials = (USER, PASSWORD.replace("%2B", "+"))
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.in").write_text(f"--index-url {given.url}\napp\n", "utf-8")

    assert lockenv("lock", cwd=project, env=given.env).code == 0
    absent = lockenv("lock", "--refresh", cwd=project, env={**given.env, "THE_USER": "me", "THE_WORD": ""})
    assert is_reported(absent, "uses the environment variable THE_WORD", "set THE_WORD")


def test_secret_that_the_lock_would_hold_is_refused(tmp_path: Path, index: LoopbackIndex) -> None:
    project, _ = write(tmp_path, {"name": "house", "url": f"{index.origin}/${{HOUSE_TOKEN}}/simple/"})

    assert is_reported(
        lockenv("lock", cwd=project, env={"HOUSE_TOKEN": "x", "LOCKENV_VARIABLES": "HOUSE_TOKEN"}),
        "${HOUSE_TOKEN} in its path",
    )
    assert index.requests == []


@pytest.mark.parametrize("value", ["index.example/?token=hush", "not a hush url", "ftp://hush.example/"])
def test_variables_that_make_no_url_are_not_repeated(value: str, tmp_path: Path) -> None:
    project, _ = write(tmp_path, {"name": "house", "url": "${HOUSE}"})

    lock = lockenv("lock", cwd=project, env={"HOUSE": value, "LOCKENV_VARIABLES": "HOUSE"})
    assert is_reported(lock, "${HOUSE}/ is not a valid index URL after expanding its environment variables")
    assert "hush" not in lock.err


# What a project chooses sends no secret anywhere.


STOLEN = {
    "HOUSE": PASSWORD,
    "HOUSE_TOKEN": PASSWORD,
    "LOCKENV_INDEX_HOUSE_USERNAME": USER,
    "LOCKENV_INDEX_HOUSE_PASSWORD": PASSWORD,
}


@pytest.mark.parametrize("command", ["lock", "sync"])
@pytest.mark.parametrize("place", ["user", "path", "mirror", "certificate", "requirements", "find-links"])
def test_project_reads_no_variable_that_the_user_does_not_allow(
    place: str, command: str, tmp_path: Path, other: LoopbackIndex
) -> None:
    locked, _ = write(tmp_path, {"url": other.url})
    assert lockenv("lock", cwd=locked).code == 0
    theirs = other.url.replace("://", "://${HOUSE_TOKEN}@")
    index = {
        "user": {"url": theirs},
        "path": {"url": f"{other.origin}/${{HOUSE}}/simple/"},
        "mirror": {"url": other.url, "mirrors": [theirs]},
        "certificate": {"url": other.url, "name": "x", "client-cert": "${HOUSE_TOKEN}/me.pem"},
    }.get(place)
    project = write_project(tmp_path / "project", ["app"], tool={"index": [index]} if index else {})
    if place in ("requirements", "find-links"):
        option = {"requirements": "--index-url", "find-links": "--find-links"}[place]
        (project / "pyproject.toml").unlink()
        (project / "requirements.in").write_text(f"{option} {theirs}\napp\n", "utf-8")
    shutil.rmtree(project.with_name("project.cache"))
    other.requests.clear()

    done = lockenv(command, "--frozen" if command == "sync" else "-U", cwd=project, env=STOLEN)

    name = "HOUSE" if place == "path" else "HOUSE_TOKEN"
    assert is_reported(done, f"uses the environment variable {name} in ", f"set LOCKENV_VARIABLES={name}"), done.err
    assert other.requests == []


def test_requirement_gets_no_variable_that_the_user_does_not_allow(tmp_path: Path, other: LoopbackIndex) -> None:
    project = tmp_path / "project"
    project.mkdir()
    host = other.origin.partition("://")[2]
    lines = f"--index-url {other.url}\nlib @ http://x:${{HOUSE_TOKEN}}@{host}/files/{LIB.filename}\n"
    (project / "requirements.in").write_text(lines, "utf-8")

    done = lockenv("lock", cwd=project, env=STOLEN)
    assert is_reported(done, "variable HOUSE_TOKEN in its requirements files", "LOCKENV_VARIABLES=HOUSE_TOKEN"), (
        done.err
    )
    assert other.requests == []


@pytest.mark.parametrize("bound", ["", "https://house.example/simple/", "elsewhere", "no url"])
@pytest.mark.parametrize("command", ["lock", "sync"])
def test_login_of_an_index_goes_to_no_other_origin(
    command: str, bound: str, tmp_path: Path, index: LoopbackIndex, other: LoopbackIndex
) -> None:
    project, _ = write(tmp_path, {"name": "house", "url": other.url})
    assert lockenv("lock", cwd=project).code == 0
    other.requests.clear()
    shutil.rmtree(project.with_name("project.cache"))
    env = {**STOLEN, "LOCKENV_INDEX_HOUSE_URL": index.url if bound == "elsewhere" else bound}

    done = lockenv(command, "--frozen" if command == "sync" else "-U", cwd=project, env=env)

    says = "LOCKENV_INDEX_HOUSE_URL is no url" if bound == "no url" else f"set LOCKENV_INDEX_HOUSE_URL={other.origin}/"
    assert is_reported(done, says), done.err
    assert (other.requests, index.requests) == ([], [])


def test_hint_of_a_missing_binding_works(tmp_path: Path, index: LoopbackIndex) -> None:
    project, _ = write(tmp_path, {"name": "house", "url": index.url})

    refused = lockenv("lock", cwd=project, env=STOLEN)

    name, _, value = refused.err.rpartition("set ")[2].strip().partition("=")
    assert lockenv("lock", cwd=project, env={**STOLEN, name: value}).code == 0
