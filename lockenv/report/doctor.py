"""A diagnosis as a page to paste into a bug report, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.operations.index_answers import PROJECT
from lockenv.report import configuration
from lockenv.vocabulary.printable import counted, printable, sized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.console import Console
    from lockenv.files.abilities import Abilities
    from lockenv.operations.doctor import Configured, Diagnosis, FileSystems
    from lockenv.operations.index_answers import IndexAnswer
    from lockenv.operations.project_state import ProjectState

_WIDTH = 15


def show(found: Diagnosis, console: Console) -> ExitCode:
    """Print the page, and then whether anything is in the way; return the exit code."""
    console.data("".join(f"{line}\n" for line in page(found)))
    if found.obstacles:
        count = counted(len(found.obstacles), "thing")
        verb = "is" if len(found.obstacles) == 1 else "are"
        console.answer_no(f"{count} {verb} in the way of `lock` or `sync`: see the end of the page")
        return ExitCode.NO
    console.say("nothing is in the way of `lock` and `sync`")
    return ExitCode.YES


def page(found: Diagnosis) -> Iterator[str]:
    """Yield the lines of the page: a label, and what is known under it; what is in the way comes last."""
    program = found.program
    yield from _part("lockenv", f"{program.version} ({program.distribution}), {program.location}")
    yield from _part("run by", f"{program.implementation} {program.python}, {program.executable}")
    yield from _part("platform", program.platform)
    yield from _project(found.project)
    pythons = [f"{each.interpreter.version} ({each.place}), {each.interpreter.executable}" for each in found.pythons]
    yield from _part("pythons", *(pythons or ["none found"]))
    yield from _files(found.file_systems)
    yield from _part("indexes", *(_index(each, is_offline=found.is_offline) for each in found.indexes))
    yield from _part("certificates", _certificates(found))
    yield from _part("git", f"{found.git.version or 'version unknown'}, {found.git.path}" if found.git.path else "none")
    yield from _configured(found.configured)
    for each in found.obstacles:
        place = f" [{each.place}]" if each.place else ""
        yield from _part("in the way", f"{each.message}{place}", *([f"hint: {each.hint}"] if each.hint else []))


def _part(label: str, *texts: str) -> Iterator[str]:
    for position, text in enumerate(texts):
        yield f"{('' if position else label).ljust(_WIDTH)}{printable(text)}"


def _project(project: ProjectState) -> Iterator[str]:
    if not project.directory:
        yield from _part("project", "none found")
        return
    python = f"; requires Python {project.requires_python}" if project.requires_python else ""
    yield from _part("project", f"{project.directory}: {', '.join(project.files) or 'declares nothing'}{python}")
    size = f", {counted(project.packages, 'package')}" if project.packages else ""
    yield from _part("lockfile", f"{project.lock}: {project.lock_state}{size}")
    if project.environment:
        version = f", Python {project.environment_python}" if project.environment_python else ""
        base = project.base_python and f", {'created from' if version else 'would use'} {project.base_python}"
        yield from _part("environment", f"{project.environment}: {project.environment_state}{version}{base}")


def _files(found: FileSystems) -> Iterator[str]:
    yield from _part("cache", f"{found.cache.directory}: {_abilities(found.cache)}", "size: see `lockenv cache size`")
    linked = "can be linked into" if found.can_link else "are copied into"
    yield from _part(
        "file system",
        f"{found.environment.directory}: {_abilities(found.environment)}",
        f"files of the cache {linked} the environment",
    )


def _abilities(found: Abilities) -> str:
    about = [found.kind] if found.kind else []
    about += [f"{sized(found.free)} free"] if found.free >= 0 else []
    if found.refusal:
        return ", ".join([*about, f"not writable ({found.refusal})"])
    abilities = {"hard links": found.hard_links, "symbolic links": found.symbolic_links, "reflinks": found.reflinks}
    about += [f"{'' if has else 'no '}{name}" for name, has in abilities.items() if has is not None]
    return ", ".join(["writable", *about, f"case-{'sensitive' if found.is_case_sensitive else 'insensitive'}"])


def _index(answer: IndexAnswer, *, is_offline: bool) -> str:
    name = f"{answer.name} " if answer.name else ""
    if answer.obstacle is not None:
        result = f"failed ({answer.status or 'no answer'})"
    elif not answer.is_asked:
        result = "not asked (offline)" if is_offline and "file:" not in answer.url else "found"
    elif answer.status >= 400:
        result = f"{answer.status} in {answer.milliseconds} ms: it has neither {PROJECT} nor a list of projects"
    else:
        result = f"{answer.status} in {answer.milliseconds} ms"
    return f"{name}{answer.url}: {result}"


def _certificates(found: Diagnosis) -> str:
    certificates = found.certificates
    return f"{certificates.file} ({certificates.source})" if certificates.file else "the trust store of the system"


def _configured(found: Configured) -> Iterator[str]:
    yield from _part("configuration", f"{found.path}{'' if found.is_there else ' (not found)'}")
    yield from _part("settings", *configuration.lines(found.settings))
    if found.variables:
        yield from _part("variables", f"{', '.join(found.variables)} (values not shown)")


def report(found: Diagnosis) -> dict[str, object]:
    """Return what `--json` prints."""
    rows = [
        {"version": one.interpreter.version, "place": one.place, "executable": one.interpreter.executable}
        for one in found.pythons
    ]
    parts = {name: _plain(getattr(found, name)) for name in type(found).__slots__ if name != "pythons"}
    return {"schema": 1, "ok": not found.obstacles, **parts, "pythons": rows}


def _plain(value: object) -> object:
    """Return a value of data classes as JSON can hold it."""
    match value:
        case tuple() if hasattr(value, "_asdict"):
            return {name: _plain(each) for name, each in value._asdict().items()}
        case tuple() | list():
            return [_plain(each) for each in value]
        case dict() | str() | int() | float() | None:
            return value
        case _:
            names: tuple[str, ...] = getattr(type(value), "__slots__", ())
            return {name: _plain(getattr(value, name)) for name in names}
