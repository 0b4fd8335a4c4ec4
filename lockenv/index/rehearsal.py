"""Do once, with a made-up page and made-up metadata, what is then done for each project.

So the first call of another process does not wait for modules and patterns that are made ready when they are first
used, and processes that are copied afterwards have all of it from the beginning. In: nothing. Out: nothing.
"""

from __future__ import annotations

from lockenv.index import metadata as core_metadata
from lockenv.index.page_cache_writer import compacted
from lockenv.vocabulary.names import NormalizedName

_NAME = NormalizedName("a")
_JSON = "application/vnd.pypi.simple.v1+json"
_URL = "https://index.example/simple/a/"
_FILE = (
    '{"core-metadata":false,"filename":"%s","hashes":{"sha256":"%064d"},"requires-python":">=3.6",'
    '"size":5,"upload-time":"2026-01-01T00:00:00.5Z","url":"/%s","yanked":%s}'
)
_PAGE = '{"files":[%s],"meta":{"api-version":"1.4"},"name":"a"}'
_LONG = 12
"""Releases of a page that is cut up rather than read as a whole."""
_METADATA = b"""\
Metadata-Version: 2.1
Name: a
Version: 1
Requires-Python: >=3.6
License: MIT
Classifier: License :: OSI Approved :: MIT License
Provides-Extra: x
Requires-Dist: b (>=1,<2)
Requires-Dist: c>=1; extra == "x"
"""


def pages() -> None:
    """Bring a long page, and a short one, to their compact form."""
    for count in (_LONG, 1):
        names = [name for minor in range(count) for name in (f"a-0.{minor}-py3-none-any.whl", f"a-0.{minor}.tar.gz")]
        names += ["a-1.0rc1-py3-none-any.whl", "a-1_0.tar.gz"]
        files = [_FILE % (name, number, name, '"x"' if number == 1 else "false") for number, name in enumerate(names)]
        compacted(_NAME, (_PAGE % ",".join(files)).encode(), _JSON, _URL, b"")


def metadata() -> None:
    """Bring the metadata of a wheel to its compact form."""
    core_metadata.compact(_METADATA, "a-1-py3-none-any.whl")
