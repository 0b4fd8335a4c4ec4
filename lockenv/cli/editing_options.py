"""The commands that change what a project declares, with their options: a part of the table in `options`."""

from __future__ import annotations

from lockenv.cli.option import Command, Option
from lockenv.cli.shared_options import (
    ACCEPT_FAULT,
    ACTIVE,
    ADD_TO,
    ALLOW_BUILD,
    BUILD_NETWORK,
    CACHES,
    DRY_RUN,
    NO_SYNC,
    REFRESH,
    REMOVE_FROM,
    SCRIPT,
    VENV,
)

EDITING = (
    Command(
        "init",
        "Create pyproject.toml with the project's name and requires-python, and lock it",
        (
            Option("name", "value", ("--name",), "Name of the project (default: the name of the directory)", "NAME"),
            Option("place", "words", ("place",), "Directory to create the project in (default: this one)", "DIR"),
            Option("python", "value", ("--python",), "Supported Python versions, such as 3.11 or '>=3.11'", "PYTHON"),
            Option("pin_python", "flag", ("--pin-python",), "Write .python-version too, which sync and run follow"),
            Option("gitignore", "flag", ("--gitignore",), "Write .gitignore too, or add to it what git is to ignore"),
            *CACHES,
        ),
    ),
    Command(
        "add",
        "Add requirements to pyproject.toml, lock and install them",
        (
            Option("requirements", "words", ("requirements",), "Requirements, ./directories or git+URLs to add", "REQ"),
            Option("files", "list", ("-r", "--requirements"), "Add the requirements in this requirements file", "FILE"),
            Option("from_index", "value", ("--index",), "Take them from this index of [[tool.lockenv.index]]", "NAME"),
            Option("branch", "value", ("--branch",), "Branch of the repository to add", "BRANCH"),
            Option("tag", "value", ("--tag",), "Tag of the repository to add", "TAG"),
            Option("rev", "value", ("--rev",), "Commit of the repository to add", "COMMIT"),
            Option("editable", "flag", ("--editable",), "Install the directory to add as editable"),
            *ADD_TO,
            Option(
                "bounds",
                "choice",
                ("--bounds",),
                "Bounds to write for a bare name (default: lower)",
                choices=("lower", "major", "minor", "exact", "none"),
            ),
            SCRIPT,
            DRY_RUN,
            NO_SYNC,
            ALLOW_BUILD,
            ACCEPT_FAULT,
            BUILD_NETWORK,
            VENV,
            ACTIVE,
            *CACHES,
        ),
    ),
    Command(
        "upgrade",
        "Raise the bounds of requirements in pyproject.toml, lock the newest versions and install them",
        (
            Option("names", "words", ("names",), "Packages to upgrade (default: all that are declared)", "NAME"),
            Option("exclude", "list", ("--exclude",), "Keep the bounds and the version of this package", "NAME"),
            *REFRESH,
            SCRIPT,
            DRY_RUN,
            NO_SYNC,
            BUILD_NETWORK,
            VENV,
            ACTIVE,
            *CACHES,
        ),
    ),
    Command(
        "remove",
        "Remove requirements from pyproject.toml, lock without them and uninstall them",
        (
            Option("names", "words", ("names",), "Packages to remove", "NAME"),
            *REMOVE_FROM,
            SCRIPT,
            DRY_RUN,
            NO_SYNC,
            BUILD_NETWORK,
            VENV,
            ACTIVE,
            *CACHES,
        ),
    ),
)
