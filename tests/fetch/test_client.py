from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from amtspuls import __version__
from amtspuls.catalogue.portal import TlsException
from amtspuls.errors import ConfigError, PageChangedError, UnreachableError
from amtspuls.fetch.client import Fetcher, user_agent
from amtspuls.model import HostState
from support.fetching import NOW, MakeFetcher, portal
from support.http_server import HttpServer, page, redirect

DATA = Path(__file__).parent / "data"
HTML = page("<html>free</html>")
UNVERIFIED = TlsException(verify=False, reason="test: a certificate that nobody signed")


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / "localhost.crt", DATA / "localhost.key")
    return context


def test_user_agent_names_project_and_contact() -> None:
    assert (
        user_agent("https://amtspuls.example", "post@amtspuls.example")
        == f"amtspuls/{__version__} (+https://amtspuls.example; post@amtspuls.example)"
    )


@pytest.mark.parametrize(
    ("project_url", "contact"),
    [
        ("", "post@amtspuls.example"),
        ("https://amtspuls.example", "  "),
        ("https://amtspuls.example", "a@b.example\r\nX-Evil: 1"),
        ("https://amtspuls.example\n", "a@b.example"),
        ("https://amtspuls.example", "Jürgen"),
        ("https://amtspuls.example", "a@b.example) Mozilla/5.0 ("),
        ("https://amtspuls.example", "a\\b"),
        ("https://amtspuls.example", "a\x00b"),
    ],
)
def test_user_agent_refuses_what_breaks_a_header(project_url: str, contact: str) -> None:
    with pytest.raises(ConfigError):
        user_agent(project_url, contact)


async def test_unknown_certificate_is_not_accepted(
    make_fetcher: MakeFetcher, tls: ssl.SSLContext
) -> None:
    async with HttpServer({"/": HTML}, host="localhost", tls=tls) as server:
        origin = f"https://localhost:{server.port}"
        known = HostState(origin, robots_status=404, robots_at=NOW)
        session = make_fetcher(states={origin: known}).session(portal(server.url()))
        with pytest.raises(UnreachableError, match=r"verify = false") as caught:
            await session.get(server.url())
        assert caught.value.context["url"] == server.url()
        assert server.seen == []


async def test_exception_holds_for_its_portal_only(fetcher: Fetcher, tls: ssl.SSLContext) -> None:
    async with HttpServer({"/": HTML}, host="localhost", tls=tls) as server:
        excepted = fetcher.session(portal(server.url(), tls=UNVERIFIED))
        assert (await excepted.get(server.url())).body == HTML.body
        with pytest.raises(UnreachableError, match="certificate"):
            await fetcher.session(portal(server.url(), id="other")).get(server.url())
        assert server.paths() == ["/robots.txt", "/"]


async def test_redirect_from_https_to_http_is_not_followed(
    fetcher: Fetcher, tls: ssl.SSLContext
) -> None:
    async with (
        HttpServer({"/": HTML}, host="localhost") as plain,
        HttpServer({"/": redirect(plain.url())}, host="localhost", tls=tls) as server,
        HttpServer({"/": redirect(server.url("/page"))}, host="localhost") as up,
    ):
        with pytest.raises(PageChangedError, match="not encrypted"):
            await fetcher.session(portal(server.url(), tls=UNVERIFIED)).get(server.url())
        assert plain.seen == []
        server.answers = {"/page": HTML}
        got = await fetcher.session(portal(up.url(), tls=UNVERIFIED)).get(up.url())
        assert got.url == server.url("/page")


async def test_proxies_of_the_environment_are_not_used(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with HttpServer({"/": HTML}) as server:
        assert (await fetcher.session(portal(server.url())).get(server.url())).status == 200


async def test_closed_fetcher_leaves_no_connection(fetcher: Fetcher) -> None:
    async with HttpServer({"/": HTML}) as server:
        async with fetcher:
            await fetcher.session(portal(server.url())).get(server.url())
            (task,) = server._tasks
        async with asyncio.timeout(60):
            await task
