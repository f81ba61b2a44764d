"""One rounding of what was covered: texts, tables, pictures and the report say the same number."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amtspuls.analysis.base import Column, Unit, per_cent, percent_of
from amtspuls.analysis.display import show_figures
from amtspuls.analysis.estimate import LEAST_COVERAGE, refusal, refusal_of
from amtspuls.analysis.observed import Observed
from amtspuls.charts.words import Lang, say_refusal, say_share
from amtspuls.web.report_tables import say_refused, show

_NUMBER = re.compile(r"\d+(?:[.,]\d)?")
COVERED = Column("coverage", "covered, %", Unit.SHARE)


def _column(share: float) -> str:
    return str(show_figures([COVERED], [{"coverage": share}])[0]["coverage"])


def _said(share: float) -> Iterator[str]:
    """The number in every place that tells how much was covered."""
    yield from (per_cent(share), _column(share), refusal(share))
    for lang in Lang:
        row = {"coverage": share, "refused": refusal(share)}
        yield from (say_share(share, lang), show("share", share, lang), say_refused(row, lang))


@given(st.floats(0, LEAST_COVERAGE, exclude_max=True))
@example(0.0)
@example(1e-9)
@example(0.475)
@example(0.476)
@example(0.495)
@example(0.49999999)
def test_what_is_refused_has_one_number_everywhere_and_it_is_under_the_least(share: float) -> None:
    numbers = {_NUMBER.findall(text)[0].replace(",", ".") for text in _said(share)}
    assert len(numbers) == 1, list(_said(share))
    told = float(*numbers)
    assert told < 100 * LEAST_COVERAGE
    assert abs(told - 100 * share) <= 0.5 or told == 1


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "covered 0 %, under 50 %: no figure"),
        (0.001, "covered < 1 %, under 50 %: no figure"),
        (0.474, "covered 47 %, under 50 %: no figure"),
        (0.476, "covered 48 %, under 50 %: no figure"),
        (0.497, "covered 49.7 %, under 50 %: no figure"),
        (0.49999, "covered 49.9 %, under 50 %: no figure"),
        (0.5, ""),
        (None, "not asked: no figure"),
    ],
)
def test_a_refusal_is_rounded_as_the_column_beside_it(share: float | None, said: str) -> None:
    assert refusal(share) == said


def test_a_german_page_says_it_in_german() -> None:
    row = {"coverage": 0.49999, "refused": refusal(0.49999)}
    said = say_refused(row, Lang.DE)
    assert said == "zu 49,9 % beobachtet, unter 50 %: keine Zahl"
    row = {"coverage": 0.001, "refused": refusal(0.001)}
    said = say_refused(row, Lang.DE)
    assert said == "zu < 1 % beobachtet, unter 50 %: keine Zahl"


@pytest.mark.parametrize(
    ("share", "told", "column"),
    [
        (0.5, ("", 50.0, 0), "50"),
        (0.504, ("", 50.0, 0), "50"),
        (0.9949, ("", 99.0, 0), "99"),
        (0.995, (">", 99.0, 0), "> 99"),
        (1.0, ("", 100.0, 0), "100"),
        (0.004, ("<", 1.0, 0), "< 1"),
        (0.4962, ("", 49.6, 1), "49.6"),
    ],
)
def test_nothing_half_and_all_are_told_only_where_they_are(
    share: float, told: tuple[str, float, int], column: str
) -> None:
    assert percent_of(share) == told
    assert _column(share) == column
    assert show("share", share, Lang.EN) == column


def test_other_shares_of_a_table_keep_their_digit() -> None:
    columns = [COVERED, Column("zero_rate", "nothing free, %", Unit.SHARE)]
    (told,) = show_figures(columns, [{"coverage": 0.4762, "zero_rate": 0.4762}])
    assert told == {"coverage": 48, "zero_rate": 47.6}


@pytest.mark.parametrize(
    "observed",
    [
        Observed(),
        Observed(covered_s=1, asked_s=1),
        Observed(covered_s=476, asked_s=1000, compared=True),
        Observed(covered_s=500, asked_s=1000, compared=True),
    ],
)
def test_pictures_refuse_what_estimates_refuse_and_say_it_in_both_languages(
    observed: Observed,
) -> None:
    assert say_refusal(observed, Lang.EN) == refusal_of(observed)
    german = say_refusal(observed, Lang.DE)
    assert german.endswith("keine Zahl") if refusal_of(observed) else german == ""
