"""Bytes on disk, written so that a kill leaves the old or the new.

Duty: atomic replacement, locks between processes, every mutation of caches and environments, with named fault points.
In: paths and bytes. Out: files. Never: knowing what a lock or a wheel is.
"""
