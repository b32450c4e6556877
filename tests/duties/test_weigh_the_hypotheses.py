"""A cause is raised once the first look is over, confirmed on a proof, taken back on a refutation; people have the last word."""

from __future__ import annotations

from kuaihui.diagnosis.known_errors import KNOWN
from kuaihui.duties.due import Conclude
from kuaihui.duties.weigh_the_hypotheses import MOST, due
from kuaihui.incident.fact import Fact
from kuaihui.incident.thinking import EvidenceWeighed, HypothesisConfirmed, HypothesisRaised, HypothesisRejected
from kuaihui.incident.timeline import Timeline
from kuaihui.language import plain
from kuaihui.orders import InspectRedis, SearchLogs
from tests.duties.looked import CATALOG, answered, asked_for, logs, look, redis, whole
from tests.duties.so_far import after, opened

LOGS, REDIS = look(SearchLogs), look(InspectRedis)
WORDS = ("no space left on device", "out of memory", "x509: certificate has expired", "no such host", "too many requests", "ENOSPC 429")


def says(timeline: Timeline, seconds: float = 3) -> list[Conclude]:
    return list(due(timeline, CATALOG, after(seconds=seconds)))


def settled(*facts: Fact, seconds: float = 3) -> Timeline:
    """The timeline once the duty has nothing more to say, as the loop would have it."""
    timeline = opened(*facts)
    while ready := [one for one in says(timeline, seconds) if one.at <= after(seconds=seconds)]:
        timeline = timeline.extended((ready[0].fact,))
    return timeline


def raised(timeline: Timeline) -> list[str]:
    return [fact.hypothesis for fact in timeline.all(HypothesisRaised)]


def test_without_anything_seen_nothing_is_claimed() -> None:
    assert says(opened()) == []


def test_while_redis_is_still_being_looked_at_nothing_is_raised_but_it_is_known_when() -> None:
    (first, *_) = says(opened(*asked_for(LOGS, REDIS), answered(LOGS), logs(LOGS)))

    assert isinstance(first.fact, HypothesisRaised)
    assert first.at == after() + REDIS.timeout
    assert raised(settled(*asked_for(LOGS, REDIS), answered(LOGS), logs(LOGS))) == []


def test_a_look_that_never_comes_back_is_not_waited_for_for_ever() -> None:
    assert "pool-full-redis-calm" in raised(settled(*asked_for(LOGS, REDIS), answered(LOGS), logs(LOGS), seconds=11))


def test_a_proof_confirms_at_once_and_names_its_evidence() -> None:
    timeline = settled(*asked_for(LOGS), *whole(redis(REDIS, ("hot key", 0.8)), looks=(REDIS,)))
    (confirmed,) = timeline.all(HypothesisConfirmed)

    assert (confirmed.hypothesis, confirmed.by) == ("redis-hot-key", "kuaihui")
    assert any(one.hypothesis == "redis-hot-key" and one.number == 5 for one in timeline.all(EvidenceWeighed))


def test_what_a_later_look_refutes_is_taken_back_and_what_one_later_still_proves_is_confirmed() -> None:
    claim = HypothesisRaised(at=after(seconds=1), hypothesis="redis-hot-key", claim=KNOWN["redis-hot-key"].claim, cause="redis-hot-key")
    calm = settled(claim, *whole(logs(LOGS), redis(REDIS, ("calm", 0.35)), looks=(LOGS, REDIS)))
    assert [(one.hypothesis, one.by) for one in calm.all(HypothesisRejected)] == [("redis-hot-key", "kuaihui")]

    again = settled(*calm.facts[2:], redis(REDIS, ("hot key", 0.9)))
    assert [one.hypothesis for one in again.all(HypothesisConfirmed)] == ["redis-hot-key"]


def test_what_a_person_raised_the_house_does_not_reject_and_what_they_rejected_it_does_not_confirm() -> None:
    by_ayi = HypothesisRaised(at=after(seconds=1), by="ayi", hypothesis="redis-hot-key", claim=plain("hot"), cause="redis-hot-key")
    calm = settled(by_ayi, *whole(logs(LOGS), redis(REDIS, ("calm", 0.35)), looks=(LOGS, REDIS)))
    assert not calm.has(HypothesisRejected)

    no = HypothesisRejected(at=after(seconds=2), by="ayi", hypothesis="redis-hot-key", claim=plain("hot"), reason=plain("looked"))
    assert not settled(by_ayi, no, *whole(redis(REDIS, ("hot key", 0.9)), looks=(REDIS,))).has(HypothesisConfirmed)


def test_no_more_are_raised_than_a_person_can_hold_in_mind() -> None:
    many = (logs(LOGS, words, 50) for words in WORDS)

    assert len(raised(settled(*whole(*many, looks=(LOGS,))))) == MOST


def test_the_same_evidence_is_weighed_once() -> None:
    timeline = settled(*whole(logs(LOGS), redis(REDIS, ("calm", 0.35)), logs(LOGS), looks=(LOGS, REDIS)))
    seen = [(one.hypothesis, one.side, one.says) for one in timeline.all(EvidenceWeighed)]

    assert len(seen) == len(set(map(str, seen)))
