"""A drill on a terminal, for those without a browser: how broken it is, the clocks as bars, who is there, what happened last."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console, Group, RenderableType
from rich.live import Live as Screen
from rich.markdown import Markdown
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text as Line

from kuaihui.app.drill.live import Live
from kuaihui.briefing.clocks import Stamp, stamps
from kuaihui.incident.alerts import AlertMeasured
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.holders import holders
from kuaihui.incident.pages import Answered, Delivered, Ordered, Read, Sent
from kuaihui.incident.room import MessagePosted, Visited
from kuaihui.incident.thinking import EvidenceWeighed
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Language, Text, say, text
from kuaihui.language.durations import say_duration

SHOWN: Final = 12  # facts at the bottom
# What a person need not see go by; the house's own messages repeat its facts.
_QUIET: Final = (AlertMeasured, Answered, Delivered, EvidenceWeighed, Ordered, Read, Sent, Visited)


class View:
    """What is shown; without a terminal each new line is printed once instead."""

    def __init__(self, language: Language, console: Console | None = None) -> None:
        self.language = language
        self.console = console or Console()
        self._screen: Screen | None = None
        self._lines: deque[str] = deque(maxlen=SHOWN)
        self._shown = 0
        self._timeline = Timeline("")

    @contextmanager
    def open(self) -> Generator[None]:
        """Show it as long as the block lasts."""
        if not self.console.is_terminal:
            yield
            return
        with Screen(console=self.console, refresh_per_second=4, transient=False) as screen:
            self._screen = screen
            try:
                yield
            finally:
                self._screen = None

    def say(self, words: Text) -> None:
        """Something that the stage or the drill says of itself."""
        self._line(say(words, self.language))

    def report(self, markdown: str) -> None:
        """The drill's report, behind everything else; what is said from then on stands below it."""
        if self._screen:
            self._screen.stop()
            self._screen = None
        if self.console.is_terminal:
            self.console.print(Markdown(markdown))
        else:
            self.console.print(markdown, highlight=False, markup=False, soft_wrap=True)

    def watch(self, live: Live) -> None:
        """Draw it as it stands."""
        self._timeline = live.seen
        names = live.built.catalog.names(self.language)
        zone = ZoneInfo(live.built.catalog.time_zone)
        for fact in self._timeline.facts[self._shown :]:
            if not isinstance(fact, _QUIET) and not (isinstance(fact, MessagePosted) and fact.by == HOUSE):
                self._line(f"{fact.at.astimezone(zone):%H:%M:%S}  {say(fact.said, self.language, names)}")
        self._shown = len(self._timeline)
        if self._screen:
            self._screen.update(self._drawn(live, names))

    def _line(self, line: str) -> None:
        self._lines.append(" ".join(line.split()))
        if self._screen is None:
            self.console.print(self._lines[-1], highlight=False, markup=False, soft_wrap=True)

    def _t(self, words: Text) -> str:
        return say(words, self.language)

    def _drawn(self, live: Live, names: dict[str, str]) -> RenderableType:
        title = self._t(text("[Drill] {title}", title=live.wanted.script.name.told(self.language)))
        lines = Line("\n".join(self._lines), overflow="ellipsis", no_wrap=True)
        return Panel(Group(self._head(live, names), self._clocks(live), lines), title=title, subtitle=live.address)

    def _head(self, live: Live, names: dict[str, str]) -> Table:
        table = Table.grid(padding=(0, 2))
        ratio = live.parts.ratio
        phase = self._t(self._timeline.phase.said) if len(self._timeline) else "—"
        table.add_row(self._t(text("failed answers")), Line(f"{ratio:.1%}", style="bold red" if ratio >= 0.05 else "bold green"))
        table.add_row(self._t(text("incident")), f"{live.director.incident or '—'}  {phase}")
        held = [text("{role}: {person}", role=f"@{role}", person=f"@{who}") for role, who in holders(self._timeline).items()]
        table.add_row(self._t(text("Roles")), "  ".join(say(one, self.language, names) for one in held) or "—")
        return table

    def _clocks(self, live: Live) -> Table:
        table = Table.grid(padding=(0, 2))
        if len(self._timeline):
            budgets = live.built.catalog.services[self._timeline.service].budgets
            now = live.built.clock.now()
            for stamp in stamps(self._timeline, budgets):
                spent, budget = stamp.spent(now), stamp.budget.total_seconds()
                bar = ProgressBar(total=budget, completed=min(budget, spent.total_seconds()), width=30, complete_style=_colour(stamp, live))
                shown = f"{self._t(say_duration(spent))} / {self._t(say_duration(stamp.budget))}"
                table.add_row(self._t(stamp.said), bar, shown, "✓" if stamp.stopped and stamp.kept(now) else "")
        return table


def _colour(stamp: Stamp, live: Live) -> str:
    kept = stamp.kept(live.built.clock.now())
    return "yellow" if kept is None else "green" if kept else "red"
