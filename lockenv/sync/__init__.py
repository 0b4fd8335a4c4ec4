"""From a lock to an environment that is equal to it.

Duty: plan the smallest change, stage verified wheels in the store, apply, record.
In: selected files and an environment. Out: the environment. Never: resolving, reading a manifest.
"""
