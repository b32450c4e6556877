"""Who is asked to take which role, and when."""

from __future__ import annotations

from kuaihui.duties.fill_the_roles import due, said_target
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.roles import RoleDeclined, RoleProposed, RoleTaken
from kuaihui.language import plain, say
from kuaihui.orders import ProposeRole
from tests.duties.so_far import ELEVEN, after, asked, opened, orders

SOMEBODY = Acknowledged(at=after(1), by="dazhuang")


def _proposed(said: list) -> dict[str, str]:
    return {order.role: order.person for order in orders(said, ProposeRole) if isinstance(order, ProposeRole)}


def test_nobody_is_asked_before_a_human_is_engaged() -> None:
    assert _proposed(asked(due, opened(), ELEVEN)) == {}


def test_the_worst_severity_does_not_wait() -> None:
    assert "incident-lead" in _proposed(asked(due, opened(severity=1), ELEVEN))


def test_the_first_candidate_of_each_needed_role_is_asked() -> None:
    proposed = _proposed(asked(due, opened(SOMEBODY), after(1)))

    assert proposed["incident-lead"] == "amao"
    assert proposed["recovery-lead"] == "xiaomei"
    assert proposed["communicator"] == "axin"
    assert "superior" not in proposed


def test_a_rota_that_is_a_candidate_is_said_by_its_name() -> None:
    assert say(said_target("rota:redis-team"), "zh", {"rota:redis-team": "中间件值班"}) == "中间件值班"
    assert say(said_target("person:axin"), "en", {"axin": "Axin"}) == "Axin"


def test_who_declines_is_not_asked_again_and_the_next_one_is() -> None:
    asked_first = RoleProposed(at=after(1), role="communicator", person="axin", reason=plain("rota"))
    declined = RoleDeclined(at=after(2), by="axin", role="communicator", reason=plain("在高铁上"))

    assert _proposed(asked(due, opened(SOMEBODY, asked_first, declined), after(2)))["communicator"] == "dazhuang"


def test_a_role_that_is_held_is_nobodys_question() -> None:
    taken = RoleTaken(at=after(1), by="dazhuang", role="communicator")

    assert "communicator" not in _proposed(asked(due, opened(SOMEBODY, taken), after(2)))
