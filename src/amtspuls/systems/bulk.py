"""Whether a page can be read at all within a second and 200 MB; pure.

The HTML parser takes time that grows with the square of some numbers: of the elements that are open at
once, and of the attributes of one tag. Half a megabyte of ``<div>`` keeps it busy for half a minute. So a
page is measured before it is opened. The bounds are far away from every known page: the largest recorded
one (0.86 MB, 800 concerns) has 1,900 tags, its deepest tag lies below 30 others.
"""

from __future__ import annotations

import re
from collections import Counter

MOST_CHARS = 2_000_000
MOST_TAGS = 40_000
MOST_OPEN = 2_000

_FEW_TAGS = 4_000
"""So many tags cost next to nothing, however they are nested: nobody counts them."""

_MOST_OF = {"option": 2_500, "body": 100, "html": 100}
"""Tags that are compared with all earlier ones of their kind."""

_SHORT_TAG = 400
"""Characters of a tag whose attributes nobody counts."""

_MOST_PAIRS = 50_000_000
"""Attributes of one tag are compared pair by pair; about 4 ns a pair."""

_QUOTED = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_SEPARATOR = re.compile(r"[\s/]+")
_OF_A_KIND = re.compile(rf"<({'|'.join(_MOST_OF)})\b", re.IGNORECASE)
_TAG = re.compile(
    r"""<(/?)([a-zA-Z][^\s/>]*+)(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+>?""", re.DOTALL
)
_END_BY_THEMSELVES = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "colgroup",
        "option",
        "optgroup",
        "html",
        "head",
        "body",
    ]
)
"""Elements without content, and those that the next of their kind, or the end of their parent, ends."""


def too_much(text: str) -> str:
    """Say what is too much about a page, as the rest of a sentence; "" where nothing is."""
    if len(text) > MOST_CHARS:
        return f"has more than {MOST_CHARS:,} characters"
    tags = text.count("<")
    if tags > MOST_TAGS:
        return f"has more than {MOST_TAGS:,} tags"
    kinds = Counter(name.lower() for name in _OF_A_KIND.findall(text))
    for kind, most in _MOST_OF.items():
        if kinds[kind] > most:
            return f"has more than {most:,} tags {kind!r}"
    if _attribute_pairs(text) > _MOST_PAIRS:
        return "has tags with thousands of attributes"
    if tags > _FEW_TAGS and _most_open(text) > MOST_OPEN:
        return f"nests more than {MOST_OPEN:,} elements"
    return ""


def _attribute_pairs(text: str) -> int:
    """Count pairs of attributes at most; a text that only looks like a tag may count too."""
    pairs = 0
    for piece in text.split("<"):
        if len(piece) > _SHORT_TAG:
            tag = _QUOTED.sub(" =", piece).partition(">")[0]
            pairs += len(_SEPARATOR.findall(tag)) ** 2
    return pairs


def _most_open(text: str) -> int:
    """Count how many elements are open at once at most.

    An end only counts for the element that was opened last, so tags that close nothing hide no depth.
    """
    opened: list[str] = []
    most = 0
    for closing, name in _TAG.findall(_without_comments(text)):
        kind = name.lower()
        if kind in _END_BY_THEMSELVES:
            continue
        if not closing:
            opened.append(kind)
            most = max(most, len(opened))
        elif opened and opened[-1] == kind:
            opened.pop()
    return most


def _without_comments(text: str) -> str:
    """Cut out comments; one that never ends reaches to the end of the page."""
    kept = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        kept.append(text[at:start])
        end = text.find("-->", start + 2)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, text[at:]])
