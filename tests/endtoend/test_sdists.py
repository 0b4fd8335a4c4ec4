"""Source distributions of several kinds: without code where nothing must run, with real backends where it must."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.index.default import DEFAULT_INDEX
from tests.support.interpreters import INTERPRETERS, RUNNING
from tests.support.program import environment, lockenv
from tests.support.projects import write_project
from tests.support.wheels import Built, core_metadata, sdist, tar_gz_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

CANARY = "import pathlib\npathlib.Path({path!r}).write_text('ran')\n"
COUNTING = """\
import pathlib, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    count = pathlib.Path({path!r})
    count.write_text(count.read_text() + "x" if count.exists() else "x")
    (built,) = pathlib.Path("prebuilt").iterdir()
    info, name = "dynamic-1.0.dist-info", f"dynamic-{{len(count.read_text())}}.txt"
    with zipfile.ZipFile(built) as source, zipfile.ZipFile(pathlib.Path(directory) / built.name, "w") as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename.endswith("RECORD"):
                content += f"{{name}},sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\\n".encode()
            target.writestr(member, content)
        target.writestr(name, b"")
    return built.name
"""
SETUP = """\
from setuptools import Extension, setup

setup(name="{name}", version="1.0", {what})
"""
NATIVE = """\
#include <Python.h>

static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "native", "", -1, methods};
PyMODINIT_FUNC PyInit_native(void) { return PyModule_Create(&module); }
"""


def old_sdist(name: str, files: dict[str, str]) -> Built:
    """Return a source distribution as setup.py made it before pyproject.toml: no build system, metadata 1.2."""
    info = core_metadata(name, "1.0", version_of="1.2")
    members = {"PKG-INFO": info, **{path: text.encode() for path, text in files.items()}}
    content = tar_gz_of({f"{name}-1.0/{path}": member for path, member in members.items()})
    return Built(
        filename=f"{name}-1.0.tar.gz", content=content, name=name, version="1.0", metadata=info, requires_python=""
    )


def test_static_project_table_is_locked_without_running_code(tmp_path: Path, index: LoopbackIndex) -> None:
    ran = tmp_path / "ran"
    table = '[project]\nname = "dynamic"\nversion = "1.0"\ndependencies = ["lib<1.1"]\n'
    files = {"pyproject.toml": table, "setup.py": CANARY.format(path=str(ran))}
    index.add(sdist("dynamic", "1.0", static=False, files=files))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url)

    lock = lockenv("lock", cwd=project)

    assert lock.code == 0, lock.err
    assert "+ lib 1.0" in lock.err
    assert not ran.exists()


@pytest.mark.parametrize("line", ["Name: other", "Version: 2.0"])
def test_source_that_is_wrong_about_itself_is_refused_before_its_code_runs(
    line: str, tmp_path: Path, index: LoopbackIndex
) -> None:
    ran = tmp_path / "ran"
    info = "\n".join(
        line if old.startswith(line[:5]) else old for old in ("Metadata-Version: 2.1", "Name: dynamic", "Version: 1.0")
    )
    index.add(
        sdist("dynamic", "1.0", static=False, files={"PKG-INFO": info, "backend.py": CANARY.format(path=str(ran))})
    )
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool={"allow-build": True})

    lock = lockenv("lock", cwd=project)

    said = all(text in lock.err for text in ("dynamic-1.0.tar.gz: its metadata is for", "[metadata-mismatch]"))
    assert (lock.code, said) == (1, True), lock.err
    assert not ran.exists()
    assert not project.joinpath("pylock.toml").exists()


def test_rebuild_to_other_bytes_is_reported(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("dynamic", static=False, files={"backend.py": COUNTING.format(path=str(tmp_path / "count"))}))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool={"allow-build": True})
    assert lockenv("lock", cwd=project).code == 0
    first = lockenv("sync", cwd=project)
    shutil.rmtree(project / ".venv")
    shutil.rmtree(project.with_name("project.cache") / "archives")

    second = lockenv("sync", cwd=project)

    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert "other bytes" not in first.err
    assert "dynamic-1.0.tar.gz was rebuilt with different content" in second.err


def test_record_of_a_built_wheel_is_compared_on_another_machine(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("dynamic", static=False, files={"backend.py": COUNTING.format(path=str(tmp_path / "count"))}))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool={"allow-build": True})
    record = lockenv("lock", "--record-builds", cwd=project)
    locks = [project / "pylock.toml", project / "pylock.build.toml"]
    texts = [path.read_bytes() for path in locks]
    here = lockenv("sync", cwd=project)

    shutil.rmtree(project / ".venv")
    shutil.rmtree(project.with_name("project.cache"))
    there = lockenv("sync", cwd=project)
    locks[0].unlink()
    again = lockenv("lock", cwd=project)

    assert (record.code, here.code, there.code, again.code) == (0, 0, 0, 0), record.err + there.err + again.err
    assert "recorded 1 built wheel in pylock.build.toml" in record.err
    assert "other bytes" not in here.err
    assert "dynamic-1.0.tar.gz was built with different content on this machine" in there.err
    assert [path.read_bytes() for path in locks] == texts, "a lock made again keeps what was recorded"
    assert lockenv("check", cwd=project).code == 0


@pytest.fixture(params=sorted({RUNNING, *INTERPRETERS} & {RUNNING, "3.11", "3.12"}))
def python(request: pytest.FixtureRequest) -> str:
    """Return one of the Pythons of this machine."""
    return sys.executable if request.param == RUNNING else INTERPRETERS[request.param]


@pytest.mark.registry
@pytest.mark.parametrize("kind", ["docopt-like", "native"])
def test_setup_py_is_built_locked_and_proved(
    kind: str, python: str, way_out: dict[str, str], tmp_path: Path, index: LoopbackIndex
) -> None:
    if kind == "native":
        if shutil.which("cc") is None:
            pytest.skip("there is no C compiler here")
        what, files = 'ext_modules=[Extension("native", ["native.c"])]', {"native.c": NATIVE}
        say = "import native; print(native.answer())"
    else:
        what, files = 'py_modules=["native"]', {"native.py": "def answer():\n    return 42\n"}
        say = "import native; print(native.answer())"
    index.add(old_sdist("native", {**files, "setup.py": SETUP.format(name="native", what=what)}))
    tool = {"allow-build": ["native"], "index": [{"name": "default", "url": DEFAULT_INDEX}]}
    project = write_project(tmp_path / "project", ["native"], index=index.url, tool=tool)
    env = {**way_out, "PATH": f"{python.rpartition('/')[0]}:{environment(project)['PATH']}"}

    def run(*args: str) -> str:
        done = lockenv(*args, cwd=project, env=env, timeout=300)
        assert done.code == 0, done.err
        return done.out

    run("lock")
    locks = [project / "pylock.toml", project / "pylock.build.toml"]
    texts = [path.read_bytes() for path in locks]
    run("sync", "--python", python)
    assert run("run", "python", "-c", say) == "42\n"
    proof = run("verify")
    for path in locks:
        path.unlink()
    run("lock")
    assert [path.read_bytes() for path in locks] == texts
    shutil.rmtree(project / ".venv")
    run("sync", "--python", python, "--offline")
    assert run("verify") == proof
