"""Every command with its options, as a table that argparse, the environment and the reference are made from."""

from __future__ import annotations

from lockenv.cli.auditing_options import AUDITING
from lockenv.cli.editing_options import EDITING
from lockenv.cli.option import Command, Option, from_environment
from lockenv.cli.shared_options import (
    ACTIVE,
    ALLOW_BUILD,
    BUILD_NETWORK,
    CACHES,
    COMMON,
    DRY_RUN,
    INDEX_URL,
    JSON,
    LOCK,
    LOCKFILE,
    LOCKS,
    NETWORK,
    PARTS,
    READIES,
    READS_LOCK,
    REFRESH,
    REQUIREMENTS,
    SCRIPT,
    SELECTION,
    TARGETS,
    VENV,
)

__all__ = ["COMMANDS", "COMMON", "Command", "Option", "from_environment", "options_of"]

COMMANDS = (
    *EDITING,
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
    Command(
        "diff",
        "Show what changed between two lockfiles or git revisions",
        (
            Option(
                "revisions",
                "words",
                ("revisions",),
                "Lockfile or git revision; one is compared with the working tree (default: HEAD)",
                "REV",
            ),
            Option("markdown", "flag", ("--markdown",), "Print Markdown for a pull request"),
            JSON,
            LOCKS,
            LOCKFILE,
        ),
    ),
    Command(
        "verify",
        "Compare every byte of the environment with the lockfile and print its fingerprint",
        (
            *SELECTION,
            Option("allow_extra", "list", ("--allow-extra",), "Allow extra paths that match this pattern", "PATTERN"),
            Option(
                "bytecode",
                "choice",
                ("--bytecode",),
                "How to treat bytecode: recompile and compare, ignore or forbid (default: compile)",
                choices=("compile", "ignore", "forbid"),
            ),
            Option("fetch", "flag", ("--fetch",), "Download wheels that are missing from the cache"),
            JSON,
            VENV,
            ACTIVE,
            LOCK,
            LOCKFILE,
            REQUIREMENTS,
            SCRIPT,
            *CACHES,
        ),
    ),
    Command(
        "run",
        "Run a command in the environment",
        (
            Option("module", "flag", ("-m", "--module"), "Run a module, as `python -m` does"),
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
    ),
    Command("shell", "Start a shell in the environment", READIES),
    Command(
        "merge-driver",
        "Merge two lockfiles on behalf of git; `--install` configures git to use it",
        (
            Option(
                "install",
                "flag",
                ("--install",),
                "Write .gitattributes and configure git in this clone to merge lockfiles with lockenv",
            ),
            Option("paths", "words", ("paths",), "Paths that git passes as %O %A %B %P", "PATH"),
            *NETWORK,
        ),
    ),
    Command(
        "import",
        "Convert a project or a lockfile of another tool, keeping its pins where they resolve",
        (
            Option(
                "files",
                "words",
                ("files",),
                "Project file (default: the one that exists) or lockfile, such as uv.lock or poetry.lock",
                "FILE",
            ),
            Option(
                "declare",
                "flag",
                ("--declare",),
                "Also add the listed requirements to pyproject.toml if there is no project yet",
            ),
            Option("python", "value", ("--python",), "Requires-Python to use if no file states it", "SPECIFIER"),
            DRY_RUN,
            ALLOW_BUILD,
            BUILD_NETWORK,
            *CACHES,
        ),
    ),
    Command(
        "tree",
        "Show the locked packages as a dependency tree",
        (
            Option("names", "words", ("names",), "Show only these packages and their dependencies", "NAME"),
            Option("invert", "flag", ("--invert",), "Show what requires each package instead"),
            Option("depth", "value", ("--depth",), "Maximum depth", "NUMBER"),
            Option(
                "environment",
                "value",
                ("--environment",),
                "Show only packages installed on this platform, Python version or both: `windows 3.12`",
                "NAME",
            ),
            Option("python", "value", ("--python",), "Show only packages installed for this interpreter", "PYTHON"),
            Option("html", "value", ("--html",), "Write an HTML page to FILE", "FILE"),
            Option("against", "value", ("--against",), "Show what changed since a lockfile or git revision", "REV"),
            Option("mermaid", "flag", ("--mermaid",), "Print a Mermaid flowchart, for a pull request or a README"),
            Option("dot", "flag", ("--dot",), "Print a graph for Graphviz"),
            *PARTS,
            *READS_LOCK,
        ),
    ),
    Command(
        "why",
        "Show why a package is locked, from the line that requires it",
        (Option("name", "word", ("name",), "Package to explain", "NAME"), *PARTS, *READS_LOCK),
    ),
    Command(
        "why-not",
        "Show why a version is not locked",
        (
            Option("pin", "word", ("pin",), "Package and version to explain", "NAME==V"),
            Option("resolve", "flag", ("--resolve",), "Resolve even if the lockfile alone explains the answer"),
            *READS_LOCK,
            *CACHES,
        ),
    ),
    Command("outdated", "List packages with newer versions; exit 1 if there are any", (*READS_LOCK, *CACHES)),
    Command("coverage", "Show which packages have a wheel, only an sdist, or no file for each environment", READS_LOCK),
    Command(
        "export",
        "Export the lockfile as requirements with hashes, as a CycloneDX or SPDX SBOM or as a smaller lockfile",
        (
            Option(
                "export_format",
                "choice",
                ("--format",),
                "Export format: hashed requirements, CycloneDX 1.6 JSON, SPDX 2.3 JSON, or a lockfile of this "
                "selection alone (default: requirements)",
                choices=("requirements", "cyclonedx", "spdx", "pylock", "conda"),
            ),
            Option("output", "value", ("-o", "--output"), "Write to FILE instead of standard output", "FILE"),
            *SELECTION,
            *TARGETS,
            Option(
                "no_hashes", "flag", ("--no-hashes",), "Omit hashes, which pip rejects next to commits and directories"
            ),
            Option(
                "embedded_sboms",
                "flag",
                ("--embedded-sboms",),
                "Let the SBOM refer to those within the wheels that are unpacked in the cache",
            ),
            Option("here", "flag", ("--here",), "Export for this machine only (default: every locked environment)"),
            Option("frozen", "flag", ("--frozen",), "Use the lockfile without checking that it is up to date"),
            LOCK,
            LOCKFILE,
            REQUIREMENTS,
        ),
    ),
    Command(
        "bundle",
        "Copy every locked file into a directory, with a lockfile, for offline machines",
        (
            Option("directory", "word", ("directory",), "Directory to create", "DIR"),
            *SELECTION,
            *TARGETS,
            Option(
                "all", "flag", ("--all",), "Include files for every locked environment (default: this machine only)"
            ),
            Option(
                "find_links", "list", ("--find-links",), "Directory to search for files before downloading them", "DIR"
            ),
            Option(
                "with_lockenv",
                "flag",
                ("--with-lockenv",),
                "Add lockenv itself, as one file that Python 3.11 or newer runs",
            ),
            Option("frozen", "flag", ("--frozen",), "Use the lockfile without checking that it is up to date"),
            LOCK,
            LOCKFILE,
            REQUIREMENTS,
            *CACHES,
        ),
    ),
    *AUDITING,
    Command(
        "config",
        "Show every setting in effect and where it is set",
        (
            Option(
                "config_words", "words", ("config_words",), "path: print the path of your configuration file", "path"
            ),
            JSON,
            *NETWORK,
        ),
    ),
    Command(
        "doctor",
        "Show what lockenv works with, for a bug report; exit 1 if something is in the way of lock or sync",
        (JSON, VENV, ACTIVE, LOCK, LOCKFILE, REQUIREMENTS, *NETWORK),
    ),
    Command(
        "cache",
        "Show, verify or clean the cache",
        (
            Option(
                "action",
                "action",
                ("action",),
                "dir: print path; size: print size; prune: remove unused files; clean: remove all; verify: check all",
                choices=("dir", "size", "prune", "clean", "verify"),
            ),
            JSON,
        ),
    ),
    Command(
        "completion",
        "Print the completion script of a shell",
        (Option("shell", "action", ("shell",), "Shell to print the script for", choices=("bash", "zsh", "fish")),),
    ),
    Command(
        "python",
        "List, find, install and verify Python interpreters",
        (
            Option(
                "action",
                "action",
                ("action",),
                "list: show all; find: print the one to use; install: from a pinned archive; uninstall: remove; "
                "verify: compare; dir: print where they are",
                choices=("list", "find", "install", "uninstall", "verify", "dir"),
            ),
            Option("requests", "words", ("requests",), "Version (default: the recorded one) or archive", "VERSION"),
            Option("sha256", "value", ("--sha256",), "Hash of the archive that is named", "HASH"),
            Option("python_mirror", "value", ("--mirror", "--python-mirror"), "URL of a mirror of archives", "URL"),
            JSON,
            *(option for option in NETWORK if option is not INDEX_URL),
        ),
    ),
)


def options_of(command: Command) -> tuple[Option, ...]:
    """Return the options of `command`, the common ones last."""
    return command.options + COMMON
