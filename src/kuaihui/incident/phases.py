"""
The phases of an incident, as a table.

The drawing in docs/incident/phases.md is made from this table (tools/draw_phases.py).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kuaihui.incident.alerts import Reopened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted, RecoveryDoubted
from kuaihui.language import Text, text


class Phase(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ENGAGED = "engaged"
    MITIGATED = "mitigated"
    OBSERVING = "observing"
    CLOSED = "closed"

    @property
    def said(self) -> Text:
        """The phase in words."""
        return _SAID[self]


_SAID: Final = {
    Phase.OPEN: text("open"),
    Phase.ENGAGED: text("engaged"),
    Phase.MITIGATED: text("mitigated"),
    Phase.OBSERVING: text("observing"),
    Phase.CLOSED: text("closed"),
}

_OUT: Final[dict[type[Fact], Phase]] = {ObservationStarted: Phase.OBSERVING, Closed: Phase.CLOSED}

MOVES: Final[dict[Phase, dict[type[Fact], Phase]]] = {
    Phase.OPEN: {Acknowledged: Phase.ENGAGED, Mitigated: Phase.MITIGATED} | _OUT,
    Phase.ENGAGED: {Mitigated: Phase.MITIGATED, Reopened: Phase.OPEN} | _OUT,
    Phase.MITIGATED: {RecoveryDoubted: Phase.ENGAGED, Reopened: Phase.OPEN} | _OUT,
    Phase.OBSERVING: {RecoveryDoubted: Phase.ENGAGED, Reopened: Phase.OPEN, Closed: Phase.CLOSED},
    Phase.CLOSED: {Reopened: Phase.OPEN},
}


def moved(phase: Phase, fact: Fact) -> Phase:
    """The phase after this fact: a fact with no move in the table leaves it as it is."""
    return MOVES[phase].get(type(fact), phase)
