"""Documents, comments, tables, meetings, tasks, login and the webhook bot by our own client."""

import asyncio
import base64
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from kuaihui.emulators.feishu import login as feishu_login
from kuaihui.emulators.feishu.faults import CallFault
from kuaihui.emulators.feishu.office import APP_ID
from kuaihui.emulators.feishu.records import Hook
from kuaihui.emulators.feishu.server import Emulated
from kuaihui.errors import Refused
from kuaihui.integrations.feishu.client import events, login
from kuaihui.integrations.feishu.client.access import LARK, Access
from kuaihui.integrations.feishu.client.blocks import Kind, block, mention, run
from kuaihui.integrations.feishu.client.failures import FeishuBusy, FeishuRefused
from kuaihui.integrations.feishu.client.feishu import Feishu
from kuaihui.integrations.feishu.client.webhook_bot import WebhookBot
from tests.emulators.feishu.tenant import People
from tests.emulators.feishu.test_messages_by_sdk import CARD
from tests.emulators.feishu.test_papers_by_sdk import roster
from tests.integrations.feishu.client.test_events import by_webhook


async def written(ours: Feishu, *words: str) -> str:
    document = (await ours.documents.create("应急响应处理模板")).document_id
    if words:
        await ours.documents.add(document, document, [block(Kind.TEXT, each) for each in words])
    return document


async def test_a_document_from_a_template_is_filled_in_and_read_back(ours: Feishu, tenant: Emulated) -> None:
    template = await written(ours, "影响", "时间线")
    tenant.world.copy_seconds = 1
    copied = await ours.documents.copy(template, "IR-20230311-配置中心500")
    document = (await ours.documents.ready(copied.token)).document_id
    line = block(Kind.BULLET, "14:02 ", mention("ou_axin"), run(" 回滚", url="https://git.example/mr/88"))
    (added,) = await ours.documents.add(document, document, [line], at=1, key="8b1e7f4e-0000-4000-8000-000000000001")
    await ours.documents.add(document, document, [line], at=1, key="8b1e7f4e-0000-4000-8000-000000000001")
    assert (await ours.documents.words(document)).splitlines() == ["IR-20230311-配置中心500", "影响", "14:02 @ou_axin 回滚", "时间线"]
    await ours.documents.say(document, {added.block_id: ["14:03 ", mention("ou_amao")]})
    found = {one.block_id: one.words for one in await ours.documents.blocks(document)}
    assert found[added.block_id] == "14:03 @ou_amao"
    await ours.documents.remove(document, document, 0, 1)
    assert "影响" not in await ours.documents.words(document)


async def test_blocks_below_blocks_and_a_picture(ours: Feishu, tenant: Emulated) -> None:
    document = await written(ours)
    top = {**block(Kind.BULLET, "原因"), "block_id": "a", "children": ["b"]}
    await ours.documents.graft(document, document, ["a"], [top, {**block(Kind.BULLET, "hot key"), "block_id": "b"}])
    picture = await ours.documents.add_image(document, document, "spike.png", b"PNG")
    kinds = [one.block_type for one in await ours.documents.blocks(document)]
    assert kinds == [Kind.PAGE, Kind.BULLET, Kind.BULLET, Kind.IMAGE]
    assert "token" in str(tenant.world.documents[document].blocks[picture]["image"])


async def test_many_writes_at_once_are_paced_and_none_is_refused(ours: Feishu, tenant: Emulated) -> None:
    document = await written(ours)
    await asyncio.gather(*(ours.documents.add(document, document, [block(Kind.TEXT, str(number))]) for number in range(8)))
    assert len(tenant.world.documents[document].blocks) == 9
    assert {heard.code for heard in tenant.world.calls} == {0}


async def test_copies_asked_for_at_once_are_made_one_after_another(ours: Feishu, tenant: Emulated) -> None:
    template = await written(ours)
    tenant.world.copy_seconds = 0.2
    copies = await asyncio.gather(*(ours.documents.copy(template, str(number)) for number in range(3)))
    assert len({copied.token for copied in copies}) == 3


async def test_a_copy_whose_answer_is_lost_says_that_it_may_have_been_made(ours: Feishu, tenant: Emulated) -> None:
    template = await written(ours)
    tenant.world.faults.calls.append(CallFault(kind="lost_answer", operation="drive.v1.file.copy"))
    with pytest.raises(FeishuBusy) as told:
        await ours.documents.copy(template, "x")
    assert told.value.maybe_done
    assert len(tenant.world.documents) == 2


async def test_a_document_is_shared_liked_opened_and_talked_about(ours: Feishu, tenant: Emulated, people: People) -> None:
    document = await written(ours, "时间线")
    await ours.documents.share(document, "oc_alerts")
    await ours.documents.share(document, "ou_director", "view")
    await ours.documents.open_to_tenant(document)
    await ours.documents.follow(document)
    await people("axin", "like", document=document)
    await people("amao", "view", document=document)
    assert [one.user_id for one in await ours.documents.likes(document)] == ["ou_axin"]
    assert [one.viewer_id for one in await ours.documents.views(document)] == ["ou_amao"]

    async with by_webhook(tenant) as ear:
        comment_id = (await people("axin", "comment", document=document, text="my phone was stolen"))["comment_id"]
        await tenant.settled()
        (added,) = ear.bodies()
    assert isinstance(added, events.CommentAdded)
    assert (added.comment_id, added.notice_meta.file_token, added.notice_meta.from_user_id.open_id) == (comment_id, document, "ou_axin")
    await ours.comments.reply(document, comment_id, "read yourself in")
    (found,) = await ours.comments.of(document)
    assert [one.words for one in found.reply_list.replies] == ["my phone was stolen", "read yourself in"]
    await ours.comments.react(document, found.reply_list.replies[0].reply_id)
    await ours.comments.solve(document, comment_id)
    assert (await ours.comments.of(document))[0].is_solved
    await ours.comments.add(document, "please check", ["ou_amao"])
    blocks = await ours.documents.blocks(document)
    anchored = await ours.comments.add_at(document, blocks[1].block_id, "which clock?")
    assert (anchored.is_whole, anchored.quote) == (False, "时间线")


async def test_a_roster_is_read_and_written(ours: Feishu, tenant: Emulated) -> None:
    roster(tenant)
    base = await ours.tables.base_of_wiki("wikcn1")
    (table,) = await ours.tables.tables(base)
    assert [one.field_name for one in await ours.tables.fields(base, table.table_id)] == ["业务线", "负责人", "值班", "日期"]
    first, second = await ours.tables.rows(base, table.table_id)
    assert (first.text("业务线"), first.people("负责人"), first.people("值班")) == ("配置中心", ["ou_xiaomei"], ["ou_axin"])
    assert first.date("日期") == datetime(2023, 3, 11, 2, 0, tzinfo=UTC)
    assert (second.people("值班"), second.date("日期")) == ([], None)
    where = {"conjunction": "and", "conditions": [{"field_name": "业务线", "operator": "contains", "value": ["网关"]}]}
    assert [row.text("业务线") for row in await ours.tables.rows(base, table.table_id, where)] == ["网关"]

    async with by_webhook(tenant) as ear:
        await ours.documents.follow(base, "bitable")
        changed = await ours.tables.change(base, table.table_id, first.record_id, {"值班": [{"id": "ou_dazhuang"}], "日期": None})
        await tenant.settled()
    assert (changed.people("值班"), changed.date("日期")) == (["ou_dazhuang"], None)
    assert isinstance(body := ear.bodies()[0], events.TableChanged)
    assert [one.record_id for one in body.action_list] == [first.record_id]
    for _ in range(2):
        await ours.tables.add(base, table.table_id, [{"业务线": "支付"}], key="8b1e7f4e-0000-4000-8000-000000000002")
    assert len(await ours.tables.rows(base, table.table_id)) == 3


async def test_a_tables_errors_come_with_success_and_are_seen_all_the_same(ours: Feishu) -> None:
    with pytest.raises(FeishuRefused) as told:
        await ours.tables.tables("none")
    assert (told.value.code, told.value.failure.http) == (1254040, 200)


async def test_a_meeting_is_reserved_and_who_comes_is_known(ours: Feishu, tenant: Emulated, people: People) -> None:
    ends = tenant.world.now() + timedelta(hours=2)
    async with by_webhook(tenant) as ear:
        reserve = await ours.meetings.reserve("IR-20230311", "ou_xiaomei", ends, record=True)
        assert await ours.meetings.running(reserve.id) is None
        meeting_id = (await people("xiaomei", "join", number=reserve.meeting_no))["meeting_id"]
        await people("amao", "join", number=reserve.meeting_no)
        running = await ours.meetings.running(reserve.id)
        assert running is not None
        assert running.present == ["ou_xiaomei", "ou_amao"]
        token = feishu_login.grant_token(tenant.world, APP_ID, "ou_amao")
        assert await ours.meetings.ring(meeting_id, ["ou_ayi", "ou_nobody"], token) == ["ou_nobody"]
        await people("amao", "leave_meeting", number=reserve.meeting_no)
        assert (await ours.meetings.get(meeting_id)).present == ["ou_xiaomei"]
        assert await ours.meetings.recording(meeting_id) is None
        with pytest.raises(FeishuRefused):
            await ours.meetings.end(meeting_id, token)
        await people("xiaomei", "leave_meeting", number=reserve.meeting_no)
        assert await ours.meetings.recording(meeting_id)
        await tenant.settled()
    heard = [type(body).__name__ for body in ear.bodies()]
    assert heard == ["MeetingStarted", "MeetingJoined", "MeetingJoined", "MeetingLeft", "MeetingLeft", "MeetingEnded", "RecordingReady"]
    joined = ear.bodies()[1]
    assert isinstance(joined, events.MeetingJoined)
    assert joined.operator.id is not None
    assert (joined.operator.id.open_id, joined.meeting.meeting_no) == ("ou_xiaomei", reserve.meeting_no)
    await ours.meetings.cancel(reserve.id)


async def test_a_follow_up_is_given_handed_over_reminded_of_and_finished(ours: Feishu, tenant: Emulated, people: People) -> None:
    due = datetime(2023, 3, 13, 10, tzinfo=UTC)
    link = ("https://kuaihui.example/i/1", "IR-1")
    async with by_webhook(tenant) as ear:
        await ours.tasks.follow()
        task = await ours.tasks.create("热 key 根因", ["ou_xiaomei"], due=due, description="why", link=link, remind_minutes=60, key="t1")
        assert (await ours.tasks.create("热 key 根因", ["ou_xiaomei"], due=due, key="t1")).guid == task.guid
        assert (task.due_at, task.completed, task.reminders and task.reminders[0].relative_fire_minute) == (due, None, 60)
        handed = await ours.tasks.hand_over(task.guid, to=["ou_ayi"], away_from=["ou_xiaomei"])
        assert [one.id for one in handed.members or []] == ["ou_ayi"]
        reminded = await ours.tasks.remind(task.guid, 15)
        assert [one.relative_fire_minute for one in reminded.reminders or []] == [15]
        assert (await ours.tasks.put_off(task.guid, due + timedelta(days=1))).due_at == due + timedelta(days=1)
        assert (await ours.tasks.describe(task.guid, "根因", "how")).summary == "根因"
        await ours.tasks.comment(task.guid, "how is it going?")
        await people("ayi", "finish", task=task.guid)
        assert (await ours.tasks.get(task.guid)).completed is not None
        assert (await ours.tasks.reopen(task.guid)).completed is None
        assert (await ours.tasks.complete(task.guid, due)).completed == due
        await tenant.settled()
    changes = [body.event_types[0] for body in ear.bodies() if isinstance(body, events.TaskChanged)]
    assert "task_assignees_update" in changes
    assert changes.count("task_completed_update") == 3


async def test_somebody_logs_in_with_a_proof_that_only_we_have(ours: Feishu, tenant: Emulated) -> None:
    verifier = "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    back = "http://127.0.0.1/back"
    page = login.page(ours.access, back, "state1", challenge=challenge, scopes=("offline_access",))
    async with httpx.AsyncClient(trust_env=False) as browser:
        codes = [parse_qs(urlsplit((await browser.get(f"{page}&as=ou_amao")).headers["location"]).query) for _ in range(2)]
    assert codes[0]["state"] == ["state1"]
    tokens = await ours.login.redeem(codes[0]["code"][0], back, verifier)
    assert (await ours.login.who(tokens.access_token)).open_id == "ou_amao"
    renewed = await ours.login.renew(tokens.refresh_token)
    assert (await ours.login.who(renewed.access_token)).name == "阿茂"
    with pytest.raises(FeishuRefused):
        await ours.login.renew(tokens.refresh_token)
    with pytest.raises(FeishuRefused):
        await ours.login.redeem(codes[1]["code"][0], back, "another verifier")
    tenant.world.clock.pass_by(timedelta(hours=3))
    with pytest.raises(FeishuRefused) as told:
        await ours.login.who(renewed.access_token)
    assert "log in again" in told.value.told("en")


def test_lark_and_feishu_log_in_at_their_own_addresses() -> None:
    assert login.page(Access(app_id="a", secret="s"), "http://x", "s").startswith("https://accounts.feishu.cn/")
    assert login.page(Access(app_id="a", secret="s", base_url=LARK), "http://x", "s").startswith("https://accounts.larksuite.com/")
    assert "hidden" not in repr(Access(app_id="a", secret="hidden", encrypt_key="hidden"))


async def test_the_app_knows_its_permissions_and_its_bot(ours: Feishu, tenant: Emulated) -> None:
    assert "im:message" in await ours.application.scopes()
    tenant.world.apps[APP_ID].scopes = set()
    assert await ours.application.scopes() == set()
    assert (await ours.application.bot()).open_id == f"ou_bot_{APP_ID}"


async def test_the_webhook_bot_speaks_signed(tenant: Emulated) -> None:
    tenant.world.hooks["h1"] = Hook("h1", "oc_alerts", "last resort", secret="secret", keywords=["快恢"])
    url = f"{tenant.url}/open-apis/bot/v2/hook/h1"
    bot, stranger = WebhookBot(url, "secret"), WebhookBot(url, "wrong")
    now = datetime.now(UTC)
    await bot.say("快恢：应用凭证失效", now)
    await bot.show({**CARD, "header": {"title": {"tag": "plain_text", "content": "快恢"}}}, now)
    assert len(tenant.world.chats["oc_alerts"].messages) == 2
    for say in (bot.say("no keyword", now), bot.say("快恢", now - timedelta(hours=2)), stranger.say("快恢", now)):
        with pytest.raises(FeishuRefused):
            await say
    tenant.world.clock.pass_by(timedelta(seconds=1))  # the stranger's call counts at the server, too
    await asyncio.gather(*(bot.say(f"快恢 {number}", now) for number in range(7)))
    await bot.close()
    await stranger.close()


def test_a_plain_text_that_is_not_feishus_is_refused_as_an_event() -> None:
    with pytest.raises(Refused):
        events.parse(b"[]")
