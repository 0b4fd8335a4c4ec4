"""Say what an interpreter on Windows would: `python windows_python.py SCRIPT DIRECTORY` runs SCRIPT as one there.

Run by the substitute of `python.exe` of `windows.install`, with the options of the probe, in an interpreter of its own.
"""

from __future__ import annotations

import os
import platform
import sys
from types import ModuleType

script, directory = sys.argv[1:3]
os.name = "nt"
sys.platform = "win32"
sys.base_prefix = sys.prefix = sys.base_exec_prefix = sys.exec_prefix = directory
vars(sys)["_vpath"] = ""
vars(sys)["_base_executable"] = sys.executable = f"{directory}/python.exe"

for name in ("_winapi", "_sysconfig"):  # which Python 3.13 and later load there
    sys.modules.setdefault(name, ModuleType(name))
    vars(sys.modules[name]).setdefault("config_vars", dict)

import sysconfig  # noqa: E402 - it looks at the system when it is loaded

vars(platform).update(system=lambda: "Windows", machine=lambda: "AMD64", release=lambda: "10")
vars(sysconfig)["get_platform"] = lambda: "win-amd64"
with open(script, encoding="utf-8") as file:
    code = compile(file.read(), script, "exec")
exec(code, {"__name__": "__main__", "__file__": script})
