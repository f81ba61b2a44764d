"""What came back from one request."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_\-]+)""", re.IGNORECASE)
_META_WITHIN_BYTES = 4096
_NOT_OF_PAGES = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Python calls these encodings too; no page is written in them, and reading one in them could fail."""


@dataclass(frozen=True)
class Page:
    """One answer, undecoded.

    Attributes:
        url: Address it came from, after redirects.
        status: HTTP status.
        headers: Header fields, names in lower case.
        body: Undecoded bytes.
        fetched_at: When the answer was complete, aware UTC.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime

    @cached_property
    def encoding(self) -> str:
        """Name of the encoding: HTTP header, then ``<meta>``, then strict UTF-8, then Latin-1."""
        match = re.search(
            r"charset\s*=\s*[\"']?([\w\-]+)", self.headers.get("content-type", ""), re.IGNORECASE
        )
        declared = [match.group(1)] if match else []
        meta = _META.search(self.body[:_META_WITHIN_BYTES])
        if meta:
            declared.append(meta.group(1).decode("ascii"))
        for name in declared:
            if (known := _text_encoding(name)) is not None:
                return known
        try:
            self.body.decode("utf-8")
        except UnicodeDecodeError:
            return "latin-1"
        return "utf-8"

    @cached_property
    def text(self) -> str:
        """The body as text; bytes that do not fit the encoding become U+FFFD."""
        return self.body.decode(self.encoding, errors="replace")


def _text_encoding(name: str) -> str | None:
    """Python's name of a declared encoding that is one of pages; None for any other."""
    try:
        known = codecs.lookup(name).name
        b" ".decode(known, errors="replace")
    except (LookupError, UnicodeError):
        return None
    return None if known in _NOT_OF_PAGES else known
