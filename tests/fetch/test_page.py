from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.fetch.page import Page
from support.fetching import unhurried

GERMAN = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40)


def page(body: bytes, content_type: str | None = None) -> Page:
    headers = {} if content_type is None else {"content-type": content_type}
    return Page("http://amt.example/", 200, headers, body, datetime(2026, 1, 26, tzinfo=UTC))


@unhurried
@given(GERMAN, st.sampled_from(["utf-8", "iso-8859-1", "windows-1252", "iso-8859-15"]))
def test_header_comes_first(text: str, charset: str) -> None:
    kept = text.encode(charset, errors="ignore").decode(charset)
    body = b'<meta charset="koi8-r">' + kept.encode(charset)
    assert page(body, f"text/html; Charset='{charset.upper()}'").text.endswith(kept)
    assert page(body, f'text/html;charset = "{charset}"').text.endswith(kept)


@unhurried
@given(GERMAN, st.sampled_from(["utf-8", "iso-8859-1"]))
def test_meta_comes_second(text: str, charset: str) -> None:
    for meta in (
        f'<META CHARSET="{charset}">',
        f"<meta charset={charset}/>",
        f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">',
    ):
        body = meta.encode() + text.encode(charset)
        assert page(body, "text/html").text.endswith(text)
        assert page(body).text.endswith(text)


@unhurried
@given(GERMAN)
def test_then_strict_utf8(text: str) -> None:
    assert page(text.encode()).text == text


@unhurried
@given(GERMAN)
def test_then_latin1(text: str) -> None:
    body = text.encode("latin-1") + b"\xe4"
    assert page(body).encoding == "latin-1"
    assert page(body).text == text + "ä"


@unhurried
@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_and_any_header_give_text(body: bytes, header: str) -> None:
    assert isinstance(page(body, header).text, str)


@unhurried
@given(
    st.binary(max_size=50),
    st.sampled_from(
        ["hex", "rot13", "undefined", "idna", "punycode", "unicode_escape", "zlib", "nonsense", "ü"]
    ),
)
def test_names_of_no_page_encoding_are_passed_over(body: bytes, name: str) -> None:
    assert page(body, f"text/html; charset={name}").text == page(body).text


def test_meta_is_taken_where_the_header_names_nonsense() -> None:
    assert page(b"<meta charset=latin-1>\xfc", "text/html; charset=nonsense").text.endswith("ü")


@pytest.mark.parametrize("body", [b"\xc3\xbcber", b""])
def test_bytes_that_do_not_fit_become_replacement_characters(body: bytes) -> None:
    assert page(body + b"\xff", "text/html; charset=utf-8").text.endswith("�")
