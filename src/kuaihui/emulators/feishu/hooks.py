"""The custom (webhook) bot of a chat: no token, a signature at most, no message id in return."""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec

from kuaihui.emulators.feishu import content
from kuaihui.emulators.feishu.call import Answer, Call, Flat, Operation
from kuaihui.emulators.feishu.errors import HOOK_BAD_BODY, HOOK_BAD_SIGN, HOOK_GONE, HOOK_LIMITED, HOOK_NO_KEYWORD, Rejected
from kuaihui.emulators.feishu.limits import Limit, path_value
from kuaihui.emulators.feishu.posting import Draft, post
from kuaihui.emulators.feishu.records import Hook

SIGNATURE_LIVES = 3600  # seconds
LONGEST = 20 * 1024
LIMITS = (Limit(5, 1, path_value("hook_id"), HOOK_LIMITED), Limit(100, 60, path_value("hook_id"), HOOK_LIMITED))


class Hooked(msgspec.Struct):
    """What a webhook bot is told to say."""

    msg_type: str
    content: dict[str, object] | None = None
    card: dict[str, object] | None = None
    timestamp: str = ""
    sign: str = ""


def say(call: Call) -> Answer:
    """Say something in the bot's chat."""
    hook = call.world.hooks.get(call.path["hook_id"])
    if hook is None:
        raise Rejected(HOOK_GONE)
    if len(call.raw) > LONGEST:
        raise Rejected(HOOK_BAD_BODY)
    said = call.body(Hooked, HOOK_BAD_BODY)
    _check(call, hook, said)
    body = content.encode(said.card if said.msg_type == "interactive" else said.content)
    post(call.world, call.world.chats[hook.chat_id], Draft(hook.hook_id, "app", said.msg_type, body))
    return Flat({"StatusCode": 0, "StatusMessage": "success", "data": {}})


def _check(call: Call, hook: Hook, said: Hooked) -> None:
    if hook.secret:
        now = call.world.clock.milliseconds() // 1000
        fresh = said.timestamp.isdigit() and abs(now - int(said.timestamp)) <= SIGNATURE_LIVES
        key = f"{said.timestamp}\n{hook.secret}".encode()
        expected = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        if not fresh or said.sign != expected:
            raise Rejected(HOOK_BAD_SIGN)
    if hook.keywords and not any(word in call.raw.decode() for word in hook.keywords):
        raise Rejected(HOOK_NO_KEYWORD)


OPERATIONS = [Operation("bot.v2.hook", "POST", "bot/v2/hook/{hook_id}", say, "", LIMITS)]
