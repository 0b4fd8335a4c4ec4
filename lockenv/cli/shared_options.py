"""Options that several commands have, each with the same meaning in all of them."""

from __future__ import annotations

from lockenv.cli.option import Option

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.cli.option import Command

COMMON = (
    Option("quiet", "flag", ("-q", "--quiet"), "Print errors only"),
    Option("verbose", "count", ("-v", "--verbose"), "Print each step, and with -vv every request and decision"),
    Option("log", "value", ("--log",), "Write every step, request and decision to FILE", "FILE"),
    Option("no_progress", "flag", ("--no-progress",), "Do not show progress"),
    Option("color", "choice", ("--color",), "When to color the output", "WHEN", ("auto", "always", "never")),
    Option("project", "value", ("--project",), "Directory of the project (default: the current directory)", "DIR"),
    Option("working_directory", "value", ("-C", "--directory"), "Directory to change to first", "DIR"),
    Option("cache_dir", "value", ("--cache-dir",), "Directory of the cache", "DIR"),
)
NETWORK = (
    Option("offline", "flag", ("--offline",), "Use only cached files, without network access"),
    Option("index_url", "value", ("--index-url",), "URL of the default index", "URL"),
    Option("allow_http", "list", ("--allow-http",), "Allow plain HTTP to this host", "HOST"),
    Option("cert", "value", ("--cert",), "CA certificates to trust instead of the system's", "FILE"),
)
INDEX_URL = NETWORK[1]
CACHES = (*NETWORK, Option("no_cache", "flag", ("--no-cache",), "Use a cache of its own, removed at the end"))
"""Options of commands that leave nothing in the cache that they need later."""
PARTS = (
    Option("extra", "list", ("--extra",), "Include this extra", "NAME"),
    Option("all_extras", "flag", ("--all-extras",), "Include all extras"),
    Option("group", "list", ("--group",), "Include this dependency group", "NAME"),
    Option("all_groups", "flag", ("--all-groups",), "Include all dependency groups"),
    Option("no_default_groups", "flag", ("--no-default-groups",), "Exclude the default dependency groups"),
    Option("no_group", "list", ("--no-group",), "Exclude this dependency group", "NAME"),
    Option("no_dev", "flag", ("--no-dev",), "Exclude the dependency group dev"),
    Option(
        "only_group",
        "list",
        ("--only-group",),
        "Include only this dependency group, without the project and its own dependencies",
        "NAME",
    ),
    Option("package", "list", ("--package",), "Include only this workspace member and its dependencies", "NAME"),
    Option("all_packages", "flag", ("--all-packages",), "Include all workspace members"),
)
"""Options that select parts of a lockfile."""
SELECTION = (
    *PARTS,
    Option("no_install_package", "list", ("--no-install-package",), "Do not install this package", "NAME"),
    Option("no_project", "flag", ("--no-project", "--no-install-project"), "Do not install the project itself"),
    Option(
        "no_install_workspace",
        "flag",
        ("--no-install-workspace",),
        "Do not install the project itself or any workspace member",
    ),
    Option(
        "no_install_local",
        "flag",
        ("--no-install-local",),
        "Do not install the project itself or anything else from a local path",
    ),
)
"""Options that select what is installed."""
JSON = Option("json", "flag", ("--json",), "Print JSON to standard output")
REQUIREMENTS = Option(
    "requirements", "list", ("-r", "--requirements"), "Read requirements from FILE instead of pyproject.toml", "FILE"
)
LOCKFILE = Option("lockfile", "value", ("-l", "--lockfile"), "Path of the lockfile (default: pylock.toml)", "FILE")
VENV = Option("venv", "value", ("--venv",), "Path of the environment (default: .venv)", "PATH")
ACTIVE = Option("active", "flag", ("--active",), "Use the active environment, which VIRTUAL_ENV names")
LOCK = Option("lock", "value", ("--lock",), "Use the project's named lock NAME", "NAME")
LOCKS = Option("lock", "list", ("--lock",), "Use only the project's named lock NAME", "NAME")
READS_LOCK = (JSON, LOCK, LOCKFILE, REQUIREMENTS)

DRY_RUN = Option("dry_run", "flag", ("--dry-run",), "Write nothing; print what would change")


def _list_to_edit(verb: str) -> tuple[Option, ...]:
    """Return the options that name the list of requirements to edit."""
    return (
        Option("to_group", "value", ("--group",), f"{verb} this dependency group", "GROUP"),
        Option("dev", "flag", ("--dev",), f"{verb} the group dev"),
        Option("optional", "value", ("--optional",), f"{verb} this extra", "EXTRA"),
    )


ADD_TO = _list_to_edit("Add to")
REMOVE_FROM = _list_to_edit("Remove from")
TARGETS = (
    Option("for_python", "list", ("--python",), "Target this Python version, such as 3.12", "VERSION"),
    Option("for_platform", "list", ("--platform",), "Target this platform, such as linux-x86_64", "PLATFORM"),
)
BUILD_NETWORK = Option("build_network", "flag", ("--build-network",), "Allow builds to access the network")
ALLOW_BUILD = Option(
    "allow_build",
    "list",
    ("--allow-build",),
    "Allow this package's sdist to be built, which runs its code, and add it to allow-build",
    "NAME",
)
ACCEPT_FAULT = Option(
    "accept_fault",
    "list",
    ("--accept-fault",),
    "Accept that wheels of a package break this rule, and add it to accept-faults",
    "NAME=RULE",
)
SCRIPT = Option("script", "value", ("--script",), "Use the inline metadata of this Python file instead", "FILE")
REFRESH = (
    Option("refresh", "flag", ("--refresh",), "Ignore cached index responses"),
    Option("refresh_package", "list", ("--refresh-package",), "Ignore cached index responses about NAME", "NAME"),
)
NO_SYNC = Option("no_sync", "flag", ("--no-sync",), "Do not sync the environment")
READIES = (
    *SELECTION,
    Option("python", "value", ("--python",), "Python interpreter to use: a version, path or specifier", "PYTHON"),
    Option("env_file", "list", ("--env-file",), "Set the variables that FILE assigns", "FILE"),
    Option("locked", "flag", ("--locked",), "Refuse a missing or outdated lockfile; the default where CI is set"),
    Option("frozen", "flag", ("--frozen",), "Use the lockfile without checking that it is up to date"),
    Option("no_sync", "flag", ("--no-sync", "--no-check"), "Use the environment as it is; neither lock nor sync"),
    VENV,
    ACTIVE,
    LOCK,
    LOCKFILE,
    REQUIREMENTS,
    *NETWORK,
)
"""What `run` and `shell` do before they start something."""


def options_of(command: Command) -> tuple[Option, ...]:
    """Return the options of `command`, the common ones last."""
    return command.options + COMMON
