"""Indexes that are encrypted: whose certificate is trusted, and who the client shows itself to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import der, make, serving
from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIB = wheel("lib", "1.0")


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """Provide the certificate of the servers."""
    return make(tmp_path / "server.pem")


@pytest.fixture
def me(tmp_path: Path) -> Path:
    """Provide the certificate of the client that the strict server knows."""
    return make(tmp_path / "me.pem")


@pytest.fixture
def plain(server: Path) -> Iterator[LoopbackIndex]:
    """Provide an encrypted index that asks no one who it is."""
    with LoopbackIndex(encryption=serving(server)) as running:
        running.add(LIB)
        yield running


@pytest.fixture
def strict(server: Path, me: Path) -> Iterator[LoopbackIndex]:
    """Provide an index that only known clients may speak to."""
    with LoopbackIndex(encryption=serving(server, clients=me)) as running:
        running.add(LIB)
        yield running


def locked_and_synced(project: Path, env: dict[str, str]) -> bool:
    return all(lockenv(command, cwd=project, env=env).code == 0 for command in ("lock", "sync"))


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "LOCKENV_CERT"])
def test_certificates_to_trust_are_named_by_a_variable(
    variable: str, tmp_path: Path, plain: LoopbackIndex, server: Path
) -> None:
    project = write_project(tmp_path / "project", ["lib"], index=plain.url)

    assert locked_and_synced(project, {variable: str(server)})


def test_certificates_to_trust_are_named_by_an_option(tmp_path: Path, plain: LoopbackIndex, server: Path) -> None:
    project = write_project(tmp_path / "project", ["lib"], index=plain.url)

    assert lockenv("lock", "--cert", f"../{server.name}", cwd=project, env={"SSL_CERT_FILE": "/nowhere"}).code == 0


def test_system_trusts_no_certificate_that_signs_itself(tmp_path: Path, plain: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", ["lib"], index=plain.url)

    lock = lockenv("lock", cwd=project)
    assert (lock.code, "the certificate of 127.0.0.1 is not trusted" in lock.err) == (2, True), lock.err
    assert "--cert" in lock.err
    assert plain.requests == []


@pytest.mark.parametrize("how", ["variable of the index", "relative path", "variable in the path"])
def test_client_certificate_is_shown_to_its_index(
    how: str, tmp_path: Path, strict: LoopbackIndex, server: Path, me: Path
) -> None:
    env = {"SSL_CERT_FILE": str(server), "CERTIFICATES": str(tmp_path), "LOCKENV_VARIABLES": "CERTIFICATES"}
    env["LOCKENV_INDEX_THE_HOUSE_URL"] = strict.url
    path = {"relative path": "../me.pem", "variable in the path": "${CERTIFICATES}/me.pem"}.get(how, "")
    if not path:
        env["LOCKENV_INDEX_THE_HOUSE_CLIENT_CERT"] = str(me)
    index = {"name": "the-house", "url": strict.url, **({"client-cert": path} if path else {})}
    project = write_project(tmp_path / "project", ["lib"], tool={"index": [index]})

    assert locked_and_synced(project, env)
    assert set(strict.certificates) == {der(me)}


def test_client_certificate_is_shown_to_no_other_origin(tmp_path: Path, server: Path, me: Path) -> None:
    asking = serving(server, clients=me, demanded=False)
    with LoopbackIndex(encryption=asking) as mine, LoopbackIndex(encryption=asking) as other:
        mine.add(LIB, url=other.file_url(LIB.filename))
        other.add_all(LIB, wheel("more", "1.0"))
        indexes = [{"name": "mine", "url": mine.url, "client-cert": "../me.pem"}, {"name": "other", "url": other.url}]
        project = write_project(tmp_path / "project", ["lib", "more"], tool={"index": indexes})

        assert locked_and_synced(project, {"SSL_CERT_FILE": str(server), "LOCKENV_INDEX_MINE_URL": mine.url})
        assert (set(mine.certificates), set(other.certificates)) == ({der(me)}, {None})


@pytest.mark.parametrize("written", ["../me.pem", "link.pem"])
def test_client_certificate_outside_the_project_is_shown_where_the_user_says_alone(
    written: str, tmp_path: Path, strict: LoopbackIndex, server: Path
) -> None:
    index = {"name": "the-house", "url": strict.url, "client-cert": written}
    project = write_project(tmp_path / "project", ["lib"], tool={"index": [index]})
    (project / "link.pem").symlink_to("../me.pem")

    lock = lockenv("lock", cwd=project, env={"SSL_CERT_FILE": str(server)})
    assert (lock.code, f"{tmp_path / 'me.pem'} is not sent to " in lock.err) == (2, True), lock.err
    assert f"set LOCKENV_INDEX_THE_HOUSE_URL={strict.origin}/" in lock.err
    assert strict.requests == []


def refused(tmp_path: Path, strict: LoopbackIndex, server: Path, certificate: str) -> Result:
    env = {"SSL_CERT_FILE": str(server), "LOCKENV_INDEX_LOOPBACK_CLIENT_CERT": certificate}
    env["LOCKENV_INDEX_LOOPBACK_URL"] = strict.url
    result = lockenv("lock", cwd=write_project(tmp_path / "project", ["lib"], index=strict.url), env=env)
    assert (result.code, strict.requests) == (2, [])
    return result


def test_client_that_shows_nothing_learns_what_to_show(tmp_path: Path, strict: LoopbackIndex, server: Path) -> None:
    reported = refused(tmp_path, strict, server, "").err

    assert "127.0.0.1 requires a client certificate" in reported
    assert "LOCKENV_INDEX_<NAME>_CLIENT_CERT" in reported


def test_client_that_is_not_known_is_refused_as_such(tmp_path: Path, strict: LoopbackIndex, server: Path) -> None:
    stranger = make(tmp_path / "stranger.pem")

    assert "requires a client certificate, or rejects" in refused(tmp_path, strict, server, str(stranger)).err


@pytest.mark.parametrize("file", ["nowhere.pem", "empty.pem", "encrypted.pem"])
def test_client_certificate_that_cannot_be_used_is_named(
    file: str, tmp_path: Path, strict: LoopbackIndex, server: Path
) -> None:
    (tmp_path / "empty.pem").touch()
    make(tmp_path / "encrypted.pem", password="not reported")

    reported = refused(tmp_path, strict, server, str(tmp_path / file)).err
    assert f"cannot read the client certificate {tmp_path / file}" in reported
