"""The one path that meets the real registry: lock, sync, run."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.locks import pins
from tests.support.program import lockenv

EXAMPLE = Path(__file__).parent.parent.parent / "fixtures" / "example"
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "NO_PROXY")


@pytest.fixture
def way_out() -> dict[str, str]:
    """Give the variables that this machine needs to reach the registry; skip when it is out of reach."""
    from lockenv.index.default import DEFAULT_INDEX

    try:
        urllib.request.urlopen(f"{DEFAULT_INDEX}idna/", timeout=20).close()
    except OSError as error:
        pytest.skip(f"the registry is out of reach: {error}")
    return {name: os.environ[name] for name in _CERTIFICATES if name in os.environ}


@pytest.mark.registry
def test_example_locks_syncs_and_runs(way_out: dict[str, str], tmp_path: Path) -> None:
    project = tmp_path / "example"
    shutil.copytree(EXAMPLE, project)

    lock = lockenv("lock", cwd=project, env=way_out)
    sync = lockenv("sync", "--extra", "cli", cwd=project, env=way_out)
    run = lockenv("run", "python", "-c", "import requests, rich; print('ready')", cwd=project, env=way_out)

    assert (lock.code, sync.code, run.code, run.out) == (0, 0, 0, "ready\n"), lock.err + sync.err + run.err
    assert {"requests", "rich", "urllib3"} <= {pin.partition(" ")[0] for pin in pins(project)}
