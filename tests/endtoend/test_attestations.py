"""`lockenv verify-attestations`: real attestations of a real file, and what is wrong with others."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
import tomllib
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import Built, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("pypi_attestations")
_SOURCES = "pypi-attestations==0.0.30"
"""Its sdist has files that were published with attestations, and these, among the assets of its tests."""
_FILE = "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl"
_NAME, _VERSION = "circleci-sign-publish-example", "0.0.1.dev137"


@pytest.fixture(scope="module")
def assets(way_out: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the directory with the published files; skip where the registry is out of reach."""
    place = tmp_path_factory.mktemp("assets")
    directory = write_project(place / "project", [_SOURCES], tool={"no-binary-package": ["pypi-attestations"]})
    result = lockenv("lock", cwd=directory, env=way_out)
    if result.code:
        pytest.skip(f"{_SOURCES} is out of reach: {result.err}")
    packages = tomllib.loads(directory.joinpath("pylock.toml").read_text(encoding="utf-8"))["packages"]
    sdist = next(package["sdist"] for package in packages if package["name"] == "pypi-attestations")
    found = place / "sources.tar.gz"
    with urllib.request.urlopen(sdist["url"], timeout=60) as answer:
        found.write_bytes(answer.read())
    assert hashlib.sha256(found.read_bytes()).hexdigest() == sdist["hashes"]["sha256"]
    with tarfile.open(found) as archive:
        archive.extractall(place, filter="data")
    return next(place.glob("pypi_attestations-*/test/assets"))


@pytest.fixture
def provenance(assets: Path) -> dict[str, Any]:
    """Provide the provenance object of the published file."""
    found: dict[str, Any] = json.loads(assets.joinpath(f"{_FILE}.provenance").read_bytes())
    return found


@pytest.fixture
def published(assets: Path) -> Built:
    """Provide the published file."""
    content = assets.joinpath(_FILE).read_bytes()
    metadata = f"Metadata-Version: 2.1\nName: {_NAME}\nVersion: {_VERSION}\n".encode()
    return Built(filename=_FILE, content=content, name=_NAME, version=_VERSION, metadata=metadata, requires_python="")


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as running:
        running.page_cache_control = "no-cache"
        yield running


def locked(tmp_path: Path, index: LoopbackIndex, *requires: str) -> Path:
    directory = write_project(
        tmp_path / "project", requires or [f"{_NAME}=={_VERSION}"], index=index.url, tool={"publishers": {}}
    )
    result = lockenv_here("lock", cwd=directory)
    assert result.code == 0, result.err
    return directory


def failures(directory: Path) -> list[str]:
    result = lockenv("verify-attestations", "--json", cwd=directory)
    found = json.loads(result.out)
    assert (result.code, found["ok"]) == ((1, False) if any(one["failure"] for one in found["files"]) else (0, True))
    return [one["failure"] for one in found["files"]]


def test_published_file_is_proved_offline(
    tmp_path: Path, index: LoopbackIndex, published: Built, provenance: dict[str, Any]
) -> None:
    index.add(published, metadata=False, provenance=json.dumps(provenance).encode())
    index.add(wheel("cup", "1.0"))
    directory = locked(tmp_path, index, f"{_NAME}=={_VERSION}", "cup")
    assert lockenv("verify-attestations", cwd=directory).code == 0
    index.stop()

    result = lockenv("verify-attestations", "--offline", cwd=directory)

    said = "pylock.toml: 1 file proved to be from 1 publisher; 1 file without attestations"
    assert (result.code, said in result.err) == (0, True), result.err


def test_forged_signature_proves_nothing(
    tmp_path: Path, index: LoopbackIndex, published: Built, provenance: dict[str, Any]
) -> None:
    envelope = provenance["attestation_bundles"][0]["attestations"][0]["envelope"]
    signature = bytearray(base64.b64decode(envelope["signature"]))
    signature[-1] ^= 1
    envelope["signature"] = base64.b64encode(signature).decode()
    index.add(published, metadata=False, provenance=json.dumps(provenance).encode())

    (failure,) = failures(locked(tmp_path, index))

    assert "signature" in failure.lower()


def test_entry_of_another_time_than_the_certificate_proves_nothing(
    tmp_path: Path, index: LoopbackIndex, published: Built, provenance: dict[str, Any]
) -> None:
    (entry,) = provenance["attestation_bundles"][0]["attestations"][0]["verification_material"]["transparency_entries"]
    entry["integratedTime"] = str(int(entry["integratedTime"]) + 365 * 86400)
    index.add(published, metadata=False, provenance=json.dumps(provenance).encode())

    assert failures(locked(tmp_path, index)) != [""]


def test_attestation_of_another_file_proves_nothing(
    tmp_path: Path, index: LoopbackIndex, provenance: dict[str, Any]
) -> None:
    index.add(wheel("kettle", "1.0"), provenance=json.dumps(provenance).encode())

    (failure,) = failures(locked(tmp_path, index, "kettle"))

    assert "subject does not match distribution name" in failure


def test_attestation_of_other_bytes_proves_nothing(
    tmp_path: Path, index: LoopbackIndex, provenance: dict[str, Any]
) -> None:
    index.add(wheel(_NAME, _VERSION), provenance=json.dumps(provenance).encode())

    assert failures(locked(tmp_path, index)) == ["subject does not match distribution digest"]


def test_publisher_that_the_certificate_does_not_name_is_not_proved(
    tmp_path: Path, index: LoopbackIndex, published: Built, provenance: dict[str, Any]
) -> None:
    provenance["attestation_bundles"][0]["publisher"] = {
        "kind": "GitHub",
        "repository": "mallory/kettle",
        "workflow": "release.yml",
    }
    index.add(published, metadata=False, provenance=json.dumps(provenance).encode())

    assert failures(locked(tmp_path, index)) != [""]


def test_attestations_that_are_withdrawn_are_missed(
    tmp_path: Path, index: LoopbackIndex, published: Built, provenance: dict[str, Any]
) -> None:
    index.add(published, metadata=False, provenance=json.dumps(provenance).encode())
    directory = locked(tmp_path, index)
    index.add(published, metadata=False)

    assert failures(directory) == ["the index has no attestations of it any more"]


def test_object_without_attestations_proves_nothing(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("kettle", "1.0"), provenance=b'{"version": 1, "attestation_bundles": []}')

    assert failures(locked(tmp_path, index, "kettle")) == ["its provenance object has no attestation"]
