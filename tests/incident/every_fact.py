"""One of each kind of fact, as a fixed journal: what every later release must still read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kuaihui.incident import alerts, evidence, pages, recovery, roles, room, tasks
from kuaihui.incident.fact import Fact
from kuaihui.language import plain, text
from kuaihui.orders import Page

AT = datetime(2023, 3, 11, 3, 0, tzinfo=UTC)
ALERT = alerts.Alert("2f1c8a9be0d34c11", "Gateway5xxRatioHigh", {"service": "config-center"}, AT, 0.1, "5xx 10 %")
POLICY = alerts.QuotedPolicy(
    "business", (alerts.QuotedLevel(("oncall",), "any", timedelta(minutes=1), timedelta(minutes=3)),), 2, timedelta(minutes=15)
)
PAGE = Page(occasion=0, person="axin", level=1, channel="inbox", reason=text("the incident was opened"))
WHY = plain("因为如此")

FACTS: tuple[Fact, ...] = (
    alerts.Opened(at=AT, service="config-center", title="5xx", severity=2, policy=POLICY, rule=text("rule")),
    alerts.AlertFired(at=AT, by="prometheus", alerts=(ALERT,)),
    alerts.AlertMeasured(at=AT, key=ALERT.key, value=0.15, unit="ratio"),
    alerts.AlertCleared(at=AT, keys=(ALERT.key,)),
    alerts.AlertCleared(at=AT, keys=(ALERT.key,), how="expired"),
    alerts.SeverityChanged(at=AT, was=3, severity=2, reason=WHY),
    alerts.Worsened(at=AT, was=0.1, value=0.15, unit="ratio"),
    alerts.Reopened(at=AT, reason=WHY),
    pages.Ordered(at=AT, order=PAGE, carrier="builtin"),
    pages.Answered(at=AT, identity=PAGE.identity, outcome="done"),
    pages.Answered(at=AT, identity=PAGE.identity, outcome="later", reason=WHY, again=AT),
    pages.Answered(at=AT, identity=PAGE.identity, outcome="gave up", reason=WHY),
    pages.Answered(at=AT, identity=PAGE.identity, outcome="nobody", reason=WHY),
    pages.Sent(at=AT, identity=PAGE.identity, person="axin", channel="inbox"),
    pages.Delivered(at=AT, identity=PAGE.identity, person="axin"),
    pages.Read(at=AT, by="axin", identity=PAGE.identity, person="axin"),
    pages.Acknowledged(at=AT, by="dazhuang"),
    pages.Escalated(at=AT, by="dazhuang", reason=WHY),
    pages.FellSilent(at=AT, since=AT),
    room.TopicOpened(at=AT, title="5xx"),
    room.MessagePosted(at=AT, by="dazhuang", message="m1", words=plain("看一下"), mentions=("axin",)),
    room.Reacted(at=AT, by="axin", message="m1", emoji="👍"),
    room.Reacted(at=AT, by="axin", message="m1", emoji="👍", taken_back=True),
    room.Visited(at=AT, by="axin"),
    room.Visited(at=AT, by="axin", place="document"),
    room.PulledIn(at=AT, by="amao", person="ayi", reason=WHY),
    room.MeetingOpened(at=AT, title="5xx", link="https://meet.example.org/1"),
    room.MeetingJoined(at=AT, by="amao"),
    room.MeetingLeft(at=AT, by="amao"),
    room.DocumentCreated(at=AT, title="IR-20230311-配置中心500", template="incident"),
    room.DocumentPinned(at=AT),
    room.DocumentEdited(at=AT, by="dazhuang", section="impact", words="约 15% 请求失败"),
    roles.RoleProposed(at=AT, role="communicator", person="axin", reason=WHY),
    roles.RoleTaken(at=AT, by="amao", role="incident-lead"),
    roles.RoleDeclined(at=AT, by="amao", role="incident-lead", reason=WHY),
    roles.RoleGiven(at=AT, role="communicator", person="dazhuang", former="axin", reason=WHY),
    roles.RoleGiven(at=AT, by="amao", role="communicator", person="dazhuang", reason=WHY),
    recovery.Mitigated(at=AT, by="amao", reason=WHY),
    recovery.ObservationStarted(at=AT, until=AT, reason=WHY),
    recovery.RecoveryDoubted(at=AT, by="amao", reason=WHY),
    recovery.Resolved(at=AT, by="amao", reason=WHY),
    recovery.Closed(at=AT, verdict="recovered", reason=WHY),
    tasks.TaskMade(at=AT, by="amao", task="t1", title=plain("热 key 根因"), owner="xiaomei", due=AT),
    tasks.TaskGiven(at=AT, by="amao", task="t1", title=plain("热 key 根因"), owner="ayi"),
    tasks.TaskDone(at=AT, by="ayi", task="t1", title=plain("热 key 根因")),
    evidence.MetricsRead(
        at=AT,
        by="prometheus",
        identity="ReadMetrics/0/first_look/signal",
        asked_by="first_look",
        about="signal",
        service="config-center",
        source="prometheus",
        link="http://127.0.0.1:9090/graph",
        expression="up",
        since=AT,
        until=AT,
        series=(evidence.Series(labels={"job": "gateway"}, points=((AT, 0.1),), last=0.1, max=0.15, min=0.0),),
        usual=(0.0, 0.01),
        unit="ratio",
        warnings=("PromQL info",),
    ),
    evidence.LogsSearched(
        at=AT,
        by="lts",
        identity="SearchLogs/0/first_look/",
        asked_by="first_look",
        service="config-center",
        source="lts",
        partial=WHY,
        since=AT,
        until=AT,
        total=17,
        signatures=(
            evidence.LoggedSignature(
                template="redis timeout after <*> ms",
                count=17,
                first=AT,
                last=AT,
                onset=AT,
                new=True,
                services=("config-center",),
                pods=("config-center-0",),
                levels=("ERROR",),
                example="redis timeout after 2000 ms",
                score=0.9,
                reason=WHY,
                started=AT,
                per_minute=(17,),
            ),
        ),
        others=2,
        query="error",
    ),
    evidence.ChangesListed(
        at=AT,
        by="gitlab",
        identity="ListChanges/0/first_look/",
        source="gitlab",
        since=AT,
        until=AT,
        changes=(
            evidence.Change(
                id="7",
                kind="deployment",
                at=AT,
                service="config-center",
                title="v1.2",
                author="ayi",
                link="https://git.example.org/7",
                environment="production",
                status="success",
                size=3,
                source="gitlab",
            ),
        ),
    ),
    evidence.RedisInspected(
        at=AT,
        by="redis",
        identity="InspectRedis/0/first_look/",
        source="redis",
        findings=(evidence.RedisFinding(kind="hot key", says=WHY, weight=0.9, node="127.0.0.1:6379", key="cfg", evidence=(WHY,)),),
        hot=(
            evidence.RedisHotKey(key="cfg", share=0.6, error=0.05, method="MONITOR", node="127.0.0.1:6379", commands=("hgetall",), size=9),
        ),
        gaps=(evidence.RedisGap("MONITOR", WHY, "127.0.0.1:6379"),),
        nodes=("127.0.0.1:6379",),
    ),
)
