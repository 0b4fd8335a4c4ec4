"""Simple repository pages (PEP 503, 691, 592, 629, 658, 700, 714, 792), JSON and HTML alike, to the files they list.

Pure: the bytes of a page, its content type and its URL go in; a Page comes out, the same for both formats as far as
both can say it. Files that are no wheel and no source distribution of the project are left out. Never: a file name
from anywhere but the index's own field or, in HTML, the end of the URL; a URL with credentials.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockenv.index.simple_json import parse_json
from lockenv.index.validation import wrong
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from lockenv.index import simple_html
    from lockenv.index.page import Page
    from lockenv.vocabulary.names import NormalizedName
else:
    simple_html = late("lockenv.index.simple_html")

_JSON = frozenset(
    {"application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.latest+json", "application/json"}
)
_HTML = frozenset({"text/html", "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.latest+html"})


def is_json(kind: str) -> bool:
    """Return whether a content type is that of a JSON page."""
    return kind.partition(";")[0].strip().lower() in _JSON


def parse(content: bytes, kind: str, url: str, project: NormalizedName) -> Page:
    """Return what the page at `url` says about `project`; `kind` is its content type.

    Raises InputError, naming `url`, when it is no simple page, of another major version, or of another project.
    """
    media = kind.partition(";")[0].strip().lower()
    if media in _JSON:
        return parse_json(content, url, project)
    if media in _HTML:
        return simple_html.parse_html(content, kind, url, project)
    if re.fullmatch(r"application/vnd\.pypi\.simple\.v\d+\+(json|html)", media):
        raise wrong(url, f"its version is not supported by lockenv ({media})")
    raise wrong(url, f"its content type is {media[:60]!a}")
