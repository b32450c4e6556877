"""Meetings reserved by API: who may join them, who is in, and the events that only such meetings send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.errors import VC_BAD_ARGUMENT, VC_FORBIDDEN, VC_NO_RECORDING, VC_NOT_IN_MEETING, VC_NOT_STARTED, Rejected
from kuaihui.emulators.feishu.papers import Attendance, Meeting
from kuaihui.emulators.feishu.records import Json, Person
from kuaihui.emulators.feishu.world import World

LONGEST_AHEAD = timedelta(days=30)
MOST_INVITEES = 10


class Settings(msgspec.Struct):
    """How the meeting is to be."""

    topic: str = ""
    auto_record: bool = False
    password: str = ""


class Reserving(msgspec.Struct):
    """The body of `reserve.apply`; `end_time` in seconds."""

    end_time: int = 0
    owner_id: str = ""
    meeting_settings: Settings = msgspec.field(default_factory=Settings)


class Invitee(msgspec.Struct):
    """Somebody to ring."""

    id: str
    user_type: int = 1


class Inviting(msgspec.Struct):
    """The body of `meeting.invite`."""

    invitees: list[Invitee]


def reserve(call: Call) -> Answer:
    """A meeting anybody of the tenant may join by its number; nobody is called, and there is no calendar entry."""
    said, world = call.body(Reserving, VC_BAD_ARGUMENT), call.world
    ends = datetime.fromtimestamp(said.end_time, UTC) if said.end_time else world.now() + timedelta(days=1)
    if not world.now() < ends <= world.now() + LONGEST_AHEAD:
        raise VC_BAD_ARGUMENT.because("end_time is 30 days from now at most")
    owner = call.person or (world.person(said.owner_id, call.id_type) if said.owner_id else None)
    if owner is None:
        raise VC_BAD_ARGUMENT.because("owner_id is required with an app's token")
    reserve_id = world.new_id("7")
    number = f"{len(world.meetings) + 100000001:09d}"
    settings = said.meeting_settings
    topic = settings.topic or f"{owner.name}的视频会议"
    made = Meeting(reserve_id, number, topic, owner.open_id, call.app.app_id, ends, settings.password, record=settings.auto_record)
    world.meetings[reserve_id] = made
    return {"reserve": _reserve(made)}


def _reserve(one: Meeting) -> Json:
    return {
        "id": one.reserve_id,
        "meeting_no": one.number,
        "url": f"https://vc.feishu.cn/j/{one.number}",
        "app_link": f"https://applink.feishu.cn/client/videochat/open?source=openplatform&action=join&idtype=reservationid&id={one.reserve_id}",
        "password": one.password,
        "end_time": str(int(one.ends.timestamp())),
        "expire_status": 1,
        "reserve_user_id": one.owner,
    }


def _reserved(call: Call) -> Meeting:
    return _its_own(call, call.world.meetings.get(call.path["reserve_id"]))


def _its_own(call: Call, found: Meeting | None) -> Meeting:
    if found is None:
        raise Rejected(VC_NOT_STARTED)
    if found.app != call.app.app_id:
        raise Rejected(VC_FORBIDDEN)
    return found


def get_reserve(call: Call) -> Answer:
    """A reservation."""
    return {"reserve": _reserve(_reserved(call))}


def cancel(call: Call) -> Answer:
    """A reservation is taken back."""
    del call.world.meetings[_reserved(call).reserve_id]
    return {}


def active(call: Call) -> Answer:
    """The meeting that runs now, with who is in it. Raises Rejected (121004) while nobody has joined."""
    found = _reserved(call)
    if not found.meeting_id or found.ended:
        raise Rejected(VC_NOT_STARTED)
    return {"meeting": _meeting(call.world, found, with_people=call.query.get("with_participants", "").lower() == "true")}


def _meeting(world: World, one: Meeting, *, with_people: bool) -> Json:
    shown: Json = {
        "id": one.meeting_id,
        "topic": one.topic,
        "url": f"https://vc.feishu.cn/j/{one.number}",
        "meeting_no": one.number,
        "password": one.password,
        "status": 3 if one.ended else 2,
        "participant_count": str(len({stay.person for stay in one.stays})),
        "host_user": {"id": one.owner, "user_type": 1},
        "start_time": _seconds(one.started),
        "end_time": _seconds(one.ended),
    }
    if with_people:
        shown["participants"] = [_participant(one, person) for person in dict.fromkeys(stay.person for stay in one.stays)]
    return shown


def _participant(one: Meeting, person: str) -> Json:
    stays = [stay for stay in one.stays if stay.person == person]
    left = stays[-1].left
    return {
        "id": person,
        "user_type": 1,
        "status": 2 if left is None else 4,
        "is_host": person == one.owner,
        "first_join_time": _seconds(stays[0].joined),
        "final_leave_time": _seconds(left),
        "in_meeting_duration": "0",
    }


def _seconds(at: datetime | None) -> str:
    return str(int(at.timestamp())) if at else ""


def _met(call: Call) -> Meeting:
    return _its_own(call, next((one for one in call.world.meetings.values() if one.meeting_id == call.path["meeting_id"]), None))


def get(call: Call) -> Answer:
    """A meeting that has been joined."""
    return {"meeting": _meeting(call.world, _met(call), with_people=call.query.get("with_participants", "").lower() == "true")}


def invite(call: Call) -> Answer:
    """Ring people: only a person who is in the meeting can, ten at most."""
    found, said = _met(call), call.body(Inviting, VC_BAD_ARGUMENT)
    if len(said.invitees) > MOST_INVITEES:
        raise VC_BAD_ARGUMENT.because("10 invitees at most")
    if call.actor not in found.present:
        raise Rejected(VC_NOT_IN_MEETING)
    results: list[Json] = []
    for one in said.invitees:
        known = one.id in call.world.people
        if known:
            found.invited.append(one.id)
        results.append({"id": one.id, "user_type": one.user_type, "status": 1 if known else 2})
    return {"invite_results": results}


def end(call: Call) -> Answer:
    """End the meeting: only a person who is in it can."""
    found = _met(call)
    if call.actor not in found.present:
        raise Rejected(VC_NOT_IN_MEETING)
    for one in list(found.present):
        leave(call.world, found, one)
    return {}


def recording(call: Call) -> Answer:
    """Where the recording can be watched. Raises Rejected while it is not ready."""
    found = _met(call)
    if not found.recording_url:
        raise Rejected(VC_NO_RECORDING)
    return {"recording": {"url": found.recording_url, "duration": "60000"}}


def join(world: World, found: Meeting, person: Person) -> None:
    """Somebody comes in; the first one starts the meeting."""
    if person.open_id in found.present:
        return
    if found.started is None or found.ended:
        found.meeting_id, found.started, found.ended = world.new_id("69"), world.now(), None
        _announce(world, found, "meeting_started", person.open_id)
    found.stays.append(Attendance(person.open_id, world.now()))
    _announce(world, found, "join_meeting", person.open_id)


def leave(world: World, found: Meeting, open_id: str) -> None:
    """Somebody leaves; the last one ends the meeting."""
    for stay in found.stays:
        if stay.person == open_id and stay.left is None:
            stay.left = world.now()
            _announce(world, found, "leave_meeting", open_id)
    if not found.present and found.started and not found.ended:
        found.ended = world.now()
        _announce(world, found, "meeting_ended", open_id)
        if found.record:
            found.recording_url = f"https://meetings.feishu.cn/minutes/obcn{found.meeting_id}"
            body: Json = {"meeting": _named(found), "url": found.recording_url, "duration": "60000"}
            world.publish([found.app], "vc.meeting.recording_ready_v1", body, found.reserve_id)


def _named(one: Meeting) -> Json:
    owner: Json = {"id": {"open_id": one.owner}, "user_type": 1}
    return {
        "id": one.meeting_id,
        "topic": one.topic,
        "meeting_no": one.number,
        "start_time": _seconds(one.started),
        "end_time": _seconds(one.ended),
        "host_user": owner,
        "owner": owner,
    }


def _announce(world: World, one: Meeting, what: str, open_id: str) -> None:
    operator: Json = {"id": world.people[open_id].ids(), "user_type": 1, "user_role": 2 if open_id == one.owner else 1}
    world.publish([one.app], f"vc.meeting.{what}_v1", {"meeting": _named(one), "operator": operator}, one.reserve_id)


OPERATIONS = [
    Operation("vc.v1.reserve.apply", "POST", "vc/v1/reserves/apply", reserve, "TU"),
    Operation("vc.v1.reserve.get", "GET", "vc/v1/reserves/{reserve_id}", get_reserve, "TU"),
    Operation("vc.v1.reserve.delete", "DELETE", "vc/v1/reserves/{reserve_id}", cancel, "TU"),
    Operation("vc.v1.reserve.get_active_meeting", "GET", "vc/v1/reserves/{reserve_id}/get_active_meeting", active, "TU"),
    Operation("vc.v1.meeting.get", "GET", "vc/v1/meetings/{meeting_id}", get, "TU"),
    Operation("vc.v1.meeting.invite", "PATCH", "vc/v1/meetings/{meeting_id}/invite", invite, "U"),
    Operation("vc.v1.meeting.end", "PATCH", "vc/v1/meetings/{meeting_id}/end", end, "U"),
    Operation("vc.v1.meeting_recording.get", "GET", "vc/v1/meetings/{meeting_id}/recording", recording, "TU"),
]
