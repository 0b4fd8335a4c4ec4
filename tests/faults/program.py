"""Run one synchronisation in a process of its own, so that it can be killed.

`python -m tests.faults.program ENVIRONMENT CACHE WHEEL...`: the environment becomes what the wheels say. The wheels are
in the cache's archives already, `NAME-VERSION...whl=SHA256` each.
"""

from __future__ import annotations

import os
import sys

from lockenv.environment.venv import open_environment
from lockenv.errors import LockenvError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.files import faults
from lockenv.sync.session import synchronise
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.names import Sha256, normalize
from lockenv.vocabulary.selected import Selected


def synchronised(fault: str, root: str, cache: str, *wheels: str) -> int:
    """Return what `main` returns, in silence and under `fault`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    faults.arm(fault)
    return main(root, cache, *wheels)


def main(root: str, cache: str, *wheels: str) -> int:
    environment = open_environment(root)
    assert environment is not None
    chosen = []
    for one in wheels:
        filename, _, sha256 = one.partition("=")
        name, version, *_ = filename.split("-")
        file = Wheel(filename=filename, url=f"https://files.example/{filename}", sha256=Sha256(sha256))
        chosen.append(Selected(name=normalize(name), version=version, file=file))
    try:
        synchronise(chosen, environment, Fetcher(FetchSettings(cache_dir=cache, offline=True)))
    except LockenvError as error:
        sys.stderr.write(f"{error.kind}: {error.message}\n")
        return int(error.exit_code)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
