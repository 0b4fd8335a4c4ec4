"""The entry points of a distribution, from one text in ini form.

Pure: the text goes in, the groups come out (entry points specification, "File format").
"""

from __future__ import annotations

import configparser


def read_entry_points(text: str) -> dict[str, dict[str, str]] | None:
    """Return the groups in `text` that have entries, each by its name; None for what cannot be read.

    Names are case-sensitive. Lines may be indented, as in a text within a call.
    """
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), default_section="")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string("\n".join(line.strip() for line in text.splitlines()))
    except configparser.Error:
        return None
    return {group: dict(parser.items(group)) for group in parser.sections() if parser.items(group)}
