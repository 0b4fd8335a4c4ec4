"""The options that select what of a lockfile is meant, the same for every command that selects.

In: values of options, or nothing for the defaults. Out: SelectionOptions. Never: reading a lockfile.
"""

from __future__ import annotations

from lockenv.errors import UsageError
from lockenv.vocabulary.dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionOptions:
    """Which part of a lockfile is meant, as the user names it; by default what a plain sync installs."""

    extra: tuple[str, ...] = ()
    all_extras: bool = False
    group: tuple[str, ...] = ()
    all_groups: bool = False
    no_default_groups: bool = False
    no_group: tuple[str, ...] = ()
    """Dependency groups that are left out, whatever else names them."""
    no_dev: bool = False
    """Whether the group `dev` is left out, if there is one."""
    only_group: tuple[str, ...] = ()
    """Dependency groups that alone are meant: without the project and without its own dependencies."""
    package: tuple[str, ...] = ()
    """Members of the workspace that alone are meant, with what they need, or with `only_group` these groups of them;
    empty for all."""
    all_packages: bool = False
    """Whether every member of the workspace is meant, whatever the last sync selected."""
    no_install_package: tuple[str, ...] = ()
    """Packages that are left out; what they need is not."""
    no_project: bool = False
    """Whether the project itself is left out."""
    no_install_workspace: bool = False
    """Whether the project itself and all members of its workspace are left out."""
    no_install_local: bool = False
    """Whether everything that is installed from this machine is left out."""

    @property
    def is_silent(self) -> bool:
        """Whether none of the options is used."""
        return self == _DEFAULTS

    def check(self) -> None:
        """Raise UsageError for options that contradict each other."""
        others = {
            "--extra": self.extra,
            "--all-extras": self.all_extras,
            "--group": self.group,
            "--all-groups": self.all_groups,
        }
        named = [flag for flag, value in others.items() if value]
        if self.only_group and named:
            raise UsageError(
                f"--only-group, which selects nothing but its groups, cannot be used with {' and '.join(named)}",
                hint="use --group to select a group and the project's own dependencies; repeat --only-group for more",
            )
        if self.package and self.all_packages:
            raise UsageError("--package selects some members and --all-packages all", hint="use one of them")


_DEFAULTS = SelectionOptions()
