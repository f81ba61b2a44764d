"""Cases made out of tapes of every system: no secret is left, and they read the same."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from amtspuls.collect.casemaking import expected_of, make_case
from amtspuls.collect.reread import portal_of
from amtspuls.errors import ConfigError, TapeError
from amtspuls.fetch.tape.case import read_case, write_case
from amtspuls.fetch.tape.layout import Visit
from amtspuls.fetch.tape.scrub import scrub
from amtspuls.fetch.tape.visits import Tape
from support.practice import tempus
from support.taping import NOW, PORTALS, script, taped_rounds

pytestmark = pytest.mark.sim

PERSONAL = (
    "<p>Fragen? Frau Dr. Erika Großmann-Süß, Telefon: 0341 / 123-4567, "
    '<a href="mailto:e.grossmann@stadt.example">E-Mail</a>, tel. +49 341 998877</p>'
    "<!-- gebaut von hugo -->"
)
SECRETS = ("Erika", "Großmann", "123-4567", "e.grossmann", "998877", "hugo")


async def taped(tmp_path: Path, system: str) -> Visit:
    path = tmp_path / "t.warc.gz"
    await taped_rounds(script(PORTALS[system]), [NOW], path)
    (visit,) = Tape(path).visits()
    return visit


def with_persons(visit: Visit) -> Visit:
    """Put a contact under every page."""
    entries = []
    for entry in visit.entries:
        came = entry.received
        if came is not None and b"</body>" in came.body:
            body = came.body.replace(b"</body>", PERSONAL.encode() + b"</body>")
            came = replace(came, body=body)
        entries.append(replace(entry, received=came))
    return replace(visit, entries=tuple(entries))


def all_text(visit: Visit) -> str:
    parts = [repr(visit.about)]
    for entry in visit.entries:
        parts.append(repr(entry.key))
        if entry.received is not None:
            parts += [repr(entry.received.fields), entry.received.body.decode("utf-8", "replace")]
    return "\n".join(parts)


@pytest.mark.parametrize("system", PORTALS)
async def test_a_case_holds_no_secret_and_reads_the_same(system: str, tmp_path: Path) -> None:
    visit = with_persons(await taped(tmp_path, system))
    portal = portal_of(visit, tmp_path)
    tokens = scrub(visit).tokens
    case = await asyncio.to_thread(make_case, visit, portal)
    text = all_text(case.visit)
    for secret in (*SECRETS, *tokens):
        assert secret not in text, secret
    before = await asyncio.to_thread(expected_of, visit, portal)
    assert case.expected["outcome"] == "ok"
    assert {**case.expected, "bytes": 0} == {**before, "bytes": 0}
    write_case(case.visit, case.expected, tmp_path / "case")
    again = read_case(tmp_path / "case")
    assert again == case.visit
    assert await asyncio.to_thread(expected_of, again, portal) == case.expected
    assert json.loads((tmp_path / "case" / "expected.json").read_text("utf-8")) == case.expected


async def test_what_stands_beside_the_answers_is_scrubbed_too(tmp_path: Path) -> None:
    visit = await taped(tmp_path, "tempus")
    assert visit.ending is not None
    told = "ask Frau Erika Müller, e.mueller@stadt.example"
    about = replace(visit.about, portal={**visit.about.portal, "note": told})
    # An older parser may have quoted the page.
    visit = replace(visit, about=about, ending=replace(visit.ending, reason=told))
    case = await asyncio.to_thread(make_case, visit, portal_of(visit, tmp_path))
    write_case(case.visit, case.expected, tmp_path / "case")
    text = "".join(path.read_text("utf-8") for path in (tmp_path / "case").iterdir())
    assert "Müller" not in text
    assert "e.mueller@" not in text


async def test_sessions_and_cookies_are_told_apart_but_not_told(tmp_path: Path) -> None:
    visit = await taped(tmp_path, "ekol")
    tokens = scrub(visit).tokens
    assert tokens
    assert len(set(tokens.values())) == len(tokens)
    assert all(len(old) == len(new) and old != new for old, new in tokens.items())


async def test_a_calendar_named_after_a_person_makes_no_case(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    office = tempus(
        ("7/70", "Frau Erika Müller: Pässe", ("Reisepass",)),
        ("8/70", "Herr Bert Meier: Pässe", ("Reisepass",)),
    )
    await taped_rounds(script(office), [NOW], path)
    (visit,) = Tape(path).visits()
    with pytest.raises(ConfigError, match=r"reads differently.*nothing was written"):
        await asyncio.to_thread(make_case, visit, portal_of(visit, path))


async def test_half_a_case_is_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = await taped(tmp_path, "tempus")
    case = await asyncio.to_thread(make_case, visit, portal_of(visit, tmp_path))
    folder = tmp_path / "to" / "case"
    write_case(case.visit, case.expected, folder)
    with pytest.raises(ConfigError, match="--name"):
        write_case(case.visit, case.expected, folder)
    (folder / "meta.toml").unlink()
    with pytest.raises(TapeError, match="no case"):
        read_case(folder)
    with pytest.raises(TypeError):
        write_case(case.visit, {"what": object()}, tmp_path / "to" / "other")
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["case"]
