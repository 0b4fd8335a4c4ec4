"""What the system refuses where no room expected it is an error with a sentence; all else is a bug."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from lockenv.cli.unforeseen import advise, is_interruption, unforeseen
from lockenv.errors import MachineError

if TYPE_CHECKING:
    from pathlib import Path


def _chained(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x/y"), "cannot use /x/y: No space left on device"),
        (OSError(errno.EXDEV, "Cross-device link", "/x", None, "/y"), "cannot use /x or /y: Cross-device link"),
        (OSError(errno.EMFILE, "Too many open files"), "the operating system reported: Too many open files"),
        (OSError("odd"), "the operating system reported: odd"),
        (MemoryError(), "out of memory"),
        (ImportError("x.so: failed to map segment from shared object", name="binascii"), "out of memory"),
        (
            UnicodeEncodeError("utf-8", "a\udcff", 1, 2, "no"),
            "`\\udcff` cannot be encoded as utf-8",
        ),
        (
            UnicodeEncodeError("utf-8", "/home/a\udcff/b", 7, 8, "no"),
            "`/home/a\\udcff/b` cannot be encoded as utf-8",
        ),
        (
            _chained(ImportError("x"), OSError(errno.EIO, "Input/output error", "/m")),
            "cannot use /m: Input/output error",
        ),
        (ModuleNotFoundError("No module named 'm'", name="m"), "cannot load the module `m` of lockenv"),
    ],
)
def test_what_the_system_refuses_is_a_sentence(error: Exception, message: str) -> None:
    found = unforeseen(error)

    assert found is not None
    assert (found.message.startswith(message), int(found.exit_code)) == (True, 2)


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyError("x"), AttributeError("x"), UnicodeDecodeError("utf-8", b"", 0, 0, "")]
)
def test_all_else_is_a_bug(error: Exception) -> None:
    assert unforeseen(error) is None


class _Interrupted:
    def __set_name__(self, owner: type, name: str) -> None:
        raise KeyboardInterrupt


def test_interruption_is_found_behind_what_python_makes_of_it() -> None:
    """CPython 3.11 raises a RuntimeError from what comes while a class gets its attributes."""
    with pytest.raises(BaseException) as caught:
        type("Class", (), {"attribute": _Interrupted()})

    assert is_interruption(caught.value)
    assert not is_interruption(_chained(RuntimeError("x"), ValueError("y")))


def test_directory_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FileNotFoundError) as caught:
        os.getcwd()
    error = unforeseen(caught.value)
    monkeypatch.undo()

    assert error is not None
    assert error.message == "the current directory no longer exists"


@pytest.mark.parametrize(("hint", "shown"), [("", "check the permissions of that path"), ("use y", "use y")])
def test_error_without_a_hint_gets_that_of_its_cause(hint: str, shown: str) -> None:
    error = MachineError("cannot read x: Permission denied", hint=hint)
    error.__cause__ = PermissionError(errno.EACCES, "Permission denied")

    advise(error)

    assert error.hint == shown
