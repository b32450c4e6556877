"""Everything we may ask of the world, with the occasion it is for."""

from __future__ import annotations

from kuaihui.orders.keep import KeepDocument, UpdateCard
from kuaihui.orders.learn import (
    CloseIssue,
    DraftReview,
    EndTask,
    FindSimilar,
    ListTheWeek,
    MakeIssue,
    MakeTask,
    PassTask,
    ReopenIssue,
    ResumeTask,
    Suggest,
)
from kuaihui.orders.look import InspectRedis, ListChanges, Look, ReadMetrics, SearchLogs
from kuaihui.orders.order import Order
from kuaihui.orders.page import Page, Tell
from kuaihui.orders.role import ProposeRole
from kuaihui.orders.room import AskInDocument, CreateDocument, InviteToMeeting, OpenMeeting, OpenTopic, PinDocument, Post, PullIn
from kuaihui.orders.show import ShowEvidence

AnyOrder = (
    Page
    | Tell
    | OpenTopic
    | OpenMeeting
    | InviteToMeeting
    | CreateDocument
    | PinDocument
    | AskInDocument
    | Post
    | PullIn
    | ProposeRole
    | ReadMetrics
    | SearchLogs
    | ListChanges
    | InspectRedis
    | ShowEvidence
    | MakeTask
    | PassTask
    | EndTask
    | ResumeTask
    | MakeIssue
    | CloseIssue
    | ReopenIssue
    | ListTheWeek
    | FindSimilar
    | Suggest
    | DraftReview
    | UpdateCard
    | KeepDocument
)

__all__ = [
    "AnyOrder",
    "AskInDocument",
    "CloseIssue",
    "CreateDocument",
    "DraftReview",
    "EndTask",
    "FindSimilar",
    "InspectRedis",
    "InviteToMeeting",
    "KeepDocument",
    "ListChanges",
    "ListTheWeek",
    "Look",
    "MakeIssue",
    "MakeTask",
    "OpenMeeting",
    "OpenTopic",
    "Order",
    "Page",
    "PassTask",
    "PinDocument",
    "Post",
    "ProposeRole",
    "PullIn",
    "ReadMetrics",
    "ReopenIssue",
    "ResumeTask",
    "SearchLogs",
    "ShowEvidence",
    "Suggest",
    "Tell",
    "UpdateCard",
]
