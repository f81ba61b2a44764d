"""What the report says, in its languages; texts of pictures are in ``charts``."""

from __future__ import annotations

from types import MappingProxyType

from amtspuls.charts.words import Texts

TEXTS: Texts = MappingProxyType(
    {
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
        "method_link": ("method and limits", "Methode und Grenzen"),
        "left_out": (
            "{number} more portals of the archive were not asked at all in this range; they are left out of the page.",
            "{number} weitere Portale des Archivs wurden in dieser Zeit gar nicht gefragt; sie fehlen auf der Seite.",
        ),
        "main_figures": ("Main figures", "Wichtigste Zahlen"),
        "unknown": ("unknown", "unbekannt"),
        "d": ("{number} days", "{number} Tage"),
        "between": ("between {low} and {high}", "zwischen {low} und {high}"),
        "too_little": (
            "covered {share}, under {least}: no figure",
            "zu {share} beobachtet, unter {least}: keine Zahl",
        ),
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
                "Punkt: die Hälfte der Zeit findet, wer jedes Bürgeramt der Stadt nimmt, einen Termin innerhalb so vieler Tage. "
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
        "portals": ("Portals", "Portale"),
        "portals_note": (
            "One row per portal; in brackets: at least and at most. A dash means that it is not known. “> 40” days: nothing free in the 40 days that were asked about.",
            (
                "Eine Zeile je Portal; in Klammern: mindestens und höchstens. Ein Strich heißt: nicht bekannt. „> 40“ Tage: nichts frei in den 40 Tagen, nach denen "
                "gefragt wurde."
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
        "t_outcomes": ("snapshots", "Abrufe"),
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
        "footer": (
            (
                "Made by amtspuls {version} from {portals}, {weeks}; data {digest}. This page needs no network and holds no personal "
                "data. Each figure can be made again from the archive with the command beside it; add --archive DIR for its folder."
            ),
            (
                "Erstellt von amtspuls {version}. Grundlage: {portals}, {weeks}; Daten {digest}. Diese Seite braucht kein Netz und enthält keine "
                "personenbezogenen Daten. Jede Zahl lässt sich mit dem Befehl daneben aus dem Archiv neu erzeugen; --archive ORDNER nennt seinen Ort."
            ),
        ),
        "source_line": (
            "{weeks}, {share} observed; amtspuls {version}; data {digest}",
            "{weeks}, {share} beobachtet; amtspuls {version}; Daten {digest}",
        ),
    }
)
