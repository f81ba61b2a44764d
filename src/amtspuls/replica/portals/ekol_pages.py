"""Markup of the eKOL TNV pages; names, classes, ids and texts as docs/systems/ekol.md has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from amtspuls.replica.portals.ekol_map import Office, Skin
from amtspuls.replica.portals.html import escape

HEADS_DE = ("Bürgerämter", "Ordnungsamt")
"""Heads of groups in the tree of offices; they carry the class of an office."""

TITLES_DE = {
    "INFOPAGE": "Allgemeine Informationen",
    "OFFICESELECT": "Termin vereinbaren bei",
    "CONCERNSELECT": "Auswahl des Anliegens",
    "CONCERNCOMMENTS": "Zusatzinformationen zu den Anliegen",
    "CALENDARSELECT": "Auswahl des Termins",
    "USERDATA": "Persönliche Daten",
}
_CONTEXTS = {
    "INFOPAGE": "buergerinfoseite",
    "OFFICESELECT": "buergerauswahldienststelle",
    "CONCERNSELECT": "buergerneuerterminanliegen",
    "CONCERNCOMMENTS": "buergerneuerterminanlieginfo",
    "CALENDARSELECT": "buergerneuerterminzeitpunkt",
    "USERDATA": "buergerneuerterminbenutzerdaten",
}
_HEAD_IDS = ("100000001", "100000002")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a form must bring back, once."""

    page: str
    context: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the content of a page.

    ``tokens`` are those of the form; ``others`` belong to the forms before it, where there are any.
    """

    skin: Skin
    portal_name: str
    session: str
    tokens: Tokens
    others: tuple[Tokens, Tokens]
    message: str = ""
    said_at: datetime | None = None


def whole_page(frame: Frame, page: str, content: str, *, back: bool = True) -> str:
    """Wrap the content of a page into its form and the rest."""
    skin = frame.skin
    title = skin.title.format(escape(TITLES_DE[page])) if skin.title else ""
    action = f"bgr;jsessionid={frame.session}"
    buttons = _button(f"ACTION_{page}_PREVIOUS", "Zurück") if back else ""
    start = (
        f'<form id="contextForm" action="{action}" method="post" data-ajax="false">\n'
        if skin.many_forms
        else f'<form action="{action}" method="post">\n'
    )
    text = (
        f"{_message(frame)}{_other_forms(frame, action)}{start}{_hidden(frame.tokens)}{title}"
        f"{content}{buttons}{_button('ACTION_REFRESH', 'Aktualisieren')}</form>\n"
    )
    if skin.many_forms:
        text = f'<div id="tc" data-tccontext="{_CONTEXTS[page]}">\n{text}</div>\n'
    whole = (
        '<!DOCTYPE html>\n<html lang="de"><head>\n'
        f"<title>{escape(frame.portal_name)}</title>\n</head>\n<body>\n{text}</body></html>\n"
    )
    return _with_references(whole) if skin.entities else whole


def _with_references(text: str) -> str:
    """Write every character beyond ASCII as a reference."""
    return "".join(one if one.isascii() else f"&#x{ord(one):x};" for one in text)


def _hidden(tokens: Tokens) -> str:
    return (
        f'<input type="hidden" name="PGUTSMSC" value="{escape(tokens.page)}"/>\n'
        f'<input type="hidden" name="TCSID" value="{escape(tokens.context)}"/>\n'
    )


def _other_forms(frame: Frame, action: str) -> str:
    if not frame.skin.many_forms:
        return ""
    names = (("menuForm", "ACTION_MENU", "Menü"), ("settingsForm", "ACTION_SETTINGS", "Anzeige"))
    return "".join(
        f'<form id="{form_id}" action="{action}" method="post">\n{_hidden(tokens)}'
        f"{_button(name, text)}</form>\n"
        for (form_id, name, text), tokens in zip(names, frame.others, strict=True)
    )


def _message(frame: Frame) -> str:
    if not frame.message or frame.said_at is None:
        return ""
    line = f"<li>{frame.said_at:%d.%m.%Y %H:%M:%S}: {escape(frame.message)}</li>"
    if frame.skin.many_forms:
        return f'<ul id="warnmsglist">{line}</ul>\n'
    return f'<div id="uimsgcontainer"><ul>{line}</ul></div>\n'


def _button(name: str, text: str, more: str = "") -> str:
    return (
        f'<button type="submit" name="{escape(name)}" id="{escape(name.lower())}"{more}>'
        f"{escape(text)}</button>\n"
    )


def info() -> str:
    """Draw the content of the first page."""
    return (
        "<p>Hier vereinbaren Sie einen Termin. Ihre Angaben werden nur dafür verwendet.</p>\n"
        '<input type="hidden" name="AGREEMENT_REQUIRED" value="true"/>\n'
        '<input type="checkbox" name="AGREEMENT_ACCEPT" id="agreement_accept"/>'
        '<label for="agreement_accept">Ich stimme zu.</label>\n'
        + _button("ACTION_INFOPAGE_NEXT", "Weiter")
    )


def offices(listed: Iterable[Office], opened: Collection[str], *, heads: bool) -> str:
    """Draw the tree of offices; only an opened branch has the button for a new appointment."""
    rows = [
        f"<tr><td>{_tree_item(key, name, place)}</td></tr>\n"
        for place, (key, name) in enumerate(zip(_HEAD_IDS, HEADS_DE, strict=True))
        if heads
    ]
    for place, office in enumerate(listed, start=len(rows)):
        inside = new_appointment(office) if office.key in opened else ""
        rows.append(f"<tr><td>{_tree_item(office.key, office.name, place)}{inside}</td></tr>\n")
    tree = "".join(rows)
    return f'<table id="id_buergerauswahldienststelle_tree-office">\n{tree}</table>\n{_lookup_fields()}'


def _tree_item(key: str, name: str, place: int) -> str:
    return (
        '<div class="CLASS_TREEVIEWSEARCH_HEAD_LEVEL_2">'
        f'<button name="ACTION_EKOLTREEITEM{place}||EXPAND||OFFICE-{key}" '
        f'class="buttonTreeviewExpand" title="öffnen">{escape(name)}</button></div>\n'
    )


def one_office(office: Office) -> str:
    """Draw the page of the one office that the address names."""
    return f"<p>{escape(office.name)}</p>\n{new_appointment(office)}{_lookup_fields()}"


def new_appointment(office: Office) -> str:
    """Draw the button that begins a new appointment."""
    return (
        '<button class="class_BuergerAuswahlDienststelle_office-button" '
        f'name="ACTION_OFFICESELECT_TERMNEW_PREFIX{office.key}" '
        f'id="action_officeselect_termnew_prefix{office.key}">Termin vereinbaren</button>\n'
    )


def _lookup_fields() -> str:
    return (
        '<input type="text" name="OFFICESELECT_TERMID" value=""/>\n'
        '<input type="password" name="OFFICESELECT_RESERVATIONPIN" value=""/>\n'
    )


def concerns(listed: Mapping[str, str]) -> str:
    """Draw the choice of concerns, a number for each."""
    rows = "".join(_concern(number, text) for number, text in listed.items())
    return (
        '<div id="id_abstractcontexttnv_mdg-input-anliegen-ohne-dauer">'
        f'<div class="blockcontentdatagrid">\n<table>\n{rows}</table>\n</div></div>\n'
        + _button("ACTION_CONCERNSELECT_NEXT", "Weiter")
    )


def _concern(number: str, text: str) -> str:
    counts = "".join(f'<option value="{count}">{count}</option>' for count in range(4))
    return (
        f'<tr class="ui-field-contain"><td><label for="id_{number}">{escape(text)}</label></td>'
        f'<td class="CLASS_METADATAGRIDENTRY_VALUECONTAINER"><select name="{number}" '
        f'id="id_{number}">{counts}</select></td></tr>\n'
    )


def comments(texts: Iterable[str]) -> str:
    """Draw what is to be known about the chosen concerns."""
    rows = "".join(
        f'<div class="mdg_key">{escape(text)}</div>'
        '<div class="mdg_value">Bitte bringen Sie Ihren Ausweis mit.</div>\n'
        for text in texts
    )
    return rows + _button("ACTION_CONCERNCOMMENTS_NEXT", "Weiter")


def user_data() -> str:
    """Draw the form that a reader must never reach: a real portal may hold the slot from here on."""
    return (
        '<input type="text" name="USERDATA_NAME"/>\n'
        '<img id="cssconstants_captcha_image" src="captcha.png" alt="Zeichen"/>\n'
        '<input type="text" id="captcha_userinput" name="captcha_userinput"/>\n'
    )
