"""Locks that must be refused, made from an honest one of two packages of another tool."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Bad(NamedTuple):
    """A way to spoil a lock."""

    name: str
    spoil: Callable[[str], str | bytes]
    word: str = "pylock.toml"
    """What the message must say."""
    code: int = 2


def _put(old: str, new: str) -> Callable[[str], str]:
    """Replace every match of the pattern `old`."""

    def spoil(text: str) -> str:
        spoiled = re.sub(old, lambda _: new, text)
        assert spoiled != text
        return spoiled

    return spoil


_HASHES = r"hashes = \{.*?\}"
_URL = r'url = "[^"]*other'
_FILE = r'name = "other-1.0-py3-none-any.whl"'
_TAIL = r"\Z"

BAD = (
    Bad("empty file", lambda _: ""),
    Bad("no packages", lambda text: text[: text.index("[[")]),
    Bad("cut", lambda text: text[: len(text) * 2 // 3]),
    Bad("no TOML", lambda text: text + "= =\n"),
    Bad("NUL", lambda text: text + "\0"),
    Bad("not UTF-8", lambda text: text.encode() + b"# \xff\n"),
    Bad("a key twice", lambda text: 'lock-version = "1.0"\n' + text),
    Bad("conflict", lambda text: f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> x\n"),
    Bad("deep", lambda text: text + "x = " + "[" * 5000),
    Bad("huge number", lambda text: text + "x = " + "9" * 5000 + "\n"),
    Bad("types", _put(r'version = "1.0"\nwheels', "version = 1.0\nwheels")),
    Bad("packages no array", lambda text: text[: text.index("[[")] + "packages = 1\n"),
    Bad("wheels no array", _put(r"wheels = \[.*?\]\n", "wheels = 1\n")),
    Bad("version 2", _put(r'lock-version = "1.0"', 'lock-version = "2.0"'), "2.0"),
    Bad("no version", _put(r'lock-version = "1.0"\n', "")),
    Bad("version no string", _put(r'lock-version = "1.0"', "lock-version = 1")),
    Bad("no creator", _put(r'created-by = "hand"\n', "")),
    Bad("other Python", _put(r">=3\.8", "<3"), "requires Python <3, but no matching interpreter"),
    Bad("other environment", _put(r'">=3\.8"', '">=3.8"\nenvironments = ["os_name == \'nt\'"]'), "os_name", 1),
    Bad("no file for this environment", _put("other-1.0-py3-none-any", "other-1.0-cp27-cp27m-win32"), "other", 1),
    Bad("hash missing", _put(_HASHES, "hashes = {}"), "hash"),
    Bad("hash key missing", _put(", " + _HASHES, ""), "hash"),
    Bad("hash short", _put(_HASHES, 'hashes = {sha256 = "abc"}'), "sha256"),
    Bad("hash empty", _put(_HASHES, 'hashes = {sha256 = ""}'), "sha256"),
    Bad("md5 alone", _put(_HASHES, f'hashes = {{md5 = "{"a" * 32}"}}'), "md5"),
    Bad("unknown hash alone", _put(_HASHES, 'hashes = {rot13 = "a"}'), "rot13"),
    Bad("hash no string", _put(_HASHES, "hashes = {sha256 = 1}"), "sha256"),
    Bad("size negative", _put(r"size = \d+", "size = -1"), "size"),
    Bad("size no number", _put(r"size = \d+", 'size = "1"'), "size"),
    Bad("size of others", _put(r"size = \d+", "size = 1"), "size"),
    Bad("name of others", _put(r'name = "other"', 'name = "stranger"'), "other"),
    Bad("version of others", _put(r'version = "1.0"\nwheels', 'version = "2.0"\nwheels'), "1.0"),
    Bad("wheel of others", _put(_FILE, 'name = "stranger-1.0-py3-none-any.whl"'), "stranger"),
    Bad("name not normalized", _put(r'name = "other"', 'name = "Other_"'), "ther"),
    Bad("name no name", _put(r'name = "other"', 'name = "../other"'), "other"),
    Bad("package twice", lambda text: text + text[text.rindex("[[") :], "other"),
    Bad("no source", _put(r"wheels = \[.*?\]\n", ""), "pylock.toml"),
    Bad("no place", _put(r', url = "[^"]*"', ""), "neither url nor path"),
    Bad("two sources", lambda text: text + '[packages.directory]\npath = "x"\n', "other"),
    Bad("path absolute", _put(r'url = "[^"]*"', 'path = "/etc/other-1.0-py3-none-any.whl"'), "path"),
    Bad("path leads out", _put(r'url = "[^"]*"', 'path = "../../other-1.0-py3-none-any.whl"'), "path"),
    Bad("file URL", _put(r'url = "[^"]*"', 'url = "file:///tmp/other-1.0-py3-none-any.whl"'), "url"),
    Bad("ftp URL", _put(r'url = "http:', 'url = "ftp:'), "url"),
    Bad("plain HTTP elsewhere", _put(r"http://127.0.0.1:\d+/files/other", "http://index.example/other"), "http"),
    Bad("file name leads out", _put(_FILE, 'name = "../other-1.0-py3-none-any.whl"'), "other"),
    Bad("marker runs code", _put(_TAIL, "marker = \"__import__('os').system('touch pwned') == 0\"\n"), "marker"),
    Bad("marker no marker", _put(_TAIL, 'marker = "os_name ="\n'), "marker"),
    Bad("marker unending", _put(_TAIL, f'marker = "{"(" * 5000}"\n'), "marker"),
    Bad("escape sequences", _put(r'name = "other"', 'name = "other\\u001b[31m"'), "other"),
    Bad("revision that is an option", lambda text: text[: text.rindex("wheels")]
        + '[packages.vcs]\ntype = "git"\nurl = "https://x.example/y"\ncommit-id = "--upload-pack=x"\n', "other"),
    Bad("directory elsewhere", lambda text: text[: text.rindex("wheels")]
        + '[packages.directory]\npath = "../../elsewhere"\n', "other"),
)  # fmt: skip
