"""Bills of materials are what their standards say, to the libraries that the standards' own people keep."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.test_direct import ok
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_SBOM = '{"bomFormat": "CycloneDX", "specVersion": "1.6"}\n'


def spdx_faults(text: str, directory: Path) -> list[str]:
    """Return what the library of SPDX finds wrong in a document."""
    parser = pytest.importorskip("spdx_tools.spdx.parser.parse_anything", reason="spdx-tools is not installed")
    validator = pytest.importorskip("spdx_tools.spdx.validation.document_validator")
    file = directory / "bill.spdx.json"
    # The library takes no host without a name for one.
    file.write_text(re.sub(r"http://127\.0\.0\.1:[0-9]+", "https://index.example", text))
    document = parser.parse_file(str(file))
    return [message.validation_message for message in validator.validate_full_spdx_document(document)]


def cyclonedx_fault(text: str) -> object:
    """Return what contradicts the official schema of CycloneDX 1.6, unknown keys among it; None where nothing does."""
    validation = pytest.importorskip("cyclonedx.validation.json", reason="cyclonedx-python-lib is not installed")
    schema = pytest.importorskip("cyclonedx.schema")
    return validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text)


def relations(document: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    """Return the pairs of names that have a relation of SPDX, sorted."""
    names = {one["SPDXID"]: one["name"] for one in document["packages"]} | {"SPDXRef-DOCUMENT": "DOCUMENT"}
    found = [one for one in document["relationships"] if one["relationshipType"] == kind]
    return sorted((names[one["spdxElementId"]], names[one["relatedSpdxElement"]]) for one in found)


def test_bills_are_valid_in_all_environments_and_in_one(locked: Path) -> None:
    for where in ((), ("--here",)):
        bill = ok("export", "--format", "cyclonedx", "--all-extras", *where, cwd=locked)
        document = ok("export", "--format", "spdx", "--all-extras", *where, cwd=locked)

        assert (cyclonedx_fault(bill), spdx_faults(document, locked.parent)) == (None, [])


def test_spdx_names_every_release_its_file_and_what_requires_it(locked: Path, index: LoopbackIndex) -> None:
    text = ok("export", "--format", "spdx", "--extra", "fancy", cwd=locked)
    found = json.loads(text)

    assert found["spdxVersion"] == "SPDX-2.3"
    assert relations(found, "DESCRIBES") == [("DOCUMENT", "example")]
    assert relations(found, "DEPENDS_ON") == [
        ("app", "lib"),
        ("app", "ribbon"),
        ("app", "winpart"),
        ("example", "app"),
        ("example", "tester"),
    ]
    assert next(one for one in found["packages"] if one["name"] == "winpart") == {
        "SPDXID": "SPDXRef-Package-winpart-0.1",
        "name": "winpart",
        "primaryPackagePurpose": "LIBRARY",
        "downloadLocation": index.file_url("winpart-0.1-py3-none-any.whl"),
        "filesAnalyzed": False,
        "versionInfo": "0.1",
        "packageFileName": "winpart-0.1-py3-none-any.whl",
        "checksums": [{"algorithm": "SHA256", "checksumValue": wheel("winpart", "0.1").sha256}],
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:pypi/winpart@0.1?repository_url={index.url}",
            }
        ],
        "comment": "Installed where: sys_platform == 'win32'",
    }
    assert ok("export", "--format", "spdx", "--extra", "fancy", cwd=locked) == text


def test_spdx_address_changes_with_the_content(locked: Path) -> None:
    some, other = (
        json.loads(ok("export", "--format", "spdx", *args, cwd=locked))["documentNamespace"]
        for args in ((), ("--extra", "fancy"))
    )

    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", some)
    assert some != other


def test_spdx_time_is_the_newest_upload_time_in_universal_time(locked: Path) -> None:
    lock = locked / "pylock.toml"
    text = lock.read_text()
    moments = iter(("2026-03-01T23:30:00-02:00", "2026-03-01T23:59:59Z", "2025-01-01T00:00:00Z"))
    lock.write_text(
        re.sub(r"(?m)size = \d+", lambda found: f"{found[0]}, upload-time = {next(moments)}", text, count=3)
    )

    found = json.loads(ok("export", "--format", "spdx", "--frozen", cwd=locked))

    assert found["creationInfo"]["created"] == "2026-03-02T01:30:00Z"


def test_release_of_several_files_has_each_of_them_as_an_artifact(tmp_path: Path, index: LoopbackIndex) -> None:
    tags = ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-win_amd64")
    index.add_all(*(wheel("fast", tag=tag) for tag in tags), sdist("fast"))
    project = write_project(tmp_path / "fast", ["fast"], index=index.url, requires_python=">=3.12")
    ok("lock", cwd=project)

    text = ok("export", "--format", "spdx", cwd=project)

    assert relations(json.loads(text), "DISTRIBUTION_ARTIFACT") == [
        ("fast", "fast-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"),
        ("fast", "fast-1.0-cp312-cp312-win_amd64.whl"),
        ("fast", "fast-1.0.tar.gz"),
    ]
    assert spdx_faults(text, tmp_path) == []


def test_licenses_that_the_lock_records_are_in_both(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(
        wheel("one", about=["License-Expression: MIT OR Apache-2.0"]),
        wheel("own", about=["License-Expression: LicenseRef-Corp"]),
        wheel("two", about=["Classifier: License :: OSI Approved :: BSD License"]),
        wheel("zero"),
    )
    project = write_project(
        tmp_path / "project", ["one", "own", "two", "zero"], index=index.url, tool={"licenses": {"deny": ["AGPL-*"]}}
    )
    ok("lock", cwd=project)

    bill = ok("export", "--format", "cyclonedx", cwd=project)
    document = ok("export", "--format", "spdx", cwd=project)

    assert [one.get("licenses") for one in json.loads(bill)["components"]] == [
        [{"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}],
        [{"expression": "LicenseRef-Corp", "acknowledgement": "declared"}],
        [{"license": {"name": "BSD License", "acknowledgement": "declared"}}],
        None,
    ]
    packages = json.loads(document)["packages"][1:]
    assert [(one.get("licenseDeclared"), one.get("licenseComments")) for one in packages] == [
        ("MIT OR Apache-2.0", None),
        ("LicenseRef-Corp", None),
        (None, "The metadata names: BSD License"),
        (None, None),
    ]
    assert (cyclonedx_fault(bill), spdx_faults(document, tmp_path)) == (None, [])


@pytest.fixture
def embedding(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a synced project with a wheel that has a bill of materials in it, and one for another machine."""
    index.add_all(
        wheel("crypt", dist_info={"sboms/crypt.cdx.json": _SBOM, "sboms/more/vendored.spdx.json": "{}\n"}),
        wheel("elsewhere", tag="py3-none-win_amd64", dist_info={"sboms/elsewhere.cdx.json": _SBOM}),
    )
    project = write_project(tmp_path / "project", ["crypt", "elsewhere; sys_platform == 'win32'"], index=index.url)
    ok("lock", cwd=project)
    ok("sync", cwd=project)
    return project


def test_cyclonedx_refers_to_the_bills_within_unpacked_wheels(embedding: Path, index: LoopbackIndex) -> None:
    done = lockenv("export", "--format", "cyclonedx", "--embedded-sboms", cwd=embedding)

    path = "crypt-1.0.dist-info/sboms/crypt.cdx.json"
    crypt, elsewhere = json.loads(done.out)["components"]
    assert [one["comment"] for one in crypt["externalReferences"] if one["type"] == "bom"] == [
        f"{path} in crypt-1.0-py3-none-any.whl",
        "crypt-1.0.dist-info/sboms/more/vendored.spdx.json in crypt-1.0-py3-none-any.whl",
    ]
    assert crypt["externalReferences"][1] == {
        "type": "bom",
        "url": f"{index.file_url('crypt-1.0-py3-none-any.whl')}#{path}",
        "comment": f"{path} in crypt-1.0-py3-none-any.whl",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(_SBOM.encode()).hexdigest()}],
    }
    assert [one["type"] for one in elsewhere["externalReferences"]] == ["distribution"]
    assert done.err == (
        "note: 1 wheel of 2 not unpacked in the cache: whether they contain SBOMs is not known "
        "(`lockenv sync` unpacks those of this machine)\n"
    )
    assert cyclonedx_fault(done.out) is None


def test_spdx_refers_to_the_bills_within_unpacked_wheels(embedding: Path) -> None:
    done = lockenv("export", "--format", "spdx", "--embedded-sboms", cwd=embedding)

    crypt = next(one for one in json.loads(done.out)["packages"] if one["name"] == "crypt")
    assert crypt["externalRefs"][1] == {
        "referenceCategory": "OTHER",
        "referenceType": "embedded-sbom",
        "referenceLocator": "crypt-1.0-py3-none-any.whl#crypt-1.0.dist-info/sboms/crypt.cdx.json",
        "comment": f"sha256:{hashlib.sha256(_SBOM.encode()).hexdigest()}",
    }
    assert spdx_faults(done.out, embedding.parent) == []


def test_without_the_option_the_cache_changes_nothing(embedding: Path, tmp_path: Path) -> None:
    empty = {"LOCKENV_CACHE_DIR": str(tmp_path / "empty")}

    assert "sboms/" not in ok("export", "--format", "spdx", cwd=embedding)
    assert lockenv("export", "--format", "spdx", cwd=embedding, env=empty).out == ok(
        "export", "--format", "spdx", cwd=embedding
    )


def test_embedded_bills_are_for_bills_alone(locked: Path) -> None:
    done = lockenv("export", "--embedded-sboms", cwd=locked)

    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: --embedded-sboms is for bills of materials\n"
        "  hint: add --format cyclonedx or --format spdx, or omit it\n"
    )
