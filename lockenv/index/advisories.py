"""Read what databases say about vulnerable releases: the JSON API of an index, and OSV.

Pure: the bytes of answers go in, advisories come out; the body of a question goes out as well. Never: a request.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lockenv.errors import InputError
from lockenv.index.validation import check_amount
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ECOSYSTEM = "PyPI"
MALWARE = "MAL-"
_ID = lazy_pattern(r"[\x21-\x7e]{1,200}")
"""The ids of databases: text without spaces, which can be a line of the cache and a part of a URL."""
MOST = 1000
"""How many releases OSV takes in one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """A vulnerability that a release is known to have."""

    id: str
    aliases: tuple[str, ...] = ()
    """Its ids in other databases, sorted."""
    summary: str = ""
    """One line; empty where the database has none."""
    fixed: tuple[str, ...] = ()
    """Versions without it, the first of each line of releases, as the database has them."""
    url: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """Everything it is called."""
        return frozenset((self.id, *self.aliases))

    @property
    def is_malware(self) -> bool:
        """Whether it says that the release itself does harm: the database of malicious packages has ids `MAL-…`."""
        return any(each.startswith(MALWARE) for each in self.ids)


def api_url(root: str, name: str, version: str) -> str:
    """Return where the index at the simple root `root` describes a release; empty where it has no such API."""
    from urllib.parse import quote

    # JSON API: `/pypi/<project>/<version>/json`, beside the simple API at `/simple/`.
    above = root.removesuffix("simple/")
    return f"{above}pypi/{name}/{quote(version, safe='')}/json" if above != root else ""


def of_release(content: bytes, url: str) -> tuple[Advisory, ...]:
    """Return what the JSON API says of a release, what was withdrawn left out. Raises InputError."""
    listed = _object(content, url).get("vulnerabilities") or []
    if not isinstance(listed, list):
        raise InputError(f"{url}: `vulnerabilities` is not a list", hint="contact the operator of this index")
    return tuple(
        advisory_of(one, fixed=_texts(one.get("fixed_in")), url=str(one.get("link") or ""))
        for one in listed
        if isinstance(one, dict) and not one.get("withdrawn") and isinstance(one.get("id"), str)
    )


def query(releases: Iterable[tuple[str, str, str]]) -> bytes:
    """Return the body that asks OSV for names and versions, each with the token of its page (empty: the first)."""
    questions = [
        {"package": {"name": name, "ecosystem": _ECOSYSTEM}, "version": version}
        | ({"page_token": token} if token else {})
        for name, version, token in releases
    ]
    return json.dumps({"queries": questions}).encode()


def answers(content: bytes, url: str, count: int) -> list[tuple[tuple[str, ...], str]]:
    """Return for each of `count` questions the ids that OSV knows, and the token of the next page.

    Raises InputError.
    """
    results = _object(content, url).get("results")
    if not isinstance(results, list) or len(results) != count:
        raise InputError(f"{url} did not return a valid OSV response", hint="check `osv` of [tool.lockenv.audit]")
    found = []
    for result in results:
        table = result if isinstance(result, dict) else {}
        listed = table.get("vulns") or []
        ids = [each.get("id") for each in tables(listed)]
        if not all(isinstance(one, str) and _ID.fullmatch(one) for one in ids):
            raise InputError(f"{url} returned an invalid id", hint="check `osv` of [tool.lockenv.audit]")
        found.append((tuple(map(str, ids)), str(table.get("next_page_token") or "")))
    return found


def of_osv(content: bytes, url: str, name: str) -> Advisory | None:
    """Return what OSV says of a vulnerability of the project `name`; None where it was withdrawn. Raises InputError."""
    one = _object(content, url)
    if one.get("withdrawn"):
        return None
    fixed = [
        str(event["fixed"])
        for affected in tables(one.get("affected"))
        if normalize(str(_table(affected.get("package")).get("name", ""))) == name
        for span in tables(affected.get("ranges"))
        if span.get("type") == "ECOSYSTEM"
        for event in tables(span.get("events"))
        if "fixed" in event
    ]
    links = [str(link.get("url", "")) for link in tables(one.get("references"))]
    return advisory_of(one, fixed=tuple(dict.fromkeys(fixed)), url=next(filter(None, links), ""))


def merged(advisories: Iterable[Advisory]) -> tuple[Advisory, ...]:
    """Return each vulnerability once, whatever it is called, sorted by id."""
    found: list[Advisory] = []
    for one in sorted(advisories, key=lambda advisory: advisory.id):
        same = next((other for other in found if other.ids & one.ids), None)
        if same is None:
            found.append(one)
            continue
        found[found.index(same)] = Advisory(
            id=same.id,
            aliases=tuple(sorted((same.ids | one.ids) - {same.id})),
            summary=same.summary or one.summary,
            fixed=tuple(dict.fromkeys((*same.fixed, *one.fixed))),
            url=same.url or one.url,
        )
    return tuple(found)


def advisory_of(table: dict[str, Any], *, fixed: Sequence[str], url: str) -> Advisory:
    """Return what a record says, beside the versions without it and its page, which are `fixed` and `url`."""
    text = table.get("summary") or table.get("details") or ""
    return Advisory(
        id=str(table.get("id", "")),
        aliases=tuple(sorted(set(_texts(table.get("aliases"))))),
        summary=" ".join(str(text).strip().partition("\n")[0].split())[:200],
        fixed=tuple(fixed),
        url=url,
    )


def _object(content: bytes, url: str) -> dict[str, Any]:
    check_amount(content, url)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{url} did not return JSON", hint="check the address") from error
    if not isinstance(value, dict):
        raise InputError(f"{url} did not return a JSON object", hint="check the address")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def tables(value: object) -> list[dict[str, Any]]:
    """Return the objects in an array of JSON; none for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
