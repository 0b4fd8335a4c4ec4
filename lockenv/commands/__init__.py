"""One verb each: gather, decide, act, report.

Duty: connect rooms. In: Settings and arguments. Out: an exit code. Never: more than about 120 lines to a verb.
"""
