"""The arguments of `setup()` in a `setup.py`, as far as they are written out.

Pure: a syntax tree goes in; keywords and the values of literals come out. Nothing is run.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SPREAD: Final = "**"
"""In place of the name of a keyword: others, which are computed."""


class SetupKeyword(NamedTuple):
    """One keyword of a call of `setup()`."""

    name: str
    node: ast.expr | None
    """Its value; None where that changes."""
    line: int
    """Counted from 1."""


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls of `setup()`, or of an attribute of that name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) == "setup":
            yield node


def _called(call: ast.Call) -> str:
    """Return the name of the function that is called, without the module it is in; empty where it has none."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else str(getattr(call.func, "id", ""))


def keywords(call: ast.Call, tree: ast.Module) -> Iterator[SetupKeyword]:
    """Yield the keywords of a call, those of dictionaries behind `**` included where these are written out.

    What is computed there, or set to None, which setuptools takes as not given, is SPREAD or left out.
    """
    for keyword in call.keywords:
        if keyword.arg is None:
            found = _spread(keyword.value, tree)
            yield from [SetupKeyword(SPREAD, None, call.lineno)] if found is None else found
        elif not _is_none(keyword.value):
            yield SetupKeyword(keyword.arg, keyword.value, keyword.value.lineno)


def is_dictionary(node: ast.expr) -> bool:
    """Return whether an expression is a dictionary, whatever it contains."""
    return isinstance(node, (ast.Dict, ast.DictComp)) or (isinstance(node, ast.Call) and _called(node) == "dict")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _spread(node: ast.expr, tree: ast.Module) -> list[SetupKeyword] | None:
    """Return the keywords in a dictionary, or in those that a name is given; None where one is not written out.

    A value is known where the one dictionary has it and nothing changes it.
    """
    if not isinstance(node, ast.Name):
        return _entries(node)
    displays, changes = [], []
    for one in ast.walk(tree):
        if isinstance(one, ast.Assign) and any(_is_named(to, node.id) for to in one.targets):
            displays.append(_entries(one.value))
        elif isinstance(one, ast.AugAssign) and _is_named(one.target, node.id):
            changes.append(_entries(one.value))
        elif isinstance(one, ast.Subscript) and _is_named(one.value, node.id):
            changes.append(_entry(one.slice, None))
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and _is_named(one.func.value, node.id):
            changes.append(_changed(one))
    if not displays or None in displays or None in changes:
        return None
    found = {one.name: one for entries in displays for one in entries or ()}
    unknown = changes if len(displays) == 1 else [*displays, *changes]
    found |= {one.name: one._replace(node=None) for entries in unknown for one in entries or ()}
    return list(found.values())


def _changed(call: ast.Call) -> list[SetupKeyword] | None:
    """Return the keywords that the call of a method adds to a dictionary; None where they are not written out."""
    match _called(call), call.args:
        case "update", [] | [_]:
            return _whole([*map(_entries, call.args), _keywords(call)])
        case "update", _:
            return None
        case "setdefault", [key, *_]:
            return _entry(key, None)
    return []


def _entries(node: ast.expr) -> list[SetupKeyword] | None:
    """Return the entries of a dictionary, or the keywords of a call of `dict`; None for anything else."""
    if isinstance(node, ast.Dict):
        return _whole(_entry(key, value) for key, value in zip(node.keys, node.values, strict=True))
    return _keywords(node) if isinstance(node, ast.Call) and not node.args and _called(node) == "dict" else None


def _keywords(call: ast.Call) -> list[SetupKeyword] | None:
    """Return the keyword arguments of a call; None where some are not written out."""
    return _whole(_entry(ast.Constant(one.arg), one.value) for one in call.keywords)


def _whole(parts: Iterable[list[SetupKeyword] | None]) -> list[SetupKeyword] | None:
    """Return all that is in `parts`; None where one of them is."""
    found = list(parts)
    return None if None in found else [one for part in found for one in part or ()]


def _entry(key: ast.expr | None, value: ast.expr | None) -> list[SetupKeyword] | None:
    """Return the keyword of one entry, none where its value is None; None where its key is computed."""
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
        return None
    line = getattr(value or key, "lineno", 0)
    return [] if value is not None and _is_none(value) else [SetupKeyword(key.value, value, line)]


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that are assigned once, at the top of the module, and never changed there."""
    targets = [
        target.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    changed = {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.value, ast.Name)
    }
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if targets.count(name) == 1 and name not in changed:
                yield name, node.value


def value_of(node: ast.expr, names: Mapping[str, ast.expr], depth: int = 0) -> Any:
    """Return the value of an expression that is a literal, or a sum or a name of literals; else None."""
    if depth > 20:
        return None
    if isinstance(node, ast.Name) and node.id in names:
        return value_of(names[node.id], names, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = value_of(node.left, names, depth + 1), value_of(node.right, names, depth + 1)
        both = isinstance(left, (list, str)) and type(left) is type(right)
        return left + right if both else None
    if isinstance(node, (ast.List, ast.Tuple)):
        elements = [value_of(element, names, depth + 1) for element in node.elts]
        return None if None in elements else elements
    if isinstance(node, ast.Dict):
        keys = [value_of(key, names, depth + 1) if key else None for key in node.keys]
        values = [value_of(value, names, depth + 1) for value in node.values]
        is_known = all(isinstance(key, str) for key in keys) and None not in values
        return dict(zip(keys, values, strict=True)) if is_known else None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
