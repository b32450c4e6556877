"""
How alike two incidents are: the same cause, the same log signature, the same alert, the same service, the same words.

Rule 1: each likeness speaks for itself, and several together speak louder: 1 - (1-a)(1-b)…, so that no sum exceeds one.
Rule 2: what helped then is what was chosen and went all the way, never what was only proposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from math import prod
from typing import Final

import msgspec
from rapidfuzz import fuzz

from kuaihui.incident.evidence import LogsSearched
from kuaihui.incident.learning import Similar
from kuaihui.incident.open_tasks import open_tasks
from kuaihui.incident.phases import Phase
from kuaihui.incident.repair import HotfixFinished, ProposalChosen
from kuaihui.incident.thinking import HypothesisConfirmed, HypothesisRejected
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, plain, say, text
from kuaihui.language.joining import strung

WORTH_TELLING: Final = 0.4  # the same alert of the same service is enough, the same service alone is not
MOST: Final = 3
_ALIKE: Final = 85.0  # of 100: two templates that differ in a word or two
_STOOD_OUT: Final = 0.5


class Profile(msgspec.Struct, frozen=True):
    """What an incident is known by."""

    incident: str
    service: str
    title: str
    alerts: frozenset[str]
    signatures: tuple[str, ...]
    causes: tuple[tuple[str, str], ...]  # id and claim (in English, or as a person wrote it) of each confirmed hypothesis
    words: str


def profile(timeline: Timeline) -> Profile:
    """What this incident is known by, as far as it has come."""
    alerts = timeline.alerts.values()
    seen = [one for look in timeline.all(LogsSearched) for one in look.signatures if one.score >= _STOOD_OUT]
    return Profile(
        incident=timeline.incident,
        service=timeline.service,
        title=timeline.opened.title,
        alerts=frozenset(alert.name for alert in alerts),
        signatures=tuple(dict.fromkeys(one.template for one in seen)),
        causes=tuple((fact.hypothesis, say(fact.claim, "en")) for fact in standing(timeline)),
        words=" ".join(dict.fromkeys((timeline.opened.title, *(alert.summary for alert in alerts)))).strip(),
    )


def standing(timeline: Timeline) -> list[HypothesisConfirmed]:
    """The hypotheses that were confirmed and not rejected since."""
    rejected = {fact.hypothesis: number for number, fact in timeline.numbered(HypothesisRejected)}
    return [fact for number, fact in timeline.numbered(HypothesisConfirmed) if rejected.get(fact.hypothesis, -1) < number]


def likeness(one: Profile, other: Profile) -> tuple[float, Text]:
    """How alike they are (0 to 1), and why."""
    found = list(_likenesses(one, other))
    score = 1 - prod(1 - weight for weight, _ in found)
    return score, strung([reason for _, reason in found] or [text("nothing in common")])


def _likenesses(one: Profile, other: Profile) -> Iterator[tuple[float, Text]]:
    if any(_same_cause(mine, its) for mine in one.causes for its in other.causes):
        yield 0.6, text("the same cause")
    if signature := next((mine for mine in one.signatures if any(fuzz.ratio(mine, its) >= _ALIKE for its in other.signatures)), ""):
        yield 0.6, text("the same log signature: {template}", template=plain(signature.split("\n", maxsplit=1)[0][:80]))
    if shared := sorted(one.alerts & other.alerts):
        yield 0.35, text("the same alert: {alert}", alert=plain(shared[0]))
    if one.service == other.service:
        yield 0.15, text("the same service")
    if one.words and fuzz.token_set_ratio(one.words, other.words) >= _ALIKE:
        yield 0.1, text("alike in words")


def _same_cause(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] or fuzz.ratio(one[1], other[1]) >= _ALIKE


def similar(timeline: Timeline, others: Iterable[Timeline], now: datetime) -> list[Similar]:
    """Those of the others that look like this one, the likest first; of equals the newest."""
    mine = profile(timeline)
    scored = ((*likeness(mine, profile(other)), other) for other in others if other.incident != timeline.incident)
    worth = [one for one in scored if one[0] >= WORTH_TELLING]
    worth.sort(key=lambda one: (one[2].phase is not Phase.CLOSED, one[0], one[2].opened.at), reverse=True)
    return [_told(score, reason, other) for score, reason, other in worth[:MOST]]


def _told(score: float, reason: Text, other: Timeline) -> Similar:
    causes, still_open = standing(other), other.phase is not Phase.CLOSED
    left = [] if still_open else open_tasks(other)
    return Similar(
        incident=other.incident,
        title=other.opened.title,
        service=other.service,
        opened=other.opened.at,
        score=round(score, 3),
        reason=reason,
        helped=_helped(other),
        cause=causes[-1].claim if causes else None,
        open_task=left[0].id if left else "",
        open_task_title=left[0].title if left else None,
        open_task_owner=left[0].owner if left else "",
        still_open=still_open,
    )


def _helped(other: Timeline) -> tuple[Text, ...]:
    """What was chosen and went all the way; a chosen proposal that no hotfix carries counts once it is over."""
    finished = [plain(fact.title) for fact in other.all(HotfixFinished)]
    chosen = [fact.what for fact in other.all(ProposalChosen)] if other.phase is Phase.CLOSED else []
    return tuple({say(words, "en"): words for words in (*chosen, *finished)}.values())
