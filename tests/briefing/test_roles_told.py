"""Roles and guides in the words of the document, after the closing too."""

from __future__ import annotations

import pytest

from kuaihui.briefing.fields import Facts, roles
from kuaihui.catalog.shapes import Name
from kuaihui.incident.recovery import Closed
from kuaihui.incident.roles import RoleProposed
from kuaihui.incident.thinking import GuideConcluded, GuideStepTaken, GuideTakenOver
from kuaihui.language import plain, say, text
from tests.duties.so_far import CATALOG, after, opened

ASKED = RoleProposed(at=after(1), role="communicator", person="axin", reason=plain("rota"))
CLOSED = Closed(at=after(20), by="amao", verdict="recovered", reason=plain("好了"))
STEP = GuideStepTaken(at=after(2), guide="config-center", step="errors", asked=plain("?"), answer=plain("!"), holds=True)
END = GuideConcluded(at=after(3), guide="config-center", step="redis", conclusion=plain("hot key"))
OVER = GuideTakenOver(at=after(3), by="amao", guide="config-center", step="redis", reason=plain("我来"))


def test_the_document_says_who_is_asked_and_after_the_closing_that_nobody_took_it() -> None:
    assert roles(Facts(opened(ASKED), CATALOG)) == "- 通讯员：已询问阿新"
    assert roles(Facts(opened(ASKED, CLOSED), CATALOG)) == "- 通讯员：无人接任（曾询问阿新，未答复）"


@pytest.mark.parametrize("fact", [STEP, END, OVER])
def test_a_guide_is_shown_by_its_title(fact: GuideStepTaken | GuideConcluded | GuideTakenOver) -> None:
    assert "「配置中心排查指南」" in say(fact.said, "zh", CATALOG.names("zh"))
    assert "guide “config-center troubleshooting guide”" in say(fact.said, "en", CATALOG.names("en"))


def test_a_role_and_a_rota_of_one_id_are_each_shown_by_their_own_name() -> None:
    role = CATALOG.roles["communicator"]
    rota = CATALOG.rotas["config-center"].model_copy(update={"id": "communicator", "name": Name(zh="通讯值班", en="rota")})
    names = CATALOG.model_copy(update={"rotas": {"communicator": rota}}).names("zh")
    assert say(ASKED.said, "zh", names).startswith(f"询问阿新能否担任{role.name.zh}")
    assert say(text("{rota}", rota="@rota:communicator"), "zh", names) == "通讯值班"
    assert names["config-center"] == CATALOG.services["config-center"].name.zh
