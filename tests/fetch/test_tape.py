"""What comes off a tape is what went on it, byte for byte, and a damaged tape says so."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from amtspuls.clock import SimulatedClock
from amtspuls.errors import (
    AmtspulsError,
    ConfigError,
    NotOnTapeError,
    OutputError,
    PageChangedError,
    SkippedError,
    TapeError,
)
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import Gates
from amtspuls.fetch.page import Page
from amtspuls.fetch.tape.file import Record, TapeFile
from amtspuls.fetch.tape.layout import About, Visit
from amtspuls.fetch.tape.play import PlayedVisit
from amtspuls.fetch.tape.record import Recorder
from amtspuls.fetch.tape.visits import Tape
from amtspuls.model import KnownCalendar, Outcome, Snapshot
from support.fetching import AGENT, LIMITS, NOW, portal
from support.http_server import NOT_FOUND, Answering, HttpServer, Reply, page, redirect

AT = datetime(2026, 1, 26, 6, 0, 0, 123457, tzinfo=UTC)
PORTAL = {
    "id": "musterstadt",
    "name": "Musterstadt",
    "system": "tempus",
    "url": "https://termine.musterstadt.example/",
    "status": "active",
}
ABOUT = About(PORTAL, AT.replace(microsecond=0), "tempus/1", limits=LIMITS)
ENDED = Snapshot("musterstadt", ABOUT.taken_at, ABOUT.taken_at, Outcome.OK)

Call = tuple[Any, ...]


async def ask(session: Any, calls: list[Call]) -> list[Page | str]:
    """Make calls in turn; an error is its class and what it says."""
    came: list[Page | str] = []
    for method, *arguments in calls:
        try:
            came.append(await getattr(session, method)(*arguments))
        except AmtspulsError as error:
            came.append(f"{type(error).__name__}: {error}")
    return came


async def tape_calls(
    path: Path, answers: dict[str, Answering], calls: list[Call]
) -> tuple[list[Page | str], int, int]:
    """Make calls to a server with a tape beside it; ``{}`` in an address is the server's."""
    clock = SimulatedClock(AT)
    async with HttpServer({"/robots.txt": NOT_FOUND, **answers}) as server:
        table = {**PORTAL, "url": server.url()}
        with closing(Recorder(path, clock, append=True)) as recorder:
            line = recorder.begin(replace(ABOUT, portal=table))
            async with Fetcher(clock, Gates(clock, {}, {}), AGENT, limits=LIMITS) as fetcher:
                session = fetcher.session(portal(server.url()), line)
                came = await ask(session, placed(calls, server.url("")))
                line.end(ENDED)
    return came, session.requests, session.bytes


def placed(calls: list[Call], base: str) -> list[Call]:
    return [(call[0], base + call[1], *call[2:]) for call in calls]


async def play_calls(path: Path, calls: list[Call]) -> tuple[list[Page | str], int, int]:
    (visit,) = Tape(path).visits()
    played = PlayedVisit(visit)
    base = str(visit.about.portal["url"]).rstrip("/")
    async with played.fetcher as fetcher:
        session = fetcher.session(portal(base + "/"), played)
        came = await ask(session, placed(calls, base))
    return came, session.requests, session.bytes


FIELD = st.from_regex(rb"\A[!-~\x80-\xff]([ -~\x80-\xff]{0,20}[!-~\x80-\xff])?\Z")
WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
NAME = st.from_regex(r"\AX-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}\Z")


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    body = draw(st.binary(max_size=300))
    fields = [(name, draw(FIELD).decode("latin-1")) for name in draw(st.lists(NAME, max_size=3))]
    packing = draw(st.sampled_from(["", "gzip", "deflate", "identity", "br"]))
    if packing:
        fields.append(("Content-Encoding", packing))
    if draw(st.booleans()):
        fields.append(
            ("Content-Type", draw(st.sampled_from(["text/html", "text/html; charset=x"])))
        )
    packed = gzip.compress(body) if packing == "gzip" else body
    packed = zlib.compress(body) if packing == "deflate" else packed
    cut = draw(st.none() | st.integers(0, len(packed))) if draw(st.booleans()) else None
    return Reply(
        status=draw(
            st.sampled_from([200, 201, 204, 206, 301, 400, 403, 404, 410, 418, 429, 500, 503])
        ),
        body=packed,
        headers=tuple(fields),
        framing=draw(st.sampled_from(["length", "chunked", "close"])),
        cut_at=cut,
    )


@settings(max_examples=400 if os.environ.get("AMTSPULS_ENDURANCE") else 25, deadline=None)
@given(first=replies(), second=replies(), form=st.dictionaries(WORD, WORD, max_size=3))
async def test_whatever_a_server_sends_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, first: Reply, second: Reply, form: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("tape") / "t.warc.gz"
    calls: list[Call] = [
        ("get", "/a?x=%C3%A4&y=1"),
        ("post", "/b", form),
        ("get", "/a?x=%C3%A4&y=1"),
    ]
    answers: dict[str, Answering] = {"/a": [first, second], "/b": second}
    live = await tape_calls(path, answers, calls)
    assert await play_calls(path, calls) == live


async def test_the_body_is_kept_packed_and_without_chunks(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    packed = gzip.compress(b"<html>ok</html>")
    reply = Reply(body=packed, headers=(("Content-Encoding", "gzip"),), framing="chunked")
    await tape_calls(path, {"/a": reply}, [("get", "/a")])
    blocks = {}
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, no_record_parse=True):
            assert record.rec_headers.protocol == "WARC/1.1"
            blocks[record.rec_type] = record.raw_stream.read(), record.rec_headers
    block, fields = blocks["response"]
    assert block.endswith(b"\r\n\r\n" + packed)
    assert b"X-Archive-Orig-transfer-encoding: chunked".lower() in block.lower()
    assert fields.get_header("WARC-Date") == "2026-01-26T06:00:00.623457Z"
    assert fields.get_header("Amtspuls-Portal") == "musterstadt"
    assert fields.get_header("Amtspuls-Sequence") == "2"
    assert fields.get_header("Amtspuls-Parser") == "tempus/1"
    assert fields.get_header("Amtspuls-Taken-At") == "2026-01-26T06:00:00.000000Z"
    (visit,) = Tape(path).visits()
    assert [entry.received.body for entry in visit.entries if entry.received][-1] == packed


async def test_the_contact_is_not_on_the_tape(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    await tape_calls(path, {"/a": page("x")}, [("get", "/a")])
    assert b"post@" in AGENT.encode()
    assert b"post@" not in gzip.decompress(path.read_bytes())


async def test_redirects_retries_and_failures_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    answers: dict[str, Answering] = {
        "/away": redirect("/a"),
        "/a": [Reply(reset="before"), Reply(500), page("<p>third time</p>")],
        "/never": Reply(cut_at=3),
        "/big": Reply(body=b"x" * 200_000),
    }
    calls: list[Call] = [
        ("get", "/away"), ("get", "/never"), ("get", "/big"), ("post", "/never", {"a": "ä"}),
        ("get", "/a", {"Accept": "application/json"}), ("get", "/none"),
    ]  # fmt: skip
    live = await tape_calls(path, answers, calls)
    assert isinstance(live[0][0], Page)
    assert isinstance(live[0][4], Page)
    assert await play_calls(path, calls) == live


async def test_another_request_names_itself_and_asks_nobody(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    await tape_calls(path, {"/a": page("x")}, [("get", "/a")])
    (visit,) = Tape(path).visits()
    played = PlayedVisit(visit)
    base = str(visit.about.portal["url"])
    async with played.fetcher as fetcher:
        session = fetcher.session(portal(base), played)
        await session.get(base + "a")
        with pytest.raises(NotOnTapeError, match=r"GET .*/a was not asked so often"):
            await session.get(base + "a")
        with pytest.raises(NotOnTapeError, match=r"/b was not asked when .* another address"):
            await session.get(base + "b")
        with pytest.raises(NotOnTapeError, match="with the form b'x=1'"):
            await session.post(base + "a", {"x": "1"})
        with pytest.raises(PageChangedError):
            await session.get(base + "a", {"Accept": "text/plain"})
    assert session.requests == 2, "robots.txt and the page"


def tape_of(path: Path, count: int = 3) -> list[int]:
    """Tape ``count`` visits without requests; return where each record ends."""
    ends = []
    clock = SimulatedClock(AT)
    with closing(Recorder(path, clock)) as recorder:
        ends.append(path.stat().st_size)
        for _ in range(count):
            visit = recorder.begin(ABOUT)
            ends.append(path.stat().st_size)
            visit.end(ENDED)
            ends.append(path.stat().st_size)
    return ends


def test_a_tape_cut_anywhere_gives_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    ends = tape_of(path, 2)
    content = path.read_bytes()
    around = {end + by for end in ends for by in (-9, -1, 0, 1, 9)} & set(range(len(content) + 1))
    for length in sorted({*range(0, len(content), 61), *around}):
        path.write_bytes(content[:length])
        tape = Tape(path)
        visits = list(tape.visits())
        whole = sum(end <= length for end in ends)
        assert sum(visit.ending is not None for visit in visits) == max(0, whole - 1) // 2
        assert len(visits) == max(0, whole) // 2
        assert tape.cut_bytes == length - max([0, *(end for end in ends if end <= length)])


def test_recording_goes_on_behind_the_last_whole_record(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    tape_of(path, 2)
    path.write_bytes(path.read_bytes()[:-7])
    with closing(Recorder(path, SimulatedClock(AT), append=True)) as recorder:
        assert recorder.cut_bytes > 0
        recorder.begin(ABOUT).end(ENDED)
    visits = list(Tape(path).visits())
    assert [visit.ending is not None for visit in visits] == [True, False, True]


@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_a_damaged_tape_is_an_error_and_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, where: float, mask: int
) -> None:
    path = tmp_path_factory.mktemp("tape") / "t.warc.gz"
    tape_of(path, 2)
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= mask
    path.write_bytes(content)
    good: list[Visit] = []
    with suppress(TapeError):
        good.extend(Tape(path).visits())
    assert all(visit.about == ABOUT for visit in good)
    assert len(good) <= 2


def test_a_record_that_was_changed_by_hand_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    first, *_ = tape_of(path, 1)
    content = path.read_bytes()
    changed = gzip.decompress(content[first:]).replace(b"Musterstadt", b"Muckerstadt")
    path.write_bytes(content[:first] + gzip.compress(changed))
    with pytest.raises(TapeError, match=f"damaged at byte {first}"):
        list(Tape(path).visits())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no gzip",
        gzip.compress(b"hello"),
        gzip.compress(b"WARC/1.1\r\nWARC-Type: warcinfo\r\n\r\n"),
    ],
    # The packed ones hold the time; a test's name must be the same in every process.
    ids=["empty", "no-gzip", "no-warc", "cut-off"],
)
def test_other_files_are_no_tapes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.warc.gz"
    path.write_bytes(content)
    if not content:
        assert list(Tape(path).visits()) == []
        return
    with pytest.raises(TapeError):
        list(Tape(path).visits())
    with pytest.raises(TapeError):
        TapeFile(path, append=True)
    assert path.read_bytes() == content


def test_a_missing_tape_says_how_to_record_one(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="--tape"):
        Tape(tmp_path / "none.warc.gz")


def test_a_bomb_is_no_tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amtspuls.fetch.tape.file.RECORD_LIMIT_BYTES", 10_000)
    path = tmp_path / "t.warc.gz"
    path.write_bytes(gzip.compress(b"x" * 10_001))
    with pytest.raises(TapeError, match="larger"):
        list(Tape(path).visits())


def test_a_tape_that_exists_is_not_recorded_over(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    tape_of(path)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="--append"):
        TapeFile(path)
    assert path.read_bytes() == before
    with pytest.raises(ConfigError, match=r"\.warc\.gz"):
        TapeFile(tmp_path / "t.gz")
    with pytest.raises(OutputError, match="cannot be written"):
        TapeFile(tmp_path / "none" / "t.warc.gz")
    with closing(TapeFile(path, append=True)), pytest.raises(OutputError, match="another process"):
        TapeFile(path, append=True)


def test_only_the_owner_can_read_a_tape(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    tape_of(path)
    assert path.stat().st_mode & 0o077 == 0


class _Full(io.FileIO):
    """A disk that has room for some bytes only, and says so when they are used up."""

    room = 0

    def write(self, content: Any) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        taken = super().write(bytes(content)[: self.room])
        self.room -= taken
        return taken


@pytest.mark.parametrize("room", [0, 100, 900])
def test_a_full_disk_leaves_whole_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    path = tmp_path / "t.warc.gz"
    tape_of(path, 1)
    monkeypatch.setattr(_Full, "room", room)
    monkeypatch.setattr(
        "amtspuls.fetch.tape.file.os.fdopen", lambda fd, *_args, **_given: _Full(fd, "r+b")
    )
    fields = {
        "Content-Type": "application/json",
        "WARC-Date": "2026-01-26T06:00:00.000000Z",
        "WARC-Record-ID": "<urn:uuid:0>",
    }
    with closing(TapeFile(path, append=True)) as file:
        record = Record("metadata", fields, bytes(range(256)))
        with pytest.raises(OutputError, match="intact"):
            file.write([record] * 5)
        with pytest.raises(OutputError, match="intact"):
            file.write([record])
    monkeypatch.undo()
    with closing(TapeFile(path, append=True)) as again:
        assert again.cut_bytes == 0
    assert len(list(Tape(path).visits())) == 1


def test_everything_about_a_visit_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    about = replace(
        ABOUT,
        weeks=3,
        period_s=1800,
        known=(KnownCalendar("7/70", "Bürgerbüro: „Pässe“", NOW - timedelta(days=3)),),
        portal={**PORTAL, "name": "Straßenverkehr & Ämter", "options": {"a": [1, {"b": None}]}},
    )
    left_out = replace(ENDED, outcome=Outcome.SKIPPED, reason="abgeschaltet")
    with closing(Recorder(path, SimulatedClock(AT))) as recorder:
        line = recorder.begin(about)
        line.not_asked(
            httpx2.Request("POST", "https://termine.musterstadt.example/x", content=b"a=1"),
            SkippedError("the budget is spent"),
        )
        line.end(ENDED)
        recorder.leave_out(about, left_out)
    first, second = Tape(path).visits()
    assert first.about == second.about == about
    assert second.ending is not None
    assert (second.ending.outcome, second.ending.reason) == ("skipped", "abgeschaltet")
    assert not second.ending.asked
    (entry,) = first.entries
    assert entry.refusal == ("SkippedError", "the budget is spent")
    played = PlayedVisit(first)
    request = httpx2.Request("POST", "https://termine.musterstadt.example/x", content=b"a=1")
    with pytest.raises(SkippedError, match="the budget is spent"):
        played.check(request)
