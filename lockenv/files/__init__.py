"""Bytes on disk, written so that a kill leaves the old or the new.

Duty: atomic replacement, locks between processes, every mutation of caches and environments, with named fault points;
which file a name on PATH is, and git, whose files these may be.
In: paths and bytes. Out: files. Never: knowing what a lock or a wheel is.
"""
