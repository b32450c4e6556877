"""
A night in virtual time: the real loop, duties, intake and built-in workplace; only the clock is moved by hand.

A test is a story: what rings, what passes, what people do; and what the house did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from kuaihui.app.acted import pass_until, settle
from kuaihui.app.clocks import ActedClock
from kuaihui.app.reception import Reception
from kuaihui.carrying import Integration
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.duties import ROSTER
from kuaihui.incident.alerts import Alert
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Ordered
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.intake.fingerprints import fingerprint
from kuaihui.intake.ringing import Ringing
from kuaihui.integrations.builtin import Builtin
from kuaihui.journal.journal import Journal
from kuaihui.journal.memory import Memory
from kuaihui.loop import Loop
from kuaihui.orders import Page

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = datetime(2023, 3, 11, 11, 0, tzinfo=SHANGHAI)
SAMPLE = Path(str(files("kuaihui.samples") / "config_center"))


class Night:
    """One night of one team."""

    def __init__(
        self,
        catalog: Catalog | None = None,
        at: datetime = SATURDAY,
        journal: Journal | None = None,
        integrations: Sequence[Integration] = (),
    ) -> None:
        self.catalog = catalog or load(SAMPLE)
        self.clock = ActedClock(at)
        self.journal = journal or Memory()
        self.carried_by(*integrations, Builtin("http://127.0.0.1:8466"))
        self._began: dict[str, datetime] = {}
        self._messages = 0

    def carried_by(self, *integrations: Integration) -> None:
        """Begin with these integrations and no others."""
        self.loop = Loop(self.journal, lambda: self.catalog, ROSTER, integrations, self.clock, "night")
        self.reception = Reception(self.loop, lambda: self.catalog, self.clock, timedelta(minutes=5))

    @property
    def ringing(self) -> bool:
        """Whether an alert has fired that was not cleared."""
        return bool(self._began)

    async def restarted(self) -> Night:
        """The same night after the process died and came back: a new loop and reception on the same journal."""
        again = Night(self.catalog, self.now, self.journal)
        again._began, again._messages = self._began, self._messages
        await again.reception.begin()
        await settle(again.loop, again.reception, again.clock)
        return again

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # -- what happens --------------------------------------------------------------------------------------------------------------------

    async def rings(
        self, value: float | None = 0.10, service: str = "config-center", name: str = "Gateway5xxRatioHigh", **labels: str
    ) -> None:
        """An alert fires, or is heard again with this value."""
        began = self._began.setdefault(service + name, self.now)
        await self.hears(service, name, began, labels, value, firing=True)

    async def clears(self, service: str = "config-center", name: str = "Gateway5xxRatioHigh", **labels: str) -> None:
        """The alert's source says that it is over."""
        await self.hears(service, name, self._began.pop(service + name), labels, 0.0, firing=False)

    async def hears(self, service: str, name: str, began: datetime, labels: dict[str, str], value: float | None, *, firing: bool) -> None:
        whole = {"alertname": name, "service": service} | labels
        alert = Alert(fingerprint(whole), name, whole, began.astimezone(UTC), value, source="test")
        await self.reception.hear([Ringing(alert, firing)])
        await settle(self.loop, self.reception, self.clock)

    async def passes(self, minutes: float = 0, seconds: float = 0) -> None:
        """Time goes by; what falls due happens at its own moment."""
        await pass_until(self.loop, self.reception, self.clock, self.now + timedelta(minutes=minutes, seconds=seconds))

    async def until(self, wall: str) -> None:
        """Time goes by until this time of day in Shanghai ("23:58"), today or tomorrow."""
        local = self.now.astimezone(SHANGHAI)
        then = local.replace(hour=int(wall[:2]), minute=int(wall[3:5]), second=0, microsecond=0)
        await pass_until(self.loop, self.reception, self.clock, then if then > local else then + timedelta(days=1))

    async def does(self, deed: signals.AnyDeed) -> list[Fact]:
        """Somebody does something."""
        facts = await self.loop.hear(await self.incident(), lambda timeline: understand(deed, timeline, self.catalog, self.now))
        await settle(self.loop, self.reception, self.clock)
        return facts

    async def acks(self, person: str) -> None:
        await self.does(signals.Acknowledge(person=person))

    async def reads(self, person: str) -> None:
        await self.does(signals.ReadPages(person=person))

    async def says(self, person: str, words: str) -> None:
        self._messages += 1
        await self.does(signals.Speak(person=person, message=f"m{self._messages}", words=words))

    # -- what was done -------------------------------------------------------------------------------------------------------------------

    async def incident(self) -> str:
        """The id of the newest incident."""
        found = await self.journal.summaries(limit=1)
        assert found, "no incident was opened"
        return found[0].incident

    async def timeline(self) -> Timeline:
        return await self.loop.timeline(await self.incident())

    async def phase(self) -> Phase:
        return (await self.timeline()).phase

    async def paged(self) -> list[str]:
        """Who was paged, in order."""
        return [page.person for _, page in await self.pages()]

    async def pages(self) -> list[tuple[str, Page]]:
        """Every page with its time of day in Shanghai."""
        ordered = (await self.timeline()).all(Ordered)
        return [(f"{fact.at.astimezone(SHANGHAI):%H:%M:%S}", fact.order) for fact in ordered if isinstance(fact.order, Page)]

    async def told(self) -> list[str]:
        """Every page as "11:01:00 dazhuang"."""
        return [f"{at} {page.person}" for at, page in await self.pages()]

    def edits(self, change: Callable[[Catalog], Catalog]) -> None:
        """Somebody edits the catalog's files while the incident is running."""
        self.catalog = change(self.catalog)
