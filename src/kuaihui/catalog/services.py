"""Services: who owns one, how its alerts are recognised, and what is normal for it."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from kuaihui.catalog.hotfixes import Hotfix, Superior
from kuaihui.catalog.shapes import Entry, Named, Span


class SeverityStep(Entry):
    """From this value of the alert on, the incident is at least this severe (1 is the worst)."""

    at: float
    severity: int = Field(ge=1, le=5)


class Signal(Entry):
    """The number that tells how badly the service is broken, and how it usually stands."""

    name: Named
    expression: str = ""  # re-queried to prove recovery
    unit: str = ""  # "ratio" is shown as a percentage; anything else is shown behind the number
    usual_low: float = 0.0
    usual_high: float = 0.0
    steps: tuple[SeverityStep, ...] = ()
    # Worse by this share of the value last paged for is a new occasion to page (10 % to 15 % is 0.5).
    worsens_by: float = 0.3
    # A value that moved by less than this share of the last one kept writes no fact.
    matters_by: float = 0.1


class Budgets(Entry):
    """1-5-10: detected within a minute, located within five, recovered within ten; and when somebody must be engaged."""

    detect: Span = timedelta(minutes=1)
    engage: Span = timedelta(minutes=3)
    locate: Span = timedelta(minutes=5)
    recover: Span = timedelta(minutes=10)


class Sources(Entry):
    """
    Where a service's metrics, logs, changes and Redis are: the name of an integration, and what it needs to know.

    `tasks` names a repository in which each task of an incident becomes an issue: {from: gitlab.main, project: platform/config-center}.
    """

    metrics: dict[str, str] = {}
    logs: dict[str, str] = {}
    changes: dict[str, str] = {}
    redis: dict[str, str] = {}
    tasks: dict[str, str] = {}


class Service(Entry):
    """Something that can break, and everything that is looked up when it does."""

    id: str
    name: Named
    owner: str  # person; proposed as the fast-recovery lead
    leader: str = ""  # person; the owner's leader when left out
    rota: str = ""
    policy: str = "default"
    tier: int = Field(default=2, ge=1, le=5)
    communicators: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    testers: tuple[str, ...] = ()
    # Alertmanager's matcher syntax, all of one entry must hold, any entry is enough: ['service="config-center"', 'job=~"config-.+"'].
    match: tuple[str, ...] = ()
    # What an alert is called in titles, by its name: {GatewayServerErrorRatio: "500"}.
    shorts: dict[str, str] = {}
    # Alerts of one service that agree on these labels share an incident; none: one active incident a service.
    group_by: tuple[str, ...] = ()
    signal: Signal | None = None
    severity: int = Field(default=3, ge=1, le=5)  # where no step and no label says otherwise
    budgets: Budgets = Budgets()
    observe_for: Span = timedelta(minutes=10)  # STORY 5.2
    meeting_link: str = ""
    document_template: str = "incident"
    depends_on: tuple[str, ...] = ()
    sources: Sources = Sources()
    hotfix: Hotfix = Hotfix()
    superior: Superior = Superior()
