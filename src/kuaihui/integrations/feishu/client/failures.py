"""
What Feishu's refusal means to the order that asked: later, or never, with the remedy in words.

Rule 1: one code may mean two things in two operations, so a table is asked by (operation, code) before it is asked by code.
Rule 2: Feishu's own code, words and log id are kept: its support asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kuaihui.errors import GiveUp, TryLater
from kuaihui.integrations.feishu.client.remedies import TOO_OFTEN, UNKNOWN, UNKNOWN_5XX, Kind, Remedy, remedy_for
from kuaihui.language import Text, text


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One call that did not succeed, as Feishu told it. Code 0: there was no answer in Feishu's envelope."""

    operation: str
    code: int = 0
    words: str = ""
    http: int = 0
    log_id: str = ""
    scopes: tuple[str, ...] = ()  # missing scopes, where that is the reason
    wait: timedelta | None = None  # the server's own reset header

    @property
    def remedy(self) -> Remedy:
        """What is known about this failure."""
        known = remedy_for(self.operation, self.code)
        if known is not None:
            return known
        if self.http == 429:
            return TOO_OFTEN
        return UNKNOWN_5XX if self.http >= 500 or self.http == 0 else UNKNOWN

    @property
    def token_was_rejected(self) -> bool:
        """Whether a fresh token may help."""
        return self.remedy.kind is Kind.TOKEN

    @property
    def is_busy(self) -> bool:
        """Whether nothing was done and the same call may succeed in a while."""
        return self.remedy.kind is Kind.LATER

    @property
    def is_unknown(self) -> bool:
        """Whether the call may have been carried out although no answer came."""
        return self.remedy.kind is Kind.UNSURE

    def told(self) -> Text:
        """The failure and its remedy for people."""
        what = text(self.remedy.says, scopes=self.scopes or "?")
        return text("{what} (Feishu {operation}: {code} {words})", what=what, operation=self.operation, code=self.code, words=self.words)


class FeishuBusy(TryLater):
    """Feishu may take the same call in a while. `maybe_done`: it may have taken this one already, and the answer was lost."""

    def __init__(self, failure: Failure, after: timedelta) -> None:
        super().__init__(failure.told(), after)
        self.failure = failure
        self.maybe_done = failure.is_unknown

    @property
    def reason(self) -> Text:
        """The failure and its remedy."""
        return self.text


class FeishuRefused(GiveUp):
    """Feishu will not take this call as it is."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.told())
        self.failure = failure

    @property
    def code(self) -> int:
        """Feishu's code."""
        return self.failure.code

    @property
    def reason(self) -> Text:
        """The failure and its remedy."""
        return self.text
