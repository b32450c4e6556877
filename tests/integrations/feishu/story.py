"""
The founding story, acted in Feishu only: people say, press, read, join and like in the tenant; the house does all the rest.

Rule: what somebody needs to act (a card, a button, a meeting's number) is what the tenant shows them.
"""

from typing import Any

from kuaihui.emulators.feishu.office import ALERT_GROUP
from tests.integrations.feishu.whole_house import Team

FIRST = "Gateway5xxRatioHigh 网关 5xx 占比 10%"
WORSE = "Gateway5xxRatioHigh 网关 5xx 占比 15%"
OVER = "[已恢复] Gateway5xxRatioHigh 网关 5xx 占比 0%"
CAST = {"dazhuang": "大壮", "axin": "阿新", "amao": "阿茂", "xiaomei": "小美", "ayi": "阿义", "xiaoshuai": "小帅"}


class Phone:
    """What each of the cast can do on their phone."""

    def __init__(self, us: Team) -> None:
        self.us = us

    async def group(self) -> list[dict[str, Any]]:
        return await self.us.chat(ALERT_GROUP)

    async def topic(self) -> str:
        """The message that the topic hangs on: the first that has answers."""
        return next(message["root_id"] for message in await self.group() if message["root_id"])

    async def card(self) -> dict[str, Any]:
        """The incident's card in the group."""
        return next(message for message in await self.group() if message["card"])

    async def says(self, person: str, words: str, *named: str) -> None:
        """Say something in the topic, naming people."""
        for who in named:
            words = words.replace(f"@{CAST[who]}", f'<at user_id="ou_{who}"></at>')
        await self.us.does(person, "say", reply_to=await self.topic(), in_thread=True, text=words)

    async def presses(self, person: str, button: str) -> str:
        """Press a button of the group's card, by the beginning of its name."""
        card = await self.card()
        names = [one["name"] for one in card["buttons"]]
        name = next((one for one in names if one.startswith(button)), None)
        assert name, (button, names)
        return await self.us.presses(person, card["message_id"], name)

    async def answers(self, person: str, button: str) -> str:
        """Press a button of the newest card, to oneself alone, that has it."""
        cards = [one for one in await self.us.inbox(person) if one["card"] and any(b["name"].startswith(button) for b in one["buttons"])]
        name = next(one["name"] for one in cards[-1]["buttons"] if one["name"].startswith(button))
        return await self.us.presses(person, cards[-1]["message_id"], name)

    async def passes_the_gate(self, person: str) -> None:
        """Press the gate that a hotfix waits at, where the card shows one."""
        if any(one["name"].startswith("pass-gate") for one in (await self.card())["buttons"]):
            await self.presses(person, "pass-gate")

    async def joins(self, *people: str) -> None:
        """Join the meeting whose link stands in the topic."""
        (number,) = {one.number for one in self.us.tenant.world.meetings.values()}
        for person in people:
            await self.us.does(person, "join", number=number)

    def document(self) -> str:
        """The incident's document, as its link stands in the topic."""
        return next(one.token for one in self.us.tenant.world.documents.values() if one.title.startswith("IR-"))


async def engage(us: Team) -> None:
    """STORY 1 and 2: the alert, the on-call who does not read it, the room."""
    phone = Phone(us)
    await us.alarm(FIRST)
    await us.until(seconds=35)
    await phone.says("dazhuang", "@阿新 网关 5xx 到 10% 了，平时不到 1%，看一下", "axin")
    await us.until(minutes=1)
    await us.alarm(WORSE)
    await us.until(minutes=1, seconds=20)
    await phone.presses("dazhuang", "acknowledge")
    await phone.says("dazhuang", "阿新一直没读，我先接手。@阿茂 配置中心在报 500，15% 了", "amao")
    await us.until(minutes=1, seconds=50)
    await phone.presses("amao", "take-role incident-lead")
    await phone.joins("dazhuang", "amao")
    await us.until(minutes=2, seconds=10)
    await phone.answers("xiaomei", "take-role recovery-lead")
    await phone.joins("xiaomei")
    await phone.says("amao", "/角色 通讯员 @大壮 阿新回来后跟着看", "dazhuang")
    await us.until(minutes=2, seconds=50)
    await phone.says("amao", "拉 @阿义 看一下配置中心的 Redis", "ayi")
    await us.until(minutes=3, seconds=10)


async def diagnose_and_decide(us: Team) -> None:
    """STORY 3: what they find, the superior, two proposals, the tester."""
    phone = Phone(us)
    await phone.joins("ayi")
    await phone.says("ayi", "Redis 慢日志里全是同一个 hgetall，是热 key")
    await us.does("dazhuang", "write", document=phone.document(), text="影响：读取配置约 15% 返回 500")
    await us.until(minutes=6, seconds=30)
    await phone.says("xiaomei", "方案: 读路径加进程内缓存; 效果: 读不再打到 Redis; 风险: 最多晚 2 秒生效; 回退: 关开关")
    await us.until(minutes=7)
    await phone.says("amao", "选方案 1 治得到原因，有开关")
    await phone.says("amao", "拉 @小帅 准备在预发布验证", "xiaoshuai")
    await us.until(minutes=7, seconds=50)
    await us.does("xiaoshuai", "view", document=phone.document())
    await us.look()
    await phone.joins("xiaoshuai")


async def repair(us: Team) -> None:
    """STORY 4: the hotfix through its gates, pressed on the card or said in the topic."""
    phone = Phone(us)
    await us.until(minutes=8, seconds=20)
    await phone.says("xiaomei", "热修: 读路径加进程内缓存 分支 hotfix/local-cache")
    for minutes in range(9, 20):
        await us.until(minutes=minutes)
        await phone.passes_the_gate("xiaoshuai")


async def recover(us: Team) -> None:
    """STORY 5: the alert is over, the recovery is claimed, the observation holds."""
    phone = Phone(us)
    await us.until(minutes=20)
    await us.alarm(OVER)
    await us.until(minutes=20, seconds=20)
    await phone.passes_the_gate("xiaoshuai")
    await phone.says("amao", "已恢复")
    await us.until(minutes=36)


async def come_back(us: Team) -> None:
    """STORY 6: Axin is back: reads, likes the topic message and the document, leaves a note."""
    phone = Phone(us)
    await us.until(minutes=39)
    for message in await us.inbox("axin"):
        await us.does("axin", "read", message_id=message["message_id"])
    await us.does("axin", "react", message_id=await phone.topic(), emoji="THUMBSUP")
    await us.does("axin", "view", document=phone.document())
    await us.does("axin", "like", document=phone.document())
    await phone.says("axin", "抱歉，手机上午被偷了，刚回到酒店用上电脑。进展都看了，辛苦大家")
    await us.until(minutes=50)
    await us.look()


ACTS = (engage, diagnose_and_decide, repair, recover, come_back)
