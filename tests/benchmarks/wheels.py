"""Read every wheel that locks select for this interpreter as `sync` reads it, and count those that are refused.

`python -m tests.benchmarks.wheels RESULTS LOCK…` fetches one wheel at a time from where the locks say, has it hashed,
inspected and unpacked as a sync does, and removes it. RESULTS gets a line of JSON for each, and a wheel that has one is
not fetched again, so that a run that was ended goes on. Prints the number of wheels, and each refusal. Wheels of more
than 300 MB are left out and counted. Not part of the tests: it asks a public index for some thousand files.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockenv.environment.interpreter import probe
from lockenv.errors import NetworkError, RefusedError
from lockenv.fetch.downloads import download
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.fetch.wanted import FileRequest
from lockenv.lockfile.select import NotCovered, select
from lockenv.lockfile.text import read
from lockenv.sync.archive import Limits
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary.distribution import Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockenv.vocabulary.selected import Selected

LARGEST = 300_000_000
"""Bytes above which a wheel is left out."""


def selected(locks: Iterable[str]) -> Iterator[Selected]:
    """Yield each wheel that one of `locks` selects for this interpreter, once."""
    with tempfile.TemporaryDirectory() as cache:
        target = probe(sys.executable, cache_dir=cache, environ=os.environ).target
    seen = set()
    for path in locks:
        answer = select(read(Path(path).read_text("utf-8"), path), target)
        if isinstance(answer, NotCovered):
            print(f"{path}: {'; '.join(answer.reasons)}", file=sys.stderr)
            continue
        for one in answer.files:
            if isinstance(one.file, Wheel) and one.file.sha256 and one.file.sha256 not in seen:
                seen.add(one.file.sha256)
                yield one


def examined(one: Selected) -> dict[str, Any]:
    """Return what becomes of one wheel: its rule and message when it is refused."""
    found: dict[str, Any] = {"sha256": one.file.sha256, "file": one.file.filename, "rule": "", "message": ""}
    if (one.file.size or 0) > LARGEST:
        return {**found, "rule": "left-out"}
    with tempfile.TemporaryDirectory() as cache:
        fetcher = Fetcher(FetchSettings(cache_dir=cache))
        wanted = FileRequest(url=one.file.url, filename=one.file.filename, sha256=one.file.sha256, size=one.file.size)
        try:
            done = download(wanted, f"{cache}/archives", fetcher)
            stored = WheelStore(cache).unpack(done.path, one, Limits())
            found["notes"] = list(stored.notes)
        except RefusedError as error:
            found |= {"rule": error.rule, "message": error.message}
        finally:
            fetcher.close()
    return found


def _main() -> int:
    results = Path(sys.argv[1])
    lines = results.read_text("utf-8").splitlines() if results.exists() else []
    known = {found["sha256"]: found for found in map(json.loads, lines)}
    with results.open("a", encoding="utf-8") as stream:
        for one in selected(sys.argv[2:]):
            if one.file.sha256 not in known:
                try:
                    known[one.file.sha256] = found = examined(one)
                except NetworkError as error:
                    print(f"{one.file.filename}: {error}", file=sys.stderr)
                    continue
                stream.write(f"{json.dumps(found)}\n")
                stream.flush()
    refused = [found for found in known.values() if found["rule"] not in ("", "left-out")]
    left_out = sum(found["rule"] == "left-out" for found in known.values())
    print(f"{len(known) - left_out} wheels read, {left_out} left out, {len(refused)} refused")
    for found in refused:
        print(f"{found['rule']}: {found['message']}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(_main())
