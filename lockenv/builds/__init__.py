"""Locked builds: what may be built, with what, and from where.

Duty: the build lock, the cache of built wheels, sources. In: a lock, a policy. Out: wheels, metadata.
Never: a build that the policy does not allow.
"""
