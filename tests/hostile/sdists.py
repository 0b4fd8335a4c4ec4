"""Source distributions that must be refused: archives, what they say of themselves, and what their backends answer.

Each is locked by hand and synced, or listed by an index and locked, in a project that allows its build. Its code, where
it must not run, would leave a trace.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from tests.hostile.scene import HEAD, lasting
from tests.support.projects import write_project
from tests.support.trees import snapshot
from tests.support.wheels import Built, core_metadata, sdist, tar_gz_of, wheel, zip_of
from tests.unit.backend.test_unpack import HOSTILE, HOSTILE_ZIPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.hostile.scene import Scene
    from tests.support.program import Result

SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


class Bad(NamedTuple):
    """A source distribution of `a` 1."""

    name: str
    content: bytes
    word: str
    """What the sentence says."""
    filename: str = "a-1.tar.gz"
    runs: bool = False
    """Whether its code may run: what it answers is what is wrong."""


def bad(trace: Path) -> Iterator[Bad]:
    """Yield every case; code that must not run would make the file `trace`."""
    for name, make in HOSTILE.items():
        yield Bad(name, make(), "refused[bad-sdist]: a-1.tar.gz")
    for name, make in HOSTILE_ZIPS.items():
        yield Bad(f"zip: {name}", make(), "a-1.zip", filename="a-1.zip")
    for name, (files, word) in WRONG.items():
        yield Bad(name, tar_gz_of(members(files, trace)), word)
    for name, (backend, word) in ANSWERS.items():
        yield Bad(name, tar_gz_of(members({"backend.py": backend.encode()}, trace)), word, runs=True)


def members(files: Mapping[str, bytes], trace: Path) -> dict[str, bytes]:
    """Return the members of an archive of `a` 1 whose code makes `trace` when it runs, but for `files`."""
    honest = {"PKG-INFO": core_metadata("a", "1", version_of="2.1"), "pyproject.toml": SYSTEM.encode()}
    canary = f"import pathlib\npathlib.Path({str(trace)!r}).write_text('ran')\n".encode()
    traced = dict.fromkeys(("backend.py", "setup.py", "outside/evil.py"), canary)
    return {f"a-1/{path}": content for path, content in {**honest, **traced, **files}.items()}


def system(text: str) -> dict[str, bytes]:
    return {"pyproject.toml": text.encode()}


def path(text: str) -> dict[str, bytes]:
    return system(SYSTEM.replace('["."]', text))


WRONG: dict[str, tuple[dict[str, bytes], str]] = {
    "PKG-INFO of another project": ({"PKG-INFO": core_metadata("b", "1")}, "refused[metadata-mismatch]"),
    "PKG-INFO of another version": ({"PKG-INFO": core_metadata("a", "2")}, "refused[metadata-mismatch]"),
    "PKG-INFO of another project, static": (
        {"PKG-INFO": core_metadata("b", "1", version_of="2.2")},
        "refused[metadata-mismatch]",
    ),
    "PKG-INFO without a name": ({"PKG-INFO": b"Metadata-Version: 2.1\n\n"}, "refused[metadata-mismatch]"),
    "PKG-INFO that is empty": ({"PKG-INFO": b""}, "refused[metadata-mismatch]"),
    "PKG-INFO that is no text": ({"PKG-INFO": bytes(range(256)) * 64}, "refused[metadata-mismatch]"),
    "backend-path upwards": (path('[".."]'), "its backend-path is outside of the project"),
    "backend-path upwards and elsewhere": (
        path('["../../../elsewhere"]'),
        "its backend-path is outside of the project",
    ),
    "backend-path down and further up": (path('["outside/../.."]'), "its backend-path is outside of the project"),
    "backend-path absolute": (path('["/tmp"]'), "its backend-path is outside of the project"),
    "backend-path to a directory called alike": (path('["../a-1x"]'), "its backend-path is outside of the project"),
    "backend-path with a null": (path(r'["x\u0000"]'), "its backend-path is outside of the project"),
    "backend-path of numbers": (path("[1]"), "does not follow PEP 517"),
    "backend-path as a text": (path('"."'), "does not follow PEP 517"),
    "backend-path without the backend": (path('["outside"]'), "its build backend cannot be imported"),
    "backend that is no name": (system(SYSTEM.replace('"backend"', '"backend; evil()"')), "does not follow PEP 517"),
    "backend with a null": (system(SYSTEM.replace('"backend"', r'"backend\u0000"')), "does not follow PEP 517"),
    "backend by a path": (system(SYSTEM.replace('"backend"', '"../evil"')), "does not follow PEP 517"),
    "backend that is empty": (system(SYSTEM.replace('"backend"', '""')), "does not follow PEP 517"),
    "backend that is a number": (system(SYSTEM.replace('"backend"', "1")), "does not follow PEP 517"),
    "backend that is not there": (system(SYSTEM.replace('"backend"', '"nowhere"')), "cannot be imported"),
    "requires no array": (system('[build-system]\nrequires = "x"\n'), "is not an array of strings"),
    "requires numbers": (system("[build-system]\nrequires = [1]\n"), "is not an array of strings"),
    "requires nothing valid": (system('[build-system]\nrequires = ["x y z"]\n'), "build requirements are invalid"),
    "requires an option": (system('[build-system]\nrequires = ["-r /etc/passwd"]\n'), "are invalid"),
    "requires what is nowhere": (
        system('[build-system]\nrequires = ["nowhere"]\n'),
        "cannot resolve the build requirements",
    ),
    "requires itself": (system('[build-system]\nrequires = ["a"]\n'), "cannot resolve the build requirements"),
    "build-system no table": (system("build-system = 1\n"), "is not an array of strings"),
    "pyproject.toml no TOML": (system("[build-system\n"), "its pyproject.toml is not TOML"),
    "pyproject.toml not UTF-8": ({"pyproject.toml": b"\xff\xfe"}, "its pyproject.toml is not TOML"),
    "pyproject.toml deep": (system("x = " + "[" * 100_000), "its pyproject.toml is not TOML"),
    "pyproject.toml long": (system("#" * (5 << 20)), "its pyproject.toml is longer than"),
    "pyproject.toml a directory": ({"pyproject.toml/x": b"", "pyproject.toml": b""}, "refused[bad-sdist]"),
}
"""What is in an archive that is honest but for that, and a part of the sentence that refuses it."""


def answering(statement: str, hook: str = "build_wheel") -> str:
    """Return a backend whose `hook` runs `statement`, in which `made` writes a file and `whole` is an honest wheel."""
    honest = wheel("a", "1").content
    return (
        "import pathlib, os\n"
        f"whole = {honest!r}\n"
        "def made(directory, name, content):\n"
        "    (pathlib.Path(directory) / name).write_bytes(content)\n"
        "    return name\n"
        + (
            ""
            if hook == "build_wheel"
            else "def build_wheel(d, *_, **__):\n    return made(d, 'a-1-py3-none-any.whl', whole)\n"
        )
        + f"def {hook}(d=None, *_, **__):\n    {statement}\n"
    )


def returning(content: bytes, name: str = "a-1-py3-none-any.whl") -> str:
    return answering(f"return made(d, {name!r}, {content!r})")


def linked() -> bytes:
    """Return a wheel with a symbolic link."""
    import zipfile

    out = io.BytesIO(wheel("a", "1").content)
    with zipfile.ZipFile(out, "a") as archive:
        entry = zipfile.ZipInfo("a/link")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


_WHEEL = "a-1-py3-none-any.whl"
_ASKED = "get_requires_for_build_wheel"
ANSWERS: dict[str, tuple[str, str]] = {
    "fails": (answering("raise SystemExit('no compiler')"), "no compiler"),
    "prints what controls a terminal": (
        answering("print('\\x1b]0;x\\x07\\x1b[2Jseen'); raise SystemExit(1)"),
        "seen",
    ),
    "ends at once": (answering("os._exit(0)"), "exited without a result of build_wheel"),
    "kills itself": (answering("os.kill(os.getpid(), 9)"), "building a 1 failed"),
    "answers nothing": (answering("return None"), "its build backend returned None"),
    "answers a number": (answering("return 1"), "its build backend returned 1"),
    "answers upwards": (answering(f"return made(d, '../{_WHEEL}', whole)"), "its build backend returned"),
    "answers elsewhere": (answering(f"return '/tmp/{_WHEEL}'"), "its build backend returned"),
    "answers another kind of file": (
        answering("return made(d, 'a-1.tar.gz', b'')"),
        "which is not the name of a .whl file",
    ),
    "answers what is not there": (answering(f"return {_WHEEL!r}"), "but did not write it"),
    "answers a link": (
        answering(f"os.symlink('/etc/passwd', os.path.join(d, {_WHEEL!r})); return {_WHEEL!r}"),
        "but did not write it",
    ),
    "answers a directory": (
        answering(f"os.mkdir(os.path.join(d, {_WHEEL!r})); return {_WHEEL!r}"),
        "but did not write it",
    ),
    "answers a name with a line": (answering("return 'a\\n.whl'"), "its build backend returned"),
    "asks for a text": (answering("return 'x'", _ASKED), "returned 'x' as requirements, which is not a list"),
    "asks for numbers": (answering("return [1]", _ASKED), "returned [1] as requirements, which is not a list"),
    "asks for what is not valid": (answering("return ['x y']", _ASKED), "build requirements are invalid"),
    "asks for what is nowhere": (answering("return ['nowhere']", _ASKED), "cannot resolve the build requirements"),
    "no hook": ("", "building a 1 failed"),
    "wheel that is no zip": (returning(b"x"), "an unreadable wheel"),
    "wheel of another project": (returning(wheel("b", "1").content), "refused[wheel-"),
    "wheel called like another project": (
        returning(wheel("b", "1").content, "b-1-py3-none-any.whl"),
        "refused[wheel-dist-info]",
    ),
    "wheel of another version": (
        returning(wheel("a", "2").content, "a-2-py3-none-any.whl"),
        "refused[wheel-dist-info]",
    ),
    "wheel for another platform": (
        returning(wheel("a", "1", tag="cp27-none-win32").content, "a-1-cp27-none-win32.whl"),
        "is not compatible with the Python that built it",
    ),
    "wheel without tags": (returning(wheel("a", "1").content, "a.whl"), "refused[wheel-name]"),
    "wheel with a link": (returning(linked()), "a wheel that contains a link or a device"),
    "wheel that leads out": (returning(wheel("a", "1", files={"../../evil.py": ""}).content), "refused[path-unsafe]"),
    "wheel without METADATA": (returning(zip_of({"a.py": b""})), "a-1"),
    "wheel with another RECORD": (
        returning(wheel("a", "1").content.replace(b'__version__ = "1"', b'__version__ = "2"')),
        "a-1",
    ),
}
"""A backend, and a part of the sentence that refuses what it does."""


def refused(scene: Scene) -> Iterator[tuple[str, str]]:
    """Sync a lock of each; return what went wrong, empty for nothing."""
    trace = scene.project.with_name("ran")
    for number, case in enumerate(bad(trace)):
        yield case.name, _fault(case, scene, f"sdist{number}") or ("its code ran" if trace.exists() else "")
    yield from _listed(scene)
    yield from _built(scene)


def _fault(case: Bad, scene: Scene, place: str) -> str:
    built = Built(filename=case.filename, content=case.content, name="a", version="1", metadata=b"", requires_python="")
    scene.index.add(built)
    project = write_project(
        scene.project.with_name(place), ["a"], index=scene.index.url, requires_python="", tool={"allow-build": True}
    )
    project.joinpath("pylock.toml").write_text(_lock(built, scene.index.file_url(built.filename)))
    before = snapshot(project)
    first, second = (scene.run("sync", "--frozen", cwd=project) for _ in range(2))
    return (
        _sentence(first, second, case.word)
        or ("something changed" if snapshot(project) != before else "")
        or _left(project.with_name(f"{place}.cache"), may_log=case.runs)
    )


def _sentence(first: Result, second: Result, word: str, code: int = 2) -> str:
    if first.code != code or word not in first.err:
        return f"exit {first.code}, {first.err.strip()[:200]!a} without {word!r}"
    if (first.code, lasting(first.err)) != (second.code, lasting(second.err)):
        return f"the second run said {second.err.strip()[:200]!a}"
    # What a build printed is quoted; it may well be a traceback of its own.
    own = [line for line in first.err.splitlines() if not line.startswith("  | ")]
    if any("Traceback" in line for line in own) or any(not (char.isprintable() or char == "\n") for char in first.err):
        return f"a message not fit to print: {first.err[:200]!a}"
    return ""


def _left(cache: Path, *, may_log: bool) -> str:
    """Return what is left of a build: nothing but locks between processes, and the log where code ran."""
    left = [path for path in cache.glob("builds/**/*") if path.is_file() and path.suffix != ".lock"]
    left += [*cache.glob("built/*"), *cache.glob("store-v1/??/*")]
    surplus = [path.relative_to(cache) for path in left if not (may_log and path.name == "log.txt")]
    return f"left behind: {surplus[0]}" if surplus else ""


def _lock(built: Built, url: str) -> str:
    entry = f'[[packages]]\nname = "a"\nversion = "1"\nsdist = {{name = "{built.filename}", url = "{url}", '
    return f'{HEAD}{entry}size = {built.size}, hashes = {{sha256 = "{built.sha256}"}}}}\n'


def _listed(scene: Scene) -> Iterator[tuple[str, str]]:
    """Lock projects that need a release in a listed place; nothing of it may be written."""
    wrong = {
        "listed: PKG-INFO of another project": core_metadata("b", "1", version_of="2.2"),
        "listed: PKG-INFO of another version": core_metadata("listed1", "2", version_of="2.2"),
        "listed: PKG-INFO that says nothing": b"",
    }
    for number, (name, info) in enumerate(wrong.items()):
        project = _project(scene, sdist(f"listed{number}", "1", files={"PKG-INFO": info}))
        before = snapshot(project)
        first, second = (scene.run("lock", cwd=project) for _ in range(2))
        # Nothing else is left to choose: the answer is no, and it names the file and the rule.
        fault = _sentence(first, second, f"listed{number}-1.tar.gz", code=1)
        yield name, fault or ("something changed" if snapshot(project) != before else "")


def _built(scene: Scene) -> Iterator[tuple[str, str]]:
    """Lock what PKG-INFO says without a build, and sync what a build makes: it is refused, nothing is installed."""
    wrong: dict[str, list[str]] = {
        "built: requires more than PKG-INFO says": [],
        "built: requires another version than PKG-INFO says": ["base>=1"],
        "built: requires less than PKG-INFO says": ["base", "base<9"],
    }
    for number, (name, said) in enumerate(wrong.items()):
        info = core_metadata(f"built{number}", "1", version_of="2.2", requires=said)
        project = _project(scene, sdist(f"built{number}", "1", requires=["base"], files={"PKG-INFO": info}))
        locked = scene.run("lock", cwd=project)
        before = snapshot(project)
        first, second = (scene.run("sync", cwd=project) for _ in range(2))
        fault = _sentence(first, second, "refused[metadata-mismatch]")
        yield name, locked.err if locked.code else fault or ("something changed" if snapshot(project) != before else "")


def _project(scene: Scene, listed: Built) -> Path:
    scene.index.add(listed)
    directory = scene.project.with_name(listed.name)
    return write_project(directory, [listed.name], index=scene.index.url, tool={"allow-build": True})
