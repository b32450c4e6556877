"""Everything we may ask of the world, with the occasion it is for."""

from __future__ import annotations

from kuaihui.orders.look import InspectRedis, ListChanges, Look, ReadMetrics, SearchLogs
from kuaihui.orders.order import Order
from kuaihui.orders.page import Page, Tell
from kuaihui.orders.role import ProposeRole
from kuaihui.orders.room import CreateDocument, InviteToMeeting, OpenMeeting, OpenTopic, PinDocument, Post, PullIn
from kuaihui.orders.show import ShowEvidence

AnyOrder = (
    Page
    | Tell
    | OpenTopic
    | OpenMeeting
    | InviteToMeeting
    | CreateDocument
    | PinDocument
    | Post
    | PullIn
    | ProposeRole
    | ReadMetrics
    | SearchLogs
    | ListChanges
    | InspectRedis
    | ShowEvidence
)

__all__ = [
    "AnyOrder",
    "CreateDocument",
    "InspectRedis",
    "InviteToMeeting",
    "ListChanges",
    "Look",
    "OpenMeeting",
    "OpenTopic",
    "Order",
    "Page",
    "PinDocument",
    "Post",
    "ProposeRole",
    "PullIn",
    "ReadMetrics",
    "SearchLogs",
    "ShowEvidence",
    "Tell",
]
