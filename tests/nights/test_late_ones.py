"""Axin's phone was stolen: one catch-up, his reading, like and note, and what the rota learns from it; without blame."""

from __future__ import annotations

from kuaihui.app.suggestions import keeper, suggestions
from kuaihui.incident.learning import LateOneCaughtUp, ReachabilityFound
from kuaihui.incident.pages import Ordered, Sent
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import MessagePosted, Reacted
from kuaihui.intake import signals
from kuaihui.integrations.builtin import Builtin
from kuaihui.language import say
from kuaihui.orders import Tell
from tests.nights.night import Night


async def saturday() -> Night:
    """Axin is paged and is not there; Dazhuang takes it on; it is closed."""
    night = Night()
    night.carried_by(Builtin("http://127.0.0.1:8466", suggest=keeper(night.journal)))
    await night.rings(0.10)
    await night.passes(minutes=1, seconds=20)
    await night.acks("dazhuang")
    await night.passes(minutes=7)
    await night.clears()
    await night.passes(minutes=10)
    assert await night.phase() is Phase.CLOSED
    return night


async def caught_up(night: Night, person: str) -> list[str]:
    told = [fact.order for fact in (await night.timeline()).all(Ordered) if isinstance(fact.order, Tell) and fact.order.person == person]
    return [say(order.words, "en", night.catalog.names("en")) for order in told if order.about == "catch-up"]


async def test_the_late_one_gets_one_catch_up_when_it_is_over() -> None:
    night = await saturday()
    (words,) = await caught_up(night, "axin")

    assert words.startswith("All you need to be up to date:")
    assert "wanted of you: nothing now: it has been taken care of" in words
    assert "http://127.0.0.1:8466/incidents/" in words
    await night.passes(minutes=600)
    assert len(await caught_up(night, "axin")) == 1


async def test_his_reading_like_and_note_are_recorded() -> None:
    night = await saturday()
    await night.passes(minutes=130)
    first = (await night.timeline()).all(MessagePosted)[0].message
    await night.does(signals.Visit(person="axin"))
    await night.passes(minutes=1)
    await night.does(signals.React(person="axin", message=first, emoji="👍"))
    await night.does(signals.React(person="axin", message="document", emoji="👍"))
    await night.says("axin", "手机被偷了,刚回到酒店用上电脑")

    timeline = await night.timeline()
    (back,) = timeline.all(LateOneCaughtUp)
    assert (back.by, back.how) == ("axin", "read")
    assert say(back.said, "zh", night.catalog.names("zh")) == "阿新已上线，看完了进展"
    assert [fact.message for fact in timeline.all(Reacted)] == [first, "document"]
    assert len(await caught_up(night, "axin")) == 1, "he is caught up once, before or after he is back"


async def test_who_is_back_while_it_goes_on_is_told_what_is_wanted_of_them() -> None:
    night = Night()
    await night.rings(0.10)
    await night.passes(minutes=1, seconds=20)
    await night.acks("dazhuang")
    await night.does(signals.TakeRole(person="amao", role="incident-lead"))
    await night.does(signals.GiveRole(person="amao", role="communicator", to="dazhuang"))
    await night.does(signals.TakeRole(person="xiaomei", role="recovery-lead"))
    await night.does(signals.TakeRole(person="ayi", role="operations"))
    await night.does(signals.TakeRole(person="xiaoshuai", role="tester"))
    await night.passes(minutes=6)
    await night.does(signals.Visit(person="axin"))
    (words,) = await caught_up(night, "axin")

    assert "wanted of you: you are the second of communicator: follow along" in words
    await night.passes(minutes=30)
    assert len(await caught_up(night, "axin")) == 1


async def test_who_is_pulled_in_late_is_told_why() -> None:
    night = Night()
    await night.rings(0.10)
    await night.acks("axin")
    await night.passes(minutes=6)
    await night.does(signals.CallIn(person="axin", whom="xiaoshuai", reason="预发布验证热 key 修复"))
    (words,) = await caught_up(night, "xiaoshuai")

    assert "wanted of you: " in words
    assert "预发布验证热 key 修复" in words


async def test_who_answers_in_time_is_not_late() -> None:
    night = Night()
    await night.rings(0.10)
    await night.passes(seconds=40)
    await night.acks("axin")
    await night.clears()
    await night.passes(minutes=12)

    assert await caught_up(night, "axin") == []
    assert not (await night.timeline()).has(ReachabilityFound)


async def test_the_gap_goes_to_the_rota_and_stands_until_it_is_dealt_with() -> None:
    night = await saturday()
    found = {fact.person: fact for fact in (await night.timeline()).all(ReachabilityFound)}

    assert say(found["axin"].said, "zh", night.catalog.names("zh")) == (
        "联系不畅：值班人阿新 18 分钟未读呼叫；建议：给阿新配一个会响的渠道（reach）：现在只有站内收件箱"
    )
    (kept,) = [one for one in await suggestions(night.journal, night.now, "config-center") if one.person == "axin"]
    assert (kept.rota, kept.kind, kept.incident) == ("config-center", "unread", await night.incident())
    assert await suggestions(night.journal, night.now, "operations") == []
    await night.journal.end(kept.id, night.now, "amao")
    assert "axin" not in {one.person for one in await suggestions(night.journal, night.now)}


async def test_an_absent_one_is_not_sent_forty_messages() -> None:
    night = await saturday()
    await night.passes(minutes=600)
    sent = [fact for fact in (await night.timeline()).all(Sent) if fact.person == "axin"]

    assert len(sent) <= 6, "pages, invitations and his role's passing on, then one catch-up"
