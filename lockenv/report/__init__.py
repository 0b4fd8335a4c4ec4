"""Values as text, JSON, SARIF, Markdown and HTML: one writer for each format.

In: what operations return. Out: what the console writes. Never: deciding anything.
"""
