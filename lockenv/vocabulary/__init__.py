"""The values that travel between rooms, and the marker algebra.

Duty: name what the field names (requirement, distribution, pin, manifest, target) and hold it, frozen.
In: text that a standard defines. Out: values. Never: a file, a socket, a process, a policy.
"""
