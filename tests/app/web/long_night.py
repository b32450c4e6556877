"""An incident with a long night behind it: 2,000 facts, 500 of them messages."""

from __future__ import annotations

from datetime import timedelta

from kuaihui.incident.alerts import AlertMeasured
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Delivered, Sent
from kuaihui.incident.room import MessagePosted, Reacted
from kuaihui.language import plain
from kuaihui.listening import Addition
from tests.app.web.acted import Acted

FACTS = 2_000
MESSAGES = 500
PEOPLE = ("dazhuang", "amao", "xiaomei", "ayi", "xiaoshuai", "axin")


async def long_night(stage: Acted) -> str:
    """Such an incident on this stage; its id."""
    incident = await stage.rings(0.10)
    await stage.does("dazhuang", incident, "Acknowledge")
    await stage.until(minutes=3)
    begun = await stage.timeline(incident)
    [key] = begun.alerts
    facts = [_one(number, key, stage) for number in range(FACTS - len(begun) - 12)]
    await stage.house.loop.append([Addition(begun, facts)])
    await stage.settle()
    return incident


def _one(number: int, key: str, stage: Acted) -> Fact:
    at = stage.clock.now() + timedelta(seconds=number / 100)
    who = PEOPLE[number % len(PEOPLE)]
    match number % 4:
        case 0 if number // 4 < MESSAGES:
            words = f"第 {number} 句: redis: connection pool timeout, 10.0.{number % 7}.{number % 251} 看起来还是热 key,@阿茂 请看 https://example.org/{number}"
            return MessagePosted(at=at, by=who, message=f"m{number}", words=plain(words), mentions=("amao",))
        case 1:
            return AlertMeasured(at=at, key=key, value=0.1 + number % 13 / 200, unit="ratio")
        case 2:
            return Sent(at=at, identity=f"Tell/{number}/{who}", person=who, channel="inbox")
        case _:
            return (
                Reacted(at=at, by=who, message="m0", emoji="👍")
                if number % 8 == 3
                else Delivered(at=at, identity=f"Tell/{number - 1}/{who}", person=who)
            )
