"""Reproducible Python environments from one standard lockfile, proved and checked byte for byte."""

__version__ = "0.1.0"
