"""Run a parser on changed inputs for some minutes: `python -m tests.hostile.fuzz TARGET --minutes M --seed N`.

Every input must be read or refused with a LockenvError, within two seconds of the processor and 1 GiB of address
space. Any other is written to `build/fuzz/TARGET-NAME` and reported, and the exit code is 1. Without TARGET, lists the
targets.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from lockenv.errors import LockenvError
from tests.hostile import targets
from tests.hostile.mutation import mutated

if TYPE_CHECKING:
    from types import FrameType

SECONDS = 2.0
"""Of the processor: what else a machine does is no fault of a parser."""
MEMORY = 1 << 30
FINDINGS = Path("build/fuzz")


class TooSlowError(BaseException):
    """An input took longer than it may; no parser catches this."""


def fault(target: targets.Target, content: bytes) -> str:
    """Return what is wrong with how `content` is read: empty when it is read or refused as it should be."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        target.read(content)
    except LockenvError:
        return ""
    except (Exception, TooSlowError) as error:  # noqa: BLE001 - what escapes a parser is what this looks for
        return f"{_place(error)}: {type(error).__name__}: {error}"[:200]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return ""


def _place(error: BaseException) -> str:
    """Return the innermost line of lockenv that `error` went through."""
    lines = [line for line in traceback.extract_tb(error.__traceback__) if "/lockenv/" in line.filename]
    return f"{Path(lines[-1].filename).name}:{lines[-1].lineno}" if lines else "outside"


def inputs(target: targets.Target, seed: int) -> Random:
    """Return the source of chance for a run."""
    return Random(f"{seed}:{len(target.seeds)}")


def one(target: targets.Target, random: Random) -> bytes:
    """Return the next input."""
    content = mutated(target.seeds, random)
    return target.repair(content) if random.random() < 0.7 else content


def stop(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError("longer than it may")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", choices=sorted(targets.TARGETS))
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.target is None:
        sys.stdout.write("\n".join(targets.TARGETS) + "\n")
        return 0
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGPROF, stop)
    target = targets.TARGETS[options.target]
    random, found, count = inputs(target, options.seed), dict[str, str](), 0
    end = time.monotonic() + options.minutes * 60
    while time.monotonic() < end:
        content = one(target, random)
        count += 1
        wrong = fault(target, content)
        if wrong and wrong.split(" ")[:2] not in [known.split(" ")[:2] for known in found]:
            found[wrong] = targets.name_of(content)
            FINDINGS.mkdir(parents=True, exist_ok=True)
            (FINDINGS / f"{options.target}-{found[wrong]}").write_bytes(content)
    for wrong, name in found.items():
        sys.stdout.write(f"  {options.target}-{name}: {wrong}\n")
    answer = (
        f"{options.target}: seed {options.seed}, {options.minutes:g} minutes, {count} inputs, {len(found)} findings"
    )
    sys.stdout.write(answer + "\n")
    targets.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
