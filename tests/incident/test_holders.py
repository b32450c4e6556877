"""Roles as they stand, and as they stood when the incident was closed."""

from __future__ import annotations

from datetime import UTC, datetime

from kuaihui.incident.alerts import Reopened
from kuaihui.incident.holders import Part, parts
from kuaihui.incident.recovery import Closed
from kuaihui.incident.roles import RoleProposed, RoleTaken
from kuaihui.language import plain
from tests.duties.so_far import opened

AT = datetime(2023, 3, 11, 4, 0, tzinfo=UTC)
ASKED = RoleProposed(at=AT, role="communicator", person="axin", reason=plain("rota"))
CLOSED = Closed(at=AT, by="amao", verdict="recovered", reason=plain("好了"))


def test_nobody_is_asked_any_more_once_it_is_closed() -> None:
    part = parts(opened(ASKED, CLOSED))["communicator"]
    assert (part.asked, part.unanswered) == ("", "axin")


def test_who_took_it_before_the_closing_holds_it_after() -> None:
    part = parts(opened(ASKED, RoleTaken(at=AT, by="axin", role="communicator"), CLOSED))["communicator"]
    assert (part.holder, part.asked, part.unanswered) == ("axin", "", "")


def test_opened_again_whoever_is_asked_anew_is_asked() -> None:
    again = Reopened(at=AT, reason=plain("又坏了"))
    part: Part = parts(opened(ASKED, CLOSED, again, ASKED))["communicator"]
    assert (part.asked, part.unanswered) == ("axin", "")
