"""What meets real services: lock, sync and run from the registry; audit with it, and with OSV."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.conftest import OSV
from tests.support.locks import pins
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from tests.support.server import LoopbackIndex

EXAMPLE = Path(__file__).parent.parent.parent / "fixtures" / "example"
# What databases say of a release may grow, and does not end: this vulnerability of idna was fixed in 3.7.
VULNERABLE, VULNERABILITY, FIXED = "3.6", {"CVE-2024-3651", "PYSEC-2024-60", "GHSA-jjg7-2v4v-x38h"}, "3.7"


@pytest.mark.registry
def test_example_locks_syncs_and_runs(way_out: dict[str, str], tmp_path: Path) -> None:
    project = tmp_path / "example"
    shutil.copytree(EXAMPLE, project)

    lock = lockenv("lock", cwd=project, env=way_out)
    sync = lockenv("sync", "--extra", "cli", cwd=project, env=way_out)
    run = lockenv("run", "python", "-c", "import requests, rich; print('ready')", cwd=project, env=way_out)

    assert (lock.code, sync.code, run.code, run.out) == (0, 0, 0, "ready\n"), lock.err + sync.err + run.err
    assert {"requests", "rich", "urllib3"} <= {pin.partition(" ")[0] for pin in pins(project)}


@pytest.mark.registry
def test_registry_reports_a_known_vulnerability_and_what_fixes_it(
    way_to_advisories: dict[str, str], tmp_path: Path
) -> None:
    project = write_project(tmp_path / "project", [f"idna=={VULNERABLE}"])
    lock = lockenv("lock", cwd=project, env=way_to_advisories)
    assert lock.code == 0, lock.err

    audit = lockenv("audit", "--format", "json", cwd=project, env=way_to_advisories)

    assert audit.code == 1, audit.err
    assert _answer(audit.out)


@pytest.mark.registry
def test_osv_reports_it_for_an_index_that_reports_nothing(
    way_to_osv: dict[str, str], tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add(wheel("idna", VULNERABLE))
    project = write_project(tmp_path / "project", ["idna"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0

    audit = lockenv("audit", "--osv", OSV, "--format", "json", cwd=project, env=way_to_osv)

    assert audit.code == 1, audit.err
    assert _answer(audit.out)


def _answer(report: str) -> bool:
    """Return whether the vulnerability is reported with the version that ends it."""
    return any(
        VULNERABILITY & {one["id"], *one["aliases"]} and FIXED in one["fixed"]
        for one in json.loads(report)["vulnerabilities"]
    )
