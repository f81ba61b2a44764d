"""Structured log on standard error: constant event names plus fields, never f-strings."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import structlog


@dataclass(slots=True)
class _Wanted:
    """How the log is to be set up; ``is_set_up`` once that is done."""

    level: str = "warning"
    as_json: bool = False
    is_set_up: bool = False


_WANTED = _Wanted()


def configure_log(*, level: str = "warning", as_json: bool = False) -> None:
    """Say once per process how the log looks.

    Args:
        level: Lowest level that is shown.
        as_json: One JSON object a line, for operators; else readable lines, coloured on a terminal.
    """
    _WANTED.level, _WANTED.as_json, _WANTED.is_set_up = level, as_json, False


def _set_up(level: str, *, as_json: bool) -> None:
    import structlog

    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        # Looked up at each line: whoever redirects standard error redirects the log with it.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_log() -> structlog.stdlib.BoundLogger:
    """Return the project's logger; it shows warnings until ``configure_log`` says otherwise."""
    # Most commands log nothing, and the library takes a tenth of a second to load.
    import structlog

    if not (_WANTED.is_set_up and structlog.is_configured()):
        _set_up(_WANTED.level, as_json=_WANTED.as_json)
        _WANTED.is_set_up = True
    log: structlog.stdlib.BoundLogger = structlog.get_logger("amtspuls")
    return log
