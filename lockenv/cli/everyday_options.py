"""The commands that are run every day, with their options: those of the others need not be loaded for them."""

from __future__ import annotations

from lockenv.cli.option import Command, Option
from lockenv.cli.shared_options import (
    ACCEPT_FAULT,
    ACTIVE,
    ALLOW_BUILD,
    BUILD_NETWORK,
    CACHES,
    DRY_RUN,
    INDEX_URL,
    JSON,
    LOCKFILE,
    LOCKS,
    READIES,
    REFRESH,
    REQUIREMENTS,
    SCRIPT,
    SELECTION,
    VENV,
)

LOCK_SYNC_CHECK = (
    Command(
        "lock",
        "Resolve the requirements, verify the result and write pylock.toml",
        (
            Option("upgrade", "flag", ("-U", "--upgrade"), "Upgrade every package to its newest allowed version"),
            Option(
                "upgrade_package",
                "list",
                ("-P", "--upgrade-package"),
                "Upgrade this package, to VERSION if given",
                "NAME[==VERSION]",
            ),
            Option("check", "flag", ("--check",), "Write nothing; exit 1 if the lockfile is missing or out of date"),
            DRY_RUN,
            Option(
                "output",
                "value",
                ("-o", "--output", "-l", "--lockfile"),
                "Write the lockfile to FILE (- for standard output)",
                "FILE",
            ),
            Option("python", "value", ("--python",), "Requires-Python to use for a requirements file", "SPECIFIER"),
            *REFRESH,
            Option(
                "record_builds",
                "flag",
                ("--record-builds",),
                "Build the sdists that have no wheel, and record the built wheels in the lockfile",
            ),
            ALLOW_BUILD,
            ACCEPT_FAULT,
            BUILD_NETWORK,
            LOCKS,
            REQUIREMENTS,
            SCRIPT,
            *CACHES,
        ),
    ),
    Command(
        "sync",
        "Make the environment match the lockfile exactly",
        (
            *SELECTION,
            Option(
                "python", "value", ("--python",), "Python interpreter to use: a version, path or specifier", "PYTHON"
            ),
            Option(
                "find_links", "list", ("--find-links",), "Directory to search for files before downloading them", "DIR"
            ),
            Option("mirror", "list", ("--mirror",), "Index to search for locked files first", "URL"),
            Option(
                "from_dir", "value", ("--from",), "Take every file from this directory, without network access", "DIR"
            ),
            Option("frozen", "flag", ("--frozen",), "Use the lockfile without checking that it is up to date"),
            Option("check", "flag", ("--check",), "Change nothing; exit 1 if the environment is out of date"),
            Option("dry_run", "flag", ("--dry-run",), "Change nothing; print what would change"),
            Option("inexact", "flag", ("--inexact",), "Keep installed packages that are not in the lockfile"),
            Option(
                "prune_unowned",
                "flag",
                ("--prune-unowned",),
                "Remove files in site-packages and scripts that belong to no installed package",
            ),
            Option("compile", "flag", ("--compile",), "Compile all modules to hash-checked bytecode"),
            Option("reinstall", "flag", ("--reinstall",), "Reinstall all packages, or only the packages NAME"),
            Option("names", "words", ("names",), "Packages to reinstall, with --reinstall", "NAME"),
            Option(
                "no_editable",
                "flag",
                ("--no-editable",),
                "Install the project itself as a copy, not as editable",
            ),
            Option("allow_empty", "flag", ("--allow-empty",), "Allow an empty lockfile to remove every package"),
            ALLOW_BUILD,
            ACCEPT_FAULT,
            BUILD_NETWORK,
            VENV,
            ACTIVE,
            LOCKS,
            Option("all_locks", "flag", ("--all-locks",), "Sync .venv, and .venv-NAME for each named lock"),
            LOCKFILE,
            REQUIREMENTS,
            SCRIPT,
            *CACHES,
        ),
    ),
    Command(
        "check",
        "Check that the lockfile is up to date, valid and sound",
        (
            Option(
                "online",
                "flag",
                ("--online",),
                "Also check on the index that every locked file is still there and unchanged",
            ),
            Option(
                "format",
                "choice",
                ("--format",),
                "Output format; github writes workflow annotations (default: text)",
                choices=("text", "json", "github", "sarif"),
            ),
            JSON,
            LOCKS,
            LOCKFILE,
            REQUIREMENTS,
            INDEX_URL,
        ),
    ),
)
RUN = Command(
    "run",
    "Run a command in the environment",
    (
        Option("module", "flag", ("-m", "--module"), "Run a module, as `python -m` does"),
        Option("as_script", "flag", ("-s", "--script"), "Run the file with Python, whatever its name"),
        Option(
            "with_requirement",
            "list",
            ("--with",),
            "Add this requirement in an environment of the cache; .venv is not changed",
            "REQUIREMENT",
        ),
        Option("with_requirements", "list", ("--with-requirements",), "Add the requirements of FILE", "FILE"),
        *READIES,
        Option("argv", "rest", ("argv",), "Command or Python file to run, with its arguments", "COMMAND ..."),
    ),
)
EVERYDAY = (*LOCK_SYNC_CHECK, RUN)
