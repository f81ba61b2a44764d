"""A page that was recorded from a relative of netappoint; read where it is, never copied."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from amtspuls.errors import PageChangedError
from amtspuls.systems.markup import Markup
from amtspuls.systems.netappoint.parse import parse_answer, read_busy_days
from support.fake_session import make_page


@pytest.fixture(scope="module")
def munich(shared: Path) -> bytes:
    return (shared / "recorded" / "netappoint" / "muenchen-2023-10-calendar.html").read_bytes()


def test_our_table_reader_reads_the_days_of_munich(munich: bytes) -> None:
    tables = Markup(make_page(munich), "recorded page").css("table.nat_calendar")
    months = [date(2023, 10, 1), date(2023, 11, 1), date(2023, 12, 1), date(2024, 1, 1)]
    months.append(date(2024, 2, 1))
    lengths = [31, 30, 31, 31, 29]
    busy = [read_busy_days(table) for table in tables]
    assert [days[0] for days in busy] == months
    assert [days[-1].day for days in busy] == lengths
    assert [len(days) for days in busy] == lengths
    assert all(table.css_first("td a") is None for table in tables)


def test_munich_is_no_netappoint_portal(munich: bytes) -> None:
    with pytest.raises(PageChangedError, match="month over the calendar"):
        parse_answer(make_page(munich))
