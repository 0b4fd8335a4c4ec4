"""What is on the index that the pages are run against: small copies of well-known projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from tests.support.server import LoopbackIndex


def fill(index: LoopbackIndex) -> None:
    """Put everything on `index` that pages name."""
    index.add_all(
        wheel("httpx", "0.27.2", requires=["anyio", "certifi", "httpcore==1.*", "idna", "sniffio"]),
        wheel("httpx", "0.28.1", requires=["anyio", "certifi", "httpcore==1.*", "idna"]),
        wheel("httpcore", "1.0.9", requires=["certifi", "h11>=0.16"]),
        wheel("anyio", "4.9.0", requires=["idna>=2.8", "sniffio>=1.1"]),
        wheel("certifi", "2026.1.4"),
        wheel("h11", "0.16.0"),
        wheel("idna", "3.10"),
        wheel("sniffio", "1.3.1"),
        # As the real one, it has no `__version__`.
        wheel(
            "rich",
            "14.1.0",
            requires=["markdown-it-py>=2.2.0", "pygments>=2.13,<3"],
            files={"rich/__init__.py": "from rich.console import Console\n", "rich/console.py": "class Console: ...\n"},
        ),
        wheel("markdown-it-py", "3.0.0", requires=["mdurl~=0.1"]),
        wheel("mdurl", "0.1.2"),
        wheel("pygments", "2.18.0"),
        wheel("pygments", "2.19.2"),
        wheel(
            "pytest",
            "8.4.1",
            requires=[
                "colorama>=0.4; sys_platform == 'win32'",
                "iniconfig>=1",
                "packaging>=20",
                "pluggy<2,>=1.5",
                "pygments>=2.7.2",
            ],
        ),
        wheel("colorama", "0.4.6"),
        wheel("iniconfig", "2.1.0"),
        wheel("packaging", "25.0"),
        wheel("pluggy", "1.6.0"),
        wheel("our-library", "1.4", requires=["idna"]),
        sdist("docopt", "0.6.2"),
    )


def age(index: LoopbackIndex) -> None:
    """Put newer releases on `index`."""
    index.add_all(
        wheel("idna", "3.11"),
        wheel("certifi", "2026.5.20"),
        wheel("pygments", "2.20.0"),
        wheel("pygments", "3.0.0"),
    )
