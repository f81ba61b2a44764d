"""Going through the steps of eKOL in one session: each page brings the tokens for the next."""

from __future__ import annotations

from amtspuls.errors import PageChangedError, SessionLostError
from amtspuls.systems.ekol.parse import Comments, Concerns, Info, Months, Offices, Step, parse_step
from amtspuls.systems.walk import Walk

_STEPS_BACK = 4
_AT_OFFICES = {"OFFICESELECT_TERMID": "", "OFFICESELECT_RESERVATIONPIN": ""}


class Visit:
    """One session.

    Attributes:
        step: The page it stands on; None when that is not known.
        closes_boxes: Whether the box of times must be closed before anything else is pressed.
    """

    def __init__(self, walk: Walk, url: str) -> None:
        self._walk = walk
        self._url = url
        self.step: Step | None = None
        self.closes_boxes = False

    async def offices(self, *, fresh: bool) -> Offices:
        """Go to the choice of offices: back through the steps, or from the start if ``fresh``.

        Raises:
            AmtspulsError: The portal does not lead there.
        """
        if fresh:
            self.step = None
        if isinstance(self.step, Concerns | Comments | Months):
            await self._go_back()
        if not isinstance(self.step, Offices):
            await self._begin()
        if not isinstance(self.step, Offices):
            raise PageChangedError("the start does not lead to a choice of offices", url=self._url)
        return self.step

    async def press(self, button: str, value: str = "", **fields: str) -> Step:
        """Press a button of the page that the visit stands on.

        Raises:
            AmtspulsError: The answer is no page that is known; then the place is lost.
        """
        if self.step is None:
            raise PageChangedError("nothing can be pressed before a page was read", url=self._url)
        form, self.step = self.step.form, None
        page = await self._walk.post(form.action, dict(form.hidden) | fields | {button: value})
        self.step = parse_step(page)
        return self.step

    async def settle(self) -> Step | None:
        """Close the box of times where that must be done, and return the page."""
        step = self.step
        if self.closes_boxes and isinstance(step, Months) and step.box and step.box.close:
            return await self.press(step.box.close)
        return step

    async def open_office(self, key: str) -> Step | None:
        """Choose a new appointment at an office; None when the portal offers none there."""
        offices = self.step
        if not isinstance(offices, Offices):
            raise PageChangedError("offices can be chosen on their page only", url=self._url)
        for attempt in (0, 1):
            office = next((one for one in offices.offices if one.id == key), None)
            if office is None or (attempt and not office.new):
                return None
            if office.new:
                return await self.press(office.new, "", **_AT_OFFICES)
            opened = await self.press(office.open, "Öffnen", **_AT_OFFICES)
            if not isinstance(opened, Offices):
                raise self.lost("the branch of an office")
            offices = opened
        return None

    def lost(self, wanted: str) -> SessionLostError:
        """Build the error for an early step where a late one was due; the place is lost."""
        self.step = None
        return SessionLostError(
            f"instead of {wanted} the portal shows an earlier step: it forgot the session",
            url=self._url,
            where=wanted,
        )

    async def _begin(self) -> None:
        self.step = parse_step(await self._walk.get(self._url))
        if isinstance(self.step, Info):
            agreed = {"AGREEMENT_ACCEPT": "on", "AGREEMENT_REQUIRED": "true"}
            await self.press(self.step.next, "", **agreed)

    async def _go_back(self) -> None:
        await self.settle()
        for _ in range(_STEPS_BACK):
            if not isinstance(self.step, Concerns | Comments | Months) or not self.step.back:
                break
            await self.press(self.step.back)
