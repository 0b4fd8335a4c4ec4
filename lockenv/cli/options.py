"""Every command with its options, as a table that argparse, the environment and the reference are made from."""

from __future__ import annotations

from lockenv.cli.auditing_options import AUDITING
from lockenv.cli.editing_options import EDITING
from lockenv.cli.everyday_options import LOCK_SYNC_CHECK, RUN
from lockenv.cli.option import Command, Option, from_environment
from lockenv.cli.shared_options import (
    ACCEPT_FAULT,
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
    REQUIREMENTS,
    SCRIPT,
    SELECTION,
    TARGETS,
    VENV,
    options_of,
)

__all__ = ["COMMANDS", "COMMON", "Command", "Option", "from_environment", "options_of"]

COMMANDS = (
    *EDITING,
    *LOCK_SYNC_CHECK,
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
    RUN,
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
            ACCEPT_FAULT,
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
            Option("no_dedupe", "flag", ("--no-dedupe",), "Show what a package requires wherever it comes again"),
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
            Option("no_editable", "flag", ("--no-editable",), "Export editable directories as copies"),
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
        "List, find, pin, install and verify Python interpreters",
        (
            Option(
                "action",
                "action",
                ("action",),
                "list: show all; find: print the one to use; pin: write .python-version; install: from a pinned "
                "archive; uninstall: remove; verify: compare; dir: print where they are",
                choices=("list", "find", "pin", "install", "uninstall", "verify", "dir"),
            ),
            Option("requests", "words", ("requests",), "Version (default: the recorded one) or archive", "VERSION"),
            Option("sha256", "value", ("--sha256",), "Hash of the archive that is named", "HASH"),
            Option("python_mirror", "value", ("--mirror", "--python-mirror"), "URL of a mirror of archives", "URL"),
            JSON,
            *(option for option in NETWORK if option is not INDEX_URL),
        ),
    ),
)
