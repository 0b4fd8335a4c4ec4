"""Bytes from elsewhere, checked.

Duty: HTTP with cache, retries, timeouts, hashing while reading; folders; parallel work. Threads live here alone.
In: URLs and what is expected of them. Out: verified bytes. Never: knowing what a page or a wheel means.
"""
