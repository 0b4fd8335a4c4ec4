"""`python -m lockenv` is the command `lockenv`."""

import sys

if __name__ == "__main__":
    # `-m` puts the current directory first on the path. It may be a repository: nothing is loaded from there.
    if not sys.flags.safe_path:
        del sys.path[0]
    from lockenv.cli import program

    program()
