"""A signature: one statement of a program, with how often, since when, where and how surprisingly it was said."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kuaihui.language import Text


class Burst(msgspec.Struct, frozen=True):
    """A span in which a signature came far more often than in the rest of the hour."""

    onset: datetime  # of its first line
    minutes: int
    count: int
    strength: float  # log-likelihood ratio against an even rate (Kulldorff's scan statistic)


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One statement as it was logged in the span that was looked at; instants are aware UTC, None where the lines had none."""

    template: str
    count: int  # events: a stack trace counts once
    lines: int  # lines of the log, a stack trace's among them
    first_seen: datetime | None
    last_seen: datetime | None
    services: tuple[str, ...]
    pods: tuple[str, ...]
    levels: tuple[str, ...]
    example: str  # one line as it stood, secrets and personal data scrubbed
    started: datetime | None = None  # the minute of per_minute[0], the same for all signatures of a ranking
    per_minute: tuple[int, ...] = ()
    burst: Burst | None = None
    new: bool | None = None  # None where no usual was given to compare with
    usual_per_hour: float | None = None  # how often it comes on a usual day; None when new, or no usual was given
    score: float = 0.0  # 0 to 1: how well it fits the break
    reason: Text = Text("")

    @property
    def onset(self) -> datetime | None:
        """When it began to come in numbers; None for what came evenly."""
        return self.burst.onset if self.burst else None

    @property
    def per_minute_mean(self) -> float:
        """The mean rate over the whole span, in events a minute."""
        return self.count / max(1, len(self.per_minute))
