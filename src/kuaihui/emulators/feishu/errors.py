"""
What Feishu answers when it refuses, by code.

Rule: a code stands here with the HTTP status and the words the vendor documents; a handler names the refusal, not the number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Refusal:
    """One documented error: its code, its English words, its HTTP status."""

    code: int
    msg: str
    http: int = 400

    def because(self, detail: str) -> Rejected:
        """This error with the reason Feishu puts behind `ext=`."""
        return Rejected(Refusal(self.code, f"{self.msg}, ext={detail}", self.http))


@dataclass
class Rejected(Exception):
    """The call is refused: answered with the refusal's code."""

    refusal: Refusal
    error: Mapping[str, object] = field(default_factory=dict[str, object])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


# The gate
RATE_LIMITED = Refusal(99991400, "request trigger frequency limit", 429)
DOCX_APP_LIMITED = Refusal(99991400, "request trigger frequency limit", 400)
DOCX_DOCUMENT_LIMITED = Refusal(99991400, "document edited too frequently", 429)
QUOTA_USED_UP = Refusal(99991403, "this month's api call quota has been exceeded", 403)
NO_TOKEN = Refusal(99991661, "Missing access token for authorization. Please make a request with token attached.", 400)
BAD_TOKEN = Refusal(99991663, "Invalid access token for authorization. Please make a request with token attached.", 400)
BAD_USER_TOKEN = Refusal(99991668, "Invalid access token for authorization. Please make a request with token attached.", 400)
EXPIRED_USER_TOKEN = Refusal(99991677, "Authentication token expired", 401)
WRONG_TOKEN_KIND = Refusal(99991665, "Invalid access token type for authorization.", 400)
NO_SUCH_APP = Refusal(10003, "invalid param", 200)
BAD_SECRET = Refusal(10014, "app secret invalid", 200)
APP_DISABLED = Refusal(99991662, "the app is not in use", 400)
NO_SCOPE = Refusal(99991672, "Access denied. One of the following scopes is required", 400)
BAD_FIELD = Refusal(99992402, "field validation failed", 400)
UNKNOWN_OPEN_ID = Refusal(99992351, "The request you send is not a valid {open_id} or not exists", 400)
NO_SUCH_PATH = Refusal(404, "404 page not found", 404)

# Messages
BAD_MESSAGE = Refusal(230001, "Your request contains an invalid request parameter")
NOT_IN_CHAT = Refusal(230002, "The bot can not be outside the group.")
RECALLED = Refusal(230011, "The message was recalled.")
NOT_SENDER = Refusal(230012, "The bot is not the sender of the message.")
NO_AVAILABILITY = Refusal(230013, "Bot has NO availability to this user.")
CHAT_MUTED = Refusal(230018, "These operations are NOT allowed at current group settings.")
TOO_FREQUENT = Refusal(230020, "This operation triggers the frequency limit.")
TOO_MANY_BUZZES = Refusal(230023, "The user has too many unread urgent messages.")
BUZZ_QUOTA = Refusal(230024, "Reach the upper limit of urgent message.")
TOO_LONG = Refusal(230025, "The length of the message content reaches its limit.")
CARD_TOO_OLD = Refusal(230031, "The message cannot be updated: it was sent more than 14 days ago.")
RECEIPTS_TOO_OLD = Refusal(230033, "The message was sent more than 7 days ago.")
NOT_BUZZABLE = Refusal(230052, "The message is not supported to be urgent.")
BOT_MUTED = Refusal(230053, "The user has stopped the bot from sending messages.")
EDIT_NOT_SENDER = Refusal(230071, "The operator is not the sender of the message.")
EDITED_TOO_OFTEN = Refusal(230072, "The message has reached the number of times it can be edited.")
EDITED_TOO_LATE = Refusal(230075, "The message can no longer be edited.")
BAD_CARD = Refusal(230099, "Failed to create card content")
DELETED = Refusal(230110, "The message has been deleted.")
NO_CARD_RESOURCE = Refusal(234043, "Unsupported message type.")
NO_SUCH_IMAGE = Refusal(230055, "The type of file upload does not match the type of message being sent, or the key does not exist.")
NO_SUCH_FILE = Refusal(234003, "File not in msg.")
FILE_TOO_BIG = Refusal(234006, "The file size exceed the max value.")
CARD_TOKEN_USED_UP = Refusal(300030, "The card token has been used too often.")
BAD_CARD_TOKEN = Refusal(300090, "The card token is not valid or has expired.")

# Chats
NO_SUCH_CHAT = Refusal(232006, "Your request specifies a chat_id which is invalid.")
CHAT_DISSOLVED = Refusal(232009, "Your request specifies a chat which has already been dissolved.")
OPERATOR_NOT_IN_CHAT = Refusal(232011, "Operator can NOT be out of the chat.")
BAD_CHAT_ARGUMENT = Refusal(232001, "Your request contains an invalid request parameter.")
NOT_VISIBLE = Refusal(232024, "Users do not have the visibility of the app, or the operator does not have the visibility of the users.")
TAB_LIMIT = Refusal(232050, "The number of tabs has reached its limit.")

# People
OUTSIDE_RANGE = Refusal(41050, "no user authority error")
NO_SUCH_DEPARTMENT = Refusal(40004, "no dept authority error")

# Documents
DOCX_BAD_ARGUMENT = Refusal(1770001, "invalid param")
DOCX_NOT_FOUND = Refusal(1770002, "not found", 404)
DOCX_COPYING = Refusal(1770020, "the document is being copied")
DOCX_BAD_SCHEMA = Refusal(1770006, "schema mismatch")
DOCX_FORBIDDEN = Refusal(1770032, "forBidden", 403)
DRIVE_NOT_FOUND = Refusal(1061003, "not found.", 404)
DRIVE_FORBIDDEN = Refusal(1061004, "forbidden.", 403)
DRIVE_BAD_ARGUMENT = Refusal(1061002, "params error.")
DRIVE_BUSY = Refusal(1061045, "can retry.", 400)
SHARE_FORBIDDEN = Refusal(1063002, "Permission denied.", 403)
COMMENT_BAD_ARGUMENT = Refusal(1069302, "param error")
COMMENT_FORBIDDEN = Refusal(1069303, "forbidden", 403)
NO_SUCH_COMMENT = Refusal(1069307, "not exist", 404)

# Tables: most of these come with HTTP 200
NO_SUCH_BASE = Refusal(1254040, "BaseTokenNotFound", 200)
NO_SUCH_TABLE = Refusal(1254041, "TableIdNotFound", 200)
NO_SUCH_RECORD = Refusal(1254043, "RecordIdNotFound", 200)
NO_SUCH_FIELD = Refusal(1254045, "FieldNameNotFound", 200)
TABLE_BAD_FILTER = Refusal(1254018, "InvalidFilter", 200)
TABLE_TOO_FAST = Refusal(1254290, "TooManyRequest", 200)
TABLE_CONFLICT = Refusal(1254291, "Write conflict", 200)
TABLE_FORBIDDEN = Refusal(1254302, "Permission denied.", 403)
NO_SUCH_NODE = Refusal(131005, "not found: node not found")

# Meetings
VC_BAD_ARGUMENT = Refusal(121001, "param error")
VC_NOT_STARTED = Refusal(121004, "data not exist", 404)
VC_FORBIDDEN = Refusal(121005, "no permission", 403)
VC_NOT_IN_MEETING = Refusal(122003, "operator is not in the meeting")
VC_NO_RECORDING = Refusal(124002, "recording file not generated", 404)

# Tasks
TASK_BAD_ARGUMENT = Refusal(1470400, "invalid params")
TASK_FORBIDDEN = Refusal(1470403, "no permission", 403)
NO_SUCH_TASK = Refusal(1470404, "task not found", 404)
TASK_TOKEN_BUSY = Refusal(1470422, "concurrent request with same client_token", 500)
TASK_HAS_REMINDER = Refusal(1470613, "the task already has a reminder")

# Login
BAD_CODE = Refusal(20003, "The authorization code is invalid or has been used.", 400)
BAD_CLIENT = Refusal(20002, "The app secret is invalid.", 400)
BAD_REFRESH = Refusal(20026, "The refresh token is invalid, expired or has been used.", 400)
BAD_REDIRECT = Refusal(20029, "The redirect_uri is not registered.", 400)

# The custom bot
HOOK_BAD_SIGN = Refusal(19021, "sign match fail or timestamp is not within one hour from current time", 200)
HOOK_NO_KEYWORD = Refusal(19024, "Key Words Not Found", 200)
HOOK_BAD_BODY = Refusal(9499, "Bad Request", 200)
HOOK_LIMITED = Refusal(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]", 200)
HOOK_GONE = Refusal(19001, "param invalid: incoming webhook access token invalid", 200)
