"""What people call the machines of some environments.

Pure: a Marker goes in, a text such as `Linux` or `macOS x86_64 or Windows` comes out.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from lockenv.vocabulary import markers
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.wheeltags import USUAL

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final

    from lockenv.vocabulary.markers import Marker

_SYSTEMS: Final = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
_MACHINES: Final = {
    "linux": ("x86_64", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64", "i686"),
    "darwin": ("arm64", "x86_64"),
    "win32": ("AMD64", "ARM64", "x86"),
}


def machine_names(where: Marker) -> str:
    """Return the systems of `where`, each with its machines where not all of them are meant.

    A marker in backquotes where none of the usual systems is meant, or machines that have no usual name.
    """
    around = where.without(("python_full_version", "implementation_name", "implementation_version"))
    around = around.without_extras_and_groups()
    found: list[str] = []
    for system, title in _SYSTEMS.items():
        usual = USUAL & markers.parse(f"sys_platform == '{system}'") & markers.WORLD
        here = usual & around
        if here is markers.NEVER:
            continue
        machines = [
            name for name in _MACHINES[system] if not here.disjoint(markers.parse(f"platform_machine == '{name}'"))
        ]
        if here is usual:
            found.append(title)
        elif machines and len(machines) < len(_MACHINES[system]):
            found += [f"{title} {machine}" for machine in machines]
        else:
            return f"`{marker_text(where)}`"
    if not found:
        return f"`{marker_text(where)}`"
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} or {found[-1]}"
