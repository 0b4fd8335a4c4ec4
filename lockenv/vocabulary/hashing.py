"""SHA-256, from what the interpreter has built in where that is enough; and BLAKE2b, which is built in everywhere.

Pure. The standard library's `hashlib` opens a library of its own, which costs a process 3 ms; it is several times as
quick as what is built in (a million bytes in 4 ms), and so the better one where it is loaded, or for much more.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from hashlib import _Hash
    from typing import Any

_MANY = 1 << 19
"""Bytes whose digest pays for loading `hashlib`."""
_longest = (b"", "")
"""The longest content that `digest` was asked for, with what it returned: a lock, which one run is asked of thrice."""


def sha256(content: bytes = b"", size: int = 0) -> _Hash:
    """Return what `hashlib.sha256` returns; `size` is how many bytes are hashed in all, where that is more."""
    if max(size, len(content)) < _MANY and "_hashlib" not in sys.modules:
        try:
            return _built_in(content)
        except ImportError:
            pass  # another implementation of Python, or one built without it
    from hashlib import sha256

    return sha256(content)


def blake2b(content: bytes = b"") -> _Hash:
    """Return what names an entry of our own cache after long content: four times as quick as SHA-256 without a library.

    A digest of 32 bytes (RFC 7693), as hard to meet twice. What others are to compute is named by SHA-256.
    """
    try:
        module: Any = __import__("_blake2")  # without `hashlib`, which loads more
    except ImportError:
        module = __import__("hashlib")
    made: _Hash = module.blake2b(content, digest_size=32)
    return made


def digest(content: bytes) -> str:
    """Return the BLAKE2b digest of `content` as text. The same long content is hashed once, and compared then."""
    global _longest  # noqa: PLW0603 - what is remembered changes no answer
    known, found = _longest
    if content == known and found:
        return found
    found = blake2b(content).hexdigest()
    if len(content) >= len(known):
        _longest = (content, found)
    return found


def expect_many() -> None:
    """Load the quicker implementation now: the command will need it, so that what it hashes before is quicker too."""
    import hashlib  # noqa: F401


def _built_in(content: bytes) -> _Hash:
    module: Any = __import__("_sha2" if sys.version_info >= (3, 12) else "_sha256")
    made: _Hash = module.sha256(content)
    return made
