"""
What each of Feishu's codes asks of us: wait, get a new token, or tell somebody to put it right.

From the vendor's error pages; the two meanings of 230071 and 230072 are why the operation may be part of the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from kuaihui.language import mark


class Kind(Enum):
    """What the caller can do."""

    LATER = "nothing was done; the same call may succeed in a while"
    UNSURE = "nobody knows whether it was done"
    TOKEN = "the token is not accepted"  # noqa: S105 # a sentence
    NEVER = "the call cannot succeed as it is"


@dataclass(frozen=True)
class Remedy:
    """What to do about a failure, and the sentence that says so."""

    kind: Kind
    says: str
    after: timedelta = timedelta(seconds=10)


def _later(says: str, seconds: float = 1) -> Remedy:
    return Remedy(Kind.LATER, says, timedelta(seconds=seconds))


def _never(says: str) -> Remedy:
    return Remedy(Kind.NEVER, says)


TOO_OFTEN = _later(mark("too many calls just now; it is tried again"))
_BUSY = _later(mark("Feishu is still at work on this; it is tried again"), 2)
_TOKEN = Remedy(Kind.TOKEN, mark("the access token is not accepted: check the app's id and secret"), timedelta(seconds=1))
_CONSENT = _never(mark("the person's consent has ended: ask them to log in again"))
_NO_SCOPE = _never(mark("the app lacks a permission: add one of {scopes} in the developer console and publish a version"))
_WRONG_ID = _never(mark("Feishu does not know this id: look the person up again"))
_NOT_IN_CHAT = _never(mark("the bot is not in this chat: add it to the chat"))
_RECALLED = _never(mark("the message was recalled or deleted"))
_BAD_CARD = _never(mark("Feishu does not accept this card"))
_CHAT_FORBIDS = _never(mark("the chat's settings forbid this: let the bot speak and buzz there, or make it an administrator"))
_CANNOT_THREAD = _never(mark("topics are not possible here: reply without one"))
_BAD_ARGUMENT = _never(mark("Feishu does not accept an argument of this call"))
_DOCUMENT_CLOSED = _never(mark("the app may not do this with the document: share it with a group the bot is in"))
_TABLE_CLOSED = _never(mark("the app may not do this with the table: give it full access in the table's advanced permissions"))
_NOT_FOUND = _never(mark("it does not exist, or the app cannot see it"))
_APP_WRONG = _never(mark("the app's id or secret is wrong"))
_APP_OFF = _never(mark("the app is switched off or not installed: enable it in the admin console"))

UNKNOWN = _never(mark("Feishu refused"))
UNKNOWN_5XX = Remedy(Kind.UNSURE, mark("Feishu did not answer; whether it was done is not known"), timedelta(seconds=5))

BY_CODE: Final[dict[int, Remedy]] = {
    # The gate
    99991400: TOO_OFTEN,
    11232: TOO_OFTEN,
    99991403: _later(mark("this month's API quota is used up: raise the plan; until then the webhook bot speaks"), 3600),
    99991401: _never(mark("this machine's address is not on the app's allow list")),
    99991661: _TOKEN,
    99991663: _TOKEN,
    99991664: _TOKEN,
    99991665: _TOKEN,
    99991671: _TOKEN,
    99991668: _CONSENT,
    99991677: _CONSENT,
    99991543: _APP_WRONG,
    10003: _APP_WRONG,
    10014: _APP_WRONG,
    99991662: _APP_OFF,
    99991673: _APP_OFF,
    99991672: _NO_SCOPE,
    99991679: _NO_SCOPE,
    99991676: _NO_SCOPE,
    230027: _NO_SCOPE,
    **dict.fromkeys(range(99992351, 99992365), _WRONG_ID),
    99992402: _BAD_ARGUMENT,
    # Messages
    230001: _BAD_ARGUMENT,
    230002: _NOT_IN_CHAT,
    230006: _never(mark("the app's bot is off: switch it on in the developer console and publish a version")),
    230011: _RECALLED,
    230110: _RECALLED,
    230012: _never(mark("only the bot's own messages can be tracked and buzzed")),
    230013: _never(mark("this person is outside the app's availability: add them in the developer console")),
    230018: _CHAT_FORBIDS,
    230035: _CHAT_FORBIDS,
    230020: TOO_OFTEN,
    230049: _BUSY,
    230023: _never(mark("this person has 200 unread buzzes: use another channel")),
    230024: _never(mark("the tenant's quota of buzzes is used up: use another channel")),
    230052: _never(mark("this message cannot be buzzed")),
    230098: _never(mark("the chat is folded away at this person's side: use another channel")),
    230025: _never(mark("the message is too long")),
    230031: _never(mark("the card is older than 14 days: send a new one")),
    230033: _never(mark("read receipts end after 7 days")),
    230053: _never(mark("this person has stopped the bot's messages: use another channel")),
    230071: _CANNOT_THREAD,
    230072: _CANNOT_THREAD,
    230099: _BAD_CARD,
    200860: _BAD_CARD,
    **dict.fromkeys(range(300301, 300308), _BAD_CARD),
    # Chats
    232009: _never(mark("the chat was dissolved: open a new one")),
    232006: _NOT_FOUND,
    232011: _NOT_IN_CHAT,
    232019: TOO_OFTEN,
    232024: _never(mark("some of these people cannot be seen by the app: widen its availability")),
    232025: _never(mark("the app's bot is off: switch it on in the developer console and publish a version")),
    232033: _CHAT_FORBIDS,
    # People
    41050: _never(mark("this person is outside the app's contact range")),
    40004: _never(mark("this department is outside the app's contact range")),
    # Documents
    1061045: _BUSY,
    1061003: _NOT_FOUND,
    1061004: _DOCUMENT_CLOSED,
    1062507: _never(mark("the folder is full (1500 entries): use a new folder each month")),
    1063006: TOO_OFTEN,
    1063002: _DOCUMENT_CLOSED,
    1063004: _DOCUMENT_CLOSED,
    1069303: _DOCUMENT_CLOSED,
    1770001: _BAD_ARGUMENT,
    1770006: _BAD_ARGUMENT,
    1770002: _NOT_FOUND,
    1770020: _BUSY,
    1770032: _DOCUMENT_CLOSED,
    # Tables; most come with HTTP 200
    1254290: TOO_OFTEN,
    1254291: _BUSY,
    1254607: _BUSY,
    1255040: _BUSY,
    1254036: _BUSY,
    1254302: _TABLE_CLOSED,
    1254304: _TABLE_CLOSED,
    # Meetings
    121004: _never(mark("the meeting has not started")),
    121005: _never(mark("the app may only see meetings it reserved itself")),
    122003: _never(mark("who invites must be in the meeting")),
    190004: TOO_OFTEN,
    190005: TOO_OFTEN,
    190010: TOO_OFTEN,
    2091003: _later(mark("the minutes are not ready yet"), 60),
    # Tasks
    1470403: _never(mark("the app sees only tasks it made or was added to")),
    1470404: _NOT_FOUND,
    1470422: _BUSY,
    1470500: _BUSY,
}

BY_OPERATION: Final[dict[tuple[str, int], Remedy]] = {
    ("im.v1.message.update", 230071): _never(mark("only the sender edits a message")),
    ("im.v1.message.update", 230072): _never(mark("the message was edited 20 times: send a new one")),
    ("im.v1.message.update", 230075): _never(mark("the time in which a message may be edited is over: send a new one")),
}


def remedy_for(operation: str, code: int) -> Remedy | None:
    """What is known of this code in this operation, else of this code anywhere; None for one nobody wrote down."""
    return BY_OPERATION.get((operation, code)) or BY_CODE.get(code)
