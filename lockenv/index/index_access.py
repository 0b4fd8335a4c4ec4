"""An index as it is asked: a plain value; and which of them are asked for a project."""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.vocabulary.names import NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAccess:
    """An index, ready to be asked."""

    url: str
    """The simple root, ending in a slash, without credentials."""
    name: str = ""
    explicit: bool = False
    """True: serves only the projects that `sources` maps to its name."""
    is_flat: bool = False
    """True: one folder or page with the files of many projects."""

    @property
    def is_server(self) -> bool:
        """Whether it is a server with a page for each project."""
        return not self.is_flat and not self.url.startswith("file:")


def candidates(
    indexes: Sequence[IndexAccess], sources: Mapping[NormalizedName, str], name: NormalizedName
) -> list[IndexAccess]:
    """Return the indexes that are asked for `name`, in this order, until one has it. Raises InputError.

    `sources` has the name of the only one that serves a project.
    """
    wanted = sources.get(name)
    if wanted is None:
        return [index for index in indexes if not index.explicit]
    found = [index for index in indexes if index.name == wanted]
    if not found:
        what = f"the source of `{name}` is the index `{wanted}`, which is not declared"
        raise InputError(what, hint="declare it as [[tool.lockenv.index]], or correct the source")
    return found


def is_asked(
    indexes: Sequence[IndexAccess], sources: Mapping[NormalizedName, str], name: NormalizedName, url: str
) -> bool:
    """Return whether the index at `url` is one of those that are asked for `name`."""
    wanted = sources.get(name)
    return any(
        index.url == url and (index.name == wanted if wanted is not None else not index.explicit) for index in indexes
    )
