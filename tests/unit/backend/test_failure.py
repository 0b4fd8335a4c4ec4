from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.backend.failure import advice, last_lines

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x.c:1:10: fatal error: libpq-fe.h: No such file or directory", "libpq-fe.h is missing; install"),
        ("x.c:1:10: fatal error: Python.h: No such file or directory", "the header files of this Python are missing"),
        (
            "fatal error: longintrepr.h: No such file or directory",
            "Python 3.11 and later have no longintrepr.h; choose",
        ),
        ("fatal error: pyfpe.h: No such file or directory", "Python 3.10 and later have no pyfpe.h; choose an older"),
        ("Cannot open include file: 'longintrepr.h'", "Python 3.11 and later have no longintrepr.h; choose an older"),
        (
            "x.c:1:10: fatal error: 'longintrepr.h' file not found",
            "Python 3.11 and later have no longintrepr.h; choose",
        ),
        ("x.c:1:10: fatal error: 'Python.h' file not found", "the header files of this Python are missing"),
        ("x.c:1:10: fatal error: 'libpq-fe.h' file not found", "libpq-fe.h is missing; install"),
        ("fatal error: my/longintrepr.h: No such file or directory", "my/longintrepr.h is missing; install"),
        ("/usr/bin/ld: cannot find -lxml2: No such file", "the library xml2 is missing"),
        ("error: command 'gcc' failed: No such file or directory", "the compiler gcc is missing"),
        ("error: command '/usr/bin/x86_64-linux-gnu-gcc' failed: No such file or directory", "-gcc is missing"),
        ("unable to execute 'cc': No such file or directory", "the compiler cc is missing"),
        ("error: Microsoft Visual C++ 14.0 or greater is required. Get it", "Microsoft Visual C++ 14.0 or greater is"),
        ("error: can't find Rust compiler", "Rust compiler is missing"),
        ("ModuleNotFoundError: No module named 'numpy'", "imports the module numpy without declaring it"),
        ("ModuleNotFoundError: No module named 'pkg_resources'", "require `setuptools<82` in [build-system]"),
        ("error: it does not work", "choose a version that has a wheel"),
        ("", "choose a version that has a wheel"),
    ],
)
def test_what_a_log_says_decides_what_to_try(text: str, sentence: str) -> None:
    assert sentence in advice(f"before\n{text}\nafter")


def test_last_lines_control_no_terminal(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\x1b[31mred\x1b[0m\n\n  50%\r 100%\r\n\x1b]0;title\x07a\x00b\xff\n")

    assert last_lines(str(log)) == "red\n 100%\na b\N{REPLACEMENT CHARACTER}"


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"first\n" + b"x" * 99 * 1024 + b"\nlast\n")

    assert last_lines(str(log)).splitlines()[-1] == "last"
    assert "first" not in last_lines(str(log))
