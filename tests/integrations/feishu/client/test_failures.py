"""When Feishu is slow, busy, broken or lying: what is asked again, what is not, and what people are told."""

import asyncio
import time
from contextlib import nullcontext
from datetime import timedelta

import pytest

from kuaihui.emulators.feishu.faults import CallFault
from kuaihui.emulators.feishu.server import Emulated
from kuaihui.errors import GiveUp, TryLater
from kuaihui.integrations.feishu.client import content
from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.failures import Failure, FeishuBusy, FeishuRefused
from kuaihui.integrations.feishu.client.feishu import Feishu, feishu
from kuaihui.integrations.feishu.client.paces import Pace, Paces
from kuaihui.integrations.feishu.client.remedies import BY_CODE, BY_OPERATION, Kind
from kuaihui.language import say, translate
from tests.emulators.feishu.tenant import client_of

GROUP = "oc_alerts"
HELLO = content.saying("hello")


def break_next(tenant: Emulated, **fault: object) -> None:
    tenant.world.faults.calls.append(CallFault(**fault))  # type: ignore[arg-type]


def calls(tenant: Emulated, operation: str) -> list[int]:
    return [heard.code for heard in tenant.world.calls if heard.operation == operation]


async def test_too_many_calls_wait_for_the_servers_own_reset(ours: Feishu, tenant: Emulated) -> None:
    break_next(tenant, kind="rate_limited", operation="im.v1.message.create", seconds=1)
    began = time.monotonic()
    await ours.messages.send(GROUP, HELLO)
    assert time.monotonic() - began >= 1
    assert calls(tenant, "im.v1.message.create") == [99991400, 0]


async def test_a_reset_beyond_our_patience_is_told_as_try_later(ours: Feishu, tenant: Emulated) -> None:
    break_next(tenant, kind="rate_limited", operation="im.v1.message.create", seconds=60)
    with pytest.raises(FeishuBusy) as told:
        await ours.messages.send(GROUP, HELLO)
    assert told.value.after == timedelta(seconds=60)
    assert not told.value.maybe_done
    assert isinstance(told.value, TryLater)


@pytest.mark.parametrize("kind", ["html_502", "lost_answer", "refused_connection"])
async def test_with_a_key_a_lost_answer_is_asked_again_and_sends_once(ours: Feishu, tenant: Emulated, kind: str) -> None:
    break_next(tenant, kind=kind, operation="im.v1.message.create")
    sent = await ours.messages.send(GROUP, HELLO, key="IR-1:page")
    assert tenant.world.chats[GROUP].messages == [sent.message_id]


@pytest.mark.parametrize("kind", ["html_502", "lost_answer"])
async def test_without_a_key_a_lost_answer_is_not_asked_again(ours: Feishu, tenant: Emulated, kind: str) -> None:
    break_next(tenant, kind=kind, operation="im.v1.message.create")
    with pytest.raises(FeishuBusy) as told:
        await ours.messages.send(GROUP, HELLO)
    assert told.value.maybe_done
    assert len(calls(tenant, "im.v1.message.create")) == 1


async def test_a_buzz_whose_answer_is_lost_says_that_it_may_have_rung(ours: Feishu, tenant: Emulated) -> None:
    message = await ours.messages.send(GROUP, HELLO)
    break_next(tenant, kind="lost_answer", operation="im.v1.message.urgent_*")
    with pytest.raises(FeishuBusy) as told:
        await ours.messages.buzz(message.message_id, ["ou_axin"], "phone")
    assert told.value.maybe_done
    assert len(tenant.world.messages[message.message_id].buzzes) == 1


async def test_a_rejected_token_is_renewed_once_for_all_who_wait(ours: Feishu, tenant: Emulated) -> None:
    await ours.chats.get(GROUP)
    tenant.world.tenant_tokens.clear()
    await asyncio.gather(*(ours.chats.get(GROUP) for _ in range(10)))
    assert calls(tenant, "auth.v3.tenant_access_token.internal") == [0, 0]


async def test_many_first_calls_fetch_one_token(ours: Feishu, tenant: Emulated) -> None:
    await asyncio.gather(*(ours.chats.get(GROUP) for _ in range(20)))
    assert calls(tenant, "auth.v3.tenant_access_token.internal") == [0]


async def test_a_token_that_is_rejected_again_gives_up(ours: Feishu, tenant: Emulated) -> None:
    break_next(tenant, kind="expired_token", operation="im.v1.chat.get", times=2)
    with pytest.raises(FeishuRefused) as told:
        await ours.chats.get(GROUP)
    assert told.value.code == 99991663


async def test_the_token_is_renewed_before_it_ends(tenant: Emulated) -> None:
    async with client_of(tenant) as client:
        await client.chats.get(GROUP)
        token = next(iter(tenant.world.tenant_tokens))
        tenant.world.clock.pass_by(timedelta(hours=1, minutes=45))
        async with client_of(tenant) as other:  # Feishu hands out a second one beside the first
            await other.chats.get(GROUP)
        await client.chats.get(GROUP)
        assert len(tenant.world.tenant_tokens) == 2
        assert token in tenant.world.tenant_tokens


async def test_a_wrong_secret_is_told_in_words(tenant: Emulated) -> None:
    async with feishu(Access(app_id="cli_kuaihui", secret="wrong", base_url=tenant.url), jitter=lambda: 0.5) as client:
        with pytest.raises(GiveUp) as told:
            await client.chats.get(GROUP)
    assert "id or secret is wrong" in told.value.told("en")
    assert "应用凭证" in told.value.told("zh")


async def test_missing_permissions_are_named(ours: Feishu, tenant: Emulated) -> None:
    message = await ours.messages.send(GROUP, HELLO)
    tenant.world.apps["cli_kuaihui"].scopes = {"im:message"}
    with pytest.raises(FeishuRefused) as told:
        await ours.messages.buzz(message.message_id, ["ou_axin"], "phone")
    assert told.value.failure.scopes == ("im:message.urgent:phone",)
    assert "im:message.urgent:phone" in told.value.told("zh")


async def test_the_months_quota_is_later_and_says_what_to_do(ours: Feishu, tenant: Emulated) -> None:
    break_next(tenant, kind="quota", operation="im.v1.chat.get")
    with pytest.raises(FeishuBusy) as told:
        await ours.chats.get(GROUP)
    assert told.value.after >= timedelta(minutes=30)


async def test_a_server_that_hangs_is_left_after_its_time(tenant: Emulated) -> None:
    break_next(tenant, kind="slow", operation="im.v1.chat.get", seconds=30, times=9)
    async with client_of(tenant, patience=timedelta(seconds=0.1), time_out=0.2) as client:
        with pytest.raises(FeishuBusy):
            await client.chats.get(GROUP)


async def test_a_server_that_is_not_there_is_try_later() -> None:
    async with feishu(Access(app_id="a", secret="s", base_url="http://127.0.0.1:9"), jitter=lambda: 0.5) as client:
        with pytest.raises(TryLater):
            await client.chats.get(GROUP)


async def test_a_burst_into_one_chat_arrives_whole_and_is_never_refused(ours: Feishu, tenant: Emulated) -> None:
    sent = await asyncio.gather(*(ours.messages.send(GROUP, content.saying(str(number))) for number in range(12)))
    assert sorted(tenant.world.chats[GROUP].messages) == sorted(each.message_id for each in sent)
    assert set(calls(tenant, "im.v1.message.create")) == {0}


async def test_without_our_own_pace_the_same_burst_is_refused(tenant: Emulated, ours: Feishu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Paces, "turn", lambda *_: nullcontext())
    monkeypatch.setattr(Paces, "close", lambda *_: None)
    await asyncio.gather(*(ours.messages.send(GROUP, content.saying(str(number)), key=str(number)) for number in range(8)))
    assert 230020 in calls(tenant, "im.v1.message.create")
    assert len(tenant.world.chats[GROUP].messages) == 8


async def test_a_lane_gives_its_turns_in_order_and_no_more_than_its_pace() -> None:
    paces, pace, turns = Paces(), Pace(3, 0.2), list[tuple[int, float]]()

    async def take(number: int) -> None:
        async with paces.turn("lane", pace):
            turns.append((number, time.monotonic()))

    await asyncio.gather(*(take(number) for number in range(8)))
    assert [number for number, _ in turns] == list(range(8))
    times = [at for _, at in turns]
    assert all(later - earlier >= 0.2 for earlier, later in zip(times, times[3:], strict=False))


@pytest.mark.parametrize("code", sorted({*BY_CODE, *(code for _, code in BY_OPERATION)}))
def test_every_remedy_is_told_in_both_languages(code: int) -> None:
    operation = next((name for name, known in BY_OPERATION if known == code), "im.v1.message.create")
    failure = Failure(operation=operation, code=code, words="msg", scopes=("im:message",))
    assert translate(failure.remedy.says, "zh") != failure.remedy.says
    for language in ("zh", "en"):
        told = say(failure.told(), language)
        assert str(code) in told
        assert "{" not in told


def test_one_code_means_two_things_in_two_operations() -> None:
    reply = Failure(operation="im.v1.message.reply", code=230071)
    edit = Failure(operation="im.v1.message.update", code=230071)
    assert reply.remedy.says != edit.remedy.says


@pytest.mark.parametrize(
    "http, code, kind",
    [(0, 0, Kind.UNSURE), (500, 0, Kind.UNSURE), (429, 123, Kind.LATER), (400, 123, Kind.NEVER), (200, 1254290, Kind.LATER)],
)
def test_a_failure_nobody_wrote_down_is_judged_by_its_status(http: int, code: int, kind: Kind) -> None:
    assert Failure(operation="x", code=code, http=http).remedy.kind is kind
