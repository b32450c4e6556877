"""Every kind of fact there is, and its form as JSON: one tagged object, the keys in the order of the fields."""

from __future__ import annotations

import msgspec

from kuaihui.incident import alerts, evidence, learning, pages, recovery, repair, roles, room, tasks, thinking
from kuaihui.incident.unknown import Unknown, unknown

AnyFact = (
    alerts.Opened
    | alerts.AlertFired
    | alerts.AlertMeasured
    | alerts.AlertCleared
    | alerts.SeverityChanged
    | alerts.Worsened
    | alerts.Reopened
    | pages.Ordered
    | pages.Answered
    | pages.Sent
    | pages.Delivered
    | pages.Read
    | pages.Acknowledged
    | pages.Escalated
    | pages.FellSilent
    | room.TopicOpened
    | room.MessagePosted
    | room.Reacted
    | room.Visited
    | room.PulledIn
    | room.MeetingOpened
    | room.MeetingJoined
    | room.MeetingLeft
    | room.DocumentCreated
    | room.DocumentKept
    | room.DocumentPinned
    | room.AskedInDocument
    | room.DocumentEdited
    | roles.RoleProposed
    | roles.RoleTaken
    | roles.RoleDeclined
    | roles.RoleGiven
    | recovery.Mitigated
    | recovery.ObservationStarted
    | recovery.RecoveryMeasured
    | recovery.RecoveryDoubted
    | recovery.Resolved
    | recovery.Closed
    | tasks.TaskMade
    | tasks.TaskGiven
    | tasks.TaskDone
    | tasks.TaskReopened
    | tasks.TaskLinked
    | tasks.TaskReminded
    | tasks.WeekListed
    | learning.LateOneCaughtUp
    | learning.ReachabilityFound
    | learning.SimilarFound
    | learning.ReviewDrafted
    | learning.ReviewFinished
    | evidence.MetricsRead
    | evidence.LogsSearched
    | evidence.ChangesListed
    | evidence.RedisInspected
    | thinking.RunbooksMatched
    | thinking.NoRunbookFits
    | thinking.ChangeSuspected
    | thinking.ChangeExcluded
    | thinking.HypothesisRaised
    | thinking.EvidenceWeighed
    | thinking.HypothesisConfirmed
    | thinking.HypothesisRejected
    | thinking.GuideStepTaken
    | thinking.GuideConcluded
    | thinking.GuideTakenOver
    | repair.ProposalMade
    | repair.ProposalChosen
    | repair.ProposalDropped
    | repair.HotfixStarted
    | repair.HotfixLinked
    | repair.GateReached
    | repair.GatePassed
    | repair.GateFailed
    | repair.GateSkipped
    | repair.GateMeasured
    | repair.HotfixStopped
    | repair.HotfixFinished
    | repair.Reported
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyFact] = msgspec.json.Decoder(AnyFact)

encode = _encoder.encode


def decode(body: bytes) -> AnyFact | Unknown:
    """The fact that was written so; one that we cannot read says so in its place."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return unknown(body)
