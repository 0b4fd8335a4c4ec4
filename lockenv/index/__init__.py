"""Package indexes.

Duty: simple pages and core metadata to releases, fetched ahead of need; answers the resolver's Catalog.
In: index URLs and a fetcher. Out: releases and metadata. Never: choosing between versions.
"""
