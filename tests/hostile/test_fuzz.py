"""What mutation found once is refused, and a short run of each target finds nothing more."""

from __future__ import annotations

import signal
import tarfile

import pytest

from lockenv.errors import LockenvError
from tests.hostile import fuzz
from tests.hostile.targets import TARGETS

_DEEP = (
    b'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n[tool.lockenv]\ndigest = "x"\n' + b"a." * 3000 + b"a = 1\n"
)

FOUND: dict[str, tuple[str, bytes]] = {
    "lock of deep keys": ("lock", _DEEP),
    "number of thousands of digits": ("pyproject", b"x = " + b"9" * 5000),
    "metadata version of thousands of digits": ("pkg-info", b"Metadata-Version: 2." + b"9" * 5000),
    "lock of a version of thousands of digits": (
        "lock",
        b'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\nversion = "' + b"9" * 5000 + b'"\n',
    ),
    "requirement of deep parentheses": ("requirements", b"a; " + b"(" * 3000 + b"os_name == 'x'" + b")" * 3000),
    "marker of deep parentheses": (
        "pyproject",
        b"[project]\nname = 'a'\n[tool.lockenv]\nenvironments = ['" + b"(" * 3000 + b"x" + b")" * 3000 + b"']\n",
    ),
    "deep journal": ("journal", b'{"format":' + b"[" * 100_000),
}


@pytest.mark.parametrize("case", FOUND)
def test_input_that_once_escaped_a_parser_is_refused(case: str) -> None:
    name, content = FOUND[case]

    with pytest.raises(LockenvError):
        TARGETS[name].read(content)


@pytest.mark.parametrize("rest", [b"200", b"200\t1\t1\t\t\nx", b"x\t1\t1\t\t\nx", b"200\t1\t1\t\xff\t\nx"])
def test_kept_answer_that_no_one_wrote_counts_as_absent(rest: bytes) -> None:
    target = TARGETS["kept"]

    assert fuzz.fault(target, target.repair(bytes(19) + rest)) == ""


@pytest.mark.parametrize("name", TARGETS)
def test_changed_inputs_are_read_or_refused(name: str) -> None:
    if name == "sources" and not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python has no filter of its own to compare with (PEP 706)")
    target, random = TARGETS[name], fuzz.inputs(TARGETS[name], seed=1)
    before = signal.signal(signal.SIGPROF, fuzz.stop)
    try:
        faults = {fuzz.fault(target, fuzz.one(target, random)) for _ in range(300)}
    finally:
        signal.signal(signal.SIGPROF, before)

    assert faults == {""}


@pytest.mark.parametrize("line", ["a." * 30_000 + "\x00(", "a" + " " * 60_000 + "((", "a[" + "b," * 30_000 + "(("])
def test_long_line_of_metadata_costs_linear_time(line: str) -> None:
    content = f"Metadata-Version: 2.3\nName: bad\nVersion: 1.0\nRequires-Dist: {line}\n".encode()
    before = signal.signal(signal.SIGPROF, fuzz.stop)
    try:
        found = fuzz.fault(TARGETS["metadata"], content)
    finally:
        signal.signal(signal.SIGPROF, before)

    assert found == ""
