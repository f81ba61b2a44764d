from __future__ import annotations

import re

import pytest

from amtspuls.analysis.selection import Selection
from amtspuls.charts.base import Options, Picture
from amtspuls.charts.registry import PICTURES, draw_picture, require_picture
from amtspuls.charts.render import render_svg
from amtspuls.charts.style import Chart
from amtspuls.charts.words import Lang
from amtspuls.errors import ConfigError
from support.measure_cases import morning
from support.pictures import texts_of

pytestmark = pytest.mark.slow


def test_pictures_are_found_by_name() -> None:
    assert [require_picture(name) for name in PICTURES] == list(PICTURES.values())
    with pytest.raises(ConfigError, match="did you mean activity"):
        require_picture("activiti")


def test_entries_say_what_they_show_and_take_options_that_exist() -> None:
    for picture in PICTURES.values():
        assert 20 <= len(picture.about) <= 100
        assert set(picture.options) <= set(Options.__dataclass_fields__)


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_drawn_in_both_languages(name: str) -> None:
    english, german = (
        words_of(draw_picture(PICTURES[name], morning(), Selection(), Options(lang=lang)))
        for lang in Lang
    )
    assert any("amtspuls" in text for text in english)
    assert any(text.startswith("data ") for text in english)
    assert len(set(english) & set(german)) <= len(set(english)) / 3


def words_of(chart: Chart) -> list[str]:
    """Texts with words in them, not numbers alone."""
    return [text for text in texts_of(render_svg(chart)) if re.search("[A-Za-z]{3}", text)]


def test_an_option_of_another_picture_is_refused() -> None:
    plain = Picture("plain", "a picture without options of its own", PICTURES["activity"].draw)
    with pytest.raises(ConfigError, match="plain takes no --rule; options of this picture: none"):
        plain.require(Options(rule="seed"))
    plain.require(Options(lang=Lang.DE, width=3))
