"""Make the tables of the reference from the program: `python -m tests.documents.reference` rewrites them.

Pages go in; the same pages come out, with what is between `<!-- made: NAME -->` and `<!-- end -->` made again.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lockenv import errors
from lockenv.cli.options import COMMANDS, COMMON, Command, Option
from lockenv.lockfile.inputs import inputs
from lockenv.project import audit, direct, layers, licenses, requirements, settings, user
from lockenv.project.pyproject import manifest
from lockenv.report.findings import RULES
from lockenv.vocabulary.dataclasses import replace
from tests.documents import meanings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

DOCS: Final = Path(__file__).parents[2] / "docs"
_MADE = re.compile(r"(?<=<!-- made: )([a-z-]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
_MEMBER = re.compile(r'    ([A-Z]+) = \d+\n    """(.*?)"""')
_RULE = re.compile(r"^\| (`[a-z0-9-]+`(?:, `[a-z0-9-]+`)*) \|", re.MULTILINE)
EVERYTHING = """\
[project]
name = "everything"
version = "1"
requires-python = ">=3.11"
dependencies = ["idna"]

[project.optional-dependencies]
cpu = ["idna"]
gpu = ["idna"]

[dependency-groups]
dev = ["idna"]

[tool.lockenv]
environments = ["sys_platform == 'linux'"]
required-environments = ["sys_platform == 'linux'"]
prerelease = "allow"
prerelease-package = { idna = "disallow" }
resolution = "lowest"
exclude-newer = "2026-01-01"
exclude-newer-package = { idna = false }
allow-build = ["docopt"]
no-build-package = ["idna"]
no-binary-package = ["docopt"]
constraints = ["idna<9"]
overrides = ["idna>1"]
exclude-dependencies = ["six"]
dependency-groups = { dev = { requires-python = ">=3.12" } }
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]
find-links = ["wheels"]
fork = "fewest"
accept-faults = { idna = ["record-mismatch"] }
dependency-metadata = [{ name = "docopt", version = "0.6", requires-dist = ["idna"] }]
deny-startup-code = true
allow-startup-code = ["docopt"]
publishers = { idna = { repository = "kjd/idna", workflow = ["a.yml", "b.yml"] }, "acme-*" = false }
index = [{ name = "internal", url = "https://index.example/simple/" }]

[tool.lockenv.sources]
ours = { index = "internal" }
tool = { url = "https://files.example/tool-1.0.zip" }
"""


def made(page: str) -> str:
    """Return the text of a page with each of its made parts as the program makes it now."""
    return _MADE.sub(lambda part: f"{part[1]}{part[2]}\n{PARTS[part[1]]()}\n", page)


def commands() -> str:
    """Return a section for each command."""
    return "\n".join(_command(command) for command in COMMANDS)


def _command(command: Command) -> str:
    usage = " ".join(["lockenv", command.name, "[OPTION ...]", *filter(None, map(_word, command.options))])
    rows = f"\n{_options(command.options)}" if command.options else ""
    return f"## {command.name}\n\n```text\n{usage}\n```\n\n{_sentence(command.meaning)}\n{rows}"


def _word(option: Option) -> str:
    match option.kind:
        case "word":
            return option.metavar
        case "words":
            return f"[{option.metavar} ...]"
        case "action":
            return "|".join(option.choices)
        case "rest":
            return option.metavar
        case _:
            return ""


def _options(options: Iterable[Option]) -> str:
    return _table(
        ("option", "variable", "means"), [(_flags(each), _variable(each), _meaning(each)) for each in options]
    )


def _flags(option: Option) -> str:
    """A vertical bar would end the cell, or be shown with what escapes it: choices are listed in words."""
    words = [f"`{choice}`" for choice in option.choices]
    choices = " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
    if not option.flags[0].startswith("-"):
        return choices or f"`{option.metavar}`"
    value = f" {option.metavar}" if option.metavar else ""
    flags = ", ".join(f"`{flag}{value if flag == option.flags[-1] else ''}`" for flag in option.flags)
    return f"{flags} with {choices}" if choices else flags


def _variable(option: Option) -> str:
    return "" if not option.flags[0].startswith("-") else f"`{option.variable}`"


def _meaning(option: Option) -> str:
    return f"{option.meaning} (repeatable)" if option.kind == "list" else option.meaning


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _keys(keys: Iterable[str], reported: Mapping[str, tuple[str, str]]) -> str:
    return _table(("key", "value", "means"), [(f"`{key}`", *reported[key]) for key in keys])


def _inputs() -> str:
    project = manifest(EVERYTHING, "pyproject.toml", now="2026-01-01T00:00:00Z")
    listed = requirements.manifest(["requirements.txt"], lambda _: f"a==1 --hash=sha256:{'0' * 64}", {})
    found = inputs(replace(project, policy=replace(project.policy, hashes=listed.policy.hashes)))
    return _table(("key", "holds"), [(f"`{key}`", meanings.INPUTS[key]) for key in found])


def _exits() -> str:
    reported = dict(_MEMBER.findall(inspect.getsource(errors.ExitCode)))
    return _table(
        ("exit code", "means"),
        [
            (f"`{int(code)}`", reported[code.name])
            for code in vars(errors.ExitCode).values()
            if isinstance(code, errors.ExitCode)
        ],
    )


def _kinds() -> str:
    found = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.LockenvError)]
    rows = [
        (f"`{kind.kind}`", f"`{int(kind.exit_code)}`", (kind.__doc__ or "").splitlines()[0])
        for kind in found
        if kind is not errors.LockenvError
    ]
    return _table(("kind", "exit code", "means"), rows)


def _findings() -> str:
    return _listed(RULES)


def refusals() -> list[str]:
    """Return the ids of the rules that `docs/security-rules.md` has, in its order."""
    text = DOCS.joinpath("security-rules.md").read_text("utf-8")
    return [rule.strip("`") for cell in _RULE.findall(text) for rule in cell.split(", ")]


def _refusals() -> str:
    return _listed(refusals())


def _listed(rules: Iterable[str]) -> str:
    return textwrap.fill(", ".join(f"`{rule}`" for rule in sorted(rules)), 120, break_on_hyphens=False) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |\n" for row in (head, *rows)]
    return "".join([lines[0], "|---" * len(head) + "|\n", *lines[1:]])


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "commands": commands,
    "common": lambda: _options(COMMON),
    "settings": lambda: _keys(settings.KEYS, meanings.SETTINGS),
    "index": lambda: _keys(settings.INDEX_KEYS, meanings.INDEX),
    "source": lambda: _keys((*direct.KEYS, *direct.CONDITIONS), meanings.SOURCE),
    "workspace": lambda: _keys(settings.WORKSPACE_KEYS, meanings.WORKSPACE),
    "named-lock": lambda: _keys(layers.OF_LOCK, meanings.NAMED_LOCK),
    "conflict": lambda: _keys(settings.CONFLICT_KEYS, meanings.CONFLICT),
    "audit": lambda: _keys(audit.KEYS, meanings.AUDIT),
    "ignored": lambda: _keys(audit.IGNORED_KEYS, meanings.IGNORED),
    "licenses": lambda: _keys(licenses.KEYS, meanings.LICENSES),
    "license-exceptions": lambda: _keys(licenses.EXCEPTION_KEYS, meanings.LICENSE_EXCEPTION),
    "user": lambda: _keys(user.KEYS, meanings.USER),
    "variables": lambda: _table(
        ("variable", "means"), [(f"`{key}`", text) for key, text in meanings.VARIABLES.items()]
    ),
    "inputs": _inputs,
    "exits": _exits,
    "kinds": _kinds,
    "findings": _findings,
    "refusals": _refusals,
}


def pages() -> list[Path]:
    """Return the pages with made parts."""
    return sorted(DOCS.joinpath("reference").glob("*.md"))


if __name__ == "__main__":
    for path in pages():
        path.write_text(made(path.read_text("utf-8")), "utf-8")
