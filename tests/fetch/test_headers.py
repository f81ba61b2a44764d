"""Systems say what they ask for, never who asks."""

from __future__ import annotations

import pytest

from amtspuls.errors import ConfigError, PageChangedError
from amtspuls.fetch.client import Fetcher
from support.fetching import AGENT, portal
from support.http_server import HttpServer, Reply, page, redirect

HTML = page("<html>free</html>")


async def test_allowed_headers_are_sent_and_stay_with_redirects(fetcher: Fetcher) -> None:
    async with HttpServer({"/": HTML, "/old": redirect("/new"), "/new": HTML}) as server:
        session = fetcher.session(portal(server.url()))
        told = {"webid": "musterstadt", "Referer": server.url("/Stadt"), "Accept": "text/plain"}
        await session.get(server.url("/old"), told)
        await session.post(server.url("/new"), {"a": "b"}, told)
        await session.get(server.url("/new"))
        old, new, posted, plain = server.pages()
        for seen in (old, new, posted):
            assert seen.headers["webid"] == "musterstadt"
            assert seen.headers["referer"] == server.url("/Stadt")
            assert seen.headers["accept"] == "text/plain"
        assert posted.headers["content-type"] == "application/x-www-form-urlencoded"
        assert "webid" not in plain.headers
        assert "referer" not in plain.headers
        assert {seen.headers["user-agent"] for seen in server.seen} == {AGENT}
        assert "webid" not in server.seen[0].headers, "robots.txt is asked without"


@pytest.mark.parametrize(
    "name", ["User-Agent", "Cookie", "Host", "Origin", "Sec-Fetch-Mode", "Authorization", "Via"]
)
async def test_nobody_sets_other_headers(fetcher: Fetcher, name: str) -> None:
    async with HttpServer({"/": HTML}) as server:
        session = fetcher.session(portal(server.url()))
        with pytest.raises(ConfigError, match="may not be set; there are: accept, referer, webid"):
            await session.get(server.url(), {name: "x"})
        with pytest.raises(ConfigError, match="may not be set"):
            await session.post(server.url(), {}, {name: "x"})
        assert server.seen == []


@pytest.mark.parametrize("value", ["a\r\nCookie: b", "Bürgeramt", " a", "\x00"])
async def test_values_that_would_break_a_header_are_not_sent(fetcher: Fetcher, value: str) -> None:
    async with HttpServer({"/": HTML}) as server:
        session = fetcher.session(portal(server.url()))
        with pytest.raises(ConfigError, match="printable ASCII"):
            await session.get(server.url(), {"webid": value})
        assert server.seen == []


async def test_nobody_else_sends_us(fetcher: Fetcher) -> None:
    async with HttpServer({"/": HTML}) as server:
        session = fetcher.session(portal(server.url()))
        with pytest.raises(PageChangedError, match=r"other\.example"):
            await session.get(server.url(), {"Referer": "https://other.example/"})
        assert server.seen == []


@pytest.mark.parametrize("status", [200, 204, 400, 404, 410])
async def test_the_error_of_a_status_names_it(fetcher: Fetcher, status: int) -> None:
    """An answer without a body has the status 200: some systems say "nothing" so."""
    async with HttpServer({"/": Reply(status, b"")}) as server:
        with pytest.raises(PageChangedError) as caught:
            await fetcher.session(portal(server.url())).get(server.url())
        assert caught.value.context["status"] == status
