"""How an incident was found and answered, as its review tells it: the clocks, where the minutes went, who was paged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from kuaihui.briefing.chapters import bullets
from kuaihui.briefing.clocks import Stamp, broke_at, stamps
from kuaihui.briefing.fields import Facts
from kuaihui.briefing.receipts import Receipt, by_person
from kuaihui.briefing.spent import CAUSES, Spent, spent_on
from kuaihui.incident.alerts import AlertFired, Reopened
from kuaihui.incident.recovery import Closed
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, plain, text
from kuaihui.language.durations import in_words

_WORTH_TELLING: Final = timedelta(seconds=1)  # less is nothing that anybody could do better


def detection(facts: Facts) -> str:
    """Who or what noticed it, and how long after it broke."""
    return bullets(facts, _detection(facts), text("nothing is known yet"))


def _detection(facts: Facts) -> Iterator[Text]:
    timeline = facts.timeline
    fired = next(iter(timeline.all(AlertFired)), None)
    if fired:
        alert = fired.alerts[0]
        yield text("by the alert {alert} ({source})", alert=plain(alert.name), source=plain(alert.source or "-"))
    else:
        yield text("reported by hand")
    late = timeline.opened.at - broke_at(Timeline(timeline.incident, timeline.facts[: _first_occasion(timeline)]))
    budget = facts.service.budgets.detect
    words = text("heard {took} after it broke (budget {budget})", took=in_words(late), budget=in_words(budget))
    yield words if late >= _WORTH_TELLING else text("heard at the instant it broke")


def _first_occasion(timeline: Timeline) -> int:
    reopened = timeline.numbered(Reopened)
    return reopened[0][0] if reopened else len(timeline)


def response(facts: Facts) -> str:
    """The clocks against their budgets, what the minutes were spent on, and who was paged and how far it got."""
    rows = [f"| {facts.told(text('clock'))} | {facts.told(text('took'))} | {facts.told(text('budget'))} | |", "| --- | --- | --- | --- |"]
    rows += [_row(facts, clock) for clock in stamps(facts.timeline, facts.service.budgets)]
    closed = facts.timeline.last(Closed)
    until = closed.at if closed else facts.timeline.facts[-1].at
    spent = [_spent(one) for one in spent_on(facts.timeline, until) if one.time >= _WORTH_TELLING]
    pages = [_page(facts, pages) for pages in _pages(facts.timeline)]
    parts = ["\n".join(rows)]
    if spent:
        parts.append(f"{facts.told(text('Where the minutes went:'))}\n\n{bullets(facts, spent, text('nothing is known yet'))}")
    if pages:
        parts.append(f"{facts.told(text('Who was paged:'))}\n\n{bullets(facts, pages, text('nothing is known yet'))}")
    return "\n\n".join(parts)


def _spent(one: Spent) -> Text:
    what, time = CAUSES[one.cause], in_words(one.time)
    if one.person:
        return text("{what}: {time} ({who})", what=what, time=time, who=f"@{one.person}")
    return text("{what}: {time}", what=what, time=time)


def _row(facts: Facts, clock: Stamp) -> str:
    if clock.stopped is None:
        return f"| {facts.told(clock.said)} | — | {facts.told(in_words(clock.budget))} | {facts.told(text('not recorded'))} |"
    took = clock.spent(clock.stopped)
    verdict = text("within budget") if took <= clock.budget else text("over budget")
    return f"| {facts.told(clock.said)} | {facts.told(in_words(took))} | {facts.told(in_words(clock.budget))} | {facts.told(verdict)} |"


def _pages(timeline: Timeline) -> list[list[Receipt]]:
    """The pages of each person who was paged, in the order they were first."""
    pages = ([one for one in known if one.kind == "Page"] for known in by_person(timeline).values())
    return [known for known in pages if known]


def _page(facts: Facts, pages: list[Receipt]) -> Text:
    """When somebody was paged first, and how long it took until they read any of it."""
    who, at = f"@{pages[0].person}", facts.at(pages[0].ordered, "%H:%M:%S")
    if read := min((one.read for one in pages if one.read), default=None):
        return text("{person}: paged at {at}, read after {took}", person=who, at=at, took=in_words(read - pages[0].ordered))
    return text("{person}: paged at {at}, not read", person=who, at=at)
