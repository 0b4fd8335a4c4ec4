"""`lockenv merge-driver`: merge two locks for git, and configure git to have them merged so (gitattributes)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode, UsageError
from lockenv.files.atomic import replace
from lockenv.history.git import merged as with_markers
from lockenv.operations.merge_files import merged
from lockenv.operations.merge_setup import install
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings

_LABELS = ("ours", "base", "theirs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv merge-driver` was asked."""

    install: bool
    paths: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Merge in place of `%A`; what cannot be merged is left there with conflict markers, and the answer is no."""
    if options.install:
        is_written = install(settings)
        console.say(
            "git merges lockfiles with lockenv in this clone: "
            f"{'wrote' if is_written else 'kept'} .gitattributes, commit it"
        )
        return ExitCode.YES
    if len(options.paths) != 4:
        raise UsageError(
            "merge-driver requires four paths: base, ours, theirs and the name of the file",
            hint="git passes them; run `lockenv merge-driver --install` to configure it",
        )
    base, ours, theirs, name = options.paths
    text = merged(base, ours, theirs, name, settings, console)
    if text is not None:
        _write(ours, text.encode())
        return ExitCode.YES
    _write(ours, with_markers((ours, base, theirs), _LABELS, settings.tools_environ))
    console.answer_no(
        f"{name} was left with conflict markers",
        hint="resolve the conflict in the project's requirements, then run `lockenv lock`",
    )
    return ExitCode.NO


def _write(path: str, content: bytes) -> None:
    replace(path, content)
