"""How alike two incidents are, and what is told of an earlier one."""

from __future__ import annotations

import pytest

from kuaihui.diagnosis.similar_incidents import WORTH_TELLING, Profile, likeness, profile, similar
from kuaihui.incident.evidence import LoggedSignature, LogsSearched
from kuaihui.incident.recovery import Closed
from kuaihui.incident.repair import HotfixFinished, ProposalChosen, ProposalMade
from kuaihui.incident.thinking import HypothesisConfirmed, HypothesisRejected
from kuaihui.incident.timeline import Timeline
from kuaihui.language import plain, say
from tests.duties.so_far import after, opened

HOT = HypothesisConfirmed(at=after(5), by="ayi", hypothesis="redis-hot-key", claim=plain("热 key"), reason=plain("慢日志"))
CLOSED = Closed(at=after(20), verdict="recovered", reason=plain("ok"))


def known(**given: object) -> Profile:
    empty: dict[str, object] = {
        "incident": "I",
        "service": "a",
        "title": "",
        "alerts": frozenset(),
        "signatures": (),
        "causes": (),
        "words": "",
    }
    return Profile(**(empty | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "one, other, worth",
    [
        pytest.param(known(), known(), False, id="the same service alone is not enough"),
        pytest.param(known(alerts=frozenset({"A"})), known(alerts=frozenset({"A"})), True, id="the same alert of the same service"),
        pytest.param(known(alerts=frozenset({"A"})), known(alerts=frozenset({"A"}), service="b"), False, id="the same alert elsewhere"),
        pytest.param(
            known(signatures=("redis: connection pool timeout after <*> ms",)),
            known(signatures=("redis: connection pool timeout after <num>ms",), service="b"),
            True,
            id="a signature that differs in a mark",
        ),
        pytest.param(
            known(signatures=("redis: connection pool timeout",)),
            known(signatures=("dial tcp: connection refused",), service="b"),
            False,
            id="other signatures",
        ),
        pytest.param(known(causes=(("redis-hot-key", "x"),)), known(causes=(("redis-hot-key", "y"),), service="b"), True, id="one cause"),
        pytest.param(
            known(causes=(("h1", "配置中心热 key config:shared"),)),
            known(causes=(("h7", "配置中心 热 key config:shared"),), service="b"),
            True,
            id="a cause in a person's words",
        ),
    ],
)
def test_what_is_worth_telling(one: Profile, other: Profile, worth: bool) -> None:
    score, reason = likeness(one, other)

    assert (score >= WORTH_TELLING) is worth
    assert score <= 1
    assert say(reason, "zh") != ""


def test_a_profile_is_what_stands() -> None:
    look = LogsSearched(
        at=after(1),
        identity="i",
        since=after(0),
        until=after(1),
        total=9,
        signatures=(LoggedSignature(template="pool timeout", count=8, score=0.9), LoggedSignature(template="noise", count=9, score=0.1)),
    )
    rejected = HypothesisRejected(at=after(6), by="amao", hypothesis="redis-hot-key", claim=plain("热 key"), reason=plain("不是"))

    assert profile(opened(look, HOT)).signatures == ("pool timeout",)
    assert profile(opened(HOT)).causes == (("redis-hot-key", "热 key"),)
    assert profile(opened(HOT, rejected)).causes == ()


def test_what_helped_is_what_was_chosen_and_went_all_the_way() -> None:
    made = ProposalMade(at=after(6), by="xiaomei", proposal="1", what=plain("读路径加进程内缓存"))
    dropped = ProposalMade(at=after(6), by="ayi", proposal="2", what=plain("重启 Redis"))
    chosen = ProposalChosen(at=after(7), by="amao", proposal="1", what=plain("读路径加进程内缓存"), reason=plain("不影响生效"))
    finished = HotfixFinished(at=after(15), hotfix="H1", title="进程内缓存")
    old = Timeline("OLD", opened(HOT, made, dropped, chosen, finished, CLOSED).facts)
    (one,) = similar(opened(HOT), [old], after(60))

    assert [say(words, "zh") for words in one.helped] == ["读路径加进程内缓存", "进程内缓存"]
    assert one.cause
    assert say(one.cause, "zh") == "热 key"


def test_the_likest_comes_first_and_an_incident_is_not_like_itself() -> None:
    near, far = Timeline("NEAR", opened(HOT, CLOSED).facts), Timeline("FAR", opened(CLOSED).facts)
    mine = opened(HOT)

    assert [one.incident for one in similar(mine, [far, mine, near], after(60))] == ["NEAR", "FAR"]
