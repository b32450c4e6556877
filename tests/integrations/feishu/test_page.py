"""A page: one card to the person alone, and a ring by channel or level."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kuaihui.emulators.feishu import cards
from kuaihui.emulators.feishu.faults import CallFault
from kuaihui.emulators.feishu.records import Message
from kuaihui.incident.pages import Answered, Sent
from kuaihui.integrations.feishu.desk import Places
from kuaihui.integrations.feishu.presses import Press, pressed
from kuaihui.language import say
from kuaihui.orders import Page
from tests.integrations.feishu.team import TEAM, Team, at_work, in_feishu


def presses(message: Message) -> list[Press]:
    """What the card's buttons say."""
    said = [pressed(cards.value_of(button)) for button in cards.buttons(cards.parse(message.content))]
    return [press for press in said if press]


async def test_the_on_call_gets_a_card_that_can_be_pressed_and_is_rung(team: Team) -> None:
    await team.rings(0.10)
    (card,) = team.sent_to("axin")
    sent = next(fact for fact in await team.timeline() if isinstance(fact, Sent))

    assert [(press.op, press.incident, press.identity) for press in presses(card)] == [
        ("acknowledge", await team.incident(), sent.identity),
        ("escalate", await team.incident(), sent.identity),
    ]
    assert [(buzz.kind, buzz.person) for buzz in card.buzzes] == [("app", "ou_axin")]
    assert (sent.reference, sent.channel) == (card.message_id, "feishu-urgent-app")


async def test_each_level_rings_as_the_settings_say() -> None:
    async with at_work(places=Places(chat="oc_alerts", buzz=(None, "phone"))) as team:
        await team.rings(0.10)
        await team.passes(minutes=1, seconds=5)

        assert [buzz.kind for buzz in team.sent_to("axin")[0].buzzes] == []
        assert [buzz.kind for buzz in team.sent_to("dazhuang")[0].buzzes] == ["phone"]


async def test_a_channel_named_for_its_ring_gives_way_when_it_cannot_ring() -> None:
    catalog = in_feishu(TEAM, lambda _: {"reach": ("feishu-urgent-phone", "feishu")})
    async with at_work(catalog=catalog) as team:
        team.world.buzzes_left["phone"] = 0
        await team.rings(0.10)
        timeline = await team.timeline()
        channels = [fact.order.channel for fact in timeline.orders.values() if isinstance(fact.order, Page)]

        assert channels == ["feishu-urgent-phone", "feishu"]
        assert timeline.answers["Page/0/axin/1/feishu/1"].outcome == "done"


async def test_a_ring_that_feishu_refuses_leaves_the_card_standing(team: Team) -> None:
    team.world.buzzes_left["app"] = 0
    await team.rings(0.10)
    sent = next(fact for fact in await team.timeline() if isinstance(fact, Sent))

    assert (sent.channel, [press.op for press in presses(team.sent_to("axin")[0])]) == ("feishu", ["acknowledge", "escalate"])


async def test_somebody_feishu_does_not_know_finds_the_page_in_our_own_inbox() -> None:
    catalog = in_feishu(TEAM, lambda _: {"feishu": "", "phone": "+8619900000000", "email": ""})
    async with at_work(catalog=catalog) as team:
        await team.rings(0.10)
        timeline = await team.timeline()
        refused = timeline.answers["Page/0/axin/1/feishu/1"]

        assert refused.outcome == "gave up"
        assert "phone" in say(refused.reason or "", "en")
        assert timeline.answers["Page/0/axin/1/inbox/1"].outcome == "done"


async def test_people_are_found_by_number_and_by_address() -> None:
    mobiles = {"axin": "13800000002"}
    catalog = in_feishu(
        TEAM, lambda who: {"feishu": "", "phone": mobiles.get(who, ""), "email": "" if who in mobiles else f"{who}@example.com"}
    )
    async with at_work(catalog=catalog) as team:
        await team.rings(0.10)
        await team.passes(minutes=1, seconds=5)
        looked_up = [call for call in team.world.calls if call.operation == "contact.v3.user.batch_get_id"]

        assert (len(team.sent_to("axin")), len(team.sent_to("dazhuang")), len(looked_up)) == (1, 1, 1)


@pytest.mark.parametrize("kind", ["lost_answer", "rate_limited", "expired_token", "html_502", "refused_connection"])
@pytest.mark.parametrize("operation", ["im.v1.message.create", "im.v1.message.urgent_app"])
async def test_one_card_whatever_goes_wrong_once(kind: str, operation: str) -> None:
    async with at_work(patience=timedelta(0)) as team:
        team.world.faults.calls.append(msgspec.convert({"kind": kind, "operation": operation}, CallFault))
        await team.rings(0.10)
        await team.passes(seconds=45)

        assert len(team.sent_to("axin")) == 1
        assert any(isinstance(fact, Sent) and fact.person == "axin" for fact in await team.timeline())
        assert not [fact for fact in (await team.timeline()).all(Answered) if fact.outcome == "gave up" and "Page" in fact.identity]


async def test_a_worsening_is_a_card_of_its_own(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=20)
    await team.rings(0.20)

    assert len(team.sent_to("axin")) == 2
