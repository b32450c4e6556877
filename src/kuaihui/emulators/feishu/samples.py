"""What the story's team keeps in Feishu: its document template, its roster, and the bot that tells alerts."""

from __future__ import annotations

from typing import cast

from kuaihui.emulators.feishu import bitable, docx
from kuaihui.emulators.feishu.office import ALERT_GROUP
from kuaihui.emulators.feishu.records import Hook, Json
from kuaihui.emulators.feishu.world import World

ROSTER = "bascn_roster"
ALARM = "alarm"  # POST /open-apis/bot/v2/hook/alarm: a bot that tells alerts in the group
HEADING = 3
SECTIONS = ("概况", "影响", "时间线", "排查", "处置", "恢复", "后续任务")


def furnish(world: World) -> tuple[str, str]:
    """Put template and roster in the tenant; their tokens."""
    template = docx.empty(world, "应急响应处理模板", "ou_amao")
    page = template.blocks[template.token]
    for section in SECTIONS:
        words: Json = {"elements": [{"text_run": {"content": section}}]}
        block = docx.put(world, template, page, {"block_type": HEADING, "heading1": words})
        docx.place(page, [cast("str", block["block_id"])], -1)
    columns = {"业务线": 1, "负责人": 11, "值班": 11}
    row: Json = {"业务线": "配置中心", "负责人": [{"id": "ou_xiaomei"}], "值班": [{"id": "ou_axin"}]}
    bitable.add_base(world, ROSTER, "业务线负责人和值班文档", columns, [row])
    world.hooks[ALARM] = Hook(hook_id=ALARM, chat_id=ALERT_GROUP, name="告警机器人")
    return template.token, ROSTER
