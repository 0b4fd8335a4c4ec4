"""The lock, as the standard writes it (PEP 751).

Duty: compose, read and write canonical text, select for a target, judge freshness, list differences.
In: text, resolutions, manifests, targets. Out: text, selections, verdicts. Never: a file, a socket, a resolver.
"""
