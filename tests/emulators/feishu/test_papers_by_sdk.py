"""Documents, tables, meetings, tasks and login, called by the vendor's own client."""

import asyncio
import io
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import lark_oapi as lark
import pytest
from lark_oapi.api.application.v6 import ListScopeRequest
from lark_oapi.api.authen.v1 import GetUserInfoRequest
from lark_oapi.api.bitable.v1 import (
    AppTableRecord,
    BatchCreateAppTableRecordRequest,
    BatchCreateAppTableRecordRequestBody,
    BatchUpdateAppTableRecordRequest,
    BatchUpdateAppTableRecordRequestBody,
    Condition,
    CreateAppTableRecordRequest,
    FilterInfo,
    ListAppTableFieldRequest,
    ListAppTableRequest,
    SearchAppTableRecordRequest,
    SearchAppTableRecordRequestBody,
    UpdateAppTableRecordRequest,
)
from lark_oapi.api.docx.v1 import (
    BatchDeleteDocumentBlockChildrenRequest,
    BatchDeleteDocumentBlockChildrenRequestBody,
    BatchUpdateDocumentBlockRequest,
    BatchUpdateDocumentBlockRequestBody,
    Block,
    CreateDocumentBlockChildrenRequest,
    CreateDocumentBlockChildrenRequestBody,
    CreateDocumentBlockDescendantRequest,
    CreateDocumentBlockDescendantRequestBody,
    CreateDocumentRequest,
    CreateDocumentRequestBody,
    GetDocumentRequest,
    ListDocumentBlockRequest,
    RawContentDocumentRequest,
    ReplaceImageRequest,
    Text,
    TextElement,
    TextRun,
    UpdateBlockRequest,
    UpdateTextElementsRequest,
)
from lark_oapi.api.docx.v1 import Image as DocxImage
from lark_oapi.api.drive.v1 import (
    BaseMember,
    CopyFileRequest,
    CopyFileRequestBody,
    CreateFileCommentReplyRequest,
    CreateFileCommentReplyRequestBody,
    CreateFileCommentRequest,
    CreatePermissionMemberRequest,
    FileComment,
    FileCommentReply,
    ListFileCommentRequest,
    ListFileViewRecordRequest,
    PatchFileCommentRequest,
    PatchFileCommentRequestBody,
    ReplyContent,
    ReplyElement,
    ReplyList,
    SubscribeFileRequest,
    UploadAllMediaRequest,
    UploadAllMediaRequestBody,
)
from lark_oapi.api.drive.v1 import (
    Person as CommentPerson,
)
from lark_oapi.api.drive.v1 import (
    TextRun as CommentText,
)
from lark_oapi.api.drive.v2 import (
    ListFileLikeRequest,
    PatchPermissionPublicRequest,
    PermissionPublic,
    UpdateReactionCommentReactionRequest,
    UpdateReactionCommentReactionRequestBody,
)
from lark_oapi.api.task.v2 import (
    AddMembersTaskRequest,
    AddMembersTaskRequestBody,
    AddRemindersTaskRequest,
    AddRemindersTaskRequestBody,
    CreateCommentRequest,
    CreateTaskRequest,
    Due,
    GetTaskRequest,
    InputComment,
    InputTask,
    Member,
    PatchTaskRequest,
    PatchTaskRequestBody,
    Reminder,
    RemoveMembersTaskRequest,
    RemoveMembersTaskRequestBody,
    RemoveRemindersTaskRequest,
    RemoveRemindersTaskRequestBody,
)
from lark_oapi.api.vc.v1 import (
    ApplyReserveRequest,
    ApplyReserveRequestBody,
    DeleteReserveRequest,
    EndMeetingRequest,
    GetActiveMeetingReserveRequest,
    GetMeetingRecordingRequest,
    GetMeetingRequest,
    GetReserveRequest,
    InviteMeetingRequest,
    InviteMeetingRequestBody,
    MeetingUser,
    ReserveMeetingSetting,
)
from lark_oapi.api.wiki.v2 import GetNodeSpaceRequest

from kuaihui.emulators.feishu import bitable, docx, login
from kuaihui.emulators.feishu.office import APP_ID, APP_SECRET
from kuaihui.emulators.feishu.papers import FULL
from kuaihui.emulators.feishu.server import Emulated
from tests.emulators.feishu.tenant import People, Sdk


def line(words: str, kind: int = 2) -> Any:
    text = Text.builder().elements([TextElement.builder().text_run(TextRun.builder().content(words).build()).build()]).build()
    builder = Block.builder().block_type(kind)
    return getattr(builder, docx.FIELD[kind])(text).build()


async def made(sdk: Sdk, title: str = "IR-20230311") -> str:
    body = CreateDocumentRequestBody.builder().title(title).build()
    return (await sdk(sdk.client.docx.v1.document.create, CreateDocumentRequest.builder().request_body(body).build())).document.document_id


async def words_of(sdk: Sdk, document: str) -> list[str]:
    ask = RawContentDocumentRequest.builder().document_id(document).build()
    return (await sdk(sdk.client.docx.v1.document.raw_content, ask)).content.splitlines()


async def add(sdk: Sdk, document: str, *blocks: Any, index: int = -1) -> list[str]:
    body = CreateDocumentBlockChildrenRequestBody.builder().children(list(blocks)).index(index).build()
    ask = CreateDocumentBlockChildrenRequest.builder().document_id(document).block_id(document).document_revision_id(-1)
    done = await sdk(sdk.client.docx.v1.document_block_children.create, ask.request_body(body).build())
    return [each.block_id for each in done.children]


async def test_a_document_is_written_changed_and_read(sdk: Sdk, tenant: Emulated) -> None:
    document = await made(sdk)
    (_, second) = await add(sdk, document, line("时间线", 3), line("11:00 5xx 10 %"))
    elements = UpdateTextElementsRequest.builder().elements(line("11:01 5xx 15 %").text.elements).build()
    change = UpdateBlockRequest.builder().block_id(second).update_text_elements(elements).build()
    body = BatchUpdateDocumentBlockRequestBody.builder().requests([change]).build()
    ask = BatchUpdateDocumentBlockRequest.builder().document_id(document).document_revision_id(-1).request_body(body).build()
    await sdk(sdk.client.docx.v1.document_block.batch_update, ask)
    assert await words_of(sdk, document) == ["IR-20230311", "时间线", "11:01 5xx 15 %"]

    tenant.world.clock.pass_by(timedelta(seconds=1))  # three writes a second
    span = BatchDeleteDocumentBlockChildrenRequestBody.builder().start_index(0).end_index(1).build()
    ask = BatchDeleteDocumentBlockChildrenRequest.builder().document_id(document).block_id(document).request_body(span).build()
    await sdk(sdk.client.docx.v1.document_block_children.batch_delete, ask)
    listed = await sdk(sdk.client.docx.v1.document_block.list, ListDocumentBlockRequest.builder().document_id(document).build())
    assert [each.block_id for each in listed.items] == [document, second]
    head = await sdk(sdk.client.docx.v1.document.get, GetDocumentRequest.builder().document_id(document).build())
    assert head.document.revision_id == 4


async def test_blocks_with_blocks_below_them_are_put_in_at_once(sdk: Sdk) -> None:
    document = await made(sdk)
    top, below = line("原因", 12), line("hot key", 12)
    top.block_id, top.children, below.block_id = "a", ["b"], "b"
    body = CreateDocumentBlockDescendantRequestBody.builder().children_id(["a"]).descendants([top, below]).index(0).build()
    ask = CreateDocumentBlockDescendantRequest.builder().document_id(document).block_id(document).request_body(body).build()
    done = await sdk(sdk.client.docx.v1.document_block_descendant.create, ask)
    assert {each.temporary_block_id for each in done.block_id_relations} == {"a", "b"}
    assert await words_of(sdk, document) == ["IR-20230311", "原因", "hot key"]


async def test_writes_beyond_three_a_second_are_refused_with_a_reset(sdk: Sdk) -> None:
    document = await made(sdk)
    body = CreateDocumentBlockChildrenRequestBody.builder().children([line("x")]).build()
    ask = CreateDocumentBlockChildrenRequest.builder().document_id(document).block_id(document).request_body(body).build()
    done = await asyncio.gather(*(asyncio.to_thread(sdk.client.docx.v1.document_block_children.create, ask) for _ in range(5)))
    refused = [each for each in done if each.code == 99991400]
    assert len(refused) >= 2
    assert refused[0].raw.headers["x-ogw-ratelimit-reset"] == "1"


async def test_a_picture_is_put_into_a_document(sdk: Sdk, tenant: Emulated) -> None:
    document = await made(sdk)
    (block,) = await add(sdk, document, Block.builder().block_type(27).image(DocxImage.builder().build()).build())
    media = UploadAllMediaRequestBody.builder().file_name("a.png").parent_type("docx_image").parent_node(block).size(3)
    picture: Any = ("a.png", io.BytesIO(b"PNG"), "image/png")
    media = media.file(picture).build()
    token = (await sdk(sdk.client.drive.v1.media.upload_all, UploadAllMediaRequest.builder().request_body(media).build())).file_token
    replace = UpdateBlockRequest.builder().block_id(block).replace_image(ReplaceImageRequest.builder().token(token).build()).build()
    body = BatchUpdateDocumentBlockRequestBody.builder().requests([replace]).build()
    ask = BatchUpdateDocumentBlockRequest.builder().document_id(document).request_body(body).build()
    await sdk(sdk.client.docx.v1.document_block.batch_update, ask)
    assert tenant.world.documents[document].blocks[block]["image"] == {"token": token}


async def test_a_template_is_copied_one_at_a_time_and_its_blocks_come_late(sdk: Sdk, tenant: Emulated) -> None:
    template = await made(sdk, "应急响应处理模板")
    await add(sdk, template, line("影响", 3), line("时间线", 3))
    tenant.world.copy_seconds = 60
    body = CopyFileRequestBody.builder().name("IR-20230311-配置中心500").type("docx").folder_token("fld").build()
    ask = CopyFileRequest.builder().file_token(template).request_body(body).build()
    copied = (await sdk(sdk.client.drive.v1.file.copy, ask)).file
    assert await sdk.code(sdk.client.drive.v1.file.copy, ask) == 1061045
    get = GetDocumentRequest.builder().document_id(copied.token).build()
    assert await sdk.code(sdk.client.docx.v1.document.get, get) == 1770020
    tenant.world.clock.pass_by(timedelta(seconds=61))
    assert await words_of(sdk, copied.token) == ["IR-20230311-配置中心500", "影响", "时间线"]


async def test_a_document_is_shared_and_only_those_it_is_shared_with_see_it(sdk: Sdk, tenant: Emulated) -> None:
    document = await made(sdk)
    member = BaseMember.builder().member_type("openchat").member_id("oc_alerts").perm("edit").type("chat").build()
    ask = CreatePermissionMemberRequest.builder().token(document).type("docx").request_body(member).build()
    await sdk(sdk.client.drive.v1.permission_member.create, ask)
    assert tenant.world.documents[document].members["oc_alerts"] == "edit"
    tenant.world.chats["oc_alerts"].bots.clear()
    assert await sdk.code(sdk.client.drive.v1.permission_member.create, ask) == 1063002
    public = PermissionPublic.builder().link_share_entity("tenant_editable").build()
    await sdk(
        sdk.client.drive.v2.permission_public.patch,
        PatchPermissionPublicRequest.builder().token(document).type("docx").request_body(public).build(),
    )
    theirs = docx.empty(tenant.world, "theirs", "ou_amao").token
    assert await sdk.code(sdk.client.docx.v1.document.get, GetDocumentRequest.builder().document_id(theirs).build()) == 1770032


async def test_comments_are_made_answered_liked_and_solved(sdk: Sdk, people: People) -> None:
    document = await made(sdk)
    element = ReplyElement.builder().type("text_run").text_run(CommentText.builder().text("why?").build()).build()
    content = ReplyContent.builder().elements([element]).build()
    first = FileCommentReply.builder().content(content).build()
    body = FileComment.builder().reply_list(ReplyList.builder().replies([first]).build()).build()
    ask = CreateFileCommentRequest.builder().file_token(document).file_type("docx").request_body(body).build()
    comment = (await sdk(sdk.client.drive.v1.file_comment.create, ask)).comment_id
    await people("axin", "comment", document=document, comment_id=comment, text="my phone was stolen")

    reply = CreateFileCommentReplyRequestBody.builder().content(content).build()
    ask = CreateFileCommentReplyRequest.builder().file_token(document).comment_id(comment).file_type("docx").request_body(reply).build()
    await sdk(sdk.client.drive.v1.file_comment_reply.create, ask)
    listing = ListFileCommentRequest.builder().file_token(document).file_type("docx").build()
    (found,) = (await sdk(sdk.client.drive.v1.file_comment.list, listing)).items
    words = [each.content.elements[0].text_run.text for each in found.reply_list.replies]
    assert words == ["why?", "my phone was stolen", "why?"]

    like = UpdateReactionCommentReactionRequestBody.builder().action("add").reaction_type("THUMBSUP")
    like = like.reply_id(found.reply_list.replies[1].reply_id).build()
    ask = UpdateReactionCommentReactionRequest.builder().file_token(document).file_type("docx").request_body(like).build()
    await sdk(sdk.client.drive.v2.comment_reaction.update_reaction, ask)
    solved = PatchFileCommentRequestBody.builder().is_solved(True).build()
    ask = PatchFileCommentRequest.builder().file_token(document).comment_id(comment).file_type("docx").request_body(solved).build()
    await sdk(sdk.client.drive.v1.file_comment.patch, ask)
    assert (await sdk(sdk.client.drive.v1.file_comment.list, listing)).items[0].is_solved

    said = [{"type": "text", "text": "here"}, {"type": "mention_user", "mention_user": "ou_axin"}]
    anchored = {"file_type": "docx", "reply_elements": said, "anchor": {"block_id": document}}
    done = await sdk.raw("POST", f"/open-apis/drive/v1/files/{document}/new_comments", anchored)
    assert done.success()
    (newest,) = [one for one in (await sdk(sdk.client.drive.v1.file_comment.list, listing)).items if not one.is_whole]
    first, second = newest.reply_list.replies[0].content.elements
    assert (first.text_run.text, second.person.user_id) == ("here", "ou_axin")


async def test_somebody_is_named_in_a_comment_on_the_whole_document(sdk: Sdk) -> None:
    document = await made(sdk)
    words = ReplyElement.builder().type("text_run").text_run(CommentText.builder().text("why?").build()).build()
    whom = ReplyElement.builder().type("person").person(CommentPerson.builder().user_id("ou_axin").build()).build()
    first = FileCommentReply.builder().content(ReplyContent.builder().elements([words, whom]).build()).build()
    body = FileComment.builder().reply_list(ReplyList.builder().replies([first]).build()).build()
    ask = CreateFileCommentRequest.builder().file_token(document).file_type("docx").request_body(body).build()
    await sdk(sdk.client.drive.v1.file_comment.create, ask)
    listing = ListFileCommentRequest.builder().file_token(document).file_type("docx").build()
    (found,) = (await sdk(sdk.client.drive.v1.file_comment.list, listing)).items
    assert found.is_whole
    assert [one.person.user_id for one in found.reply_list.replies[0].content.elements if one.person] == ["ou_axin"]


async def test_comments_are_subscribed_to(sdk: Sdk) -> None:
    done = await sdk.raw("POST", "/open-apis/drive/v1/user/subscription", {"event_type": "drive.notice.comment_add_v1"})
    assert done.success()
    assert not (await sdk.raw("POST", "/open-apis/drive/v1/user/subscription", {"event_type": "else"})).success()


async def test_likes_and_views_are_told(sdk: Sdk, people: People) -> None:
    document = await made(sdk)
    await people("axin", "like", document=document)
    await people("axin", "view", document=document)
    likes = ListFileLikeRequest.builder().file_token(document).file_type("docx").build()
    assert [each.user_id for each in (await sdk(sdk.client.drive.v2.file_like.list, likes)).items] == ["ou_axin"]
    views = ListFileViewRecordRequest.builder().file_token(document).file_type("docx").page_size(10).build()
    assert [each.viewer_id for each in (await sdk(sdk.client.drive.v1.file_view_record.list, views)).items] == ["ou_axin"]


def roster(tenant: Emulated) -> None:
    columns = {"业务线": 1, "负责人": 11, "值班": 11, "日期": 5}
    rows: list[Any] = [
        {"业务线": "配置中心", "负责人": [{"id": "ou_xiaomei"}], "值班": [{"id": "ou_axin"}], "日期": 1678500000000},
        {"业务线": "网关", "负责人": [{"id": "ou_amao"}]},
    ]
    bitable.add_base(tenant.world, "bascn1", "业务线负责人和值班文档", columns, rows)
    tenant.world.wiki["wikcn1"] = ("bitable", "bascn1")


async def test_a_table_is_searched_and_written(sdk: Sdk, tenant: Emulated) -> None:
    roster(tenant)
    client = sdk.client.bitable.v1
    node = await sdk(sdk.client.wiki.v2.space.get_node, GetNodeSpaceRequest.builder().token("wikcn1").build())
    assert node.node.obj_token == "bascn1"
    assert (await sdk(client.app_table.list, ListAppTableRequest.builder().app_token("bascn1").build())).items[0].table_id == "tbl1"
    ask = ListAppTableFieldRequest.builder().app_token("bascn1").table_id("tbl1").build()
    assert [each.field_name for each in (await sdk(client.app_table_field.list, ask)).items] == ["业务线", "负责人", "值班", "日期"]

    condition = Condition.builder().field_name("值班").operator("contains").value(["ou_axin"]).build()
    where = FilterInfo.builder().conjunction("and").conditions([condition]).build()
    body = SearchAppTableRecordRequestBody.builder().filter(where).build()
    search = SearchAppTableRecordRequest.builder().app_token("bascn1").table_id("tbl1").request_body(body).build()
    (row,) = (await sdk(client.app_table_record.search, search)).items
    assert row.fields["业务线"] == [{"type": "text", "text": "配置中心"}]

    fields = AppTableRecord.builder().fields({"值班": [{"id": "ou_dazhuang"}]}).build()
    ask = UpdateAppTableRecordRequest.builder().app_token("bascn1").table_id("tbl1").record_id(row.record_id).request_body(fields).build()
    changed = (await sdk(client.app_table_record.update, ask)).record.fields
    assert (changed["值班"][0]["name"], "日期" in changed) == ("大壮", True)
    new = AppTableRecord.builder().fields({"业务线": "支付"}).build()
    ask = CreateAppTableRecordRequest.builder().app_token("bascn1").table_id("tbl1").client_token("u1").request_body(new).build()
    assert (await sdk(client.app_table_record.create, ask)).record.record_id == (
        await sdk(client.app_table_record.create, ask)
    ).record.record_id
    many = BatchCreateAppTableRecordRequestBody.builder().records([new, new]).build()
    ask = BatchCreateAppTableRecordRequest.builder().app_token("bascn1").table_id("tbl1").request_body(many).build()
    records = (await sdk(client.app_table_record.batch_create, ask)).records
    for each in records:
        each.fields = {"业务线": "清算"}
    body = BatchUpdateAppTableRecordRequestBody.builder().records(records).build()
    ask = BatchUpdateAppTableRecordRequest.builder().app_token("bascn1").table_id("tbl1").request_body(body).build()
    await sdk(client.app_table_record.batch_update, ask)
    assert len(tenant.world.bases["bascn1"].tables["tbl1"].records) == 5


async def test_under_advanced_permissions_an_app_without_access_reads_no_rows(sdk: Sdk, tenant: Emulated) -> None:
    roster(tenant)
    tenant.world.bases["bascn1"].readers = set()
    body = SearchAppTableRecordRequestBody.builder().build()
    search = SearchAppTableRecordRequest.builder().app_token("bascn1").table_id("tbl1").request_body(body).build()
    assert not (await sdk(sdk.client.bitable.v1.app_table_record.search, search)).items
    wrong = SearchAppTableRecordRequest.builder().app_token("none").table_id("tbl1").request_body(body).build()
    done = await asyncio.to_thread(sdk.client.bitable.v1.app_table_record.search, wrong)
    assert (done.code, done.raw.status_code) == (1254040, 200)
    ask = SubscribeFileRequest.builder().file_token("bascn1").file_type("bitable").build()
    await sdk(sdk.client.drive.v1.file.subscribe, ask)
    assert tenant.world.bases["bascn1"].subscribers == {APP_ID}


async def test_a_meeting_is_reserved_joined_and_rung_by_somebody_who_is_in_it(sdk: Sdk, people: People, tenant: Emulated) -> None:
    settings = ReserveMeetingSetting.builder().topic("IR-20230311").auto_record(True).build()
    ends = tenant.world.clock.milliseconds() // 1000 + 3600
    body = ApplyReserveRequestBody.builder().end_time(ends).owner_id("ou_xiaomei").meeting_settings(settings).build()
    reserve = (
        await sdk(sdk.client.vc.v1.reserve.apply, ApplyReserveRequest.builder().user_id_type("open_id").request_body(body).build())
    ).reserve
    active = GetActiveMeetingReserveRequest.builder().reserve_id(reserve.id).with_participants(True).build()
    assert await sdk.code(sdk.client.vc.v1.reserve.get_active_meeting, active) == 121004

    meeting_id = (await people("xiaomei", "join", number=reserve.meeting_no))["meeting_id"]
    await people("amao", "join", number=reserve.meeting_no)
    found = (await sdk(sdk.client.vc.v1.reserve.get_active_meeting, active)).meeting
    assert [each.id for each in found.participants] == ["ou_xiaomei", "ou_amao"]

    invitee = MeetingUser.builder().id("ou_ayi").user_type(1).build()
    invite = InviteMeetingRequest.builder().meeting_id(meeting_id).user_id_type("open_id")
    invite = invite.request_body(InviteMeetingRequestBody.builder().invitees([invitee]).build()).build()
    inside = lark.RequestOption.builder().user_access_token(login.grant_token(tenant.world, APP_ID, "ou_amao")).build()
    outside = lark.RequestOption.builder().user_access_token(login.grant_token(tenant.world, APP_ID, "ou_axin")).build()
    assert await sdk.code(sdk.client.vc.v1.meeting.invite, invite, outside) == 122003
    assert (await sdk(sdk.client.vc.v1.meeting.invite, invite, inside)).invite_results[0].status == 1

    recording = GetMeetingRecordingRequest.builder().meeting_id(meeting_id).build()
    assert await sdk.code(sdk.client.vc.v1.meeting_recording.get, recording) == 124002
    await sdk(sdk.client.vc.v1.meeting.end, EndMeetingRequest.builder().meeting_id(meeting_id).build(), inside)
    assert (await sdk(sdk.client.vc.v1.meeting_recording.get, recording)).recording.url.startswith("https://")
    ended = await sdk(sdk.client.vc.v1.meeting.get, GetMeetingRequest.builder().meeting_id(meeting_id).with_participants(True).build())
    assert [each.status for each in ended.meeting.participants] == [4, 4]
    get = GetReserveRequest.builder().reserve_id(reserve.id).build()
    assert (await sdk(sdk.client.vc.v1.reserve.get, get)).reserve.meeting_no == reserve.meeting_no
    await sdk(sdk.client.vc.v1.reserve.delete, DeleteReserveRequest.builder().reserve_id(reserve.id).build())
    assert await sdk.code(sdk.client.vc.v1.reserve.get, get) != 0


async def test_a_task_is_made_changed_and_finished(sdk: Sdk, people: People) -> None:
    client = sdk.client.task.v2
    due = Due.builder().timestamp(1678723200000).is_all_day(False).build()
    xiaomei, ayi = (Member.builder().id(f"ou_{each}").type("user").role("assignee").build() for each in ("xiaomei", "ayi"))
    body = InputTask.builder().summary("热 key 根因").due(due).members([xiaomei]).client_token("t-1").build()
    create = CreateTaskRequest.builder().user_id_type("open_id").request_body(body).build()
    task, again = (await sdk(client.task.create, create)).task, (await sdk(client.task.create, create)).task
    assert task.guid == again.guid

    add = AddMembersTaskRequestBody.builder().members([ayi]).build()
    await sdk(client.task.add_members, AddMembersTaskRequest.builder().task_guid(task.guid).request_body(add).build())
    off = RemoveMembersTaskRequestBody.builder().members([ayi]).build()
    await sdk(client.task.remove_members, RemoveMembersTaskRequest.builder().task_guid(task.guid).request_body(off).build())
    reminder = AddRemindersTaskRequestBody.builder().reminders([Reminder.builder().relative_fire_minute(30).build()]).build()
    ask = AddRemindersTaskRequest.builder().task_guid(task.guid).request_body(reminder).build()
    with_reminder = (await sdk(client.task.add_reminders, ask)).task
    assert await sdk.code(client.task.add_reminders, ask) == 1470613
    off = RemoveRemindersTaskRequestBody.builder().reminder_ids([with_reminder.reminders[0].id]).build()
    await sdk(client.task.remove_reminders, RemoveRemindersTaskRequest.builder().task_guid(task.guid).request_body(off).build())
    comment = InputComment.builder().content("see the doc").resource_type("task").resource_id(task.guid).build()
    await sdk(client.comment.create, CreateCommentRequest.builder().request_body(comment).build())
    assert (await sdk.raw("POST", "/open-apis/task/v2/task_v2/task_subscription", {"event_types": ["task_completed_update"]})).success()

    assert (await people("xiaomei", "finish", task=task.guid)) == {"done": True}
    get = GetTaskRequest.builder().task_guid(task.guid).build()
    assert (await sdk(client.task.get, get)).task.status == "done"
    change = PatchTaskRequestBody.builder().task(InputTask.builder().completed_at(0).build()).update_fields(["completed_at"]).build()
    await sdk(client.task.patch, PatchTaskRequest.builder().task_guid(task.guid).request_body(change).build())
    assert (await sdk(client.task.get, get)).task.status == "todo"


async def test_somebody_logs_in_and_is_known(sdk: Sdk, tenant: Emulated) -> None:
    page = f"{tenant.url}/open-apis/authen/v1/authorize?client_id={APP_ID}&redirect_uri=http://127.0.0.1/back&state=s&scope=offline_access"
    async with httpx.AsyncClient(trust_env=False) as browser:
        assert "阿茂" in (await browser.get(page)).text
        back = (await browser.get(f"{page}&as=ou_amao")).headers["location"]
        code = parse_qs(urlsplit(back).query)["code"][0]
        asked = {"grant_type": "authorization_code", "client_id": APP_ID, "client_secret": APP_SECRET, "code": code}
        tokens = (await browser.post(f"{tenant.url}/open-apis/authen/v2/oauth/token", json=asked)).json()
        assert (await browser.post(f"{tenant.url}/open-apis/authen/v2/oauth/token", json=asked)).json()["code"] == 20003
    option = lark.RequestOption.builder().user_access_token(tokens["access_token"]).build()
    who = await sdk(sdk.client.authen.v1.user_info.get, GetUserInfoRequest.builder().build(), option)
    assert (who.open_id, who.name) == ("ou_amao", "阿茂")
    tenant.world.clock.pass_by(timedelta(hours=3))
    assert await sdk.code(sdk.client.authen.v1.user_info.get, GetUserInfoRequest.builder().build(), option) == 99991677


async def test_the_apps_permissions_are_listed(sdk: Sdk, tenant: Emulated) -> None:
    tenant.world.apps[APP_ID].scopes = {"im:message"}
    listed = await sdk(sdk.client.application.v6.scope.list, ListScopeRequest.builder().build())
    assert [each.scope_name for each in listed.scopes] == ["im:message"]
    bot = await sdk.raw("GET", "/open-apis/bot/v3/info")
    assert b"ou_bot_cli_kuaihui" in bot.raw.content


@pytest.mark.parametrize("right", [FULL])
async def test_a_document_of_a_group_is_seen_by_the_bots_in_it(sdk: Sdk, tenant: Emulated, right: str) -> None:
    theirs = docx.empty(tenant.world, "theirs", "ou_amao")
    theirs.members["oc_alerts"] = right
    await add(sdk, theirs.token, line("seen"))
    assert await words_of(sdk, theirs.token) == ["theirs", "seen"]
