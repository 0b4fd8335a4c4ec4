"""Create an environment around what others put into it meanwhile.

In: where it is to be, and an Interpreter. Out: a place that is known as an unfinished creation, on the disk, until it
is an environment with all that was put there. The lock of the environment is held for all of it.
"""

from __future__ import annotations

import os

from lockenv.environment import creation
from lockenv.environment.configuration import FILE, parsed
from lockenv.environment.venv import LOCK, RECORDS, default_prompt, described
from lockenv.files.locks import hold
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import contextmanager, suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockenv.environment import doubt
    from lockenv.environment.interpreter import Interpreter
else:
    doubt = late("lockenv.environment.doubt")


class UnfinishedEnvironment:
    """An environment at `root`, which `held` holds, that is filled by others before it is one.

    Whatever is in it before `finish`, the next creation removes.
    """

    def __init__(self, root: str, interpreter: Interpreter) -> None:
        """Write nothing. Raises UsageError for a path that no environment can have."""
        self._root = os.path.abspath(root)
        self._interpreter = interpreter
        prompt = default_prompt(self._root)
        creation.refuse_unusable(self._root, interpreter, prompt)
        self._written = creation.what_is_written(self._root, interpreter, prompt, shows_base=False)
        keys = parsed(self._written.files[FILE].decode(errors="surrogateescape"))
        places = (os.path.join(self._root, place) for place in (interpreter.purelib, interpreter.scripts))
        self.environment = described(self._root, keys, *places)
        """What it will be."""

    def begin(self) -> None:
        """Have it on the disk that it is unfinished and changes now; from then on others may fill it."""
        creation.claim(self._root, self._written, doubt.begin)
        creation.make_places(self._root, self._interpreter)

    def fill(self) -> None:
        """Write what makes it an environment, but for its pyvenv.cfg."""
        creation.fill(self._root, self._written)

    def finish(self) -> None:
        """Make it an environment."""
        creation.finish(self._root)


@contextmanager
def held(path: str, waiting: Callable[[str], None] | None = None) -> Iterator[bool]:
    """Hold the lock of the environment that is to be created at `path`, which is missing.

    Yields False where another process has been faster; `waiting` is called where one holds it. Where none is created,
    nothing is left. Raises MachineError.
    """
    root = os.path.abspath(path)
    records = os.path.join(root, RECORDS)
    lock = os.path.join(records, LOCK)
    try:
        creation.make_directories(records)
        with suppress(FileExistsError):
            creation.write_file(lock, b"")
    except OSError as error:
        creation.remove_vacant(root)
        raise creation.failure(error, root) from error
    with hold(lock, waiting=waiting):
        is_vacant = _names(root) == [RECORDS] and _names(records) == [LOCK]
        try:
            yield is_vacant
        finally:
            if is_vacant and not os.path.lexists(os.path.join(root, FILE)):
                creation.undo(root, was_there=False)


def _names(directory: str) -> list[str]:
    """Return what is in `directory`, which another process may have removed."""
    with suppress(OSError):
        return os.listdir(directory)
    return []
