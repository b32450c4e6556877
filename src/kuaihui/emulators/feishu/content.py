"""What a message says: each kind's content, checked as Feishu checks it, and the people it names."""

from __future__ import annotations

import re
from typing import cast

import msgspec

from kuaihui.emulators.feishu import cards
from kuaihui.emulators.feishu.errors import BAD_MESSAGE, NO_SUCH_IMAGE, TOO_LONG
from kuaihui.emulators.feishu.records import Chat, Json, Mention, Message
from kuaihui.emulators.feishu.world import World

LONGEST_TEXT = 150 * 1024  # bytes of a text message's content
KINDS = {"text", "post", "image", "file", "audio", "media", "sticker", "interactive", "share_chat", "share_user", "system"}
AT = re.compile(r'<at user_id="([^"]*)">([^<]*)</at>')
CARD_AT = re.compile(r"<at id=[\"']?([^\s\"'>]+)[\"']?\s*>\s*</at>")


def check(world: World, chat: Chat, kind: str, content: str) -> tuple[str, list[Mention]]:
    """The content as it is kept, and who is named. Raises Rejected for what Feishu would not send."""
    if kind not in KINDS:
        raise BAD_MESSAGE.because(f"msg_type {kind!r} is not known")
    if kind == "interactive":
        return content, _named_in_card(world, cards.parse(content))
    said = _parsed(content)
    limit = cards.LONGEST if kind == "post" else LONGEST_TEXT
    if len(content.encode()) > limit:
        raise TOO_LONG.because(f"more than {limit} bytes")
    match kind:
        case "text":
            return _text(world, chat, said)
        case "post":
            return _post(world, chat, said)
        case "image":
            _uploaded(world, said.get("image_key"))
        case "file":
            _uploaded(world, said.get("file_key"))
        case _:
            pass
    return content, []


def shown(message: Message) -> str:
    """The message in one line of plain words, for people and lists."""
    if message.deleted:
        return "(recalled)"
    said = msgspec.json.decode(message.content, type=dict[str, object])
    match message.kind:
        case "text":
            return _with_names(str(said.get("text", "")), message.mentions)
        case "interactive":
            return " ".join(str(part.get("content")) for part in cards.components(said) if isinstance(part.get("content"), str))
        case _:
            return f"[{message.kind}] " + " ".join(_texts(said))


def for_history(message: Message, as_sent: bool) -> str:
    """The content as the history gives it: a card only when it was asked for (`card_msg_content_type`)."""
    if message.deleted:
        return '{"text":"This message was recalled"}'
    if message.kind != "interactive" or as_sent:
        return message.content
    return encode(cards.projection(msgspec.json.decode(message.content, type=dict[str, object])))


def encode(content: object) -> str:
    """JSON in a string, as every content travels."""
    return msgspec.json.encode(content).decode()


def _parsed(content: str) -> Json:
    try:
        return msgspec.json.decode(content, type=dict[str, object])
    except msgspec.MsgspecError as fault:
        raise BAD_MESSAGE.because(f"content is not a string of json: {fault}") from fault


def _uploaded(world: World, key: object) -> None:
    if key not in world.uploads:
        raise NO_SUCH_IMAGE.because(f"key {key!r}")


def _text(world: World, chat: Chat, said: Json) -> tuple[str, list[Mention]]:
    text = said.get("text")
    if not isinstance(text, str) or not text:
        raise BAD_MESSAGE.because("text is empty")
    mentions: list[Mention] = []

    def keyed(found: re.Match[str]) -> str:
        return _mention(world, chat, mentions, found[1], found[2])

    return encode({"text": AT.sub(keyed, text)}), mentions


def _post(world: World, chat: Chat, said: Json) -> tuple[str, list[Mention]]:
    mentions: list[Mention] = []
    for part in _tagged(said):
        match part.get("tag"):
            case "at":
                part["user_id"] = _mention(world, chat, mentions, str(part.get("user_id")), "")
            case "img":
                _uploaded(world, part.get("image_key"))
            case _:
                pass
    # In history a post stands without its language, as the reader's client shows it.
    language = next((key for key in ("zh_cn", "en_us", "ja_jp") if key in said), None)
    return encode(said[language] if language else said), mentions


def _mention(world: World, chat: Chat, mentions: list[Mention], id: str, name: str) -> str:
    if id == "all" and not chat.at_all_allowed:
        raise BAD_MESSAGE.because("@all is not allowed in this chat")
    key = "@_all" if id == "all" else f"@_user_{len(mentions) + 1}"
    by_id = next((person for person in world.people.values() if id in {person.open_id, person.union_id, person.user_id}), None)
    bot = next((app for app in world.apps.values() if app.bot_open_id == id), None)
    known = by_id.open_id if by_id else id
    mentions.append(Mention(key, known, by_id.name if by_id else bot.name if bot else name))
    return key


def _named_in_card(world: World, card: Json) -> list[Mention]:
    texts = [str(part.get("content")) for part in cards.components(card) if isinstance(part.get("content"), str)]
    ids = dict.fromkeys(each for text in texts for each in CARD_AT.findall(text))
    return [Mention(f"@_user_{number}", each, world.name_of(each)) for number, each in enumerate(ids, start=1)]


def _with_names(text: str, mentions: list[Mention]) -> str:
    for mention in reversed(mentions):
        text = text.replace(mention.key, f"@{mention.name or mention.id}")
    return text


def _tagged(part: object) -> list[Json]:
    return list(cards.components(part))


def _texts(said: Json) -> list[str]:
    return [cast("str", part["text"]) for part in _tagged(said) if isinstance(part.get("text"), str)]
