"""`lockenv upgrade`: raise the bounds of declared requirements, lock the newest versions, install them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.commands.after_change import Target, finish
from lockenv.errors import ExitCode, UsageError
from lockenv.operations import declare, declare_again
from lockenv.operations.resolving import UpgradeChoice, names_to_refresh
from lockenv.operations.upgrade import upgrade
from lockenv.project import edit
from lockenv.report import build_permission, outcome
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Unsolvable


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv upgrade` was asked."""

    names: list[str]
    exclude: list[str]
    refresh: bool
    refresh_package: list[str]
    dry_run: bool
    no_sync: bool
    venv: str


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Upgrade the packages named, or all that are declared, or report why not; then nothing is changed."""
    found = declare.declaration(settings)
    if not found.project.pyproject:
        raise UsageError(
            f"upgrade raises bounds in pyproject.toml, and {found.name} is another file",
            hint="edit the bounds there and run `lockenv lock --upgrade`",
        )
    names = _names(options.names, options.exclude, found)
    is_all = not (options.names or options.exclude)
    choice = UpgradeChoice(
        upgrade=is_all,
        named={} if is_all else dict.fromkeys(sorted(names), ""),
        refresh=options.refresh,
        refresh_packages=names_to_refresh(options.refresh_package),
    )

    def change(declared: declare.Declaration) -> declare.ChangedDeclaration | Unsolvable | NeedsPermission:
        def attempt(granted: tuple[str, ...]) -> declare.ChangedDeclaration | Unsolvable | NeedsPermission:
            return upgrade(declared, names, choice, settings, console, dry_run=options.dry_run, allow_build=granted)

        return build_permission.answered(attempt, console)

    answer = declare_again.changed(change, found, names, settings, console)
    code = outcome.report_changed(
        answer, console, command="lockenv lock", name=found.name, unchanged="has no bound to raise"
    )
    if code is not ExitCode.YES or options.dry_run:
        return code
    target = Target(found.project, None, options.venv, no_sync=options.no_sync)
    return finish(target, outcome.reported(answer), settings, console, names)


def _names(written: Sequence[str], excluded: Sequence[str], found: declare.Declaration) -> frozenset[NormalizedName]:
    """Return the packages to upgrade: all that are declared unless some are named, without the `excluded`.

    Raises UsageError, also where none is left.
    """
    declared = edit.declared_names(found.text)
    named = {normalize(name): name for name in (*written, *excluded)}
    unknown = [name for normalized, name in named.items() if normalized not in declared]
    if unknown:
        packages = " ".join(f"-P {name}" for name in unknown)
        raise UsageError(
            f"{found.name} does not declare {', '.join(f'`{name}`' for name in unknown)}",
            hint=f"run `lockenv lock {packages}` to upgrade what other packages require",
        )
    left = (frozenset(map(normalize, written)) or declared) - frozenset(map(normalize, excluded))
    if excluded and not left:
        raise UsageError("--exclude leaves nothing to upgrade", hint="name the packages to upgrade instead")
    return left
