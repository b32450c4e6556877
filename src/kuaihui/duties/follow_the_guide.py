"""
Follow the guide: the service's troubleshooting guide, step by step, until it concludes or a person takes over.

Rule 1: one step at a time, each written down with its question, its answer and where it leads.
Rule 2: a person who takes over ends it: the house asks nothing more of that guide on this occasion.
Rule 3: what was asked on this occasion already, by the first look or an earlier step, is not asked again: its answer is waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kuaihui.briefing.clocks import broke_at
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.guides import Guide, GuideStep, guide_for
from kuaihui.catalog.services import Service
from kuaihui.diagnosis.guides import answered, asker, current, ended, judged, last_taken
from kuaihui.diagnosis.known_errors import KNOWN
from kuaihui.duties.due import Conclude, Due
from kuaihui.duties.questions import AnyLook, Asking, same_question
from kuaihui.duties.take_the_first_look import ASKER, BROKEN
from kuaihui.incident.thinking import GuideConcluded, GuideStepTaken
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, both, plain, text


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """The question of the step that the guide stands at, or what its answer means, or the guide's end."""
    service, guide = catalog.services.get(timeline.service), guide_for(catalog.guides, timeline.service)
    if service is None or guide is None or timeline.phase not in BROKEN or not _has_sources(service) or ended(timeline, guide):
        return
    step = current(timeline, guide)
    if step not in guide.steps:
        yield Conclude(now, _end(timeline, guide, now))
        return
    look = Asking(service, timeline.occasion, asker(guide.id, step), broke_at(timeline), now, catalog.language).of(guide.steps[step].ask)
    look = look and next(_asked_already(timeline, service, look, now, catalog.language), look)
    if taken := _taken(timeline, guide, step, look, now):
        yield Conclude(now, taken)
    elif look and look.asked_by != ASKER:  # the first look's own are due by its own duty
        yield Due(now, look)


def _asked_already(timeline: Timeline, service: Service, look: AnyLook, now: datetime, language: str) -> Iterator[AnyLook]:
    """The looks of this occasion, asked or about to be by the first look, that ask the same of the same source and have not failed."""
    first = Asking(service, timeline.occasion, ASKER, broke_at(timeline), now, language).everything()
    given = (fact.order for fact in timeline.orders.values() if isinstance(fact.order, AnyLook) and fact.order.occasion >= look.occasion)
    for one in (*first, *given):
        answer = timeline.answers.get(one.identity)
        if same_question(one, look) and not (answer and answer.outcome == "gave up"):
            yield one


def _has_sources(service: Service) -> bool:
    sources = service.sources
    return bool(sources.logs or sources.metrics or sources.changes or sources.redis)


def _taken(timeline: Timeline, guide: Guide, name: str, look: AnyLook | None, now: datetime) -> GuideStepTaken | None:
    """The step as it is written down once its answer is there, or once it is sure that there will be none."""
    step = guide.steps[name]
    asked = both(step.says.zh, step.says.en)
    fact = answered(timeline, look.identity) if look else None
    if fact is None:
        why = _unanswered(timeline, step, look)
        return why and GuideStepTaken(at=now, guide=guide.id, step=name, asked=asked, answer=why, holds=None, next=step.otherwise)
    verdict = judged(step, fact, timeline.service, broke_at(timeline))
    follows = step.otherwise if not verdict.holds else "" if step.conclude else step.then
    return GuideStepTaken(at=now, guide=guide.id, step=name, asked=asked, answer=verdict.answer, holds=verdict.holds, next=follows)


def _unanswered(timeline: Timeline, step: GuideStep, look: AnyLook | None) -> Text | None:
    """Why there will be no answer; None while it may still come."""
    if look is None:
        return text("the catalog names no source for it ({source})", source=step.ask.source)
    answer = timeline.answers.get(look.identity)
    if answer is None or answer.outcome == "later":
        return None
    return answer.reason or text("nobody answered")


def _end(timeline: Timeline, guide: Guide, now: datetime) -> GuideConcluded:
    last = last_taken(timeline, guide)
    step = guide.steps.get(last.step) if last else None
    if last is None or step is None or not last.holds or not step.conclude:
        return GuideConcluded(at=now, guide=guide.id, step=last.step if last else "", conclusion=text("no cause found by its steps"))
    known = KNOWN.get(step.conclude)
    return GuideConcluded(
        at=now, guide=guide.id, step=last.step, cause=step.conclude, conclusion=known.claim if known else plain(step.conclude)
    )
