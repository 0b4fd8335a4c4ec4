"""What a run has to go by: settings, accounts, indexes, mirrors and local files.

Duty: from settings to servers. In: Settings, a Manifest. Out: fetchers, catalogs, credentials. Never: resolving or
installing.
"""
