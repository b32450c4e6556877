"""Who was asked to take a role is not "asked" any more once the incident is closed: on its page, in its document, in what the API says."""

from __future__ import annotations

from tests.app.web.acted import Acted

NOBODY = {"zh": "无人接任（曾询问", "en": "nobody took it ("}


async def page(stage: Acted, address: str, language: str) -> str:
    async with stage.client("amao") as http:
        http.cookies.set("kuaihui_language", language)
        return (await http.get(address)).text


async def test_the_page_says_after_the_closing_that_nobody_took_the_role(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Acknowledge")
    await stage.until(minutes=1)
    before = {language: await page(stage, f"/incidents/{incident}", language) for language in NOBODY}
    assert "已询问" in before["zh"]
    assert "is asked" in before["en"]
    assert NOBODY["zh"] not in before["zh"]

    await stage.does("amao", incident, "DeclareFalseAlarm", reason="演习")
    for language, words in NOBODY.items():
        after = await page(stage, f"/incidents/{incident}", language)
        assert words in after
        assert words in await page(stage, f"/explain/incidents/{incident}", language)
    async with stage.client("amao") as http:
        roles = (await http.get(f"/api/v1/incidents/{incident}")).json()["roles"]
    assert not any(role["asked"] for role in roles)
    assert any(role["unanswered"] for role in roles)
