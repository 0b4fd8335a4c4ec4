"""Every command with its options, as a table that argparse, the environment and the reference are made from."""

from __future__ import annotations

from lockenv.cli.option import Command, Option, from_environment
from lockenv.cli.shared_options import (
    ALLOW_BUILD,
    BUILD_NETWORK,
    COMMON,
    DRY_RUN,
    EXTRAS_AND_GROUPS,
    INDEX_URL,
    JSON,
    LIST_TO_EDIT,
    LOCKFILE,
    NETWORK,
    NO_CHECK,
    NO_SYNC,
    READS_LOCK,
    REQUIREMENTS,
    TARGETS,
    VENV,
)

__all__ = ["COMMANDS", "COMMON", "Command", "Option", "from_environment", "options_of"]

COMMANDS = (
    Command(
        "init",
        "declare a project: write its name and Python into pyproject.toml, and lock it",
        (
            Option("name", "value", ("--name",), "the project's name, instead of the directory's", "NAME"),
            Option("python", "value", ("--python",), "the Pythons it is for, such as >=3.11", "SPECIFIER"),
            *NETWORK,
        ),
    ),
    Command(
        "add",
        "declare requirements in pyproject.toml, lock them, install them",
        (
            Option("requirements", "words", ("requirements",), "what to require, such as idna or 'idna>=3'", "REQ"),
            *LIST_TO_EDIT,
            Option(
                "bounds",
                "choice",
                ("--bounds",),
                "what to write for a name alone: the version that was locked and what is above it, which is the "
                "default; below its next major or minor version; exactly it; or none",
                choices=("lower", "major", "minor", "exact", "none"),
            ),
            DRY_RUN,
            NO_SYNC,
            ALLOW_BUILD,
            BUILD_NETWORK,
            VENV,
            *NETWORK,
        ),
    ),
    Command(
        "remove",
        "take requirements out of pyproject.toml, lock without them, uninstall them",
        (
            Option("names", "words", ("names",), "the projects to require no longer", "NAME"),
            *LIST_TO_EDIT,
            DRY_RUN,
            NO_SYNC,
            BUILD_NETWORK,
            VENV,
            *NETWORK,
        ),
    ),
    Command(
        "lock",
        "resolve the requirements, prove the answer, write pylock.toml",
        (
            Option("upgrade", "flag", ("-U", "--upgrade"), "let every pin move to its newest version"),
            Option(
                "upgrade_package",
                "list",
                ("-P", "--upgrade-package"),
                "let one pin move, to VERSION when given",
                "NAME[==VERSION]",
            ),
            Option("check", "flag", ("--check",), "write nothing; exit 1 when the lock is stale or missing"),
            DRY_RUN,
            Option("output", "value", ("-o", "--output"), "where to write the lock; - for standard output", "FILE"),
            Option("python", "value", ("--python",), "requires-python for a requirements file", "SPECIFIER"),
            Option("refresh", "flag", ("--refresh",), "ask the index again whatever the cache holds"),
            Option("record_builds", "flag", ("--record-builds",), "build what must be, and record what the wheels are"),
            ALLOW_BUILD,
            BUILD_NETWORK,
            REQUIREMENTS,
            *NETWORK,
        ),
    ),
    Command(
        "sync",
        "make the environment equal the lock",
        (
            *EXTRAS_AND_GROUPS,
            Option("python", "value", ("--python",), "the interpreter: a version, a path or a specifier", "PYTHON"),
            Option(
                "find_links", "list", ("--find-links",), "look for files in this folder before fetching them", "DIR"
            ),
            Option("mirror", "list", ("--mirror",), "look for locked files on this index first", "URL"),
            Option("from_dir", "value", ("--from",), "take every file from this folder, and ask no server", "DIR"),
            Option("frozen", "flag", ("--frozen",), "use the lock without asking whether it is fresh"),
            Option("check", "flag", ("--check",), "change nothing; exit 1 when the environment differs"),
            Option("dry_run", "flag", ("--dry-run",), "change nothing; print what would change"),
            Option("inexact", "flag", ("--inexact",), "keep distributions that the lock does not name"),
            Option(
                "prune_unowned",
                "flag",
                ("--prune-unowned",),
                "remove what in site-packages and among the scripts belongs to no distribution",
            ),
            Option("compile", "flag", ("--compile",), "compile all modules to byte-code that is checked at import"),
            Option(
                "reinstall",
                "flag",
                ("--reinstall",),
                "install again what is installed already: all of it, or the packages NAME alone",
            ),
            Option("names", "words", ("names",), "with --reinstall, the packages to install again", "NAME"),
            Option("package", "list", ("--package",), "this member of the workspace alone, with what it needs", "NAME"),
            Option("no_project", "flag", ("--no-project",), "do not install the project itself"),
            Option("no_editable", "flag", ("--no-editable",), "install a copy of the project itself, not a link"),
            Option("allow_empty", "flag", ("--allow-empty",), "let a lock without packages empty the environment"),
            ALLOW_BUILD,
            BUILD_NETWORK,
            VENV,
            LOCKFILE,
            REQUIREMENTS,
            *NETWORK,
        ),
    ),
    Command(
        "check",
        "tell whether the lock is fresh, valid and sound",
        (
            Option("online", "flag", ("--online",), "ask the index too whether every file is there as it was locked"),
            Option(
                "format",
                "choice",
                ("--format",),
                "text for people; json; github: workflow annotations; sarif: for scanners",
                choices=("text", "json", "github", "sarif"),
            ),
            JSON,
            LOCKFILE,
            REQUIREMENTS,
            INDEX_URL,
        ),
    ),
    Command(
        "diff",
        "tell what changed between two locks: files, or revisions of git",
        (
            Option(
                "revisions",
                "words",
                ("revisions",),
                "a file or a revision each; one is compared with the working tree, none means HEAD",
                "REV",
            ),
            Option("markdown", "flag", ("--markdown",), "answer as Markdown for a pull request"),
            JSON,
            LOCKFILE,
        ),
    ),
    Command(
        "verify",
        "compare every byte of the environment with the lock; print its fingerprint",
        (
            *EXTRAS_AND_GROUPS,
            Option("allow_extra", "list", ("--allow-extra",), "foreign paths that may be there", "PATTERN"),
            Option(
                "bytecode",
                "choice",
                ("--bytecode",),
                "compile it again to compare, which is the default; or ignore or forbid it",
                choices=("compile", "ignore", "forbid"),
            ),
            Option("fetch", "flag", ("--fetch",), "download the wheels that the cache lacks, to compare with"),
            JSON,
            VENV,
            LOCKFILE,
            REQUIREMENTS,
            *NETWORK,
        ),
    ),
    Command(
        "run",
        "run a command in the environment",
        (
            NO_CHECK,
            VENV,
            LOCKFILE,
            REQUIREMENTS,
            Option("argv", "rest", ("argv",), "the command and its arguments", "COMMAND ..."),
        ),
    ),
    Command("shell", "start a shell in the environment", (NO_CHECK, VENV, LOCKFILE, REQUIREMENTS)),
    Command(
        "merge-driver",
        "merge two locks for git, which calls it; --install tells git to",
        (
            Option(
                "install",
                "flag",
                ("--install",),
                "have git merge locks with it: writes .gitattributes, and the configuration of this clone",
            ),
            Option("paths", "words", ("paths",), "what git gives as %O %A %B %P", "PATH"),
            *NETWORK,
        ),
    ),
    Command(
        "import",
        "convert the project of another tool; or lock with the pins of its lock, as far as they resolve",
        (
            Option(
                "files",
                "words",
                ("files",),
                "pyproject.toml, Pipfile or setup.cfg to convert, which is the default; or the lock: uv.lock, "
                "poetry.lock, requirements.txt and the like",
                "FILE",
            ),
            Option("declare", "flag", ("--declare",), "also declare what the file lists, where no project is declared"),
            Option("python", "value", ("--python",), "requires-python, where no file tells it", "SPECIFIER"),
            DRY_RUN,
            ALLOW_BUILD,
            BUILD_NETWORK,
            *NETWORK,
        ),
    ),
    Command(
        "tree",
        "draw what the lock holds, and what requires what",
        (
            Option("names", "words", ("names",), "only these packages, with what they require", "NAME"),
            Option("invert", "flag", ("--invert",), "the other way round: with what requires them"),
            Option("depth", "value", ("--depth",), "no more than so many packages deep", "NUMBER"),
            Option(
                "environment",
                "value",
                ("--environment",),
                "only what is installed in these environments, by platform, Python or both: `windows 3.12`",
                "NAME",
            ),
            Option(
                "python",
                "value",
                ("--python",),
                "only what is installed for this interpreter of this machine",
                "PYTHON",
            ),
            Option("html", "value", ("--html",), "write a page to look at in a browser instead", "FILE"),
            *READS_LOCK,
        ),
    ),
    Command(
        "why",
        "tell what leads to a package, from the line that declares it",
        (Option("name", "word", ("name",), "the package", "NAME"), *READS_LOCK),
    ),
    Command(
        "why-not",
        "tell what keeps a version out of the lock",
        (
            Option("pin", "word", ("pin",), "the package and the version", "NAME==V"),
            Option("resolve", "flag", ("--resolve",), "resolve, also where the lock tells what speaks against it"),
            *READS_LOCK,
            *NETWORK,
        ),
    ),
    Command(
        "outdated",
        "list what has newer versions: within the requirements, and at all; exit 1 when anything has",
        (*READS_LOCK, *NETWORK),
    ),
    Command(
        "coverage",
        "tell what each package has for each environment: a wheel, only an sdist to build, or nothing",
        READS_LOCK,
    ),
    Command(
        "export",
        "write the lock as requirements with hashes, or as a bill of materials",
        (
            Option(
                "export_format",
                "choice",
                ("--format",),
                "requirements for `pip install --require-hashes`, which is the default; or CycloneDX 1.6 in JSON",
                choices=("requirements", "cyclonedx"),
            ),
            Option("output", "value", ("-o", "--output"), "where to write it, instead of standard output", "FILE"),
            *EXTRAS_AND_GROUPS,
            *TARGETS,
            Option(
                "no_hashes",
                "flag",
                ("--no-hashes",),
                "without hashes, which pip refuses beside commits and directories",
            ),
            Option("here", "flag", ("--here",), "for this machine alone, instead of every environment of the lock"),
            Option("frozen", "flag", ("--frozen",), "use the lock without asking whether it is fresh"),
            LOCKFILE,
            REQUIREMENTS,
        ),
    ),
    Command(
        "bundle",
        "put every file that the lock needs into a directory, with a lock of them, for machines without a network",
        (
            Option("directory", "word", ("directory",), "where to put them", "DIR"),
            *TARGETS,
            Option("all", "flag", ("--all",), "for every environment of the lock, instead of this machine's"),
            Option(
                "find_links", "list", ("--find-links",), "look for files in this folder before fetching them", "DIR"
            ),
            Option("frozen", "flag", ("--frozen",), "use the lock without asking whether it is fresh"),
            LOCKFILE,
            REQUIREMENTS,
            *NETWORK,
        ),
    ),
    Command(
        "audit",
        "tell the known vulnerabilities of what is locked; exit 1 when there are any",
        (
            Option("fix", "flag", ("--fix",), "raise the fewest pins that end them"),
            DRY_RUN,
            Option(
                "audit_format",
                "choice",
                ("--format",),
                "text for people; json; sarif: for scanners",
                choices=("text", "json", "sarif"),
            ),
            Option("osv", "value", ("--osv",), "also ask this OSV server", "URL"),
            LOCKFILE,
            REQUIREMENTS,
            *NETWORK,
        ),
    ),
    Command(
        "config",
        "show every setting in effect and where it comes from; `config path`: where your own configuration is",
        (Option("config_words", "words", ("config_words",), "path: print where it is", "path"), JSON, *NETWORK),
    ),
    Command(
        "cache",
        "tell where the cache is and how large, check it, or remove parts of it",
        (
            Option(
                "action",
                "action",
                ("action",),
                "dir: where it is; size: how large; prune: remove what no environment beside it uses; "
                "clean: remove everything; verify: read every byte",
                choices=("dir", "size", "prune", "clean", "verify"),
            ),
            JSON,
        ),
    ),
    Command(
        "completion",
        "print the script that lets a shell complete commands and options",
        (Option("shell", "action", ("shell",), "the shell", choices=("bash", "zsh", "fish")),),
    ),
    Command(
        "python",
        "list the interpreters that environments can be made from",
        (Option("action", "action", ("action",), "list: all of them, the preferred first", choices=("list",)), JSON),
    ),
)


def options_of(command: Command) -> tuple[Option, ...]:
    """Return the options of `command`, the common ones last."""
    return command.options + COMMON
