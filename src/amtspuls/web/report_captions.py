"""What stands below each picture of the report, in its languages; texts inside pictures are in ``charts``."""

from __future__ import annotations

from types import MappingProxyType

from amtspuls.charts.words import Texts

CAPTIONS: Texts = MappingProxyType(
    {
        "c_activity": (
            (
                "Bookings upwards, cancellations downwards, all portals together. Grey: less than half of the time was "
                "observed there. Changes found across such a gap have no known hour and are not drawn."
            ),
            (
                "Buchungen nach oben, Absagen nach unten, alle Portale zusammen. Grau: weniger als die Hälfte der Zeit wurde "
                "beobachtet. Änderungen über solche Lücken hinweg haben keine bekannte Stunde und fehlen."
            ),
        ),
        "c_booking-times": (
            "Each number is bookings per observed hour and portal, by weekday and hour of the booking.",
            "Jede Zahl ist: Buchungen je beobachteter Stunde und Portal, nach Wochentag und Stunde der Buchung.",
        ),
        "c_wait": (
            (
                "Days to the first and the third free slot, median over all calendars. Marks in the strip at the top: nothing "
                "free as far as the page was asked. Tinted: further ahead than was asked."
            ),
            (
                "Tage bis zum ersten und dritten freien Termin, Median über alle Kalender. Striche im obersten Streifen: nichts "
                "frei, soweit gefragt wurde. Getönt: weiter voraus, als gefragt wurde."
            ),
        ),
        "c_portals": (
            (
                "Dot: half of the time the first free slot was at most so many days away. Line: from the best to the worst "
                "tenth of the time. Not every portal shows the same things; compare with care."
            ),
            (
                "Punkt: die Hälfte der Zeit war der erste freie Termin höchstens so viele Tage entfernt. Linie: vom besten bis "
                "zum schlechtesten Zehntel der Zeit. Nicht alle Portale zeigen dasselbe; vorsichtig vergleichen."
            ),
        ),
        "c_compare": (
            (
                "Dot: half of the time a person who takes any citizen office of the city finds a slot within so many days. "
                "Line: from the office with the shortest median wait to the one with the longest."
            ),
            (
                "Punkt: die Hälfte der Zeit findet, wem jedes Bürgeramt der Stadt recht ist, einen Termin innerhalb so vieler Tage. "
                "Linie: vom Amt mit der kürzesten mittleren Wartezeit bis zu dem mit der längsten."
            ),
        ),
        "c_lead-time": (
            (
                "Days between a booking and its slot. Where it is grey, few calendars or none offer slots so far ahead: "
                "nobody can book what is not shown."
            ),
            (
                "Tage zwischen Buchung und Termin. Wo es grau ist, bieten wenige oder keine Kalender so weit voraus Termine "
                "an: was nicht gezeigt wird, kann niemand buchen."
            ),
        ),
        "c_free-stock": (
            (
                "To the right the moment of observation, upwards the day of the slot; darker: more was free on that day. "
                "White: nothing free. Grey with a line: not known. Below the steps days have passed."
            ),
            (
                "Nach rechts der Zeitpunkt der Beobachtung, nach oben der Tag des Termins; dunkler: mehr war frei. Weiß: nichts "
                "frei. Grau mit Strich: nicht bekannt. Unter den Stufen ist der Tag vorbei."
            ),
        ),
        "c_releases": (
            "When slots were offered for the first time: the larger the circle, the more. Grey hours were hardly observed.",
            "Wann Termine zum ersten Mal angeboten wurden: je größer der Kreis, desto mehr. Graue Stunden wurden kaum beobachtet.",
        ),
        "c_coverage": (
            (
                "How much of each hour or day is known, by portal. Grey with a line: nothing. Every figure on this page rests "
                "on what is coloured here."
            ),
            (
                "Wie viel von jeder Stunde oder jedem Tag bekannt ist, je Portal. Grau mit Strich: nichts. Jede Zahl dieser "
                "Seite beruht auf dem, was hier Farbe hat."
            ),
        ),
    }
)
"""How to read each picture, by ``c_`` and its name."""
