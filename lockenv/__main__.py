"""`python -m lockenv` is the command `lockenv`."""

from lockenv.cli import program

if __name__ == "__main__":
    program()
