"""The index and the project that most of these tests start from."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OSV = "https://api.osv.dev/v1/"
"""The real one, which no test needs."""
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "NO_PROXY")
_SAY = "def main() -> None:\n    import lib\n\n    print('app on lib', lib.__version__)\n"


APP = wheel(
    "app",
    "1.0",
    requires=["lib>=1", "winpart; sys_platform == 'win32'"],
    extras={"fancy": ["ribbon"]},
    files={"app.py": _SAY},
    entry_points={"console_scripts": {"app": "app:main"}},
)
LIB = wheel("lib", "1.1")


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Provide an index with an application, its library in two versions, an extra, a group's tool, a Windows part."""
    with LoopbackIndex() as running:
        running.add_all(
            APP,
            wheel("lib", "1.0"),
            LIB,
            wheel("ribbon", "2.0"),
            wheel("tester", "3.0"),
            wheel("winpart", "0.1"),
        )
        yield running


@pytest.fixture
def project(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a project that needs the application; an extra and a group beside."""
    return write_project(
        tmp_path / "project",
        ["app>=1"],
        index=index.url,
        extras={"fancy": ["app[fancy]"]},
        groups={"dev": ["tester"]},
    )


@pytest.fixture
def locked(project: Path) -> Path:
    """Provide the project with its lock."""
    result = lockenv("lock", cwd=project)
    assert result.code == 0, result.err
    return project


@pytest.fixture
def synced(locked: Path) -> Path:
    """Provide the project with its lock and its environment."""
    result = lockenv("sync", cwd=locked)
    assert result.code == 0, result.err
    return locked


@pytest.fixture(scope="session")
def way_out() -> dict[str, str]:
    """Provide the variables that this machine needs to reach the registry; skip when it is out of reach."""
    from lockenv.index.default import DEFAULT_INDEX

    return _way("the registry", f"{DEFAULT_INDEX}idna/")


@pytest.fixture
def way_to_advisories() -> dict[str, str]:
    """Provide the same where the registry publishes vulnerabilities, which a mirror of it may not."""
    from lockenv.index.advisories import api_url
    from lockenv.index.default import DEFAULT_INDEX

    return _way("what the registry tells of a release", api_url(DEFAULT_INDEX, "idna", "3.6"))


@pytest.fixture
def way_to_osv() -> dict[str, str]:
    """Provide the variables that this machine needs to reach the real OSV; skip when it is out of reach."""
    return _way("OSV", f"{OSV}vulns/PYSEC-2024-60")


def _way(what: str, url: str) -> dict[str, str]:
    try:
        urllib.request.urlopen(url, timeout=20).close()
    except OSError as error:
        pytest.skip(f"{what} is out of reach: {error}")
    return {name: os.environ[name] for name in _CERTIFICATES if name in os.environ}
