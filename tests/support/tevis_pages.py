"""Small composed Tevis pages and a scripted portal for flow tests; prose is ours, names are the wire's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html import escape
from urllib.parse import parse_qs, urlsplit

from amtspuls.model import Slot, day_of_slot, local_from_slot, slot_from_local
from support.fake_session import Reply, Request

BASE = "https://termine.example/stadt/"
DAYS_DE = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]


def page(step: int, title: str, body: str, *, box: str = "", of: int = 6, kind: str = "mdt") -> str:
    """A whole page with the wizard's heading."""
    return (
        '<!DOCTYPE html><html lang="de"><head><meta charset="UTF-8"><title>Terminvereinbarung</title>'
        '</head><body class="TEVISWEB"><main class="container wrapper">'
        f'<div class="content content--{kind}" id="inhalt"><div role="banner" class="wizard"><div>'
        f"<h1> Schritt {step}<span class='visuallyhidden'> von {of}</span>: {title} </h1></div></div>"
        f'{box}{body}</div><footer id="footer"><p id="session_reset_wrap">Ihre Sitzung läuft aus in '
        "<span>0</span> Minuten</p></footer></main></body></html>"
    )


def start(units: Mapping[str, str], *, links: bool = False) -> str:
    """Step 1: md to name."""
    items = "".join(
        f'<a href="select2?md={md}"><span class="sel_button">{escape(name)}</span></a>'
        if links
        else f'<li><button onclick="window.location.href=\'select2?md={md}\'" name="{escape(name)}"'
        f' id="buttonfunktionseinheit-{md}" class="sel_button">{escape(name)}</button></li>'
        for md, name in units.items()
    )
    return page(1, "Auswahl der Funktionseinheit", f'<div class="button_container">{items}</div>')


def concerns(
    unit: str,
    services: Mapping[str, str],
    *,
    action: str = "location",
    mdt: str = "324",
    checkbox: bool = False,
    of: int = 6,
) -> str:
    """Step 2: id to name."""
    items = "".join(
        f'<li><input id="cnc-{n}" type="checkbox" name="cnc-{n}" value="1" class="cnc-item"'
        f' data-tevis-type="md"><label for="cnc-{n}"><b>{escape(name)}</b></label></li>'
        if checkbox
        else f'<li id="li-{n}"><input type="hidden" id="cncSelected_str-{n}" value="x">'
        f'<label for="input-{n}"><b>{escape(name)}</b></label><p id="cnc-{n}" aria-live="polite"></p>'
        f'<input id="input-{n}" type="number" name="cnc-{n}" value="0" min="0" max="4"'
        f' class="cnc-item" data-tevis-cncname="{escape(name)}" data-tevis-duration="15"></li>'
        for n, name in services.items()
    )
    form = (
        f'<form action="{action}" method="get" id="cnc-select-form"><input type="hidden" value="{mdt}"'
        f' name="mdt" /><input type="hidden" value="1" name="select_cnc" /><ul>{items}</ul></form>'
    )
    return page(2, f"{escape(unit)} - Auswahl des Anliegens", form, of=of)


def locations(places: Sequence[tuple[str, str, str]], *, of: int = 6) -> str:
    """Step 3: (loc, name, text of "Nächster Termin" or "" for no such row)."""

    def form(loc: str, rows: str, button: str) -> str:
        return (
            f'<form method="post"><input type="hidden" name="loc" value="{loc}" /><input type="hidden"'
            ' name="gps_lat" value="1.5" /><input type="hidden" name="gps_long" value="2.5" />'
            f'{rows}<input type="submit" value="{button}" name="select_location" /></form>'
        )

    maps = "".join(
        f'<div style="display: none;" id="map_marker_content-{loc}"><b>{escape(name)}</b>'
        f"{form(loc, '', 'Standort auswählen')}</div>"
        for loc, name, _ in reversed(places)
    )
    panels = []
    for number, (loc, name, following) in enumerate(places, start=1):
        row = f"<dt>Nächster Termin</dt><dd>{following}</dd>" if following else ""
        rows = (
            f'<dl class="grid suggest_location_tbl"><dt>Name</dt><dd class="cnw_skip_translation">'
            f"{escape(name)}</dd><dt>Anschrift</dt><dd>Weg 1, 12345 Musterstadt</dd>{row}</dl>"
        )
        if len(places) == 1:
            panels.append(
                '<div id="suggest_location_content" class="suggest_location_panel">'
                f"{form(loc, rows, 'Weiter')}</div>"
            )
        else:
            panels.append(
                f'<h3><b>{number}: </b><span class="cnw_skip_translation">{escape(name)}</span>'
                f'</h3><div class="suggest_location_panel">{form(loc, rows, f"Weiter mit {number}")}</div>'
            )
    inside = "".join(panels)
    if len(places) > 1:
        inside = f'<div id="suggest_location_accordion" data-active="0">{inside}</div>'
    title = "Terminvorschläge - Standortauswahl"
    return page(3, title, f'<div id="loc_map">{maps}</div>{inside}', kind="location", of=of)


def error(message: str = "Kein gültiger Mandant gefunden. (0)") -> str:
    """The error page, which comes with status 200."""
    return (
        '<html><body class="TEVISWEB"><main><div class="content content--error"><div class="header">'
        f'<h1 class="error">Fehler</h1><p>Fehlermeldung: {message}<hr />Der Fehler könnte folgende'
        " Ursachen haben:<ul><li>Die Sitzung ist abgelaufen</li></ul></p></div></div></main></body></html>"
    )


def none_free(location: str = "", *, of: int = 6) -> str:
    """Step 4 without times."""
    hidden = f'<input type="hidden" id="loc_details_hidden" value="{escape(location)}<br/>Weg 1" />'
    body = '<div class="row"><h2 class="h1like">Kein freier Termin verfügbar</h2></div>'
    return page(4, "Terminvorschläge - Keine Zeiten verfügbar", hidden + body, of=of)


def times(
    offers: Sequence[tuple[Slot, str]],
    *,
    location: str = "Mitte",
    fields: Mapping[str, str] | None = None,
    first: date | None = None,
    length_min: int = 15,
) -> str:
    """Step 4: (slot, calendar); ``fields`` are the hidden ones of the filter, None for no filter."""
    by_day: dict[date, list[str]] = {}
    for slot, cal in offers:
        local = local_from_slot(slot)
        start = local.hour * 60 + local.minute
        hidden = {"start": start, "end": start + length_min, "date": f"{local:%Y%m%d}", "cal": cal}
        inputs = "".join(
            f'<input type="hidden" name="{k}" value="{v}" />' for k, v in hidden.items()
        )
        by_day.setdefault(local.date(), []).append(
            f'<td><form method="post" class="suggestion_form">{inputs}<button type="submit" class='
            f'"suggest_btn" title="{local:%H:%M}">{local:%H:%M}</button ></form></td>'
        )
    taken = '<td><button type="button" class="suggest_btn" disabled>06:55</button></td>'
    days = [
        (
            f"{DAYS_DE[day.weekday()]}, {day:%d.%m.%Y}",
            f'<table class="sugg_table "><tr>{taken}{"".join(cells)}</tr></table>',
        )
        for day, cells in by_day.items()
    ]
    if len(days) == 1:
        title, table = days[0]
        shown = (
            '<details id="details_suggest_times"><summary id="suggest_details_summary">'
            f"{title}</summary><div>{table}</div></details>"
        )
    else:
        inside = "".join(f'<h3 title="{t}">{t}</h3><div>{table}</div>' for t, table in days)
        shown = f'<div id="sugg_accordion">{inside}</div>'
    hidden_details = f'<input type="hidden" id="loc_details_hidden" value="{escape(location)}<br/>Weg 1<br/>X" />'
    last = max(by_day)
    form = "" if fields is None else _filter(fields, first or min(by_day), last)
    return page(4, "Terminvorschläge - Auswahl der Zeit", hidden_details + form + shown)


def _filter(fields: Mapping[str, str], first: date, last: date) -> str:
    hidden = "".join(f'<input type="hidden" name="{k}" value="{v}" />' for k, v in fields.items())
    return (
        f'<form action="" method="get" id="suggest_filter_form">{hidden}<input type="text" name='
        f'"filter_date_from" value="{first:%d.%m.%Y}"/><input type="text" name="filter_date_to"'
        f' value="{last:%d.%m.%Y}"/><input type="checkbox" value="08" name="filter_timespan[]" />'
        '<input type="submit" name="suggest_filter" value="Filtern" /></form>'
    )


@dataclass
class Town:
    """A Tevis portal that keeps its session as the real ones do; a rule for ``FakeSession``.

    Attributes:
        units: md to (name, concern id to name).
        offers: (concern id, loc) to the free (slot, cal); a location that is missing is not listed.
        places: loc to name.
        most_slots: Times that a page shows at most; None for no limit.
        most_days: Days that a page shows at most; None for no limit.
        span_days: Days that the unfiltered list looks ahead.
        action: What follows the concerns: ``location``, or ``suggest`` for the second generation.
        choice: False when the second generation shows the times without asking for a location.
        says_next: Whether the list of locations says which have no times.
        biggest: The most times that one of its pages has shown.
        lost: Numbers of the requests (from 0) that are answered by a lost session.
    """

    units: Mapping[str, tuple[str, Mapping[str, str]]]
    offers: Mapping[tuple[str, str], Sequence[tuple[Slot, str]]]
    places: Mapping[str, str]
    today: date
    most_slots: int | None = None
    most_days: int | None = None
    span_days: int = 400
    action: str = "location"
    choice: bool = True
    says_next: bool = False
    links: bool = False
    checkbox: bool = False
    lost: set[int] = field(default_factory=set)
    first_gap_days: int = 0
    biggest: int = 0
    count: int = 0
    md: str = ""
    cnc: str = ""
    loc: str = ""
    visitor: int = 0

    def __call__(self, request: Request) -> Reply | None:
        number, self.count = self.count, self.count + 1
        if request.visitor != self.visitor or number in self.lost:
            self.visitor, self.md, self.cnc, self.loc = request.visitor, "", "", ""
        if number in self.lost:
            return error()
        step = urlsplit(request.url).path.removeprefix("/stadt/")
        query = parse_qs(urlsplit(request.url).query)
        if request.method == "POST":
            assert set(request.form) <= {"loc", "gps_lat", "gps_long", "select_location"}
            if not self.cnc:
                return error()
            self.loc = request.form["loc"]
            return self._list({})
        routes: dict[str, Callable[[dict[str, list[str]]], str]] = {
            "": lambda _: start({k: v[0] for k, v in self.units.items()}, links=self.links),
            "select2": self._select,
            "location": self._location,
            "suggest": self._suggest,
        }
        return routes[step](query) if step in routes else None

    @property
    def _of(self) -> int:
        return 6 if self.action == "location" else 5

    def _select(self, query: dict[str, list[str]]) -> str:
        self.md = query["md"][0]
        name, services = self.units[self.md]
        return concerns(
            name,
            services,
            action=self.action,
            mdt=f"9{self.md}",
            checkbox=self.checkbox,
            of=self._of,
        )

    def _location(self, query: dict[str, list[str]]) -> str:
        if not self.md:
            return error()
        (self.cnc,) = [k.removeprefix("cnc-") for k in query if k.startswith("cnc-")]
        assert query["mdt"] == [f"9{self.md}"]
        assert query["select_cnc"] == ["1"]
        assert self.cnc in self.units[self.md][1]
        listed = [
            (loc, name, self._next(loc))
            for loc, name in self.places.items()
            if (self.cnc, loc) in self.offers
        ]
        return locations(listed, of=self._of) if listed else none_free()

    def _next(self, loc: str) -> str:
        if not self.says_next:
            return ""
        free = sorted(slot for slot, _ in self.offers[self.cnc, loc])
        if not free:
            return "Keine Zeiten verfügbar"
        return f"ab {local_from_slot(free[0]):%d.%m.%Y, %H:%M} Uhr"

    def _suggest(self, query: dict[str, list[str]]) -> str:
        if "select_cnc" in query:
            if self.choice:
                return self._location(query)
            self._location(query)
            (self.loc,) = (loc for cnc, loc in self.offers if cnc == self.cnc)
        if not self.loc or not self.cnc:
            return error("Kein gültiger Standort gefunden.")
        return self._list(query)

    def _list(self, query: dict[str, list[str]]) -> str:
        first = self.today + timedelta(days=self.first_gap_days)
        last = first + timedelta(days=self.span_days)
        if "filter_date_from" in query:
            assert query["loc"] == [self.loc]
            assert query["mdt"] == ["0"]
            assert f"cnc-{self.cnc}" in query
            assert query["suggest_filter"] == ["Filtern"]
            first = datetime.strptime(query["filter_date_from"][0], "%d.%m.%Y").date()
            last = datetime.strptime(query["filter_date_to"][0], "%d.%m.%Y").date()
        hours = set(query.get("filter_timespan[]", []))
        shown = [
            (slot, cal)
            for slot, cal in sorted(self.offers[self.cnc, self.loc])
            if first <= day_of_slot(slot) <= last
            and (not hours or f"{local_from_slot(slot).hour:02d}" in hours)
        ][: self.most_slots]
        if self.most_days is not None:
            days = sorted({day_of_slot(slot) for slot, _ in shown})[: self.most_days]
            shown = [(slot, cal) for slot, cal in shown if day_of_slot(slot) in days]
        self.biggest = max(self.biggest, len(shown))
        name = self.places[self.loc]
        if not shown:
            return none_free(name, of=self._of)
        fields = {"loc": self.loc, "mdt": "0", f"cnc-{self.cnc}": "1"}
        return times(shown, location=name, fields=fields, first=first)


def slots_on(day: date, *clock: str) -> list[Slot]:
    """Slots of a day from times such as ``08:15``."""
    return [
        slot_from_local(datetime(day.year, day.month, day.day, int(c[:2]), int(c[3:])))
        for c in clock
    ]
