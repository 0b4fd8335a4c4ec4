"""The files that a build reads for what a project requires are found where a setting names them."""

from __future__ import annotations

import pytest

from lockenv.project.backends import list_build_files, may_name

SETUPTOOLS = "[tool.setuptools]\ndynamic = { dependencies = { file = %s } }\n"

PBR = ("requirements-py3.txt", "requirements.txt", "test-requirements.txt", "tools/pip-requires")


@pytest.mark.parametrize(
    ("file", "text", "names"),
    [
        ("pyproject.toml", SETUPTOOLS % '["a.txt", "in/b.txt"]', ("a.txt", "in/b.txt")),
        ("pyproject.toml", SETUPTOOLS % '"a.txt"', ("a.txt",)),
        ("pyproject.toml", SETUPTOOLS % '["../a.txt", "/b.txt", "C:/c.txt", "", 3]', ()),
        ("pyproject.toml", "[tool.setuptools.dynamic]\noptional-dependencies.x = { file = 'a.txt' }\n", ("a.txt",)),
        ("pyproject.toml", "[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ['a.txt']\n", ("a.txt",)),
        ("pyproject.toml", "[tool.setuptools]\ndynamic = 3\nfile = ", ()),
        ("setup.cfg", "[options]\ninstall_requires = file: a.txt, b.txt\n", ("a.txt", "b.txt")),
        ("setup.cfg", "[options.extras_require]\nx = file:a.txt\n", ("a.txt",)),
        ("setup.cfg", "[metadata]\nlong_description = file: README.md\n", ()),
        ("setup.cfg", "install_requires = file: a.txt\n", ()),
        ("setup.py", "setup(install_requires=open('reqs/a.txt').read())\n", ("reqs/a.txt", "requirements/reqs/a.txt")),
        ("setup.py", 'listed("default.txt")\n', ("requirements/default.txt",)),
        ("setup.py", "text = 'see ../requirements.txt'  # a.txt\n", ()),
        ("setup.py", "setup(setup_requires=['pbr>=2'], pbr=True)\n", PBR),
        ("setup.py", "setup(pbr=True)\n", PBR),
        ("setup.cfg", "[options]\nsetup_requires =\n  pbr\n", PBR),
        ("pyproject.toml", '[build-system]\nrequires = ["pbr>=6.0.0"]\n', PBR),
        ("pyproject.toml", '[build-system]\nrequires = ["pbr-like", "libpbr", "my.pbr_x"]\n', ()),
    ],
)
def test_files_that_are_named_are_found(file: str, text: str, names: tuple[str, ...]) -> None:
    contents = {file: text.encode()}

    assert may_name(contents)
    assert list_build_files(contents) == names


def test_most_projects_name_none() -> None:
    assert not may_name({"pyproject.toml": b"[project]\nname = 'a'\nlicense-files = ['LICENSE']\n", "setup.cfg": b""})
