"""Errors of Amtspuls: typed, with context for the log, and a message that tells the user what to do."""

from __future__ import annotations

from typing import Any, ClassVar


class AmtspulsError(Exception):
    """Root of all errors that Amtspuls raises on purpose.

    The message is one sentence for the user. ``context`` holds fields for the log and for the
    snapshot row (portal, host, url, path, line ...); it never holds personal data.
    """

    exit_code: ClassVar[int] = 1
    outcome: ClassVar[str] = "changed"
    """What the error means for a snapshot or a view; a value of ``model.Outcome``."""

    def __init__(self, message: str, **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.context = context

    def __str__(self) -> str:
        return self.message


class ConfigError(AmtspulsError):
    """Catalogue, settings or arguments are wrong: correct the named file and line, then run again."""

    exit_code = 2
    outcome = "skipped"


class FetchError(AmtspulsError):
    """A request gave no usable page. Context: ``url``, ``host``."""

    outcome = "unreachable"


class UnreachableError(FetchError):
    """DNS, TCP, TLS, time-out, truncated body, 500, 502, 504, or a maintenance page.

    Retried with back-off inside the round; nothing to do unless it lasts.
    """

    outcome = "unreachable"


class ThrottledError(FetchError):
    """429 or 503: the whole host is left alone until ``retry_after_s`` has passed."""

    outcome = "throttled"

    def __init__(self, message: str, *, retry_after_s: float | None = None, **context: Any) -> None:
        super().__init__(message, retry_after_s=retry_after_s, **context)
        self.retry_after_s = retry_after_s


class RefusedError(FetchError):
    """401, 403, captcha, login or robots.txt: the portal stops until a person lifts the stop.

    Never evaded, never retried. Ask the office before lifting it.
    """

    outcome = "refused"


class SkippedError(FetchError):
    """The request was not made: budget spent, host still asks for silence, or robots.txt wants long pauses."""

    outcome = "skipped"


class RobotsUnknownError(SkippedError):
    """robots.txt cannot be had (no answer, 5xx, 429), so nothing else is asked of the host this round.

    Nothing to do unless it lasts: then the host is down.
    """

    outcome = "unreachable"


class ParseError(AmtspulsError):
    """A page could not be read. Context: ``url``, ``where``, ``evidence``."""


class PageChangedError(ParseError):
    """The page lacks the shape it must have: compare it with docs/systems, the vendor changed it."""


class UnknownValueError(ParseError):
    """The page has the known shape but holds a value that no table knows."""


class SessionLostError(ParseError):
    """The portal forgot the session: one fresh session is tried, then it counts as changed."""


class ImplausibleError(AmtspulsError):
    """The number of slots lies outside the catalogue's limits for this portal."""

    outcome = "implausible"


class ArchiveError(AmtspulsError):
    """The archive cannot be opened, read or written; what was stored before is untouched."""


class ArchiveLockedError(ArchiveError):
    """Another process writes to this archive: wait for it, or stop it."""


class QueryError(AmtspulsError):
    """A question in SQL cannot be answered as it is written; the message says where and why."""

    exit_code = 2


class BundleError(AmtspulsError):
    """A weekly bundle or its metadata.json is damaged; the message names file and line."""


class OutputError(AmtspulsError):
    """A file cannot be written: make room or choose another place; what was there is untouched."""


class WorkerError(AmtspulsError):
    """Processes or machines that share the work are not there, or died; the message says what to start.

    What was finished before is kept: run the command again.
    """


class TapeError(AmtspulsError):
    """A tape cannot be read: the message says from which byte on; what stands before that is intact."""


class NotOnTapeError(PageChangedError):
    """A parser asks for something that was not asked when the tape was recorded.

    Nothing is asked of the network instead: read the portal anew with ``--tape``.
    """
