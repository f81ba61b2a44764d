"""The clock: the only place of the project that knows what time it is.

Instants are aware UTC, slots are naive local wall time. Everything that needs "now" or a pause takes a
``Clock``, so that a week can be replayed in seconds and a clock change can be tested on any day.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from amtspuls.errors import ConfigError


class Clock(Protocol):
    """What everything else may ask of time."""

    def now(self) -> datetime:
        """Return the current instant as aware UTC."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Wait ``delay_s`` seconds of this clock; zero or less only yields to other tasks."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the current instant as aware UTC."""
        return datetime.now(UTC)

    async def sleep(self, delay_s: float) -> None:
        """Wait ``delay_s`` real seconds."""
        await _pause(max(0.0, delay_s))


class SimulatedClock:
    """A clock that stands still until it is set, or until somebody sleeps on it.

    ``sleep`` moves the clock at once to the end of the pause (``advances=True``) or returns without
    moving it (``advances=False``, for a replay in lockstep, where one snapshot is one instant). Time
    never runs backwards: concurrent sleepers each move it to their own end at the earliest.
    """

    def __init__(self, start: datetime, *, advances: bool = True) -> None:
        if start.tzinfo is None:
            raise ValueError("a simulated clock starts at an aware instant")
        self._now = start.astimezone(UTC)
        self._advances = advances

    def now(self) -> datetime:
        """Return the simulated instant as aware UTC."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Move the clock to ``instant`` (aware); an earlier instant than now is a ``ValueError``."""
        if instant < self._now:
            raise ValueError(f"a clock does not run backwards: {instant} is before {self._now}")
        self._now = instant.astimezone(UTC)

    async def sleep(self, delay_s: float) -> None:
        """Yield to other tasks; the pause itself takes no real time."""
        deadline = self._now + timedelta(seconds=max(0.0, delay_s))
        await _pause(0)
        if self._advances and deadline > self._now:
            self._now = deadline


class PacedClock:
    """A clock that started at ``start`` when it was made and runs ``speed`` times real time.

    Used by a replica in a process of its own, and by the collector that follows such a replica.
    ``speed`` 0 stands still; pauses then take no time.
    """

    def __init__(self, start: datetime, *, speed: float = 1.0) -> None:
        if start.tzinfo is None:
            raise ValueError("a paced clock starts at an aware instant")
        self._start = start.astimezone(UTC)
        self._speed = speed
        self._began = time.monotonic()

    @property
    def speed(self) -> float:
        """Simulated seconds per real second."""
        return self._speed

    def now(self) -> datetime:
        """Return the paced instant as aware UTC."""
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self._speed)

    async def sleep(self, delay_s: float) -> None:
        """Wait ``delay_s`` seconds of this clock."""
        await _pause(max(0.0, delay_s) / self._speed if self._speed else 0.0)


async def _pause(delay_s: float) -> None:
    # Most commands never wait, and this takes longer to load than they run.
    import asyncio

    await asyncio.sleep(delay_s)


def local_now(clock: Clock, zone: ZoneInfo) -> datetime:
    """Return the clock's instant as naive wall time of ``zone``, in whole seconds."""
    return clock.now().astimezone(zone).replace(tzinfo=None, microsecond=0)


def local_today(clock: Clock, zone: ZoneInfo) -> date:
    """Return the calendar day of ``zone`` at the clock's instant."""
    return clock.now().astimezone(zone).date()


def utc_from_local(local: datetime, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """Turn naive wall time of ``zone`` into aware UTC.

    Args:
        local: Naive wall time.
        zone: The portal's zone.
        fold: In the repeated hour of autumn, 0 means its first pass, 1 its second. A time of the
            hour that spring leaves out is read with the offset before the change.
    """
    return local.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def parse_local_time(text: str, zone: ZoneInfo) -> datetime:
    """Read a time of the command line: local to the portal unless it names an offset.

    Args:
        text: ``2021-07-19 11:33:50``, with ``T`` or a blank, seconds or not, or a day alone (its
            midnight). ``+02:00`` or ``Z`` behind it decides the repeated hour of autumn; without it
            the first pass is meant.
        zone: The portal's zone.

    Returns:
        The instant, aware UTC.

    Raises:
        ConfigError: It is no time.
    """
    try:
        read = datetime.fromisoformat(text.strip())
        return read.astimezone(UTC) if read.tzinfo else utc_from_local(read, zone)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{text!r} is no time: write it like 2026-01-26 08:15, local to the portal, or with an"
            " offset like 2026-10-25T02:30+01:00"
        ) from None
