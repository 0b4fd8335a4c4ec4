"""What copies of a process rehearse is what they do: no call of them loads a module that no other one loaded."""

from __future__ import annotations

import subprocess
import sys

from lockenv.index import kept_pages

ACT = f"""
import sys
from lockenv.fetch import worker_calls
worker_calls.load({(*kept_pages.ASKING, *kept_pages.WORKERS)!r})
before = set(sys.modules)
from lockenv.index.metadata import compact
from lockenv.index.page_cache_writer import compacted
entries = ",".join(
    '{{"filename":"a-%d.%d.tar.gz","hashes":{{"sha256":"%s"}},"url":"/a-%d.%d.tar.gz"}}' % (n, k, "ab" * 32, n, k)
    for n in range(9) for k in range(9)
)
page = '{{"files":[%s],"meta":{{"api-version":"1.0"}},"name":"a"}}' % entries
compacted("a", page.encode(), "application/vnd.pypi.simple.v1+json", "https://index.example/simple/a/", b"")
compact(b"Metadata-Version: 2.1\\nName: a\\nVersion: 1\\nRequires-Dist: b>=1\\n", "a-1-py3-none-any.whl")
print(*sorted(set(sys.modules) - before))
"""


def test_call_after_a_rehearsal_loads_nothing() -> None:
    found = subprocess.run([sys.executable, "-c", ACT], capture_output=True, text=True, check=True)

    assert found.stdout.split() == []
