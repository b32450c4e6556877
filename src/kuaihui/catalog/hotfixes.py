"""
How a service is repaired: the gates a hotfix passes, what passes each, and how canary and full are measured.

Rule 1: a gate has one owner (a target, as in policies), a time it may take, and the evidence that passes it; a word in the topic can, too.
Rule 2: evidence is written in our own words, the same for GitLab, GitHub, Argo Rollouts and `POST /hooks/changes`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from pydantic import Field

from kuaihui.catalog.shapes import Entry, Name, Named, Span

On = Literal["merge_request", "review", "pipeline", "deployment", "rollout"]
Outcome = Literal["opened", "merged", "approved", "passed", "canary"]


class Evidence(Entry):
    """
    One kind of news that passes a gate; news of the same kind that failed fails it.

    `environment` and `name` are patterns like "pre*" (any, when left out). `of` is "hotfix" for news of the hotfix's own branch, commits or
    link, "service" for any news of the service while a single hotfix of it is under way.
    """

    on: On
    outcome: Outcome = "passed"
    environment: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    of: Literal["hotfix", "service"] = "hotfix"


class Stage(Entry):
    """A gate: whose it is, how long it may take, what passes it."""

    id: str = Field(min_length=1, max_length=64)
    name: Named
    owner: str = "owner"  # target
    passes: tuple[Evidence, ...] = ()
    within: Span = timedelta(minutes=15)
    # The signal that broke is measured once this gate is reached, and the gate passes when it is no worse.
    measured: bool = False
    # Other names people use for it in the topic.
    called: tuple[str, ...] = ()


class Canary(Entry):
    """
    How the canary is told from the rest: an expression of its own (and one of the baseline), or the label that tells the series of one
    expression apart. Left out, the signal itself is measured, against what it was before the gate was reached.
    """

    expression: str = ""
    baseline: str = ""
    label: str = ""
    canary: str = "canary"
    stable: str = "stable"


def _stage(name: str, zh: str, en: str, owner: str, minutes: int, *passes: Evidence, measured: bool = False, called: str = "") -> Stage:
    return Stage(
        id=name,
        name=Name(zh=zh, en=en),
        owner=owner,
        passes=passes,
        within=timedelta(minutes=minutes),
        measured=measured,
        called=tuple(called.split()),
    )


_PRE: Final = ("pre*", "stag*", "uat*", "预发*")
_CANARY: Final = ("*canary*", "*gray*", "*grey*", "*灰度*")
_ALL: Final = ("prod*", "live", "full", "online", "生产*", "线上*", "全量*")

_FULL: Final = _stage(
    "full",
    "全量",
    "full",
    "owner",
    15,
    Evidence(on="deployment", environment=_ALL),
    Evidence(on="rollout", outcome="passed"),
    measured=True,
    called="全量发布 production",
)
_VERIFIED: Final = _stage("verified", "验证", "verified", "owner", 15, measured=True, called="恢复验证 线上验证 verification")

# STORY 4.1 and 4.2.
STAGES: Final[tuple[Stage, ...]] = (
    _stage("code", "代码", "code", "owner", 30, Evidence(on="merge_request", outcome="opened"), called="编码 coding"),
    _stage("unit-tests", "单元测试", "unit tests", "owner", 15, Evidence(on="pipeline"), called="单测 流水线 pipeline"),
    _stage(
        "review",
        "评审",
        "review",
        "leader",
        15,
        Evidence(on="review", outcome="approved"),
        Evidence(on="merge_request", outcome="merged"),
        called="代码评审 approval",
    ),
    _stage(
        "pre-production",
        "预发布",
        "pre-production",
        "owner",
        15,
        Evidence(on="deployment", environment=_PRE),
        called="预发 staging preprod",
    ),
    _stage("test", "测试", "test", "testers", 20, called="预发布测试 预发布验证 testing"),
    _stage(
        "canary",
        "灰度",
        "canary",
        "owner",
        15,
        Evidence(on="deployment", environment=_CANARY),
        Evidence(on="rollout", outcome="canary"),
        measured=True,
        called="灰度发布",
    ),
    _FULL,
    _VERIFIED,
)
ROLLBACK: Final[tuple[Stage, ...]] = (_FULL, _VERIFIED)


class Hotfix(Entry):
    """
    How a service's hotfixes go.

    A merge request from one of `branches` in one of `projects` (and in the project its changes are listed from) starts a hotfix by itself
    while the service has an incident; none: only people start one. The signal is measured `measure_every` so often while a gate is young,
    then more slowly.
    """

    stages: tuple[Stage, ...] = Field(default=STAGES, min_length=1)
    rollback: tuple[Stage, ...] = Field(default=ROLLBACK, min_length=1)
    branches: tuple[str, ...] = ("hotfix/*", "hotfix-*")
    projects: tuple[str, ...] = ()
    canary: Canary = Canary()
    measure_every: Span = Field(default=timedelta(minutes=1), ge=timedelta(seconds=1))


class Superior(Entry):
    """
    When the superior is pulled in, and how often they are told: at once from this `severity` on; when recovery is not in sight after
    `after` (the service's budget to recover, when left out); when no runbook fits and `without_runbook` has passed.
    """

    whom: tuple[str, ...] = ("superior",)  # targets
    severity: int = Field(default=1, ge=1, le=5)
    after: Span | None = None
    without_runbook: Span = timedelta(minutes=5)
    every: Span = Field(default=timedelta(minutes=30), ge=timedelta(minutes=1))
