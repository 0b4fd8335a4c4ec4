"""The only writer to the terminal.

Duty: errors, changes, progress and data, as text or JSON. In: values. Out: characters. Never: deciding anything.
"""
