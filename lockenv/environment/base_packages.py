"""What a base interpreter has installed, as an environment that shows it would find it.

An interpreter and names go in; directories, and the versions that are there, come out. The interpreter is run once,
isolated, to say where it looks; what is there is read from the names of its `.dist-info` directories, and no code of a
package or of a project is run. Nothing is written.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from lockenv.environment import run_probe
from lockenv.environment.installed import scan_directory
from lockenv.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockenv.vocabulary.names import NormalizedName

_SCRIPT = os.path.join(os.path.dirname(__file__), "site_script.py")


def directories(executable: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return where the base interpreter looks for packages, in its order, those of the user first; absolute.

    Some may not exist. Raises MachineError where it cannot say.
    """
    variables = run_probe.isolated(environ)
    if "PYTHONUSERBASE" in environ:
        variables["PYTHONUSERBASE"] = environ["PYTHONUSERBASE"]
    words = ["--no-user-site"] if environ.get("PYTHONNOUSERSITE") else []
    answer = run_probe.said(executable, _SCRIPT, words, variables)
    try:
        found = json.loads(answer.stdout)
    except ValueError as error:
        raise MachineError(
            f"{executable} does not say where its packages are installed", hint="choose another Python"
        ) from error
    return tuple(dict.fromkeys(map(str, found)))


def versions(places: Sequence[str], names: Collection[NormalizedName]) -> Mapping[NormalizedName, tuple[str, ...]]:
    """Return the versions of each of `names` in the first of `places` that has it, sorted; none for what none has.

    An import takes the first, too. Raises MachineError where a directory cannot be read.
    """
    found: dict[NormalizedName, tuple[str, ...]] = {}
    for place in places:
        if not os.path.isdir(place):
            continue
        here: dict[NormalizedName, set[str]] = {}
        for one in scan_directory(place):
            if one.name in names:
                here.setdefault(one.name, set()).add(one.version.replace("_", "-"))
        found = {**{name: tuple(sorted(some)) for name, some in here.items()}, **found}
    return {name: found.get(name, ()) for name in names}
