"""People: found by what the catalog knows of them, with their leaders; who is busy when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Operation

BATCH_GET_ID = Operation("contact.v3.user.batch_get_id", "POST", "contact/v3/users/batch_get_id")
GET = Operation("contact.v3.user.get", "GET", "contact/v3/users/{user_id}")
BATCH = Operation("contact.v3.user.batch", "GET", "contact/v3/users/batch")
DEPARTMENT = Operation("contact.v3.department.get", "GET", "contact/v3/departments/{department_id}")
FREEBUSY = Operation("calendar.v4.freebusy.batch", "POST", "calendar/v4/freebusy/batch")
MOST_AT_ONCE = 50
MOST_BUSY_AT_ONCE = 10


class Status(msgspec.Struct, frozen=True):
    """Whether somebody still works here."""

    is_resigned: bool = False
    is_frozen: bool = False


class Found(msgspec.Struct, frozen=True):
    """What one e-mail address or number led to; no id when nobody has it."""

    user_id: str = ""
    email: str = ""
    mobile: str = ""
    status: Status = Status()


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the tenant; leader and departments only when the app may see them."""

    open_id: str
    union_id: str = ""
    name: str = ""
    mobile: str = ""
    email: str = ""
    leader_user_id: str = ""
    department_ids: list[str] = []
    status: Status = Status()


class Department(msgspec.Struct, frozen=True, kw_only=True):
    """A department and its head."""

    open_department_id: str = ""
    name: str = ""
    parent_department_id: str = ""
    leader_user_id: str = ""


class Busy(msgspec.Struct, frozen=True):
    """A span in which somebody is busy."""

    start_time: datetime
    end_time: datetime


class _Found(msgspec.Struct):
    user_list: list[Found] = []


class _Person(msgspec.Struct):
    user: Person


class _People(msgspec.Struct):
    items: list[Person] = []


class _Department(msgspec.Struct):
    department: Department


class _BusyOf(msgspec.Struct):
    user_id: str
    freebusy_items: list[Busy] = []


class _BusyOfAll(msgspec.Struct):
    freebusy_lists: list[_BusyOf] = []


class People:
    """Look-ups in the tenant's directory; all of them only read."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def find(self, *, emails: Sequence[str] = (), mobiles: Sequence[str] = ()) -> dict[str, str]:
        """open_ids by e-mail address and by number as they were given; who is unknown or has left is not in it. Any number of them."""
        ids: dict[str, str] = {}
        for start in range(0, max(len(emails), len(mobiles)), MOST_AT_ONCE):
            part = slice(start, start + MOST_AT_ONCE)
            body = {"emails": list(emails[part]), "mobiles": list(mobiles[part])}
            ask = Ask(operation=BATCH_GET_ID, shape=_Found, query={"user_id_type": "open_id"}, body=body, twice_is_once=True)
            found = (await self._caller.ask(ask)).user_list
            ids |= {one.email or one.mobile: one.user_id for one in found if one.user_id and not one.status.is_resigned}
        return ids

    async def get(self, open_id: str) -> Person:
        """One person. Raises FeishuRefused (41050) for somebody outside the app's contact range."""
        query = {"user_id_type": "open_id", "department_id_type": "open_department_id"}
        return (await self._caller.ask(Ask(operation=GET, shape=_Person, path={"user_id": open_id}, query=query))).user

    async def several(self, open_ids: Sequence[str]) -> list[Person]:
        """People, those the app may see. Any number of them."""
        found: list[Person] = []
        for start in range(0, len(open_ids), MOST_AT_ONCE):
            query = {"user_id_type": "open_id", "user_ids": open_ids[start : start + MOST_AT_ONCE]}
            found += (await self._caller.ask(Ask(operation=BATCH, shape=_People, query=query))).items
        return found

    async def leaders(self, open_id: str, most: int = 5) -> list[str]:
        """The chain of line managers above somebody, nearest first; ends where it cannot be seen, comes round, or after `most`."""
        chain: list[str] = []
        person = await self.get(open_id)
        while person.leader_user_id and person.leader_user_id not in {open_id, *chain} and len(chain) < most:
            chain.append(person.leader_user_id)
            person = await self.get(chain[-1])
        return chain

    async def department(self, department_id: str) -> Department:
        """One department."""
        query = {"user_id_type": "open_id", "department_id_type": "open_department_id"}
        ask = Ask(operation=DEPARTMENT, shape=_Department, path={"department_id": department_id}, query=query)
        return (await self._caller.ask(ask)).department

    async def busy(self, open_ids: Sequence[str], start: datetime, end: datetime) -> dict[str, list[Busy]]:
        """When people are busy, by open_id; at most two weeks. Any number of people."""
        found: dict[str, list[Busy]] = {}
        for at in range(0, len(open_ids), MOST_BUSY_AT_ONCE):
            body = {"time_min": start.isoformat(), "time_max": end.isoformat(), "user_ids": list(open_ids[at : at + MOST_BUSY_AT_ONCE])}
            ask = Ask(operation=FREEBUSY, shape=_BusyOfAll, query={"user_id_type": "open_id"}, body=body, twice_is_once=True)
            found |= {one.user_id: one.freebusy_items for one in (await self._caller.ask(ask)).freebusy_lists}
        return found
