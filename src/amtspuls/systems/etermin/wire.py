"""JSON answers of eTermin opened for reading: rows whose fields have the type they must have; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from selectolax.lexbor import LexborHTMLParser

from amtspuls.errors import PageChangedError, UnknownValueError
from amtspuls.fetch.page import Page
from amtspuls.systems.bulk import MOST_CHARS
from amtspuls.systems.markup import Markup, clean_text, text_of

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_EVIDENCE_CHARS = 160
_LONGEST_TITLE = 2_000
"""Titles with markup are opened as pages, which a long one could make slow."""
_LARGEST = 10**9


class Row:
    """One object of an answer. A field of the wrong type is a ``PageChangedError``."""

    def __init__(self, fields: Mapping[str, Any], page: Page, where: str) -> None:
        self.fields = fields
        self.page = page
        self.where = where

    def text(self, key: str) -> str:
        """Return a text on one line without markup; "" where it is null or absent."""
        value = self.fields.get(key)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > _LONGEST_TITLE:
            raise self.wrong(key)
        return plain_text(value)

    def identifier(self, key: str) -> str:
        """Return an id, written as number or text; "" where it is null, empty or absent."""
        value = self.fields.get(key)
        if value is None or value == "":
            return ""
        found = str(value).strip() if isinstance(value, int | str) else "?"
        if isinstance(value, bool) or not _ID.fullmatch(found):
            raise self.wrong(key)
        return found

    def identifiers(self, key: str) -> tuple[str, ...]:
        """Return the ids of a list with commas (or of a single number), in order, each once."""
        value = self.fields.get(key)
        if isinstance(value, int):
            return (self.identifier(key),)
        if not isinstance(value, str):
            raise self.wrong(key)
        found = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
        if not found or not all(_ID.fullmatch(part) for part in found):
            raise self.wrong(key)
        return found

    def number(self, key: str, default: int) -> int:
        """Return a whole number, written as number or text; ``default`` where it is null or empty."""
        value = self.fields.get(key)
        if value is None or value == "":
            return default
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            return int(value)
        if not isinstance(value, int | float) or not abs(value) <= _LARGEST or value != int(value):
            raise self.wrong(key)
        return int(value)

    def moment(self, key: str) -> datetime:
        """Return a local moment such as ``2026-05-29T08:50:00``; minute resolution."""
        value = self.fields.get(key)
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            try:
                return datetime.fromisoformat(value[:16])
            except ValueError:
                pass
        raise UnknownValueError(self._says(f"has no moment in {key!r}"), **self._context())

    def wrong(self, key: str) -> PageChangedError:
        """Build the error for a field that is not what it must be."""
        return self.changed(f"has something else in {key!r} than it must have")

    def changed(self, what: str) -> PageChangedError:
        """Build the error for an object that is not what it must be; ``what`` begins with a verb."""
        return PageChangedError(self._says(what), **self._context())

    def _says(self, what: str) -> str:
        return f"{self.where} {what}; compare the answer with docs/systems/etermin.md"

    def _context(self) -> dict[str, str]:
        evidence = _printable(str(dict(self.fields)))[:_EVIDENCE_CHARS]
        return {"url": self.page.url, "where": self.where, "evidence": evidence}


def read_rows(page: Page, where: str) -> tuple[Row, ...]:
    """Read an answer that must be an array of objects.

    Raises:
        RefusedError: It is a page with a captcha or a login.
        UnreachableError: It is a page that speaks of maintenance.
        SessionLostError: It is a page that speaks of a lost session.
        PageChangedError: It is anything else.
    """
    if len(page.text) > MOST_CHARS:
        raise Markup(page, where).unreadable("an array of JSON")
    try:
        found = json.loads(page.text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Markup(page, where).unreadable("an array of JSON") from None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Row({"answer": found}, page, where).changed("is no array of objects")
    return tuple(Row(row, page, where) for row in found)


def plain_text(markup: str) -> str:
    """Return a title without its tags; a line break (``</br>`` too) counts as a blank."""
    text = _printable(markup)
    if "<" in text or "&" in text:
        body = LexborHTMLParser(text).body
        text = "" if body is None else text_of(body)
    return clean_text(text)


def _printable(text: str) -> str:
    """Replace half characters, which JSON can hold and no file can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
