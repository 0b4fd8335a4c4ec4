"""The marker algebra: sets of environments, exact and canonical.

Duty: environment markers (dependency specifiers specification) as an interned multi-valued decision diagram.
In: marker text and version specifiers. Out: `Marker` values; equal meaning is the same object. Never: evaluation by
Python's `eval`, a result that depends on the order of creation.
"""
