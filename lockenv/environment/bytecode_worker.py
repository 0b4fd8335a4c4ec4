"""Compile sources, to compare byte-code with what they compile to, or to return it.

Runs by path inside the base interpreter (`python -I -S -B bytecode_worker.py ACTION`) and is never imported by lockenv:
it uses the standard library alone and what CPython 3.8, PyPy and everything later understand. Lines of JSON come in on
standard input; for each an answer goes out at once, so that what was answered stays known when one breaks the
interpreter. Nothing is executed, and byte-code that is only to be compared is never loaded.

`compare`: path of the byte-code, of its source, level of optimization -> `same` or `other`.
`name`: nothing -> the tag in the names of its compiled files (PEP 3147), and the first four bytes of each as digits.
`give`: path of the source, name to compile it under, level of optimization, flags of the header -> the length of the
byte-code in a line, then the byte-code; the length is `-` for what cannot be compiled.
"""

from __future__ import annotations

import json
import marshal
import sys
from importlib.util import MAGIC_NUMBER, source_hash

HEADER = 16
"""Bytes before the code (PEP 552)."""
CHECKED, UNCHECKED = 3, 1
"""Flags of the header by which the hash of the source is there: to be compared at import, or not."""

_REFERRED = 0x80
_PLAIN = b"NTFS.0"
_TEXTS = b"tuaAzZ"
# What a code object consists of in the stream: `l` is four bytes, `o` an object, `f` the object that is the file name.
_CODE = "lllllooooofooloo" if sys.version_info >= (3, 11) else "lllllloooooofolo"

_LIMITS = (
    EOFError,
    ValueError,
    TypeError,
    SyntaxError,
    RecursionError,
    MemoryError,
    OverflowError,
    IndexError,
)
"""What compiling a source, or reading byte-code, of whatever somebody wrote may raise."""


class _Stream:
    """The objects in marshalled bytes, each as a number: two are equal exactly when their numbers are."""

    def __init__(self, numbers: dict[tuple[str, bytes, tuple[int, ...]], int], *, is_loose: bool) -> None:
        """Take `numbers` for what was seen before; `is_loose` leaves out file names and how texts are kept."""
        self._numbers = numbers
        self._is_loose = is_loose
        self._bytes = b""
        self._at = 0
        self._referred: list[int | None] = []

    def read(self, content: bytes) -> int:
        """Return the number of the one object that `content` is; raises ValueError or another of `_LIMITS`."""
        self._bytes, self._at, self._referred = content, 0, []
        number = self._object()
        if self._at != len(content):
            raise ValueError("there is data after its end")
        return number

    def _take(self, length: int) -> bytes:
        taken = self._bytes[self._at : self._at + length]
        if length < 0 or len(taken) != length:
            raise EOFError
        self._at += length
        return taken

    def _length(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def _object(self) -> int:
        first = self._take(1)[0]
        kind = first & ~_REFERRED
        if kind == ord("r"):
            number = self._referred[self._length()]
            if number is None:
                raise ValueError("it contains a reference to itself")
            return number
        place = len(self._referred)
        if first & _REFERRED:
            self._referred.append(None)
        number = self._numbers.setdefault(self._parts(kind), len(self._numbers))
        if first & _REFERRED:
            self._referred[place] = number
        return number

    def _parts(self, kind: int) -> tuple[str, bytes, tuple[int, ...]]:
        """Return what distinguishes an object of this kind: the kind, its bytes, the numbers of its parts."""
        letter = chr(kind)
        if kind in _PLAIN:
            return letter, b"", ()
        if letter == "c":
            return self._code()
        if letter in "()<>[":
            count = self._take(1)[0] if letter == ")" else self._length()
            parts = tuple([self._object() for _ in range(count)])
            # The order of a set is not a part of it.
            return "(" if letter == ")" else letter, b"", tuple(sorted(parts)) if letter in "<>" else parts
        if letter == ":":
            return letter, b"", (self._object(), self._object(), self._object())
        return ("u" if self._is_loose and kind in _TEXTS else letter), self._plain(letter), ()

    def _plain(self, letter: str) -> bytes:
        if letter in "zZ":
            return self._take(self._take(1)[0])
        if letter in "stuaA":
            return self._take(self._length())
        if letter == "l":
            # The sign of the length is that of the number; each digit has two bytes.
            length = self._take(4)
            return length + self._take(2 * abs(int.from_bytes(length, "little", signed=True)))
        return self._take({"i": 4, "I": 8, "g": 8, "y": 16}[letter])

    def _code(self) -> tuple[str, bytes, tuple[int, ...]]:
        plain: list[bytes] = []
        parts: list[int] = []
        for field in _CODE:
            if field == "l":
                plain.append(self._take(4))
                continue
            part = self._object()
            if field == "o" or not self._is_loose:
                parts.append(part)
        return "c", b"".join(plain), tuple(parts)


class _Writer:
    """Marshalled bytes of an object: the same for the same object, wherever and whenever.

    What the standard library writes depends on what else refers to a part of it, and for sets on addresses. Here every
    part that occurs more than once is written once, and the parts of a set in the order of what they are.
    """

    def __init__(self, numbers: dict[tuple[str, bytes, tuple[int, ...]], int], whole: int) -> None:
        self._parts = list(numbers)
        self._times = [0] * len(self._parts)
        self._referred: dict[int, int] = {}
        self._out: list[bytes] = []
        pending = [whole]
        while pending:
            number = pending.pop()
            self._times[number] += 1
            if self._times[number] == 1:
                pending.extend(self._parts[number][2])
        self._write(whole)

    def content(self) -> bytes:
        """Return the bytes."""
        return b"".join(self._out)

    def _key(self, number: int) -> tuple[object, ...]:
        letter, plain, below = self._parts[number]
        return letter, plain, tuple([self._key(part) for part in below])

    def _write(self, number: int) -> None:
        if number in self._referred:
            self._out.append(b"r" + self._referred[number].to_bytes(4, "little"))
            return
        letter, plain, below = self._parts[number]
        is_referred = self._times[number] > 1 and letter not in "NTFS.0i"
        if is_referred:
            self._referred[number] = len(self._referred)
        if letter == "(" and len(below) < 256:
            letter = ")"
        self._out.append(bytes([ord(letter) | (_REFERRED if is_referred else 0)]))
        if letter == "c":
            self._write_code(plain, below)
            return
        self._out.append(_measured(letter, plain, len(below)))
        for part in sorted(below, key=self._key) if letter in "<>" else below:
            self._write(part)

    def _write_code(self, plain: bytes, below: tuple[int, ...]) -> None:
        words, parts = iter(range(0, len(plain), 4)), iter(below)
        for field in _CODE:
            if field == "l":
                at = next(words)
                self._out.append(plain[at : at + 4])
            else:
                self._write(next(parts))


def _measured(letter: str, plain: bytes, count: int) -> bytes:
    """Return what follows the letter of an object, but for its parts, of which there are `count`."""
    if letter == ")":
        return bytes([count])
    if letter in "(<>[":
        return count.to_bytes(4, "little")
    if letter in "zZ":
        return bytes([len(plain)]) + plain
    return len(plain).to_bytes(4, "little") + plain if letter in "stuaA" else plain


def _bytes_of(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _is_same(compiled: str, source: str, optimize: int) -> bool:
    content, text = _bytes_of(compiled), _bytes_of(source)
    flags = int.from_bytes(content[4:8], "little")
    # PEP 552: either the hash of the source is there, or its time, which copies do not keep, and its size.
    about = source_hash(text) if flags else content[8:12] + (len(text) & 0xFFFFFFFF).to_bytes(4, "little")
    if content[:4] != MAGIC_NUMBER or flags not in (0, UNCHECKED, CHECKED) or content[8:16] != about:
        return False
    try:
        expected = compile(text, source, "exec", dont_inherit=True, optimize=optimize)
        if sys.implementation.name == "cpython":
            stream = _Stream({}, is_loose=True)
            return stream.read(marshal.dumps(expected)) == stream.read(content[HEADER:])
        # S302: what it says is only compared; a file that breaks this process is reported by the one that started it.
        found = marshal.loads(content[HEADER:])  # noqa: S302
        return type(found) is type(expected) and bool(found == expected)
    except _LIMITS:
        return False


def _given(source: str, name: str, optimize: int, flags: int) -> bytes:
    """Return the byte-code of `source`, as if it lay at `name`; empty when it cannot be compiled."""
    text = _bytes_of(source)
    try:
        content = marshal.dumps(compile(text, name, "exec", dont_inherit=True, optimize=optimize))
        if sys.implementation.name == "cpython":
            numbers: dict[tuple[str, bytes, tuple[int, ...]], int] = {}
            whole = _Stream(numbers, is_loose=False).read(content)
            content = _Writer(numbers, whole).content()
    except _LIMITS:
        return b""
    return MAGIC_NUMBER + flags.to_bytes(4, "little") + source_hash(text) + content


def _main() -> None:
    out = sys.stdout.buffer
    if sys.argv[1] == "name":
        out.write(f"{sys.implementation.cache_tag or '-'} {MAGIC_NUMBER.hex()}\n".encode())
        return
    for line in sys.stdin:
        if sys.argv[1] == "compare":
            out.write(b"same\n" if _is_same(*json.loads(line)) else b"other\n")
        else:
            content = _given(*json.loads(line))
            out.write(b"%d\n%s" % (len(content), content) if content else b"-\n")
        out.flush()


if __name__ == "__main__":
    _main()
