"""What every carrier of Feishu has at hand: the client, who is who, the team's places, and the words of a reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import GiveUp
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.room import DocumentCreated, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.client.access import LARK
from kuaihui.integrations.feishu.client.content import harmless, mention, mention_in_card
from kuaihui.integrations.feishu.client.feishu import Feishu
from kuaihui.integrations.feishu.client.messages import Means
from kuaihui.integrations.feishu.directory import Directory
from kuaihui.language import Text, say, text
from kuaihui.orders import Order

NAME: Final = "feishu"
_MARK: Final = "\x02{}\x03"  # stands for somebody named until everything else is harmless


@dataclass(frozen=True)
class Places:
    """
    Where things go in the tenant.

    `chat` is the group of topics, `chats` another one for a service; `own_chat_from`: incidents of this severity or worse get a group of
    their own (0: none does). `template` and `templates` are documents to copy, `folder` where copies go. `buzz` is how pages ring by level.
    """

    chat: str = ""
    chats: Mapping[str, str] = field(default_factory=dict[str, str])
    own_chat_from: int = 0
    template: str = ""
    templates: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: str = ""
    buzz: tuple[Means | None, ...] = ("app",)
    meeting_owner: str = ""
    record: bool = False

    def chat_of(self, service: str) -> str:
        """The group in which this service's topics stand; empty: there is none."""
        return self.chats.get(service, self.chat)


@dataclass(frozen=True)
class Desk:
    """The carriers' desk; `address` is where our own pages are reached."""

    feishu: Feishu
    directory: Directory
    catalog: Callable[[], Catalog]
    places: Places
    address: str

    def link(self, timeline: Timeline) -> str:
        """Our own page of the incident."""
        return f"{self.address}/incidents/{timeline.incident}"

    def chat_link(self, chat: str) -> str:
        """Where a chat opens in people's own Feishu."""
        cloud = "larksuite.com" if self.feishu.access.base_url == LARK else "feishu.cn"
        return f"https://applink.{cloud}/client/chat/open?openChatId={chat}"

    def topic(self, timeline: Timeline) -> TopicOpened:
        """The incident's topic in Feishu. Raises GiveUp where it has none: then our own workplace carries what belongs there."""
        topic = timeline.last(TopicOpened)
        if topic is None or topic.by != NAME:
            raise GiveUp(text("the incident has no topic in Feishu"))
        return topic

    def document(self, timeline: Timeline) -> DocumentCreated:
        """The incident's document in Feishu. Raises GiveUp where it has none."""
        created = timeline.last(DocumentCreated)
        if created is None or created.by != NAME:
            raise GiveUp(text("the incident has no document in Feishu"))
        return created

    def paper(self, timeline: Timeline, document: str = "") -> DocumentCreated | ReviewDrafted:
        """The incident's document ("") or its review ("review") in Feishu. Raises GiveUp where it has none."""
        if not document:
            return self.document(timeline)
        drafted = timeline.last(ReviewDrafted)
        if drafted is None or drafted.by != NAME:
            raise GiveUp(text("the incident has no review in Feishu"))
        return drafted

    def language_of(self, person: str) -> str:
        """What somebody reads."""
        known = self.catalog().people.get(person)
        return known.language if known else self.catalog().language

    def told(self, words: Text | str, language: str = "") -> str:
        """Words for a card, in which nobody is named by what somebody else wrote."""
        language = language or self.catalog().language
        return harmless(say(words, language, self.catalog().names(language)))

    async def naming(self, words: Text, people: Sequence[str], now: datetime, *, in_card: bool = False) -> str:
        """Words in the team's language that ring at the side of these people; who is not in the sentence is named before it."""
        language = self.catalog().language
        ids = await self.directory.open_ids(tuple(people), now)
        names = self.catalog().names(language)
        told = harmless(say(words, language, names | {person: _MARK.format(person) for person in ids}))
        before = [_MARK.format(person) for person in ids if _MARK.format(person) not in told]
        told = " ".join((*before, told))
        for person, open_id in ids.items():
            tag = mention_in_card(open_id) if in_card else mention(open_id, names[person])
            told = told.replace(f"@{_MARK.format(person)}", tag).replace(_MARK.format(person), tag)
        return told


def key(timeline: Timeline, order: Order, part: str = "") -> str:
    """Feishu's idempotency key: the same order of the same incident is done once."""
    return f"{timeline.incident}/{order.identity}/{part}"
