"""The report of a survey as Markdown, fit to be sent to the project: no contact, no personal data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from amtspuls.catalogue.portal import Portal
from amtspuls.collect.proposing import one_line
from amtspuls.collect.survey import Finding, Survey
from amtspuls.model import Outcome

_COLUMNS = (*("portal", "was", "now", "outcome", "reason", "calendars", "free slots", "requests"),)
_REASON_CHARS = 200
_ESCAPED = {ord(mark): f"\\{mark}" for mark in "\\|`<>*_[]"}


def report_of(survey: Survey, *, version: str, command: str, at: datetime) -> str:
    """Return the report.

    Args:
        survey: What came of all portals.
        version: Version of Amtspuls.
        command: The command as it was typed.
        at: When it began, aware UTC.
    """
    parts = [
        "# Which portals answer\n",
        f"Amtspuls {version}, {at:%Y-%m-%d %H:%M} UTC: `{command.replace('`', '')}`\n",
        *([] if survey.is_whole else [_interrupted(survey)]),
        _totals(survey),
        *(_system(name, list(group)) for name, group in groupby(survey.findings, _system_of)),
        *([_without_client(survey.unread)] if survey.unread else []),
    ]
    return "\n".join(parts)


def _system_of(finding: Finding) -> str:
    return finding.was.system


def _interrupted(survey: Survey) -> str:
    return (
        f"**Interrupted: {len(survey.findings)} of {survey.asked} portals were read.**"
        " The others are not listed.\n"
    )


def _totals(survey: Survey) -> str:
    lines = ["## Totals\n", _row(("outcome", "portals")), _row((":---", "---:"))]
    counts = Counter(one.snapshot.outcome for one in survey.findings)
    lines += [_row((str(outcome), counts[outcome])) for outcome in Outcome if counts[outcome]]
    changes = Counter(
        f"{one.was.status} → {one.now.status}"
        for one in survey.findings
        if one.was.status != one.now.status
    )
    said = ", ".join(f"{count} {change}" for change, count in sorted(changes.items()))
    requests = sum(one.snapshot.requests for one in survey.findings)
    size_kb = sum(one.snapshot.bytes for one in survey.findings) // 1000
    return "\n".join(
        [
            *lines,
            "",
            f"{len(survey.findings)} portals asked, {requests} requests, {size_kb} kB received.",
            f"Status changed: {said or 'none'}.\n",
        ]
    )


def _system(name: str, findings: Sequence[Finding]) -> str:
    answered = sum(one.snapshot.outcome.answered for one in findings)
    lines = [
        f"## {name}: {answered} of {len(findings)} answer\n",
        _row(_COLUMNS),
        _row((":---",) * 5 + ("---:",) * 3),
        *(_row(_cells(one)) for one in findings),
    ]
    return "\n".join([*lines, ""])


def _cells(finding: Finding) -> tuple[str | int, ...]:
    shot = finding.snapshot
    answered = shot.outcome.answered
    return (
        finding.was.id,
        finding.was.status,
        finding.now.status,
        str(shot.outcome),
        _text(shot.reason),
        len(shot.views) if answered else "",  # no answer is not "nothing free"
        sum(len(view.slots) for view in shot.views) if answered else "",
        shot.requests,
    )


def _without_client(portals: Iterable[Portal]) -> str:
    lines = [
        "## Not read: no client for the system\n",
        _row(("portal", "system", "status")),
        _row((":---",) * 3),
        *(_row((portal.id, portal.system, portal.status)) for portal in portals),
    ]
    return "\n".join([*lines, ""])


def _text(text: str) -> str:
    """One line of text that cannot end a cell or become markup."""
    line = one_line(text)
    shown = line if len(line) <= _REASON_CHARS else line[: _REASON_CHARS - 1] + "…"
    return shown.translate(_ESCAPED)


def _row(cells: Iterable[str | int]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"
