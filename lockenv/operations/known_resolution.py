"""Answer as a resolution did before, where nothing that decides it has changed.

What is resolved is decided by what is declared, by the settings of the run, by the locks that are replaced, and by what
the pages of the projects said that it came by; the metadata of a release is that of a file whose hash its page states,
or what a build answered and the cache keeps (`build_answers`). A resolution that left nothing out, and ran no build,
remembers its text in a file of the cache that is named by the first three (`known_answers`), and with it a digest of
what the pages said. The same text is the answer where they say the same, and builds would be answered the same on this
machine: pages that are no longer fresh are asked for all at once, which serves the search where one has changed. In:
what is asked, a Manifest, the catalog. Out: the texts of the locks, or None: then it is resolved. Never: a lock that is
not proved as any other (`delivery`); a page that is older than one that a search would use.
"""

from __future__ import annotations

import os

from lockenv.builds.build_answers import are_kept
from lockenv.context import access
from lockenv.errors import LockenvError
from lockenv.files import atomic
from lockenv.files.reading import read_own
from lockenv.index.page_states import PageStates
from lockenv.operations import known_answers
from lockenv.vocabulary.dataclasses import NamedTuple, dataclass
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import NormalizedName

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from lockenv.builds.build_answers import BuildAnswers
    from lockenv.builds.builder import WheelBuilder
    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.parallel import Task
    from lockenv.index.catalog import Catalog
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import identities
    from lockenv.operations.known_answers import LockQuestion
    from lockenv.operations.load import Project
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Resolution
    from lockenv.vocabulary.progress import Listener, Progress
else:
    identities = late("lockenv.operations.identities")

_DIRECTORY = "resolutions-2"
"""Of the cache; changes with the form of its files."""
_DIGEST = 64
"""Characters of the digest that a file begins with, of the rest of it."""
_MOMENT = 0.05
"""Seconds of waiting for one page after which the others are looked at."""
_SEPARATOR = "\t"
"""Between the values of a line."""
_ESCAPED = "unicode_escape"
"""How notes are written: what they quote of metadata may have any character."""


def asked(project: Project, settings: Settings, *, is_upgrade: bool) -> LockQuestion | None:
    """Return what is resolved for `project`, of which all pins may move; None where that is not plain.

    To be asked before anything is read of the project.
    """
    return known_answers.question("upgrade" if is_upgrade else "resolve", project, settings, needs_lock=False)


def known(
    question: LockQuestion,
    manifest: Manifest,
    catalog: Catalog,
    source: Fetcher,
    heard: NoteRecorder,
    answers: BuildAnswers,
    opened: Callable[[], WheelBuilder],
) -> KnownResolution | None:
    """Return what may be known of the answer to `question`; None where more decides it than can be remembered.

    Builds are those of the workshop that is `opened`, which is `heard` by the same recorder and notes its `answers`.
    """
    asks_more = manifest.publishers is not None or manifest.startup_allowed is not None or manifest.python
    if asks_more or manifest.policy.no_build or not known_answers.is_lasting(manifest):
        return None
    indexes = access.accesses(manifest, question.settings)
    if not all(index.is_server for index in indexes):
        return None
    states = PageStates(indexes, manifest.sources, source)
    states.follow(catalog)
    answers.pages = states
    return KnownResolution(question, catalog, states, heard, manifest.requires_python, source, answers, opened)


class NoteRecorder:
    """A listener that passes on what it hears, and knows the notes; None where it heard more than those."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.notes: list[str] | None = []

    def progress(self) -> Progress:
        """Return who follows work of some length."""
        return self._listener.progress()

    def note(self, text: str) -> None:
        """Hear what a person should know."""
        if self.notes is not None:
            self.notes.append(text)
        self._listener.note(text)

    def say(self, text: str, *more: str) -> None:
        """Hear what was done."""
        self.notes = None
        self._listener.say(text, *more)

    def warn(self, text: str, *more: str) -> None:
        """Hear what a person should look at."""
        self.notes = None
        self._listener.warn(text, *more)

    def change(self, sign: str, text: str) -> None:
        """Hear of one change."""
        self.notes = None
        self._listener.change(sign, text)


class LockTexts(NamedTuple):
    """What a resolution answers: the text of a lock, and of that of what builds need."""

    text: str
    build_lock: str | None
    """None when nothing is built."""


@dataclass(frozen=True, slots=True)
class KnownResolution:
    """What is remembered of one question, and what is asked to find out whether it still holds."""

    question: LockQuestion
    catalog: Catalog
    states: PageStates
    heard: NoteRecorder
    requires_python: str
    """Of the manifest: where the project does not say it, more than its files decide it."""
    source: Fetcher
    answers: BuildAnswers
    opened: Callable[[], WheelBuilder]
    """Returns what builds."""

    def texts(self) -> LockTexts | None:
        """Return what the same question was answered with, and note what was noted; None for no such answer.

        May wait for servers.
        """
        remembered = self._remembered()
        if remembered is None or not self._is_built(remembered) or not self._is_as_it_was(remembered.states):
            return None
        for note in remembered.notes:
            self.heard.note(note)
        return remembered.texts

    def remember(self, text: str, build_lock: str | None, found: Resolution, old: Lock | None) -> None:
        """Remember that the lock with `text`, made of what was `found`, is the answer, and what its builds need.

        Not where more decided it or is reported. `found` has the hashes that pages state, and no others. Publishers
        that the `old` lock names are asked for.
        """
        question, notes, answers = self.question, self.heard.notes, self.answers
        self.states.note_files(found.pins)
        states = self.states.looked_at
        if notes is None or found.unbuilt or states is None or not answers.is_all:
            return
        if old is not None and identities.has_any(old):
            return
        again = known_answers.question(question.command, question.project, question.settings, needs_lock=False)
        if again != question:
            return  # a file was changed meanwhile, and it is unknown what was resolved
        made = _Remembered(
            question=question.digest,
            requires_python=self.requires_python,
            states=states,
            notes=tuple(notes),
            built=answers.used,
            surroundings=self._surroundings() if answers.used else "",
            texts=LockTexts(text, build_lock),
        )
        try:
            atomic.replace(self._place, made.encoded())
        except LockenvError:
            return  # a cache that cannot be written costs time, never an answer

    @property
    def _place(self) -> str:
        """The file: one for each lock, so that their number does not grow with each change."""
        name = blake2b(f"{self.question.command}\n{self.question.project.lock}".encode("utf-8", "surrogateescape"))
        return os.path.join(self.question.settings.cache, _DIRECTORY, name.hexdigest()[:40])

    def _surroundings(self) -> str:
        """Return a digest of what decides builds beside their sources."""
        return blake2b(self.opened().surroundings().encode(_ESCAPED)).hexdigest()

    def _is_built(self, remembered: _Remembered) -> bool:
        """Return whether builds would be answered as they were, without being run."""
        if not remembered.built:
            return True
        return remembered.surroundings == self._surroundings() and are_kept(remembered.built, self.source)

    def _remembered(self) -> _Remembered | None:
        try:
            found = _decoded(read_own(self._place))
        except (OSError, ValueError):  # its digest is right, and yet nothing of this program wrote it
            return None
        if found is None or (found.question, found.requires_python) != (self.question.digest, self.requires_python):
            return None
        return found

    def _is_as_it_was(self, states: Mapping[NormalizedName, str]) -> bool:
        """Return whether the pages say what they said; those that may have changed are on their way then."""
        found = {name: self.states.kept(name) for name in states}
        is_same = all(state in (None, states[name]) for name, state in found.items())
        due = {name: self.catalog.start_page(name) for name, state in found.items() if state is None}
        return is_same and self._stay(due, states)

    def _stay(self, due: Mapping[NormalizedName, Task[Any]], states: Mapping[NormalizedName, str]) -> bool:
        """Wait for the pages that are `due`, and return whether all say the same, as soon as one does not.

        The search may need none of the others, some of which may never come.
        """
        waiting = due
        while waiting:
            waiting = {name: task for name, task in waiting.items() if not task.is_over}
            if any(self.states.seen.get(name) != states[name] for name in due.keys() - waiting.keys()):
                return False
            if not all(task.ends(_MOMENT) for task in waiting.values()):
                [*waiting.values()][-1].run()  # where no thread has begun it: all of them are at work, or gone
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    """What a file of the cache says."""

    question: str
    requires_python: str
    states: Mapping[NormalizedName, str]
    notes: tuple[str, ...]
    built: Mapping[tuple[str, str], str]
    """The digests of the entries that builds were answered from, by form and key."""
    surroundings: str
    """Of those builds; empty where there were none."""
    texts: LockTexts

    def encoded(self) -> bytes:
        text, needs = self.texts
        parts = (
            self.question,
            self.requires_python,
            _SEPARATOR.join(f"{name} {state}" for name, state in self.states.items()),
            _SEPARATOR.join(map(_escaped, self.notes)),
            _SEPARATOR.join(f"{form} {digest} {_escaped(key)}" for (form, key), digest in self.built.items()),
            self.surroundings,
            str(len(text)),
            text if needs is None else text + needs,
        )
        rest = "\n".join(parts).encode("utf-8", "surrogatepass")
        return blake2b(rest).hexdigest().encode() + rest


def _decoded(content: bytes) -> _Remembered | None:
    """Return what the file with this content says; None where it is damaged."""
    if blake2b(content[_DIGEST:]).hexdigest().encode() != content[:_DIGEST]:
        return None
    lines = content[_DIGEST:].decode("utf-8", "surrogatepass").split("\n", 7)
    question, python, states, notes, built, surroundings, length, texts = lines
    read = (each.split(" ") for each in states.split(_SEPARATOR) if each)
    entries = (each.split(" ", 2) for each in built.split(_SEPARATOR) if each)
    end = int(length)
    return _Remembered(
        question=question,
        requires_python=python,
        states={NormalizedName(name): state for name, state in read},
        notes=tuple(_plain(note) for note in notes.split(_SEPARATOR) if note),
        built={(form, _plain(key)): digest for form, digest, key in entries},
        surroundings=surroundings,
        texts=LockTexts(texts[:end], texts[end:] or None),
    )


def _escaped(text: str) -> str:
    return text.encode(_ESCAPED).decode("ascii")


def _plain(text: str) -> str:
    return text.encode("ascii").decode(_ESCAPED)
