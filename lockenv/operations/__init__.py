"""What lockenv does, as a library: requests in, values out.

Duty: discover, lock, sync, check, edit, audit, bundle. Never: printing, reading argv.
"""
