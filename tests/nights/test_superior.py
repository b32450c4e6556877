"""The superior: pulled in with a report when recovery is not in sight, told on a cadence, on each change of phase, and at the end."""

from __future__ import annotations

from collections.abc import Callable

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.hotfixes import Superior
from kuaihui.incident.pages import Ordered
from kuaihui.incident.repair import Reported
from kuaihui.incident.room import PulledIn
from kuaihui.intake import signals
from kuaihui.language import say
from kuaihui.orders import Tell
from tests.nights.night import SHANGHAI, Night
from tests.nights.test_canary_goes_back import says


def informed(superior: Superior) -> Callable[[Catalog], Catalog]:
    def change(catalog: Catalog) -> Catalog:
        service = catalog.services["config-center"].model_copy(update={"superior": superior})
        return catalog.model_copy(update={"services": {**catalog.services, service.id: service}})

    return change


async def reports(night: Night) -> list[str]:
    """Every report as "11:05 first kuaihui"."""
    found = (await night.timeline()).all(Reported)
    return [f"{fact.at.astimezone(SHANGHAI):%H:%M} {fact.kind} {fact.by}" for fact in found]


async def rings_on(night: Night, minutes: int) -> None:
    """The alert keeps ringing, as Prometheus tells it again and again."""
    for _ in range(minutes):
        await night.passes(minutes=1)
        await night.rings(0.15)


async def test_the_superior_is_told_in_time_on_a_cadence_at_each_phase_and_at_the_end(night: Night) -> None:
    await night.rings(0.15)
    await night.acks("dazhuang")
    await rings_on(night, 45)
    await night.clears()
    await night.passes(minutes=60)

    assert await reports(night) == ["11:05 first kuaihui", "11:35 cadence kuaihui", "11:45 phase kuaihui", "11:55 closing kuaihui"]
    timeline = await night.timeline()
    boss = timeline.all(Reported)[0].to[0]
    assert night.catalog.people["amao"].leader == boss
    assert [fact.person for fact in timeline.all(PulledIn)] == [boss]
    told = [fact.order for fact in timeline.all(Ordered) if isinstance(fact.order, Tell)]
    assert [order.person for order in told if order.about == "report"] == [boss] * 4


async def test_nobody_is_told_of_what_recovers_within_the_budget(night: Night) -> None:
    await night.rings(0.15)
    await night.acks("dazhuang")
    await night.passes(minutes=4)
    await night.clears()
    await night.passes(minutes=60)

    assert await reports(night) == []


async def test_the_worst_severity_tells_at_once(night: Night) -> None:
    await night.rings(0.15)
    await night.passes(minutes=2)
    await night.does(signals.SetSeverity(person="amao", severity=1, reason="全站受影响"))

    assert await reports(night) == ["11:02 first kuaihui"]
    assert say((await night.timeline()).all(Reported)[0].reason, "zh") == "级别达到 P1"


async def test_recovery_out_of_sight_spends_its_own_budget(night: Night) -> None:
    night.edits(informed(Superior.model_validate({"without_runbook": "1h"})))
    await night.rings(0.15)
    await night.acks("dazhuang")
    await rings_on(night, 11)

    assert await reports(night) == ["11:10 first kuaihui"]
    assert say((await night.timeline()).all(Reported)[0].reason, "zh") == "10 分钟仍看不到恢复"


async def test_no_runbook_waits_its_own_wait(night: Night) -> None:
    night.edits(informed(Superior.model_validate({"after": "1h", "without_runbook": "7m"})))
    await night.rings(0.15)
    await night.passes(minutes=8)
    timeline = await night.timeline()

    assert await reports(night) == ["11:07 first kuaihui"]
    assert "no runbook fits" in say(timeline.all(Reported)[0].words, "en", night.catalog.names("en"))


async def test_what_a_responder_reports_begins_the_cadence_anew(night: Night) -> None:
    await night.rings(0.15)
    await night.acks("dazhuang")
    await rings_on(night, 20)
    await says(night, "dazhuang", "上报: 定位到热 key,正在加缓存,预计 11:40 恢复")
    await rings_on(night, 29)
    assert await reports(night) == ["11:05 first kuaihui", "11:20 cadence dazhuang"]

    await rings_on(night, 1)
    assert await reports(night) == ["11:05 first kuaihui", "11:20 cadence dazhuang", "11:50 cadence kuaihui"]


async def test_whoever_writes_is_given_the_draft_ahead(night: Night) -> None:
    await night.rings(0.15)
    await night.acks("dazhuang")
    await night.does(signals.TakeRole(person="dazhuang", role="communicator"))
    await rings_on(night, 39)
    ahead = [fact for fact in (await night.timeline()).all(Ordered) if isinstance(fact.order, Tell) and fact.order.about == "report due"]

    assert [f"{fact.at.astimezone(SHANGHAI):%H:%M}" for fact in ahead] == ["11:33"]
    assert "Dazhuang" in say(ahead[0].order.said, "en", night.catalog.names("en"))


async def test_a_relapse_is_told_and_the_cadence_goes_on(night: Night) -> None:
    await night.rings(0.15)
    await night.acks("dazhuang")
    await rings_on(night, 12)
    await night.clears()
    await night.passes(minutes=9)
    await night.rings(0.15)

    assert await reports(night) == ["11:05 first kuaihui", "11:12 phase kuaihui", "11:21 phase kuaihui"]


async def test_the_report_says_what_a_superior_asks(night: Night) -> None:
    await night.rings(0.15)
    await night.acks("dazhuang")
    await says(night, "xiaomei", "热修: 读路径加进程内缓存")
    await night.passes(minutes=10)
    words = say((await night.timeline()).all(Reported)[0].words, "zh", night.catalog.names("zh"))

    assert "故障自 2023-03-11 11:00 起，已 5 分钟" in words
    assert "网关 5xx 占比：15 %（平时不超过 1 %）" in words
    assert "大壮" in words
    assert "未联系上：阿新" in words
    assert "H1「读路径加进程内缓存」走到「代码」（0/8）" in words
    assert "下一步：H1 的「代码」，小美负责" in words
    assert "下次通报：11:35" in words
