"""What a command line or an answer on the terminal allows: in force at once, written down with the lock it led to.

In: a project, names to build, faults to accept. Out: the project and its texts as they are with these in `allow-build`
and `accept-faults`. Never: a permission that no one gave, a file that changes before there is an answer.
"""

from __future__ import annotations

import os

from lockenv.context.project_files import read_text
from lockenv.errors import UsageError
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import is_valid, normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from typing import Final

    from lockenv.operations import held_file, load, settings_edit
    from lockenv.project import messages
    from lockenv.vocabulary import manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener
else:
    held_file = late("lockenv.operations.held_file")
    settings_edit = late("lockenv.operations.settings_edit")
    messages = late("lockenv.project.messages")
    manifest = late("lockenv.vocabulary.manifest")

BUILDS: Final = "allow-build"
FAULTS: Final = "accept-faults"


class Permissions:
    """A project, with builds and faults allowed beside those that its settings name."""

    def __init__(
        self,
        project: load.Project,
        builds: Iterable[str],
        faults: Iterable[str],
        read: Callable[[str], str] | None = None,
    ) -> None:
        """Allow `builds`, names, and `faults`, each `NAME=RULE`.

        `read` returns the text of a file where an edit before this one has changed it. Raises UsageError for what is
        no name or no rule, and InputError where the settings cannot be read or edited.
        """
        self._read = read or read_text
        self._edits: dict[str, settings_edit.SettingEdit] = {}
        self._said: dict[str, list[str]] = {}
        """What to report of each edit that changes anything."""
        self.project = project
        if names := _normalized(builds):
            self._add(settings_edit.listed(project, BUILDS, names, self.read), f"allows {', '.join(names)}")
        if rules := _rules(faults):
            titles = ", ".join(f"{rule} of {name}" for name, each in rules.items() for rule in each)
            self._add(settings_edit.with_lists(self.project, FAULTS, rules, self.read), f"accepts {titles}")

    def _add(self, edit: settings_edit.SettingEdit, said: str) -> None:
        path = os.path.realpath(edit.path)
        is_new = edit.text != (self._edits[path].text if path in self._edits else (edit.before or b"").decode())
        self._edits[path] = edit
        self._said.setdefault(path, []).extend([f"{edit.name}: {edit.key} {said}"] if is_new else ())
        self.project = edit.of(self.project)

    @property
    def is_any(self) -> bool:
        """Whether anything is allowed that has to be written."""
        return bool(self._edits)

    def read(self, path: str) -> str:
        """Return the text of `path` as it will be, for `load.manifest`."""
        edit = self._edits.get(os.path.realpath(path))
        return self._read(path) if edit is None else edit.text.removeprefix("\ufeff")

    def text(self, path: str, text: str) -> str:
        """Return `text`, which `path` is to hold, with what is allowed in it where its settings are there."""
        edit = self._edits.get(os.path.realpath(path))
        return text if edit is None else edit.text

    def written(
        self, listener: Listener, beside: str = "", *, is_dry_run: bool = False
    ) -> AbstractContextManager[None]:
        """Hold what is allowed in the files of the settings; when what is done meanwhile fails, they are as they were.

        Nothing is written to the file `beside`, which the caller writes, and with `is_dry_run` to none.
        """
        left = {os.path.realpath(beside)} if beside else set()
        edits = (
            [] if is_dry_run else [(edit, self._said[path]) for path, edit in self._edits.items() if path not in left]
        )
        return held_file.settings(edits, listener)


def _normalized(names: Iterable[str]) -> tuple[NormalizedName, ...]:
    return tuple(sorted({_name(name, f"--allow-build {name}") for name in names}))


def _rules(faults: Iterable[str]) -> dict[NormalizedName, list[str]]:
    """Return the rules of each package that `faults` name, sorted."""
    found: dict[NormalizedName, set[str]] = {}
    for fault in faults:
        name, equals, rule = fault.partition("=")
        if not equals:
            raise UsageError(
                f"--accept-fault {fault}: names no rule", hint=f"use --accept-fault NAME=RULE; {_known_rules()}"
            )
        if rule not in manifest.ACCEPTABLE:
            raise UsageError(
                f"--accept-fault {fault}: `{rule}` is not a rule that can be accepted"
                f"{messages.suggestion(rule, manifest.ACCEPTABLE)}",
                hint=_known_rules(),
            )
        found.setdefault(_name(name, f"--accept-fault {fault}"), set()).add(rule)
    return {name: sorted(found[name]) for name in sorted(found)}


def _known_rules() -> str:
    return f"the rules are {', '.join(manifest.ACCEPTABLE)}"


def _name(name: str, option: str) -> NormalizedName:
    if not is_valid(name):
        raise UsageError(f"{option}: {name!a} is not a valid name", hint="specify a package")
    return normalize(name)
