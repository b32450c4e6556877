"""
Meetings: reserved by the app, joined by people, seen by the app only because it reserved them.

Rule: with the app's own token nobody can be rung into a meeting; people get the link. Ringing needs the token of somebody who is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Nothing, Operation
from kuaihui.integrations.feishu.client.failures import FeishuRefused
from kuaihui.integrations.feishu.client.times import to_seconds

RESERVE = Operation("vc.v1.reserve.apply", "POST", "vc/v1/reserves/apply")
CANCEL = Operation("vc.v1.reserve.delete", "DELETE", "vc/v1/reserves/{reserve_id}")
ACTIVE = Operation("vc.v1.reserve.get_active_meeting", "GET", "vc/v1/reserves/{reserve_id}/get_active_meeting")
GET = Operation("vc.v1.meeting.get", "GET", "vc/v1/meetings/{meeting_id}")
INVITE = Operation("vc.v1.meeting.invite", "PATCH", "vc/v1/meetings/{meeting_id}/invite")
END = Operation("vc.v1.meeting.end", "PATCH", "vc/v1/meetings/{meeting_id}/end")
RECORDING = Operation("vc.v1.meeting_recording.get", "GET", "vc/v1/meetings/{meeting_id}/recording")
NOT_STARTED = 121004
NO_RECORDING = 124002
IN_MEETING = 2
RUNG = 1
MOST_INVITEES = 10


class Reserve(msgspec.Struct, frozen=True):
    """A reserved meeting and how to get in."""

    id: str
    meeting_no: str = ""
    url: str = ""
    app_link: str = ""
    password: str = ""


class Participant(msgspec.Struct, frozen=True):
    """Somebody who is or was in the meeting."""

    id: str
    status: int = 0
    is_host: bool = False

    @property
    def is_present(self) -> bool:
        """Whether they are in it now."""
        return self.status == IN_MEETING


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting that somebody has joined."""

    id: str
    topic: str = ""
    meeting_no: str = ""
    status: int = 0
    participants: list[Participant] = []

    @property
    def present(self) -> list[str]:
        """Who is in it now, by open_id."""
        return [one.id for one in self.participants if one.is_present]


class _Reserved(msgspec.Struct):
    reserve: Reserve


class _Meeting(msgspec.Struct):
    meeting: Meeting


class _Invited(msgspec.Struct):
    id: str
    status: int = 0


class _Invitations(msgspec.Struct):
    invite_results: list[_Invited] = []


class _Recording(msgspec.Struct):
    url: str = ""


class _RecordingAnswer(msgspec.Struct):
    recording: _Recording


class Meetings:
    """Meetings the app reserves."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def reserve(self, topic: str, owner: str, ends: datetime, *, record: bool = False) -> Reserve:
        """
        A meeting anybody of the tenant may join; nobody is called. `ends` is at most thirty days ahead.

        Feishu keeps no idempotency key for this: a call without an answer may have reserved one (`FeishuBusy.maybe_done`).
        """
        settings = {"topic": topic, "meeting_initial_type": 1, "auto_record": record}
        body = {"end_time": str(to_seconds(ends)), "owner_id": owner, "meeting_settings": settings}
        return (await self._caller.ask(Ask(operation=RESERVE, shape=_Reserved, query=_BY_OPEN_ID, body=body))).reserve

    async def cancel(self, reserve_id: str) -> None:
        """Take a reservation back."""
        await self._caller.ask(Ask(operation=CANCEL, shape=Nothing, path={"reserve_id": reserve_id}))

    async def running(self, reserve_id: str) -> Meeting | None:
        """The meeting with who is in it; None while nobody has joined."""
        query = {**_BY_OPEN_ID, "with_participants": True}
        try:
            return (await self._caller.ask(Ask(operation=ACTIVE, shape=_Meeting, path={"reserve_id": reserve_id}, query=query))).meeting
        except FeishuRefused as refused:
            if refused.code == NOT_STARTED:
                return None
            raise

    async def get(self, meeting_id: str) -> Meeting:
        """A meeting and everybody who was in it."""
        query = {**_BY_OPEN_ID, "with_participants": True}
        return (await self._caller.ask(Ask(operation=GET, shape=_Meeting, path={"meeting_id": meeting_id}, query=query))).meeting

    async def ring(self, meeting_id: str, people: Sequence[str], as_person: str) -> list[str]:
        """Ring up to ten people with the token of somebody who is in the meeting; whom it could not ring."""
        body = {"invitees": [{"id": one, "user_type": 1} for one in people[:MOST_INVITEES]]}
        ask = Ask(operation=INVITE, shape=_Invitations, path={"meeting_id": meeting_id}, query=_BY_OPEN_ID, body=body, as_person=as_person)
        return [one.id for one in (await self._caller.ask(ask)).invite_results if one.status != RUNG]

    async def end(self, meeting_id: str, as_person: str) -> None:
        """End a meeting with the token of somebody who is in it."""
        await self._caller.ask(Ask(operation=END, shape=Nothing, path={"meeting_id": meeting_id}, body={}, as_person=as_person))

    async def recording(self, meeting_id: str) -> str | None:
        """Where the recording can be watched; None while it is not ready."""
        try:
            return (await self._caller.ask(Ask(operation=RECORDING, shape=_RecordingAnswer, path={"meeting_id": meeting_id}))).recording.url
        except FeishuRefused as refused:
            if refused.code == NO_RECORDING:
                return None
            raise


_BY_OPEN_ID = {"user_id_type": "open_id"}
