"""What the incident's card says of roles."""

from __future__ import annotations

import json

from kuaihui.incident.recovery import Closed
from kuaihui.incident.roles import RoleProposed
from kuaihui.integrations.feishu.cards import Drawer
from kuaihui.language import plain
from tests.duties.so_far import CATALOG, after, opened

ASKED = RoleProposed(at=after(1), role="communicator", person="axin", reason=plain("rota"))
CLOSED = Closed(at=after(20), by="amao", verdict="recovered", reason=plain("好了"))


def test_the_card_says_who_is_asked_and_after_the_closing_that_nobody_took_it() -> None:
    def card(language: str, *facts: RoleProposed | Closed) -> str:
        return json.dumps(Drawer(opened(*facts), CATALOG, "http://here", language).status(), ensure_ascii=False)

    assert "通讯员：已询问阿新" in card("zh", ASKED)
    assert "通讯员：无人接任（曾询问阿新，未答复）" in card("zh", ASKED, CLOSED)
    assert "communicator: nobody took it (Axin was asked)" in card("en", ASKED, CLOSED)
    assert "is asked" not in card("en", ASKED, CLOSED)
