"""`lockenv merge-driver`: merge two locks for git, and tell git to have them merged so (gitattributes)."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from lockenv.errors import ExitCode, InputError, LockenvError, MachineError, UsageError
from lockenv.files.reading import read_bounded, read_file
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.lockfile.conflict import Sides
    from lockenv.lockfile.lock import Lock

ATTRIBUTES = ("pylock.toml merge=lockenv", "pylock.*.toml merge=lockenv")
_LABELS = ("ours", "base", "theirs")
_START = "import sys; sys.path += {paths}; from lockenv.cli import program; program()"
"""What starts lockenv where its interpreter does not find it in a directory of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv merge-driver` was asked."""

    install: bool
    paths: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Merge in place of `%A`; what cannot be merged is left there with conflict markers, and the answer is no."""
    if options.install:
        return _install(settings, console)
    if len(options.paths) != 4:
        raise UsageError(
            "merge-driver needs four paths: base, ours, theirs and the name of the file",
            hint="`lockenv merge-driver --install` has git give them",
        )
    base, ours, theirs, name = options.paths
    text = _merged(base, ours, theirs, name, settings, console)
    if text is not None:
        _write(ours, text.encode())
        return ExitCode.YES
    from lockenv.history.git import merged

    _write(ours, merged((ours, base, theirs), _LABELS, settings.tools_environ))
    console.answer_no(
        f"{name} is left with conflict markers", hint="mend what the project declares, then run `lockenv lock`"
    )
    return ExitCode.NO


def _merged(base: str, ours: str, theirs: str, name: str, settings: Settings, console: Console) -> str | None:
    """Give the merged lock, proved; None, with a word why, where there is none."""
    from lockenv.lockfile.conflict import Sides
    from lockenv.operations import merge

    try:
        one, other = _lock(ours, name), _lock(theirs, name)
        if one is None or other is None:
            return None
        sides = Sides(ours=one, theirs=other, base=_base(base, name))
        found = merge.merged(sides, name)
        if found is not None:
            console.say(f"{name}: merged the changes of both sides")
            return found[0]
        return _resolved(sides, name, settings, console)
    except MachineError:
        raise
    except LockenvError as error:
        console.note(f"{name}: {error.message}")
        return None


def _resolved(sides: Sides, name: str, settings: Settings, console: Console) -> str | None:
    """Give the lock of the inputs of both sides, made anew from their pins; None where these contradict each other."""
    from lockenv.context.access import catalog, fetcher
    from lockenv.lockfile.text import read
    from lockenv.operations import merge
    from lockenv.operations.load import located
    from lockenv.resolve.lock_soundness import unsound

    wanted = merge.inputs(sides, name)
    if wanted is None:
        console.note(f"{name}: both sides changed the same requirement or setting")
        return None
    if not _is_trusted(sides):
        console.note(f"{name}: the indexes changed, or need variables, which a merge does not ask or tell")
        return None
    if wanted[1].direct:
        console.note(f"{name}: what no index serves is looked at by `lockenv lock` alone")
        return None
    base = os.path.dirname(os.path.abspath(name))
    manifest = located(wanted[1], base)
    with fetcher(settings, manifest.indexes, base=base) as source:
        index = catalog(manifest, settings, source)
        text = merge.rebuilt(sides, manifest, base, source, index, console.progress())
    if text is None or any(each.level == "error" for each in unsound(read(text, name), manifest)):
        console.note(f"{name}: no versions answer the requirements of both sides")
        return None
    console.say(f"{name}: resolved the requirements of both sides, from their pins")
    return text


def _is_trusted(sides: Sides) -> bool:
    """Tell whether the indexes of the merged lock may be asked: they are our own side's, and hold no variable.

    What another branch says must lead no login and no variable of this machine to a server of its choice.
    """
    ours, theirs = (each.inputs.table.get("indexes") for each in (sides.ours, sides.theirs))
    return ours == theirs and "${" not in repr(ours)


def _lock(path: str, name: str) -> Lock | None:
    """Give the lock at `path`, which is called `name`; None for an empty file, which git gives for none."""
    from lockenv.lockfile.text import decode, read

    try:
        content = read_bounded(path)
    except OSError as error:
        raise MachineError(f"cannot read {path}: {error.strerror or error}") from error
    return read(decode(content, name), name) if content else None


def _base(path: str, name: str) -> Lock | None:
    try:
        return _lock(path, name)
    except InputError:
        return None  # an ancestor that is no lock, or itself a failed merge, tells nothing


def _write(path: str, content: bytes) -> None:
    from lockenv.files.atomic import replace

    replace(path, content)


def _install(settings: Settings, console: Console) -> ExitCode:
    """Have git merge locks with this program: attributes are for all clones, the configuration is this clone's."""
    from lockenv.files.atomic import replace
    from lockenv.history.git import configure, top

    root = top(settings.directory)
    path = os.path.join(root, ".gitattributes")
    try:
        text = read_file(path).decode()
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise MachineError(f"cannot read {path}: {error}") from error
    missing = [line for line in ATTRIBUTES if line not in text.splitlines()]
    if missing:
        before = text if not text or text.endswith("\n") else f"{text}\n"
        replace(path, (before + "".join(f"{line}\n" for line in missing)).encode())
    values = {
        "merge.lockenv.name": "lockenv: the changes of both sides, proved",
        "merge.lockenv.driver": f"{_program(root, settings)} merge-driver %O %A %B %P",
        # For the ancestor that git makes up of several: a plain one, which the driver need not be asked for.
        "merge.lockenv.recursive": "binary",
    }
    configure(root, values, settings.tools_environ)
    console.say(f"git merges locks with lockenv here: {'wrote' if missing else 'kept'} .gitattributes, commit it")
    return ExitCode.YES


def _program(root: str, settings: Settings) -> str:
    """Return the words that start lockenv, for a shell: this interpreter, which loads nothing of the repository.

    git starts a merge driver at the top `root` of the work tree. Isolated (`-I`), Python looks for modules neither
    there nor where PYTHONPATH says. Where lockenv is not found then, the directories with it and its parts are named.
    """
    import shlex

    words = (
        ["-m", "lockenv"]
        if _is_found_isolated(settings)
        else ["-c", _START.format(paths=_module_paths(root, settings))]
    )
    program = sys.executable.replace(os.sep, "/")
    # git puts paths in place of `%O` and the like; `%%` is one sign.
    return " ".join(map(shlex.quote, [program, "-I", *words])).replace("%", "%%")


def _is_found_isolated(settings: Settings) -> bool:
    """Return whether this interpreter finds lockenv when it is isolated."""
    import subprocess

    from lockenv.files.programs import empty_directory

    with empty_directory() as place:
        return not subprocess.run(
            [sys.executable, "-I", "-c", "import lockenv.cli, packaging"],
            cwd=place,
            env=dict(settings.tools_environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        ).returncode


def _module_paths(root: str, settings: Settings) -> list[str]:
    """Return where lockenv and what it needs are found, without directories of the repository at `root`."""
    import lockenv
    from lockenv.files.programs import checkouts, is_within

    roots = checkouts(root, settings.environ)
    outside = [path for path in sys.path if os.path.isabs(path) and not is_within(path, roots)]
    return [os.path.dirname(path) for path in lockenv.__path__] + outside
