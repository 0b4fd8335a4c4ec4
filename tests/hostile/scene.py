"""A project with a lockfile, an environment and a cache, and an index that serves given files.

One scene serves many cases: each begins from the synced base and must leave it unchanged, unless it has to succeed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.program import Result, lockenv_here
from tests.support.trees import snapshot
from tests.support.wheels import Built, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.support.server import LoopbackIndex

HEAD = 'lock-version = "1.0"\ncreated-by = "hand"\nrequires-python = ">=3.8"\n'
Tree = dict[str, tuple[int, str]]


_ELAPSED = re.compile(r"^building .*: \d+:\d\d\n", re.MULTILINE)


def lasting(output: str) -> str:
    """Return `output` without the lines that say how long a build has taken: on a busy machine there are more."""
    return _ELAPSED.sub("", output)


class Scene:
    """A synced environment that holds `base` 1.0 alone."""

    def __init__(self, directory: Path, index: LoopbackIndex) -> None:
        self.index = index
        self.program: Callable[..., Result] = lockenv_here
        self.project = directory / "project"
        self.project.mkdir()
        self.base = wheel("base")
        index.add(self.base)
        self.lock(self.base)
        done = self.run("sync")
        assert done.code == 0, done.err

    def lock(self, *wheels: Built) -> None:
        """Write a lock of `wheels`, each served by the index."""
        self.write(self.text(wheels))

    def text(self, wheels: Sequence[Built]) -> str:
        """Return the lock of `wheels`, as another tool would write it."""
        return HEAD + "".join(self.entry(built) for built in wheels)

    def entry(self, built: Built) -> str:
        """Return the entry of `built` in a lock."""
        file = f'name = "{built.filename}", url = "{self.index.file_url(built.filename)}", size = {built.size}'
        hashes = f'hashes = {{sha256 = "{built.sha256}"}}'
        return f'[[packages]]\nname = "{built.name}"\nversion = "{built.version}"\nwheels = [{{{file}, {hashes}}}]\n'

    def write(self, text: str | bytes) -> None:
        content = text.encode() if isinstance(text, str) else text
        self.project.joinpath("pylock.toml").write_bytes(content)

    def run(self, *args: str, cwd: Path | None = None) -> Result:
        return self.program(*args, cwd=cwd or self.project)

    def served(self, built: Built) -> Built:
        """Return `built`, put on the index."""
        self.index.add(built)
        return built

    def state(self) -> tuple[Tree, list[str]]:
        """Return what the environment holds, and the entries of the store, half-made ones with them."""
        tree = {path: what for path, what in snapshot(self.project / ".venv").items() if path != ".lockenv/lock"}
        store = self.project.with_name("project.cache") / "store-v1"
        return tree, sorted(str(path) for path in store.glob("??/*")) + sorted(map(str, store.glob("??/.*")))

    def reset(self) -> str:
        """Go back to the base; return what is wrong when that does not work."""
        self.lock(self.base)
        done = self.run("sync")
        return "" if done.code == 0 else f"the base cannot be synced again: {done.err.strip()}"

    def refuses(self, word: str, code: int = 2, *, is_stored: bool = False) -> str:
        """Sync twice; return what is wrong: empty when both end with `code`, say `word` and change nothing.

        With `is_stored` the store alone may change: it keeps wheels that are honest each by itself.
        """
        before = self.state()
        first, second = self.run("sync"), self.run("sync")
        if first.code != code or word not in first.err:
            return f"exit {first.code}, {first.err.strip()[:160]!a} without {word!r}"
        if (first.code, lasting(first.err)) != (second.code, lasting(second.err)):
            return f"the second run said {second.err.strip()[:160]!a}"
        if "Traceback" in first.err or any(not (char.isprintable() or char == "\n") for char in first.err):
            return f"a message not fit to print: {first.err[:160]!a}"
        after = self.state()
        return "" if after[0] == before[0] and (is_stored or after[1] == before[1]) else "something changed"

    def accepts(self, expected: dict[str, bytes]) -> str:
        """Sync; return what is wrong: empty when each of `expected`, below site-packages, is there with its bytes."""
        done = self.run("sync")
        if done.code:
            return f"exit {done.code}: {done.err.strip()[:160]!a}"
        site = next(self.project.glob(".venv/lib/python*/site-packages"))
        wrong = [path for path, content in expected.items() if site.joinpath(path).read_bytes() != content]
        return f"other bytes in {wrong}" if wrong else self.reset()
