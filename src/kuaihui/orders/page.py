"""Getting a human: a page that wants an acknowledgement, and a word that only wants to be read."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

from kuaihui.language import Text, text
from kuaihui.orders.order import Order


class Page(Order, frozen=True, kw_only=True, tag=True):
    """
    Call this person now.

    `level` counts on over repeats of the policy (level 4 of a policy of three is its first level again); `attempt` counts pages of the same
    person, level and occasion; `channel` is one of the person's channels.
    """

    person: str
    level: int
    channel: str
    attempt: int = 1
    reason: Text

    # Twice is better than never: a lost page is soon paged again.
    patience: ClassVar[timedelta] = timedelta(seconds=20)
    timeout: ClassVar[timedelta] = timedelta(seconds=10)
    tries: ClassVar[int] = 3

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.person, self.level, self.channel, self.attempt)

    @property
    def said(self) -> Text:
        return text(
            "page {person} (level {level}, {channel}): {reason}",
            person=f"@{self.person}",
            level=self.level,
            channel=channel_said(self.channel),
            reason=self.reason,
        )


def channel_said(channel: str) -> Text | str:
    """A channel in words; one that an integration of somebody's own has goes by its name."""
    return _CHANNELS.get(channel, channel)


_CHANNELS: Final = {
    "inbox": text("inbox"),
    "feishu": text("Feishu"),
    "feishu-urgent-app": text("Feishu, ringing in the app"),
    "feishu-urgent-sms": text("Feishu, ringing by SMS"),
    "feishu-urgent-phone": text("Feishu, ringing by phone"),
}


class Tell(Order, frozen=True, kw_only=True, tag=True):
    """Let this person know; no acknowledgement is wanted. `about` tells two words of one occasion apart."""

    person: str
    about: str
    words: Text

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.person, self.about)

    @property
    def said(self) -> Text:
        return text("tell {person}: {words}", person=f"@{self.person}", words=self.words)
