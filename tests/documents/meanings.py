"""What each key means, one sentence each: of `[tool.lockenv]`, of its tables, and of what a lock records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    "python": (
        "version or specifier",
        "The Python that the lockfile records, and environments must have: `3.12.*`, `3.12.7`, `pypy>=3.10`. Default: "
        "none is recorded.",
    ),
    "python-archives": (
        "array of tables",
        "Archives of Pythons that `lockenv python install` may install, each with `file` and `sha256`.",
    ),
    "environments": (
        "array of markers",
        "Environments to lock for. Default: all that `requires-python` allows.",
    ),
    "required-environments": ("array of markers", "Environments for which every package must have a file."),
    "prerelease": (
        "`if-necessary-or-explicit`, `allow`, `disallow`",
        "Whether to allow prereleases: by default only where the project itself names one (a "
        "requirement, constraint or override, where it applies), or where no final release satisfies all requirements.",
    ),
    "prerelease-package": ("table, by name", "`prerelease` for individual packages."),
    "resolution": (
        "`highest`, `lowest`, `lowest-direct`",
        "Which allowed version to prefer; `lowest-direct` prefers the lowest version of direct dependencies.",
    ),
    "exclude-newer": (
        "date, RFC 3339, or a span such as `7 days`",
        "Ignore files uploaded later; a date means the end of that day in UTC.",
    ),
    "exclude-newer-package": ("table, by name", "`exclude-newer` for individual packages; `false` for no limit."),
    "allow-build": (
        "array of names, or `true`",
        "Packages whose sdists may be built, which runs code; `*` for all. Default: none.",
    ),
    "build-network": (
        "boolean",
        "Allow builds to access the network. Default: only loopback, where the system supports it.",
    ),
    "no-build": ("boolean", "Never use sdists."),
    "no-build-package": ("array of names", "Packages whose sdists are never used."),
    "no-binary": ("boolean", "Never use wheels."),
    "no-binary-package": ("array of names", "Packages whose wheels are never used."),
    "constraints": ("array of requirements", "Version limits for packages, which do not add requirements."),
    "build-constraints": (
        "array of requirements",
        "Version limits for build requirements, which apply to nothing else and add none.",
    ),
    "overrides": ("array of requirements", "Requirements that replace all others for the same package."),
    "dependency-groups": ("table, by name", "`requires-python` of a dependency group, and of those that include it."),
    "exclude-dependencies": ("array of names", "Packages to leave out, whatever requires them."),
    "default-groups": ("array of groups", "Dependency groups installed by default. Default: `dev`, if it exists."),
    "conflicts": ("array of arrays", "Extras and dependency groups that are never installed together."),
    "index": ("array of tables", "Package indexes, in order of priority."),
    "find-links": (
        "array of paths and URLs",
        "Directories and pages of files, which take precedence over every index.",
    ),
    "no-index": ("boolean", "Use only the declared indexes and `find-links`, not the default index."),
    "sources": ("table, by name", "The only source of individual packages."),
    "workspace": ("table", "Members of this workspace."),
    "allowed-hosts": ("array of hosts", "The only hosts that locked files may come from."),
    "licenses": ("table", "Which licenses are accepted. Default: all, and the lockfile records none."),
    "publishers": (
        "table, by name, `name-*` or `*`",
        "Who must have published packages, as far as their index says so: `kind`, `repository`, `workflow` and "
        "`environment`, each a text or an array of texts; `false` for no requirement. Default: no requirements, "
        "and the lockfile records no publishers.",
    ),
    "deny-startup-code": (
        "boolean",
        "Refuse packages that run code whenever Python starts: `.pth` files that import, `.start`, `sitecustomize`, "
        "`usercustomize`.",
    ),
    "allow-startup-code": ("array of names", "Packages that may do so despite `deny-startup-code`."),
    "allow-overwrite": (
        'array of `"winner>loser"`',
        "Whose file to install if two packages contain different files at one path. Default: refuse to install them.",
    ),
    "accept-faults": (
        "table of arrays of rules, by name",
        "Rules that wheels of these packages may break, out of those that can be accepted. Default: none.",
    ),
    "dependency-metadata": (
        "array of tables",
        "What single releases require, in place of what their files say or a build would: `name`, `version` (every one "
        "where it is absent), `requires-dist`, `requires-python`, `provides-extra`.",
    ),
    "system-site-packages": (
        "boolean",
        "Whether environments show the packages of their base interpreter beside their own.",
    ),
    "provided": (
        "array of requirements",
        "Packages that the base interpreter provides, with `system-site-packages`: `sync` requires the locked version "
        "there and installs neither them nor what only they need. Default: none.",
    ),
    "fork": (
        "`latest`, `fewest`",
        "Prefer the newest version for each environment, or the fewest versions across environments.",
    ),
    "audit": ("table", "Vulnerability data sources, and accepted vulnerabilities."),
    "lock": ("table of tables, by name", "Lockfiles beside the project's own: `pylock.NAME.toml`."),
}
NAMED_LOCK: Final[Mapping[str, tuple[str, str]]] = {
    "requirements": ("array of paths", "Requirements files to lock, below the directory of the project."),
    "groups": ("array of groups", "Dependency groups of the project to lock."),
    "extras": ("array of extras", "Extras of the project to lock."),
    "project": (
        "boolean",
        "Whether to lock the project's own dependencies, and to install the project itself. Default: only with "
        "`extras`, or where none of these four keys is set.",
    ),
    "requires-python": ("specifier", "Python versions to lock for. Default: those of the project."),
    "apart": ("boolean", "Leave the groups of this lock out of the project's own lockfile."),
}
INDEX: Final[Mapping[str, tuple[str, str]]] = {
    "name": (
        "text",
        "What `sources` and the variables for credentials call it; names that differ in punctuation alone are one.",
    ),
    "url": (
        "text",
        "Its simple API (PEP 503, PEP 691): `https://…`, `file:///…`, or a directory such as `./index`.",
    ),
    "explicit": ("boolean", "Use it only for packages that `sources` assigns to it."),
    "mirrors": ("array of URLs", "Indexes to try for a locked file if its own URL fails."),
    "authenticate": (
        "boolean",
        "Never access it without credentials: it may hide packages from anonymous users.",
    ),
    "client-cert": ("path", "File with the client certificate and its key."),
}
SOURCE: Final[Mapping[str, tuple[str, str]]] = {
    "index": ("name", "The declared index that alone serves it."),
    "git": ("URL", "The repository that it is built from."),
    "rev": ("text", "The commit of that repository, or anything that names one."),
    "tag": ("text", "The tag of that repository."),
    "branch": ("text", "The branch of that repository; the lockfile records its commit."),
    "subdirectory": ("path", "Directory of the project in the repository, archive or directory."),
    "url": ("URL", "The wheel or source archive."),
    "path": ("path", "The directory, wheel or source archive, relative to the project."),
    "editable": ("boolean", "Install the directory as a link to its sources."),
    "workspace": ("boolean", "It is a member of this workspace."),
    "marker": ("marker", "It comes from there in these environments; several sources are an array of such tables."),
    "extra": ("name", "It comes from there where this extra of the project is chosen."),
    "group": ("name", "It comes from there where this group of the project is chosen."),
}
WORKSPACE: Final[Mapping[str, tuple[str, str]]] = {
    "members": ("array of patterns", "Patterns of member directories, which contain a `pyproject.toml`."),
    "exclude": ("array of patterns", "Directories excluded from the workspace."),
}
CONFLICT: Final[Mapping[str, tuple[str, str]]] = {
    "extra": ("name", "An extra of the project."),
    "group": ("name", "A dependency group of the project."),
    "package": ("name", "What a member of the workspace, or the project itself, requires without extras and groups."),
}
AUDIT: Final[Mapping[str, tuple[str, str]]] = {
    "osv": ("URL", "URL of an OSV server to query as well."),
    "database": ("URL or path", "A dump of OSV to look in as well: a zip archive of its records."),
    "ignore": ("array of tables", "Vulnerabilities accepted temporarily, each with `id`, `reason` and `until`."),
    "on-lock": ("`none`, `malware`, `all`", "What to ask about releases before they are locked: malware is not."),
    "on-sync": ("`none`, `malware`", "What to ask about releases before they are installed: malware is not."),
}
IGNORED: Final[Mapping[str, tuple[str, str]]] = {
    "id": ("text", "Id of the vulnerability, in any database."),
    "reason": ("text", "Why it is accepted."),
    "until": ("date", "Expiry date: from this day on it is reported again."),
}
LICENSES: Final[Mapping[str, tuple[str, str]]] = {
    "allow": ("array of licenses", "The only licenses to accept. Default: all that are not denied."),
    "deny": ("array of licenses", "Licenses not to accept; counts before `allow`."),
    "exceptions": ("array of tables", "What holds for single packages until a date."),
    "on-sync": ("`none`, `refuse`", "What `sync` does about a lockfile with licenses that are not accepted."),
}
LICENSE_EXCEPTION: Final[Mapping[str, tuple[str, str]]] = {
    "package": ("requirement", "The package, with the versions it is about: `tool`, `tool<3`."),
    "license": ("SPDX expression", "Its license, in place of what its metadata says."),
    "allow": ("array of licenses", "Licenses to accept of this package as well."),
    "reason": ("text", "Why."),
    "until": ("date", "Expiry date: from this day on it does not count."),
}
VARIABLES: Final[Mapping[str, str]] = {
    "LOCKENV_INDEX_<NAME>_USERNAME": "User name for the index of that name.",
    "LOCKENV_INDEX_<NAME>_PASSWORD": "Password or token.",
    "LOCKENV_INDEX_<NAME>_CLIENT_CERT": "Client certificate; takes precedence over `client-cert`.",
    "LOCKENV_INDEX_<NAME>_URL": "URL of the index that these are sent to; no other scheme, host or port gets them.",
    "LOCKENV_VARIABLES": "Variables that `${VAR}` in files of a project may use, separated by spaces or commas.",
    "LOCKENV_DATA_DIR": "Absolute path of the directory of installed Pythons and of notes on environments.",
    "LOCKENV_MAX_DOWNLOAD": "Maximum size of a download in bytes. Default: 4 GiB, or 1 GiB if its size is not stated.",
    "LOCKENV_NOW": "Time to use instead of the clock, as RFC 3339.",
    "LOCKENV_TRACEBACK": "Print the traceback of an internal error.",
    "NO_COLOR": "Disable colors.",
    "FORCE_COLOR": "Enable colors even without a terminal.",
}
USER: Final[Mapping[str, tuple[str, str]]] = {
    "allow-http": ("array of hosts", "Hosts that may be accessed over plain HTTP."),
    "bounds": ("`lower`, `major`, `minor`, `exact`, `none`", "Bounds that `add` writes for a bare name."),
    "bytecode": ("`compile`, `ignore`, `forbid`", "How `verify` treats bytecode."),
    "cache-dir": ("path", "Directory of the cache."),
    "cert": ("path", "CA certificates to trust instead of the system's."),
    "color": ("`auto`, `always`, `never`", "When to color the output."),
    "compile": ("boolean", "Compile all modules to bytecode at `sync`."),
    "mirror": ("array of URLs", "Indexes to search for locked files first."),
    "no-editable": ("boolean", "Install the project itself as a copy, not as editable."),
    "no-progress": ("boolean", "Do not show progress."),
    "no-sync": ("boolean", "Do not sync the environment at `add` and `remove`."),
    "offline": ("boolean", "Use only cached files, without network access."),
    "python-archives": (
        "array of tables",
        "Archives of Pythons that `lockenv python install` may install, each with `file` and `sha256`.",
    ),
    "python-mirror": ("URL", "Where Pythons are downloaded from: a mirror of the releases of python-build-standalone."),
    "quiet": ("boolean", "Print errors only."),
    "verbose": ("boolean", "Print each step, as `-v` does."),
    "index": (
        "array of tables",
        "The indexes of projects that declare none, with the keys of a project's index; and where credentials go.",
    ),
    "environments-dir": ("path", "Directory of the environments of all projects, in place of each `.venv`."),
    "proxies": ("table of URLs", "Proxies by scheme: `http`, `https`, `all`; under `no` the hosts to reach directly."),
    "variables": ("array of names", "Environment variables that `${VAR}` in files of projects may use."),
}
INPUTS: Final[Mapping[str, str]] = {
    "requires-python": "The project's `requires-python`, its clauses sorted.",
    "python": "The setting `python`.",
    "python-archives": "The archives of Pythons that the project pins, if it has `python`.",
    "dependencies": "What the project requires, without extras and groups.",
    "extras": "What each extra requires.",
    "groups": "What each dependency group requires, groups that it includes written out.",
    "default-groups": "The default groups.",
    "constraints": "The constraints.",
    "overrides": "The overrides.",
    "dependency-groups": "The `requires-python` of groups that have one.",
    "exclude-dependencies": "Packages that are left out, whatever requires them.",
    "environments": "The environments that are declared.",
    "required-environments": "Environments for which every package must have a file.",
    "conflicts": "Sets of `extra:NAME` and `group:NAME`.",
    "indexes": "The indexes in their order: `name`, `url`, `explicit`, `flat` (a folder or page), `last`.",
    "sources": "Packages and the only index each may come from.",
    "direct": "Projects that come from a repository, an archive or a directory, and what the latter declare.",
    "prerelease": "The policy, where it is not the default.",
    "prerelease-package": "The policies of single projects.",
    "resolution": "The preference, where it is not the default.",
    "exclude-newer": "The cutoff; a span as it is written.",
    "exclude-newer-package": "The cutoffs of single projects; `none` for none.",
    "no-build": "Projects whose source distributions are not used, `*` for all.",
    "no-binary": "Projects whose wheels are not used, `*` for all.",
    "hashes": "A digest of the hashes that requirements files list for files of a project, by its name; "
    "`*` where they are required of all.",
    "accept-faults": "Projects and the rules that their wheels may break.",
    "dependency-metadata": "What the project states of releases, in place of their own metadata.",
    "fork": "What to prefer where Pythons differ, where it is not the default.",
    "licenses": "`recorded` where the project has `licenses`.",
    "deny-startup-code": "Whether it was looked for code that runs whenever Python starts.",
    "publishers": "`recorded` where the project has `publishers`.",
}
