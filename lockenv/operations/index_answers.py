"""Ask each index of a project whether it answers, with one or two small requests.

In: indexes and Settings. Out: an IndexAnswer for each. Never: what the index has, beyond a page of a public project.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from lockenv.context.access import fetcher, indexes
from lockenv.context.env_vars import check_variables, expanded
from lockenv.errors import InputError, LockenvError
from lockenv.fetch.local import is_local, path_of
from lockenv.fetch.reachability import reached
from lockenv.fetch.urls import shown, without_userinfo
from lockenv.index.page import ACCEPT
from lockenv.operations.obstacle import Obstacle, obstacle_of
from lockenv.project.messages import without_secrets
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.progress import during

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.vocabulary.manifest import Index
    from lockenv.vocabulary.progress import Listener

PROJECT = "pip"
"""The project whose page is asked for: a public one, so that no index learns the name of a private one."""
_ABSENT = (404, 410)
_HEADERS = {"Accept": ACCEPT}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAnswer:
    """How one index answered."""

    name: str
    """Empty for an index without one."""
    url: str
    """Credentials masked."""
    is_asked: bool = False
    """False: offline, or a directory of this machine."""
    status: int = 0
    """The status of its answer; 0 where there was none, 404 where it has neither `PROJECT` nor a list of projects."""
    milliseconds: int = 0
    """From the request, with the connection that it needed, to the head of the answer."""
    obstacle: Obstacle | None = None
    """Why it cannot be used; None where it can, or was not asked."""


def index_answers(
    declared: Sequence[Index], settings: Settings, base: str, listener: Listener
) -> tuple[IndexAnswer, ...]:
    """Return how the indexes that serve `declared` answer, in the order they are tried; offline, no server is asked.

    `base` is the directory of the project. Raises UsageError for variables that the user does not allow, and what a
    cache raises that cannot be trusted.
    """
    chosen = indexes(declared, settings)
    try:
        check_variables(chosen, settings)
        urls = [expanded(index, settings) for index in chosen]
    except LockenvError as error:
        found = obstacle_of(error)
        return tuple(IndexAnswer(name=one.name, url=without_secrets(one.url), obstacle=found) for one in chosen)
    with fetcher(settings, declared, base=base) as source, during(listener.progress(), "asking the indexes"):
        tasks = [
            source.pool.submit(partial(_answer, index, url, source)) for index, url in zip(chosen, urls, strict=True)
        ]
        return tuple(task.result() for task in tasks)


def _answer(index: Index, url: str, source: Fetcher) -> IndexAnswer:
    answer = IndexAnswer(name=index.name, url=shown(url))
    if is_local(url):
        return replace(answer, obstacle=_of_this_machine(url))
    if source.settings.offline:
        return answer
    root = without_userinfo(url)
    reach = reached(source, root if index.is_flat else f"{root}{PROJECT}/", _HEADERS)
    if reach.status in _ABSENT and not index.is_flat:
        # An index may lack this project, or a list of all: only where it lacks both, its URL may be wrong.
        again = reached(source, root, _HEADERS)
        reach = reach if again.status in _ABSENT or again.error is not None else again
    obstacle = obstacle_of(reach.error) if reach.error is not None else None
    is_odd = reach.status >= 300 and (index.is_flat or reach.status not in _ABSENT)
    if obstacle is None and is_odd:
        obstacle = Obstacle(
            message=f"{shown(url)} is not an index: the server returned {reach.status}",
            hint="check the URL of the index; `lockenv config` shows where it is set",
        )
    return replace(
        answer, is_asked=True, status=reach.status, milliseconds=round(reach.milliseconds), obstacle=obstacle
    )


def _of_this_machine(url: str) -> Obstacle | None:
    try:
        path = path_of(url)
    except InputError as error:
        return obstacle_of(error)
    if os.path.exists(path):
        return None
    hint = "check the path of the index; `lockenv config` shows where it is set"
    return Obstacle(message=f"the index {path} does not exist", hint=hint)
