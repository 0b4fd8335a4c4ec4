"""Pages of an index that must be refused when a project is locked."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, NamedTuple

from tests.support.faults import Answer
from tests.support.pages import HTML, JSON
from tests.support.projects import write_project
from tests.support.trees import snapshot

if TYPE_CHECKING:
    from tests.hostile.scene import Scene

_META = '"meta": {"api-version": "1.0"}, "name": "seen"'


class Bad(NamedTuple):
    """A page, as it is sent."""

    name: str
    body: bytes
    kind: str = JSON
    encoding: str = ""


def _json(rest: str) -> bytes:
    return f"{{{_META}{rest}}}".encode()


BAD = (
    Bad("no JSON", b'{"files": ['),
    Bad("empty", b""),
    Bad("deep", b"[" * 100_000),
    Bad("deep in a key", _json(', "files": [], "x": ' + "[" * 100_000 + "]" * 100_000)),
    Bad("not a number", _json(', "files": [], "x": NaN')),
    Bad("huge number", _json(', "files": [], "x": ' + "9" * 5000)),
    Bad("a key twice", _json(', "files": [], "files": [1]')),
    Bad("not UTF-8", _json(', "files": [], "x": "').replace(b'"x": "', b'"x": "\xff"')),
    Bad("files no array", _json(', "files": 1')),
    Bad("files null", _json(', "files": null')),
    Bad("no files", _json("")),
    Bad("an array", b"[]"),
    Bad("HTML that is said to be JSON", b"<!DOCTYPE html><html></html>"),
    Bad("plain text", b"seen-1.0.tar.gz", "text/plain"),
    Bad("no content type", _json(', "files": []'), ""),
    Bad("future JSON", b'{"meta": {"api-version": "2.0"}, "name": "seen", "files": []}'),
    Bad("future HTML", b'<html><meta name="pypi:repository-version" content="2.0"></html>', HTML),
    Bad("future content type", _json(', "files": []'), "application/vnd.pypi.simple.v2+json"),
    Bad("another project", b'{"meta": {"api-version": "1.0"}, "name": "unseen", "files": []}'),
    Bad("UTF-16 HTML", "<html><a>x</a></html>".encode("utf-16"), HTML),
    Bad("UTF-7 HTML", b"<html>+ADw-a href=+ACI-seen-1.0.zip+ACIAPg-seen-1.0.zip+ADw-/a+AD4-", f"{HTML}; charset=utf-7"),
    Bad("HTML that turns", b"<html>frra-1.0.mvc", f"{HTML}; charset=rot13"),
    Bad("unknown charset", b"<html></html>", f"{HTML}; charset=x-{'y' * 1000}"),
    Bad("not in its charset", b"<html></html>\xff", f"{HTML}; charset=utf-16"),
    Bad("JSON that is said to be HTML", _json(', "files": []'), HTML),
    Bad("gzip bomb", gzip.compress(bytes(65 << 20)), JSON, "gzip"),
    Bad("page without end", b" " * (65 << 20)),
    Bad("unknown encoding", b"x", JSON, "br"),
)


def fault(bad: Bad, scene: Scene, name: str) -> str:
    """Lock a project that needs `seen`; return what is wrong: empty when the page is refused, twice, by its URL."""
    project = write_project(scene.project.with_name(name), ["seen"], index=scene.index.url)
    headers = {"Content-Type": bad.kind, "Content-Encoding": bad.encoding}
    sent = {field: value for field, value in headers.items() if value}
    scene.index.fail("/simple/seen/", Answer(bad.body, sent), times=None)
    before = snapshot(project)
    first, second = (scene.run("lock", cwd=project) for _ in range(2))
    scene.index.heal()
    if first.code != 2 or "/simple/seen/" not in first.err or "Traceback" in first.err:
        return f"exit {first.code}: {first.err.strip()[:200]!a}"
    if first != second:
        return f"the second run said {second.err.strip()[:200]!a}"
    return "" if snapshot(project) == before else "something changed"
