"""The commands that judge what is locked, with their options: a part of the table in `options`."""

from __future__ import annotations

from lockenv.cli.option import Command, Option
from lockenv.cli.shared_options import CACHES, DRY_RUN, JSON, LOCK, LOCKFILE, LOCKS, READS_LOCK, REQUIREMENTS

AUDITING = (
    Command(
        "audit",
        "List known vulnerabilities of the locked packages; exit 1 if there are any",
        (
            Option("fix", "flag", ("--fix",), "Upgrade vulnerable packages, changing as few pins as possible"),
            DRY_RUN,
            Option(
                "audit_format",
                "choice",
                ("--format",),
                "Output format (default: text)",
                choices=("text", "json", "sarif"),
            ),
            Option("osv", "value", ("--osv",), "Also query this OSV server", "URL"),
            LOCKS,
            LOCKFILE,
            REQUIREMENTS,
            *CACHES,
        ),
    ),
    Command(
        "licenses",
        "List the licenses of locked packages; exit 1 if the project does not accept one",
        (
            Option(
                "licenses_format",
                "choice",
                ("--format",),
                "Output format (default: text)",
                choices=("text", "json", "markdown"),
            ),
            LOCK,
            LOCKFILE,
            REQUIREMENTS,
        ),
    ),
    Command(
        "verify-attestations",
        "Verify the attestations of locked files: whether they prove who published them",
        (JSON, LOCK, LOCKFILE, REQUIREMENTS, *CACHES),
    ),
    Command(
        "report",
        "Report on one page who made the locked packages, since when, and what is known of them",
        (
            Option("html", "value", ("--html",), "Write an HTML page to FILE (- for standard output)", "FILE"),
            Option("markdown", "flag", ("--markdown",), "Print Markdown for a pull request (the default)"),
            Option(
                "against", "value", ("--against",), "Also report what changed since a lockfile or git revision", "REV"
            ),
            *READS_LOCK,
        ),
    ),
)
