"""Rows of the eTermin answers; names and literal values as docs/systems/etermin.md has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from zlib import crc32

from amtspuls.model import Slot, local_from_slot
from amtspuls.replica.availability import ReplicaCalendar
from amtspuls.replica.portals.etermin_map import Service, Wire
from amtspuls.replica.portals.html import escape

Row = dict[str, Any]

_SERVICES_VERSION = 413
_FIELDS_VERSION = 97
_INHERIT = -1


def settings(wire: Wire, appfuture_days: int) -> list[Row]:
    """Draw ``/api/settingbs``: exactly one row."""
    return [
        {
            "defaultlanguage": "de", "appfuture": appfuture_days, "appdeadline": 0,
            "appdeadlinewm": 0, "msdcm": 0, "caching": False, "cluster": False,
            "fillcalendarstrategy": 0, "showavcap": False, "vservices": _SERVICES_VERSION,
            "vfields": _FIELDS_VERSION, "limitappointments": 0, "limitappointmentstype": 0,
            "onetimebooking": False, "latf": 0, "z": wire.account, "limitservice": 0,
            "agb": False, "agblink": "", "dp": True, "dplink": "/datenschutz", "nea": 0,
            "enablefeedback": False, "street": "Am Markt 1", "zip": "00000", "city": "Musterstadt",
            "timezone": "W. Europe Standard Time", "canceldeadline": 0,
            "appointmentreminderhours": 24, "appointmentreminderhours2": 0,
            "customerconfirm": False, "customerconfirmtime": 0, "bl": False, "storeip": True,
            "apw": False, "showreminder": False,
        }
    ]  # fmt: skip


def services(wire: Wire, group_id: str) -> list[Row]:
    """Draw ``/api/servicegroupservice``: a row per group and service.

    Args:
        wire: The portal.
        group_id: ``servicegroupid``, a comma list; empty for all groups.
    """
    wanted = set(filter(None, group_id.split(",")))
    rows: list[Row] = []
    for group in wire.groups:
        if wanted and str(group.number) not in wanted:
            continue
        title = {"named": group.title, "html": _coloured(group.title), "null": None}
        head: Row = {"sg": title[wire.group_titles], "sgid": wire.number(group.number)}
        if wire.group_only_rows:
            rows.append({**head, "s": "", "sid": None, "duration": None, "captype": _INHERIT})
        rows += [{**head, **_service(wire, service)} for service in group.services]
    return rows


def _coloured(title: str) -> str:
    return f"<font color=005e4f>{escape(title)}</font><br>"


def _service(wire: Wire, service: Service) -> Row:
    return {
        "s": service.title, "sid": wire.number(service.number), "sa": "",
        "duration": service.duration_min, "captype": _INHERIT if not service.duration_min else 0,
        "fcs": _INHERIT, "showavcap": _INHERIT, "msdcm": _INHERIT, "canceldeadline": _INHERIT,
        "showduration": False, "nrappsel": 0, "capacitynonsel": 0, "enablecapacity": False,
        "rh": _INHERIT, "rh2": _INHERIT, "cc": _INHERIT, "cct": 0, "abb": "", "lb": 0, "la": 0,
        "lat": 0, "ls": 0, "price": 0, "addapphours": 0,
    }  # fmt: skip


def calendars(wire: Wire, offering: Sequence[ReplicaCalendar]) -> list[Row]:
    """Draw ``/api/calendar``; ``calendarid`` is always text, and a comma list in that variant."""
    if wire.comma and offering:
        keys = ",".join(one.key for one in offering)
        return [{"calendarid": keys, "calendarname": " / ".join(one.name for one in offering)}]
    return [{"calendarid": one.key, "calendarname": one.name} for one in offering]


def company(calendar: ReplicaCalendar) -> list[Row]:
    """Draw ``/api/calendar`` with ``companydataonly=1``."""
    place = {"street": "Am Markt 1", "zip": "00000", "city": "Musterstadt"}
    return [{"calendarid": calendar.key, "calendarname": calendar.name, **place}]


def days(wire: Wire, free: dict[date, int], first: date, last: date) -> list[Row]:
    """Draw the answer of a range search from the first to the last day, both included."""
    rows = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        start: Row = {"start": f"{day}T00:00:00"}
        if free.get(day):
            rows.append({**start, "available": free[day]})
        elif day.weekday() < 5 and wire.full_days != "absent":
            rows.append(start if wire.full_days == "bare" else {**start, "available": 0})
    return rows


def times(
    wire: Wire, found: Iterable[tuple[ReplicaCalendar, Slot]], service: str, duration_min: int
) -> list[Row]:
    """Draw the slots of a day; with the variant ``decoys``, rows that cannot be booked among them."""
    rows = []
    for calendar, slot in found:
        rows.append(_time(wire, calendar, slot, service, duration_min))
        if wire.decoys and wire.slot_form != "2021":
            decoy = _time(wire, calendar, Slot(slot + 1), service, duration_min)
            rows += [
                {**decoy, "f": False, "hv": "", "available": 0, "cap": 0},
                {**decoy, "f": True, "hv": None},
                {**decoy, "f": False},
            ]
    return rows


def placeholder(wire: Wire, calendar: ReplicaCalendar, day: date) -> list[Row]:
    """Draw the one row of a day without a free slot: it starts at midnight."""
    start = f"{day}T00:00:00"
    row: Row = {
        "start": start, "end": start, "calendarid": int(calendar.key), "calendarname": calendar.name,
        "cap": 0, "capmax": wire.cap, "available": 0, "ecap": False, "ads": "", "adw": 0,
        "wl": 0, "wlstart": 0, "wlend": 0, "idandtimeslot": "",
    }  # fmt: skip
    return [row if wire.slot_form == "2021" else {**row, "f": False, "hv": ""}]


def _time(
    wire: Wire, calendar: ReplicaCalendar, slot: Slot, service: str, duration_min: int
) -> Row:
    start, end = local_from_slot(slot), local_from_slot(Slot(slot + duration_min))
    mark = f"{calendar.key}|{start:%Y-%m-%d %H:%M}|{end:%Y-%m-%d %H:%M}|{service}|0"
    row: Row = {
        "start": start.isoformat(), "end": end.isoformat(), "calendarid": int(calendar.key),
        "calendarname": calendar.name, "cap": wire.cap, "capmax": wire.cap, "available": wire.cap,
        "ecap": False, "ads": "", "adw": 0, "wl": 0, "wlstart": 0, "wlend": 0,
        "idandtimeslot": mark,
    }  # fmt: skip
    if wire.slot_form == "2021":
        return row
    return {**row, "f": True, "hv": f"{crc32(mark.encode()):08x}"}
