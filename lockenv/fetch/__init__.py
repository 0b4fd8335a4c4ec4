"""Bytes from elsewhere, checked.

Duty: HTTP with cache, retries, timeouts and hashing while reading; folders; work in parallel. The only room with threads.
In: URLs and what is expected of them. Out: verified bytes. Never: knowing what a page or a wheel means.
"""
