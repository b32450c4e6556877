"""People: found by mobile or e-mail, their departments and leaders, when they are busy."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.errors import BAD_FIELD, NO_SUCH_DEPARTMENT, OUTSIDE_RANGE, Rejected
from kuaihui.emulators.feishu.records import Json, Person
from kuaihui.emulators.feishu.world import World

ID_SCOPES = frozenset({"contact:user.id:readonly"})
DEPARTMENT_SCOPE = "contact:user.department:readonly"


class Lookup(msgspec.Struct):
    """The body of `user.batch_get_id`."""

    emails: list[str] = []
    mobiles: list[str] = []
    include_resigned: bool = False


class BusyOf(msgspec.Struct):
    """The body of `freebusy.batch`; times in RFC 3339."""

    time_min: str
    time_max: str
    user_ids: list[str]


def find(call: Call) -> Answer:
    """People's ids by mobile number or e-mail; the unknown come back without an id."""
    said = call.body(Lookup)
    if len(said.emails) > 50 or len(said.mobiles) > 50:
        raise BAD_FIELD.because("50 of each at most")
    by_email = {person.email: person for person in call.world.people.values() if person.email}
    by_mobile = {national(person.mobile): person for person in call.world.people.values() if person.mobile}
    found = [_found(call, "email", email, by_email.get(email), said) for email in said.emails]
    found += [_found(call, "mobile", mobile, by_mobile.get(national(mobile)), said) for mobile in said.mobiles]
    return {"user_list": found}


def _found(call: Call, kind: str, said: str, person: Person | None, lookup: Lookup) -> Json:
    if person is None or (person.resigned and not lookup.include_resigned) or not person.available:
        return {kind: said}
    status = {"is_frozen": False, "is_resigned": person.resigned, "is_activated": True, "is_exited": False, "is_unjoin": False}
    return {kind: said, "user_id": person.called(call.id_type), "status": status}


def national(mobile: str) -> str:
    """A number as Feishu compares it: those of mainland China without their country code."""
    return mobile.removeprefix("+86").replace(" ", "").replace("-", "")


def get(call: Call) -> Answer:
    """One person; departments and leader only with their scope."""
    person = call.world.person(call.path["user_id"], call.id_type)
    return {"user": _shown(call, _in_range(person))}


def get_several(call: Call) -> Answer:
    """Up to fifty people; those outside the range are left out."""
    ids = call.queries.get("user_ids", [])
    if not 1 <= len(ids) <= 50:
        raise BAD_FIELD.because("1 to 50 user_ids")
    known = {person.called(call.id_type): person for person in call.world.people.values() if person.available}
    return {"items": [_shown(call, known[each]) for each in ids if each in known]}


def _in_range(person: Person) -> Person:
    if not person.available:
        raise Rejected(OUTSIDE_RANGE)
    return person


def _shown(call: Call, person: Person) -> Json:
    shown: Json = {
        **person.ids(),
        "name": person.name,
        "en_name": "",
        "mobile": person.mobile,
        "email": person.email,
        "status": {"is_frozen": False, "is_resigned": person.resigned, "is_activated": True, "is_exited": False, "is_unjoin": False},
        "time_zone": "Asia/Shanghai",
    }
    if call.app.scopes is None or DEPARTMENT_SCOPE in call.app.scopes:
        shown["department_ids"] = person.department_ids or ["0"]
        if person.leader:
            shown["leader_user_id"] = call.world.person(person.leader).called(call.id_type)
    return shown


def department(call: Call) -> Answer:
    """One department with its head and its parent."""
    found = call.world.departments.get(call.path["department_id"])
    if found is None:
        raise Rejected(NO_SUCH_DEPARTMENT)
    shown: Json = {
        "name": found.name,
        "department_id": found.department_id,
        "open_department_id": found.department_id,
        "parent_department_id": found.parent,
        "member_count": sum(found.department_id in person.department_ids for person in call.world.people.values()),
    }
    if found.leader:
        leader = call.world.person(found.leader).called(call.id_type)
        shown |= {"leader_user_id": leader, "leaders": [{"leaderType": 1, "leaderID": leader}]}
    return {"department": shown}


def of_department(call: Call) -> Answer:
    """The people directly in a department."""
    wanted = call.query.get("department_id", "0")
    found = [person for person in call.world.people.values() if wanted in (person.department_ids or ["0"]) and person.available]
    return call.page([_shown(call, person) for person in found if not person.resigned], 10, 50)


def busy(call: Call) -> Answer:
    """When up to ten people are busy, within two weeks."""
    said = call.body(BusyOf)
    start, end = _instant(said.time_min), _instant(said.time_max)
    if len(said.user_ids) > 10 or not start < end or (end - start).days > 14:
        raise BAD_FIELD.because("10 people and two weeks at most")
    return {"freebusy_lists": [_busy(call.world, call.world.person(each, call.id_type), each, start, end) for each in said.user_ids]}


def _busy(world: World, person: Person, id: str, start: datetime, end: datetime) -> Json:
    items = [{"start_time": _told(max(a, start)), "end_time": _told(min(b, end))} for a, b in person.busy if a < end and b > start]
    return {"user_id": id, "freebusy_items": items}


def _instant(said: str) -> datetime:
    try:
        instant = datetime.fromisoformat(said)
    except ValueError as fault:
        raise BAD_FIELD.because(f"{said!r} is not a time") from fault
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _told(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


OPERATIONS = [
    Operation("contact.v3.user.batch_get_id", "POST", "contact/v3/users/batch_get_id", find, "T", scopes=ID_SCOPES),
    Operation("contact.v3.user.batch", "GET", "contact/v3/users/batch", get_several, "TU"),
    Operation("contact.v3.user.find_by_department", "GET", "contact/v3/users/find_by_department", of_department, "TU"),
    Operation("contact.v3.user.get", "GET", "contact/v3/users/{user_id}", get, "TU"),
    Operation("contact.v3.department.get", "GET", "contact/v3/departments/{department_id}", department, "TU"),
    Operation("calendar.v4.freebusy.batch", "POST", "calendar/v4/freebusy/batch", busy, "TU"),
]
