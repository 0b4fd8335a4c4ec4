"""What each key means, one sentence each: of `[tool.lockenv]`, of its tables, and of what a lock records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    "environments": (
        "array of markers",
        "The environments to lock for, instead of all that `requires-python` admits.",
    ),
    "required-environments": ("array of markers", "Environments in which every package must have a file."),
    "prerelease": (
        "`if-necessary-or-explicit`, `allow`, `disallow`",
        "Whether prereleases may be chosen: by default only where the project itself names one (a "
        "requirement, constraint or override, where it applies), or where no final release satisfies all requirements.",
    ),
    "prerelease-package": ("table, by name", "The same for single projects."),
    "resolution": (
        "`highest`, `lowest`, `lowest-direct`",
        "Which admitted version to prefer; `lowest-direct` takes the lowest of what the project itself requires.",
    ),
    "exclude-newer": (
        "date, RFC 3339, or a span such as `7 days`",
        "Releases that were uploaded later do not count; a date means the end of that day in UTC.",
    ),
    "exclude-newer-package": ("table, by name", "Another cutoff for single projects, or `false` for none."),
    "allow-build": (
        "array of names, or `true`",
        "Packages whose sdists may run code to be built; `lock --allow-build NAME` adds one, `*` all. Default: none.",
    ),
    "build-network": ("boolean", "Builds may reach the network; else nothing but their own loopback, where it can be."),
    "no-build": ("boolean", "Use no source distribution at all."),
    "no-build-package": ("array of names", "Use no source distribution of these projects."),
    "no-binary": ("boolean", "Use no wheel at all."),
    "no-binary-package": ("array of names", "Use no wheel of these projects."),
    "constraints": ("array of requirements", "Versions that projects must have where something requires them."),
    "overrides": ("array of requirements", "Requirements that stand in for all others on their projects."),
    "default-groups": ("array of groups", "The groups that are installed unasked; `dev` where it exists."),
    "conflicts": ("array of arrays", "Extras and groups that are never installed together."),
    "index": ("array of tables", "The indexes, in the order in which they are asked."),
    "find-links": ("array of paths and URLs", "Folders and pages of files, which come before every index."),
    "no-index": ("boolean", "Ask nothing but what is declared, not even the default index."),
    "sources": ("table, by name", "Where single projects come from, and from nowhere else."),
    "workspace": ("table", "Which directories are members of this workspace."),
    "allowed-hosts": ("array of hosts", "The only hosts that locked files may come from."),
    "allow-overwrite": (
        'array of `"winner>loser"`',
        "Whose file is installed where those of two distributions differ at one path. Default: they are refused.",
    ),
    "accept-faults": (
        "table of arrays of rules, by name",
        "Which of the rules that may be accepted the wheels of these projects may break. Default: none.",
    ),
    "dependency-metadata": (
        "array of tables",
        "What single releases require, in place of what their files say or a build would: `name`, `version` (every one "
        "where it is absent), `requires-dist`, `requires-python`, `provides-extra`.",
    ),
    "fork": (
        "`latest`, `fewest`",
        "Where environments differ: the newest version for each, or one version wherever one serves.",
    ),
    "audit": ("table", "What `audit` asks besides the indexes, and which vulnerabilities the project bears."),
}
INDEX: Final[Mapping[str, tuple[str, str]]] = {
    "name": (
        "text",
        "What `sources` and the variables for credentials call it; names that differ in punctuation alone are one.",
    ),
    "url": ("text", "Its simple root (PEP 503, PEP 691): `https://…`, `file:///…`, or a folder that begins with `./`."),
    "explicit": ("boolean", "It serves only what `sources` gives to it."),
    "mirrors": ("array of URLs", "Simple roots that are asked for a locked file when its own URL fails."),
    "authenticate": ("boolean", "Never ask it without credentials: an index may hide from strangers what it has."),
    "client-cert": ("path", "A file with the certificate, and its key, to show to it."),
}
SOURCE: Final[Mapping[str, tuple[str, str]]] = {
    "index": ("name", "The declared index that alone serves it."),
    "git": ("URL", "The repository that it is built from."),
    "rev": ("text", "The commit of that repository, or anything that names one."),
    "tag": ("text", "The tag of that repository."),
    "branch": ("text", "The branch of that repository; the lock holds the commit that it was at."),
    "subdirectory": ("path", "Where in the repository, archive or directory the project lies."),
    "url": ("URL", "The wheel or source archive."),
    "path": ("path", "The directory, wheel or source archive, relative to the project."),
    "editable": ("boolean", "Install the directory as a link to its sources."),
    "workspace": ("boolean", "It is a member of this workspace."),
    "marker": ("marker", "It comes from there in these environments; several sources are an array of such tables."),
    "extra": ("name", "It comes from there where this extra of the project is chosen."),
    "group": ("name", "It comes from there where this group of the project is chosen."),
}
WORKSPACE: Final[Mapping[str, tuple[str, str]]] = {
    "members": ("array of patterns", "Directories below this one; each that has a `pyproject.toml` is a member."),
    "exclude": ("array of patterns", "Directories that are none all the same."),
}
CONFLICT: Final[Mapping[str, tuple[str, str]]] = {
    "extra": ("name", "An extra of the project."),
    "group": ("name", "A dependency group of the project."),
}
AUDIT: Final[Mapping[str, tuple[str, str]]] = {
    "osv": ("URL", "An OSV server to ask too."),
    "ignore": ("array of tables", "Vulnerabilities that the project bears, each with `id`, `reason` and `until`."),
}
IGNORED: Final[Mapping[str, tuple[str, str]]] = {
    "id": ("text", "Its id in any database."),
    "reason": ("text", "Why the project bears it."),
    "until": ("date", "The first day on which it counts again."),
}
VARIABLES: Final[Mapping[str, str]] = {
    "LOCKENV_INDEX_<NAME>_USERNAME": "The user at the index of that name.",
    "LOCKENV_INDEX_<NAME>_PASSWORD": "The password, or the token.",
    "LOCKENV_INDEX_<NAME>_CLIENT_CERT": "The client certificate to show to it; wins over `client-cert`.",
    "LOCKENV_INDEX_<NAME>_URL": "The index that these three go to: none goes to another scheme, host or port.",
    "LOCKENV_VARIABLES": "The variables that `${VAR}` in files of a project may use, with blanks or commas between.",
    "LOCKENV_MAX_DOWNLOAD": "Bytes that a file may have. Default: 4 GiB; 1 GiB where nothing states its size.",
    "LOCKENV_NOW": "The moment that stands in for the clock, RFC 3339.",
    "LOCKENV_TRACEBACK": "Print the whole trace of a bug in lockenv.",
    "NO_COLOR": "Draw without colors.",
    "FORCE_COLOR": "Draw with colors also where there is no terminal.",
}
USER: Final[Mapping[str, tuple[str, str]]] = {
    "allow-http": ("array of hosts", "Hosts that may be spoken to without encryption."),
    "bounds": ("`lower`, `major`, `minor`, `exact`, `none`", "What `add` writes for a name alone."),
    "bytecode": ("`compile`, `ignore`, `forbid`", "What `verify` does about byte-code."),
    "cache-dir": ("path", "Where downloads, metadata and unpacked wheels are kept."),
    "cert": ("path", "A file of certificates to trust, instead of the system's."),
    "compile": ("boolean", "Compile all modules at `sync`."),
    "mirror": ("array of URLs", "Indexes on which locked files are looked for first."),
    "no-editable": ("boolean", "Install a copy of the project itself, not a link."),
    "no-sync": ("boolean", "Leave the environment as it is at `add` and `remove`."),
    "offline": ("boolean", "Ask no server."),
    "quiet": ("boolean", "Print errors only."),
    "verbose": ("boolean", "Say more."),
    "index": (
        "array of tables",
        "The indexes of projects that declare none, with the keys of a project's index; and where credentials go.",
    ),
    "proxies": ("table of URLs", "Proxies by scheme: `http`, `https`, `all`; under `no` the hosts to reach directly."),
    "variables": ("array of names", "The variables that `${VAR}` in files of projects may use."),
}
INPUTS: Final[Mapping[str, str]] = {
    "requires-python": "The Pythons of the project, its clauses sorted.",
    "dependencies": "What the project requires, without extras and groups.",
    "extras": "What each extra requires.",
    "groups": "What each dependency group requires, groups that it includes written out.",
    "default-groups": "The groups that are installed unasked.",
    "constraints": "The constraints.",
    "overrides": "The overrides.",
    "environments": "The environments that are declared.",
    "required-environments": "The environments that must have a file of everything.",
    "conflicts": "Sets of `extra:NAME` and `group:NAME`.",
    "indexes": "The indexes in their order: `name`, `url`, `explicit`, `flat` (a folder or page), `last`.",
    "sources": "Projects and the names of the indexes that alone serve them.",
    "direct": "Projects that come from a repository, an archive or a directory, and what the latter declare.",
    "prerelease": "The policy, where it is not the default.",
    "prerelease-package": "The policies of single projects.",
    "resolution": "The preference, where it is not the default.",
    "exclude-newer": "The cutoff; a span as it is written.",
    "exclude-newer-package": "The cutoffs of single projects; `none` for none.",
    "no-build": "Projects whose source distributions are not used, `*` for all.",
    "no-binary": "Projects whose wheels are not used, `*` for all.",
    "accept-faults": "Projects and the rules that their wheels may break.",
    "dependency-metadata": "What the project states of releases, in place of their own metadata.",
    "fork": "What to prefer where Pythons differ, where it is not the default.",
}
