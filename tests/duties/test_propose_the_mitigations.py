"""What the house proposes, and when it holds back."""

from __future__ import annotations

from kuaihui.duties.due import Conclude
from kuaihui.duties.propose_the_mitigations import due
from kuaihui.incident.fact import Fact
from kuaihui.incident.repair import ProposalChosen, ProposalMade
from kuaihui.incident.thinking import Fitting, HypothesisConfirmed, HypothesisRaised, HypothesisRejected, RunbooksMatched
from kuaihui.language import plain, say
from tests.duties.so_far import after, asked, opened

WHY = plain("因为如此")
RAISED = HypothesisRaised(at=after(1), hypothesis="hot-key", claim=plain("热 key"), mitigations=(plain("加本地缓存"), plain("限流")))
CONFIRMED = HypothesisConfirmed(at=after(1.5), by="ayi", hypothesis="hot-key", claim=plain("热 key"), reason=WHY)


def proposed(*facts: Fact, now: float) -> list[tuple[float, str, str]]:
    """Minutes after eleven, the number, and what is proposed."""
    said = [one for one in asked(due, opened(*facts), after(now)) if isinstance(one, Conclude)]
    made = [(one.at - after(0), one.fact) for one in said if isinstance(one.fact, ProposalMade)]
    return [(at.total_seconds() / 60, fact.proposal, say(fact.what, "zh")) for at, fact in made]


def test_what_helps_the_confirmed_cause_is_proposed_at_once() -> None:
    assert proposed(RAISED, CONFIRMED, now=2) == [(2, "1", "加本地缓存"), (2, "2", "限流")]


def test_what_is_only_suspected_waits() -> None:
    assert [at for at, _, _ in proposed(RAISED, now=1)] == [3, 3]
    assert [at for at, _, _ in proposed(RAISED, now=4)] == [4, 4]


def test_what_was_rejected_is_not_proposed() -> None:
    assert proposed(RAISED, HypothesisRejected(at=after(2), by="ayi", hypothesis="hot-key", claim=WHY, reason=WHY), now=9) == []


def test_a_runbook_that_fits_is_proposed_and_numbers_go_on() -> None:
    by_hand = ProposalMade(at=after(1), by="xiaomei", proposal="1", what=plain("重启"))
    matched = RunbooksMatched(at=after(1), fitting=(Fitting(runbook="cert", name="证书过期", score=1.0, reason=WHY),))

    assert proposed(by_hand, matched, now=2) == [(2, "2", "按预案「证书过期」处理")]


def test_each_is_proposed_once_and_nothing_more_once_somebody_has_chosen() -> None:
    made = ProposalMade(at=after(2), proposal="1", what=plain("加本地缓存"), source="hypothesis:hot-key/1")
    chosen = ProposalChosen(at=after(3), by="amao", proposal="1", what=plain("加本地缓存"), reason=WHY)

    assert proposed(RAISED, CONFIRMED, made, now=3) == [(3, "2", "限流")]
    assert proposed(RAISED, CONFIRMED, made, chosen, now=3) == []
