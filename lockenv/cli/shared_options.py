"""Options that several commands have, each with the same meaning in all of them."""

from __future__ import annotations

from lockenv.cli.option import Option

COMMON = (
    Option("quiet", "flag", ("-q", "--quiet"), "print errors only"),
    Option("verbose", "flag", ("-v", "--verbose"), "say more"),
    Option("project", "value", ("--project",), "the project's directory, instead of the current one", "DIR"),
    Option("cache_dir", "value", ("--cache-dir",), "where downloads, metadata and unpacked wheels are kept", "DIR"),
)
NETWORK = (
    Option("offline", "flag", ("--offline",), "ask no server: answer from the cache"),
    Option("index_url", "value", ("--index-url",), "the default index", "URL"),
    Option("allow_http", "list", ("--allow-http",), "a host that may be spoken to without encryption", "HOST"),
    Option("cert", "value", ("--cert",), "the certificates to trust, instead of the system's", "FILE"),
)
INDEX_URL = NETWORK[1]
EXTRAS_AND_GROUPS = (
    Option("extra", "list", ("--extra",), "also this extra", "NAME"),
    Option("all_extras", "flag", ("--all-extras",), "also every extra"),
    Option("group", "list", ("--group",), "also this dependency group", "NAME"),
    Option("all_groups", "flag", ("--all-groups",), "also every dependency group"),
    Option("no_default_groups", "flag", ("--no-default-groups",), "leave the default groups out"),
)
JSON = Option("json", "flag", ("--json",), "answer as JSON on standard output")
NO_CHECK = Option("no_check", "flag", ("--no-check",), "do not ask whether the environment equals the lock")
REQUIREMENTS = Option(
    "requirements", "list", ("-r", "--requirements"), "a requirements file instead of pyproject.toml", "FILE"
)
LOCKFILE = Option("lockfile", "value", ("-l", "--lockfile"), "the lock, instead of pylock.toml", "FILE")
VENV = Option("venv", "value", ("--venv",), "the environment, instead of .venv", "PATH")
READS_LOCK = (JSON, LOCKFILE, REQUIREMENTS)

DRY_RUN = Option("dry_run", "flag", ("--dry-run",), "write nothing; print what would change")
LIST_TO_EDIT = (
    Option("to_group", "value", ("--group",), "the list is that of this dependency group", "GROUP"),
    Option("dev", "flag", ("--dev",), "the list is that of the group dev"),
    Option("optional", "value", ("--optional",), "the list is that of this extra", "EXTRA"),
)
TARGETS = (
    Option("for_python", "list", ("--python",), "for this version of Python, such as 3.12", "VERSION"),
    Option("for_platform", "list", ("--platform",), "for this platform, such as linux-x86_64", "PLATFORM"),
)
BUILD_NETWORK = Option("build_network", "flag", ("--build-network",), "let what is built reach the network")
ALLOW_BUILD = Option(
    "allow_build",
    "list",
    ("--allow-build",),
    "let this package be built, which runs its code, from now on: it is added to allow-build",
    "NAME",
)
NO_SYNC = Option("no_sync", "flag", ("--no-sync",), "leave the environment as it is")
