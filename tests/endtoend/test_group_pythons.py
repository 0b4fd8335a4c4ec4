"""A group that is for some Pythons of the project only."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

GROUPS: dict[str, Any] = {"dev": ["lib"], "all": [{"include-group": "dev"}]}


def project(tmp_path: Path, index: LoopbackIndex, specifier: str, **more: Any) -> Path:
    settings = {"default-groups": [], "dependency-groups": {"Dev": {"requires-python": specifier}}, **more}
    return write_project(tmp_path, ["app"], index=index.url, groups=GROUPS, tool=settings)


def test_group_is_locked_for_its_pythons_and_refused_on_others(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.add_all(wheel("app", "1.0"), wheel("lib", "2.0", requires_python=">=3.99"))
        here = project(tmp_path, index, ">=3.99")

        assert lockenv("lock", cwd=here).code == 0
        found = tomllib.loads((here / "pylock.toml").read_text(encoding="utf-8"))
        assert [(each["name"], each["version"]) for each in found["packages"]] == [("app", "1.0"), ("lib", "2.0")]
        assert lockenv("lock", "--check", cwd=here).code == 0
        assert lockenv("check", cwd=here).code == 0
        assert lockenv("sync", cwd=here).code == 0
        for group in ("dev", "all"):
            refused = lockenv("sync", "--group", group, cwd=here)
            assert refused.code == 1
            assert f"group {group} is not available in this environment" in refused.err
            assert "it requires Python >=3.99" in refused.err

        project(tmp_path, index, ">=3.98")
        stale = lockenv("check", cwd=here)
    assert stale.code == 1
    assert "requires-python of single groups changed from all = >=3.99, dev = >=3.99 to all = >=3.98, dev = >=3.98" in (
        stale.err
    )


def test_named_lock_of_a_group_is_for_the_pythons_of_the_group(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.add_all(wheel("app", "1.0"), wheel("lib", "1.0"))
        here = project(tmp_path, index, ">=3.12", lock={"dev": {"groups": ["dev"]}})

        assert lockenv("lock", "--lock", "dev", cwd=here).code == 0

    found = tomllib.loads((here / "pylock.dev.toml").read_text(encoding="utf-8"))
    assert found["requires-python"] == ">=3.11,>=3.12"
