from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.errors import PageChangedError, UnreachableError
from amtspuls.fetch.transfer import Limits, Traffic, exchange
from support.fetching import unhurried

URL = "http://amt.example/"
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": lambda data: zlib.compress(data, wbits=-15),
    "identity": bytes,
    "": bytes,
}


async def receive(
    chunks: list[bytes], packing: str, *, limit: int = 1_000_000, cut_at: int | None = None
) -> tuple[bytes, Traffic]:
    """Exchange with a transport that answers with these chunks."""

    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"Content-Encoding": packing}, content=stream())

    traffic = Traffic()
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        got = await exchange(
            client,
            client.build_request("GET", URL),
            traffic,
            limits=Limits(body_bytes=limit),
            cut_at=cut_at,
        )
    return got.body, traffic


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@unhurried
@given(st.binary(max_size=3000), st.sampled_from(sorted(PACKERS)), st.integers(2, 500))
async def test_whatever_is_packed_comes_out_again(data: bytes, packing: str, size: int) -> None:
    packed = PACKERS[packing](data)
    body, traffic = await receive(pieces(packed, size), packing)
    assert body == data
    assert (traffic.requests, traffic.bytes) == (1, len(packed))


@unhurried
@given(st.binary(min_size=1, max_size=500), st.data())
async def test_a_packed_body_that_is_cut_is_noticed(data: bytes, draw: st.DataObject) -> None:
    packed = gzip.compress(data)
    kept = draw.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(UnreachableError):
        await receive([packed[:kept]], "gzip")


@unhurried
@given(st.binary(min_size=1, max_size=200), st.sampled_from(["gzip", "deflate"]))
async def test_rubbish_instead_of_a_packed_body_is_an_error_of_ours(
    data: bytes, packing: str
) -> None:
    with suppress(UnreachableError):
        await receive([data], packing)


async def test_several_gzip_members_are_one_body_and_trailing_rubbish_is_dropped() -> None:
    members = gzip.compress(b"eins ") + gzip.compress(b"zwei")
    assert (await receive([members], "gzip"))[0] == b"eins zwei"
    assert (await receive([members, b"\0\0\0"], "gzip"))[0] == b"eins zwei"
    assert (await receive([gzip.compress(b"eins"), gzip.compress(b" zwei")], "gzip"))[
        0
    ] == b"eins zwei"


@pytest.mark.parametrize("packing", ["gzip", "deflate", "Deflate"])
async def test_bodies_around_the_size_of_a_piece_are_whole(packing: str) -> None:
    for size in range((1 << 18) - 2, (1 << 18) + 260, 7):
        body, _ = await receive([PACKERS[packing](bytes(size))], packing)
        assert len(body) == size


async def test_a_bomb_is_not_inflated_beyond_the_limit() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(PageChangedError, match="larger than"):
            await receive([bomb], "gzip", limit=1 << 20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


async def test_a_body_may_be_cut_on_purpose() -> None:
    body, _ = await receive([b"abc", b"def"], "", limit=2, cut_at=5)
    assert body == b"abcde"


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip, gzip", "quatsch"])
async def test_packings_nobody_offered_are_not_read(packing: str) -> None:
    with pytest.raises(PageChangedError, match="did not offer"):
        await receive([b"x"], packing)


async def test_an_empty_packed_body_is_empty() -> None:
    assert (await receive([], "gzip"))[0] == b""
