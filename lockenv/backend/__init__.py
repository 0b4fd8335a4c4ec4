"""Source distributions to metadata and wheels, by the backend they name, in an environment of its own.

Duty: open a source distribution strictly, read its build system, run its hooks; unpack the archive of a Python.
In: an archive that was checked, and somebody who makes environments. Out: METADATA, a wheel, a tree of files. Never: a
build that policy does not allow (the caller asks), a network, a resolution.
"""
