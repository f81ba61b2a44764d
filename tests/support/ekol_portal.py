"""A small eKOL portal for flow tests, written from docs/systems/ekol.md: pages, tokens, steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from support.fake_session import Reply, Request

BERLIN = ZoneInfo("Europe/Berlin")
MONTHS_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
CAL = "ACTION_CALENDARVIEW17"

Free = Mapping[date, Sequence[str]]


def millis(local: datetime) -> int:
    return int(local.replace(tzinfo=BERLIN).astimezone(UTC).timestamp() * 1000)


def button(name: str, text: str, more: str = "") -> str:
    return f'<button type="submit" name="{name}" {more}>{text}</button>'


def frame(body: str, token: str = "1", *, forms: bool = False, visit: str = "A0") -> str:
    """A page with the form of its step; ``forms`` adds two others with tokens of their own."""
    action = f"bgr;jsessionid={visit * 16}"

    def form(identifier: str, mark: str, inner: str) -> str:
        return (
            f'<form {identifier} action="{action}" method="post">'
            f'<input type="hidden" name="PGUTSMSC" value="{mark}{token};q-Z::"/>'
            f'<input type="hidden" name="TCSID" value="_A{mark}{token}"/>{inner}</form>'
        )

    others = form('id="menuForm"', "m", "") + form('id="settingsForm"', "s", "") if forms else ""
    own = form('id="contextForm"' if forms else "", "c", body)
    return f"<!DOCTYPE html><html><head><title>Terminverwaltung</title></head><body>{others}{own}</body></html>"


def info() -> str:
    return '<h2 class="ekolStepBox2">Allgemeine Informationen</h2>' + (
        '<input type="checkbox" name="AGREEMENT_ACCEPT" id="agreement_accept">'
        + button("ACTION_INFOPAGE_NEXT", "Weiter", 'id="action_infopage_next"')
    )


def offices(heads: Mapping[str, str], opened: str = "") -> str:
    """The tree; heads by id, group heads among them. ``opened``: id of the open branch."""
    rows = "".join(
        '<tr><td><div class="CLASS_TREEVIEWSEARCH_HEAD_LEVEL_2">'
        + button(f"ACTION_TREE_EXPAND-{key}", name, 'class="buttonTreeviewExpand" title="öffnen"')
        + "</div>"
        + (new_button(key) if key == opened else "")
        + "</td></tr>"
        for key, name in heads.items()
    )
    table = f'<table id="id_buergerauswahldienststelle_tree-office">{rows}</table>'
    return f'<h2 class="ekolStepBox2">Termin vereinbaren bei</h2>{table}'


def new_button(key: str) -> str:
    name = f"ACTION_OFFICESELECT_TERMNEW_PREFIX{key}"
    return button(name, "Neuer Termin", 'class="class_BuergerAuswahlDienststelle_office-button"')


def concerns(names: Mapping[str, str], message: str = "") -> str:
    rows = "".join(
        f'<tr><td><label for="id_{key}">{name}</label></td>'
        f'<td class="CLASS_METADATAGRIDENTRY_VALUECONTAINER"><select name="{key}" id="id_{key}">'
        '<option value="0">0</option><option value="1">1</option></select></td></tr>'
        for key, name in names.items()
    )
    said = f'<div id="uimsgcontainer"><ul><li>{message}</li></ul></div>' if message else ""
    back = button("ACTION_CONCERNSELECT_PREVIOUS", "Zurück")
    following = button("ACTION_CONCERNSELECT_NEXT", "Weiter")
    return f'{said}<h2 class="ekolStepBox2">Auswahl des Anliegens</h2><table>{rows}</table>{back}{following}'


def comments() -> str:
    return '<h2 class="ekolStepBox2">Zusatzinformationen zu den Anliegen</h2>' + (
        button("ACTION_CONCERNCOMMENTS_PREVIOUS", "Zurück")
        + button("ACTION_CONCERNCOMMENTS_NEXT", "Weiter")
    )


def cell(day: date, text: str, skin: str) -> str:
    """A day in range; skins: A (2021, bare number), A2 (2020 and 2022), B (2024)."""
    name = f"{CAL}||DAY_SELECT||{millis(datetime(day.year, day.month, day.day))}"
    mark = "0" if text in {"0 frei", "geschlossen"} else "X"
    if skin == "B":
        inner = (
            '<b class="ui-table-cell-label">Mo</b><div class="ekolCalendar_DayNumberInRange">'
            f'{day.day}<span class="conMonthNr">.{day.month:02}.</span></div>'
            f'<div class="ekolCalendar_FreeTimeContainer">{text}</div>'
        )
        pressed = button(name, inner, f'class="ekolCalendar_ButtonDayFree{mark}"')
        shown = pressed if mark == "X" else inner
        return f'<td class="ekolCalendar_CellInRange">{shown}</td>'
    number = str(day.day) if skin == "A" else f"{day.day}<span>.{day.month}.</span>"
    inner = (
        f'<div class="ekolCalendarDayNumberInRange">{number}</div>'
        f'<div class="ekolCalendarFreeTimeContainer">{text}</div>'
    )
    more = f'class="eKOLCalendarButtonDayFree{mark}"'
    return f'<td class="eKOLCalendarCellInRange">{button(name, inner, more)}</td>'


def months(days: Mapping[date, str], skin: str = "A2", box: str = "", forward: bool = False) -> str:
    """The calendar: text of each day in range, with a box of times over it."""
    tables = []
    for number, first in enumerate(sorted({day.replace(day=1) for day in days})):
        caption = f"{MONTHS_DE.split()[first.month - 1]} {first.year}"
        cells = "".join(
            cell(day, text, skin) for day, text in days.items() if day.replace(day=1) == first
        )
        css = 'class="ekolCalendar_MonthTable"' if skin == "B" else 'class="ekolCalendarMonthTable"'
        tables.append(
            f'<table id="monthtable{number}" {css}><caption>{caption}</caption><tr>'
            f'<td class="eKOLCalendarCellOutOfRange">31</td>{cells}</tr></table>'
        )
    moves = button(f"{CAL}||BACKWARD", "Rückwärts", "disabled") + button(
        f"{CAL}||FORWARD", "Vorwärts", "" if forward else "disabled"
    )
    back = button("ACTION_CALENDARSELECT_PREVIOUS", "Zurück")
    return f'<h2 class="ekolStepBox2">Auswahl des Termins</h2>{moves}{"".join(tables)}{box}{back}'


def box(day: date, times: Sequence[str], *, names_day: bool = True, epoch: bool = True) -> str:
    """The box of times of a day."""
    options = "".join(
        f'<option value="{_value(day, time) if epoch else number + 1}">{time}</option>'
        for number, time in enumerate(times)
    )
    heading = f"Verfügbare Termine am: {day:%d.%m.%Y}" if names_day else "Verfügbare Termine"
    close = button(f"{CAL}||POPUP_CLOSE", "Schließen", 'class="messagebox_buttonclose"')
    confirm = button(f"{CAL}||POPUP_TIME_OK||{_value(day, '00:00')}", "Ok")
    return (
        f'<div class="ekolstaticpopup messagebox"><h3>{heading}</h3><p>{len(times)} freie Termine</p>'
        '<select name="ekolCalendarTimeSelect" id="ekolcalendartimeselectbox">'
        f'<option value="">- - -</option>{options}</select>{confirm}{close}</div>'
    )


def _value(day: date, time: str) -> int:
    return millis(datetime.fromisoformat(f"{day.isoformat()} {time}"))


@dataclass
class EkolPortal:
    """Steps and tokens of one visit at a time.

    ``sticky``: an open box stays until it is closed. ``trouble`` may answer first; it gets the number
    of the request.
    """

    free: dict[str, Free]
    heads: dict[str, str]
    skin: str = "A2"
    start: date = date(2026, 1, 26)
    shown_days: int = 60
    names: dict[str, str] = field(default_factory=lambda: {"71": "Reisepass", "72": "Meldung"})
    has_comments: bool = False
    has_tree: bool = True
    sticky: bool = False
    names_day: bool = True
    epoch: bool = True
    closed: frozenset[date] = frozenset()
    trouble: Callable[[int, Request], Reply | None] = lambda *_: None
    count: int = 0
    state: str = "start"
    office: str = ""
    opened: str = ""
    window: int = 0
    day: date | None = None

    def __call__(self, request: Request) -> Reply | None:
        self.count += 1
        found = self.trouble(self.count, request)
        if found is not None:
            return found
        if request.method == "GET":
            self.state = "info" if self.has_tree else "offices"
            self.opened, self.day = "", None
            return self._page()
        path = urlsplit(request.url).path
        assert path == f"/tnv/bgr;jsessionid={'A0' * 16}", path
        stale = request.form.get("PGUTSMSC") != f"c{self.count - 1};q-Z::"
        if stale or request.form.get("TCSID") != f"_Ac{self.count - 1}":
            self.state = "info"
        else:
            self._press(
                next(name for name in reversed([*request.form]) if "ACTION_" in name), request
            )
        return self._page()

    def _press(self, name: str, request: Request) -> None:
        assert "POPUP_TIME_OK" not in name, "that would hold a slot"
        if name.startswith("ACTION_CALENDARVIEW"):
            self._press_calendar(name)
        elif name == "ACTION_INFOPAGE_NEXT":
            assert request.form["AGREEMENT_ACCEPT"] == "on"
            self.state = "offices"
        elif name.startswith("ACTION_TREE_EXPAND-"):
            assert request.form[name] == "Öffnen"
            self.opened = name.rpartition("-")[2]
        elif name.startswith("ACTION_OFFICESELECT_TERMNEW_PREFIX"):
            assert request.form["OFFICESELECT_TERMID"] == ""
            self.office = name.removeprefix("ACTION_OFFICESELECT_TERMNEW_PREFIX")
            self.state = "concerns"
        elif name == "ACTION_CONCERNSELECT_NEXT":
            chosen = [key for key in self.names if request.form.get(key) == "1"]
            self.state = "concerns" if len(chosen) != 1 else self._after_concerns()
        elif name == "ACTION_CONCERNCOMMENTS_NEXT":
            self.state = "months"
        else:
            assert name.endswith("_PREVIOUS"), name
            back = {"months": "concerns", "comments": "concerns", "concerns": "offices"}
            before = "comments" if self.has_comments else "concerns"
            self.state = before if self.state == "months" else back[self.state]
            self.day, self.window = None, 0

    def _after_concerns(self) -> str:
        return "comments" if self.has_comments else "months"

    def _press_calendar(self, name: str) -> None:
        verb, _, value = name.removeprefix(f"{CAL}||").partition("||")
        if verb == "POPUP_CLOSE":
            self.day = None
        elif self.sticky and self.day is not None:
            return
        elif verb == "FORWARD":
            self.window, self.day = self.window + 1, None
        else:
            local = datetime.fromtimestamp(int(value) // 1000, UTC).astimezone(BERLIN)
            assert (local.hour, local.minute) == (0, 0)
            self.day = local.date()

    def _page(self) -> str:
        bodies = {
            "info": info,
            "offices": self._offices,
            "concerns": lambda: concerns(self.names),
            "comments": comments,
            "months": self._months,
        }
        return frame(bodies[self.state](), str(self.count), forms=self.skin == "B")

    def _offices(self) -> str:
        if self.has_tree:
            return offices(self.heads, self.opened)
        return "".join(new_button(key) for key in self.free)

    def _months(self) -> str:
        free = self.free[self.office]
        first = self.start + timedelta(days=self.window * self.shown_days)
        days = {first + timedelta(days=n): "0 frei" for n in range(self.shown_days)}
        days |= {day: f"{len(times)} frei" for day, times in free.items() if day in days}
        days |= {day: "geschlossen" for day in self.closed if day in days}
        shown = ""
        if self.day is not None:
            named = {"names_day": self.names_day, "epoch": self.epoch}
            shown = box(self.day, free.get(self.day, ()), **named)
        return months(days, self.skin, shown, forward=self.window < 2)
