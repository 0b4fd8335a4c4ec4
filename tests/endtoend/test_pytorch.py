"""The configurations of the page on PyTorch, locked and synced in a world that is built like it."""

from __future__ import annotations

import re
import sys
import tomllib
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "pytorch.md"
BLOCKS = dict(re.findall(r"^## (.+?)\n.*?```toml\n(.+?)```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
LINUX, WINDOWS, MAC = "py3-none-manylinux_2_28_x86_64", "py3-none-win_amd64", "py3-none-macosx_11_0_arm64"
NVIDIA = ("nvidia-cublas-cu12 ; sys_platform == 'linux'", "triton ; sys_platform == 'linux'")
ROCM = ("pytorch-triton-rocm ; sys_platform == 'linux'",)


def publish(index: LoopbackIndex, local: str, tags: tuple[str, ...], requires: tuple[str, ...] = ()) -> None:
    for tag in tags:
        index.add(wheel("torch", f"2.6.0{local}", requires=requires, tag=tag, is_purelib=False))
        index.add(wheel("torchvision", f"0.21.0{local}", requires=["torch==2.6.0"], tag=tag, is_purelib=False))


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, LoopbackIndex]]:
    """Provide the index of each URL of the page."""
    names = ("cpu", "cu126", "cu128", "rocm", "nightly", "default")
    with ExitStack() as stack:
        running = {name: stack.enter_context(LoopbackIndex()) for name in names}
        publish(running["cpu"], "+cpu", (LINUX, WINDOWS))
        publish(running["cpu"], "", (MAC,))
        publish(running["cu126"], "+cu126", (LINUX, WINDOWS), NVIDIA)
        publish(running["cu128"], "+cu128", (LINUX, WINDOWS), NVIDIA)
        publish(running["rocm"], "+rocm6.2.4", (LINUX,), ROCM)
        running["rocm"].add(wheel("pytorch-triton-rocm", "3.2.0", tag=LINUX, is_purelib=False))
        publish(running["default"], "", (LINUX, WINDOWS, MAC), NVIDIA)
        for tag in (LINUX, WINDOWS, MAC):
            running["nightly"].add(wheel("torch", "2.8.0.dev20250601+cpu", tag=tag, is_purelib=False))
        for name in ("nvidia-cublas-cu12", "triton", "pytorch-triton-rocm"):
            running["default"].add(wheel(name, "3.2.0", tag=LINUX, is_purelib=False))
        yield running


def written(directory: Path, title: str, servers: dict[str, LoopbackIndex]) -> Path:
    def served(found: re.Match[str]) -> str:
        return f'"{servers[found[1] if found[1] in servers else "default"].url}"'

    text = re.sub(r'"https://[a-z]+\.example/(?:whl/)?([a-z0-9]+)/"', served, BLOCKS[title])
    if 'name = "mirror"' not in text:
        text += f'\n[[tool.lockenv.index]]\nname = "default"\nurl = "{servers["default"].url}"\n'
    directory.joinpath("pyproject.toml").write_text(text, encoding="utf-8")
    return directory


@pytest.mark.skipif(sys.platform != "linux", reason="syncs what is for Linux")
@pytest.mark.parametrize(
    ("title", "words", "installed"),
    [
        ("By extra", ["--extra", "cpu"], {"torch 2.6.0+cpu", "torchvision 0.21.0+cpu"}),
        (
            "By extra",
            ["--extra", "rocm"],
            {"torch 2.6.0+rocm6.2.4", "torchvision 0.21.0+rocm6.2.4", "pytorch-triton-rocm 3.2.0"},
        ),
        ("By group", ["--group", "train"], {"torch 2.6.0+cu126", "nvidia-cublas-cu12 3.2.0", "triton 3.2.0"}),
        (
            "By platform",
            [],
            {"torch 2.6.0+cu128", "torchvision 0.21.0+cu128", "nvidia-cublas-cu12 3.2.0", "triton 3.2.0"},
        ),
        ("The processor alone", [], {"torch 2.6.0+cpu", "torchvision 0.21.0+cpu"}),
        ("Nightly builds", [], {"torch 2.8.0.dev20250601+cpu"}),
        (
            "From a mirror",
            [],
            {"torch 2.6.0+cu128", "torchvision 0.21.0+cu128", "nvidia-cublas-cu12 3.2.0", "triton 3.2.0"},
        ),
    ],
)
def test_configuration_of_the_page_is_locked_and_synced(
    title: str, words: list[str], installed: set[str], tmp_path: Path, servers: dict[str, LoopbackIndex]
) -> None:
    project = written(tmp_path, title, servers)

    lock = lockenv("lock", cwd=project)
    assert lock.code == 0, lock.err
    coverage = lockenv("coverage", cwd=project)
    sync = lockenv("sync", *words, cwd=project)

    assert coverage.code == 0
    assert {line.split()[0] for line in coverage.out.splitlines() if line} >= {name.split()[0] for name in installed}
    assert sync.code == 0, sync.err
    found = (path.name.removesuffix(".dist-info") for path in (project / ".venv").rglob("*.dist-info"))
    assert {name.replace("-", " ").replace("_", "-") for name in found} == installed
    packages = tomllib.loads(project.joinpath("pylock.toml").read_text(encoding="utf-8"))["packages"]
    # What is for one kind of card follows its fork.
    assert all(
        "marker" in package for package in packages if package["name"].startswith(("nvidia", "triton", "pytorch"))
    )


def test_processor_alone_has_a_file_on_every_system(tmp_path: Path, servers: dict[str, LoopbackIndex]) -> None:
    project = written(tmp_path, "The processor alone", servers)

    lock = lockenv("lock", cwd=project)

    assert (lock.code, [line for line in lock.err.splitlines() if "no file for" in line]) == (0, [])
    packages = tomllib.loads(project.joinpath("pylock.toml").read_text(encoding="utf-8"))["packages"]
    assert {(package["name"], package["version"]) for package in packages} == {
        ("torch", "2.6.0"),
        ("torch", "2.6.0+cpu"),
        ("torchvision", "0.21.0"),
        ("torchvision", "0.21.0+cpu"),
    }
