"""
News of a change on its way to users, in our own words: a merge request opened, a pipeline passed, a deployment that failed.

Rule 1: the words are the same for every product: `kind` and `outcome` here are those of a gate's evidence in the catalog.
Rule 2: when it was so is the sender's instant, so that what is told late, twice or out of order is the same news.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from kuaihui.incident.evidence import Change

# What it came to.
OPENED, MERGED, CLOSED, PUSHED = "opened", "merged", "closed", "pushed"  # a merge request
APPROVED, REFUSED = "approved", "refused"  # a review
PASSED, FAILED, STARTED, CANARY = "passed", "failed", "started", "canary"  # pipelines, deployments, rollouts

# The words that products use for an outcome; anything else is kept as it is and moves nothing.
_WORDS: Final = {
    PASSED: "success succeeded passed pass ok healthy complete completed done available promoted finished",
    FAILED: "failed failure fail error degraded canceled cancelled aborted timed_out timedout rolled_back unhealthy",
    STARTED: "started running created pending progressing in_progress queued blocked",
    CANARY: "canary paused",
    OPENED: "opened open reopened",
    MERGED: "merged",
    CLOSED: "closed",
    APPROVED: "approved",
    REFUSED: "refused rejected changes_requested unapproved dismissed",
}
_OUTCOMES: Final = {word: outcome for outcome, words in _WORDS.items() for word in words.split()}
SHORTEST_SHA: Final = 7  # of a commit's hash: what products shorten it to


class Movement(Change, frozen=True, kw_only=True, omit_defaults=True):
    """
    One piece of news.

    `project` is the repository ("group/name"), `branch` the branch it was made on, `commits` the hashes it is about, `request` the link of
    its merge request and `number` how people call that ("!42"), `hotfix` the hotfix where the sender names it, `name` the pipeline's.
    """

    outcome: str = ""
    project: str = ""
    branch: str = ""
    commits: tuple[str, ...] = ()
    request: str = ""
    number: str = ""
    hotfix: str = ""
    name: str = ""

    @property
    def evidence(self) -> str:
        """What a gate's fact calls it: "gitlab/pipeline/31"."""
        return f"{self.source}/{self.id}"

    @property
    def nameless(self) -> bool:
        """Whether it says of no change in particular that it is about it: only of a service."""
        return not (self.hotfix or self.branch or self.commits or self.request)


def outcome_of(status: str) -> str:
    """The outcome that a product's own word for it means; empty for one that means none."""
    return _OUTCOMES.get(status.strip().casefold().replace("-", "_").replace(" ", "_"), "")


def newest_last(movements: Sequence[Movement]) -> list[Movement]:
    """By when it was so, each once; what was so at one instant always in the same order."""
    return sorted({msgspec.json.encode(one): one for one in movements}.values(), key=lambda one: (one.at, one.evidence, one.outcome))


def same_commit(one: str, other: str) -> bool:
    """Whether two hashes, either of them shortened, are of one commit."""
    return min(len(one), len(other)) >= SHORTEST_SHA and (one.startswith(other) or other.startswith(one))


def instant_of(written: str) -> datetime | None:
    """
    An instant as products write it (UTC): RFC 3339, "2016-08-12 15:26:29 UTC", "2021-04-28 21:50:00 +0200"; None for anything else.
    """
    told = written.strip().replace(" UTC", "Z").replace(" ", "T", 1).replace(" ", "")
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None
