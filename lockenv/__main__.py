"""`python -m lockenv` is the command `lockenv`."""

from lockenv.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
