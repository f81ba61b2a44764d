"""What the report says, in its languages; texts inside pictures are in ``charts``."""

from __future__ import annotations

from types import MappingProxyType

from amtspuls.charts.words import Texts
from amtspuls.web.report_captions import CAPTIONS
from amtspuls.web.report_method import METHOD

TEXTS: Texts = MappingProxyType(
    {
        **CAPTIONS,
        **METHOD,
        "headline": ("What the appointment pages say", "Was die Terminseiten sagen"),
        "observed": ("observed in {share} of the time", "{share} der Zeit beobachtet"),
        "of": ("{asked} of {number}", "{asked} von {number}"),
        "to": ("{first} to {last}", "{first} bis {last}"),
        "provisional_word": ("provisional", "vorläufig"),
        "estimated_word": ("estimated", "geschätzt"),
        "provisional_note": (
            "Bookings and cancellations are worked out from what the pages showed, not counted by the offices; waits are measured. See",
            "Buchungen und Absagen sind aus dem erschlossen, was die Seiten zeigten, nicht von den Ämtern gezählt; Wartezeiten sind gemessen. Siehe",
        ),
        "provisional_why": (
            "Provisional: what vanished last may still come back, so later snapshots can change these figures.",
            "Vorläufig: Was zuletzt verschwand, kann noch zurückkommen; spätere Abrufe können diese Zahlen ändern.",
        ),
        "method_link": ("method and limits", "Methode und Grenzen"),
        "left_out": (
            "Portals of the archive that were not asked at all in this range, and are left out of the page: {number}.",
            "Portale des Archivs, die in dieser Zeit gar nicht gefragt wurden und auf der Seite fehlen: {number}.",
        ),
        "main_figures": ("Main figures", "Wichtigste Zahlen"),
        "unknown": ("unknown", "unbekannt"),
        "d": ("{number} days", "{number} Tage"),
        "between": ("between {low} and {high}", "zwischen {low} und {high}"),
        "f_bookings": ("Bookings", "Buchungen"),
        "f_bookings_note": (
            "{rate} per observed hour and portal",
            "{rate} je beobachteter Stunde und Portal",
        ),
        "f_no_hour": ("no observed hour", "keine beobachtete Stunde"),
        "f_cancellations": ("Cancellations", "Absagen"),
        "f_cancellations_note": ("{rate} for 100 bookings", "{rate} auf 100 Buchungen"),
        "f_no_rate": ("too few bookings to compare with", "zu wenige Buchungen zum Vergleich"),
        "f_wait": ("Median wait", "Wartezeit, Median"),
        "no_slot": ("nothing", "nichts"),
        "f_wait_note": (
            "to the first free slot; to the third {third}",
            "bis zum ersten freien Termin; bis zum dritten {third}",
        ),
        "f_within": ("A slot within 14 days", "Termin innerhalb von 14 Tagen"),
        "f_within_note": (
            "of the time; nothing free at all in {none}",
            "der Zeit; gar nichts frei in {none}",
        ),
        "f_lead": ("Booked ahead", "Im Voraus gebucht"),
        "f_lead_note": (
            "half of the bookings; nine in ten within {p90}",
            "die Hälfte der Buchungen; neun von zehn bis {p90}",
        ),
        "pictures": ("Pictures", "Bilder"),
        "scroll": ("{title}: wide, can be scrolled", "{title}: breit, lässt sich schieben"),
        "shows": ("Picture: {title}. {caption}", "Bild: {title}. {caption}"),
        "portals": ("Portals", "Portale"),
        "portals_note": (
            (
                "One row per portal; in brackets: at least and at most. A dash means that it is not known. “> 40” days: nothing free in the 40 days that were asked about. "
                "Horizon: how far ahead slots are offered. Notice: how long before its start a slot leaves the page."
            ),
            (
                "Eine Zeile je Portal; in Klammern: mindestens und höchstens. Ein Strich heißt: nicht bekannt. „> 40“ Tage: nichts frei in den 40 Tagen, nach denen "
                "gefragt wurde. Horizont: so weit voraus werden Termine angeboten. Vorlauf: so lange vor Beginn verschwindet ein Termin von der Seite."
            ),
        ),
        "t_portal": ("portal", "Portal"),
        "t_bookings": ("bookings", "Buchungen"),
        "t_cancellations": ("cancellations", "Absagen"),
        "t_first": ("wait, days: first slot", "Wartezeit, Tage: erster Termin"),
        "t_third": ("wait, days: third slot", "Wartezeit, Tage: dritter Termin"),
        "t_within": ("within 14 days, % of time", "binnen 14 Tagen, % der Zeit"),
        "t_zero": ("nothing free, % of time", "nichts frei, % der Zeit"),
        "t_horizon": ("horizon, days", "Horizont, Tage"),
        "t_notice": ("notice, hours", "Vorlauf, Stunden"),
        "t_coverage": ("observed, % of time", "beobachtet, % der Zeit"),
        "outcomes": ("snapshots: {counts}", "Abrufe: {counts}"),
        "o_ok": ("{number} ok", "{number} in Ordnung"),
        "o_partial": ("{number} partial", "{number} teilweise"),
        "o_unreachable": ("{number} unreachable", "{number} nicht erreichbar"),
        "o_throttled": ("{number} throttled", "{number} gebremst"),
        "o_refused": ("{number} refused", "{number} abgelehnt"),
        "o_changed": ("{number} page changed", "{number} Seite verändert"),
        "o_implausible": ("{number} implausible", "{number} unglaubhaft"),
        "o_skipped": ("{number} skipped", "{number} ausgelassen"),
        "stopped": ("stopped: {reason}", "angehalten: {reason}"),
        "calendar": ("{number} calendar", "{number} Kalender"),
        "calendars": ("{number} calendars", "{number} Kalender"),
        "hours": ("When people book, in figures", "Wann gebucht wird, in Zahlen"),
        "hours_note": (
            "Bookings per observed hour and portal. A dash means that less than half of that hour was observed.",
            "Buchungen je beobachteter Stunde und Portal. Ein Strich heißt: weniger als die Hälfte der Stunde wurde beobachtet.",
        ),
        "t_hour": ("hour", "Stunde"),
        "days": ("The wait, day by day", "Die Wartezeit, Tag für Tag"),
        "days_note": (
            "All calendars together; 10 and 90 %: that part of the time the first free slot was at most so far away.",
            "Alle Kalender zusammen; 10 und 90 %: diesen Teil der Zeit war der erste freie Termin höchstens so weit entfernt.",
        ),
        "t_day": ("day", "Tag"),
        "t_p10": ("10 % of the time", "10 % der Zeit"),
        "t_p90": ("90 % of the time", "90 % der Zeit"),
        "swipe": (
            "Wider than this screen: push it to the left.",
            "Breiter als dieser Bildschirm: nach links schieben.",
        ),
        "csv": ("table as CSV", "Tabelle als CSV"),
        "legacy": ("The old figures beside it", "Die alten Zahlen daneben"),
        "legacy_note": (
            (
                "What the predecessor’s program would publish for this week and these portals. It is shown for comparison only: its "
                "rule counts differently, and what its weekly summary calls appointments are quarter hours with at least one."
            ),
            (
                "Was das Programm des Vorgängers für diese Woche und diese Portale veröffentlichen würde. Nur zum Vergleich: seine "
                "Regel zählt anders, und was seine Wochenübersicht Termine nennt, sind Viertelstunden mit mindestens einem."
            ),
        ),
        "t_rule": ("rule", "Regel"),
        "legacy_raw": ("predecessor, sums of its tables", "Vorgänger, Summen seiner Tabellen"),
        "legacy_clipped": (
            "predecessor, weekly summary (quarter hours)",
            "Vorgänger, Wochenübersicht (Viertelstunden)",
        ),
        "ours": ("this page, rule {rule}", "diese Seite, Regel {rule}"),
        "method": ("Method and limits", "Methode und Grenzen"),
        "footer": (
            (
                "Made by amtspuls {version} from {portals}, {weeks}; fingerprint of the data: {digest}. This page needs no network and holds no personal "
                "data. Each figure can be made again from the archive with the command beside it; add --archive DIR for its folder."
            ),
            (
                "Erstellt von amtspuls {version}. Grundlage: {portals}, {weeks}; Fingerabdruck der Daten: {digest}. Diese Seite braucht kein Netz und enthält keine "
                "personenbezogenen Daten. Jede Zahl lässt sich mit dem Befehl daneben aus dem Archiv neu erzeugen; --archive ORDNER nennt seinen Ort."
            ),
        ),
        "source_line": (
            "{weeks}, {share} observed; amtspuls {version}; data {digest}",
            "{weeks}, {share} beobachtet; amtspuls {version}; Daten {digest}",
        ),
    }
)
"""Every text of the page by its key."""
