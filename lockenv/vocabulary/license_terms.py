"""Decide whether a license expression can be met with the licenses that someone accepts.

Pure: expressions (SPDX specification, annex "SPDX license expressions"; PEP 639) and a predicate over single licenses
go in, a verdict comes out; and which licenses a classifier or a short text can mean. Never: a legal opinion beyond the
text of the expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from packaging import licenses as packaging_licenses
else:
    packaging_licenses = late("packaging.licenses")

_OLD_GNU = lazy_pattern(r"(?<![-.\w])((?:A|L)?GPL|GFDL)-(\d\.\d)(\+?)(?![-.\w+])")
"""Ids of the GNU licenses that SPDX deprecates, as they do not say whether later versions count."""
_GNU_TEXT = lazy_pattern(
    r"(?:the )?(?:gnu )?([al]?gpl)(?:,)?(?: version)?[ -]?v?([1-3])(?:\.([01]))?( ?\+| or later)?(?: license)?"
)
"""How people write the GNU licenses, lower-case."""
_OSI: Final = "License :: OSI Approved :: "
_GPL: Final = ("GPL-1.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later")
_LGPL: Final = ("LGPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later")
_APPROVED: Final[Mapping[str, tuple[str, ...]]] = {
    "Academic Free License (AFL)": ("AFL-1.1", "AFL-1.2", "AFL-2.0", "AFL-2.1", "AFL-3.0"),
    "Apache Software License": ("Apache-1.0", "Apache-1.1", "Apache-2.0"),
    "Apple Public Source License": ("APSL-1.0", "APSL-1.1", "APSL-1.2", "APSL-2.0"),
    "Artistic License": ("Artistic-1.0", "Artistic-2.0"),
    "Attribution Assurance License": ("AAL",),
    "BSD License": ("BSD-2-Clause", "BSD-3-Clause"),
    "Blue Oak Model License (BlueOak-1.0.0)": ("BlueOak-1.0.0",),
    "Boost Software License 1.0 (BSL-1.0)": ("BSL-1.0",),
    "CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)": ("CECILL-2.1",),
    "CMU License (MIT-CMU)": ("MIT-CMU",),
    "Common Development and Distribution License 1.0 (CDDL-1.0)": ("CDDL-1.0",),
    "Common Public License": ("CPL-1.0",),
    "Eclipse Public License 1.0 (EPL-1.0)": ("EPL-1.0",),
    "Eclipse Public License 2.0 (EPL-2.0)": ("EPL-2.0",),
    "Educational Community License, Version 2.0 (ECL-2.0)": ("ECL-2.0",),
    "Eiffel Forum License": ("EFL-1.0", "EFL-2.0"),
    "European Union Public Licence 1.0 (EUPL 1.0)": ("EUPL-1.0",),
    "European Union Public Licence 1.1 (EUPL 1.1)": ("EUPL-1.1",),
    "European Union Public Licence 1.2 (EUPL 1.2)": ("EUPL-1.2",),
    "GNU Affero General Public License v3": ("AGPL-3.0-only", "AGPL-3.0-or-later"),
    "GNU Affero General Public License v3 or later (AGPLv3+)": ("AGPL-3.0-or-later",),
    "GNU General Public License (GPL)": _GPL,
    "GNU General Public License v2 (GPLv2)": ("GPL-2.0-only",),
    "GNU General Public License v2 or later (GPLv2+)": ("GPL-2.0-or-later",),
    "GNU General Public License v3 (GPLv3)": ("GPL-3.0-only",),
    "GNU General Public License v3 or later (GPLv3+)": ("GPL-3.0-or-later",),
    "GNU Lesser General Public License v2 (LGPLv2)": ("LGPL-2.0-only",),
    "GNU Lesser General Public License v2 or later (LGPLv2+)": ("LGPL-2.0-or-later",),
    "GNU Lesser General Public License v3 (LGPLv3)": ("LGPL-3.0-only",),
    "GNU Lesser General Public License v3 or later (LGPLv3+)": ("LGPL-3.0-or-later",),
    "GNU Library or Lesser General Public License (LGPL)": _LGPL,
    "Historical Permission Notice and Disclaimer (HPND)": ("HPND",),
    "IBM Public License": ("IPL-1.0",),
    "ISC License (ISCL)": ("ISC",),
    "MIT License": ("MIT",),
    "MIT No Attribution License (MIT-0)": ("MIT-0",),
    "MirOS License (MirOS)": ("MirOS",),
    "Mozilla Public License 1.0 (MPL)": ("MPL-1.0",),
    "Mozilla Public License 1.1 (MPL 1.1)": ("MPL-1.1",),
    "Mozilla Public License 2.0 (MPL 2.0)": ("MPL-2.0",),
    "Mulan Permissive Software License v2 (MulanPSL-2.0)": ("MulanPSL-2.0",),
    "NASA Open Source Agreement v1.3 (NASA-1.3)": ("NASA-1.3",),
    "Open Software License 3.0 (OSL-3.0)": ("OSL-3.0",),
    "PostgreSQL License": ("PostgreSQL",),
    "Python License (CNRI Python License)": ("CNRI-Python",),
    "Python Software Foundation License": ("PSF-2.0", "Python-2.0"),
    "Qt Public License (QPL)": ("QPL-1.0",),
    "SIL Open Font License 1.1 (OFL-1.1)": ("OFL-1.1",),
    "Sleepycat License": ("Sleepycat",),
    "The Unlicense (Unlicense)": ("Unlicense",),
    "Universal Permissive License (UPL)": ("UPL-1.0",),
    "University of Illinois/NCSA Open Source License": ("NCSA",),
    "Vovida Software License 1.0": ("VSL-1.0",),
    "W3C License": ("W3C",),
    "Zero-Clause BSD (0BSD)": ("0BSD",),
    "Zope Public License": ("ZPL-1.1", "ZPL-2.0", "ZPL-2.1"),
    "zlib/libpng License": ("Zlib", "zlib-acknowledgement"),
}
"""What the classifiers of the Open Source Initiative's licenses can mean."""
_CLASSIFIERS: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"{_OSI}{name}": ids for name, ids in _APPROVED.items()},
    "License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": ("CC0-1.0",),
    "License :: CeCILL-B Free Software License Agreement (CECILL-B)": ("CECILL-B",),
    "License :: CeCILL-C Free Software License Agreement (CECILL-C)": ("CECILL-C",),
}
_FURTHER: Final = ("BUSL-1.1", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-SA-4.0", "GFDL-1.3-only", "SSPL-1.0")
"""Ids that no classifier names, and that policies do."""
_VAGUE: Final = ("License :: OSI Approved", "License :: DFSG approved")
"""Classifiers that name no license."""
_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "apache": _APPROVED["Apache Software License"],
    "apache 2": ("Apache-2.0",),
    "apache 2.0": ("Apache-2.0",),
    "apache license": _APPROVED["Apache Software License"],
    "apache license 2.0": ("Apache-2.0",),
    "apache license version 2.0": ("Apache-2.0",),
    "apache license, version 2.0": ("Apache-2.0",),
    "apache software license": _APPROVED["Apache Software License"],
    "apache software license 2.0": ("Apache-2.0",),
    "bsd": _APPROVED["BSD License"],
    "bsd license": _APPROVED["BSD License"],
    "bsd 2-clause": ("BSD-2-Clause",),
    "bsd 2-clause license": ("BSD-2-Clause",),
    "bsd 3-clause": ("BSD-3-Clause",),
    "bsd 3-clause license": ("BSD-3-Clause",),
    "bsd-2-clause license": ("BSD-2-Clause",),
    "bsd-3-clause license": ("BSD-3-Clause",),
    "3-clause bsd": ("BSD-3-Clause",),
    "3-clause bsd license": ("BSD-3-Clause",),
    "2-clause bsd license": ("BSD-2-Clause",),
    "modified bsd license": ("BSD-3-Clause",),
    "simplified bsd license": ("BSD-2-Clause",),
    "new bsd": ("BSD-3-Clause",),
    "new bsd license": ("BSD-3-Clause",),
    "gpl": _GPL,
    "isc license": ("ISC",),
    "lgpl": _LGPL,
    "mit license": ("MIT",),
    "the mit license": ("MIT",),
    "mozilla public license 2.0 (mpl 2.0)": ("MPL-2.0",),
    "mpl 2.0": ("MPL-2.0",),
    "psf": _APPROVED["Python Software Foundation License"],
    "python software foundation license": _APPROVED["Python Software Foundation License"],
    "the unlicense": ("Unlicense",),
}
"""What short texts in a License field can mean, lower-case."""

Tree = str | tuple[str, tuple["Tree", ...]]
"""One license, perhaps with an exception; or `AND` or `OR`, and what it joins."""


def canonical(expression: str) -> str:
    """Return `expression` as SPDX spells it, the GNU licenses by their present ids. Raises ValueError for no such one.

    Which ids there are is known by `packaging`, and needs no file.
    """
    found = str(packaging_licenses.canonicalize_license_expression(expression))
    return _OLD_GNU.sub(lambda match: f"{match[1]}-{match[2]}{'-or-later' if match[3] else '-only'}", found)


def canonical_or_none(expression: str) -> str | None:
    """Return `expression` as `canonical` does; None for what is no license expression."""
    try:
        return canonical(expression)
    except ValueError:
        return None


def parsed(expression: str) -> Tree:
    """Return the structure of a `canonical` expression."""
    tokens = iter(expression.replace("(", "( ").replace(")", " )").split())
    return _any(tokens)


def _any(tokens: Iterator[str]) -> Tree:
    """Read up to the closing parenthesis, or to the end: `AND` binds more tightly than `OR`, `WITH` than both."""
    alternatives: list[list[Tree]] = [[]]
    for token in tokens:
        match token:
            case "(":
                alternatives[-1].append(_any(tokens))
            case ")":
                break
            case "OR":
                alternatives.append([])
            case "AND":
                pass
            case "WITH":
                alternatives[-1].append(f"{alternatives[-1].pop()} WITH {next(tokens)}")
            case _:
                alternatives[-1].append(token)
    return _joined("OR", [_joined("AND", parts) for parts in alternatives])


def _joined(word: str, parts: list[Tree]) -> Tree:
    return parts[0] if len(parts) == 1 else (word, tuple(parts))


def is_met(tree: Tree, accepts: Callable[[str], bool]) -> bool:
    """Return whether what `accepts` says of single licenses is enough: all parts of an `AND`, one of an `OR`."""
    if isinstance(tree, str):
        return accepts(tree)
    word, parts = tree
    found = (is_met(part, accepts) for part in parts)
    return all(found) if word == "AND" else any(found)


def singles(tree: Tree) -> tuple[str, ...]:
    """Return the single licenses in `tree`, each with its exception, in the order they are written, each once."""
    if isinstance(tree, str):
        return (tree,)
    return tuple(dict.fromkeys(one for part in tree[1] for one in singles(part)))


def meanings(named: str) -> tuple[str, ...]:
    """Return the SPDX ids that a classifier, or a short text, can mean; itself where that is not known."""
    return _CLASSIFIERS.get(named) or _of_text(named) or (named,)


def _of_text(text: str) -> tuple[str, ...]:
    plain = " ".join(text.lower().split())
    gnu = _GNU_TEXT.fullmatch(plain)
    if gnu is None:
        return _TEXTS.get(plain, ())
    stem = f"{gnu[1].upper()}-{gnu[2]}.{gnu[3] or '0'}"
    found = (f"{stem}-or-later",) if gnu[4] else (f"{stem}-only", f"{stem}-or-later")
    return found if canonical_or_none(found[-1]) else ()


def is_vague(classifier: str) -> bool:
    """Return whether a classifier names no license."""
    return classifier in _VAGUE


def is_known_text(text: str) -> bool:
    """Return whether it is known what a short text in a License field can mean."""
    return bool(_of_text(text))


def begins_ids(prefix: str) -> bool:
    """Return whether several well-known SPDX ids may begin with `prefix`."""
    known = (one for ids in _CLASSIFIERS.values() for one in ids)
    return bool(prefix) and any(one.startswith(prefix) for one in (*known, *_FURTHER))
