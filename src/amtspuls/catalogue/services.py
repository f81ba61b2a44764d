"""Services by name: one list that all cities share, and which services are asked where no entry says it.

The rules are told in docs/reference/catalogue.md. Names are German, as portals show them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, get_args

CommonService = Literal[
    "id_card",
    "passport",
    "residence_registration",
    "vehicle",
    "driving_licence",
    "foreigners",
    "registry",
    "other",
]
"""What people come for, the same words for every city."""

COMMON_SERVICES: tuple[CommonService, ...] = get_args(CommonService)

NAMES_DE: Mapping[CommonService, str] = MappingProxyType(
    {
        "id_card": "Personalausweis",
        "passport": "Reisepass",
        "residence_registration": "An- und Ummeldung",
        "vehicle": "Kfz-Zulassung",
        "driving_licence": "Führerschein",
        "foreigners": "Aufenthalt und Einbürgerung",
        "registry": "Standesamt",
        "other": "Sonstiges",
    }
)
"""Display names."""

MOST_SERVICES = 8
"""More would cost an office too many requests; ``"all"`` is a decision of its own."""

_PLAIN_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "\u00ad": ""})
_ASIDE = re.compile(r"\([^)]*\)|\b(?:mit|ohne|bei|nach|inkl|inklusive|durch|wegen)\b.*")
"""What a name says beside the point: in brackets, and from such a word on."""

_ALWAYS_OTHER = re.compile(
    r"parkausweis|parkberecht|parkerleicht|behinder|gewerb|taxi|mietwagen|reitkennzeichen|jagd|jaeger"
    r"|fischerei|jubilaeum|familienpass|fuehrungszeugnis|energieberatung|rente\b|rentenantrag|kirchen"
)

_Table = tuple[tuple[CommonService, re.Pattern[str]], ...]


def _table(*rows: tuple[CommonService, str]) -> _Table:
    return tuple((service, re.compile(words)) for service, words in rows)


_STRONG = _table(
    ("other", r"beglaubig|melderegister|(?:melde|lebens|haushalts|aufenthalts)-?bescheinigung"),
    ("id_card", r"personalausweis|\bausweis|personaldokument"),
    ("passport", r"reisepass|zweitpass|passdokument|(?<![-\w])p(?:ass|aesse)\b"),
    (
        "residence_registration",
        (
            r"wohnsitz|wohnung(?!sgeber)|nebenwohn|hauptwohn|\b(?:zu|um|weg)zug|umziehen"
            r"|statuswechsel"
        ),
    ),
    (
        "driving_licence",
        (
            r"fuehrerschein|fahrerlaubnis|^fs\b|fahrerkarte|fahrer(?:qualifi|bescheinig)"
            r"|fahrberechtig|begleitete\w* fahren|fahrgastbefoerderung|\bklassen\b"
        ),
    ),
    (
        "vehicle",
        (
            r"\bkfz|fahrzeug|zulassung|kennzeich|ausserbetriebsetzung|plakette|\bzb\b|\bhalter"
            r"|oldtimer"
        ),
    ),
    (
        "foreigners",
        (
            r"aufenthalts?(?!s?-?bescheinigung)|niederlassung|auslaenderamt|auslaenderbehoerde"
            r"|einbuergerung|verpflichtungserklaerung|visum|\bvisa\b|duldung|fiktion|asyl"
            r"|blaue karte|freizuegigkeit"
        ),
    ),
    (
        "registry",
        (
            r"\behe(?!jubil)|eheschliessung|heirat|trauung|standesamt|\bgeburt|sterbe|urkunde"
            r"|vaterschaft|sorgeerklaerung|lebenspartner|personenstand|scheidung|leichenpass"
            r"|selbstbestimmungsgesetz|familienname|vorname|namenserklaerung"
        ),
    ),
)
"""The word that stands first in the name decides; of two at one place the earlier row."""

_WEAK = _table(
    ("residence_registration", r"(?:an|um|ab)-?meld|aenderung im melderegister"),
    ("id_card", r"\beid\b|\be-id\b|\belektronische id|\bpin\b|online-?ausweis"),
    ("vehicle", r"umschreibung|technische (?:aenderung|daten)|technikdaten|saison"),
    ("registry", r"namens(?:aenderung|bescheinigung|fuehrung)|doppelname|kindesname"),
)
"""Words that count only where none of the above stands."""

_PREFERRED: Mapping[CommonService, tuple[str, ...]] = MappingProxyType(
    {
        "id_card": ("personalausweis", "ausweis"),
        "passport": ("reisepass", "pass"),
        "residence_registration": ("anmeld", "ummeld", "wohnung anmeld", "zuzug", "umzug"),
        "vehicle": ("zulassung", "umschreibung", "anmeldung", "fahrzeug"),
        "driving_licence": ("umtausch", "antrag", "erteilung", "fuehrerschein", "fahrerlaubnis"),
        "foreigners": ("aufenthaltstitel", "aufenthaltserlaubnis", "aufenthalt", "einbuergerung"),
        "registry": (
            "vorbereitung einer ehe",
            "anmeldung der ehe",
            "eheschliessung",
            "geburt",
            "urkunde",
        ),
        "other": (),
    }
)
"""Words that make a name stand for its common service, the best first."""

_EITHER = re.compile(
    r"\(vorlaeufige[rn]?\) (?=\w)|(?:/|und) ?vorlaeufige[rns]{0,2} \w+|(?:/|,|und) ?eid(?:[- ]?karte)?\b"
)
"""Words that name a second thing which may be had as well: they make nothing less plain."""

_NEVER_PLAIN = re.compile(
    r"abhol|abgabe|ausgabe|aushaendig|entgegennahme|rueckgabe|nachreich|storn|verzicht"
    r"|vorlaeufig|express|zweitpass"
    r"|verlust|verlor|diebstahl|ersatz|wieder(?:auf)?find|beschaedig"
    r"|\bpin\b|\be-?id\b|elektronische id|online|telefon|video|info-veranst"
    r"|aender|aktualisier|kennzeich|korrektur|(?<!er)klaerung|pruefung|befreiung|eintrag|technisch"
    r"|abmeld|wegzug|ausserbetrieb|status|plakette|\bzb\b|fahrzeugschein|scheinheft"
    r"|international|fahrerkarte|fahrer(?:qualifi|bescheinig)|fahrgast|begleit|dienstfahr"
    r"|einbuergerung.*(?:pass|ausweis|personaldokument)"
)
"""A common service that is there in no other form is left out, as it would compare with nothing."""

_LESS_PLAIN = tuple(
    re.compile(words)
    for words in (
        r"(?<!ohne )famil|gleichzeitig|mehrere|gruppe|\b(?:[2-9]|zwei|drei|vier) personen",
        r"ausweis\w*\W+(?:(?:und|oder)\W+)?(?:deutscher )?(?:reise)?p(?:ass|aesse)",
        r"p(?:ass|aesse),? (?:und )?(?:personal)?ausweis",
        r"minderjaehr|lebensjahr|kinder|unter 1[0-9]",
        r"ausland|auslaend|unionsbuerger|\beu\b|\beu-staat|nebenwohn|hauptwohn",
        r"haendler|grosskund|juristisch|geleast|gutachten|oldtimer|historisch",
        r"mit kfz|mit fahrzeug|wiederzulassung|verlaenger|erweiter|klassen|deutsche ausweis",
    )
)
"""Each of these that fits makes a name less plain."""


def common_service(name: str) -> CommonService:
    """Tell which common service a service's name means.

    Umlauts and their two-letter forms count as the same, brackets and what follows ``mit``, ``bei``,
    ``nach`` ... only where the rest says nothing. A name of identity card and passport is an identity
    card; a name that no rule knows is ``other``.
    """
    whole = plain_text(name)
    if _ALWAYS_OTHER.search(whole):
        return "other"
    for text in (_ASIDE.sub(" ", whole), whole):
        for table in (_STRONG, _WEAK):
            found = _first_in(text, table)
            if found:
                return "id_card" if found == "passport" and "ausweis" in text else found
    return "other"


def offered_services(names: Iterable[str]) -> frozenset[CommonService]:
    """The common services for which at least one plain name stands.

    To collect a paper, to change or to hand it back is not the service: who wants an identity card finds
    no place among appointments to collect one.
    """
    commons = ((name, common_service(name)) for name in names)
    return frozenset(common for name, common in commons if not _rank(name, common)[0])


def choose_services(
    names: Sequence[str], most: int = MOST_SERVICES, have: Collection[CommonService] = ()
) -> tuple[int, ...]:
    """Choose the services to ask of a page where no catalogue entry names them.

    One for each common service except ``other``, the plainest. What is collected, provisional, lost,
    changed, signed off, or about a PIN is chosen only where nothing else is left; several persons, two
    papers at once and special groups come after plain names; among equals the name with the better
    word, then the first on the page. Where no common service is left, one name: the plainest of the
    first common service that is there.

    Args:
        names: Services in page order.
        most: No more than these; common services in the order of the list.
        have: Common services that another page of the portal has been asked for.

    Returns:
        Indices into ``names`` in page order; empty only for no names, or ``most`` below one.
    """
    found: dict[CommonService, tuple[_Rank, int]] = {}
    for index, name in enumerate(names):
        common = common_service(name)
        rank = (_rank(name, common), index)
        found[common] = min(found.get(common, rank), rank)
    ordered = [common for common in COMMON_SERVICES if common in found]
    plain = [
        common
        for common in ordered
        if common != "other" and common not in have and not found[common][0][0]
    ]
    # A stable sort: plain ones before the others, else in the order of the list.
    only = sorted(ordered, key=lambda common: (common == "other", found[common][0][0]))[:1]
    chosen = (plain or only)[: max(most, 0)]
    return tuple(sorted(found[common][1] for common in chosen))


def plain_text(name: str) -> str:
    """A text as it is compared: small letters, umlauts as two letters, single blanks."""
    return " ".join(name.casefold().translate(_PLAIN_LETTERS).split())


def _first_in(text: str, table: _Table) -> CommonService | None:
    """The common service whose word stands first in a text."""
    places = [
        (match.start(), row)
        for row, (_, words) in enumerate(table)
        if (match := words.search(text)) is not None
    ]
    return table[min(places)[1]][0] if places else None


_Rank = tuple[bool, int, int]


def _rank(name: str, common: CommonService) -> _Rank:
    """Whether a name is never plain, how far it is from plain, how good its best word is; small is better."""
    text = _EITHER.sub(" ", plain_text(name))
    words = _PREFERRED[common]
    best = next((place for place, word in enumerate(words) if word in text), len(words))
    return bool(_NEVER_PLAIN.search(text)), sum(bool(w.search(text)) for w in _LESS_PLAIN), best
