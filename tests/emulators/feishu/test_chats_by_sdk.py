"""Groups, people and busy times, called by the vendor's own client."""

from datetime import UTC, datetime
from typing import Any

from lark_oapi.api.calendar.v4 import BatchFreebusyRequest, BatchFreebusyRequestBody
from lark_oapi.api.contact.v3 import (
    BatchGetIdUserRequest,
    BatchGetIdUserRequestBody,
    BatchUserRequest,
    FindByDepartmentUserRequest,
    GetDepartmentRequest,
    GetUserRequest,
)
from lark_oapi.api.im.v1 import (
    ChatTab,
    ChatTabContent,
    ChatTopNotice,
    CreateChatMembersRequest,
    CreateChatMembersRequestBody,
    CreateChatRequest,
    CreateChatRequestBody,
    CreateChatTabRequest,
    CreateChatTabRequestBody,
    DeleteChatMembersRequest,
    DeleteChatMembersRequestBody,
    DeleteChatRequest,
    DeleteTopNoticeChatTopNoticeRequest,
    GetChatMembersRequest,
    GetChatRequest,
    LinkChatRequest,
    LinkChatRequestBody,
    ListChatRequest,
    ListTabsChatTabRequest,
    PutTopNoticeChatTopNoticeRequest,
    PutTopNoticeChatTopNoticeRequestBody,
    UpdateChatRequest,
    UpdateChatRequestBody,
)

from kuaihui.emulators.feishu.server import Emulated
from tests.emulators.feishu.tenant import Sdk
from tests.emulators.feishu.test_messages_by_sdk import sent


async def opened(sdk: Sdk, uuid: str = "IR-1:room") -> Any:
    body = CreateChatRequestBody.builder().name("IR-20230311").user_id_list(["ou_xiaomei"]).owner_id("ou_amao").build()
    ask = CreateChatRequest.builder().user_id_type("open_id").set_bot_manager(True).uuid(uuid).request_body(body).build()
    return await sdk(sdk.client.im.v1.chat.create, ask)


async def members_of(sdk: Sdk, chat_id: str) -> list[str]:
    ask = GetChatMembersRequest.builder().chat_id(chat_id).member_id_type("open_id").build()
    return sorted(each.member_id for each in (await sdk(sdk.client.im.v1.chat_members.get, ask)).items)


async def test_a_group_is_opened_once_for_one_uuid_renamed_and_dissolved(sdk: Sdk) -> None:
    first, again = await opened(sdk), await opened(sdk)
    assert first.chat_id == again.chat_id != (await opened(sdk, "IR-2:room")).chat_id
    body = UpdateChatRequestBody.builder().name("IR-20230311 配置中心").build()
    await sdk(sdk.client.im.v1.chat.update, UpdateChatRequest.builder().chat_id(first.chat_id).request_body(body).build())
    got = await sdk(sdk.client.im.v1.chat.get, GetChatRequest.builder().chat_id(first.chat_id).build())
    assert (got.name, got.owner_id, got.user_count) == ("IR-20230311 配置中心", "ou_amao", "2")
    assert len((await sdk(sdk.client.im.v1.chat.list, ListChatRequest.builder().build())).items) == 3

    await sdk(sdk.client.im.v1.chat.delete, DeleteChatRequest.builder().chat_id(first.chat_id).build())
    assert await sdk.code(sdk.client.im.v1.chat.get, GetChatRequest.builder().chat_id(first.chat_id).build()) == 232009


async def test_people_are_added_as_the_caller_chose_and_taken_out(sdk: Sdk) -> None:
    chat_id = (await opened(sdk)).chat_id

    def add(choice: int, *ids: str) -> CreateChatMembersRequest:
        body = CreateChatMembersRequestBody.builder().id_list(list(ids)).build()
        return CreateChatMembersRequest.builder().chat_id(chat_id).member_id_type("open_id").succeed_type(choice).request_body(body).build()

    assert await sdk.code(sdk.client.im.v1.chat_members.create, add(0, "ou_ayi", "ou_nobody")) == 232024
    done = await sdk(sdk.client.im.v1.chat_members.create, add(1, "ou_ayi", "ou_nobody"))
    assert done.not_existed_id_list == ["ou_nobody"]
    assert await members_of(sdk, chat_id) == ["ou_amao", "ou_ayi", "ou_xiaomei"]
    out = DeleteChatMembersRequestBody.builder().id_list(["ou_ayi"]).build()
    ask = DeleteChatMembersRequest.builder().chat_id(chat_id).member_id_type("open_id").request_body(out).build()
    await sdk(sdk.client.im.v1.chat_members.delete, ask)
    assert await members_of(sdk, chat_id) == ["ou_amao", "ou_xiaomei"]


async def test_a_notice_stands_on_top_and_a_document_in_a_tab(sdk: Sdk, tenant: Emulated) -> None:
    message_id = await sent(sdk)
    notice = ChatTopNotice.builder().action_type("1").message_id(message_id).build()
    body = PutTopNoticeChatTopNoticeRequestBody.builder().chat_top_notice([notice]).build()
    put = PutTopNoticeChatTopNoticeRequest.builder().chat_id("oc_alerts").request_body(body).build()
    await sdk(sdk.client.im.v1.chat_top_notice.put_top_notice, put)
    assert tenant.world.chats["oc_alerts"].top_notice == {"action_type": "1", "message_id": message_id}
    off = DeleteTopNoticeChatTopNoticeRequest.builder().chat_id("oc_alerts").build()
    await sdk(sdk.client.im.v1.chat_top_notice.delete_top_notice, off)
    assert tenant.world.chats["oc_alerts"].top_notice is None

    content = ChatTabContent.builder().doc("https://example.feishu.cn/docx/d1").build()
    tab = ChatTab.builder().tab_name("IR-20230311").tab_type("doc").tab_content(content).build()
    ask = CreateChatTabRequest.builder().chat_id("oc_alerts")
    ask = ask.request_body(CreateChatTabRequestBody.builder().chat_tabs([tab]).build()).build()
    await sdk(sdk.client.im.v1.chat_tab.create, ask)
    listed = await sdk(sdk.client.im.v1.chat_tab.list_tabs, ListTabsChatTabRequest.builder().chat_id("oc_alerts").build())
    assert [each.tab_name for each in listed.chat_tabs] == ["IR-20230311"]
    tab.tab_name = "很长很长很长很长很长很"
    assert await sdk.code(sdk.client.im.v1.chat_tab.create, ask) == 232001


async def test_a_group_has_a_link(sdk: Sdk) -> None:
    body = LinkChatRequestBody.builder().validity_period("permanently").build()
    done = await sdk(sdk.client.im.v1.chat.link, LinkChatRequest.builder().chat_id("oc_alerts").request_body(body).build())
    assert done.is_permanent
    assert done.share_link.startswith("https://")


async def test_people_are_found_by_mobile_and_email_and_the_unknown_have_no_id(sdk: Sdk) -> None:
    body = BatchGetIdUserRequestBody.builder().emails(["axin@example.com", "x@y"]).mobiles(["+8613800000001", "1"]).build()
    ask = BatchGetIdUserRequest.builder().user_id_type("open_id").request_body(body).build()
    found = (await sdk(sdk.client.contact.v3.user.batch_get_id, ask)).user_list
    assert [each.user_id for each in found] == ["ou_axin", None, "ou_dazhuang", None]


async def test_a_person_has_a_leader_and_a_department_a_head(sdk: Sdk, tenant: Emulated) -> None:
    axin = (await sdk(sdk.client.contact.v3.user.get, GetUserRequest.builder().user_id("ou_axin").user_id_type("open_id").build())).user
    assert (axin.name, axin.leader_user_id, axin.department_ids) == ("阿新", "ou_amao", ["od_platform"])
    ask = GetDepartmentRequest.builder().department_id("od_platform").user_id_type("open_id").build()
    assert (await sdk(sdk.client.contact.v3.department.get, ask)).department.leader_user_id == "ou_amao"
    several = BatchUserRequest.builder().user_ids(["ou_axin", "ou_nobody", "ou_ayi"]).user_id_type("open_id").build()
    assert [each.open_id for each in (await sdk(sdk.client.contact.v3.user.batch, several)).items] == ["ou_axin", "ou_ayi"]
    team = FindByDepartmentUserRequest.builder().department_id("od_platform").page_size(50).build()
    assert len((await sdk(sdk.client.contact.v3.user.find_by_department, team)).items) == 6

    tenant.world.people["ou_axin"].available = False
    assert await sdk.code(sdk.client.contact.v3.user.get, GetUserRequest.builder().user_id("ou_axin").build()) == 41050


async def test_busy_times_are_told(sdk: Sdk, tenant: Emulated) -> None:
    tenant.world.people["ou_axin"].busy = [(datetime(2023, 3, 13, 1, tzinfo=UTC), datetime(2023, 3, 13, 2, tzinfo=UTC))]
    body = BatchFreebusyRequestBody.builder().time_min("2023-03-13T00:00:00Z").time_max("2023-03-14T00:00:00Z").user_ids(["ou_axin"])
    ask = BatchFreebusyRequest.builder().user_id_type("open_id").request_body(body.build()).build()
    (found,) = (await sdk(sdk.client.calendar.v4.freebusy.batch, ask)).freebusy_lists
    assert [(each.start_time, each.end_time) for each in found.freebusy_items] == [("2023-03-13T01:00:00Z", "2023-03-13T02:00:00Z")]
