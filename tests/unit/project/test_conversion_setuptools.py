"""What is converted of a project of setuptools, setuptools builds: with the metadata it had before."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError
from lockenv.vocabulary import toml
from tests.unit.project.test_conversion import converted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEXT = '''
from setuptools import setup
setup(
    name="shop",
    version="1",
    py_modules=["shop"],
    extras_require={"fast": ["ujson"]},
    entry_points="""
        [console_scripts]
        Shop=shop:main
        # Of the editor:
        edit = shop:edit [fast]
    [shop.plugins]
    a.b: c = shop.plugins:One
    [empty]
    """,
)
'''
CFG = "[metadata]\nname = shop\nversion = 1\n[options]\npy_modules = shop\n"
SCRIPT = "import setuptools\nsetuptools.setup({})\n"


def test_entry_points_in_one_text_become_tables() -> None:
    found, left = converted({"setup.py": TEXT})

    assert toml.loads(found)["project"] == {
        "name": "shop",
        "version": "1",
        "dependencies": [],
        "optional-dependencies": {"fast": ["ujson"]},
        "scripts": {"Shop": "shop:main", "edit": "shop:edit [fast]"},
        "gui-scripts": {},
        "entry-points": {"shop.plugins": {"a.b: c": "shop.plugins:One"}},
    }
    assert left == []


def test_names_are_written_as_setuptools_writes_them() -> None:
    script = SCRIPT.format(
        "name='My Shop', extras_require={'very fast': ['ujson'], ':os_name == \"nt\"': ['colorama']}"
    )

    found, left = converted({"setup.py": script})

    assert toml.loads(found)["project"] == {
        "name": "My-Shop",
        "dynamic": ["version"],
        "dependencies": ['colorama; os_name == "nt"'],
        "optional-dependencies": {"very-fast": ["ujson"]},
    }
    assert left == []


def test_entry_points_in_a_file_are_read_by_setuptools() -> None:
    found, left = converted({"setup.cfg": f"{CFG}entry_points = file: points.txt, more.txt\n"})

    assert toml.loads(found)["project"]["dynamic"] == ["entry-points", "gui-scripts", "scripts"]
    assert toml.loads(found)["tool"] == {
        "setuptools": {
            "include-package-data": False,
            "dynamic": {"entry-points": {"file": ["points.txt", "more.txt"]}},
        }
    }
    assert left == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"setup.py": SCRIPT.format("name='shop'")}, {"include-package-data": False}),
        ({"setup.py": SCRIPT.format("name='shop', include_package_data=True")}, {}),
        ({"setup.py": SCRIPT.format("name='shop', include_package_data=is_wanted()")}, {}),
        ({"setup.py": SCRIPT.format("name='shop', **more()")}, {}),
        ({"setup.cfg": "[metadata]\nname = shop\n[options]\ninclude_package_data = no\n"}, {}),
        (
            {"setup.cfg": "[metadata]\nname = shop\n", "pyproject.toml": "[tool.setuptools]\nzip-safe = true\n"},
            {"zip-safe": True},
        ),
    ],
)
def test_files_of_a_wheel_stay_the_same_where_nothing_is_said_of_them(
    files: Mapping[str, str], expected: Mapping[str, bool]
) -> None:
    found, _ = converted(files)

    assert toml.loads(found).get("tool", {}).get("setuptools", {}) == expected


def test_requirements_with_a_marker_among_extras_are_left_to_a_build_with_computed_ones() -> None:
    script = SCRIPT.format("name='shop', install_requires=[*base], extras_require={':os_name == \"nt\"': ['colorama']}")

    found, _ = converted({"setup.py": script})

    assert toml.loads(found)["project"] == {
        "name": "shop",
        "dynamic": ["dependencies", "optional-dependencies", "version"],
    }


@pytest.mark.parametrize(
    ("keywords", "key", "reason"),
    [
        ("entry_points='a = b'", "entry_points", "cannot be read"),
        ("extras_require={[]: ['idna']}", "setup.extras_require", "is computed when setup.py runs"),
        ("entry_points=open('points.txt').read()", "setup.entry_points", "add it by hand where it is a text"),
        ("python_requires='>=3.%d' % 9", "setup.python_requires", "setuptools fails where [project] has no"),
        ("**{'url': 'https://shop.example/', **more}", 'setup."**"', "add other keywords in it by hand"),
    ],
)
def test_what_setuptools_fails_for_is_named(keywords: str, key: str, reason: str) -> None:
    _, left = converted({"setup.py": SCRIPT.format(f"name='shop', {keywords}")})

    assert [(one.split("`")[1], reason in one) for one in left] == [(key, True)]


def test_first_of_several_calls_counts_and_what_another_says_is_named() -> None:
    script = """\
from setuptools import setup
if main:
    setup(name='shop', version='1', description='a shop', install_requires=['idna'])
else:
    setup(name='shop-examples', version='1', description='examples', python_requires='>=3.9')
"""

    found, left = converted({"setup.py": script})

    assert left == [
        "setup.py: `setup.name` (line 5) has another value in an earlier call of setup(), which is kept: "
        "correct it if this one counts"
    ]
    assert toml.loads(found)["project"] == {
        "name": "shop",
        "version": "1",
        "requires-python": ">=3.9",
        "dynamic": ["description"],
        "dependencies": ["idna"],
    }


def test_dictionary_and_keywords_of_one_update_are_known_by_name() -> None:
    """Newer setuptools drop what is neither in `[project]` nor declared as dynamic."""
    script = "import setuptools\nmore = {}\nmore.update({'license': 'MIT'}, description='new')\n"
    found, left = converted({"setup.py": f"{script}setuptools.setup(name='shop', version='1', **more)\n"})

    assert toml.loads(found)["project"]["dynamic"] == ["description", "license"]
    assert left == []


def test_what_setup_py_computes_is_named_unless_setup_cfg_states_it() -> None:
    script = SCRIPT.format("name=name(), python_requires=python(), extras_require=more(), entry_points=points()")
    points = "[options.entry_points]\nconsole_scripts = shop = shop:main\n"
    stated = f"{CFG}python_requires = >=3.9\n[options.extras_require]\nfast = ujson\n{points}"

    _, alone = converted({"setup.py": script})
    found, left = converted({"setup.cfg": stated, "setup.py": script})

    computed = ["name", "python_requires", "extras_require", "entry_points"]
    assert [one.split("`")[1] for one in alone] == [f"setup.{key}" for key in computed]
    assert alone[0].endswith(
        "(line 2) is computed when setup.py runs, which lockenv never does; "
        "pyproject.toml has the name of the directory in its place: correct it, then run `lockenv lock`"
    )
    assert toml.loads(found)["project"] == {
        "name": "shop",
        "version": "1",
        "requires-python": ">=3.9",
        "dynamic": ["entry-points", "gui-scripts", "scripts"],
        "dependencies": [],
        "optional-dependencies": {"fast": ["ujson"]},
    }
    assert left == []


@pytest.mark.parametrize(
    ("files", "what"),
    [
        (
            {"setup.py": SCRIPT.format("name=name()")},
            "setup.py: `setup.name` (line 2) is computed when setup.py runs, which lockenv never does, "
            "and the directory, `+`, does not have a project name",
        ),
        (
            {"setup.py": SCRIPT.format("version='1'")},
            "setup.py does not name the project, and the directory, `+`, does not have a project name",
        ),
        (
            {"setup.py": SCRIPT.format("name='??'")},
            "setup.py names the project `??`, which is not a project name",
        ),
    ],
)
def test_project_without_a_name_is_refused_with_the_file_to_write(files: Mapping[str, str], what: str) -> None:
    with pytest.raises(InputError) as caught:
        converted(files, directory="+")

    assert str(caught.value).startswith(what)
    assert caught.value.hint == "write `name = NAME` under [metadata] in setup.cfg, and run `lockenv import` again"


@pytest.mark.parametrize(("directory", "name"), [("My shop", "My-shop"), ("+", "project")])
def test_directory_of_a_pipfile_names_the_project_as_far_as_it_can(directory: str, name: str) -> None:
    found, _ = converted({"Pipfile": "[packages]\nidna = '*'\n"}, directory=directory)

    assert toml.loads(found)["project"]["name"] == name


def test_setup_cfg_that_setuptools_cannot_read_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        converted({"setup.cfg": f"{CFG}description = 5 % off\n"})

    assert str(caught.value).startswith("cannot read setup.cfg: '%' must be followed by")


FILES: Mapping[str, Mapping[str, str]] = {
    "text": {"setup.py": TEXT},
    "text without entries": {
        "setup.py": SCRIPT.format("name='shop', version='1', entry_points='[console_scripts]\\n'")
    },
    "dictionary": {
        "setup.py": SCRIPT.format("name='shop', version='1', entry_points={'console_scripts': 'shop = shop:main'}")
    },
    "text of setup.cfg": {
        "setup.cfg": f"{CFG}entry_points =\n  [console_scripts]\n  Shop = shop:main\n",
        "setup.py": SCRIPT.format(""),
    },
    "file": {
        "setup.cfg": f"{CFG}entry_points = file: points.txt\n",
        "setup.py": SCRIPT.format(""),
        "points.txt": "[console_scripts]\nShop = shop:main\n[shop.plugins]\na = shop\n",
    },
    "section": {
        "setup.cfg": f"{CFG}[options.extras_require]\nFast = ujson\n[options.entry_points]\nconsole_scripts =\n"
        "  Shop = shop:main\n",
        "setup.py": SCRIPT.format(""),
    },
    "reference": {
        "setup.cfg": f"{CFG}[options.extras_require]\nFast = ujson\nall =\n  %(Fast)s\n  idna\n",
        "setup.py": SCRIPT.format(""),
    },
    "description file": {
        "setup.cfg": "[metadata]\ndescription_file = README.txt\n",
        "setup.py": SCRIPT.format("name='shop', version='1'"),
        "README.txt": "A shop\n",
    },
    "none": {
        "setup.py": SCRIPT.format("name='shop', version='1', description=None, long_description=None, license=None")
    },
    "unknown": {
        "setup.py": "import setuptools\n"
        "def more():\n    return dict(url='https://shop.example/', entry_points={'console_scripts': ['a = shop:a']})\n"
        "setuptools.setup(name='shop', version='1', install_requires=['idna'], **more())\n"
    },
    "either": {
        "setup.py": "import sys, setuptools\n"
        "if sys.version_info > (3,):\n    more = dict(description='new', entry_points={'a': ['b = shop']})\n"
        "else:\n    more = {'description': 'old', 'install_requires': ['six']}\n"
        "more.update({'extras_require': {'fast': ['ujson']}}, license='MIT')\n"
        "setuptools.setup(name='shop', version='1', **more)\n"
    },
    "names": {
        "setup.py": SCRIPT.format("name='My Shop', version='1'"),
    },
}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_setuptools_writes_the_same_metadata_as_before(tmp_path: Path, files: Mapping[str, str]) -> None:
    found, _ = converted(files)

    assert _metadata(tmp_path / "after", {**files, "pyproject.toml": found}) == _metadata(tmp_path / "before", files)


def _metadata(directory: Path, files: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the lines of each file of metadata that setuptools writes for a project, sorted.

    But for those that say what is not in `[project]`: that is what changes.
    """
    directory.mkdir()
    for name, text in {"shop.py": "", **files}.items():
        directory.joinpath(name).write_text(text)
    subprocess.run([sys.executable, "setup.py", "-q", "egg_info"], cwd=directory, check=True, capture_output=True)
    (written,) = directory.glob("*.egg-info")
    names = ("PKG-INFO", "requires.txt", "entry_points.txt")
    return {
        name: sorted(
            line for line in written.joinpath(name).read_text().split("\n") if not line.startswith("Dynamic: ")
        )
        for name in names
        if written.joinpath(name).exists()
    }
