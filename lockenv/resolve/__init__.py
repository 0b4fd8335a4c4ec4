"""From declared requirements to a proved closure.

Duty: search with resolvelib over masks and markers, prove the answer, explain the lack of one.
In: a Manifest, a Catalog, the old pins. Out: Resolution, Unsolvable or NeedsPermission. Never: a file, a socket, a
process.
"""
