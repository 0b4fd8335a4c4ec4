"""Write, as JSON on standard output, where the interpreter that runs this file looks for installed packages.

Runs by path inside that interpreter (`python -I -S -B site_script.py`), as `probe_script` does: nothing of these
directories is imported, no `.pth` file is read. In the order of `sys.path` of an environment that shows them: what the
user installed for himself comes first.
"""

from __future__ import annotations

import json
import os
import site
import sys

if __name__ == "__main__":
    # `site` itself has not run; PYTHONNOUSERSITE is left to whoever asks, as this interpreter ignores it.
    own = [] if sys.argv[1:] == ["--no-user-site"] else [site.getusersitepackages()]
    sys.stdout.write(json.dumps([os.path.abspath(path) for path in (*own, *site.getsitepackages())]))
