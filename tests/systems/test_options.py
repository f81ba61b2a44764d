from __future__ import annotations

from typing import Any

import pytest

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.systems.netappoint import SYSTEM as NETAPPOINT
from amtspuls.systems.netappoint.options import parse_options
from amtspuls.systems.tempus import SYSTEM as TEMPUS

NAT_URL = "https://termine.example/index.php?company=x"


def portal(url: str, **options: Any) -> Portal:
    return Portal(id="x", name="X", system="any", url=url, options=options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"cause": 1}, "unknown option 'cause'"),
        ({"start": "form"}, "start must be"),
        ({"cur_cause": "a"}, "cur_cause must be a number"),
        ({"cur_cause": True}, "cur_cause must be a number"),
        ({"cur_causes": "1,2"}, "cur_causes must be a numbers"),
        ({"cur_cause": 1, "cur_causes": "1|2"}, "exclude each other"),
        ({"causes": {"0": "A"}}, "needs start"),
        ({"start": "calendar", "causes": {"x": "A"}}, "causes must be a table"),
        ({"start": "calendar", "causes": {"0": ""}}, "causes must be a table"),
        ({"start": "calendar", "causes": ["A"]}, "causes must be a table"),
        ({"start": "calendar", "causes": {"0": "A"}, "cur_cause": 1}, "given twice"),
    ],
)
def test_netappoint_options_that_make_no_sense(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        NETAPPOINT.check_portal(portal(NAT_URL, **options))
    assert caught.value.message.startswith("portal x: ")


def test_netappoint_needs_a_company_and_one_cause() -> None:
    with pytest.raises(ConfigError, match="company"):
        NETAPPOINT.check_portal(portal("https://termine.example/index.php"))
    with pytest.raises(ConfigError, match="given twice"):
        NETAPPOINT.check_portal(portal(NAT_URL + "&cur_cause=1", cur_cause=1))


def test_netappoint_options_that_make_sense() -> None:
    assert parse_options(portal(NAT_URL)).cause is None
    assert parse_options(portal(NAT_URL, cur_cause=0)).cause == ("cur_cause", "0")
    assert parse_options(portal(NAT_URL, cur_causes="1|49")).cause == ("cur_causes", "1|49")
    causes = parse_options(portal(NAT_URL, start="calendar", causes={"3": " Neustadt "}))
    assert causes.starts_with_calendar
    assert causes.causes == (("3", "Neustadt"),)


def test_tempus_needs_a_number_and_has_no_options() -> None:
    good = "https://termine.example/termine/index.php?anlagennr=39&anwendung=2"
    TEMPUS.check_portal(portal(good))
    with pytest.raises(ConfigError, match="anlagennr"):
        TEMPUS.check_portal(portal("https://termine.example/termine/index.php?anlagennr=x"))
    with pytest.raises(ConfigError, match="belong in the url"):
        TEMPUS.check_portal(portal(good, anwendung=2))
