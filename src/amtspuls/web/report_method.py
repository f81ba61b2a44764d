"""Method and limits, as the report tells them in its languages."""

from __future__ import annotations

from types import MappingProxyType

from amtspuls.charts.words import Texts

METHOD: Texts = MappingProxyType(
    {
        "m_intro": (
            "A snapshot notes which start times a page offers. From one snapshot to the next, the rules {rules} read:",
            "Ein Abruf notiert, welche Anfangszeiten eine Seite anbietet. Von Abruf zu Abruf lesen die Regeln {rules}:",
        ),
        "m_booking": ("Booking", "Buchung"),
        "m_booking_text": (
            (
                "Start times vanished before they began, stay away for longer than a hold lasts, and nothing else explains it: no "
                "notice, no withdrawal, no page that was lost. What vanished together counts once."
            ),
            (
                "Anfangszeiten verschwanden vor ihrem Beginn, bleiben länger weg, als eine Reservierung dauert, und nichts anderes "
                "erklärt es: kein Vorlauf, keine Rücknahme, keine ausgefallene Seite. Was zusammen verschwand, zählt einmal."
            ),
        ),
        "m_cancellation": ("Cancellation", "Absage"),
        "m_cancellation_text": (
            (
                "A taken start time is free again, and nothing else explains it: no hold that ended, no release, no new day, no page "
                "that is back."
            ),
            (
                "Eine vergebene Anfangszeit ist wieder frei, und nichts anderes erklärt es: keine abgelaufene Reservierung, keine "
                "Freigabe, kein neuer Tag, keine Seite, die wieder da ist."
            ),
        ),
        "m_wait": ("Wait", "Wartezeit"),
        "m_wait_text": (
            (
                "Days from a moment to the first (and third) free start of a calendar, over all observed moments. Moments with nothing "
                "free count as longer than the days that were asked about; they are never left out."
            ),
            (
                "Tage von einem Zeitpunkt bis zur ersten (und dritten) freien Anfangszeit eines Kalenders, über alle beobachteten "
                "Zeitpunkte. Zeitpunkte, zu denen nichts frei war, zählen als länger als die gefragten Tage; sie werden nie weggelassen."
            ),
        ),
        "m_observed": ("Observed", "Beobachtet"),
        "m_observed_text": (
            (
                "The share of the time for which snapshots say what the page showed. Two good snapshots cover the time between them "
                "when they are at most one and a half periods apart; otherwise each covers one period."
            ),
            (
                "Der Anteil der Zeit, für den Abrufe sagen, was die Seite zeigte. Zwei gute Abrufe decken die Zeit zwischen sich, wenn "
                "sie höchstens anderthalb Perioden auseinanderliegen; sonst deckt jeder eine Periode."
            ),
        ),
        "keep": ("What to keep in mind:", "Was man bedenken sollte:"),
        "k_truth": (
            (
                "Nobody outside an office knows which vanished slot was a booking. The figures are estimates: at least and at most are "
                "meant to hold the truth in nine of ten weeks of a calendar, tried on simulated offices; real ones may differ."
            ),
            (
                "Niemand außerhalb eines Amts weiß, welcher verschwundene Termin eine Buchung war. Die Zahlen sind Schätzungen: mindestens und "
                "höchstens sind an simulierten Ämtern erprobt (neun von zehn Wochen eines Kalenders liegen dazwischen); echte können abweichen."
            ),
        ),
        "k_starts": (
            (
                "A long appointment takes several start times, and calendars that share the same clerks show the same change several "
                "times. Both count once where snapshots show that they belong together. Who books beside a desk that stays free is not seen."
            ),
            (
                "Ein langer Termin belegt mehrere Anfangszeiten, und Kalender mit denselben Sachbearbeitern zeigen dieselbe Änderung "
                "mehrfach. Beides zählt einmal, wo Abrufe zeigen, dass es zusammengehört. Wer neben einem Platz bucht, der frei bleibt, wird nicht gesehen."
            ),
        ),
        "k_between": (
            (
                "What is booked and cancelled between two snapshots is not seen, only estimated. A slot that is held for longer than usual "
                "looks like a booking and a cancellation; what an office takes away one by one looks booked."
            ),
            (
                "Was zwischen zwei Abrufen gebucht und abgesagt wird, sieht niemand; es wird geschätzt. Ein Termin, der länger als üblich "
                "reserviert ist, sieht wie eine Buchung und eine Absage aus; was ein Amt einzeln zurücknimmt, sieht gebucht aus."
            ),
        ),
        "k_page": (
            (
                "At least and at most do not allow for a page that is read in the wrong way altogether: where start times move with every "
                "booking and this is not noticed, there may be several times too many."
            ),
            (
                "Mindestens und höchstens gelten nicht, wo eine Seite ganz falsch gelesen wird: wenn Anfangszeiten mit jeder Buchung "
                "wandern und das nicht bemerkt wird, können es um ein Mehrfaches zu viele sein."
            ),
        ),
        "k_online": (
            "These are appointments offered online, not all appointments of an office.",
            "Das sind die online angebotenen Termine, nicht alle Termine eines Amts.",
        ),
        "k_rank": (
            (
                "Compare times and trends of one portal. Do not rank offices by these figures: systems show different things, and "
                "services take different times."
            ),
            (
                "Zeiten und Entwicklungen eines Portals vergleichen. Keine Ranglisten von Ämtern: Systeme zeigen Verschiedenes, und "
                "Dienstleistungen dauern verschieden lang."
            ),
        ),
    }
)
"""What is counted (``m_``), and what to keep in mind (``k_``)."""
