"""Structured log on standard error: constant event names plus fields, never f-strings."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_log(*, level: str = "warning", as_json: bool = False) -> None:
    """Set the log up once per process.

    Args:
        level: Lowest level that is shown.
        as_json: One JSON object a line, for operators; else readable lines, coloured on a terminal.
    """
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
    if not structlog.is_configured():
        configure_log()
    log: structlog.stdlib.BoundLogger = structlog.get_logger("amtspuls")
    return log
